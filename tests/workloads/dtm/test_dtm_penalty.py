"""The controller of the penalty."""

from __future__ import annotations

import pytest
from support_cli import call
from support_errors import code_of

from chipsim.workloads.dtm.penalty import next_penalty
from chipsim.workloads.dtm.spec import PenaltySpec


@pytest.mark.parametrize(
    ("penalty", "now", "before", "expected"),
    [
        (0.1, 0.01, 0.2, 0.08),
        (0.1, 0.2, 0.3, 0.1),
        (0.1, 0.3, 0.2, 0.12),
        (0.0, 0.3, 0.2, 0.0012),
        (0.0, 0.01, 0.2, 0.0),
        (0.0011, 0.01, 0.2, 0.0),
    ],
)
def test_controller(penalty, now, before, expected):
    assert next_penalty(penalty, now, before, target=0.05, change=0.2, smallest=0.001) == pytest.approx(expected)


def test_penalties_for_all_layers_or_for_each() -> None:
    spec = PenaltySpec(start=[0.3, 0.2], smallest=0.01, target=[0.05, 0.1], change=0.25)
    assert [spec.of(layer) for layer in (0, 1)] == [(0.3, 0.01, 0.05, 0.25), (0.2, 0.01, 0.1, 0.25)]
    assert spec.fits(2) == ""
    assert spec.fits(3) == "penalty.start has 2 values"


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ("training.penalty.start=[0.1, 0.2]", "spec.rule", "training.penalty.start has 2 values for 4 layers"),
        ("training.penalty.target=[0.1, 0.1, 2, 0.1]", "spec.out-of-range", "training.penalty.target[2]: "),
        ("training.penalty.start=much", "spec.wrong-type", "training.penalty.start: "),
    ],
)
def test_penalties_that_make_no_sense(change: str, code: str, told: str) -> None:
    result = call("check", "dtca-70", "fashion-dtm-small", "--set", change)
    assert code_of(result) == code
    assert told in result.stderr
