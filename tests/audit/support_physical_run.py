"""What a run found out: samples and success of Ising runs, errors and digital methods of linear algebra."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from support_bill import Bill
from support_codes import Codes, images_figures
from support_intervals_again import repeats, to_solution, wilson
from support_ising_again import Ising, Plan, sampled, successes
from support_linear_algebra import System
from support_quantities import si
from support_spec import Specs

Found = tuple[str, Any]


@dataclass(frozen=True)
class Target:
    """The energy that counts as solved, and whether restarts keep the load."""

    energy: float
    keep: bool

    @classmethod
    def of(cls, specs: Specs, problem: Ising) -> Target | None:
        """Of a workload file; a cut c is the energy -sum J - 2 c."""
        asked = specs.workload.get("target")
        if asked is None:
            return None
        value = asked["value"] * asked.get("fraction", 1.0)
        energy = float(-problem.couplings.sum() - 2 * value) if problem.cut else value
        return cls(energy, asked.get("restart", "reload") == "keep")


def sampling_figures(bill: Bill, plan: Plan, problem: Ising, target: Target | None) -> Iterator[Found]:
    """Effective samples from the records; success, and what a solution costs."""
    yield from _held(bill, plan, problem)
    if plan.samples and not bill.stored.summary["sampling"].startswith("withheld"):
        readout = bill.specs.of_kind("readout")
        error = 0.0 if readout is None else bill.equations.read_error(readout.keys)
        found = sampled(plan, bill.stored, error)
        yield "workload.figures.tau_int_sweeps", found.tau
        yield "workload.figures.slowest_observable", found.worst
        yield "workload.figures.rhat", found.rhat
        yield "effective_samples", found.effective
        yield "delivered_samples", found.delivered
        yield "samples_per_lane_without_block", found.without
    if target is not None:
        yield from _solution(bill, successes(problem, bill.stored, target.energy), target)


def _held(bill: Bill, plan: Plan, problem: Ising) -> Iterator[Found]:
    """What the chip held of the problem: couplings and biases, and the last beta."""
    codes, scale = Codes.of(bill.specs), bill.specs.workload["problem"].get("scale", "none")
    largest = max(np.abs(problem.couplings).max(), np.abs(problem.biases).max())
    factor = 1.0 if scale == "none" else codes.range / largest if scale == "auto" else float(scale)
    yield "workload.figures.weight_scale", factor
    written = {"coupling": problem.couplings * factor, "bias": problem.biases * factor}
    for what, values in written.items():
        held, size = codes.held(values), np.linalg.norm(values)
        plural = "couplings" if what == "coupling" else "biases"
        yield f"workload.figures.lost_{plural}", int(((values != 0) & (held == 0)).sum())
        yield f"workload.figures.relative_{what}_error", float(np.linalg.norm(held - values) / size) if size else 0.0
    betas = [beta / factor for beta in plan.betas()]
    last = codes.beta(betas[-1])
    yield "workload.figures.beta_realised", last * factor
    yield "workload.figures.relative_beta_error", abs(last - betas[-1]) / betas[-1]
    yield from codes.quality([*written.values()], betas)
    if plan.samples:
        yield "workload.figures.stuck_cells", _stuck(bill)


def _stuck(bill: Bill) -> int:
    """Cells that were +1 in all records of some lanes and -1 in all of others: lanes of either sort, counted."""
    return int((bill.stored.records["stuck"] > 0).all(axis=0).sum())


def _solution(bill: Bill, reached: int, target: Target) -> Iterator[Found]:
    lanes, times = bill.stored.lanes, bill.stored.times_fs
    low, high = wilson(reached, lanes)
    for name, value in (("value", reached / lanes), ("low", low), ("high", high)):
        yield f"success_probability.{name}", value
    yield "restart", "keep" if target.keep else "reload"
    first_s = times["elapsed"] / 1e15
    again_s = first_s - (times["loading"] / 1e15 if target.keep else 0.0)
    first_j = bill.made_of(1, 1).value
    again_j = bill.made_of(1, 0).value if target.keep else first_j
    seconds, joules = (to_solution(reached, lanes, *c) for c in ((first_s, again_s), (first_j, again_j)))
    for name in seconds:
        yield f"time_to_solution_s.{name}", seconds[name]
        yield f"energy_to_solution_j.{name}", joules[name]
    many = repeats(reached / lanes)
    ends = None if many is None else [*bill.made_of(many, 1 if target.keep else many)[1:]]
    yield "energy_to_solution_price_range_j", ends


def solved_figures(bill: Bill) -> Iterator[Found]:
    """Error of a linear system or of an inverse, and what digital methods would cost."""
    stored, matrix = bill.stored, bill.specs.workload.get("matrix")
    if "generation" in bill.specs.workload:
        yield from images_figures(bill.specs)
    if matrix is None:
        return
    system = System.of(bill.specs)
    errors = system.errors(stored.answers["answer"])
    error = math.sqrt(float((errors**2).mean()))
    yield "workload.figures.error", error
    if system.right is not None:
        yield "workload.figures.right_sides", system.right.size // system.size
    parts = stored.findings["predicted_parts"]
    yield "workload.figures.predicted_error", math.sqrt(sum(part**2 for part in parts.values()))
    yield "methods.0.energy_j", bill.energy
    yield "methods.0.time_s", stored.times_fs["elapsed"] / 1e15
    yield "methods.0.error", error
    digital = [*system.digital(error)]
    for number, (name, macs, reached) in enumerate(digital, start=1):
        yield f"methods.{number}.method", name
        yield f"methods.{number}.error", reached
        for key, value in _method(bill, macs, system.words).items():
            # Names of prices have points, paths to them strokes.
            yield ("/" if "/" in key else ".").join(("methods", str(number), key)), value


def _method(bill: Bill, macs: int, words: int) -> dict[str, Any]:
    unit, host = bill.specs.of_kind("mac_unit"), bill.specs.of_kind("host")
    assert unit is not None
    assert host is not None
    sizes = [("small_cache", "32 KiB"), ("large_cache", "1024 KiB")]
    home = next((name for name, size in sizes if words * 8 <= si(host.keys.get(name, size))), "memory")
    counts = {home: words, "instruction": words * host.keys.get("instructions_per_word", 2)}
    seconds = math.ceil(macs * 10**15 / si(unit.keys["rate"])) / 1e15
    counts_of = [(unit, "mac", float(macs))]
    if bill.scope == "system":
        counts_of += [(host, action, float(many)) for action, many in counts.items()]
        counts_of += [(part, "on", seconds) for part in (unit, host)]
    by_price: dict[str, list[float]] = {}
    for part, action, many in counts_of:
        key, price = bill.table.find(part.name, part.kind, action)
        if price is None or price.payers:
            continue
        paid = many * bill.prices(part.name, action)[0]
        sums = by_price.setdefault(key, [0.0, 0.0, 0.0])
        by_price[key] = [a + b for a, b in zip(sums, (paid, *price.between(paid, many)), strict=True)]
    energy = math.fsum(paid for paid, _, _ in by_price.values())
    found = {"macs": macs, "host_counts": counts, "time_s": seconds, "energy_j": energy}
    return found | {f"by_price_j/{key}": ends for key, ends in by_price.items()}
