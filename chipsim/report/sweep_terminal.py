"""A sweep in a terminal: its progress, and the table of its points."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from rich.console import Console
from rich.text import Text

from chipsim.report.fitting import FittedTable
from chipsim.results.metric_names import is_known, unit_of_metric
from chipsim.rounding import rounded
from chipsim.statistics.selection import spread
from chipsim.units import show, show_number

# Longer tables do not fit on a screen; they show the Pareto front.
MAX_ROWS = 40
# Reasons of points that were not computed.
MAX_REASONS = 10


def show_metric(value: Any, metric: str, digits: int = 4) -> str:
    """A metric for people."""
    if not isinstance(value, int | float):
        return "-" if value is None else str(value)
    unit = unit_of_metric(metric)
    return show(value, unit, digits) if unit else show_number(value, digits)


def show_with_interval(row: dict[str, Any], metric: str, digits: int = 4) -> str:
    """A metric of a point with its 95 % interval, where it has one; a bound where only that is known."""
    value, width = row[metric], row.get(f"{metric}_ci95")
    low, high = row.get(f"{metric}_low"), row.get(f"{metric}_high")
    if value is None and low is not None:
        return f"more than {show_metric(low, metric, 3)}"
    shown = show_metric(value, metric, digits)
    if value is not None and (low is not None or high is not None):
        to = "unbounded" if high is None else show_metric(high, metric, 3)
        return f"{shown} ({show_metric(low, metric, 3)} to {to})"
    # An interval below a millionth is smaller than the last digit shown.
    return (
        f"{shown} +- {rounded(100 * width / abs(value), '.2g')} %"
        if width and value and width > 1e-6 * abs(value)
        else shown
    )


def spread_of(values: list[float], metric: str) -> str:
    """From the least to the most of a metric."""
    return f"{show_metric(min(values), metric, 3)} to {show_metric(max(values), metric, 3)}"


def count_of(points: int) -> str:
    """The beginning of a sentence: `1 point is`, `2 points are`."""
    return f"{points} point is" if points == 1 else f"{points} points are"


def show_values(table: dict[str, Any], row: dict[str, Any]) -> str:
    """The values of a point: `cells.relaxation_time=50 ns`."""
    return ", ".join(f"{axis['path']}={row[axis['path']]}" for axis in table["axes"])


def best_row(table: dict[str, Any]) -> dict[str, Any] | None:
    """The point that is best in the first metric."""
    return None if table["best"] is None else table["rows"][table["best"]]


def headline(table: dict[str, Any]) -> list[str]:
    """What was swept, how much of it is there, and what is the best."""
    rows, metric = table["rows"], table["metrics"][0]
    parts = [f"{len(rows)} of {table['total']} points", f"scope {table['scope']}"]
    for status in ("skipped", "failed"):
        count = sum(row["status"] == status for row in rows)
        parts += [f"{count} {status}"] if count else []
    parts += [replicates] if (replicates := replicates_of(table)) else []
    lines = [f"{table['name']}: {table['chip']} on {table['workload']}, {', '.join(parts)}"]
    best = best_row(table)
    if best is not None:
        among = "" if len(table["fit"]) == len(rows) else f", of {len(table['fit'])} points that are compared"
        lines.append(f"best {metric} {show_with_interval(best, metric)} at {show_values(table, best)}{among}")
    more = [against_reference(table), _tied(table), *_lint(table), *_seeds_as_axes(table)]
    return lines + [sentence for sentence in more if sentence]


def replicates_of(table: dict[str, Any]) -> str:
    """How many replicates a point has, and what they vary; "" in a sweep without."""
    if "replicates" not in table:
        return ""
    counts = sorted({row["replicates"] for row in table["rows"] if row["replicates"] is not None})
    if not counts:
        return ""
    number = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"means over {number} replicates ({' x '.join(table['replicates']['seeds'])})"


def interval_over(table: dict[str, Any]) -> str:
    """What 95 % intervals of a table are over."""
    return "replicates" if "replicates" in table else "lanes"


def _seeds_as_axes(table: dict[str, Any]) -> list[str]:
    """A hint for each axis that is a seed, whose values are no designs."""
    seeds = [axis["path"] for axis in table["axes"] if axis["path"].rpartition(".")[2].endswith("seed")]
    return [f"{path} is a seed, not a design: replicates: {{{path}: N}} takes means over its values" for path in seeds]


def against_reference(table: dict[str, Any]) -> str:
    """How far the best point is from the reference, by sampling and by prices; "" where that has no meaning."""
    found, metric = table["by_prices"], table["metrics"][0]
    if found is None:
        return _over_replicates(table)
    width = sampled_width(table)
    change = show_signed(found["value"], metric)
    sampled = "" if width is None else f"{change} +- {show_metric(width, metric, 3)} (95 %), "
    low, high = (show_signed(found[end], metric) for end in ("low", "high"))
    sentence = f"best against reference: {sampled}{low} to {high} at any prices within their bounds"
    if width is not None and abs(found["value"]) <= width:
        return f"{sentence}; not resolved by sampling"
    if found["low"] > 0 or found["high"] < 0:
        return f"{sentence}, so no price reverses which is better"
    return f"{sentence}; {_reversed_by(found['reversing'])}"


def _over_replicates(table: dict[str, Any]) -> str:
    """How far the best point is from the reference in a metric that no price affects; "" without replicates."""
    if "replicates" not in table:
        return ""
    best, metric = best_row(table), table["metrics"][0]
    if best is None or best["point"] == table["reference"]:
        return ""
    change, width = (best[f"{metric}_minus_reference{end}"] for end in ("", "_ci95"))
    if change is None or width is None:
        return ""
    resolved = "" if abs(change) > width else "; not resolved by replicates"
    interval = f"{show_signed(change, metric)} +- {show_metric(width, metric, 3)}"
    return f"best against reference: {interval} (95 %, paired by replicate){resolved}"


def sampled_width(table: dict[str, Any]) -> float | None:
    """Half width of the 95 % interval of the difference between the best point and the reference; None without one."""
    best = best_row(table)
    width = None if best is None else best.get(f"{table['metrics'][0]}_minus_reference_ci95")
    return width or None


def _tied(table: dict[str, Any]) -> str:
    """How many points may be as good as the best one: over common replicates, else by their own intervals."""
    metric, best = table["metrics"][0], best_row(table)
    if best is None:
        return ""
    if "replicates" in table:
        tied = len(table["replicates"].get("tied", []))
        return f"not resolved from the best (95 %, paired by replicate): {count_points(tied)}" if tied else ""
    tied = 0
    for row in (table["rows"][i] for i in table["fit"]):
        if row is not best and is_known(row[metric]):
            widths = (each.get(f"{metric}_ci95") or 0.0 for each in (row, best))
            tied += abs(row[metric] - best[metric]) <= math.hypot(*widths)
    return f"not resolved from the best (95 %, unpaired): {count_points(tied)}" if tied else ""


def count_points(number: int) -> str:
    """`1 other point`, `2 other points`."""
    return f"{number:,} other point{'' if number == 1 else 's'}"


def _lint(table: dict[str, Any]) -> list[str]:
    """Rules of the lint that points break, with how many do."""
    counts = Counter(rule for row in table["rows"] for rule in row.get("lint", "").split())
    total = len(table["rows"])
    return [f"lint {rule}: {count:,} of {total:,} points; see chipsim check" for rule, count in counts.items()]


def _reversed_by(names: list[str]) -> str:
    if names:
        return f"{' or '.join(names)} alone could reverse which is better"
    return "several prices together could reverse which is better, none alone"


def show_signed(value: float, metric: str) -> str:
    """A difference of a metric."""
    return f"{'-' if value < 0 else '+'}{show_metric(abs(value), metric, 3)}"


def print_sweep(table: dict[str, Any], console: Console) -> None:
    """Print the table; of a long one the points on the Pareto front, or some of them."""
    rows, front = table["rows"], table["front"]
    shown, title = rows, "points, * on the Pareto front"
    if len(rows) > MAX_ROWS:
        shown = [rows[i] for i in spread(front, MAX_ROWS)]
        of = "" if len(shown) == len(front) else f"{len(shown)} of {len(front)} "
        title = f"{of}points on the Pareto front"
    for index, line in enumerate(headline(table)):
        console.print(Text(line, style="bold" if index == 0 else "", overflow="fold"))
    console.print(_rendered(table, shown, title))
    for line in _not_done(table):
        console.print(Text(line, style="yellow", overflow="fold"))


def _not_done(table: dict[str, Any]) -> list[str]:
    """Why points were not computed: each reason once, with its first point."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in table["rows"]:
        if row["status"] != "done":
            found.setdefault((row["status"], row["failure"]), []).append(row)
    lines = []
    for (status, failure), rows in list(found.items())[:MAX_REASONS]:
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        lines.append(f"{status}: {show_values(table, rows[0])}{more}: {failure}")
    hidden = len(found) - len(lines)
    return lines + ([f"{hidden} more reasons in sweep.csv"] if hidden else [])


