"""Formulas: dialects of their files, and their quadratic form against enumeration of the clauses."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_errors import refused

from chipsim.problems.formula import Formula, penalty
from chipsim.problems.problem import Problem
from chipsim.problems.reading import read_problem

pytest.importorskip("dimod")

CLAUSES = ((1, -2, 3), (-1, 2), (2, -3))


def written(text: str, folder: Path, name: str = "f.cnf", **keys: Any) -> Problem:
    (folder / name).write_text(text)
    return read_problem(folder / name, **keys)


def weight_of(clauses: list[tuple[int, ...]], weights: list[float], bits: tuple[int, ...]) -> float:
    """By the definition: a clause is violated where each of its literals is false."""
    return sum(
        weight
        for clause, weight in zip(clauses, weights, strict=True)
        if not any(bits[abs(k) - 1] == (k > 0) for k in clause)
    )


DIALECTS = {
    "plain": ("f.cnf", "p cnf 3 3\n1 -2 3 0\n-1 2 0\n2 -3 0\n", {}),
    "comments, CRLF, blanks": ("f.cnf", "c x\r\np cnf 3 3\r\n\r\nc y\r\n1 -2 3 0\r\n-1 2 0\r\n2 -3 0\r\n\r\n", {}),
    "clauses over lines": ("f.cnf", "p cnf 3 3\n1 -2\n3 0 -1 2 0 2\n-3 0", {}),
    "the end of SATLIB": ("f.cnf", "p cnf 3 3\n1 -2 3 0\n-1 2 0\n2 -3 0\n%\n0\n", {}),
    "literals twice": ("f.cnf", "p  cnf  3  3\n1 -2 1 3 0\n2 -1 0\n-3 2 2 0\n", {}),
    "never violated": ("f.cnf", "p cnf 3 4\n1 -2 3 0\n-1 2 0\n2 -3 0\n3 -3 0\n", {}),
    "weights of 1": ("f.wcnf", "p wcnf 3 3\n1 1 -2 3 0\n1 -1 2 0\n1 2 -3 0\n", {}),
    "no header": ("f.wcnf", "c new\n1 1 -2 3 0\n1 -1 2 0\n1 2 -3 0\n", {"format": "cnf"}),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_are_one_formula(dialect: str, tmp_path: Path) -> None:
    name, text, keys = DIALECTS[dialect]
    problem = written(text, tmp_path, name, **keys)
    assert problem.formula is not None
    assert problem.formula.variables == 3
    assert [set(clause) for clause in problem.formula.clauses] == [set(clause) for clause in CLAUSES]
    assert problem.formula.weights.tolist() == [1, 1, 1]
    assert problem.names[:3].tolist() == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("old.wcnf", "p wcnf 2 3 10\n10 1 2 0\n2.5 -1 0\n3 -2 0\n"),
        ("new.wcnf", "h 1 2 0\n2.5 -1 0\n3 -2 0\n"),
    ],
)
def test_hard_clauses_weigh_more_than_all_others(name: str, text: str, tmp_path: Path) -> None:
    formula = written(text, tmp_path, name, format="cnf").formula
    assert formula is not None
    assert formula.weights.tolist() == [6.5, 2.5, 3]


def random_formula(number: int) -> tuple[list[tuple[int, ...]], list[float]]:
    """Up to 5 clauses of 1 to 4 literals over 5 variables, with weights."""
    random = np.random.default_rng((26, number))
    clauses = []
    for _ in range(int(random.integers(1, 6))):
        chosen = random.choice(5, int(random.integers(1, 5)), replace=False) + 1
        clauses.append(tuple(int(k) for k in chosen * random.choice([-1, 1], len(chosen))))
    return clauses, [float(weight) for weight in random.integers(1, 9, len(clauses))]


@pytest.mark.parametrize("number", range(40))
def test_auxiliary_spins_at_their_best_give_the_weight_of_the_violated_clauses(number: int, tmp_path: Path) -> None:
    """For every assignment, not only the best: the penalty is large enough."""
    clauses, weights = random_formula(number)
    body = "".join(f"{w:g} {' '.join(map(str, clause))} 0\n" for w, clause in zip(weights, clauses, strict=True))
    problem = written(f"p wcnf 5 {len(clauses)}\n{body}", tmp_path)
    assert problem.formula is not None
    added = problem.cells - 5
    assert problem.notes[0].startswith(f"auxiliary spins: {added} (penalty ")
    assert f"{problem.cells / 5:.3g} spins per variable" in problem.notes[0]
    states = np.array(list(itertools.product((-1, 1), repeat=problem.cells)), np.int8)
    least = problem.energy(states).reshape(32, -1).min(axis=1)
    told = [weight_of(clauses, weights, bits) for bits in itertools.product((False, True), repeat=5)]
    np.testing.assert_allclose(least, told, atol=1e-9)
    np.testing.assert_array_equal(problem.formula.judged(states[:: 2**added]), told)


def test_a_smaller_penalty_would_move_the_optimum() -> None:
    """x1 x2 x3 -> p x3 at the penalty of its factor; pairs alone need none."""
    assert penalty(Formula(3, ((-1, -2, -3),), np.array([2.5])).polynomial()) == 2.5
    assert penalty(Formula(2, ((1, -2),), np.array([2.5])).polynomial()) == 0
    two = Formula(4, ((-1, -2, -3), (-1, -2, -4)), np.array([2.5, 1.0]))
    assert penalty(two.polynomial()) == 3.5


WRONG = {
    "of another header": ("p cnf 3\n1 0\n", "data.bad-header", ":1: "),
    "of fewer clauses": ("p cnf 3 2\n1 0\n", "data.bad-header", ":1: the header specifies 2 clauses"),
    "of an unknown variable": ("p cnf 3 1\nc\n1 4 0\n", "problem.bad-index", ":3: variable 4"),
    "of a word": ("p cnf 3 1\n1 x 0\n", "data.bad-number", ":2: `x`"),
    "without its end": ("p cnf 3 1\n1 2\n", "data.wrong-fields", ":2: "),
    "of no literal": ("p wcnf 3 1\n2 0\n", "data.wrong-fields", ":2: a clause of 0 literals"),
    "of too many literals": (f"p cnf 11 1\n{' '.join(map(str, range(1, 12)))} 0\n", "data.wrong-fields", ":2: "),
    "of no weight": ("p wcnf 3 1\n-1 1 0\n", "data.bad-number", ":2: `-1`"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_files_are_refused_by_place(fault: str, tmp_path: Path) -> None:
    text, code, place = WRONG[fault]
    with refused(code, f"f.cnf{place}"):
        written(text, tmp_path)


def test_a_convention_is_refused(tmp_path: Path) -> None:
    with refused("data.bad-header", "remove the key"):
        written("p cnf 1 1\n1 0\n", tmp_path, convention="qubo")
