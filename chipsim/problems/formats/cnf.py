"""DIMACS formulas, `.cnf` and `.wcnf`: clauses of literals that end with 0; minimise the weight of violated clauses.

`p cnf n m` has clauses of weight 1, `p wcnf n m [top]` starts each with its weight; weights of `top` or more are hard.
Without a header (MaxSAT Evaluation 2022, `format: cnf`) hard clauses start with `h`. Hard clauses weigh 1 more than all
others together. `%` ends a file of SATLIB. Products of more than two bits are replaced by auxiliary spins, by dimod.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chipsim.problems.entries import MAX_SPINS, number
from chipsim.problems.formula import Formula
from chipsim.problems.polynomial import pairs_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import Line, ProblemFile
from chipsim.rounding import rounded

# A clause of k literals has up to 2^k products.
MAX_LITERALS = 10


def read(file: ProblemFile) -> Problem:
    """Read a formula as a problem of pairs; its first spins are the variables, and it judges the answers.

    Raises:
        ProblemError: the file breaks the format or contradicts its header; the message starts with `path:line`.
        ChipsimError: dimod is not installed.
    """
    formula = _formula(file)
    variables = range(1, formula.variables + 1)
    problem, strength = pairs_of(formula.polynomial(), variables, file.path.stem, str(file.path))
    added = problem.cells - formula.variables
    note = (
        f"auxiliary spins: {added:,} (penalty {strength:g}) for {len(formula.clauses):,} clauses, "
        f"{rounded(problem.cells / formula.variables, '.3g')} spins per variable; answers are judged by the clauses"
    )
    return replace(problem, formula=formula, notes=(note,))


def _formula(file: ProblemFile) -> Formula:
    lines = [line for line in file.lines() if line.words[0] != "c"]
    header = lines[0] if lines and lines[0].words[0] == "p" else None
    kind = "wcnf" if header is None else header.words[1].lower() if len(header.words) > 1 else ""
    if header is not None and (kind not in ("cnf", "wcnf") or len(header.words) not in (4, 5)):
        file.fail("expected `p cnf n m` or `p wcnf n m top`", header.row, code="data.bad-header")
    top = float(header.words[4]) if header is not None and len(header.words) == 5 else np.inf
    many = 0 if header is None else number(file, header, 2, "variables")
    clauses, weights, hard = [], [], []
    for row, words in _clauses(file, lines if header is None else lines[1:]):
        weight = words.pop(0) if kind == "wcnf" else "1"
        literals = {_literal(file, word, row, many if header is not None else MAX_SPINS) for word in words}
        if not literals or len(literals) > MAX_LITERALS:
            file.fail(f"a clause of {len(literals)} literals; 1 to {MAX_LITERALS} are supported", row,
                      code="data.wrong-fields")  # fmt: skip
        hard.append(weight == "h" or _weight(file, weight, row) >= top)
        weights.append(0.0 if hard[-1] else _weight(file, weight, row))
        clauses.append(tuple(sorted(literals, key=abs)))
    if header is not None and len(clauses) != (told := number(file, header, 3, "clauses")):
        file.fail(f"the header specifies {told} clauses, but the file has {len(clauses)}", header.row,
                  code="data.bad-header")  # fmt: skip
    many = many if header is not None else max((abs(k) for clause in clauses for k in clause), default=0)
    if not 1 <= many <= MAX_SPINS:
        file.fail(f"{many} variables; chipsim supports 1 to {MAX_SPINS}", 1, code="problem.too-large")
    each = np.where(hard, 1 + sum(weights), weights)
    # A clause with a variable and its negation is never violated.
    kept = [k for k, clause in enumerate(clauses) if len({*map(abs, clause)}) == len(clause)]
    return Formula(many, tuple(clauses[k] for k in kept), each[kept].astype(np.float64))


def _clauses(file: ProblemFile, lines: list[Line]) -> Iterator[tuple[int, list[str]]]:
    """(row of its end, words without the 0) of each clause; a clause may extend over lines."""
    words: list[str] = []
    row = 1
    for row, found in lines:
        if found[0] == "%":
            break
        for word in found:
            if word == "0" and words:
                yield row, words
                words = []
            else:
                words.append(word)
    if words:
        file.fail("the last clause does not end with 0", row, code="data.wrong-fields")


def _literal(file: ProblemFile, word: str, row: int, many: int) -> int:
    try:
        literal = int(word)
    except ValueError:
        file.fail(f"`{word}` is not a literal", row, code="data.bad-number")
    if not 1 <= abs(literal) <= many:
        file.fail(f"variable {abs(literal)} is not in 1 to {many}", row, code="problem.bad-index")
    return literal


def _weight(file: ProblemFile, word: str, row: int) -> float:
    try:
        weight = float(word)
    except ValueError:
        weight = np.nan
    if not 0 < weight < np.inf:
        file.fail(f"`{word}` is not a positive weight", row, code="data.bad-number")
    return weight
