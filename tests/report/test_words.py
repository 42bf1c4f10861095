"""Words for the keys of metrics and the paths of specs."""

from __future__ import annotations

import pytest

from chipsim.report.words import METRICS, metric_words, path_words
from chipsim.results.metric_names import unit_of_metric


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("joules_per_effective_sample", "energy per effective sample"),
        ("energy_by_group_j.fabric", "energy of fabric"),
        ("energy_per_job_j.100", "energy of an answer, 100 jobs per load"),
        ("quality.weight_error", "weight error"),
        ("tau_int_sweeps", "tau int (sweeps)"),
        ("batch_elapsed_s", "batch elapsed"),
        ("best_cut", "best cut"),
    ],
)
def test_metrics_in_words(metric: str, words: str) -> None:
    assert metric_words(metric) == words


def test_no_metric_is_shown_as_its_key() -> None:
    for metric, words in METRICS.items():
        assert "_" not in words
        # Ticks carry the unit.
        assert not unit_of_metric(metric) or not words.endswith(")")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("cells.relaxation_time", "relaxation time of cells"),
        ("core.link.rate", "rate of core.link"),
        ("lanes", "lanes"),
    ],
)
def test_paths_in_words(path: str, words: str) -> None:
    assert path_words(path) == words
