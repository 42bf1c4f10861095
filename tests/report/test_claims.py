"""The table that takes a claim on heat apart: its sums are those of the ledger, and it follows prices."""

from __future__ import annotations

import html
import re

import pytest
from rich.console import Console

from chipsim.ledger.price_ranges import Compared
from chipsim.ledger.scopes import SCOPES, scope_costs
from chipsim.report.claims import JOBS, PARTS, PASS, WHOLE, by_prices, claim_tables
from chipsim.report.page import html_page
from chipsim.report.sections import cell
from chipsim.report.terminal import GIVING_WAY, print_summary
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import parse, show, show_times
from chipsim.workloads.sections import Value


@pytest.fixture(scope="module")
def heat() -> Run:
    return simulate(plan("langevin-small", "shape-prototypes"), lanes=64)


def rows_of(run: Run, place: int = 0) -> dict[str, dict[str, Value]]:
    """The rows of one of the tables, energies, passes or machines: values by column, by item."""
    table = claim_tables(run.summary)[place]
    names = [column.name for column in table.columns]
    return {str(row[0]): dict(zip(names, row, strict=True)) for row in table.rows}


def the_pass(run: Run) -> dict[str, Value]:
    """The row of the digital method."""
    return next(row for name, row in rows_of(run, 2).items() if name.startswith(PASS))


def ends_of(said: Value) -> list[float]:
    """Ratio and ends of the range of a cell of the second table."""
    words = str(said).replace(",", "").replace("(", "").replace(")", "").split()
    return [float(words[place]) for place in (0, 1, 3)]


def test_sums_are_those_of_the_ledger(heat: Run) -> None:
    """The parts are the whole bill, the energy of an answer at each number of jobs, over that of the digital pass."""
    rows, answer = rows_of(heat), heat.summary.priced.answer
    assert the_pass(heat)["energy"] == pytest.approx(2544 * 100e-15)
    last = list(rows_of(heat, 1).values())[-1]
    for jobs in JOBS:
        each = f"at {jobs:,}"
        total = sum(float(row[each] or 0) for name, row in rows.items() if name != WHOLE)
        assert total == pytest.approx(answer.energy_per_job_j[str(jobs)], rel=1e-12)
        assert rows[WHOLE][each] == pytest.approx(total, rel=1e-12)
        assert ends_of(last[f"passes {each}"])[0] == pytest.approx(total / (2544 * 100e-15), rel=5e-3)
    ends = (rows[WHOLE]["low"], rows[WHOLE]["high"])
    assert ends == pytest.approx(answer.energy_per_job_range_j["10000"], rel=1e-12)


def test_the_claim_comes_first_and_is_the_heat_of_generation_alone(heat: Run) -> None:
    rows, figures = rows_of(heat), heat.summary.workload.figures
    claimed, other = list(rows.values())[:2]
    assert claimed["item"] == "heat of generation, which is claimed"
    assert claimed["at 1"] == pytest.approx(figures["heat_kt"] * figures["kt_j"], rel=1e-9)
    counted = [row for row in heat.summary.priced.ledger if (row.component, row.action) == ("cells", "dissipate")]
    assert claimed["at 1"] + other["at 1"] == pytest.approx(counted[0].energy_j)  # type: ignore[operator]
    assert other["item"] == "other heat of the cells"
    # What the heat leaves out is larger by orders of magnitude.
    assert float(rows["read-out converters"]["times heat"] or 0) > 1e5
    assert "arXiv 2506.15121" in claim_tables(heat.summary)[0].note


def test_parts_stand_in_the_order_of_the_scopes(heat: Run) -> None:
    """As the table of scopes and the sums by group do."""
    order = [PARTS[group] for _, groups in SCOPES for group in groups]
    names = [name for name in rows_of(heat) if name in order]
    assert names == order
    assert list(rows_of(heat, 1))[2:] == order
    assert list(heat.summary.priced.energy_by_group_j) == [group for _, groups in SCOPES for group in groups]


def test_sums_are_the_scopes_of_an_answer(heat: Run) -> None:
    """The sum down to the read-out is the scope of inputs and read-out, down to memory that of loads."""
    rows, base = rows_of(heat, 1), 2544 * 100e-15
    costs = {cost.scope: cost for cost in scope_costs(heat.summary.priced.ledger)}
    for scope, last in (("and its inputs and read-out", "readout"), ("and the loads of weights", "memory")):
        said = ends_of(rows[PARTS[last]]["passes at 10,000"])  # type: ignore[index]
        assert said[0] == pytest.approx(costs[scope].energy_j[10_000] / base, rel=5e-3)


