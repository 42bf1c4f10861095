"""The points of a sweep, or the replicates of each, with two keys computed from content alone.

`key` hashes resolved specs, prices, seed and number of lanes. `activity` excludes the prices: points that differ only
in prices share one simulation. Both are cheap, so that a finished sweep is recognised without elaborating a chip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from chipsim.errors import ChipsimError, SpecError, SpecErrors
from chipsim.runs.plan import plan_prices, planned
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import read_spec
from chipsim.spec.document import KeyPath
from chipsim.spec.model import fail
from chipsim.spec.named_files import file_keys, located_override
from chipsim.spec.overrides import path_of
from chipsim.statistics.selection import spread
from chipsim.sweeps.axes import Axis
from chipsim.sweeps.combinations import combinations
from chipsim.sweeps.keys import Keys
from chipsim.sweeps.replicates import Levels, levels_of, seeds_of
from chipsim.sweeps.spec import SweepSpec
from chipsim.workloads.registry import workload_model

# Number of values per axis that are validated in advance; errors of others are found at their points.
MAX_CHECKED = 100


@dataclass(frozen=True)
class Point:
    """One combination of values, or one replicate of it.

    Attributes:
        index: of the combination in the sweep, from 0.
        values: one per axis.
        overrides: all fixed and varied settings.
        key: hash of the point.
        activity: hash of its simulation.
        seed: of the run.
        levels: of the replicate, one per seed that replicates vary.
    """

    index: int
    values: tuple[Any, ...]
    overrides: dict[str, Any]
    key: str
    activity: str
    seed: int
    levels: Levels = ()


class PointMaker:
    """Makes points of a sweep from values of its axes."""

    def __init__(self, sweep: SweepSpec) -> None:
        chip, workload = read_spec("chip", sweep.chip), read_spec("workload", sweep.workload)
        self._sweep = sweep
        self._located = _locator(sweep, [ChipModel, workload_model(workload)])
        self._keys = Keys(sweep, chip, workload)
        self._fixed = {path: self._located(path, value) for path, value in sweep.model.overrides.items()}

    def points(self, index: int, values: tuple[Any, ...], counts: Levels | None = None) -> list[Point]:
        """All replicates of the point of this number; the point itself in a sweep without replicates.

        Args:
            index: of the point.
            values: of all axes.
            counts: replicates by factor; None for those to begin with.

        Raises:
            SpecError, ChipsimError: an axis leads nowhere.
        """
        return [self.point(index, values, levels) for levels in levels_of(self._sweep.replicates, counts)]

    def point(self, index: int, values: tuple[Any, ...], levels: Levels = ()) -> Point:
        """The point of this number at values of all axes, or a replicate of it.

        Raises:
            SpecError, ChipsimError: an axis leads nowhere.
        """
        varied = set_by(self._sweep, values)
        overrides = {**self._fixed, **{path: self._located(path, value) for path, value in varied.items()}}
        seeds = seeds_of(self._sweep.replicates, levels)
        seed = seeds.pop("seed", self._sweep.model.seed)
        overrides |= seeds
        with attribute_to_axis(self._sweep, varied):
            key, activity = self._keys.of(overrides, seed)
        return Point(index, values, overrides, key, activity, seed, levels)


def points_of(sweep: SweepSpec) -> list[Point]:
    """All points, in file order: the last axis varies fastest. Of each, all replicates to begin with.

    Raises:
        SpecError, ChipsimError: too many points, or the path of an axis does not exist.
    """
    maker = PointMaker(sweep)
    return [point for index, values in enumerate(combinations(sweep)) for point in maker.points(index, values)]


def reference_index(sweep: SweepSpec, points: list[Point]) -> int:
    """Index of the reference point: the requested one, else the first."""
    wanted = sweep.model.reference or {}
    keys = {axis.path: axis.key(wanted[axis.path]) for axis in sweep.axes if axis.path in wanted}
    for point in points:
        pairs = zip(sweep.axes, point.values, strict=True)
        if all(axis.key(value) == keys[axis.path] for axis, value in pairs if axis.path in keys):
            return point.index
    return 0


def set_by(sweep: SweepSpec, values: tuple[Any, ...]) -> dict[str, Any]:
    """Settings of a point: path -> value, for axes and followers."""
    varied = dict(zip((axis.path for axis in sweep.axes), values, strict=True))
    return varied | {each.path: each.value(varied[each.axis.path]) for each in sweep.followers}


def check_points(sweep: SweepSpec, points: list[Point]) -> None:
    """Plan points until each value of each axis occurs in a valid one.

    Long axes are represented by some evenly spread values, random ones by their extremes.

    Raises:
        SpecError, SpecErrors, ChipsimError: names the axis and the value without a valid point, or the replicate whose
            seeds are too large.
    """
    sound: set[tuple[str, str]] = set()
    refused: dict[int, ChipsimError] = {}
    unsound: list[tuple[Axis, int, Point]] = []
    for number, axis in enumerate(sweep.axes):
        for key, mine in _by_value(axis, number, points).items():
            priced_alone = axis.path.startswith("prices.") and bool(sound)
            for point in mine:
                if (axis.path, key) in sound:
                    break
                if point.index in refused:
                    continue
                try:
                    _plan(sweep, point, priced_alone)
                except ChipsimError as error:
                    refused[point.index] = error
                else:
                    sound |= {(a.path, a.key(v)) for a, v in zip(sweep.axes, point.values, strict=True)}
                    good = point.index
            if (axis.path, key) not in sound:
                unsound.append((axis, number, mine[0]))
    if not unsound:
        if sweep.replicates and sound:
            _check_last(sweep, max((one for one in points if one.index == good), key=lambda one: one.levels))
        return
    axis, number, point = unsound[0]
    cause = refused[point.index]
    if sound:
        raise _blamed(sweep, axis, point.values[number], cause)
    # If no point is valid, the axis is named only if the error is about its path.
    with attribute_to_axis(sweep, {axis.path: point.values[number]}):
        raise cause


def _check_last(sweep: SweepSpec, last: Point) -> None:
    """Plan the last replicate of a valid point: its seeds are the largest."""
    try:
        _plan(sweep, last, False)
    except ChipsimError as error:
        raise _named(sweep, ("replicates",), "the last one", error) from None


def _blamed(sweep: SweepSpec, axis: Axis, value: Any, error: ChipsimError) -> SpecError:
    return _named(sweep, ("axes", axis.path), repr(value), error)


def _named(sweep: SweepSpec, where: tuple[str, ...], what: str, error: ChipsimError) -> SpecError:
    """An error of a plan, at the place of the sweep that it follows from."""
    errors = error.errors if isinstance(error, SpecErrors) else [error]
    cause = "; ".join(str(one).removeprefix("--set: ") for one in errors)
    return fail(sweep.document, where, f"{what}: {cause}", code=errors[0].code)


def _plan(sweep: SweepSpec, point: Point, priced_alone: bool) -> None:
    """Plan a point, or only its prices if its chip has been planned already."""
    model = sweep.model
    if priced_alone:
        plan_prices(sweep.chip, sweep.workload, point.overrides, sweep.prices, model.scope)
        return
    planned(sweep.chip, sweep.workload, point.overrides, sweep.prices, model.scope).lanes(model.lanes)


def _by_value(axis: Axis, number: int, points: list[Point]) -> dict[str, list[Point]]:
    """Points by value of an axis; random values of a range are represented by their extremes."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(axis.key(point.values[number]), []).append(point)
    if axis.spacing == "list" or len(found) <= len(axis.values):
        return {key: found[key] for key in spread(list(found), MAX_CHECKED)}
    order = sorted(found, key=lambda key: axis.number(found[key][0].values[number]) or 0.0)
    return {key: found[key] for key in (order[0], order[-1])}


@contextmanager
def attribute_to_axis(sweep: SweepSpec, values: dict[str, Any]) -> Iterator[None]:
    """Context that adds axis and value to errors about settings."""
    try:
        yield
    except ChipsimError as error:
        errors = error.errors if isinstance(error, SpecErrors) else [error]
        if any(isinstance(one, SpecError) and one.place and one.place.source != "--set" for one in errors):
            raise
        cause = "; ".join(str(one).removeprefix("--set: ") for one in errors)
        path = next((path for path in values if path in cause), next(iter(values)))
        raise fail(sweep.document, ("axes", path), f"{values[path]!r}: {cause}", code=errors[0].code) from None


def _locator(sweep: SweepSpec, models: list[type[BaseModel]]) -> Callable[[str, Any], Any]:
    """Function that resolves file names relative to the sweep file; paths without files are detected once."""
    file = Path(sweep.document.source)
    paths: dict[str, KeyPath | None] = {}

    def located(text: str, value: Any) -> Any:
        if text not in paths:
            path = path_of(text)
            keys = [key for model in models for key in file_keys(model)]
            paths[text] = path if any(key[: len(path)] == path for key in keys) else None
        found = paths[text]
        return value if found is None else located_override(file, found, value, models)

    return located
