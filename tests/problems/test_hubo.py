"""Polynomials of any order: their form of pairs against enumeration, and what is refused."""

from __future__ import annotations

from itertools import product as states_of
from pathlib import Path

import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.problems.problem import Problem
from chipsim.problems.reading import read_problem
from chipsim.testing.exact import enumerate_states

dimod = pytest.importorskip("dimod")
WORK = """chipsim: 1
workload: ising
name: w
problem: { file: h.txt, format: hubo, convention: dimod }
schedule: { mode: anneal, sweeps: 400, beta: { start: 0.1, end: 3, steps: 40 }, read_every: end }
target: { value: -1.5 }
"""


def written(text: str, folder: Path, convention: str | None = "dimod") -> Problem:
    (folder / "h.txt").write_text(text)
    return read_problem(folder / "h.txt", "hubo", convention)  # type: ignore[arg-type]


@pytest.mark.parametrize("convention", ["dimod", "ising", "qubo"])
@pytest.mark.parametrize("seed", range(20))
def test_pairs_have_the_minima_of_the_polynomial_of_dimod(convention: str, seed: int, tmp_path: Path) -> None:
    """For each state of the variables, the lowest energy over auxiliary spins is the value of the polynomial."""
    random = np.random.default_rng(seed)
    terms = {}
    while len(terms) < 6:
        chosen = tuple(sorted(random.choice(5, random.integers(0, 5), replace=False).tolist()))
        terms[chosen] = float(random.integers(-6, 7)) / 2
    text = "".join(f"{' '.join(map(str, chosen))} {value}\n" for chosen, value in terms.items())
    problem = written(text, tmp_path, convention)
    assert problem.formula is not None
    vartype = "BINARY" if convention == "qubo" else "SPIN"
    theirs = dimod.BinaryPolynomial(terms, vartype)
    used = sorted(theirs.variables)
    states = enumerate_states(problem.cells)
    energies, judged = problem.energy(states), problem.formula.judged(states)
    for row in states_of((-1, 1), repeat=len(used)):
        sample = {name: (spin + 1) // 2 if vartype == "BINARY" else spin for name, spin in zip(used, row, strict=True)}
        wanted = theirs.energy(sample) * (-1 if convention == "ising" else 1)
        same = (states[:, : len(used)] == row).all(axis=1)
        assert energies[same].min() == pytest.approx(wanted, abs=1e-12)
        assert judged[same] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.system
def test_a_run_is_judged_by_its_products(tmp_path: Path) -> None:
    """-s0 s1 s2 + s0 s1 / 2 has its minimum -1.5 where s0 s1 = -1 and s2 = -1."""
    (tmp_path / "h.txt").write_text("0 1 2 -1.0\n0 1 0.5\n")
    (tmp_path / "w.yaml").write_text(WORK)
    run = chipsim.run("any-graph", str(tmp_path / "w.yaml"), lanes=32)
    assert run.best is not None
    assert run.best.value == -1.5
    found = run.best.to_dict()
    assert (found["0"] * found["1"], found["2"]) == (-1, -1)
    assert "auxiliary spins: 1 (penalty 8) for 2 terms of at most 3 variables" in run.summary["notes"]
    reads = run.reads
    a, b, c = np.moveaxis(reads.spins[..., :3].astype(int), -1, 0)
    assert np.array_equal(reads.values, -a * b * c + 0.5 * a * b)


@pytest.mark.parametrize(
    ("text", "convention", "code", "message"),
    [
        ("0 1 2 -1\n", None, "data.bad-header", "state convention"),
        ("0 1 2 -1\n", "maxcut", "data.bad-header", "remove the key"),
        ("0 1 2 x\n", "dimod", "data.bad-number", "`x` is not"),
        ("a b 1\n0 0 2 1\n", "dimod", "problem.self-loop", "h.txt:2"),
        ("0 1 2 1\n2 1 0 1\n", "dimod", "problem.given-twice", "h.txt:2: duplicate product of 2 1 0"),
        ("0 1 2 nan\n", "dimod", "data.bad-number", "h.txt:1"),
        ("0 1 2 3 4 5 6 7 8 9 10 1\n", "dimod", "problem.too-large", "11 variables; 10 are supported"),
        ("5\n", "dimod", "problem.too-large", "0 variables"),
    ],
)
def test_what_is_no_polynomial_is_refused(
    text: str, convention: str | None, code: str, message: str, tmp_path: Path
) -> None:
    with refused(code, message):
        written(text, tmp_path, convention)


DIALECTS = {
    "plain": "0 1 2 -1.5\n0 1 0.5\n2 3\n7\n",
    "comments": "# terms\n0 1 2 -1.5 # a product\n#\n0 1 0.5\n2 3\n7 # the constant\n",
    "CRLF": "0 1 2 -1.5\r\n0 1 0.5\r\n2 3\r\n7\r\n",
    "blanks": "\n\n  0\t1   2 -1.5  \n\n0 1 0.5\t\n 2 3 \n7\n\n\n",
    "no last newline": "0 1 2 -1.5\n0 1 0.5\n2 3\n7",
    "byte order mark": "\ufeff0 1 2 -1.5\n0 1 0.5\n2 3\n7\n",
    "other notation": "2 1 0 -15e-1\n1 0 +.5\n2 3e0\n7.\n",
    "from 1": "1 2 3 -1.5\n1 2 0.5\n3 3\n7\n",
    "words": "x y z -1.5\nx y 0.5\nz 3\n7\n",
    "zeros": "0 1 2 -1.5\n0 1 0.5\n2 3\n7\n0 2 0\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("convention", ["dimod", "ising", "qubo"])
def test_dialects_say_the_same(dialect: str, convention: str, tmp_path: Path) -> None:
    """-1.5 a b c + 0.5 a b + 3 c + 7, evaluated here."""
    (tmp_path / "h.txt").write_bytes(DIALECTS[dialect].encode())
    problem = read_problem(tmp_path / "h.txt", "hubo", convention)  # type: ignore[arg-type]
    assert problem.formula is not None
    states = enumerate_states(problem.cells)
    a, b, c = (states[:, :3].T.astype(float) + 1) / 2 if convention == "qubo" else states[:, :3].T.astype(float)
    wanted = (-1.5 * a * b * c + 0.5 * a * b + 3 * c + 7) * (-1 if convention == "ising" else 1)
    assert problem.formula.judged(states) == pytest.approx(wanted, abs=1e-12)
    lowest = [problem.energy(states)[(states[:, :3] == row).all(axis=1)].min() for row in states[:, :3]]
    assert np.array(lowest) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e6, 1e12])