def test_the_conclusion_is_that_of_the_tables(heat: Run) -> None:
    note, rows = claim_tables(heat.summary)[0].note, rows_of(heat, 1)
    whole, alone = (list(rows.values())[-1], rows[PARTS["memory"]])
    assert f"and {whole['passes at 10,000']} digital passes" in note
    assert f"without links, host and what is always on it is {alone['passes at 10,000']} passes" in note
    assert f"the whole bill is {show(float(rows_of(heat)[WHOLE]['at 10,000'] or 0), 'J')} (" in note
    assert "The bill leaves out host.on (no price) and the training." in note
    heat_j = float(next(iter(rows_of(heat).values()))["at 1"] or 0)
    assert f"A pass by itself is {show_times(2544 * 100e-15 / heat_j)} times that heat." in note


def test_a_ratio_has_its_range_by_prices(heat: Run) -> None:
    """Nothing of the chip has the price of a multiply-add here, so the ends are quotients of the ends."""
    whole, digital = rows_of(heat)[WHOLE], the_pass(heat)
    assert (digital["low"], digital["high"]) == pytest.approx((2544 * 70e-15, 2544 * 300e-15))
    low, high = ends_of(list(rows_of(heat, 1).values())[-1]["passes at 10,000"])[1:]
    assert low == pytest.approx(float(whole["low"] or 0) / (2544 * 300e-15), rel=5e-3)
    assert high == pytest.approx(float(whole["high"] or 0) / (2544 * 70e-15), rel=5e-3)


def test_a_range_that_holds_one_is_said() -> None:
    assert by_prices(Compared(1.5, 0.2, 4.1)) == "1.5 (0.2 to 4.1, not resolved)"
    assert by_prices(Compared(3.0, 1.1, 4.1)) == "3 (1.1 to 4.1)"
    assert by_prices(Compared(0.3, 0.1, 0.9)) == "0.3 (0.1 to 0.9)"
    assert by_prices(None) == "-"


def test_a_price_of_both_sides_is_the_same_on_both() -> None:
    """The layer's multiply-adds cancel in part: its range is narrower than the quotients of the ends."""
    run = simulate(plan("quartic-layer", "wide-layer", {"fabric.uncoupled": 64}), lanes=64)
    whole, digital = rows_of(run)[WHOLE], the_pass(run)
    found = ends_of(list(rows_of(run, 1).values())[-1]["passes at 10,000"])[1:]
    assert found[0] > 1.05 * float(whole["low"] or 0) / float(digital["high"] or 0)
    assert found[1] < 0.95 * float(whole["high"] or 0) / float(digital["low"] or 0)


@pytest.mark.parametrize(("peak", "per_s"), [("fp32", 19.5e12), ("fp16 tensor", 312e12), ("int8 tensor", 624e12)])
def test_a_gpu_takes_its_power_for_its_time(heat: Run, peak: str, per_s: float) -> None:
    row = rows_of(heat, 2)[f"one pass, A100 at 10 % of {peak} peak"]
    assert row["energy"] == pytest.approx(2 * 2544 / (per_s * 0.1) * 400)


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
    links = [rows_of(run)["link"]["at 10,000"] for run in (heat, dearer)]
    assert links[1] == pytest.approx(2 * float(links[0] or 0), rel=1e-6)


def test_other_runs_have_none() -> None:
    settings = {"matrix.size": 3, "schedule.samples": 7}
    assert claim_tables(simulate(plan("ou-256", "linear-solve", settings), lanes=2).summary) == ()


def test_the_page_shows_it(heat: Run) -> None:
    assert "From heat to the whole bill" in html_page(heat)


def test_a_terminal_shows_it(heat: Run) -> None:
    """All figures of the page where there is room; on 80 columns those at 10,000 jobs, none cut."""
    tables = claim_tables(heat.summary)
    assert set(GIVING_WAY) < {column.name for table in tables for column in table.columns}
    wide, narrow = (_printed(heat, width) for width in (200, 80))
    for table in tables:
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
