"""A sweep in a terminal: its progress, and the table of its points."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chipsim.units import show

# More points than these do not fit on a screen: then only the front and the reference are shown.
MAX_ROWS = 40
_UNITS = {"j": "J", "s": "s", "w": "W", "m2": "m^2"}
_UNITS_BY_START = {"joules": "J", "seconds": "s"}


def unit_of_metric(metric: str) -> str:
    """SI unit of a metric, as its name says it: `energy_j`, `seconds_per_effective_sample`."""
    name = metric.partition(".")[0]
    return _UNITS_BY_START.get(name.partition("_")[0]) or _UNITS.get(name.rpartition("_")[2], "")


def show_metric(value: Any, metric: str, digits: int = 4) -> str:
    """A metric for people."""
    if not isinstance(value, int | float):
        return "-" if value is None else str(value)
    unit = unit_of_metric(metric)
    return show(value, unit, digits) if unit else f"{value:.{digits}g}"


def show_values(table: dict[str, Any], row: dict[str, Any]) -> str:
    """The values of a point: `cells.relaxation_time=50 ns`."""
    return ", ".join(f"{axis['path']}={row[axis['path']]}" for axis in table["axes"])


def best_row(table: dict[str, Any]) -> dict[str, Any] | None:
    """The point that is best in the first metric."""
    return None if table["best"] is None else table["rows"][table["best"]]


def headline(table: dict[str, Any]) -> list[str]:
    """What was swept, how much of it is there, and what is the best."""
    rows, metric = table["rows"], table["metrics"][0]
    failed = sum(row["status"] == "failed" for row in rows)
    missing = f", {table['total'] - len(rows)} not yet computed" if len(rows) < table["total"] else ""
    lines = [
        f"{table['name']}: {table['chip']} on {table['workload']}, {len(rows)} of {table['total']} points, "
        f"scope {table['scope']}" + (f", {failed} failed" if failed else "") + missing
    ]
    best = best_row(table)
    if best is not None:
        lines.append(f"best {metric} {show_metric(best[metric], metric)} at {show_values(table, best)}")
    lines += [f"prices: {sentence}" for sentence in [by_prices(table)] if sentence]
    return lines


def by_prices(table: dict[str, Any]) -> str:
    """Whether prices within their bounds could make the reference the better point; "" where that has no meaning."""
    found, metric = table["by_prices"], table["metrics"][0]
    if found is None:
        return ""
    low, high = (show_signed(found[end], metric) for end in ("low", "high"))
    sentence = f"the best point differs from the reference by {low} to {high} at any prices within their bounds"
    if found["low"] > 0 or found["high"] < 0:
        return f"{sentence}, so no price reverses which is better"
    return f"{sentence}; {_reversed_by(found['reversing'])}"


def _reversed_by(names: list[str]) -> str:
    if names:
        return f"{' or '.join(names)} alone could reverse which is better"
    return "several prices together could reverse which is better, none alone"


def show_signed(value: float, metric: str) -> str:
    """A difference of a metric."""
    return f"{'-' if value < 0 else '+'}{show_metric(abs(value), metric, 3)}"


def print_sweep(table: dict[str, Any], console: Console) -> None:
    """Print the table; of a long one the points on the Pareto front."""
    rows = table["rows"]
    long = len(rows) > MAX_ROWS
    shown = [rows[i] for i in table["front"]] if long else rows
    for index, line in enumerate(headline(table)):
        console.print(Text(line, style="bold" if index == 0 else "", overflow="fold"))
    console.print(_rendered(table, shown, "points on the Pareto front" if long else "points, * on the Pareto front"))
    for row in [row for row in rows if row["status"] == "failed"][:MAX_ROWS]:
        console.print(Text(f"failed: {show_values(table, row)}: {row['failure']}", style="yellow", overflow="fold"))


def _rendered(table: dict[str, Any], rows: list[dict[str, Any]], title: str) -> Table:
    out = Table(title=title, title_justify="left", pad_edge=False, box=None)
    out.add_column("", no_wrap=True)
    for axis in table["axes"]:
        out.add_column(axis["path"], justify="right", overflow="fold")
    for metric in table["metrics"]:
        out.add_column(metric, justify="right", overflow="fold")
    out.add_column("lanes", justify="right")
    front = {table["rows"][i]["point"] for i in table["front"]}
    for row in rows:
        values = [str(row[axis["path"]]) for axis in table["axes"]]
        figures = [_with_interval(row, metric) for metric in table["metrics"]]
        lanes = "failed" if row["status"] == "failed" else str(row["lanes"])
        out.add_row("*" if row["point"] in front else "", *values, *figures, lanes)
    return out


def _with_interval(row: dict[str, Any], metric: str) -> str:
    width = row.get(f"{metric}_ci95")
    value = show_metric(row[metric], metric)
    if width is None or not row[metric]:
        return value
    return f"{value} +- {width / row[metric]:.2%}"


def progress_line(best: tuple[str, float, Any] | None, left_s: float | None, failed: int) -> str:
    """What stands behind the number of points: failures, the best so far, the time left."""
    parts = [f"{failed} failed"] if failed else []
    if best is not None:
        metric, value, point = best
        parts.append(f"best {metric} {show_metric(value, metric)} at {', '.join(map(str, point.values))}")
    if left_s:
        parts.append(f"{left_s:.0f} s left" if left_s < 120 else f"{left_s / 60:.0f} min left")
    return "".join(f", {part}" for part in parts)
