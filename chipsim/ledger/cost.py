"""The figures of a run that depend on prices: the only place that makes them, for fresh runs and for repriced ones."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chipsim.engine.trace import Trace
from chipsim.ledger import lint
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.prices import PriceTable
from chipsim.ledger.sheet import Sheet
from chipsim.units import to_seconds
from chipsim.workloads.solution import Success, to_solution


def short_hash(value: Any) -> str:
    """16 hex digits that name a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def run_id(activity_id: str, table: PriceTable) -> str:
    """What was simulated, and what it was priced with."""
    return short_hash([activity_id, [_plain(table.rows), _plain(table.own)]])


def _plain(rows: dict[str, Any]) -> dict[str, Any]:
    return {key: row.model_dump() for key, row in rows.items()}


def priced_figures(
    summary: dict[str, Any], trace: Trace, sheet: Sheet, table: PriceTable, comparisons: Sequence[PriceTable]
) -> dict[str, Any]:
    """Every entry of a summary that depends on prices.

    Args:
        summary: the entries that do not.
        trace: what was counted.
        sheet: what prices must know of the chip.
        table: the prices.
        comparisons: tables to be shown beside it.

    Raises:
        ChipsimError: a price makes an energy that is none.
    """
    ledger = price_trace(trace, sheet, table)
    compared = [price_trace(trace, sheet, other) for other in comparisons if other.name != table.name]
    energy, lanes = ledger.energy_j, trace.lanes
    samples, delivered = summary["effective_samples"], summary["delivered_samples"]
    findings = [*lint.of_prices(sheet, table), *lint.of_power(ledger, sheet, summary["elapsed_s"])]
    figures = {
        "run_id": run_id(summary["activity_id"], table),
        "prices": table.name,
        "energy_j": energy,
        "energy_ci95_j": ledger.ci95_j,
        "energy_price_range_j": [math.fsum(r.low_j for r in ledger.rows), math.fsum(r.high_j for r in ledger.rows)],
        "total_energy_j": energy * lanes,
        "energy_per_job_j": ledger.per_job_j(),
        "energy_per_answer_j": ledger.answer_j(summary["jobs_per_load"]),
        "energy_by_group_j": ledger.by_group(),
        "phases": [
            {"name": p.name, "start_s": to_seconds(p.start_fs), "end_s": to_seconds(p.end_fs), "energy_j": float(e)}
            for p, e in zip(trace.phases, ledger.phase_energy_j, strict=False)
        ],
        "always_on_energy_j": float(ledger.phase_energy_j[-1]),
        "joules_per_effective_sample": energy * lanes / samples if samples else None,
        "joules_per_delivered_sample": energy * lanes / delivered if delivered else None,
        "share_by_grade": ledger.share_by_grade(),
        "unpriced": list(ledger.unpriced),
        "area_m2": ledger.area_m2,
        "area_price_range_m2": list(ledger.area_range_m2),
        "without_area": list(ledger.without_area),
        "flat_accounting": [
            {"prices": other.table, "energy_j": other.energy_j, "fabric_j": other.by_group()["fabric"]}
            for other in compared
        ],
        "lint": [f for f in summary["lint"] if f["rule"] not in lint.BY_PRICES] + lint.plain(findings),
        "ledger": [asdict(row) for row in ledger.rows],
    }
    if "success_probability" in summary:
        solved = Success(round(summary["success_probability"]["value"] * lanes), lanes)
        figures["energy_to_solution_j"] = to_solution(solved, energy)
    return figures
