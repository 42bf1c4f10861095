"""Every number of a spec has a bound on both sides, and a message about one that is outside names its key."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError, RuleError
from chipsim.prices.platforms import PlatformSpec
from chipsim.prices.row import PriceRow
from chipsim.spec.chip import ChipModel
from chipsim.spec.fields import SMALLEST, Number, Quantity, Whole
from chipsim.sweeps.spec import Limits, SweepModel
from chipsim.workloads.dtm.spec import ByLayer, ClassName
from chipsim.workloads.registry import find_workload, workload_names

ROOTS: list[type[BaseModel]] = [
    *(find_kind(name) for name in sorted(kind_names())),
    *(find_workload(name).model_type for name in sorted(workload_names())),
    ChipModel, PriceRow, PlatformSpec, SweepModel, Limits,
]  # fmt: skip
Place = tuple[type[BaseModel], str]


def parts(annotation: Any, metadata: Any) -> Iterator[tuple[Any, list[Number | Whole]]]:
    """The numbers of an annotation, each with its bounds."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *metadata = typing.get_args(annotation)
        yield from parts(inner, metadata)
    elif by_layer := [item for item in metadata if isinstance(item, ByLayer)]:
        yield float, [item.one for item in by_layer]
    elif by_name := [item for item in metadata if isinstance(item, ClassName)]:
        yield int, [item.number for item in by_name]
    elif annotation in (int, float):
        yield annotation, [item for item in metadata if isinstance(item, Number | Whole)]
    elif typing.get_origin(annotation) is not typing.Literal:
        for part in typing.get_args(annotation):
            # Metadata of `X | None` are those of X.
            yield from parts(part, metadata if part in (int, float) else ())


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models(part)


def all_models() -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting = [*ROOTS]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [inner for field in model.model_fields.values() for inner in models(field.annotation)]
    return found


def numbers() -> Iterator[tuple[str, Any, list[Number | Whole]]]:
    for model in all_models():
        for name, field in model.model_fields.items():
            for sort, bounds in parts(field.annotation, field.metadata):
                yield f"{model.__name__}.{name}", sort, bounds


def test_every_number_has_a_lower_and_an_upper_bound() -> None:
    found = list(numbers())
    assert len(found) > 150
    # `chipsim: 1` and weights of clamped cells are words of a Literal, which are no numbers here.
    open_ended = [
        name
        for name, _, bounds in found
        if not any((b.ge is not None or b.gt is not None) and (b.le is not None or b.lt is not None) for b in bounds)
    ]
    assert open_ended == []


def test_every_unit_has_a_smallest_magnitude() -> None:
    units = {bound.unit for _, _, bounds in numbers() for bound in bounds if isinstance(bound, Quantity)}
    assert units <= set(SMALLEST)


def test_a_quantity_beyond_a_bound_is_shown_as_it_was_written() -> None:
    """In the unit of the user, beside the bound; it was shown in SI, as the sum `1000000273.15`."""
    tried = 0
    for name, _, found in numbers():
        for bounds in found:
            if not isinstance(bounds, Quantity) or bounds.unit not in ("s", "J", "W", "m", "V", "K", "F", "ohm", "Hz"):
                continue
            below = bounds.ge and min(bounds.ge / 2, 2 * bounds.ge)
            values = [bounds.le and 2 * bounds.le, below, -1.0 if bounds.gt == 0 else None]
            for value in values:
                if value:
                    written = f"{value * 1e3!r} m{bounds.unit}"
                    with pytest.raises(RuleError, match=f"^{re.escape(written)}(: must be| is closer to 0)") as caught:
                        bounds.read(written)
                    assert caught.value.code == "spec.out-of-range", name
                    tried += 1
    assert tried > 100


def test_the_walk_finds_what_is_unbounded() -> None:
    class Inner(BaseModel):
        loose: list[typing.Annotated[float, Number(gt=0)]] | None = None

    assert list(models(dict[str, Inner] | None)) == [Inner]
    field = Inner.model_fields["loose"]
    assert list(parts(field.annotation, field.metadata)) == [(float, [Number(gt=0)])]


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [(PriceRow, "energy", "1e7 J"), (PriceRow, "power", "1e10 W"), (PlatformSpec, "update", "1e300 J"),
     (Limits, "max_time", "1e10 s")],
)  # fmt: skip
def test_values_beyond_the_bounds_are_refused_by_their_key(model: type[BaseModel], key: str, value: str) -> None:
    with pytest.raises((ValidationError, ChipsimError)) as caught:
        model.model_validate({key: value})
    assert isinstance(caught.value, ValidationError)
    assert (key,) in [error["loc"][:1] for error in caught.value.errors()]
