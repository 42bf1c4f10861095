"""Complaints about values that may take several forms: in the words of a spec, about what is inside, once."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field
from support_chips import workload_text

from chipsim import units
from chipsim.errors import SpecErrors
from chipsim.spec.document import Document, parse_document
from chipsim.spec.fields import SMALLEST, Number, Quantity
from chipsim.spec.model import SpecModel, validate
from chipsim.spec.overrides import apply_overrides
from chipsim.workloads.registry import read_workload


def complaints(path: str, value: Any) -> list[str]:
    document = apply_overrides(parse_document(workload_text(), "work.yaml"), {path: value}, "workload")
    with pytest.raises(SpecErrors) as found:
        read_workload(document)
    return [str(error).removeprefix("--set: ") for error in found.value.errors]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "schedule.beta",
            {"start": 0.1, "end": 2, "step": 10},
            ["schedule.beta.steps: is required and missing", 'unknown key "step"; did you mean "steps"?'],
        ),
        ("schedule.beta", {"start": "x", "end": 2, "steps": 10}, ["schedule.beta.start: 'x' is not a number"]),
        ("schedule.beta", {"start": True, "end": 2, "steps": 10}, ["schedule.beta.start: True is not a number"]),
        (
            "schedule.beta",
            "x",
            ["schedule.beta: 'x' is not a number", "expected a block of keys, got 'x'", "expected a list in brackets"],
        ),
        ("schedule.beta", -1, ["schedule.beta: -1: must be greater than or equal to 0.0"]),
        ("schedule.beta", [-1, 1], ["schedule.beta[0]: -1: must be greater than or equal to 0.0"]),
        ("schedule.beta", [0.1, "x"], ["schedule.beta[1]: 'x' is not a number"]),
        ("schedule.beta", [1], ["schedule.beta: [1]: needs at least 2 entries, has 1"]),
        ("problem", {"native": "plus-minus", "sed": 1}, ['problem.sed: unknown key "sed"; did you mean "seed"?']),
    ],
)
def test_what_is_wrong_with_the_form_that_a_value_has_is_named(path: str, value: Any, said: list[str]) -> None:
    found = complaints(path, value)
    assert len(found) == len(said)
    for line, part in zip(found, said, strict=True):
        assert part in line
        assert "function-" not in line
        assert "constrained" not in line


@pytest.mark.parametrize(("value", "rule"), [("", "needs at least 3"), ("a" * 500, "takes at most 5")])
def test_lengths_of_texts_are_told_in_the_words_of_a_spec(value: str, rule: str) -> None:
    class Model(SpecModel):
        x: Annotated[str, Field(min_length=3, max_length=5)]

    with pytest.raises(SpecErrors) as found:
        validate(Model, Document("file", {"x": value}, {}))
    assert f"{rule} characters" in str(found.value)
    assert "should have" not in str(found.value)
    assert len(str(found.value)) < 200


@pytest.mark.parametrize("unit", sorted(SMALLEST))
def test_magnitudes_that_nothing_has_are_refused(unit: str) -> None:
    """Reciprocals of them overflow: at the limit a value is read, below it is refused, and 0 is left to the bounds."""

    class Model(SpecModel):
        x: Annotated[float, Quantity(unit) if unit else Number()]

    def read(value: float) -> float:
        # 1/K is written as ppm/K.
        quantity = f"{value * 1e6!r} ppm/K" if unit == "1/K" else f"{value!r} {unit}"
        written = quantity if unit else value
        return validate(Model, Document("f.yaml", {"x": written})).x

    least = SMALLEST[unit]
    assert read(least) == pytest.approx(least, rel=1e-12)
    assert read(0.0) == 0.0
    for value in (least * 0.99, -least / 2, 1e-300):
        with pytest.raises(SpecErrors, match="is closer to 0 than"):
            read(value)


def test_every_unit_of_a_quantity_has_a_smallest_magnitude() -> None:
    assert set(units.EXAMPLES) <= set(SMALLEST)
