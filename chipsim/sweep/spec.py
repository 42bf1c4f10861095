"""A sweep file: chip, workload, axes, metrics and stop rule.

    chip: dtca-70
    workload: spin-glass
    set: {schedule.sweeps: 1000}
    axes:
      fabric.pattern: [G8, G12]
      cells.relaxation_time: {from: 50 ns, to: 400 ns, points: 4, spacing: log}
    metrics: [joules_per_effective_sample, seconds_per_effective_sample]
    until: {joules_per_effective_sample: 5 %, max_lanes: 1024}

An axis is any path of `--set`. Further keys:

    zip: [fabric.size, readout.wire_length]            axes that move together
    follow: {clock.phase: 2 x cells.relaxation_time}   values that follow an axis
    constraints: [area_m2 < 2 mm^2]                    required of the best design and of the front
    points: {random: 100, method: sobol}               points drawn from the axes, instead of all combinations

All points have the same seed, so that they can be compared lane by lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from chipsim import units
from chipsim.errors import did_you_mean
from chipsim.prices.scopes import Scope
from chipsim.spec.document import Document, read_document
from chipsim.spec.fields import Quantity, SpecFile, Whole
from chipsim.spec.model import SpecModel, fail, validate
from chipsim.spec.named_files import located
from chipsim.spec.presets import find
from chipsim.sweep.axes import Axis, read_axis
from chipsim.sweep.constraints import Constraint, read_constraints
from chipsim.sweep.follow import Follower, read_follower
from chipsim.sweep.metrics import INTERVALS
from chipsim.sweep.parameters import Parameters

LANES = 64


class RandomPoints(SpecModel):
    """Number of distinct random points (or all, if fewer exist), independent or low-discrepancy."""

    random: Annotated[int, Whole(ge=1, le=100_000)]
    seed: Annotated[int, Whole(ge=0, le=2**63 - 1)] = 0
    method: Literal["independent", "latin-hypercube", "sobol"] = "independent"


class SweepModel(SpecModel):
    """The keys of a sweep file."""

    chipsim: Literal[1]
    name: str
    description: str = ""
    chip: SpecFile
    workload: SpecFile
    overrides: dict[str, Any] = Field(default={}, alias="set")
    prices: SpecFile | None = None
    scope: Scope = "system"
    axes: dict[str, Any] = Field(min_length=1)
    zip: list[str] | list[list[str]] = []
    follow: dict[str, Any] = {}
    points: Literal["grid"] | RandomPoints = "grid"
    seed: Annotated[int, Whole(ge=0, le=2**63 - 1)] = 0
    lanes: Annotated[int, Whole(ge=1, le=1_000_000)] | None = None
    until: dict[str, Any] | None = None
    metrics: list[str] = Field(min_length=1)
    maximise: list[str] = []
    constraints: list[str] = []
    reference: dict[str, Any] | None = None


class Limits(SpecModel):
    """Limits for points that have not reached their precision."""

    max_lanes: Annotated[int, Whole(ge=64, le=1_000_000)]
    max_time: Annotated[float, Quantity("s", gt=0)] | None = None


@dataclass(frozen=True)
class StopRule:
    """Required precision of metrics.

    Attributes:
        goals: metric -> half width of its 95 % interval, relative to its value.
        max_lanes: upper limit of lanes.
        max_time_s: no lanes are added after this time per point.
    """

    goals: dict[str, float]
    max_lanes: int
    max_time_s: float | None


@dataclass(frozen=True)
class SweepSpec:
    """A sweep file, validated as far as possible without a chip."""

    document: Document
    model: SweepModel
    axes: tuple[Axis, ...]
    zipped: tuple[tuple[str, ...], ...]
    followers: tuple[Follower, ...]
    constraints: tuple[Constraint, ...]
    stop: StopRule | None


def read_sweep(name: str, scope: Scope | None = None) -> SweepSpec:
    """Read a sweep by preset name or file.

    Args:
        name: of the sweep.
        scope: of totals, overriding the file.

    Raises:
        SpecError, SpecErrors, ChipsimError: with place, rule and remedy.
    """
    document = read_document(find("sweep", name))
    model = validate(SweepModel, located(document, SweepModel))
    model = model if scope is None else model.model_copy(update={"scope": scope})
    for path in model.axes:
        if path in model.overrides:
            raise fail(document, ("set", path), "is also an axis; remove one of the two", code="spec.duplicate")
    parameters, sampled = Parameters(model.chip, model.workload), model.points != "grid"
    axes = tuple(read_axis(document, path, sampled, parameters.is_whole(path)) for path in model.axes)
    followers = tuple(read_follower(document, path, axes) for path in model.follow)
    constraints = read_constraints(document, model.constraints)
    _check_metrics(document, model)
    _check_reference(document, model, axes)
    return SweepSpec(
        document, model, axes, _zipped(document, model, axes), followers, constraints, _stop_rule(document, model)
    )


def _zipped(document: Document, model: SweepModel, axes: tuple[Axis, ...]) -> tuple[tuple[str, ...], ...]:
    """Groups of axes that move together."""
    groups = [model.zip] if model.zip and isinstance(model.zip[0], str) else model.zip
    known = {axis.path: axis for axis in axes}
    seen: list[str] = []
    for group in groups:
        for path in group:
            if path not in known:
                raise fail(
                    document, ("zip",), f"unknown axis {path}; {did_you_mean(path, known)}", code="spec.unknown-path"
                )
            if path in seen:
                raise fail(document, ("zip",), f"duplicate axis {path}", code="spec.duplicate")
            seen.append(path)
        sizes = {path: len(known[path].values) for path in group}
        kinds = {known[path].spacing == "list" for path in group}
        if len(set(sizes.values())) > 1 or (len(kinds) > 1 and model.points != "grid"):
            sizes_shown = ", ".join(f"{path} has {size}" for path, size in sizes.items())
            complaint = f"zipped axes need equal numbers of values; {sizes_shown}"
            raise fail(document, ("zip",), complaint, code="spec.rule")
    return tuple(tuple(group) for group in groups)


def _check_metrics(document: Document, model: SweepModel) -> None:
    for index, metric in enumerate(model.metrics):
        if metric in model.metrics[:index]:
            raise fail(document, ("metrics", index), f'duplicate metric "{metric}"', code="spec.duplicate")
    for index, metric in enumerate(model.maximise):
        if metric not in model.metrics:
            complaint = f'"{metric}" is not among the metrics; {did_you_mean(metric, model.metrics)}'
            raise fail(document, ("maximise", index), complaint, code="sweep.unknown-metric")


def _check_reference(document: Document, model: SweepModel, axes: tuple[Axis, ...]) -> None:
    if model.reference is None:
        return
    if model.points != "grid":
        raise fail(
            document,
            ("reference",),
            "the reference of random points is the first one; remove this key",
            code="sweep.bad-reference",
        )
    known = {axis.path: axis for axis in axes}
    for path, value in model.reference.items():
        if path not in known:
            raise fail(
                document, ("reference", path), f"unknown axis; {did_you_mean(path, known)}", code="sweep.bad-reference"
            )
        if not known[path].has(value):
            complaint = f"{value!r} is not a value of the axis: {known[path].values!r}"
            raise fail(document, ("reference", path), complaint, code="sweep.bad-reference")


def _stop_rule(document: Document, model: SweepModel) -> StopRule | None:
    if model.until is None:
        return None
    if "max_lanes" not in model.until:
        raise fail(document, ("until",), "needs max_lanes, for example max_lanes: 4096", code="spec.missing-key")
    limit_keys = {key: value for key, value in model.until.items() if key in Limits.model_fields}
    limits = validate(Limits, Document(document.source, {"until": limit_keys}, document.places), ("until",))
    goals = {key: _goal(document, key, value) for key, value in model.until.items() if key not in limit_keys}
    if not goals:
        example = '"joules_per_effective_sample: 2 %"'
        raise fail(
            document,
            ("until",),
            f"needs a metric and its precision, for example {example}; or remove until",
            code="spec.missing-key",
        )
    lanes = LANES if model.lanes is None else model.lanes
    for key in ("lanes", "max_lanes"):
        number, path = (lanes, ("lanes",)) if key == "lanes" else (limits.max_lanes, ("until", key))
        if number % 64:
            raise fail(
                document,
                path,
                f"{number} is not a multiple of 64; lanes are added in groups of 64",
                code="sweep.bad-lanes",
            )
    if limits.max_lanes < lanes:
        raise fail(
            document,
            ("until", "max_lanes"),
            f"max_lanes is {limits.max_lanes}, below lanes, which is {lanes}",
            code="sweep.too-few-lanes",
        )
    return StopRule(goals, limits.max_lanes, limits.max_time)


def _goal(document: Document, metric: str, value: object) -> float:
    path = ("until", metric)
    if metric not in INTERVALS:
        raise fail(
            document,
            path,
            f'"{metric}" has no confidence interval; {did_you_mean(metric, INTERVALS)}',
            code="sweep.unknown-metric",
        )
    if not isinstance(value, str) or units.unit_of(value) != "%":
        raise fail(document, path, f'{value!r} is not a relative width; write for example "2 %"', code="spec.no-unit")
    width = float(value.strip().removesuffix("%"))
    if not 0 < width < 100:
        raise fail(document, path, f"{value} is not between 0 % and 100 %", code="spec.out-of-range")
    return width / 100
