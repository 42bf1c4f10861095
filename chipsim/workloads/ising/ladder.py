"""Betas of parallel tempering at which neighbours swap at a wanted rate.

From the coldest beta on, each next hotter one is where the mean of min(1, exp((b - b') (E - E'))) over independent
states of both is the rate. Energies come from a pilot on the host: heat-bath sweeps of the problem, cooled along a grid
of betas, between which quantiles of the energy are interpolated. Where a converter sets betas, each is that of the code
whose rate with the next colder one is nearest. The pilot prepares a run, as a search for chains does: it is not billed,
and what it finds is cached by content. How often neighbours swap is measured by the run itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import expit

from chipsim.errors import ProblemError
from chipsim.files import plain_json, read_cache, write_cache
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.sources.cache import cache_root
from chipsim.workloads.ising.schedule import BetaRamp

# Betas of the pilot above 0, geometric over this range below the coldest; sweeps at each, whose second half counts.
GRID, RANGE = 40, 100.0
SWEEPS = 80
QUANTILES = (np.arange(256) + 0.5) / 256
SEED = 20251129
# Beyond this a pilot takes minutes.
MAX_SPINS = 100_000
# Part of the key of the cache: raised when the fit changes.
VERSION = 2

Clamp = Sequence[tuple[int, int]]
# The beta that a chip sets for a wanted one.
Realised = Callable[[float], float]


class Fitted(NamedTuple):
    """Betas from hot to cold, and the rate that the pilot predicts for each with the next."""

    betas: list[float]
    rates: list[float]


def four_digits(beta: float) -> float:
    """Betas of a chip that sets any of them."""
    return float(rounded(beta, ".4g"))


def fitted_betas(problem: Problem, wanted: BetaRamp, clamp: Clamp = (), realised: Realised = four_digits) -> Fitted:
    """Betas that the chip realises, with the rates that are predicted for them; `clamp` holds spins.

    Raises:
        ProblemError: the problem is too large or has no energy, beta 0 is reached before the last replica, or the chip
            has no further betas.
    """
    if problem.is_directed:
        raise ProblemError("directed couplings have no energy by which replicas could swap", code="problem.directed")
    if problem.cells > MAX_SPINS:
        complaint = f"betas are fitted to at most {MAX_SPINS:,} spins, not {problem.cells:,}; give a list of betas"
        raise ProblemError(complaint, code="spec.too-large")
    digest = hashlib.sha256(f"{VERSION} {wanted.end} {list(clamp)} ".encode())
    for part in (problem.edges, problem.couplings, problem.biases):
        digest.update(np.ascontiguousarray(part).tobytes())
    path = cache_root() / "betas" / f"{digest.hexdigest()[:32]}.json"
    grid = np.concatenate([[0.0], np.geomspace(wanted.end / RANGE, wanted.end, GRID)])
    energies = _cached(path)
    if energies is None:
        energies = _pilot(problem, grid, clamp)
        write_cache(path, json.dumps(energies.tolist()).encode())
    return _ladder(wanted, grid, energies, realised)


def _cached(path: Path) -> NDArray[np.float64] | None:
    """Quantiles of an earlier pilot: anything may stand in a file of the cache."""
    try:
        held = np.array(plain_json(read_cache(path) or b""), np.float64)
    except (ValueError, TypeError):
        return None
    return held if held.shape == (GRID + 1, len(QUANTILES)) and np.isfinite(held).all() else None


def _ladder(wanted: BetaRamp, grid: NDArray[np.float64], energies: NDArray[np.float64], realised: Realised) -> Fitted:
    """Betas nearest to the wanted rate, from quantiles of the energy (G, Q) at the betas of a grid."""
    rates: list[float] = []
    betas, wanted_rate = [realised(wanted.end)], wanted.swap_rate or 0.0
    while len(betas) < wanted.steps:
        cold = betas[-1]
        low, high = 0.0, cold
        rate = _rate(low, high, grid, energies)
        if rate >= wanted_rate:
            complaint = (
                f"neighbours that swap at a rate of {wanted_rate:g} reach beta 0 after {len(betas)} of "
                f"{wanted.steps} replicas (there it is {rounded(rate, '.2g')}); use steps: {len(betas)}, or a higher "
                "swap_rate"
            )
            raise ProblemError(complaint, code="spec.out-of-range")
        for _ in range(40):
            middle = (low + high) / 2
            if _rate(realised(middle), cold, grid, energies) < wanted_rate:
                low = middle
            else:
                high = middle
        # The two betas around the wanted rate; the colder one may be that of the neighbour itself, the hotter one 0.
        found = {beta: _rate(beta, cold, grid, energies) for beta in map(realised, (low, high)) if 0 < beta < cold}
        if not found:
            complaint = f"the chip sets no beta between 0 and {rounded(cold, '.4g')}; use fewer steps, or more bits"
            raise ProblemError(complaint, code="spec.out-of-range")
        betas.append(min(found, key=lambda beta: abs(found[beta] - wanted_rate)))
        rates.append(found[betas[-1]])
    # The coldest as it is wanted: whether the chip can set it is for the run to report.
    return Fitted([*betas[:0:-1], wanted.end], rates[::-1])


def _rate(hot: float, cold: float, grid: NDArray[np.float64], energies: NDArray[np.float64]) -> float:
    """Mean acceptance of swaps of independent states of two betas."""
    first, second = (_at(beta, grid, energies) for beta in (hot, cold))
    return float(np.exp(np.minimum(0, (hot - cold) * (first[:, None] - second[None]))).mean())


def _at(beta: float, grid: NDArray[np.float64], energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the energy, linear between betas of the grid."""
    upper = int(np.clip(np.searchsorted(grid, beta), 1, len(grid) - 1))
    share = (beta - grid[upper - 1]) / (grid[upper] - grid[upper - 1])
    quantiles: NDArray[np.float64] = energies[upper - 1] * (1 - share) + energies[upper] * share
    return quantiles


