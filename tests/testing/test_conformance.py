"""The conformance suite: every built-in kind passes it."""

from __future__ import annotations

from typing import Any

import pytest
from support_subjects import SUBJECTS

from chipsim.components.registry import BUILT_IN, find_kind
from chipsim.testing.conformance import Subject, rules

CASES = [
    pytest.param(subject, rule, id=f"{name}-{rule.__name__}")
    for name, subject in SUBJECTS.items()
    for rule in rules(subject.kind)
]


@pytest.mark.parametrize(("subject", "rule"), CASES)
def test_built_in_kinds_conform(subject: Subject, rule: Any) -> None:
    rule(subject)


def test_every_built_in_kind_is_tried() -> None:
    assert {subject.kind for subject in SUBJECTS.values()} == {find_kind(name) for name in BUILT_IN}
