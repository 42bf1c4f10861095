"""The table that takes a claim on heat apart: its sums are those of the ledger, and it follows prices."""

from __future__ import annotations

import html
import re

import pytest
from rich.console import Console

from chipsim.ledger.price_ranges import Compared
from chipsim.ledger.scopes import SCOPES
from chipsim.report.claims import JOBS, PARTS, PASS, WHOLE, by_prices, claim_table
from chipsim.report.page import html_page
from chipsim.report.sections import cell
from chipsim.report.terminal import GIVING_WAY, print_summary
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import parse, show_times
from chipsim.workloads.sections import Value


@pytest.fixture(scope="module")
def heat() -> Run:
    return simulate(plan("langevin-small", "shape-prototypes"), lanes=64)


def rows_of(run: Run) -> dict[str, dict[str, Value]]:
    """The rows of the table: values by column, by item."""
    table = claim_table(run.summary)
    assert table is not None
    names = [column.name for column in table.columns]
    return {str(row[0]): dict(zip(names, row, strict=True)) for row in table.rows}


def the_pass(rows: dict[str, dict[str, Value]]) -> dict[str, Value]:
    """The row of the digital method."""
    return next(row for name, row in rows.items() if name.startswith(PASS))


def is_part(name: str) -> bool:
    return not name.startswith("one ") and name != WHOLE


def test_sums_are_those_of_the_ledger(heat: Run) -> None:
    """The parts are the whole bill, the energy of an answer at each number of jobs, over that of the digital pass."""
    rows, answer = rows_of(heat), heat.summary.priced.answer
    assert the_pass(rows)["at 1"] == pytest.approx(2544 * 100e-15)
    for jobs in JOBS:
        each = f"at {jobs:,}"
        total = sum(float(row[each] or 0) for name, row in rows.items() if is_part(name))
        assert total == pytest.approx(answer.energy_per_job_j[str(jobs)], rel=1e-12)
        assert rows[WHOLE][each] == pytest.approx(total, rel=1e-12)
        assert rows[WHOLE][f"passes {each}"] == pytest.approx(total / (2544 * 100e-15))
    ends = (rows[WHOLE]["low"], rows[WHOLE]["high"])
    assert ends == pytest.approx(answer.energy_per_job_range_j["10000"], rel=1e-12)


def test_the_claim_comes_first_and_is_the_heat_of_generation_alone(heat: Run) -> None:
    rows, figures = rows_of(heat), heat.summary.workload.figures
    claimed, other = list(rows.values())[:2]
    assert claimed["item"] == "heat of generation: the claim"
    assert claimed["at 1"] == pytest.approx(figures["heat_kt"] * figures["kt_j"], rel=1e-9)
    counted = [row for row in heat.summary.priced.ledger if (row.component, row.action) == ("cells", "dissipate")]
    assert claimed["at 1"] + other["at 1"] == pytest.approx(counted[0].energy_j)  # type: ignore[operator]
    assert other["item"] == "other heat of the cells"
    # What the heat leaves out is larger by orders of magnitude.
    assert float(rows["read-out converters"]["times claim"] or 0) > 1e5
    table = claim_table(heat.summary)
    assert table is not None
    assert "arXiv 2506.15121" in table.note


def test_parts_stand_in_the_order_of_the_scopes(heat: Run) -> None:
    """As the table of scopes and the sums by group do."""
    order = [PARTS[group] for _, groups in SCOPES for group in groups]
    names = [name for name in rows_of(heat) if name in order]
    assert names == [name for name in order if name in names]
    assert len(names) == 7
    assert list(heat.summary.priced.energy_by_group_j) == [group for _, groups in SCOPES for group in groups]


def test_a_ratio_has_its_range_by_prices(heat: Run) -> None:
    """Nothing of the chip has the price of a multiply-add here, so the ends are quotients of the ends."""
    rows = rows_of(heat)
    (low, high), digital = (rows[WHOLE][end] for end in ("low", "high")), the_pass(rows)
    assert (digital["low"], digital["high"]) == pytest.approx((2544 * 70e-15, 2544 * 300e-15))
    ends = [show_times(float(low or 0) / (2544 * 300e-15)), show_times(float(high or 0) / (2544 * 70e-15))]
    assert str(rows[WHOLE]["by prices"]).startswith(f"{ends[0]} to {ends[1]}")
    assert digital["by prices"] is None


