"""Metrics with confidence intervals, and differences of metrics between two points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.ledger.batch import Batch
from chipsim.ledger.multiples import Multiple
from chipsim.ledger.price_ranges import Bill, Compared, of_plain, together
from chipsim.ledger.price_ranges import difference as difference_of_bills
from chipsim.results.metric_names import is_known
from chipsim.statistics.intervals import jackknife_ci95, mean_ci95, without_blocks
from chipsim.sweeps.replicates import mean_of, paired_difference

# metric -> the metric with the half width of its 95 % interval
INTERVALS = {
    "energy_j": "energy_ci95_j",
    "joules_per_effective_sample": "joules_per_effective_sample_ci95_j",
    "seconds_per_effective_sample": "seconds_per_effective_sample_ci95_s",
}


def difference(point: dict[str, Any], reference: dict[str, Any], metric: str) -> tuple[float | None, float | None]:
    """Difference of a metric between a point and the reference, with the half width of its 95 % interval.

    Lanes of equal index have equal random numbers, so the interval is that of paired differences; if the numbers of
    lanes differ, energies are compared on common lanes, and other intervals add in quadrature.

    Means over replicates are compared replicate by replicate.

    Args:
        point: record of a finished point, or of all its replicates (`chipsim.sweeps.pooled`).
        reference: record of the reference point.
        metric: name.
    """
    if "grids" in point:
        return paired_difference(point["grids"][metric], reference["grids"][metric])
    mine, other = (record["figures"].get(metric) for record in (point, reference))
    if not is_known(mine) or not is_known(other):
        return None, None
    if metric not in INTERVALS:
        return mine - other, None
    if metric == "energy_j":
        both = min(len(point["lane_energy_j"]), len(reference["lane_energy_j"]))
        paired = np.array(point["lane_energy_j"][:both]) - np.array(reference["lane_energy_j"][:both])
        return float(paired.mean()), mean_ci95(paired)
    # Exactly counted samples have no blocks, so their cost has no interval.
    blocks = {len(record["samples_per_lane_without_block"]) for record in (point, reference)}
    if len(point["lane_energy_j"]) == len(reference["lane_energy_j"]) and len(blocks) == 1:
        if blocks.pop() < 2:
            return mine - other, None
        mine_without, other_without = (_without_block(record, metric) for record in (point, reference))
        return mine - other, jackknife_ci95(mine_without - other_without)
    widths = [record["figures"][INTERVALS[metric]] for record in (point, reference)]
    return mine - other, None if None in widths else math.hypot(*widths)


def bill(record: dict[str, Any], metric: str) -> Bill | None:
    """Cost of a metric by price; None if it is not an energy derived from the repetition."""
    if "bills" in record:
        found: Bill | None = record["bills"].get(metric)
        return found
    multiple = record.get("multiples", {}).get(metric)
    if multiple is None:
        return None
    repetition, load = (of_plain(record[f"{name}_bill"]) for name in ("repetition", "load"))
    return together(repetition, load, Multiple(*multiple))


def half_width(record: dict[str, Any], metric: str) -> float | None:
    """Half width of the 95 % interval of a metric; None where it has none, or is not known."""
    if "grids" in record:
        return mean_of(record["grids"][metric])[1]
    width: float | None = record.get("figures", {}).get(INTERVALS.get(metric))
    return width


def price_range(found: Bill | None) -> tuple[float | None, float | None]:
    """Range of a bill by the bounds of the prices."""
    if found is None:
        return None, None
    return math.fsum(paid.low_j for paid in found.values()), math.fsum(paid.high_j for paid in found.values())


def price_difference(mine: Bill | None, other: Bill | None) -> Compared | None:
    """Difference of two bills, with its range over all prices within their bounds."""
    return None if mine is None or other is None else difference_of_bills(mine, other)


def _without_block(record: dict[str, Any], metric: str) -> NDArray[np.float64]:
    """Cost per effective sample with each block of lanes left out, (blocks,)."""
    figures, samples = record["figures"], np.array(record["samples_per_lane_without_block"])
    lanes = figures["lanes"]
    loads = Batch(lanes, figures["chips"], figures["jobs_per_load"]).loads
    if metric == "seconds_per_effective_sample":
        return np.array((figures["elapsed_s"] - figures["load_s"] * (1 - loads / lanes)) / samples)
    # Repetitions share loads, so each takes less time than a single one.
    energies = np.array(record["lane_energy_j"]) - (figures["energy_j"] - figures["total_energy_j"] / lanes)
    return np.array(without_blocks(energies) / samples)
