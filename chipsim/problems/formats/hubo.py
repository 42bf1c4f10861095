"""Polynomials of spins or bits of any order, `i j k ... value` on a line: the variables of a product and its factor.

`convention: dimod` is a sum over spins, `ising` minus that sum, `qubo` a sum over bits; it is minimised. A line with a
value alone is the constant. Products of more than two bits are replaced by auxiliary spins, by dimod.
"""

from __future__ import annotations

import math

import numpy as np

from chipsim.problems.entries import MAX_SPINS, MAX_VALUE, is_number
from chipsim.problems.polynomial import Polynomial, quadratised
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

# A product of k spins has 2^k of bits.
MAX_ORDER = 10


def read(file: ProblemFile) -> Problem:
    """Read a polynomial as a problem of pairs; its first spins are the variables, and it judges the answers.

    Raises:
        ProblemError: the file breaks the format, or no convention is stated; the message starts with `path:line`.
        ChipsimError: dimod is not installed.
    """
    if file.convention is None:
        file.fail("state convention: dimod or ising (spins), or qubo (bits)", 1, code="data.bad-header")
    terms: dict[frozenset[str], float] = {}
    for row, words in file.lines():
        *variables, value = words
        known = is_number(value) and "_" not in value and math.isfinite(float(value))
        if not known or abs(float(value)) > MAX_VALUE:
            file.fail(f"`{value}` is not a finite number of at most {MAX_VALUE:g}", row, code="data.bad-number")
        if len(variables) > MAX_ORDER:
            file.fail(f"{len(variables)} variables; {MAX_ORDER} are supported", row, code="problem.too-large")
        product = frozenset(variables)
        if len(product) < len(variables):
            file.fail("a variable is in this product twice; write it once", row, code="problem.self-loop")
        if product in terms:
            file.fail(f"duplicate product of {' '.join(variables)}", row, code="problem.given-twice")
        terms[product] = float(value)
    texts = dict.fromkeys(word for product in terms for word in sorted(product))
    numbered = all(word.isascii() and word.isdigit() and len(word) < 19 for word in texts)
    names = sorted(texts, key=int) if numbered else sorted(texts)
    if not 1 <= len(names) <= MAX_SPINS:
        file.fail(f"{len(names)} variables; chipsim supports 1 to {MAX_SPINS}", 1, code="problem.too-large")
    place_of = {name: place for place, name in enumerate(names)}
    products = tuple(tuple(sorted(place_of[name] for name in product)) for product in terms)
    sign = -1.0 if file.convention == "ising" else 1.0
    factors = sign * np.array(list(terms.values()), np.float64)
    polynomial = Polynomial(len(names), products, factors, file.convention == "qubo")
    return quadratised(polynomial, names, file.path.stem, str(file.path))