def test_a_range_that_holds_one_is_said() -> None:
    assert by_prices(Compared(1.5, 0.2, 4.1)) == "0.2 to 4.1, not told from 1"
    assert by_prices(Compared(3.0, 1.1, 4.1)) == "1.1 to 4.1"
    assert by_prices(Compared(0.3, 0.1, 0.9)) == "0.1 to 0.9"


def test_a_price_of_both_sides_is_the_same_on_both() -> None:
    """The layer's multiply-adds cancel in part: its range is narrower than the quotients of the ends."""
    rows = rows_of(simulate(plan("quartic-layer", "wide-layer", {"fabric.uncoupled": 64}), lanes=64))
    (low, high), digital = (float(rows[WHOLE][end] or 0) for end in ("low", "high")), the_pass(rows)
    found = [float(text.replace(",", "")) for text in str(rows[WHOLE]["by prices"]).split(" to ")[:2]]
    assert found[0] > 1.05 * low / float(digital["high"] or 0)
    assert found[1] < 0.95 * high / float(digital["low"] or 0)


@pytest.mark.parametrize(("peak", "per_s"), [("fp32", 19.5e12), ("fp16 tensor", 312e12), ("int8 tensor", 624e12)])
def test_a_gpu_takes_its_power_for_its_time(heat: Run, peak: str, per_s: float) -> None:
    row = rows_of(heat)[f"one pass, A100 at 10 % of {peak} peak"]
    assert row["at 1"] == pytest.approx(2 * 2544 / (per_s * 0.1) * 400)


def test_bounds_hold_the_value_as_printed(heat: Run) -> None:
    """In every table of the page a value lies between its ends, also as rounded: 16.05 uJ is not above 16.0 uJ."""
    text = html_page(heat)
    found = 0
    for head, body in re.findall(r"<thead>(.*?)</thead>(.*?)</table>", text, re.DOTALL):
        names = re.findall(r"<th[^>]*>(.*?)</th>", head)
        if not {"low", "high"} < set(names):
            continue
        value = names.index("at 10,000" if "at 10,000" in names else "energy")
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
            cells = [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            shown = [cells[place] for place in (names.index("low"), value, names.index("high"))]
            if all(re.fullmatch(r"[0-9.]+ [a-zA-Z]*J", each) for each in shown):
                low, energy, high = (parse(each, "J") for each in shown)
                assert low <= energy <= high, row
                found += 1
    assert found > 20


def test_it_follows_prices(heat: Run) -> None:
    dearer = simulate(plan("langevin-small", "shape-prototypes", {"prices.link.transfer.energy": "4 pJ"}), lanes=64)
    tables = [claim_table(run.summary) for run in (heat, dearer)]
    links = [next(row[3] for row in table.rows if row[0] == "link") for table in tables if table is not None]
    assert links[1] == pytest.approx(2 * float(links[0] or 0), rel=1e-6)


def test_other_runs_have_none() -> None:
    settings = {"matrix.size": 3, "schedule.samples": 7}
    assert claim_table(simulate(plan("ou-256", "linear-solve", settings), lanes=2).summary) is None


def test_the_page_shows_it(heat: Run) -> None:
    assert "From heat to the whole bill" in html_page(heat)


def test_a_terminal_shows_it(heat: Run) -> None:
    """All figures of the page where there is room; on 80 columns those at 10,000 jobs, none cut."""
    table = claim_table(heat.summary)
    assert table is not None
    assert set(GIVING_WAY) < {column.name for column in table.columns}
    wide, narrow = (_printed(heat, width) for width in (200, 80))
    for place, column in enumerate(table.columns[1:], start=1):
        for row in table.rows:
            shown = cell(row[place], column)
            assert shown in wide
            # Texts may be folded, numbers may not.
            assert column.name in GIVING_WAY or all(word in narrow for word in shown.split(" "))
    assert max(len(line) for line in narrow.splitlines()) <= 80


def _printed(run: Run, width: int) -> str:
    """The table and what stands below it."""
    console = Console(width=width)
    with console.capture() as captured:
        print_summary(run.summary, console, verbose=True)
    return captured.get().split("From heat to the whole bill")[1]
