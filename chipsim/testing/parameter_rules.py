"""Rules for the parameters of every kind: units, bounds and strict validation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import ValidationError

from chipsim.errors import SpecErrors
from chipsim.spec.fields import Quantity
from chipsim.testing.subject import Subject

# Parameters with these suffixes must have a unit.
_DIMENSIONED = (
    "time", "latency", "period", "delay", "length", "pitch", "capacitance", "resistance", "voltage", "swing", "current",
    "temperature", "power", "energy", "frequency", "bandwidth",
)  # fmt: skip


class Form(NamedTuple):
    """One of the forms that a parameter may take; bounds as (value, whether the bound itself is allowed)."""

    type: Any
    unit: str | None
    low: tuple[float, bool] | None
    high: tuple[float, bool] | None

    @property
    def is_number(self) -> bool:
        """Whether it is measured or counted."""
        return self.type in (int, float) or self.unit is not None

    def written(self, value: float) -> Any:
        """A value in chip-file syntax."""
        if self.unit is not None:
            return f"{value!r} {self.unit}"
        return int(value) if self.type is int else value


def parameter_forms(subject: Subject) -> Iterator[tuple[str, Form]]:
    """(parameter, form) of all parameters of a kind."""
    for name, field in subject.kind.model_fields.items():
        if name != "kind":
            for form in _forms(field.annotation, field.metadata):
                yield name, form


def _forms(annotation: Any, metadata: Iterable[Any]) -> Iterator[Form]:
    """The members of a union one by one, each with what is annotated on it."""
    inner = getattr(annotation, "__metadata__", None)
    if inner is not None:
        yield from _forms(annotation.__origin__, [*metadata, *inner])
    elif get_args(annotation) and get_origin(annotation) is not Literal:
        for member in get_args(annotation):
            yield from _forms(member, metadata)
    elif annotation is not type(None):
        items = [part for item in metadata for part in (item, *getattr(item, "metadata", ()))]
        unit = next((item.unit for item in items if isinstance(item, Quantity)), None)
        yield Form(annotation, unit, _bound(items, "ge", "gt"), _bound(items, "le", "lt"))


def _bound(items: list[Any], closed: str, opened: str) -> tuple[float, bool] | None:
    for item in items:
        if getattr(item, closed, None) is not None:
            return getattr(item, closed), True
        if getattr(item, opened, None) is not None:
            return getattr(item, opened), False
    return None


def refused(subject: Subject, parameters: dict[str, Any]) -> str | None:
    """The error about these parameters, or None if they are accepted."""
    try:
        subject.written(parameters)
    except SpecErrors as error:
        return str(error)
    return None


def parameters_have_units_and_bounds(subject: Subject) -> None:
    """Dimensional parameters have a unit; every number has a lower and an upper bound."""
    for name, form in parameter_forms(subject):
        if not form.is_number:
            continue
        dimensioned = name.rsplit("_", 1)[-1] in _DIMENSIONED
        subject.require(form.unit is not None or not dimensioned, f'{name} has no unit; use Quantity("...")')
        missing = [side for side, bound in (("lower", form.low), ("upper", form.high)) if bound is None]
        subject.require(not missing, f"{name} has no {' and no '.join(missing)} bound")


def bare_numbers_are_refused(subject: Subject) -> None:
    """Numbers without a unit, or with one of another dimension, are rejected for dimensional parameters."""
    for name, form in parameter_forms(subject):
        if form.unit is None:
            continue
        for value in (1, 1.0, "1", True, "1 cd"):
            complaint = refused(subject, {**subject.parameters, name: value})
            subject.require(complaint is not None, f"{name}: {value!r} is accepted, although the unit is {form.unit}")


def values_beyond_bounds_are_refused(subject: Subject) -> None:
    """Numbers just outside the bounds, non-finite numbers and truth values are rejected."""
    for name, form in parameter_forms(subject):
        if not form.is_number:
            continue
        values = [True, math.nan, math.inf]
        for bound, way in ((form.low, -1), (form.high, 1)):
            if bound is not None:
                value, allowed = bound
                beyond = value + way if form.type is int else math.nextafter(value, way * math.inf)
                values.append(form.written(beyond if allowed else value))
        for value in values:
            complaint = refused(subject, {**subject.parameters, name: value})
            subject.require(complaint is not None, f"{name}: {value} is accepted")


def unknown_parameters_are_refused(subject: Subject) -> None:
    """An unknown key is an error that names it."""
    complaint = refused(subject, {**subject.parameters, "surely_unknown": 1})
    subject.require(complaint is not None, "an unknown parameter is accepted")
    subject.require("surely_unknown" in str(complaint), "the error about an unknown parameter does not name it")


def missing_parameters_are_refused(subject: Subject) -> None:
    """A parameter without a default must be given."""
    for name, field in subject.kind.model_fields.items():
        if name != "kind" and field.is_required():
            others = {key: value for key, value in subject.parameters.items() if key != name}
            subject.require(refused(subject, others) is not None, f"{name} is optional, but has no default")


def parameters_are_frozen(subject: Subject) -> None:
    """Parameters are immutable after validation, since ids depend on them."""
    made = subject.made()
    for name in subject.kind.model_fields:
        try:
            setattr(made, name, getattr(made, name))
        except (ValidationError, AttributeError, TypeError):
            continue
        subject.fail(f"{name} can be changed after validation")


def inert_parameters_exist(subject: Subject) -> None:
    """`inert` names parameters of the kind, each with a reason."""
    for name, reason in subject.made().inert().items():
        subject.require(name in subject.kind.model_fields, f'inert names an unknown parameter "{name}"')
        subject.require(bool(reason.strip()), f"inert gives no reason for {name}")
