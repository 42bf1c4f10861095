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
    replicates: {seed: 8, training.seed: 3}            means over 8 x 3 runs of each point, with t-intervals

All points have the same seeds, so that they can be compared lane by lane and replicate by replicate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import fspath
from typing import Annotated, Any, Literal

from pydantic import Field

from chipsim.errors import did_you_mean
from chipsim.prices.scopes import Scope
from chipsim.runs.specs import Spec, source_of
from chipsim.spec.compose import Given, SpecSource, called, read_spec
from chipsim.spec.dicts import document_of, plain_set
from chipsim.spec.document import Document, KeyPath, read_document
from chipsim.spec.fields import Quantity, SpecFile, Whole
from chipsim.spec.model import SpecModel, errors_located_at, fail, validate
from chipsim.spec.named_files import located
from chipsim.spec.presets import find
from chipsim.sweeps.axes import Axis, read_axis
from chipsim.sweeps.constraints import Constraint, read_constraints
from chipsim.sweeps.follow import Follower, read_follower
from chipsim.sweeps.known_metrics import check_known
from chipsim.sweeps.metrics import INTERVALS
from chipsim.sweeps.replicates import Factor, ReplicateRule, read_factors, read_goals, read_replicate_rule
from chipsim.workloads.parameters import Parameters, with_units

LANES = 64
# Keys that name a spec, and what it is.
SPECS = {"chip": "chip", "workload": "workload", "prices": "price table"}


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
    axes: dict[str, Any] = Field(min_length=1, max_length=64)
    zip: list[str] | list[list[str]] = []
    follow: dict[str, Any] = {}
    points: Literal["grid"] | RandomPoints = "grid"
    seed: Annotated[int, Whole(ge=0, le=2**63 - 1)] = 0
    lanes: Annotated[int, Whole(ge=1, le=1_000_000)] | None = None
    until: dict[str, Any] | None = None
    replicates: dict[str, Annotated[int, Whole(ge=2, le=10_000)]] = {}
    metrics: list[str] = Field(min_length=1)
    maximise: list[str] = []
    constraints: list[str] = []
    reference: dict[str, Any] | None = None


class Limits(SpecModel):
    """Limits for points that have not reached their precision."""

    max_lanes: Annotated[int, Whole(ge=64, le=1_000_000)]
    max_time: Annotated[float, Quantity("s", gt=0, le=1e9)] | None = None


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
    """A sweep, read and checked as far as can be said without a chip.

    Attributes:
        document: as it was written.
        model: its keys.
        chip, workload, prices: the specs that it is about; no prices stands for those of the chip.
        axes: what is varied.
        zipped: paths of axes that move together.
        followers: values that follow an axis.
        constraints: what a design must keep.
        stop: when a point is known well enough; None for a fixed number of lanes.
        replicates: what replicates of a point vary; none for one run of each point.
        more: when a mean over replicates is known well enough; None for a fixed number of replicates.
    """

    document: Document
    model: SweepModel
    chip: SpecSource
    workload: SpecSource
    prices: SpecSource | None
    axes: tuple[Axis, ...]
    zipped: tuple[tuple[str, ...], ...]
    followers: tuple[Follower, ...]
    constraints: tuple[Constraint, ...]
    stop: StopRule | None
    replicates: tuple[Factor, ...]
    more: ReplicateRule | None


