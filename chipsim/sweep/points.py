"""The points of a sweep, each with two keys made from content alone.

`key` names a point: resolved specs, prices, seed, how many lanes. `activity` leaves out the prices: points that differ
in nothing else share one simulation. Both are cheap, so that a finished sweep is recognised without elaborating a chip.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from chipsim.errors import ChipsimError, SpecError, SpecErrors
from chipsim.runs.plan import plan, plan_prices
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import read_spec
from chipsim.spec.document import KeyPath
from chipsim.spec.model import fail
from chipsim.spec.named_files import file_keys, located_override
from chipsim.spec.overrides import path_of
from chipsim.sweep.keys import Keys
from chipsim.sweep.spec import SweepSpec
from chipsim.workloads.registry import workload_model

MAX_POINTS = 100_000
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


def points_of(sweep: SweepSpec) -> list[Point]:
    """All points, in the order of the file: the last axis varies fastest.

    Raises:
        SpecError, ChipsimError: there are too many, or an axis leads nowhere.
    """
    chip = read_spec("chip", sweep.model.chip)
    workload = read_spec("workload", sweep.model.workload)
    located = _locator(sweep, [ChipModel, workload_model(workload)])
    keys = Keys(sweep, chip, workload)
    fixed = {path: located(path, value) for path, value in sweep.model.overrides.items()}
    out = []
    for index, values in enumerate(_combinations(sweep)):
        varied = dict(zip((axis.path for axis in sweep.axes), values, strict=True))
        overrides = {**fixed, **{path: located(path, value) for path, value in varied.items()}}
        with attribute_to_axis(sweep, varied):
            key, activity = keys.of(overrides)
        out.append(Point(index, values, overrides, key, activity))
    return out


def reference_index(sweep: SweepSpec, points: list[Point]) -> int:
    """The point that the others are compared with: the one asked for, else the first."""
    wanted = sweep.model.reference or {}
    chosen = [axis.path in wanted for axis in sweep.axes]
    for point in points:
        pairs = zip(sweep.axes, point.values, chosen, strict=True)
        if all(value == wanted[axis.path] for axis, value, use in pairs if use):
            return point.index
    return 0


def check_points(sweep: SweepSpec, points: list[Point]) -> None:
    """Plan one point for each value of each axis, so that what cannot be is refused before anything is computed.

    Of many values, some evenly spread ones stand for the others; of values that were drawn, the extremes.

    Raises:
        SpecError, SpecErrors, ChipsimError: names the axis and the value.
    """
    model = sweep.model
    for axis, path in enumerate(model.axes):
        tried: dict[str, Point] = {}
        for point in points:
            tried.setdefault(json.dumps(point.values[axis]), point)
        wanted = list(tried.values())
        if model.points != "grid" and sweep.axes[axis].spacing != "list":
            wanted.sort(key=lambda point: sweep.axes[axis].number(point.values[axis]) or 0.0)
            wanted = [wanted[0], wanted[-1]]
        for number, point in enumerate(spread(wanted, MAX_CHECKED)):
            with attribute_to_axis(sweep, {path: point.values[axis]}):
                # Points that differ in prices alone share a chip.
                if number and path.startswith("prices."):
                    plan_prices(model.chip, model.workload, point.overrides, model.prices, model.scope)
                else:
                    plan(model.chip, model.workload, point.overrides, model.prices, model.scope)


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


def _combinations(sweep: SweepSpec) -> Iterator[tuple[Any, ...]]:
    if sweep.model.points != "grid":
        random = np.random.default_rng(sweep.model.points.seed)
        for _ in range(sweep.model.points.random):
            yield tuple(axis.draw(random) for axis in sweep.axes)
        return
    number = int(np.prod([float(len(axis.values)) for axis in sweep.axes]))
    if number > MAX_POINTS:
        raise fail(
            sweep.document, ("axes",), f"{number:,} points; a sweep has at most {MAX_POINTS:,}", code="spec.too-large"
        )
    yield from itertools.product(*(axis.values for axis in sweep.axes))


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