def test_huge_and_tiny_factors_keep_their_minimum(size: float, tmp_path: Path) -> None:
    problem = written(f"0 1 2 {-3 * size!r}\n0 1 {size!r}\n2 {size!r}\n", tmp_path)
    assert problem.formula is not None
    states = enumerate_states(problem.cells)
    a, b, c = states[:, :3].T.astype(float)
    wanted = size * (-3 * a * b * c + a * b + c)
    assert problem.formula.judged(states) == pytest.approx(wanted, rel=1e-12)
    assert problem.energy(states).min() == pytest.approx(wanted.min(), rel=1e-9)


def test_factors_of_very_different_size_are_judged_by_all_their_digits(tmp_path: Path) -> None:
    problem = written("0 1 2 1000000000\n0 1 1e-7\n", tmp_path)
    assert problem.formula is not None
    states = enumerate_states(problem.cells)
    a, b, c = states[:, :3].T.astype(float)
    assert np.array_equal(problem.formula.judged(states), 1e9 * a * b * c + 1e-7 * a * b)


@pytest.mark.parametrize("value", ["1e400", "nan", "-inf", "0x10", "1_000", "1,5", "1e31"])
def test_what_is_no_factor_is_refused_with_its_line(value: str, tmp_path: Path) -> None:
    with refused("data.bad-number", "h.txt:2: "):
        written(f"0 1 2 1\n0 1 {value}\n", tmp_path)
