"""Problems and energies of Ising runs: "Energy and sampling law" of docs/physics.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from support_intervals_again import blocks_of, mean_ci95, split_rhat, tau_int, thinned
from support_parts_on_a_plane import Pairs, Plane
from support_spec import Specs
from support_stored_run import Stored

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ising:
    """Couplings of pairs, biases, and whether it asks for a cut."""

    pairs: Pairs
    couplings: Floats
    biases: Floats
    cut: bool = False

    def energies(self, spins: NDArray[np.int8]) -> Floats:
        """(reads, sites, lanes) -> (reads, lanes)."""
        values = spins.astype(float)
        joined = values[:, self.pairs[:, 0]] * values[:, self.pairs[:, 1]]
        return -np.einsum("e,rel->rl", self.couplings, joined) - np.einsum("s,rsl->rl", self.biases, values)

    def cut_of(self, energy: float) -> float:
        """Of Max-Cut: (sum of weights - E) / 2, with J = -w."""
        return float(-self.couplings.sum() - energy) / 2


def written_problem(specs: Specs) -> Ising | None:
    """The problem of a file; None where there is none, or where it is the chip's own."""
    problem = specs.workload.get("problem", {})
    name = problem.get("edge_list") or problem.get("rudy")
    if name is None:
        return None
    lines = [line.split() for line in (specs.folder / name).read_text().splitlines() if line.strip()]
    if problem.get("rudy"):
        sites, edges = int(lines[0][0]), [(int(i) - 1, int(j) - 1, -float(w)) for i, j, w in lines[1:]]
        return Ising(np.array([e[:2] for e in edges]), np.array([e[2] for e in edges]), np.zeros(sites), cut=True)
    pairs = [(int(i), int(j), float(w)) for i, j, w in lines]
    biases = np.zeros(1 + max(max(i, j) for i, j, _ in pairs))
    for i, j, w in pairs:
        biases[i] += w if i == j else 0.0
    edges = [entry for entry in pairs if entry[0] != entry[1]]
    return Ising(np.array([e[:2] for e in edges]), np.array([e[2] for e in edges]), biases)


def native_problem(specs: Specs, plane: Plane, stored: Stored) -> Ising:
    """Seeded couplings on the chip's own graph; of tempering on the first of its copies, as large as a state."""
    problem = specs.workload["problem"]
    random = np.random.default_rng(problem.get("seed", 0))
    sites, pairs = plane.sites, plane.pairs
    if specs.workload["schedule"]["mode"] == "temper":
        sites = stored.states.shape[1]
        pairs = pairs[pairs.max(axis=1) < sites]
    many = len(pairs)
    couplings: Floats = np.ones(many)
    if problem["native"] == "plus-minus":
        couplings = np.where(random.integers(0, 2, many) == 1, 1.0, -1.0)
    elif problem["native"] == "gaussian":
        couplings = random.standard_normal(many)
    return Ising(pairs, couplings, np.full(sites, float(problem.get("bias", 0.0))))


