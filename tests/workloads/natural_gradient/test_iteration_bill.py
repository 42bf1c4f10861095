"""The bill of a natural-gradient training: iteration cost x iterations + first fetch is the total."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_classifier import CHIP, planned
from support_pieces import check_reports, check_sum

from chipsim.results.result import Run
from chipsim.runs.simulate import simulate


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(planned(tmp_path_factory.mktemp("natural"), CHIP))


def test_steps_and_load_are_the_total_of_a_natural_gradient_training(natural: Run) -> None:
    check_sum(natural, ["iteration", "first fetch"])
    assert natural.summary["pieces"]["iteration"]["count"] == 6


def test_the_first_fetch_is_the_same_for_any_number_of_iterations(tmp_path: Path, natural: Run) -> None:
    longer = simulate(planned(tmp_path, CHIP, training__iterations=12)).summary.priced.pieces["first fetch"]
    first = natural.summary.priced.pieces["first fetch"]
    assert longer.time_s == pytest.approx(first.time_s, rel=1e-12)
    assert longer.energy_j == pytest.approx(first.energy_j, rel=1e-2)


def test_a_training_says_its_cost_once(natural: Run) -> None:
    lines = check_reports(natural)
    assert "per iteration; 6 of them" in lines["step"]
    assert "per first fetch" in lines["first fetch"]
