"""The figures of a run that depend on prices: the only place that makes them, for fresh runs and for repriced ones."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from chipsim.engine.trace import Trace
from chipsim.ledger import lint
from chipsim.ledger.key_figures import auxiliary_digital
from chipsim.ledger.ledger import JOBS, Ledger, price_trace
from chipsim.ledger.platforms import compare_with
from chipsim.ledger.scopes import answer_cost
from chipsim.ledger.sheet import Sheet
from chipsim.prices.table import PriceTable
from chipsim.statistics.intervals import jackknife_ci95, without_blocks
from chipsim.statistics.success import Success, to_solution
from chipsim.units import to_seconds


def short_hash(value: Any) -> str:
    """16 hex digits that name a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def run_id(activity_id: str, table: PriceTable) -> str:
    """What was simulated, and what it was priced with."""
    return short_hash([activity_id, [_plain(table.rows), _plain(table.own)]])


def command(summary: dict[str, Any], table: PriceTable) -> str:
    """The command that gives these counts and this ledger again, quoted for a POSIX shell."""
    words = ["chipsim", "run", *summary["called"]]
    for path, value in summary["set"].items():
        words += ["--set", f"{path}={json.dumps(value, ensure_ascii=False)}"]
    words += ["--prices", table.requested_name] if table.requested_name is not None else []
    return shlex.join([*words, "--lanes", str(summary["lanes"]), "--seed", str(summary["seed"])])


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
        comparisons: tables to be shown compare_with it.

    Raises:
        ChipsimError: a price makes an energy that is none.
    """
    ledger = price_trace(trace, sheet, table)
    compared = [price_trace(trace, sheet, other) for other in comparisons if other.name != table.name]
    rows = [asdict(row) for row in ledger.rows]
    energy, lanes = ledger.energy_j, trace.lanes
    delivered = summary["delivered_samples"]
    key = summary["key_figures"]
    findings = [*lint.of_prices(sheet, table), *lint.of_power(ledger, sheet, summary["elapsed_s"])]
    figures = {
        "run_id": run_id(summary["activity_id"], table),
        "command": command(summary, table),
        "prices": table.name,
        "energy_j": energy,
        "energy_ci95_j": ledger.ci95_j,
        "energy_price_range_j": [math.fsum(r.low_j for r in ledger.rows), math.fsum(r.high_j for r in ledger.rows)],
        "total_energy_j": energy * lanes,
        **_per_answer(summary, rows),
        "energy_by_group_j": ledger.by_group(),
        "phases": [
            {"name": p.name, "start_s": to_seconds(p.start_fs), "end_s": to_seconds(p.end_fs), "energy_j": float(e)}
            for p, e in zip(trace.timing.phases, ledger.phase_energy_j, strict=False)
        ],
        "always_on_energy_j": float(ledger.phase_energy_j[-1]),
        **_per_sample(summary, ledger),
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
        "key_figures": {
            **key,
            "auxiliary_digital": {**key["auxiliary_digital"], **auxiliary_digital(sheet, ledger)},
        },
        "platforms": compare_with(summary["platforms"], ledger),
        "lint": [f for f in summary["lint"] if f["rule"] not in lint.BY_PRICES] + lint.plain(findings),
        "ledger": rows,
    }
    if "methods" in summary:
        figures["methods"] = [_with_cost(method, energy, sheet, table) for method in summary["methods"]]
    if "success_probability" in summary:
        solved = Success(round(summary["success_probability"]["value"] * lanes), lanes)
        figures["energy_to_solution_j"] = to_solution(solved, figures["energy_per_answer_j"])
    return figures


def _per_answer(summary: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Energy of an answer where one load serves 1, 100, 10,000 jobs, and as many as the workload says."""
    answers = summary["answers_per_repetition"]
    costs = {str(jobs): answer_cost(rows, jobs, answers) for jobs in JOBS}
    return {
        "energy_per_job_j": {jobs: cost[0] for jobs, cost in costs.items()},
        "energy_per_job_range_j": {jobs: list(cost[1:]) for jobs, cost in costs.items()},
        "energy_per_answer_j": answer_cost(rows, summary["jobs_per_load"], answers)[0],
    }


def _with_cost(method: dict[str, Any], chip_j: float, sheet: Sheet, table: PriceTable) -> dict[str, Any]:
    """A way to the same answer with its energy: the chip's own, or multiply-adds of the chip's digital unit."""
    if method["macs"] is None:
        return {**method, "energy_j": chip_j}
    row = None if method["unit"] is None else table.find(method["unit"], sheet.components[method["unit"]].kind, "mac")
    return {**method, "energy_j": None if row is None or row.form != "energy" else row.value * method["macs"]}


def _per_sample(summary: dict[str, Any], ledger: Ledger) -> dict[str, float | None]:
    """Energy and time per effective sample with 95 % intervals, which follow from leaving out blocks of lanes."""
    lanes, samples = summary["lanes"], summary["effective_samples"]
    without = np.array(summary["samples_per_lane_without_block"])
    figures: dict[str, float | None] = {}
    costs = (
        ("joules", "j", ledger.energy_j, without_blocks(ledger.lane_energy_j)),
        ("seconds", "s", summary["elapsed_s"], np.full(len(without), summary["elapsed_s"])),
    )
    for name, unit, cost, without_block in costs:
        figures[f"{name}_per_effective_sample"] = cost * lanes / samples if samples else None
        interval = None if len(without) < 2 else jackknife_ci95(without_block / without)
        figures[f"{name}_per_effective_sample_ci95_{unit}"] = interval
    return figures
