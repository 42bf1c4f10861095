"""Chips for parallel tempering, what their replicas show, and exact laws to compare with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chipsim
from chipsim.problems.problem import Problem
from chipsim.runs.plan import read_chip_file
from chipsim.workloads.ising.temper import Ladder


def replica_chip(replicas: int, preset: str = "torus-replicas", **fabric: Any) -> dict[str, Any]:
    """The preset with another number of copies, converters and weights of 16 bits, and this fabric."""
    chip = read_chip_file(preset).document.value
    parts = dict(chip["components"])
    block = parts.pop("copy[0..4]")
    inner = {**block["components"], "bias_dac": {**block["components"]["bias_dac"], "bits": 16}}
    inner["couplers"] = {**inner["couplers"], "weight_bits": 16}
    parts[f"copy[0..{replicas - 1}]"] = {**block, "components": inner}
    return {**chip, "fabric": fabric or {**chip["fabric"], "copies": replicas}, "components": parts}


def workload(betas: list[float], sweeps: int = 2000, problem: dict[str, Any] | None = None, **keys: Any) -> Any:
    """A workload with swaps every 5 sweeps."""
    temper = {"swap_every": 5, "energies": "chip", **keys.pop("temper", {})}
    schedule = {"mode": "temper", "beta": betas, "sweeps": sweeps, "temper": temper, **keys}
    return {
        "chipsim": 1,
        "workload": "ising",
        "name": "tempered",
        "problem": problem or {"native": "ferromagnet"},
        "schedule": schedule,
    }


def glass(spins: int = 10) -> Problem:
    """A spin glass in which every pair is coupled, with biases; weights are multiples of 1/128."""
    random = np.random.default_rng(7)
    couplings = np.triu(random.integers(-128, 129, (spins, spins)) / 256, 1)
    return Problem.from_arrays(couplings, random.integers(-64, 65, spins) / 256)


class Seen:
    """Energies (R, lanes) at each decision, after the first `skip`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, skip: int = 40) -> None:
        self._all: list[NDArray[np.float64]] = []
        self._skip = skip
        decide = Ladder.decide

        def noted(ladder: Ladder, energies: NDArray[np.float64]) -> NDArray[np.bool_]:
            self._all.append(energies.copy())
            return decide(ladder, energies)

        monkeypatch.setattr(Ladder, "decide", noted)

    @property
    def energies(self) -> NDArray[np.float64]:
        """(decisions, R, lanes)."""
        return np.stack(self._all[self._skip :])


def largest_z(energies: NDArray[np.float64], levels: NDArray[np.float64], laws: NDArray[np.float64]) -> float:
    """Largest deviation of the frequency of a level, at any beta, in standard errors over lanes.

    Lanes are independent, so that their spread holds whatever correlations there are in time.

    Args:
        energies: (decisions, R, lanes).
        levels: (K,) of the energy, ascending.
        laws: (R, K) exact probabilities; levels that are rarer than 1 % are pooled with the level below.
    """
    lanes, worst = energies.shape[2], 0.0
    for beta, law in enumerate(laws):
        edges = [0]
        for level in range(1, len(levels)):
            if law[edges[-1] : level].sum() > 0.01 and law[level:].sum() > 0.01:
                edges.append(level)
        wanted = np.add.reduceat(law, edges)
        place = np.searchsorted((levels[1:] + levels[:-1]) / 2, energies[:, beta])
        bins = np.searchsorted(edges, place, side="right") - 1
        for number, probability in enumerate(wanted):
            share = (bins == number).mean(axis=0)
            error = share.std(ddof=1) / np.sqrt(lanes)
            worst = max(worst, abs(share.mean() - probability) / error)
    return worst


def exact_acceptance(levels: NDArray[np.float64], laws: NDArray[np.float64], betas: NDArray[np.float64]) -> list[float]:
    """Mean of min(1, exp((b - b') (E - E'))) over independent states of neighbouring betas."""
    gaps = levels[:, None] - levels[None]
    pairs = zip(laws[:-1], laws[1:], np.diff(betas), strict=True)
    return [float(hot @ np.minimum(1, np.exp(np.minimum(0, -step * gaps))) @ cold) for hot, cold, step in pairs]


def torus_laws(problem: Problem, side: int, betas: NDArray[np.float64]) -> tuple[Any, Any]:
    """Levels (K,) of a +-J torus, and their laws (R, K), by transfer matrices.

    Z(beta + i theta) at as many theta as there are levels is the Fourier transform of the law at beta: E is a multiple
    of 2 away from the number of edges. Below 1e-12 nothing is left but rounding.
    """
    across, down = np.zeros((2, side, side))
    for (u, v), weight in zip(problem.edges, problem.couplings, strict=True):
        (a, b), (c, d) = divmod(int(u), side), divmod(int(v), side)
        if a == c:
            across[a, b if (b + 1) % side == d else d] += weight
        else:
            down[a if (a + 1) % side == c else c, b] += weight
    rows = 1.0 - 2 * ((np.arange(1 << side)[:, None] >> np.arange(side)) & 1)
    steps = [
        ((rows * np.roll(rows, -1, axis=1)) @ across[row])[:, None] + (rows * down[row]) @ rows.T for row in range(side)
    ]
    many = len(problem.edges) + 1
    levels = 2.0 * np.arange(many) - len(problem.edges)
    thetas = np.pi * np.arange(many // 2 + 1) / many
    laws = []
    for beta in betas:
        z = np.empty(len(thetas), complex)
        for k, theta in enumerate(thetas):
            whole = np.eye(1 << side, dtype=complex)
            for step in steps:
                whole = whole @ np.exp((beta + 1j * theta) * step - 2 * beta * side)
            z[k] = np.trace(whole)
        z[1:] *= 2
        laws.append(((z / z[0].real)[:, None] * np.exp(1j * thetas[:, None] * levels)).real.sum(axis=0) / many)
    return levels, np.where(np.array(laws) > 1e-12, laws, 0)


def laws_of(levels: NDArray[np.float64], log_many: NDArray[np.float64], betas: NDArray[np.float64]) -> Any:
    """(R, K) Boltzmann laws of the levels."""
    exponents = log_many[None] - betas[:, None] * levels
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def tempered(chip: Any, work: Any, lanes: int = 128, **keys: Any) -> Any:
    """A run in one thread."""
    return chipsim.run(chip, work, lanes=lanes, seed=keys.pop("seed", 3), threads=1, **keys)
