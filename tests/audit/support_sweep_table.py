"""The table of a sweep made again from single runs of its points: by the section "The table of a sweep"."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from support_bill import Bill, Ends
from support_figures import audit, bill_of
from support_headline import loads_of
from support_intervals_again import jackknife, mean_ci95, means_without
from support_ising_again import written_problem
from support_parts_on_a_plane import plane_of
from support_quantities import Figure
from support_spec import specs_of
from support_stored_run import read

ENERGIES = ("energy_j", "total_energy_j", "energy_per_answer_j", "joules_per_effective_sample")
INTERVALS = {
    "energy_j": "energy_ci95_j",
    "joules_per_effective_sample": "joules_per_effective_sample_ci95_j",
    "seconds_per_effective_sample": "seconds_per_effective_sample_ci95_s",
}
# What one price takes of a figure, and what tells it from others of its name.
Paid = dict[str, tuple[Ends, tuple[Any, ...]]]


@dataclass(frozen=True, eq=False)
class Point:
    """A single run: its figures as they were made again, and what they are made of."""

    figures: dict[str, Any]
    bill: Bill

    @classmethod
    def of(cls, path: Path, folder: Path) -> Point:
        """Of a result."""
        figures = {figure.name.removeprefix("workload.figures."): figure.audited for figure in audit(path, folder)}
        stored = read(path)
        specs = specs_of(stored.summary["command"], folder)
        problem = written_problem(specs)
        plane = plane_of(specs, None if problem is None else problem.pairs, 0)
        return cls(figures, bill_of(stored, specs, plane))

    @property
    def loads(self) -> int:
        """Of the batch."""
        return loads_of(self.bill)

    def paid(self, metric: str) -> Paid:
        """By each price, for a metric that is made of repetitions and loads."""
        lanes, samples = self.bill.stored.lanes, self.figures["effective_samples"]
        many = {
            "energy_j": (1, 1),
            "total_energy_j": (lanes, self.loads),
            "energy_per_answer_j": (1, 1 / self.figures["jobs_per_load"]),
            "joules_per_effective_sample": (lanes / samples, self.loads / samples),
        }[metric]
        out: Paid = {}
        for line in self.bill.lines:
            if line.price is None or line.energy is None:
                continue
            mine, known = self.bill.made_of(*many, [line]), (line.price.form, *_ends_of(line))
            before = out[line.key][0] if line.key in out else Ends(0.0, 0.0, 0.0)
            out[line.key] = (Ends(*(a + b for a, b in zip(before, mine, strict=True))), known)
        return out

    def without_blocks(self, metric: str) -> NDArray[np.float64]:
        """A cost per effective sample without each block of lanes."""
        samples = np.array(self.figures["samples_per_lane_without_block"])
        shared, times = 1 - self.loads / self.bill.stored.lanes, self.bill.stored.times_fs
        if metric.startswith("seconds"):
            return np.asarray((times["elapsed"] - shared * times["loading"]) / 1e15 / samples)
        once = math.fsum(line.once for line in self.bill.lines)
        return means_without(self.bill.lane_energies() - shared * once) / samples


def _ends_of(line: Any) -> tuple[Any, ...]:
    return line.price.value, line.price.low, line.price.high


def by_price(mine: Paid, other: Paid) -> Iterator[tuple[str, Ends]]:
    """(name, part of the difference at its value and at its ends) of each price that moves alone."""
    for name in dict.fromkeys([*mine, *other]):
        if name in mine and name in other and mine[name][1] == other[name][1]:
            yield name, Ends(*(a - b for a, b in zip(mine[name][0], other[name][0], strict=True)))
            continue
        if name in mine:
            yield name, mine[name][0]
        if name in other:
            yield name, Ends(*(-part for part in other[name][0]))


def difference(mine: Paid, other: Paid) -> Ends:
    """At the values of all prices, and the least and most at any within their bounds."""
    parts = [part for _, part in by_price(mine, other)]
    low, high = (math.fsum(end(part.low, part.high) for part in parts) for end in (min, max))
    return Ends(math.fsum(part.value for part in parts), low, high)


def reversing(mine: Paid, other: Paid) -> set[str]:
    """Prices each of which alone turns the sign of the difference."""
    parts = [*by_price(mine, other)]
    here = math.fsum(part.value for _, part in parts)
    return {name for name, part in parts if any((here - part.value + end) * here < 0 for end in part[1:])}


def cells(points: Sequence[Point], reference: int, metrics: Sequence[str]) -> Iterator[tuple[int, str, Any, float]]:
    """(row, column, value, size of its terms) of every figure of the table."""
    base = points[reference]
    for row, point in enumerate(points):
        for metric in metrics:
            value, before = point.figures[metric], base.figures[metric]
            size = abs(value) + abs(before)
            yield row, metric, value, 0.0
            yield row, f"{metric}_minus_reference", value - before, size
            if metric in ENERGIES:
                mine, other = point.paid(metric), base.paid(metric)
                for end in (1, 2):
                    name = ("low", "high")[end - 1]
                    yield row, f"{metric}_price_{name}", math.fsum(part[end] for part, _ in mine.values()), 0.0
                    yield row, f"{metric}_minus_reference_price_{name}", difference(mine, other)[end], size
            if metric in INTERVALS:
                yield row, f"{metric}_ci95", point.figures[INTERVALS[metric]], size
                yield row, f"{metric}_minus_reference_ci95", _paired(point, base, metric), size


def _paired(point: Point, base: Point, metric: str) -> float | None:
    """Lanes of equal number have equal random numbers."""
    if metric == "energy_j":
        return mean_ci95(point.bill.lane_energies() - base.bill.lane_energies())
    return jackknife(point.without_blocks(metric) - base.without_blocks(metric))


def front(rows: list[dict[str, Any]], metrics: Sequence[str], maximise: Sequence[str]) -> list[int]:
    """Rows than which no other is better in one of two metrics and no worse in the other, by brute force."""
    signed = [[row[m] * (-1 if m in maximise else 1) for m in metrics] for row in rows]
    beaten = [any(b[0] <= a[0] and b[1] <= a[1] and b != a for b in signed) for a in signed]
    return sorted((i for i, lost in enumerate(beaten) if not lost), key=lambda i: (*signed[i], i))


def audit_table(folder: Path, points: Sequence[Point]) -> list[Figure]:
    """All figures of the table of a sweep, in both of its files."""
    with h5py.File(folder / "sweep.h5") as file:
        table = json.loads(file["table"].asstr()[()])
        columns = {name: held[:].tolist() for name, held in file["columns"].items() if held.dtype.kind == "f"}
    with (folder / "sweep.csv").open() as text:
        lines = [*csv.DictReader(text)]
    rows, metrics = table["rows"], table["metrics"]
    out = []
    for row, name, value, size in cells(points, table["reference"], metrics):
        out.append(Figure(f"table[{row}].{name}", rows[row][name], value, size))
        out.append(Figure(f"sweep.h5[{row}].{name}", columns[name][row], value, size))
        written = lines[row][name]
        out.append(Figure(f"sweep.csv[{row}].{name}", float(written) if written else None, value, size))
    made = [{metric: point.figures[metric] for metric in metrics} for point in points]
    sign = -1 if metrics[0] in table["maximise"] else 1
    best = min(range(len(made)), key=lambda i: sign * made[i][metrics[0]])
    out.append(Figure("front", table["front"], front(made, metrics[:2], table["maximise"])))
    out.append(Figure("best", table["best"], best))
    ends = [points[i].paid(metrics[0]) for i in (best, table["reference"])]
    found, held = difference(ends[0], ends[1]), table["by_prices"]
    for name in ("value", "low", "high"):
        size = abs(made[best][metrics[0]])
        out.append(Figure(f"by_prices.{name}", held and held[name], getattr(found, name), size))
    out.append(Figure("by_prices.reversing", sorted(held["reversing"]), sorted(reversing(ends[0], ends[1]))))
    return out
