"""bqpjson 1.0: minimise scale x (sum linear + sum quadratic + offset), over spins or bits (`variable_domain`).

C. Coffrin, https://bqpjson.readthedocs.io (BQP format specification).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from chipsim.problems.conventions import Convention, Terms, problem_of
from chipsim.problems.entries import MAX_VALUE
from chipsim.problems.json_file import json_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

_DOMAINS: dict[str, Convention] = {"spin": "dimod", "boolean": "qubo"}


def read(file: ProblemFile) -> Problem:
    """Read a binary quadratic program; its `variable_ids` are the labels, in their order.

    Raises:
        ProblemError: the file breaks the format; the message starts with the path and the place in the JSON.
    """
    held = json_of(file)
    domain = _entry(file, held, "variable_domain")
    if domain not in _DOMAINS:
        file.fail(f"expected spin or boolean, found {domain!r}", "variable_domain", code="data.malformed")
    labels = _entry(file, held, "variable_ids")
    if not isinstance(labels, list) or not labels or not all(_is_index(label) for label in labels):
        file.fail("expected a list of whole numbers", "variable_ids", code="data.malformed")
    place_of = {label: place for place, label in enumerate(labels)}
    if len(place_of) < len(labels):
        file.fail("duplicate ids", "variable_ids", code="problem.given-twice")
    scale, offset = (_number(file, held.get(key), key) for key in ("scale", "offset"))
    linear = np.zeros(len(labels))
    for (place,), value in _terms(file, held, "linear_terms", ("id",), place_of):
        linear[place] = value
    found = dict(_terms(file, held, "quadratic_terms", ("id_head", "id_tail"), place_of))
    pairs = np.array(list(found), np.int32).reshape(-1, 2)
    values = np.array(list(found.values()), np.float64)
    terms = Terms(pairs, scale * values, scale * linear, scale * offset)
    return problem_of(terms, _DOMAINS[domain], file.path.stem, labels=np.array(labels, np.int64))


def _terms(
    file: ProblemFile, held: Any, key: str, ends: tuple[str, ...], place_of: dict[int, int]
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Variables in ascending order, and coefficient, of each term of a list."""
    seen = set()
    for index, term in enumerate(_entry(file, held, key)):
        place = f"{key}[{index}]"
        if not isinstance(term, dict):
            file.fail("expected a block of keys", place, code="data.malformed")
        ids: list[Any] = [term.get(end) for end in ends]
        if not all(_is_index(one) and one in place_of for one in ids):
            unknown = next(one for one in ids if not (_is_index(one) and one in place_of))
            file.fail(f"{unknown!r} is not among the variable_ids", place, code="problem.bad-index")
        spins = tuple(sorted(place_of[one] for one in ids))
        if len(set(spins)) < len(ends):
            file.fail(f"variable {ids[0]} coupled to itself", place, code="problem.self-loop")
        if spins in seen:
            file.fail(f"duplicate term of {', '.join(map(str, ids))}", place, code="problem.given-twice")
        seen.add(spins)
        yield spins, _number(file, term.get("coeff"), f"{place}.coeff")


def _entry(file: ProblemFile, held: Any, key: str) -> Any:
    if key not in held:
        file.fail("is required and missing", key, code="data.malformed")
    return held[key]


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(file: ProblemFile, value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        file.fail(f"expected a finite number, found {value!r}", place, code="data.bad-number")
    if abs(value) > MAX_VALUE:
        file.fail(f"{value:g} exceeds {MAX_VALUE:g}; scale all numbers down", place, code="data.bad-number")
    return float(value)
