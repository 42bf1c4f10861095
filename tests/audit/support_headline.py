"""Totals, times, ranges, answers, batches, platforms and key figures of any run, by their names in a summary."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import yaml
from support_bill import GRADES, Bill, Line
from support_held import units_of
from support_intervals_again import jackknife_log, mean_ci95, means_without
from support_ising_again import native_problem, written_problem
from support_kinds_of_parts import GROUPS
from support_parts_on_a_plane import Plane
from support_price_rows import table_of
from support_quantities import si
from support_spec import ROOT

# A figure: name, value, and the size of its terms in units of the energy of the system.
Found = tuple[str, Any, float]
JOBS = (1, 100, 10_000)
SCOPES = (("fabric",), ("clamp", "readout"), ("program", "memory"), ("link",), ("digital",), ("static",))


def headline(bill: Bill, plane: Plane) -> Iterator[Found]:
    """All of them."""
    yield from _totals(bill)
    yield from _times(bill)
    yield from _answers(bill)
    yield from _batch(bill)
    yield from _beside(bill, plane)
    yield from _key_figures(bill, plane)


def _totals(bill: Bill) -> Iterator[Found]:
    yield "energy_j", bill.energy, 0
    yield "energy_ci95_j", mean_ci95(bill.lane_energies()), 1
    yield "energy_price_range_j", [*bill.made_of(1, 1)[1:]], 0
    yield "outside_scope_j", bill.within("system").energy - bill.energy, 1
    yield "scope", bill.scope, 0
    yield "prices", bill.table.name, 0
    for group in GROUPS:
        yield f"energy_by_group_j.{group}", _sum(line for line in bill.lines if line.group == group), 0
    for grade in GRADES:
        inside = _sum(line for line in bill.lines if line.price is not None and line.price.grade == grade)
        yield f"share_by_grade.{grade}", inside / bill.energy, 0
    yield "unpriced", [f"{line.component}.{line.action}" for line in bill.lines if line.price is None], 0
    *phases, always = bill.by_phase()
    yield "always_on_energy_j", always, 0
    for number, ((name, start, end), energy) in enumerate(zip(bill.stored.phases, phases, strict=True)):
        yield f"phases.{number}.name", name, 0
        yield f"phases.{number}.start_s", start / 1e15, 0
        yield f"phases.{number}.end_s", end / 1e15, 0
        yield f"phases.{number}.energy_j", energy, 0
    for number, name in enumerate(_beside_tables(bill)):
        other = bill.priced_by(table_of(bill.specs, name, changed=False))
        yield f"flat_accounting.{number}.prices", name, 0
        yield f"flat_accounting.{number}.energy_j", other.energy, 0
        yield f"flat_accounting.{number}.fabric_j", _sum(line for line in other.lines if line.group == "fabric"), 0


def _beside_tables(bill: Bill) -> list[str]:
    return [name for name in bill.specs.chip.get("compare_prices", []) if name != bill.table.name]


def _sum(lines: Iterator[Line]) -> float:
    return math.fsum(line.energy or 0.0 for line in lines)


def _times(bill: Bill) -> Iterator[Found]:
    elapsed, loading, digital = (bill.stored.times_fs[name] / 1e15 for name in ("elapsed", "loading", "digital"))
    answers = answers_of(bill)
    yield "elapsed_s", elapsed, 0
    yield "load_s", loading, 0
    for jobs in JOBS:
        yield f"time_per_job_s.{jobs}", (elapsed - loading + loading / jobs) / answers, 0
    yield "wall_s", bill.stored.machine["wall_s"], 0
    yield "kernel_s", bill.stored.machine["kernel_s"], 0
    updates = bill.stored.total("update")
    yield "updates", updates, 0
    yield "toggles", bill.stored.total("toggle"), 0
    yield "updates_per_ns", updates / bill.stored.machine["kernel_s"] * 1e-9, 0
    yield "key_figures.auxiliary_digital.time_share", digital / elapsed, 0


def answers_of(bill: Bill) -> int:
    """Of a repetition: images of a generation, else 1."""
    return int(bill.specs.workload.get("generation", {}).get("images", 1))


def _answers(bill: Bill) -> Iterator[Found]:
    answers, jobs_per_load = answers_of(bill), bill.specs.workload.get("jobs_per_load", 1)
    yield "answers_per_repetition", answers, 0
    yield "jobs_per_load", jobs_per_load, 0
    for jobs in JOBS:
        value, *ends = bill.made_of(1 / answers, 1 / jobs / answers)
        yield f"energy_per_job_j.{jobs}", value, 0
        yield f"energy_per_job_range_j.{jobs}", ends, 0
    value, *ends = bill.made_of(1 / answers, 1 / jobs_per_load / answers)
    yield "energy_per_answer_j", value, 0
    yield "energy_per_answer_price_range_j", ends, 0
    groups: tuple[str, ...] = ()
    for number, more in enumerate(SCOPES):
        groups += more
        inside = [line for line in bill.within("system").lines if line.group in groups]
        yield f"scopes.{number}.groups", [*groups], 0
        for jobs in JOBS:
            value, *ends = bill.made_of(1 / answers, 1 / jobs / answers, inside)
            yield f"scopes.{number}.energy_j.{jobs}", value, 0
            yield f"scopes.{number}.range_j.{jobs}", ends, 0


def loads_of(bill: Bill) -> int:
    """Of a batch: repetitions are shared evenly among chips; each loads once for every `jobs_per_load` of its own."""
    chips, jobs = (bill.specs.workload.get(name, 1) for name in ("chips", "jobs_per_load"))
    own = [bill.stored.lanes // chips + (chip < bill.stored.lanes % chips) for chip in range(chips)]
    return sum(math.ceil(many / jobs) for many in own)


def _batch(bill: Bill) -> Iterator[Found]:
    chips, jobs = (bill.specs.workload.get(name, 1) for name in ("chips", "jobs_per_load"))
    lanes, most = bill.stored.lanes, math.ceil(bill.stored.lanes / chips)
    elapsed, loading = (bill.stored.times_fs[name] / 1e15 for name in ("elapsed", "loading"))
    yield "chips", chips, 0
    yield "total_energy_j", bill.made_of(lanes, loads_of(bill)).value, 0
    yield "batch_elapsed_s", most * (elapsed - loading) + math.ceil(most / jobs) * loading, 0
    yield from _per_sample(bill, lanes, loads_of(bill))


def _per_sample(bill: Bill, lanes: int, loads: int) -> Iterator[Found]:
    """From effective and delivered samples as they are stored."""
    summary, rate = bill.stored.summary, bill.stored.times_fs
    for word in ("effective", "delivered"):
        samples = summary[f"{word}_samples"]
        found = bill.made_of(lanes / samples, loads / samples) if samples else None
        yield f"joules_per_{word}_sample", None if found is None else found.value, 0
        yield f"joules_per_{word}_sample_price_range_j", None if found is None else [*found[1:]], 0
    samples, without = summary["effective_samples"], np.array(summary["samples_per_lane_without_block"])
    shared = 1 - loads / lanes
    seconds = (rate["elapsed"] - shared * rate["loading"]) / 1e15
    each = lanes * seconds / samples if samples else None
    yield "seconds_per_effective_sample", each, 0
    if samples is None or each is None or len(without) < 2:
        yield "joules_per_effective_sample_ci95_j", None, 0
        yield "seconds_per_effective_sample_ci95_s", None, 0
        return
    energies = bill.lane_energies() - shared * math.fsum(line.once for line in bill.lines)
    joules = bill.made_of(lanes / samples, loads / samples).value
    yield "joules_per_effective_sample_ci95_j", jackknife_log(joules, means_without(energies) / without), 0
    yield "seconds_per_effective_sample_ci95_s", jackknife_log(each, seconds / without), 0


def _beside(bill: Bill, plane: Plane) -> Iterator[Found]:
    """Area of what has a price for it, and platforms for the same work."""
    lows, values, highs, without = [], [], [], []
    for name, units in units_of(bill.specs, plane).items():
        kind = bill.specs.components[name].kind
        _, price = bill.table.find(name, kind, "area")
        if kind == "host":
            continue
        if price is None:
            without.append(name)
            continue
        low, high = price.between(price.value * units, units)
        values.append(price.value * units)
        lows.append(low)
        highs.append(high)
    yield "area_m2", math.fsum(values), 0
    yield "area_price_range_m2", [math.fsum(lows), math.fsum(highs)], 0
    yield "without_area", without, 0
    yield from _platforms(bill, plane)


def _platforms(bill: Bill, plane: Plane) -> Iterator[Found]:
    if not bill.stored.total("update"):
        yield "platforms", [], 0
        return
    rows = yaml.safe_load((ROOT / "chips/platforms/reference.yaml").read_text())["platforms"]
    for path, value in bill.specs.platform_changes.items():
        rows[path.partition(".")[0]][path.partition(".")[2]] = value
    for number, (name, row) in enumerate(rows.items()):
        energy, here = _platform_j(row, bill, plane), f"platforms.{number}"
        beside = energy is not None and row["scope"] == bill.scope
        yield f"{here}.name", name, 0
        yield f"{here}.energy_j", energy, 0
        yield f"{here}.scope", row["scope"], 0
        yield f"{here}.chip_energy_j", bill.energy, 0
        yield f"{here}.ratio", energy / bill.energy if beside and energy else None, 0
        grades = [row["grade"], *(line.price.grade for line in bill.lines if line.price is not None and line.energy)]
        yield f"{here}.ratio_grade", max(grades, key=GRADES.index) if beside else None, 0


def _platform_j(row: dict[str, Any], bill: Bill, plane: Plane) -> float | None:
    stored, lanes = bill.stored, bill.stored.lanes
    if "tdp" in row:
        return None if row["tdp"] == "unknown" else si(row["tdp"]) * stored.machine["wall_s"] / lanes
    updates = stored.total("update") / lanes
    if "flops" in row:
        sums = 2 * len(plane.pairs) / plane.sites  # multiply-adds of an update
        flops = row["flops"]
        return 2 * sums * updates / (flops["peak_per_s"] * flops["utilisation"]) * si(flops["power"])
    work = {"update": updates, "read": stored.total("drive") / lanes, "write": stored.total("program") / lanes}
    return math.fsum(many * si(row.get(name, 0.0)) for name, many in work.items())


def _key_figures(bill: Bill, plane: Plane) -> Iterator[Found]:
    yield "key_figures.auxiliary_digital.energy_share", bill.auxiliary(), 0
    yield "key_figures.samples_per_answer.value", bill.stored.reads / answers_of(bill) or None, 0
    # A problem of the ising workload is held natively: a cell a spin, a coupler an edge.
    mapped = bill.specs.workload["workload"] == "ising"
    yield "key_figures.mapping_cost.cells_per_spin", _ratio(plane.sites, plane, "cells", bill) if mapped else None, 0
    yield (
        "key_figures.mapping_cost.couplers_per_edge",
        _ratio(len(plane.pairs), plane, "edges", bill) if mapped else None,
        0,
    )
    readout = bill.specs.of_kind("readout")
    if readout is not None:
        yield "quality.read_error_probability", bill.equations.read_error(readout.keys), 0
    yield "fabric.cells", plane.sites, 0
    yield "fabric.couplers", len(plane.pairs), 0


def _ratio(chip: int, plane: Plane, what: str, bill: Bill) -> float:
    problem = written_problem(bill.specs)
    if problem is None and bill.specs.workload.get("problem", {}).get("native"):
        problem = native_problem(bill.specs, plane, bill.stored)
    sizes = {} if problem is None else {"cells": len(problem.biases), "edges": len(problem.couplings)}
    return chip / sizes.get(what, chip)
