"""The kinds of the bench against chipsim's conformance suite."""

from __future__ import annotations

from typing import Any

import pytest
from lab_bench.cryostat import Cryostat
from lab_bench.tensor_core import TensorCore
from lab_bench.workstation import Workstation

from chipsim.testing.conformance import Subject, rules

SUBJECTS = [
    Subject(Workstation, {"word_time": "2 ns", "word_energy": "1 nJ", "efficiency": 0.8}),
    Subject(TensorCore, {"lanes": 100, "cycle": "1 ns"}),
    Subject(Cryostat, {"stability": "0.1 K"}),
]


@pytest.mark.parametrize(
    ("subject", "rule"),
    [pytest.param(s, r, id=f"{s.kind.name} {r.__name__}") for s in SUBJECTS for r in rules(s.kind)],
)
def test_conformance(rule: Any, subject: Subject) -> None:
    rule(subject)
