"""The points of a sweep, each with two keys made from content alone.

`key` names a point: resolved specs, prices, seed, how many lanes. `activity` leaves out the prices: points that differ
in nothing else share one simulation. Both are cheap, so that a finished sweep is recognised without elaborating a chip.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from chipsim.errors import ChipsimError, SpecError, SpecErrors
from chipsim.runs.identity import SHOWING, code, input_hashes, outside_code
from chipsim.runs.plan import plan
from chipsim.sources.modules import short_hash
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import read_spec
from chipsim.spec.document import Document, leaves
from chipsim.spec.model import fail
from chipsim.spec.named_files import located, located_override, without_files
from chipsim.spec.overrides import apply_overrides, path_of, split_overrides
from chipsim.sweep.axes import Axis
from chipsim.sweep.combinations import combinations
from chipsim.sweep.spec import SweepSpec
from chipsim.workloads.registry import read_workload, workload_keys, workload_model

# Keys that change what is said about a run, and not what is simulated.
_PRICING = {"price_table", "prices", "name", "description"}
_NAMES = {"name", "description"}


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
    models: list[type[BaseModel]] = [ChipModel, workload_model(workload)]
    # Each file is read once, however many points name it.
    files: dict[Path, str] = {}
    out = []
    for index, values in enumerate(combinations(sweep)):
        varied = set_by(sweep, values)
        overrides = _located(sweep, {**sweep.model.overrides, **varied}, models)
        with attribute_to_axis(sweep, varied):
            key, activity = _keys(sweep, chip, workload, overrides, files)
        out.append(Point(index, values, overrides, key, activity))
    return out


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

    Raises:
        SpecError, SpecErrors, ChipsimError: names the axis and the value with which no point can be.
    """
    sound: set[tuple[str, str]] = set()
    refused: dict[int, ChipsimError] = {}
    unsound: list[tuple[Axis, int, Point]] = []
    for number, axis in enumerate(sweep.axes):
        for key, mine in _by_value(axis, number, points).items():
            for point in mine:
                if (axis.path, key) in sound:
                    break
                if point.index in refused:
                    continue
                try:
                    _plan(sweep, point)
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


def _plan(sweep: SweepSpec, point: Point) -> None:
    model = sweep.model
    plan(model.chip, model.workload, point.overrides, model.prices, model.scope).lanes(model.lanes)


def _by_value(axis: Axis, number: int, points: list[Point]) -> dict[str, list[Point]]:
    """Points by value of an axis; of values that were drawn from a range, the extremes stand for the others."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(axis.key(point.values[number]), []).append(point)
    if axis.spacing == "list" or len(found) <= len(axis.values):
        return found
    order = sorted(found, key=lambda key: axis.number(found[key][0].values[number]) or 0.0)
    return {key: found[key] for key in (order[0], order[-1])}


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


def _located(sweep: SweepSpec, overrides: dict[str, Any], models: list[type[BaseModel]]) -> dict[str, Any]:
    """What the sweep sets, with the files that it names beside the sweep."""
    file = Path(sweep.document.source)
    return {path: located_override(file, path_of(path), value, models) for path, value in overrides.items()}


def _keys(
    sweep: SweepSpec, chip: Document, workload: Document, overrides: dict[str, Any], files: dict[Path, str]
) -> tuple[str, str]:
    parts = split_overrides(overrides, workload_keys(workload))
    changed = apply_overrides(chip, parts["chip"], "chip")
    chip_value = changed.value
    work = apply_overrides(workload, parts["workload"], "workload")
    activity = short_hash(
        {
            "code": code(SHOWING),
            "seed": sweep.model.seed,
            "lanes": sweep.model.lanes,
            "stop": None if sweep.stop is None else asdict(sweep.stop),
            "chip": _without(chip_value, _PRICING),
            "platforms": parts["platforms"],
            "workload": without_files(_without(work.value, _NAMES), workload_model(work)),
            "outside": _outside(chip_value, work.value),
            "inputs": _inputs(work, files),
        }
    )
    table = sweep.model.prices
    if table is None and isinstance(chip_value, dict):
        table = located(changed, ChipModel).value.get("price_table")
    pricing = [chip_value, parts["prices"], _price_rows(str(table)), sweep.model.scope]
    return short_hash([activity, pricing]), activity


def _outside(chip: Any, workload: Any) -> dict[str, str]:
    """Code of what is not built in; nothing where it is not there, which planning reports."""
    kinds = frozenset(str(leaf) for path, leaf in leaves(chip) if path[-1:] == ("kind",) and leaf != "container")
    try:
        return outside_code(kinds, str(workload["workload"]))
    except (ChipsimError, KeyError, TypeError):
        return {}


def _inputs(workload: Document, files: dict[Path, str]) -> dict[str, str]:
    """Hashes of the files that a run would read; nothing where it could not be, which planning reports."""
    try:
        return input_hashes(read_workload(workload), files)
    except (ChipsimError, OSError):
        return {}


@cache
def _price_rows(name: str) -> Any:
    """A price table with all that it extends; None where there is none, which planning reports."""
    try:
        return read_spec("price table", name).value
    except ChipsimError:
        return None


def _without(value: Any, keys: set[str]) -> Any:
    return {k: v for k, v in value.items() if k not in keys} if isinstance(value, dict) else value
