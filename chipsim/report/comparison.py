"""Several runs side by side: their figures, what differs in their specs, their ledgers, and why energies differ."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipsim.errors import RunError
from chipsim.results.diff import diff
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.units import show, show_area, show_count

# Blocks of a summary that repeat the specs.
_SPECS = ("technology", "fabric", "components", "workload_resolved", "nets")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs by the names that tell them apart; the first is the one that others are compared with."""

    runs: dict[str, Run]

    @property
    def first(self) -> str:
        """Name of the run that others are compared with."""
        return next(iter(self.runs))


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is about, and a cell for each run."""

    label: str
    cells: tuple[str, ...]


def read_runs(paths: list[str]) -> Comparison:
    """Results of runs, named by their files, or by their whole paths where files of one name stand in several folders.

    Raises:
        RunError: a result cannot be read, or is named twice.
    """
    for path in paths:
        if sum(Path(path).resolve() == Path(other).resolve() for other in paths) > 1:
            raise RunError(f"{path}: named twice; a run is compared with others")
    stems = [Path(path).stem for path in paths]
    names = [path if stems.count(stem) > 1 else stem for path, stem in zip(paths, stems, strict=True)]
    return Comparison({name: load(path) for name, path in zip(names, paths, strict=True)})


def figure_lines(compared: Comparison) -> list[Line]:
    """The figures of each run; lines that no run has are left out."""
    summaries = [run.summary for run in compared.runs.values()]
    cells = [dict(_figures(summary)) for summary in summaries]
    labels = dict.fromkeys(label for found in cells for label in found)
    lines = [Line(label, tuple(found.get(label) or "-" for found in cells)) for label in labels]
    return [line for line in lines if set(line.cells) != {"-"}]


def _figures(s: dict[str, Any]) -> Iterator[tuple[str, str]]:
    low, high = s["energy_price_range_j"]
    yield "chip", s["chip"]
    yield "workload", s["workload"]
    yield "prices", s["prices"]
    yield "lanes, seed", f"{s['lanes']:,}, {s['seed']}"
    yield "energy per repetition", _with_interval(s["energy_j"], s["energy_ci95_j"], "J")
    yield "range by prices", f"{show(low, 'J', 3)} to {show(high, 'J', 3)}"
    yield "energy of an answer, 10,000 a load", show(s["energy_per_job_j"]["10000"], "J")
    yield "time per repetition", show(s["elapsed_s"], "s")
    steps = s["limit"]["steps"]
    yield "waits for", f"{s['limit']['waits_for']}, {show(s['limit']['gain_s'], 's', 3)}" if steps else "-"
    samples = s["effective_samples"]
    yield "effective samples", show_count(round(samples)) if samples else s["sampling"]
    for name, unit in (("joules", "J"), ("seconds", "s")):
        key = f"{name}_per_effective_sample"
        yield f"{name} per effective sample", _with_interval(s[key], s[f"{key}_ci95_{unit.lower()}"], unit)
    yield "tau_int (sweeps)", _number(s.get("tau_int_sweeps"))
    yield "joules per delivered sample", show(s["joules_per_delivered_sample"], "J")
    yield "best cut", _number(s.get("best_cut"))
    yield "success probability", _number(s.get("success_probability", {}).get("value"))
    yield "energy to solution", show(s.get("energy_to_solution_j", {}).get("value"), "J")
    yield "time to solution", show(s.get("time_to_solution_s", {}).get("value"), "s")
    yield "area", show_area(s["area_m2"])
    yield "lint", ", ".join(dict.fromkeys(found["rule"] for found in s["lint"])) or "-"


def _with_interval(value: float | None, width: float | None, unit: str) -> str:
    return show(value, unit) if not width else f"{show(value, unit)} +- {show(width, unit, 2)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def spec_lines(compared: Comparison) -> list[Line]:
    """What differs between the resolved specs, in SI; "-" is not there."""
    flat = [dict(_leaves(run.summary)) for run in compared.runs.values()]
    paths = dict.fromkeys(path for found in flat for path in found)
    lines = [Line(path, tuple(str(found.get(path, "-")) for found in flat)) for path in paths]
    return [line for line in lines if len(set(line.cells)) > 1]


def _leaves(summary: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for block in _SPECS:
        for path, value in _flat(summary[block], "workload" if block == "workload_resolved" else block):
            if path not in ("workload.name", "workload.description"):
                yield path.removeprefix("components."), value


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, value


def ledger_lines(compared: Comparison) -> list[Line]:
    """Energy of each component's actions in each run, the largest first."""
    ledgers = [
        {f"{row['component']}.{row['action']}": row for row in run.summary["ledger"]} for run in compared.runs.values()
    ]
    names = dict.fromkeys(name for ledger in ledgers for name in ledger)

    def largest(name: str) -> float:
        return max(ledger[name]["energy_j"] or 0.0 for ledger in ledgers if name in ledger)

    ordered = sorted(names, key=largest, reverse=True)
    lines = [Line(name, tuple(_energy(ledger.get(name)) for ledger in ledgers)) for name in ordered]
    return [*lines, Line("total", tuple(show(run.energy_j, "J") for run in compared.runs.values()))]


def _energy(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    return show(row["energy_j"], "J") if row["energy_j"] is not None else str(row["note"].split(" ")[0])


def change_lines(compared: Comparison) -> list[Line]:
    """Why the energy of each run differs from the first, exactly: by counts, by powered time, by prices."""
    first = compared.runs[compared.first]
    found = [diff(first, run) for run in compared.runs.values()]
    causes = [each.causes_j() for each in found]
    told = {"counts": "by counts", "time": "by powered time", "prices": "by prices"}
    lines = [Line(label, tuple(_change(each[cause]) for each in causes)) for cause, label in told.items()]
    return [*lines, Line("in all", tuple(_change(each.energy_b_j - each.energy_a_j) for each in found))]


def _change(value: float) -> str:
    return "0 J" if not value else f"{'-' if value < 0 else '+'}{show(abs(value), 'J')}"


def ledgers_csv(compared: Comparison) -> str:
    """The ledgers one after the other, a column for the run in front; raw SI values."""
    out = io.StringIO()
    rows = [{"run": name, **row} for name, run in compared.runs.items() for row in run.summary["ledger"]]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["run"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