def _pilot(problem: Problem, grid: NDArray[np.float64], clamp: Clamp) -> NDArray[np.float64]:
    """Quantiles of the energy, (G, Q), at each beta of a grid that rises from 0, (G,)."""
    random = np.random.default_rng(SEED)
    lanes = int(np.clip(10**6 // max(len(problem.edges), problem.cells), 8, 128))
    spins = random.choice(np.array([-1.0, 1.0]), (problem.cells, lanes))
    for spin, value in clamp:
        spins[spin] = value
    groups = _groups(problem, {spin for spin, _ in clamp})
    out = []
    for beta in grid:
        seen = []
        for sweep in range(SWEEPS):
            for cells, couplings in groups:
                field = couplings @ spins + problem.biases[cells, None]
                spins[cells] = np.where(random.random(field.shape) < expit(2 * beta * field), 1.0, -1.0)
            if sweep >= SWEEPS // 2:
                seen.append(problem.energy(spins.T.astype(np.int8)))
        out.append(np.quantile(np.concatenate(seen), QUANTILES))
    return np.array(out)


def _groups(problem: Problem, held: set[int]) -> list[tuple[NDArray[np.int64], csr_array]]:
    """Spins that may be updated together, and their rows of the coupling matrix; without those that are held."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(problem.cells))
    graph.add_edges_from(problem.edges[problem.coupled].tolist())
    colours = networkx.greedy_color(graph)
    i, j = problem.edges.T
    both = (np.tile(problem.couplings, 2), (np.concatenate([i, j]), np.concatenate([j, i])))
    matrix = coo_array(both, shape=(problem.cells, problem.cells)).tocsr()
    groups = []
    for colour in range(max(colours.values()) + 1):
        cells = np.array([spin for spin in range(problem.cells) if colours[spin] == colour and spin not in held])
        if len(cells):
            groups.append((cells, matrix[cells]))
    return groups
