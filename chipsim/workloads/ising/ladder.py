"""Betas of parallel tempering at which neighbours swap at a wanted rate.

From the coldest beta on, each next hotter one is where the mean of min(1, exp((b - b') (E - E'))) over independent
states of both is the rate. Energies come from a pilot on the host: heat-bath sweeps of the problem, cooled along a grid
of betas, between which quantiles of the energy are interpolated. The pilot prepares a run, as a search for chains does:
it is not billed, and what it finds is cached by content. How often neighbours swap is measured by the run itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import expit

from chipsim.errors import ProblemError
from chipsim.files import plain_json, read_bounded, write_cache
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
VERSION = 1

Clamp = Sequence[tuple[int, int]]


def fitted_betas(problem: Problem, wanted: BetaRamp, clamp: Clamp = ()) -> list[float]:
    """Betas from hot to cold, rounded to four digits; `clamp` holds spins.

    Raises:
        ProblemError: the problem is too large or has no energy, or beta 0 is reached before the last replica.
    """
    if problem.is_directed:
        raise ProblemError("directed couplings have no energy by which replicas could swap", code="problem.directed")
    if problem.cells > MAX_SPINS:
        complaint = f"betas are fitted to at most {MAX_SPINS:,} spins, not {problem.cells:,}; give a list of betas"
        raise ProblemError(complaint, code="spec.too-large")
    digest = hashlib.sha256(f"{VERSION} {wanted.end} {wanted.steps} {wanted.swap_rate} {list(clamp)} ".encode())
    for part in (problem.edges, problem.couplings, problem.biases):
        digest.update(np.ascontiguousarray(part).tobytes())
    path = cache_root() / "betas" / f"{digest.hexdigest()[:32]}.json"
    try:
        held = plain_json(read_bounded(path))
    except (OSError, ValueError):
        held = None
    if not _fits(held, wanted):
        held = _ladder(wanted, *_pilot(problem, wanted.end, clamp))
        write_cache(path, json.dumps(held))
    return [float(beta) for beta in held]


def _fits(held: object, wanted: BetaRamp) -> bool:
    """Whether these are such betas: anything may stand in a file of the cache."""
    if not isinstance(held, list) or len(held) != wanted.steps or not all(isinstance(b, float) for b in held):
        return False
    return held[0] > 0 and held[-1] == wanted.end and bool((np.diff(held) > 0).all())


def _ladder(wanted: BetaRamp, grid: NDArray[np.float64], energies: NDArray[np.float64]) -> list[float]:
    """Betas at the wanted rate, from quantiles of the energy (G, Q) at the betas of a grid."""
    betas, wanted_rate = [wanted.end], wanted.swap_rate or 0.0
    while len(betas) < wanted.steps:
        low, high = 0.0, betas[-1]
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
            if _rate(middle, betas[-1], grid, energies) < wanted_rate:
                low = middle
            else:
                high = middle
        betas.append(float(rounded((low + high) / 2, ".4g")))
    return betas[::-1]


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


def _pilot(problem: Problem, end: float, clamp: Clamp) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(grid, quantiles): betas (G,) and quantiles of the energy at each, (G, Q)."""
    grid = np.concatenate([[0.0], np.geomspace(end / RANGE, end, GRID)])
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
    return grid, np.array(out)


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
