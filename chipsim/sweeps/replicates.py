"""Replicates: runs of a point that differ in seeds alone, and the mean of a metric over them with its t-interval.

    replicates: {seed: 8, training.seed: 3}

`seed` is that of the sweep: another die and other noise. All other paths are seeds of the chip or the workload. Each
counts up from the value in the specs, or from 0, and replicates are all combinations, here 24. They are not points of
the sweep: tables, curves and fronts have one row a point, with means and 95 % t-intervals over its replicates
(`statistics.intervals.replicates_ci95`). All points have the same replicates, so differences are paired.

    until: {accuracy: 1 %, max_replicates: 96}

adds replicates to a point, in the seed by which its mean varies most, until each metric is known that well.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from chipsim import units
from chipsim.results.metric_names import is_known
from chipsim.runs.simulate import MAX_SEED
from chipsim.spec.document import Document
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel, fail, validate
from chipsim.statistics.intervals import replicates_ci95, squared_errors

if TYPE_CHECKING:
    from chipsim.workloads.parameters import Parameters

# The required number of replicates is estimated from the present interval, with a margin; growth per step is limited.
GROWTH = 4
MARGIN = 1.1
MAX_REPLICATES = 10_000
FIXED = "fixed number of replicates"
# Percent; for less, the number of lanes or replicates exceeds any limit.
_MIN_WIDTH = 1e-6

Levels = tuple[int, ...]


@dataclass(frozen=True)
class Factor:
    """One seed that replicates vary.

    Attributes:
        path: "seed" for that of the run, else a path of `--set`.
        first: its value in the first replicate; the others follow in steps of 1.
        count: number of values to begin with.
    """

    path: str
    first: int
    count: int


class ReplicateLimits(SpecModel):
    """Limit for points that have not reached their precision."""

    max_replicates: Annotated[int, Whole(ge=2, le=MAX_REPLICATES)]


@dataclass(frozen=True)
class ReplicateRule:
    """Required precision of means over replicates.

    Attributes:
        goals: metric -> half width of its 95 % interval, relative to its mean.
        max_replicates: upper limit of the replicates of a point.
    """

    goals: dict[str, float]
    max_replicates: int


def read_factors(
    document: Document,
    counts: Mapping[str, int],
    fixed: Mapping[str, Any],
    varied: AbstractSet[str],
    parameters: Parameters,
) -> tuple[Factor, ...]:
    """The seeds that replicates vary.

    Args:
        document: the sweep.
        counts: path -> number of values.
        fixed: path -> value that the sweep sets; "seed" is its own.
        varied: paths of axes and of what follows them.
        parameters: of chip and workload.

    Raises:
        SpecError: a path varies already, or takes no whole numbers, or there are too many replicates.
    """
    factors = []
    for path, count in counts.items():
        where = ("replicates", path)
        if path in varied:
            raise fail(document, where, "varies with the points too; remove one of the two", code="spec.duplicate")
        if path != "seed" and not parameters.is_whole(path):
            complaint = "is not a whole number of the chip or the workload; name a seed, such as training.seed"
            raise fail(document, where, complaint, code="spec.unknown-path")
        first = fixed.get(path, parameters.written(path))
        factors.append(Factor(path, first if isinstance(first, int) else 0, count))
        _check_last(document, where, factors[-1], count)
    number = math.prod(factor.count for factor in factors)
    if number > MAX_REPLICATES:
        complaint = f"{number:,} replicates of each point exceed the limit of {MAX_REPLICATES:,}"
        raise fail(document, ("replicates",), complaint, code="spec.too-large")
    return tuple(factors)


def read_goals(document: Document, until: Mapping[str, Any], limits: AbstractSet[str]) -> dict[str, float]:
    """Metric -> relative half width, of all keys of `until` that are no limits.

    Raises:
        SpecError: there is none, or one is not a percentage.
    """
    goals = {metric: _goal(document, metric, value) for metric, value in until.items() if metric not in limits}
    if not goals:
        example = '"joules_per_effective_sample: 2 %"'
        complaint = f"needs a metric and its precision, for example {example}; or remove until"
        raise fail(document, ("until",), complaint, code="spec.missing-key")
    return goals


def _goal(document: Document, metric: str, value: object) -> float:
    path = ("until", metric)
    if not isinstance(value, str) or units.unit_of(value) != "%":
        raise fail(document, path, f'{value!r} is not a relative width; write for example "2 %"', code="spec.no-unit")
    width = float(value.strip().removesuffix("%"))
    if not _MIN_WIDTH <= width < 100:
        raise fail(document, path, f"{value} is not between {_MIN_WIDTH:g} % and 100 %", code="spec.out-of-range")
    return width / 100


def read_replicate_rule(
    document: Document, until: Mapping[str, Any] | None, factors: Sequence[Factor]
) -> ReplicateRule | None:
    """The key `until` of a sweep with replicates.

    Raises:
        SpecError, SpecErrors: it limits lanes or time, or has no limit, or one below the replicates to begin with.
    """
    if until is None:
        return None
    for key in ("max_lanes", "max_time"):
        if key in until:
            complaint = "has no effect with replicates, which keep their lanes; write max_replicates"
            raise fail(document, ("until", key), complaint, code="spec.no-effect")
    if "max_replicates" not in until:
        complaint = "needs max_replicates, for example max_replicates: 64"
        raise fail(document, ("until",), complaint, code="spec.missing-key")
    given = Document(document.source, {"until": {"max_replicates": until["max_replicates"]}}, document.places)
    most = validate(ReplicateLimits, given, ("until",)).max_replicates
    first = math.prod(factor.count for factor in factors)
    if most < first:
        complaint = f"max_replicates is {most}, below the {first} replicates to begin with"
        raise fail(document, ("until", "max_replicates"), complaint, code="sweep.too-few-lanes")
    for factor in factors:
        _check_last(document, ("until", "max_replicates"), factor, most)
    return ReplicateRule(read_goals(document, until, {"max_replicates"}), most)


def _check_last(document: Document, where: tuple[str, ...], factor: Factor, count: int) -> None:
    """Check that the last of so many values is a seed of a run; those of other keys have bounds of their own."""
    last = factor.first + count - 1
    if factor.path == "seed" and last > MAX_SEED:
        complaint = f"{count:,} replicates from seed {factor.first} end at {last}, above {MAX_SEED}; lower seed"
        raise fail(document, where, complaint, code="spec.out-of-range")


def levels_of(factors: Sequence[Factor], counts: Sequence[int] | None = None) -> Iterator[Levels]:
    """The levels of all replicates, from 0, the last factor fastest; () alone without factors."""
    numbers = [factor.count for factor in factors] if counts is None else counts
    return itertools.product(*map(range, numbers))


def seeds_of(factors: Sequence[Factor], levels: Levels) -> dict[str, int]:
    """Path -> value in a replicate."""
    return {factor.path: factor.first + level for factor, level in zip(factors, levels, strict=True)}


def grid_of(values: Mapping[Levels, Any]) -> NDArray[np.float64] | None:
    """The values of a metric in all replicates, (levels of the first factor, ...); None if one is not known."""
    if not all(is_known(value) for value in values.values()):
        return None
    shape = tuple(max(levels[factor] for levels in values) + 1 for factor in range(len(next(iter(values)))))
    out = np.empty(shape)
    for levels, value in values.items():
        out[levels] = value
    return out


def mean_of(grid: NDArray[np.float64] | None) -> tuple[float | None, float | None]:
    """Mean over replicates, and the half width of its 95 % interval."""
    return (None, None) if grid is None else (math.fsum(grid.flat) / grid.size, replicates_ci95(grid))


def paired_difference(
    mine: NDArray[np.float64] | None, other: NDArray[np.float64] | None
) -> tuple[float | None, float | None]:
    """Mean difference over common replicates, and the half width of its 95 % interval."""
    if mine is None or other is None:
        return None, None
    common = tuple(slice(min(pair)) for pair in zip(mine.shape, other.shape, strict=True))
    return mean_of(mine[common] - other[common])


def counts_to_have(rule: ReplicateRule, grids: Mapping[str, NDArray[np.float64] | None]) -> tuple[Levels | None, str]:
    """Replicates that a point should have, by factor, or None with the reason why it has enough.

    Args:
        rule: what is required.
        grids: metric of the rule -> its values in the present replicates.
    """
    wanted, worst = 1.0, None
    for metric, goal in rule.goals.items():
        grid = grids[metric]
        value, width = mean_of(grid)
        if grid is None or width is None or not value:
            return None, f"the mean of {metric} is {'not known' if value is None else '0'}"
        excess = (width / (goal * abs(value))) ** 2
        if excess > wanted:
            wanted, worst = excess, grid
    if worst is None:
        return None, "known"
    squares = squared_errors(worst)
    factor = squares.index(max(squares))
    others = worst.size // worst.shape[factor]
    most = rule.max_replicates // others
    count = min(math.ceil(worst.shape[factor] * min(wanted * MARGIN, GROWTH)), most)
    if count <= worst.shape[factor]:
        return None, "max_replicates"
    return (*worst.shape[:factor], count, *worst.shape[factor + 1 :]), ""
