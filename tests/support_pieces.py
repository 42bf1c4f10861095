"""The pieces of a training, and what reports say of them."""

from __future__ import annotations

import math

import pytest

from chipsim.report.headline import brief, headline
from chipsim.report.page import html_page
from chipsim.results.result import Run


def check_sum(run: Run, names: list[str]) -> None:
    """The pieces add up to the run: energy, both ends of its range, and time."""
    pieces, priced = run.summary.priced.pieces, run.summary.priced
    assert list(pieces) == names
    for total, of in (
        (priced.energy_j, lambda p: p.energy_j),
        (priced.energy_price_range_j[0], lambda p: p.energy_price_range_j[0]),
        (priced.energy_price_range_j[1], lambda p: p.energy_price_range_j[1]),
        (run.summary["elapsed_s"], lambda p: p.time_s),
    ):
        assert math.fsum(p.count * of(p) for p in pieces.values()) == pytest.approx(total, rel=1e-9)
        assert all(of(p) > 0 for p in pieces.values())


def check_reports(run: Run) -> dict[str, str]:
    """No report of a training repeats its cost for 1, 100 and 10,000 jobs; returns the lines of the headline."""
    for lines in (headline(run.summary), brief(run.summary)):
        assert "answer" not in dict(lines)
        assert "for the training" in dict(lines)["energy"]
    page = html_page(run)
    assert "10,000 job" not in page
    assert "Energy of the training, scope by scope" in page
    return dict(headline(run.summary))
