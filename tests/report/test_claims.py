"""The table that takes a claim on heat apart: its sums are those of the ledger, and it follows prices."""

from __future__ import annotations

import pytest
from rich.console import Console

from chipsim.report.claims import JOBS, claim_table
from chipsim.report.page import html_page
from chipsim.report.sections import cell
from chipsim.report.terminal import GIVING_WAY, print_summary
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate


@pytest.fixture(scope="module")
def heat() -> Run:
    return simulate(plan("langevin-small", "shape-prototypes"), lanes=64)


def test_sums_are_those_of_the_ledger(heat: Run) -> None:
    """After the last part, the energy of an answer at each number of jobs, over that of the digital pass."""
    priced = heat.summary.priced
    table = claim_table(priced)
    assert table is not None
    parts = [row for row in table.rows if not str(row[0]).startswith("one ")]
    digital = next(row for row in table.rows if row[0] == "one digital pass, multiply-adds alone")
    assert digital[1] == pytest.approx(2544 * 100e-15)
    for place, jobs in enumerate(JOBS):
        total = sum(row[1 + place] for row in parts)  # type: ignore[misc]
        assert total == pytest.approx(priced.answer.energy_per_job_j[str(jobs)], rel=1e-12)
        assert parts[-1][-len(JOBS) + place] == pytest.approx(total / digital[1])  # type: ignore[operator]


def test_heat_comes_first_and_is_the_heat_alone(heat: Run) -> None:
    table = claim_table(heat.summary.priced)
    assert table is not None
    rows = [row for row in heat.summary.priced.ledger if (row.component, row.action) == ("cells", "dissipate")]
    assert table.rows[0][0] == "heat of the cells"
    assert table.rows[0][1] == pytest.approx(rows[0].energy_j)
    # What the heat leaves out is larger by orders of magnitude.
    assert table.rows[2][6] is not None
    assert float(table.rows[2][6]) > 1e5


def test_a_gpu_takes_its_power_for_its_time(heat: Run) -> None:
    table = claim_table(heat.summary.priced)
    assert table is not None
    row = next(row for row in table.rows if str(row[0]).endswith("A100 at 10 % of its fp32 peak"))
    assert row[1] == pytest.approx(2 * 2544 / (19.5e12 * 0.1) * 400)


def test_it_follows_prices(heat: Run) -> None:
    dearer = simulate(plan("langevin-small", "shape-prototypes", {"prices.link.transfer.energy": "4 pJ"}), lanes=64)
    tables = [claim_table(run.summary.priced) for run in (heat, dearer)]
    links = [next(row[3] for row in table.rows if row[0] == "link") for table in tables if table is not None]
    assert links[1] == pytest.approx(2 * float(links[0] or 0), rel=1e-6)


def test_other_runs_have_none() -> None:
    settings = {"matrix.size": 3, "schedule.samples": 7}
    assert claim_table(simulate(plan("ou-256", "linear-solve", settings), lanes=2).summary.priced) is None


def test_the_page_shows_it(heat: Run) -> None:
    assert "From heat to the whole bill" in html_page(heat)


def test_a_terminal_shows_it(heat: Run) -> None:
    """All figures of the page where there is room; on 80 columns those at 10,000 jobs, none cut."""
    table = claim_table(heat.summary.priced)
    assert table is not None
    assert set(GIVING_WAY) < {column.name for column in table.columns}
    wide, narrow = (_printed(heat, width) for width in (200, 80))
    for place, column in enumerate(table.columns[1:], start=1):
        for row in table.rows:
            shown = cell(row[place], column)
            assert shown in wide
            assert column.name in GIVING_WAY or shown in narrow
    assert max(len(line) for line in narrow.splitlines()) <= 80


def _printed(run: Run, width: int) -> str:
    """The table and what stands below it."""
    console = Console(width=width)
    with console.capture() as captured:
        print_summary(run.summary, console, verbose=True)
    return captured.get().split("From heat to the whole bill")[1]
