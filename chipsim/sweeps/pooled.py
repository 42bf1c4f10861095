"""The record of a point with replicates, from the records of all of them: means, and what differences need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chipsim.ledger.multiples import PRICED
from chipsim.ledger.price_ranges import Bill, Paid
from chipsim.sources.modules import short_hash
from chipsim.sweeps.metrics import bill
from chipsim.sweeps.points import Point, set_by
from chipsim.sweeps.replicates import FIXED, counts_to_have, grid_of, mean_of, seeds_of
from chipsim.sweeps.spec import SweepSpec

Record = dict[str, Any]


def by_index(points: Sequence[Point]) -> dict[int, list[Point]]:
    """The replicates of each point, by its index; the point alone in a sweep without replicates."""
    out: dict[int, list[Point]] = {}
    for point in points:
        out.setdefault(point.index, []).append(point)
    return out


def record_of(spec: SweepSpec, replicates: Sequence[Point], records: Mapping[str, Record]) -> Record | None:
    """The record of a point; None as long as one of its replicates is missing."""
    if any(point.key not in records for point in replicates):
        return None
    if not spec.replicates:
        return records[replicates[0].key]
    return pooled(spec, replicates, [records[point.key] for point in replicates])


def pooled(spec: SweepSpec, replicates: Sequence[Point], records: Sequence[Record]) -> Record:
    """The record of a point from those of its replicates.

    Figures that are numbers are means, of replicates that all have them; others are kept where all agree. Beyond what
    records have, `grids` holds the values of each metric in the replicates and `bills` its mean bill.
    """
    broken = [(point, record) for point, record in zip(replicates, records, strict=True) if record["status"] != "done"]
    if broken:
        statuses = Counter(record["status"] for _, record in broken)
        point, first = next(((p, r) for p, r in broken if r["status"] == "failed"), broken[0])
        of = f"{len(broken)} of {len(replicates)} replicates"
        seeds = ", ".join(f"{path}={seed}" for path, seed in seeds_of(spec.replicates, point.levels).items())
        status = "failed" if statuses["failed"] else "skipped"
        return {"status": status, "error": f"{of}, at first {seeds}: {first['error']}"}
    figures = [record["figures"] for record in records]
    goals = [] if spec.more is None else list(spec.more.goals)
    metrics = dict.fromkeys([*spec.model.metrics, *(each.metric for each in spec.constraints), *goals])
    grids = {
        metric: grid_of({point.levels: held.get(metric) for point, held in zip(replicates, figures, strict=True)})
        for metric in metrics
    }
    stopped = FIXED if spec.more is None else counts_to_have(spec.more, grids)[1]
    problems = list(dict.fromkeys(record["problem"] for record in records))
    return {
        "status": "done",
        "problem": problems[0] if len(problems) == 1 else short_hash([record["problem"] for record in records]),
        "stopped": stopped,
        "figures": {**dict(_common(figures)), **{metric: mean_of(grid)[0] for metric, grid in grids.items()}},
        "grids": grids,
        "bills": {metric: _mean_bill([bill(record, metric) for record in records]) for metric in PRICED},
        "lint": sorted({rule for record in records for rule in record["lint"]}),
        "replicates": len(records),
    }


def _common(figures: Sequence[Record]) -> Iterator[tuple[str, Any]]:
    for name, value in figures[0].items():
        values = [held.get(name) for held in figures]
        if all(each == value for each in values):
            yield name, value
        elif (grid := grid_of({(index,): held for index, held in enumerate(values)})) is not None:
            yield name, mean_of(grid)[0]


def _mean_bill(bills: Sequence[Bill | None]) -> Bill | None:
    known = [each for each in bills if each is not None]
    if len(known) < len(bills):
        return None
    total: dict[str, Paid] = {}
    for each in known:
        for name, paid in each.items():
            total[name] = total[name] + paid if name in total else paid
    return {name: paid * (1 / len(known)) for name, paid in total.items()}


def single_rows(spec: SweepSpec, points: Sequence[Point], records: Mapping[str, Record]) -> list[Record]:
    """A row for each finished or failed replicate: point, axes, seeds, metrics, lanes, status and ids."""
    out = []
    for point in points:
        if point.key not in records:
            continue
        record = records[point.key]
        found = record.get("figures", {})
        row = {"point": point.index, **set_by(spec, point.values), **seeds_of(spec.replicates, point.levels)}
        row |= {metric: found.get(metric) for metric in spec.model.metrics}
        row |= {"lanes": found.get("lanes"), "status": record["status"], "failure": record.get("error", "")}
        out.append(row | {name: found.get(name, "") for name in ("activity_id", "run_id")})
    return out
