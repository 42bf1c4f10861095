"""200 random problems of each format, through each mapping method, against enumeration of the file by its own library.

The energy of the cells is enumerated over all states with intact chains: its minimum and every mean spin, as the host
decides it, are those of the file. What broken chains add to the law is tested in `test_mapped_problems.py`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chipsim
from chipsim.mapping.chains import Chains, mapped
from chipsim.mapping.search import chains_of
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem
from chipsim.problems.reading import read_problem
from chipsim.testing.exact import enumerate_states

dimod = pytest.importorskip("dimod")
pytestmark = [pytest.mark.slow, pytest.mark.system]

PROBLEMS, MOST, BETA, STRENGTH = 200, 12, 0.7, 60.0
# A grid whose couplers hop over rows: each method finds room on it.
FABRIC = chipsim.plan("dtca-70", "spin-glass", {"fabric.size": [40, 40]}).netlist.fabric


def coo(bqm: Any) -> str:
    return str(importlib.import_module("dimod.serialization.coo").dumps(bqm, vartype_header=True))


def json_text(bqm: Any) -> str:
    return json.dumps(bqm.to_serializable())


def qbsolv(bqm: Any) -> str:
    """Minimise sum a x + sum q x x, each pair once; the format has no constant."""
    linear = [f"{v} {v} {float(bqm.linear[v])!r}" for v in bqm.variables]
    pairs = [f"{min(u, v)} {max(u, v)} {float(bias)!r}" for (u, v), bias in bqm.quadratic.items()]
    return "\n".join([f"p qubo 0 {len(linear)} {len(linear)} {len(pairs)}", *linear, *pairs]) + "\n"


# Format -> (its variables, the writer); the constant is written only where the format has one.
FORMATS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "coo": ("SPIN", coo),
    "bqm": ("BINARY", json_text),
    "qubo": ("BINARY", qbsolv),
}


def model(number: int, vartype: str, offset: bool, odd: bool) -> Any:
    """A tree of 3 to 12 variables, with values that decimals state exactly; `odd` cycles need chains."""
    random = np.random.default_rng(number)
    many = int(random.integers(3, MOST + 1))
    bqm = dimod.BinaryQuadraticModel(vartype)
    for v in range(many):
        bqm.add_variable(v, float(random.integers(-8, 9)) / 4 or 0.25)
    for v in range(1, many):
        bqm.add_interaction(int(random.integers(0, v)), v, float(random.choice([-6, -3, -1, 2, 5, 7])) / 4)
    for u, v, w in ((0, 1, 2), (0, many // 2, many - 1)) if odd else ():
        for i, j in ((u, v), (v, w), (u, w)):
            bqm.add_quadratic(i, j, 0.75)
    bqm.offset = 2.5 if offset else 0.0
    return bqm


def law(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(-BETA * (energies - energies.min()))
    return weights / weights.sum()


def theirs(bqm: Any, problem: Problem, states: NDArray[np.int8]) -> NDArray[np.float64]:
    """Energies of states of the problem, by dimod and the labels."""
    samples = states if bqm.vartype is dimod.SPIN else (states + 1) // 2
    return np.asarray(bqm.energies((samples, [int(label) for label in problem.names])))


@pytest.mark.parametrize("method", ["native", "place", "embed", "crossbar", "given"])
@pytest.mark.parametrize("format", FORMATS)
def test_minimum_and_means_are_those_of_the_file(format: str, method: str, tmp_path: Path, monkeypatch: Any) -> None:
    if method in ("place", "embed"):
        pytest.importorskip("minorminer")
    monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path / "cache"))
    vartype, write = FORMATS[format]
    for number in range(PROBLEMS):
        bqm = model(number, vartype, offset=format == "bqm", odd=method != "place")
        path = tmp_path / f"p.{format}"
        path.write_text(write(bqm))
        problem = read_problem(path, format)  # type: ignore[arg-type]
        states = enumerate_states(problem.cells)
        wanted = theirs(bqm, problem, states)
        if method == "native":
            found, spins = problem.energy(states), states
        else:
            found, spins = through(problem, method, states, tmp_path)
        assert found.min() == pytest.approx(wanted.min(), abs=1e-9)
        assert np.abs(law(found) @ spins - law(wanted) @ states).max() < 1e-9


def through(
    problem: Problem, method: str, states: NDArray[np.int8], folder: Path
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Energies of the cells with intact chains, and the spins that the host decides from a read of these cells."""
    strength = {} if method == "place" else {"chain": {"strength": STRENGTH}}
    if method == "given":
        chains = chains_of(problem, FABRIC, MappingSpec.model_validate({"method": "crossbar"}))
        listed = np.split(chains.cells, chains.first[1:-1])
        cells = {str(name): cells.tolist() for name, cells in zip(problem.names, listed, strict=True)}
        (folder / "chains.json").write_text(json.dumps(cells))
        strength |= {"file": str(folder / "chains.json")}
    spec = MappingSpec.model_validate({"method": method, **strength})
    chains: Chains = chains_of(problem, FABRIC, spec)
    held = mapped(problem, FABRIC, chains, spec)
    whole = np.ones((len(states), FABRIC.sites), np.int8)
    whole[:, chains.cells] = np.repeat(states, chains.lengths, axis=1)
    # Without the couplers that hold nothing, which are most of them.
    kept = held.problem.coupled
    less = replace(held.problem, edges=held.problem.edges[kept], couplings=held.problem.couplings[kept])
    energies = less.energy(whole)
    spins, broken = held.decided(whole[:, held.read_cells])
    assert not broken.any()
    return energies, spins
