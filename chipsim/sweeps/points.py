"""The points of a sweep, each with two keys made from content alone.

`key` names a point: resolved specs, prices, seed, how many lanes. `activity` leaves out the prices: points that differ
in nothing else share one simulation. Both are cheap, so that a finished sweep is recognised without elaborating a chip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from chipsim.errors import ChipsimError, SpecError, SpecErrors
from chipsim.runs.plan import plan, plan_prices
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import read_spec
from chipsim.spec.document import KeyPath
from chipsim.spec.model import fail
from chipsim.spec.named_files import file_keys, located_override
from chipsim.spec.overrides import path_of
from chipsim.sweeps.axes import Axis
from chipsim.sweeps.combinations import combinations
from chipsim.sweeps.keys import Keys
from chipsim.sweeps.spec import SweepSpec
from chipsim.workloads.registry import workload_model

# Values of an axis that are planned before anything is computed; what is wrong with another one is found at its point.
MAX_CHECKED = 100

Item = TypeVar("Item")


@dataclass(frozen=True)
class Point:
    """One combination of values.

    Attributes:
        index: its number in the sweep, from 0.
        values: one for each axis.
        overrides: all that is set, fixed and varied.
        key: names the point.
        activity: names what is simulated for it.
    """

    index: int
    values: tuple[Any, ...]
    overrides: dict[str, Any]
    key: str
    activity: str


class PointMaker:
    """Makes points of a sweep from values of its axes."""

    def __init__(self, sweep: SweepSpec) -> None:
        chip, workload = read_spec("chip", sweep.chip), read_spec("workload", sweep.workload)
        self._sweep = sweep
        self._located = _locator(sweep, [ChipModel, workload_model(workload)])
        self._keys = Keys(sweep, chip, workload)
        self._fixed = {path: self._located(path, value) for path, value in sweep.model.overrides.items()}

    def point(self, index: int, values: tuple[Any, ...]) -> Point:
        """The point of this number at values of all axes.

        Raises:
            SpecError, ChipsimError: an axis leads nowhere.
        """
        varied = set_by(self._sweep, values)
        overrides = {**self._fixed, **{path: self._located(path, value) for path, value in varied.items()}}
        with attribute_to_axis(self._sweep, varied):
            key, activity = self._keys.of(overrides)
        return Point(index, values, overrides, key, activity)


def points_of(sweep: SweepSpec) -> list[Point]:
    """All points, in the order of the file: the last axis varies fastest.

    Raises:
        SpecError, ChipsimError: there are too many, or an axis leads nowhere.
    """
    maker = PointMaker(sweep)
    return [maker.point(index, values) for index, values in enumerate(combinations(sweep))]


def reference_index(sweep: SweepSpec, points: list[Point]) -> int:
    """The point that the others are compared with: the one asked for, else the first."""
    wanted = sweep.model.reference or {}
    keys = {axis.path: axis.key(wanted[axis.path]) for axis in sweep.axes if axis.path in wanted}
    for point in points:
        pairs = zip(sweep.axes, point.values, strict=True)
        if all(axis.key(value) == keys[axis.path] for axis, value in pairs if axis.path in keys):
            return point.index
    return 0


def set_by(sweep: SweepSpec, values: tuple[Any, ...]) -> dict[str, Any]:
    """What a point sets: path -> value, of its axes and of what follows them."""
    varied = dict(zip((axis.path for axis in sweep.axes), values, strict=True))
    return varied | {each.path: each.value(varied[each.axis.path]) for each in sweep.followers}


def check_points(sweep: SweepSpec, points: list[Point]) -> None:
    """Plan points until each value of each axis stands in one that can be.

    Of many values, some evenly spread ones stand for the others; of values that were drawn, the extremes.

    Raises:
        SpecError, SpecErrors, ChipsimError: names the axis and the value with which no point can be.
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
            if (axis.path, key) not in sound:
                unsound.append((axis, number, mine[0]))
    if not unsound:
        return
    axis, number, point = unsound[0]
    cause = refused[point.index]
    if sound:
        raise _blamed(sweep, axis, point.values[number], cause)
    # Where nothing can be, the axis is not to blame, unless the complaint is about what it sets.
    with attribute_to_axis(sweep, {axis.path: point.values[number]}):
        raise cause


def _blamed(sweep: SweepSpec, axis: Axis, value: Any, error: ChipsimError) -> SpecError:
    errors = error.errors if isinstance(error, SpecErrors) else [error]
    said = "; ".join(str(one).removeprefix("--set: ") for one in errors)
    return fail(sweep.document, ("axes", axis.path), f"{value!r}: {said}", code=errors[0].code)


def _plan(sweep: SweepSpec, point: Point, priced_alone: bool) -> None:
    """Plan a point, or, where others with its chip have been planned, its prices alone."""
    model = sweep.model
    if priced_alone:
        plan_prices(sweep.chip, sweep.workload, point.overrides, sweep.prices, model.scope)
        return
    plan(sweep.chip, sweep.workload, point.overrides, sweep.prices, model.scope).lanes(model.lanes)


def _by_value(axis: Axis, number: int, points: list[Point]) -> dict[str, list[Point]]:
    """Points by value of an axis; of values that were drawn from a range, the extremes stand for the others."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(axis.key(point.values[number]), []).append(point)
    if axis.spacing == "list" or len(found) <= len(axis.values):
        return {key: found[key] for key in spread(list(found), MAX_CHECKED)}
    order = sorted(found, key=lambda key: axis.number(found[key][0].values[number]) or 0.0)
    return {key: found[key] for key in (order[0], order[-1])}


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """All items, or so many of them, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


@contextmanager
def attribute_to_axis(sweep: SweepSpec, values: dict[str, Any]) -> Iterator[None]:
    """Say which value of which axis is behind a complaint about what was set."""
    try:
        yield
    except ChipsimError as error:
        errors = error.errors if isinstance(error, SpecErrors) else [error]
        if any(isinstance(one, SpecError) and one.place and one.place.source != "--set" for one in errors):
            raise
        said = "; ".join(str(one).removeprefix("--set: ") for one in errors)
        path = next((path for path in values if path in said), next(iter(values)))
        raise fail(sweep.document, ("axes", path), f"{values[path]!r}: {said}", code=errors[0].code) from None


def _locator(sweep: SweepSpec, models: list[type[BaseModel]]) -> Callable[[str, Any], Any]:
    """What puts the files that the sweep names beside the sweep; paths that name no files are told apart once."""
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