def _rendered(table: dict[str, Any], rows: list[dict[str, Any]], title: str) -> FittedTable:
    heads = [*(axis["path"] for axis in table["axes"]), *table["metrics"], "lanes"]
    heads += ["replicates"] if "replicates" in table else []
    out = FittedTable(title, [("", False), *((head, True) for head in heads)])
    front = {table["rows"][i]["point"] for i in table["front"]}
    for row in rows:
        values = [str(row[axis["path"]]) for axis in table["axes"]]
        figures = [show_with_interval(row, metric) for metric in table["metrics"]]
        lanes = str(row["lanes"]) if row["status"] == "done" else row["status"]
        several = [str(row["replicates"] or "")] if "replicates" in table else []
        out.add_row("*" if row["point"] in front else "", *values, *figures, lanes, *several)
    return out


def progress_line(best: tuple[str, float, Any] | None, left_s: float | None, failed: int) -> str:
    """The progress after the number of points: failures, the best so far, the time left."""
    parts = [f"{failed} failed"] if failed else []
    if best is not None:
        metric, value, point = best
        parts.append(f"best {metric} {show_metric(value, metric)} at {', '.join(map(str, point.values))}")
    if left_s:
        parts.append(f"{rounded(left_s, '.0f')} s left" if left_s < 120 else f"{rounded(left_s / 60, '.0f')} min left")
    return "".join(f", {part}" for part in parts)
