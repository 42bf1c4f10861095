"""Whether the parts of a stored result belong together: names exist, sizes agree, figures have their signs.

Each part is checked by its own reader. What is checked here is what reports, repricing and differences rely on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.ledger.core import Bounds, Core
from chipsim.ledger.ledger import JOBS
from chipsim.ledger.priced import Priced
from chipsim.ledger.sheet import Sheet
from chipsim.results.result import Run
from chipsim.results.run_reads import check_reads
from chipsim.rounding import rounded
from chipsim.statistics.intervals import block_starts
from chipsim.workloads.sections import Curve, Facts, Images, Section, Table, drawn_arrays

# Figures that may be negative, by name of the field.
_SIGNED = {"lint", "outside_scope_j", "value", "bound", "error"}
_MAX_DIGITS = 17
# No figure of a run comes near; twice its square is still a number.
_LARGEST = 1e150


def check(run: Run) -> None:
    """Check a result whose parts were read.

    Raises:
        ValueError: names the part.
    """
    core, priced = run.summary.core, run.summary.priced
    _demand(core.request.lanes == run.trace.lanes, "the lanes of summary and trace differ")
    _demand(len(core.request.called) == 2 and min(core.request.chips, core.request.jobs_per_load) >= 1, "the request")
    for name, value in (*_numbers(core.work), *_numbers(core.answers), *_numbers(priced)):
        _demand(abs(value) < _LARGEST and (value >= 0 or name in _SIGNED), f"{name} is {rounded(value, '.3g')}")
    _check_core(run, core)
    _check_activity(run.trace, run.sheet)
    if run.use is not None:
        _check_activity(run.use, run.sheet)
    _check_native(run, core, priced)
    _check_priced(run, priced)
    check_reads(run.best, run.trace, run.arrays)
    for section in run.summary.workload.sections:
        if drawn_arrays(section) <= run.arrays.keys():
            _check_section(section, run.arrays)


def _demand(kept: bool, what: str) -> None:
    if not kept:
        raise ValueError(f"what does not fit: {what}")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """(name of the field, number) of all numbers in a part."""
    if isinstance(value, int | float):
        yield name, value
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != "key_figures":
                yield from _numbers(getattr(value, field.name), field.name)
    elif isinstance(value, Mapping | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            if name not in _SIGNED:
                yield from _numbers(inner, name)


def _check_core(run: Run, core: Core) -> None:
    shape, sites = core.specs.fabric_shape, len(run.trace.activity.cell_toggles)
    _demand(not shape or (min(shape) >= 1 and math.prod(shape) in (sites, sites or math.prod(shape))), "fabric_shape")
    answers, work = core.answers, core.work
    _demand(answers.answers_per_repetition >= 1, "answers_per_repetition")
    _demand(all(piece.count >= 1 for piece in answers.pieces), "step")
    _demand(all(value > 0 for value in answers.samples_per_lane_without_block), "samples_per_lane_without_block")
    _demand(work.time_per_job_s.keys() == {str(jobs) for jobs in JOBS}, "time_per_job_s")
    _demand(work.limit.steps == run.trace.timing.limits, "the bottlenecks of summary and trace differ")
    _demand(all(step.resources for step in work.limit.steps), "a bottleneck without a component")
    chance = answers.success_probability
    _demand(chance is None or _is_probability(chance), "success_probability")
    _demand(answers.time_to_solution_s is None or _is_cost(answers.time_to_solution_s), "time_to_solution_s")


def _is_probability(chance: Bounds) -> bool:
    ends = (chance.low, chance.value, chance.high)
    return all(end is not None and 0 <= end <= 1 for end in ends)


def _is_cost(cost: Bounds) -> bool:
    return cost.low is not None and (cost.value is not None or cost.high is None)


def _check_activity(trace: Trace, sheet: Sheet) -> None:
    activity, timing = trace.activity, trace.timing
    actions = {(c.name, action.name): action.model_j for c in sheet.components.values() for action in c.actions}
    classes = len(activity.class_capacitance_f)
    for row in activity.rows:
        energies = actions.get((row.component, row.action))
        if energies is None:
            raise ValueError(f"{row.component}.{row.action} is counted, but no action of the chip")
        _demand(-1 <= row.phase < len(timing.phases), "a count in an unknown phase")
        _demand(len(energies) < 2 or (row.by_class is not None and len(energies) == classes), "price classes")
    _demand({*timing.busy_fs} <= {*sheet.components}, "busy time of an unknown component")


def _check_native(run: Run, core: Core, priced: Priced) -> None:
    beside, samples = run.trace.beside, core.answers.native_samples
    _demand(len({part is None for part in (beside, samples, priced.native, run.native)}) == 1, "the native chip")
    if beside is None or samples is None or run.native is None:
        return
    _demand(beside.lanes == run.trace.lanes and beside.beside is None and samples.sweeps >= 1, "the native chip")
    _demand(all(many is None or many > 0 for many in (samples.spins, samples.native)), "native_samples")
    blocks = len(samples.ratio_without_block)
    known = samples.spins is not None and samples.native is not None
    _demand(blocks in ((0, len(block_starts(beside.lanes))) if known else (0,)), "native_samples")
    _demand(all(value > 0 for value in samples.ratio_without_block), "native_samples")
    _check_activity(beside, run.native)


def _check_priced(run: Run, priced: Priced) -> None:
    actions = {(c.name, action.name) for c in run.sheet.components.values() for action in c.actions}
    _demand({(row.component, row.action) for row in priced.ledger} <= actions, "a row of the ledger")
    counted = {(row.component, row.action) for row in run.trace.activity.rows}
    _demand({(row.component, row.action) for row in priced.ledger} <= counted, "a row of the ledger without counts")
    for row in priced.ledger:
        price = run.prices.find(row.component, row.kind, row.action)
        _demand(row.energy_j is None or price is not None, f"{row.component}.{row.action} has an energy, but no price")
        _demand(row.low_j <= (row.energy_j or row.low_j) <= row.high_j, "the range of a row of the ledger")
        _demand(row.instances >= 1, "instances")
    _demand(len(priced.phases) == len(run.trace.timing.phases), "phases")
    _demand(priced.scope == run.prices.scope, "scope")
    _demand({*priced.pieces} <= {piece.name for piece in run.summary.core.answers.pieces}, "pieces")
    _demand(priced.use is None or run.use is not None, "use")
    jobs = {str(number) for number in JOBS}
    _demand(priced.answer.energy_per_job_j.keys() == priced.answer.energy_per_job_range_j.keys() == jobs, "jobs")
    solution = priced.answer.energy_to_solution_j
    _demand(solution is None or _is_cost(solution), "energy_to_solution_j")


def _check_section(section: Section, arrays: Mapping[str, NDArray[Any]]) -> None:
    if isinstance(section, Facts):
        for fact in section.facts:
            _demand(1 <= fact.digits <= _MAX_DIGITS and _is_shown(fact.value), f"fact {fact.name}")
    elif isinstance(section, Table):
        _demand(all(_is_shown(value) for row in section.rows for value in row), f"table {section.title}")
    elif isinstance(section, Curve):
        drawn = [arrays[name] for name in sorted(section.arrays())]
        _demand(all(held.ndim == 1 and np.isfinite(held).all() for held in drawn), f"curve {section.title}")
        lengths = ({len(arrays[name]) for name in (one.x, one.y) if name} for one in section.series)
        _demand(all(len(found) == 1 for found in lengths), f"curve {section.title}")
        _demand(all(_is_shown(value) for _, value in section.levels), f"curve {section.title}")
    elif isinstance(section, Images):
        images = arrays[section.array]
        _demand(images.dtype == np.uint8 and images.ndim in (3, 4), f"images {section.array}")
        _demand(section.across >= 1 and min(images.shape[1:]) >= 1, f"images {section.array}")
        if section.classes:
            classes = arrays[section.classes]
            _demand(images.ndim == 3 and classes.shape == images.shape[:1], f"classes of images {section.array}")
            whole = np.issubdtype(classes.dtype, np.integer) and bool((classes >= 0).all())
            _demand(whole and bool((classes < len(section.names)).all()), f"classes of images {section.array}")


def _is_shown(value: object) -> bool:
    return not isinstance(value, int | float) or abs(value) < _LARGEST
