"""Export to Accelergy 0.4: energy and area reference tables (pJ an action, um^2), and the action counts beside them.

Counts are totals over all repetitions, so they stay whole. Powered time is Accelergy's `leak`: pJ a cycle and instance,
with a cycle of one femtosecond. An action whose price depends on the class of a wire costs the mean of what was
counted. Actions included in others cost 0; unpriced ones stand in neither file. `--prices` reads the tables again, to
the same total.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml

from chipsim.engine.activity import Row
from chipsim.results.result import Run
from chipsim.units import FEMTOSECONDS

VERSION = "0.4"
PICOJOULES = 1e12
SQUARE_MICROMETRES = 1e12
ROOT = "chip"


def energy_reference_table(run: Run) -> str:
    """The ERT of every priced action, and the ART of everything with an area, as YAML."""
    energies = [
        {"name": f"{ROOT}.{_ranged(run, name)}", "actions": [action for action, _ in actions]}
        for name, actions in _actions(run).items()
    ]
    ert = {"version": VERSION, "tables": energies}
    art = {"version": VERSION, "tables": _areas(run)}
    return _header(run) + _dump({"global_cycle_seconds": 1 / FEMTOSECONDS, "ERT": ert, "ART": art})


def _areas(run: Run) -> list[dict[str, Any]]:
    found = ((part, run.prices.find(part.name, part.kind, "area")) for part in run.sheet.components.values())
    return [
        {"name": f"{ROOT}.{_ranged(run, part.name)}", "area": row.value * SQUARE_MICROMETRES}
        for part, row in found
        if row is not None
    ]


def action_counts(run: Run) -> str:
    """The counts of the same actions, as YAML."""
    root: dict[str, Any] = {"name": ROOT, "local": [], "subtree": []}
    for name, actions in _actions(run).items():
        node = root
        *around, last = _ranged(run, name).split(".")
        for outer in around:
            found = next((child for child in node["subtree"] if child["name"] == outer), None)
            if found is None:
                found = {"name": outer, "local": [], "subtree": []}
                node["subtree"].append(found)
            node = found
        counts = [{"name": a["name"], "arguments": a["arguments"], "counts": n} for a, n in actions]
        node["local"].append({"name": last, "action_counts": counts})
    return _header(run) + _dump({"action_counts": {"version": VERSION, "subtree": [root]}})


def _actions(run: Run) -> dict[str, list[tuple[dict[str, Any], int]]]:
    """Component -> [(ERT entry, count over all repetitions)]."""
    out: dict[str, list[tuple[dict[str, Any], int]]] = {}
    for part in run.sheet.components.values():
        for action in part.actions:
            price = run.prices.find(part.name, part.kind, action.name)
            if price is None:
                continue
            rows = [r for r in run.trace.activity.rows if (r.component, r.action) == (part.name, action.name)]
            powered = action.name == "on"
            scale = PICOJOULES / FEMTOSECONDS if powered else PICOJOULES
            joules = price.value if price.form != "model" else _mean_energy_j(action.model_j, rows)
            entry = {"name": "leak" if powered else action.name, "arguments": {}, "energy": joules * scale}
            out.setdefault(part.name, []).append((entry, sum(row.count for row in rows)))
    return out


def _mean_energy_j(by_class: Sequence[float], rows: Sequence[Row]) -> float:
    """Of one count, as often as each class of wires was counted."""
    counts = [row.by_class for row in rows if row.by_class is not None]
    weights = np.sum(counts, axis=0) if counts and np.any(counts) else None
    return float(np.average(by_class, weights=weights))


def _ranged(run: Run, name: str) -> str:
    many = run.sheet.components[name].instances
    return f"{name}[0..{many - 1}]" if many > 1 else name


def _header(run: Run) -> str:
    priced, request = run.summary.priced, run.summary.core.request
    unpriced = ", ".join(priced.unpriced) or "none"
    return (
        f"# {request.chip} on {run.summary.workload.name}, prices {priced.prices}, run {priced.run_id}\n"
        f"# counts of all {request.lanes} repetitions; leak: one instance for one femtosecond; energies in pJ\n"
        f"# unpriced, in neither file: {unpriced}\n"
    )


def _dump(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=120)
