"""Complaints about values that may take several forms: in the words of a spec, about what is inside, once."""

from __future__ import annotations

from typing import Any

import pytest
from support_chips import workload_text

from chipsim.errors import SpecErrors
from chipsim.spec.document import parse_document
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
        ("schedule.beta", "x", ["schedule.beta: 'x' is not a number", "schedule.beta: 'x' stands where a block"]),
        ("problem", {"native": "plus-minus", "sed": 1}, ['problem.sed: unknown key "sed"; did you mean "seed"?']),
    ],
)
def test_what_is_inside_a_block_is_named(path: str, value: Any, said: list[str]) -> None:
    found = complaints(path, value)
    assert len(found) == len(said)
    for line, part in zip(found, said, strict=True):
        assert part in line
        assert "function-" not in line
        assert "constrained" not in line
