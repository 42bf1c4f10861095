"""Price-dependent figures of a run: the only module that computes them, for new and repriced runs."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chipsim.components.facts import Finding
from chipsim.engine.trace import Trace
from chipsim.ledger import lint
from chipsim.ledger.core import Bounds, Core, Request
from chipsim.ledger.key_figures import PricedKeyFigures, auxiliary_digital
from chipsim.ledger.ledger import JOBS, Ledger, LedgerRow, price_trace
from chipsim.ledger.methods import with_cost
from chipsim.ledger.multiples import DELIVERED, EFFECTIVE, SOLUTION, Multiple, answer, cost, multiples
from chipsim.ledger.native import native_cost
from chipsim.ledger.pieces import piece_costs
from chipsim.ledger.platforms import compare_with
from chipsim.ledger.priced import AnswerCost, Area, OtherPrices, PhaseCost, Priced, Range, SampleCost, UseCost
from chipsim.ledger.scopes import scope_costs
from chipsim.ledger.sheet import Sheet
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable
from chipsim.sources.modules import short_hash
from chipsim.statistics.intervals import jackknife_log_ci95, without_blocks
from chipsim.statistics.success import Success, to_solution
from chipsim.units import to_seconds


def run_id(activity_id: str, table: PriceTable) -> str:
    """Hash of the activity, the prices and the scope."""
    return short_hash([activity_id, [_plain(table.rows), _plain(table.own)], table.scope])


def command(request: Request, table: PriceTable) -> str:
    """The command that reproduces these counts and this ledger, quoted for a POSIX shell."""
    words = ["chipsim", "train" if request.output else "run", *request.called]
    for path, value in request.set.items():
        words += ["--set", f"{path}={json.dumps(value, ensure_ascii=False)}"]
    words += ["--prices", table.requested_name] if table.requested_name is not None else []
    words += ["--scope", table.scope] if table.scope != "system" else []
    words += ["-o", request.output] if request.output else ["--lanes", str(request.lanes)]
    return shlex.join([*words, "--seed", str(request.seed)])


def _plain(rows: dict[str, Any]) -> dict[str, Any]:
    return {key: row.model_dump() for key, row in rows.items()}


def priced(
    core: Core,
    trace: Trace,
    sheet: Sheet,
    table: PriceTable,
    comparisons: Sequence[PriceTable],
    use: Trace | None = None,
    native: Sheet | None = None,
) -> Priced:
    """Compute all price-dependent figures of a run.

    Args:
        core: the price-independent part.
        trace: with the counts.
        sheet: of the chip.
        table: the prices, with the scope of the totals.
        comparisons: further tables, evaluated in the same scope.
        use: one use of the result of a training, or None.
        native: sheet of the native chip that ran beside this one, or None.

    Raises:
        ChipsimError: a price gives a negative or non-finite energy.
    """
    ledger = price_trace(trace, sheet, table)
    system = ledger if table.scope == "system" else price_trace(trace, sheet, replace(table, scope="system"))
    energy, rows = ledger.energy_j, ledger.rows
    auxiliary = auxiliary_digital(core.key_figures.auxiliary_digital, sheet, ledger)
    return Priced(
        run_id=run_id(core.request.activity_id, table),
        command=command(core.request, table),
        prices=table.name,
        scope=table.scope,
        outside_scope_j=system.energy_j - energy,
        energy_j=energy,
        energy_ci95_j=ledger.ci95_j,
        energy_price_range_j=(math.fsum(r.low_j for r in rows), math.fsum(r.high_j for r in rows)),
        total_energy_j=cost(rows, multiples(core)["total_energy_j"]).energy_j,
        energy_by_group_j=ledger.by_group(),
        always_on_energy_j=float(ledger.phase_energy_j[-1]),
        share_by_grade=ledger.share_by_grade(),
        unpriced=ledger.unpriced,
        phases=_phases(trace, ledger),
        answer=_per_answer(core, rows),
        sample=_per_sample(core, ledger),
        area=Area(ledger.area_m2, ledger.area_range_m2, ledger.without_area),
        flat_accounting=_others(
            trace, sheet, [other for other in comparisons if other.name != table.name], table.scope
        ),
        key_figures=PricedKeyFigures(**{**vars(core.key_figures), "auxiliary_digital": auxiliary}),
        platforms=compare_with(core.platforms, ledger, table.scope),
        lint=(*core.lint, *_lint(core, ledger, system, sheet, table)),
        ledger=rows,
        scopes=tuple(scope_costs(system.rows, core.answers.answers_per_repetition)),
        methods=tuple(with_cost(method, energy, sheet, table) for method in core.answers.methods),
        pieces=piece_costs(core.answers.pieces, trace, ledger),
        use=None if use is None else _use(core, price_trace(use, sheet, table), use, energy),
        native=None if native is None else native_cost(core, ledger, _beside(trace, native, table)),
    )


def _lint(core: Core, ledger: Ledger, system: Ledger, sheet: Sheet, table: PriceTable) -> Iterator[Finding]:
    """Findings that depend on prices; `system` is the ledger of the whole system."""
    yield from lint.of_prices(sheet, table)
    yield from lint.of_power(system, sheet, core.work.elapsed_s)
    yield from lint.of_ledger(ledger, table)


def _beside(trace: Trace, native: Sheet, table: PriceTable) -> Ledger:
    assert trace.beside is not None
    return price_trace(trace.beside, native, table)


def _phases(trace: Trace, ledger: Ledger) -> tuple[PhaseCost, ...]:
    """Time and energy of each phase."""
    return tuple(
        PhaseCost(phase.name, to_seconds(phase.start_fs), to_seconds(phase.end_fs), float(cost))
        for phase, cost in zip(trace.timing.phases, ledger.phase_energy_j, strict=False)
    )


def _use(core: Core, ledger: Ledger, trace: Trace, training_j: float) -> UseCost:
    """Cost of one use of a trained result, whose loads serve as many uses as the workload says."""
    jobs = core.request.jobs_per_load
    each = cost(ledger.rows, Multiple(1, 1 / jobs))
    loading = trace.timing.occupancy.loading_fs
    time_s = to_seconds(trace.timing.elapsed_fs - loading) + to_seconds(loading) / jobs
    uses = training_j / each.energy_j if each.energy_j else None
    return UseCost(core.answers.use_gives, each.energy_j, (each.low_j, each.high_j), time_s, uses)


def _others(trace: Trace, sheet: Sheet, tables: Sequence[PriceTable], scope: Scope) -> tuple[OtherPrices, ...]:
    """Energies under further tables; repeated tables are priced once."""
    each = {id(table): table for table in tables}
    said = {key: _other(trace, sheet, replace(table, scope=scope)) for key, table in each.items()}
    return tuple(said[id(table)] for table in tables)


def _other(trace: Trace, sheet: Sheet, table: PriceTable) -> OtherPrices:
    ledger = price_trace(trace, sheet, table)
    return OtherPrices(ledger.table, ledger.energy_j, ledger.by_group()["fabric"])


def _per_answer(core: Core, rows: Sequence[LedgerRow]) -> AnswerCost:
    """Energy per answer if one load serves 1, 100 or 10,000 jobs, and the number set by the workload."""
    lanes, chance, wanted = core.request.lanes, core.answers.success_probability, multiples(core)
    costs = {str(jobs): cost(rows, answer(core, jobs)) for jobs in JOBS}
    each = cost(rows, wanted["energy_per_answer_j"])
    solution = None
    if chance is not None and chance.value is not None:
        first = cost(rows, Multiple(1, 1))
        again = cost(rows, Multiple(1, 0)) if core.answers.restart == "keep" else first
        solution = Bounds(**to_solution(Success(round(chance.value * lanes), lanes), first.energy_j, again.energy_j))
    return AnswerCost(
        energy_per_job_j={jobs: one.energy_j for jobs, one in costs.items()},
        energy_per_job_range_j={jobs: (one.low_j, one.high_j) for jobs, one in costs.items()},
        energy_per_answer_j=each.energy_j,
        energy_per_answer_price_range_j=(each.low_j, each.high_j),
        energy_to_solution_j=solution,
        energy_to_solution_price_range_j=_range(rows, wanted.get(SOLUTION)),
    )


def _range(rows: Sequence[LedgerRow], multiple: Multiple | None) -> Range | None:
    return None if multiple is None else (cost(rows, multiple).low_j, cost(rows, multiple).high_j)


def _per_sample(core: Core, ledger: Ledger) -> SampleCost:
    """Energy and time per effective sample with 95 % intervals by jackknife over blocks of lanes."""
    lanes, samples, batch, rows = core.request.lanes, core.answers.effective_samples, core.request.batch, ledger.rows
    effective, delivered = (multiples(core).get(name) for name in (EFFECTIVE, DELIVERED))
    without = np.array(core.answers.samples_per_lane_without_block)
    # Energy saved per repetition by sharing loads.
    saved = 1 - batch.loads / lanes
    lane_j = ledger.lane_energy_j - saved * math.fsum(row.once_j for row in rows)
    chip_s = core.work.elapsed_s - saved * core.work.load_s

    joules = cost(rows, effective).energy_j if effective else None
    seconds = chip_s * lanes / samples if samples else None

    def interval(value: float | None, without_block: Any) -> float | None:
        return None if len(without) < 2 or value is None else jackknife_log_ci95(value, without_block / without)

    return SampleCost(
        joules_per_effective_sample=joules,
        joules_per_effective_sample_ci95_j=interval(joules, without_blocks(lane_j)),
        joules_per_effective_sample_price_range_j=_range(rows, effective),
        seconds_per_effective_sample=seconds,
        seconds_per_effective_sample_ci95_s=interval(seconds, np.full(len(without), chip_s)),
        joules_per_delivered_sample=cost(rows, delivered).energy_j if delivered else None,
        joules_per_delivered_sample_price_range_j=_range(rows, delivered),
    )
