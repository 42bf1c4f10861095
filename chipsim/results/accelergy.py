"""Export to Accelergy 0.4: an energy reference table (pJ an action) and the action counts that go with it.

Counts are totals over all repetitions, so they stay whole. Powered time is Accelergy's `leak`: pJ a cycle and instance,
with a cycle of one femtosecond. Actions included in others cost 0; unpriced ones stand in neither file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import yaml

from chipsim.results.result import Run
from chipsim.units import FEMTOSECONDS

VERSION = "0.4"
PICOJOULES = 1e12
ROOT = "chip"


def energy_reference_table(run: Run) -> str:
    """The ERT of every priced action that happened, as YAML."""
    tables = [
        {"name": f"{ROOT}.{_ranged(run, name)}", "actions": [action for action, _ in actions]}
        for name, actions in _actions(run).items()
    ]
    return _header(run) + _dump({"ERT": {"version": VERSION, "tables": tables}})


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
    for line in run.summary.priced.ledger:
        part = run.sheet.components[line.component]
        price = run.prices.find(part.name, part.kind, line.action)
        if price is None:
            continue
        mine = [r for r in run.trace.activity.rows if (r.component, r.action) == (part.name, line.action)]
        unit = part.action(line.action).model_j if price.form == "model" else (price.value,)
        if len(unit) > 1:
            counts = np.sum([row.by_class for row in mine if row.by_class is not None], axis=0).tolist()
        else:
            counts = [sum(row.count for row in mine)]
        powered = line.action == "on"
        scale = PICOJOULES / FEMTOSECONDS if powered else PICOJOULES
        for index, (joules, count) in enumerate(zip(unit, counts, strict=True)):
            arguments = {"class": index} if len(unit) > 1 else {}
            name = "leak" if powered else line.action
            entry = {"name": name, "arguments": arguments, "energy": joules * scale}
            out.setdefault(part.name, []).append((entry, int(count)))
    return out


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
