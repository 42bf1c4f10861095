"""LP files against dimod, which owns the reader, and against their terms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_errors import refused

from chipsim.problems.problem import Problem
from chipsim.problems.reading import read_problem
from chipsim.testing.exact import enumerate_states

dimod = pytest.importorskip("dimod")


def written(text: str, folder: Path) -> Problem:
    (folder / "p.lp").write_bytes(text.encode())
    return read_problem(folder / "p.lp")


def bits(problem: Problem) -> dict[str, np.ndarray]:
    """Each variable in all states, by name."""
    states = (enumerate_states(problem.cells) + 1) // 2
    return {str(name): states[:, place].astype(float) for place, name in enumerate(problem.names)}


@pytest.mark.parametrize("seed", range(20))
def test_what_dimod_writes_has_the_energies_of_its_model(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    many = int(random.integers(2, 9))
    names = [f"v{k}" for k in range(many)]
    linear = {name: float(random.integers(-8, 9)) / 4 for name in names}
    pairs = [(a, b) for i, a in enumerate(names) for b in names[:i] if random.random() < 0.6]
    model = dimod.ConstrainedQuadraticModel()
    bqm = dimod.BinaryQuadraticModel(linear, {pair: float(random.integers(1, 9)) / 4 for pair in pairs}, 1.5, "BINARY")
    model.set_objective(bqm)
    problem = written(dimod.lp.dumps(model), tmp_path)
    values = bits(problem)
    rows = np.array([values[name] for name in names]).T
    assert sorted(map(str, problem.names)) == names
    assert problem.energy(enumerate_states(problem.cells)) == pytest.approx(bqm.energies((rows, names)), abs=1e-12)


DIALECTS = {
    "plain": "Minimize\n obj: 3 + a - 2 b + [ 4 a * b - 6 c ^ 2 ] / 2\nSubject To\nBinary\n a b c\nEnd\n",
    "CRLF, comments": "\\ a\r\n\r\nmin \\ of\r\n 3 + a - 2 b\r\n + [ 4 a * b - 6 c^2 ] / 2\r\nbin\r\n a b\r\n c\r\nend",
    "other words": "\n\nMINIMUM\n cost: a - 2b + [ - 6 c ^ 2 + 4 b * a ]/2 + 3\nst\nbinaries\n a b c\n\n\nend\n",
    "numbers": "minimize\n obj: 3.0 + 1e0 a - 0.2E1 b + [ 40.e-1 a * b - 6 c ^ 2 ] / 2\nbinary\na b c\nend\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_say_the_same(dialect: str, tmp_path: Path) -> None:
    problem = written(DIALECTS[dialect], tmp_path)
    x = bits(problem)
    wanted = 3 + x["a"] - 2 * x["b"] + 2 * x["a"] * x["b"] - 3 * x["c"]
    assert problem.energy(enumerate_states(3)) == pytest.approx(wanted, abs=1e-12)


def test_what_is_maximised_is_reported_as_the_file_has_it(tmp_path: Path) -> None:
    problem = written("Maximize\n obj: 1 + a - 2 b + [ 4 a * b ] / 2\nBinary\n a b\nEnd\n", tmp_path)
    x, energies = bits(problem), problem.energy(enumerate_states(2))
    wanted = 1 + x["a"] - 2 * x["b"] + 2 * x["a"] * x["b"]
    assert problem.objective == "maximum"
    assert problem.value(energies) == pytest.approx(wanted, abs=1e-12)
    assert energies.argmin() == wanted.argmax()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "data.empty", "p.lp:1: the file is empty"),
        ("\\ nothing\n\ngarbage\n", "data.malformed", "p.lp:3: `garbage` where Minimize"),
        ("Minimize\n obj: a\nSubject To\n c1: a + b <= 1\nBinary\n a b\nEnd\n", "data.wrong-values", "such as `c1`"),
        ("Minimize\n obj: a\nEnd\n", "data.wrong-values", "variable a is real; list all under Binary"),
        ("Minimize\n obj: a\nGeneral\n a\nEnd\n", "data.wrong-values", "variable a is integer"),
        ("Minimize\n obj: a + [ a * b ]\nBinary\n a b\nEnd\n", "data.malformed", "dimod cannot read it"),
        ("Minimize\n obj: a + 1e400 b\nBinary\n a b\nEnd\n", "data.bad-number", "b"),
        ("Minimize\n obj: 3\nEnd\n", "data.empty", "the objective has no variables"),
    ],
)
def test_refusals(text: str, code: str, said: str, tmp_path: Path) -> None:
    with refused(code, said):
        written(text, tmp_path)
