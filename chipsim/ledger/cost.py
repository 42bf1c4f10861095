"""The figures of a run that depend on prices: the only place that makes them, for fresh runs and for repriced ones."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from chipsim.engine.trace import Trace
from chipsim.ledger import lint
from chipsim.ledger.core import Bounds, Core, Request
from chipsim.ledger.key_figures import PricedKeyFigures, auxiliary_digital
from chipsim.ledger.ledger import JOBS, Ledger, LedgerRow, price_trace
from chipsim.ledger.platforms import compare_with
from chipsim.ledger.priced import AnswerCost, Area, OtherPrices, PhaseCost, Priced, PricedMethod, SampleCost
from chipsim.ledger.scopes import answer_cost
from chipsim.ledger.sheet import Sheet
from chipsim.prices.table import PriceTable
from chipsim.sources.modules import short_hash
from chipsim.statistics.intervals import jackknife_ci95, without_blocks
from chipsim.statistics.success import Success, to_solution
from chipsim.units import to_seconds
from chipsim.workloads.outcome import Method


def run_id(activity_id: str, table: PriceTable) -> str:
    """What was simulated, and what it was priced with."""
    return short_hash([activity_id, [_plain(table.rows), _plain(table.own)]])


def command(request: Request, table: PriceTable) -> str:
    """The command that gives these counts and this ledger again, quoted for a POSIX shell."""
    words = ["chipsim", "run", *request.called]
    for path, value in request.set.items():
        words += ["--set", f"{path}={json.dumps(value, ensure_ascii=False)}"]
    words += ["--prices", table.requested_name] if table.requested_name is not None else []
    return shlex.join([*words, "--lanes", str(request.lanes), "--seed", str(request.seed)])


def _plain(rows: dict[str, Any]) -> dict[str, Any]:
    return {key: row.model_dump() for key, row in rows.items()}


def priced(core: Core, trace: Trace, sheet: Sheet, table: PriceTable, comparisons: Sequence[PriceTable]) -> Priced:
    """Every figure of a run that depends on prices.

    Args:
        core: what does not.
        trace: what was counted.
        sheet: what prices must know of the chip.
        table: the prices.
        comparisons: tables to be shown beside it.

    Raises:
        ChipsimError: a price makes an energy that is none.
    """
    ledger = price_trace(trace, sheet, table)
    energy, rows = ledger.energy_j, ledger.rows
    findings = [
        *lint.of_prices(sheet, table),
        *lint.of_power(ledger, sheet, core.work.elapsed_s),
        *lint.of_ledger(ledger, table),
    ]
    auxiliary = auxiliary_digital(core.key_figures.auxiliary_digital, sheet, ledger)
    return Priced(
        run_id=run_id(core.request.activity_id, table),
        command=command(core.request, table),
        prices=table.name,
        energy_j=energy,
        energy_ci95_j=ledger.ci95_j,
        energy_price_range_j=(math.fsum(r.low_j for r in rows), math.fsum(r.high_j for r in rows)),
        total_energy_j=energy * trace.lanes,
        energy_by_group_j=ledger.by_group(),
        always_on_energy_j=float(ledger.phase_energy_j[-1]),
        share_by_grade=ledger.share_by_grade(),
        unpriced=ledger.unpriced,
        phases=tuple(
            PhaseCost(phase.name, to_seconds(phase.start_fs), to_seconds(phase.end_fs), float(cost))
            for phase, cost in zip(trace.timing.phases, ledger.phase_energy_j, strict=False)
        ),
        answer=_per_answer(core, rows),
        sample=_per_sample(core, ledger),
        area=Area(ledger.area_m2, ledger.area_range_m2, ledger.without_area),
        flat_accounting=tuple(_other(trace, sheet, other) for other in comparisons if other.name != table.name),
        key_figures=PricedKeyFigures(**{**vars(core.key_figures), "auxiliary_digital": auxiliary}),
        platforms=compare_with(core.platforms, ledger),
        lint=(*core.lint, *findings),
        ledger=rows,
        methods=tuple(_with_cost(method, energy, sheet, table) for method in core.answers.methods),
    )


def _other(trace: Trace, sheet: Sheet, table: PriceTable) -> OtherPrices:
    ledger = price_trace(trace, sheet, table)
    return OtherPrices(ledger.table, ledger.energy_j, ledger.by_group()["fabric"])


def _per_answer(core: Core, rows: Sequence[LedgerRow]) -> AnswerCost:
    """Energy of an answer where one load serves 1, 100, 10,000 jobs, and as many as the workload says."""
    answers, lanes, success = core.answers.answers_per_repetition, core.request.lanes, core.answers.success_probability
    costs = {str(jobs): answer_cost(rows, jobs, answers) for jobs in JOBS}
    energy = answer_cost(rows, core.request.jobs_per_load, answers)[0]
    solution = None
    if success is not None and success.value is not None:
        first = answer_cost(rows, 1)[0]
        again = answer_cost(rows, math.inf)[0] if core.answers.restart == "keep" else first
        solution = Bounds(**to_solution(Success(round(success.value * lanes), lanes), first, again))
    return AnswerCost(
        energy_per_job_j={jobs: cost[0] for jobs, cost in costs.items()},
        energy_per_job_range_j={jobs: cost[1:] for jobs, cost in costs.items()},
        energy_per_answer_j=energy,
        energy_to_solution_j=solution,
    )


def _with_cost(method: Method, chip_j: float, sheet: Sheet, table: PriceTable) -> PricedMethod:
    """A way to the same answer with its energy: the chip's own, or multiply-adds of the chip's digital unit."""
    if method.macs is None:
        return PricedMethod(**asdict(method), energy_j=chip_j)
    row = None if method.unit is None else table.find(method.unit, sheet.components[method.unit].kind, "mac")
    energy = None if row is None or row.form != "energy" else row.value * method.macs
    return PricedMethod(**asdict(method), energy_j=energy)


def _per_sample(core: Core, ledger: Ledger) -> SampleCost:
    """Energy and time per effective sample with 95 % intervals, which follow from leaving out blocks of lanes."""
    lanes, samples, elapsed = core.request.lanes, core.answers.effective_samples, core.work.elapsed_s
    delivered = core.answers.delivered_samples
    without = np.array(core.answers.samples_per_lane_without_block)

    def cost(total: float) -> float | None:
        return total * lanes / samples if samples else None

    def interval(without_block: Any) -> float | None:
        return None if len(without) < 2 else jackknife_ci95(without_block / without)

    return SampleCost(
        joules_per_effective_sample=cost(ledger.energy_j),
        joules_per_effective_sample_ci95_j=interval(without_blocks(ledger.lane_energy_j)),
        seconds_per_effective_sample=cost(elapsed),
        seconds_per_effective_sample_ci95_s=interval(np.full(len(without), elapsed)),
        joules_per_delivered_sample=ledger.energy_j * lanes / delivered if delivered else None,
    )