def read_sweep(
    given: Given,
    scope: Scope | None = None,
    set: Mapping[str, Any] | None = None,
    asked: bool = False,
    si: bool = False,
) -> SweepSpec:
    """Read a sweep.

    Args:
        given: preset name or file, or a dict with the keys of a file, whose chip and workload may be dicts or objects.
        scope: what totals count, instead of what the sweep says.
        set: path -> value, set in all points, before what the sweep sets.
        asked: whether values of the axes will be asked for one point at a time, so that ranges need no `points`.
        si: whether floats of quantities are in SI, in `set` and in a dict, as from Python.

    Raises:
        SpecError, SpecErrors, ChipsimError: with place, rule and remedy.
    """
    document, sources, overrides = _parts(given)
    model = validate(SweepModel, located(document, SweepModel))
    chip, workload = sources.get("chip", model.chip), sources.get("workload", model.workload)
    prices = sources.get("prices", model.prices)
    with errors_located_at(document, ("workload",)):
        about = read_spec("workload", workload)
    with errors_located_at(document, ("chip",)):
        parameters, changes = Parameters(read_spec("chip", chip), about), plain_set(set)
    if prices is not None:
        with errors_located_at(document, ("prices",)):
            read_spec("price table", prices)
    if si:
        changes = with_units(changes, parameters)
    if si and isinstance(given, Mapping):
        document = replace(document, value={**document.value, "axes": with_units(model.axes, parameters)})
        model = model.model_copy(update={"overrides": with_units(model.overrides, parameters)})
    overrides = {**overrides, **model.overrides, **changes}
    model = model.model_copy(update={"scope": scope or model.scope, "overrides": overrides})
    for path in model.axes:
        if path in model.overrides:
            raise fail(document, ("set", path), "is an axis too; remove one of the two", code="spec.duplicate")
    if asked and (model.points != "grid" or model.zip):
        key = "zip" if model.zip else "points"
        raise fail(document, (key,), "has no effect on points of a Search; remove it", code="spec.no-effect")
    sampled = asked or model.points != "grid"
    axes = tuple(read_axis(document, path, sampled, parameters.is_whole(path)) for path in model.axes)
    followers = tuple(read_follower(document, path, axes) for path in model.follow)
    constraints = read_constraints(document, model.constraints)
    _check_metrics(document, model)
    _check_reference(document, model, axes)
    zipped = _zipped(document, model, axes)
    varied = {*model.axes, *model.follow}
    replicates = read_factors(document, model.replicates, {**model.overrides, "seed": model.seed}, varied, parameters)
    stop = None if replicates else _stop_rule(document, model)
    more = read_replicate_rule(document, model.until, replicates) if replicates else None
    goals = {} if more is None else more.goals
    check_known(document, about, [*_named_metrics(model, constraints), *((("until", name), name) for name in goals)])
    return SweepSpec(
        document, model, chip, workload, prices, axes, zipped, followers, constraints, stop, replicates, more
    )


def _named_metrics(model: SweepModel, constraints: Sequence[Constraint]) -> Iterator[tuple[KeyPath, str]]:
    """Where the spec names metrics, and which."""
    for index, metric in enumerate(model.metrics):
        yield ("metrics", index), metric
    for index, constraint in enumerate(constraints):
        yield ("constraints", index), constraint.metric


def _parts(given: Given) -> tuple[Document, dict[str, SpecSource], dict[str, Any]]:
    """The sweep as a document that names its specs; those which it holds as dicts or objects; what these set."""
    if isinstance(given, Document):
        return given, {}, {}
    if not isinstance(given, Mapping):
        return read_document(find("sweep", fspath(given))), {}, {}
    held = {key: given[key] for key in SPECS if isinstance(given.get(key), Mapping | Spec)}
    sources = {key: source_of(SPECS[key], spec) for key, spec in held.items()}
    names = {key: called(source) for key, source in sources.items()}
    overrides = [spec.overrides for spec in held.values() if isinstance(spec, Spec)]
    document = document_of("sweep", {**given, **names})
    return document, sources, {path: value for changes in overrides for path, value in changes.items()}


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
    for metric in model.until:
        if metric not in limit_keys and metric not in INTERVALS:
            complaint = f'"{metric}" has no confidence interval over lanes; {did_you_mean(metric, INTERVALS)}'
            remedy = ", or add replicates, over which any metric has one"
            raise fail(document, ("until", metric), complaint + remedy, code="sweep.unknown-metric")
    goals = read_goals(document, model.until, set(limit_keys))
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