@dataclass(frozen=True)
class Plan:
    """When an Ising run reads and records, in sweeps."""

    schedule: dict[str, Any]

    @property
    def sweeps(self) -> int:
        """Of the run."""
        return int(self.schedule["sweeps"])

    @property
    def samples(self) -> bool:
        """Whether it samples, or anneals."""
        return self.schedule["mode"] in ("sample", "temper")

    @property
    def warmup(self) -> int:
        """Sweeps that are no samples yet."""
        return int(self.sweeps * self.schedule.get("warmup_fraction", 0.2)) if self.samples else 0

    @property
    def spacing(self) -> int:
        """Sweeps between records."""
        every = self.schedule.get("record_every", "auto")
        least = self.turn if self.in_turn else 1  # in turn, at ends of turns
        return math.ceil(math.ceil(self.sweeps / 1000) / least) * least if every == "auto" else int(every)

    @property
    def in_turn(self) -> bool:
        """Whether replicas have the array one after the other."""
        return (self.schedule.get("temper") or {}).get("replicas") == "in_turn"

    @property
    def turn(self) -> int:
        """Sweeps of a replica between swaps."""
        return int((self.schedule.get("temper") or {}).get("swap_every", 10))

    def own(self, sweeps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sweeps of the coldest replica, from those of the array: it has the last turn of each round."""
        if not self.in_turn:
            return sweeps
        rounds, rest = np.divmod(sweeps - 1, self.turn * len(self.betas()))
        return rounds * self.turn + rest % self.turn + 1

    @property
    def reads(self) -> list[int]:
        """Sweeps after which the host reads."""
        every = self.schedule.get("read_every", "end")
        return [self.sweeps] if every == "end" else [*range(every, self.sweeps, every), self.sweeps]

    @property
    def fine(self) -> bool:
        """Whether a stretch after the warm-up is recorded sweep by sweep, and all else less often."""
        automatic = self.schedule.get("record_every", "auto") == "auto"
        return self.samples and self.spacing > 1 and automatic and not self.in_turn

    def kept(self, stored: Stored) -> NDArray[np.bool_]:
        """Evenly spaced records after the warm-up."""
        sweeps, end = self.own(stored.records["sweeps"]), min(self.warmup + 1000, self.sweeps)
        return np.asarray((sweeps > self.warmup) & (not self.fine or (sweeps - end) % self.spacing == 0))

    def betas(self) -> list[float]:
        """The steps of beta."""
        beta = self.schedule["beta"]
        if isinstance(beta, list):
            return [float(value) for value in beta]
        if not isinstance(beta, dict):
            return [float(beta)]
        steps = np.geomspace if beta.get("spacing") == "geometric" else np.linspace
        return [float(value) for value in steps(beta["start"], beta["end"], beta["steps"])]


def figures_of(ising: Ising, plan: Plan, stored: Stored, target: float | None) -> Iterator[tuple[str, Any]]:
    """Figures of energies: of states that were read, and of records."""
    energies, records = ising.energies(stored.spins()), stored.records["energies"]
    kept = records[plan.kept(stored)] if plan.samples else records[-1:]
    yield "workload.figures.mean_energy", float(kept.mean())
    yield "workload.figures.mean_energy_ci95", mean_ci95(kept.mean(axis=0))
    best = float(energies.min())
    seen = min(best, float(records.min()))
    yield "workload.figures.best_energy", best
    yield "workload.figures.true_best_energy_unbilled", seen
    yield "workload.figures.gap_to_true_best", best - seen
    if ising.cut:
        yield "workload.figures.best_cut", ising.cut_of(best)
        yield "workload.figures.true_best_cut_unbilled", ising.cut_of(seen)
    if target is not None:
        yield "workload.figures.target_energy", target
    yield from _single(energies, kept, plan, seen, stored)
    if target is not None and ising.cut:
        yield "workload.figures.target_cut", ising.cut_of(target)


def _single(energies: Floats, kept: Floats, plan: Plan, seen: float, stored: Stored) -> Iterator[tuple[str, Any]]:
    name = "key_figures.single_sample_quality.value"
    if not plan.samples:
        yield name, float(energies[-1].mean()) / seen
    elif stored.summary["sampling"] in ("resolved", "at least"):
        late = energies[[sweep > plan.warmup for sweep in plan.reads]]
        kept = stored.records["energies"][plan.own(stored.records["sweeps"]) > plan.warmup]
        mean = kept.mean()
        known = late.size and abs(mean) > kept.std() / math.sqrt(kept.shape[1])
        yield name, math.sqrt(((late - mean) ** 2).mean()) / abs(float(mean)) if known else None


def successes(ising: Ising, stored: Stored, target: float) -> int:
    """Lanes that read an energy at most the target's."""
    rounding = 1e-9 * (np.abs(ising.couplings).sum() + np.abs(ising.biases).sum())
    return int((ising.energies(stored.spins()).min(axis=0) <= target + rounding).sum())


@dataclass(frozen=True)
class Sampled:
    """Effective samples of a run, from its records."""

    tau: float
    worst: str
    rhat: float
    effective: float | None
    delivered: float | None
    without: list[float]


def in_sweeps(series: Floats, spacing: int, without: range = range(0)) -> float:
    """tau_int of records `spacing` sweeps apart, (n, lanes), in sweeps.

    Where neighbours correlate in all lanes, that of the exponential correlation which has such records; else a bound.
    """
    tau = tau_int(series, without)
    if spacing == 1:
        return tau
    kept = series - series.mean()
    next_to = float((kept[1:] * kept[:-1]).mean() / (kept**2).mean())
    if next_to > max(0.1, 3.5 / math.sqrt(series.size)):
        return thinned(tau, 1 / spacing)
    return spacing * max(tau, 1.0)


def sampled(plan: Plan, stored: Stored, read_error: float) -> Sampled:
    """tau_int of the worst observable, and what it makes of the sweeps after the warm-up."""
    kept, lanes = plan.kept(stored), stored.lanes
    projections = stored.records["projections"][kept].astype(float)
    names = ["energy", "magnetisation", *(f"projection {k}" for k in range(1, projections.shape[2]))]
    series = [stored.records["energies"][kept], *np.moveaxis(projections, 2, 0)]
    moving = {name: values for name, values in zip(names, series, strict=True) if np.ptp(values)}
    taus = {name: in_sweeps(values, plan.spacing) for name, values in moving.items()}
    worst = max(taus, key=taus.__getitem__)
    tau, rhat = taus[worst], max(1.0, *map(split_rhat, moving.values()))
    length = plan.sweeps - plan.warmup
    if length < 50 * tau or rhat > 1.05:
        return Sampled(tau, worst, rhat, None, None, [])
    reads = sum(sweep > plan.warmup for sweep in plan.reads)
    every = plan.schedule.get("read_every", "end")
    apart = thinned(tau, plan.sweeps if every == "end" else every)
    right = (1 - read_error) ** stored.states.shape[1]
    without = [length / max(in_sweeps(moving[worst], plan.spacing, block), 1.0) for block in blocks_of(lanes)]
    return Sampled(tau, worst, rhat, lanes * length / max(tau, 1.0), right * lanes * reads / apart, without)
