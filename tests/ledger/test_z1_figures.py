"""Published figures of the Z1 (arXiv 2608.01615), from the output of real runs of the preset."""

from __future__ import annotations

import math
import re

import pytest
from support_ledger import check_ledger

from chipsim.ledger.ledger import price_trace
from chipsim.prices.table import load_prices
from chipsim.report.describe import describe_chip, expanded
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate
from chipsim.spec.presets import find
from chipsim.units import show

CELLS, CORES = 269_568, 8
SWEEPS = 10
PUBLISHED_COUPLERS = 2_135_904
REWRITTEN = {
    "schedule.mode": "anneal",
    "schedule.beta": {"start": 0.1, "end": 2, "steps": 100},
    "schedule.beta_by": "rewrite",
    "schedule.sweeps": 100,
    "schedule.record_every": "never",
}


@pytest.fixture(scope="module")
def z1() -> tuple[Plan, Run]:
    """z1 as it is, one load, ten sweeps, one reading."""
    ready = plan("z1", "spin-glass", {"schedule.sweeps": SWEEPS, "schedule.record_every": "never"})
    return ready, simulate(ready, lanes=2)


def row(run: Run, component: str, action: str) -> dict[str, float]:
    return next(r for r in run.summary["ledger"] if (r["component"], r["action"]) == (component, action))


def seconds_of(run: Run, phase: str) -> float:
    return math.fsum(p["end_s"] - p["start_s"] for p in run.summary["phases"] if p["name"] == phase)


def energy_of(run: Run, phase: str) -> float:
    return math.fsum(p["energy_j"] for p in run.summary["phases"] if p["name"] == phase)


def pairs_on_a_grid(rows: int, columns: int) -> int:
    """Couplers of the degree-16 pattern on an open grid: a step (dx, dy) fits (columns - |dx|)(rows - |dy|) times."""
    steps = [step for a, b in ((1, 0), (2, 1), (2, 3), (4, 1)) for step in ((a, b), (-b, a))]
    return sum((columns - abs(dx)) * (rows - abs(dy)) for dx, dy in steps)


def test_cells_and_couplers_beside_the_published_ones(z1: tuple[Plan, Run]) -> None:
    ready, _ = z1
    fabric = ready.netlist.fabric
    assert fabric.sites == CELLS == 1248 * 216 == 1296 * 208
    assert len(fabric.edges) == pairs_on_a_grid(1248, 216) == 2_136_072
    assert fabric.degrees().max() == 16
    more, fewer = len(fabric.edges) - PUBLISHED_COUPLERS, PUBLISHED_COUPLERS - pairs_on_a_grid(1296, 208)
    assert (more, fewer) == (168, 392)
    # No other grid of so many cells comes as near.
    grids = [(rows, CELLS // rows) for rows in range(8, math.isqrt(CELLS) + 1) if CELLS % rows == 0]
    off = {grid: abs(pairs_on_a_grid(*grid) - PUBLISHED_COUPLERS) for grid in grids}
    assert min(off, key=lambda grid: off[grid]) == (216, 1248)
    comment = re.sub(r"\s*\n# ", " ", find("chip", "z1").read_text())
    for figure in ("269,568 p-bits in 8 cores of 33,696", "2,135,904 couplings", "Each core is a block of 156 x 216"):
        assert figure in comment
    assert f"{len(fabric.edges):,} couplers, {more} more than published" in comment
    assert f"1296 x 208 would give {PUBLISHED_COUPLERS - fewer:,}, {fewer} fewer" in comment


def test_check_says_what_differs() -> None:
    checked = "\n".join(describe_chip("z1", {}, None))
    assert "269,568 cells (1248 x 216), 2,136,072 couplers, degree 5 to 16" in checked
    assert "168 couplers more than published" in checked
    assert "2 colours, 10.00 ns a phase, 20.00 ns a sweep" in checked
    assert "core.weights: at most one full write every 1.00 s; a second write waits" in checked


def test_cells_stand_in_their_cores(z1: tuple[Plan, Run]) -> None:
    ready, _ = z1
    cells = ready.netlist.domain.cells
    assert (cells.count, cells.containers, cells.range_name) == (CELLS, CORES, "core[0..7].cells[0..33695]")
    assert cells.instance_name(3 * 33_696 + 17) == "core[3].cells[17]"
    assert cells.index_of("core[7].cells[33695]") == CELLS - 1
    (line,) = expanded("z1", None, {}, "core[3].cells[17]")
    # The fourth block of 156 rows begins at row 468.
    assert line.startswith("core[3].cells[17]: pbit, site 101105 at column 17 row 468, colour 1, wires 92.10 fF")
    neighbours = [int(n) for n in line[line.rindex("[") + 1 : -1].split(", ")]
    steps = [(a, b) for a, b in ((1, 0), (2, 1), (2, 3), (4, 1))]
    around = {(17 + x, 468 + y) for a, b in steps for x, y in ((a, b), (-b, a), (-a, -b), (b, -a))}
    assert {(n % 216, n // 216) for n in neighbours} == around


def test_a_sweep_takes_1_911_nj_and_the_sample_phase_95_6_mw(z1: tuple[Plan, Run]) -> None:
    ready, run = z1
    updates = row(run, "core.cells", "update")
    assert updates["count"] == CELLS * SWEEPS
    assert show(updates["energy_j"] / SWEEPS, "J") == "1.911 nJ"
    assert run.summary["energy_by_group_j"]["fabric"] == updates["energy_j"]
    assert seconds_of(run, "sample") == pytest.approx(SWEEPS * 20e-9, rel=1e-6)
    assert show(energy_of(run, "sample") / seconds_of(run, "sample"), "W", 3) == "95.6 mW"
    check_ledger(run, ready)


def test_a_full_read_takes_456_nj_and_25_us(z1: tuple[Plan, Run]) -> None:
    _, run = z1
    read = row(run, "core.readout", "sense")
    assert read["count"] == CELLS
    assert show(read["energy_j"], "J", 3) == "456 nJ"
    assert run.summary["energy_by_group_j"]["readout"] == read["energy_j"]
    assert show(seconds_of(run, "read"), "s", 3) == "25.0 us"


def test_a_full_write_takes_41_4_uj(z1: tuple[Plan, Run]) -> None:
    _, run = z1
    written = row(run, "core.weights", "program")
    assert written["count"] == CELLS
    assert show(written["energy_j"], "J", 3) == "41.4 uJ"
    assert run.summary["energy_by_group_j"]["memory"] == written["energy_j"]
    assert row(run, "core.weights", "write")["note"] == "included in weight_memory.program"
    assert row(run, "core.weights", "write")["count"] == (2 * 2_136_072 + CELLS) * 6


def test_clamping_a_cell_is_writing_a_node() -> None:
    settings = {"schedule.sweeps": SWEEPS, "schedule.beta.steps": 2, "schedule.read_every": "never"}
    run = simulate(plan("z1", "clamped", {**settings, "fabric.size": [48, 36]}), lanes=2)
    clamps = row(run, "core.inputs", "clamp")
    assert clamps["count"] == 3
    assert clamps["energy_j"] == clamps["high_j"] == pytest.approx(3 * 153.6e-12, rel=1e-12)
    # One bit of 16 couplings, a bias of 6 bits each, and a clamp.
    assert clamps["low_j"] == pytest.approx(3 * 153.6e-12 / (17 * 6 + 1), rel=0.002)


@pytest.mark.parametrize(
    "size", [pytest.param([48, 36], id="small"), pytest.param([1248, 216], id="z1", marks=pytest.mark.slow)]
)
def test_an_anneal_of_100_rewrites_takes_100_s(size: list[int]) -> None:
    run = simulate(plan("z1", "spin-glass", {**REWRITTEN, "fabric.size": size}), lanes=1)
    assert run.trace.activity.total("program") == 100 * math.prod(size)
    assert 100 <= run.summary["elapsed_s"] < 100.01
    assert seconds_of(run, "sample") == pytest.approx(100 * 20e-9, rel=1e-6)


def test_flat_prices_of_another_chip_are_less(z1: tuple[Plan, Run]) -> None:
    _, run = z1
    fabrics = {other["prices"]: other["fabric_j"] for other in run.summary["flat_accounting"]}
    assert fabrics["dtca-appendix"] == pytest.approx(CELLS * SWEEPS * 1.306e-15, rel=1e-9)
    assert fabrics["dtca-main"] == pytest.approx(CELLS * SWEEPS * 2e-15, rel=1e-9)
    physical = price_trace(run.trace, run.sheet, load_prices("dtca-physical")).by_group()["fabric"]
    assert fabrics["dtca-physical"] == physical


def test_the_layer_of_the_dtca_by_spice_prices_takes_8_69_nj() -> None:
    # 250 sweeps of 70 x 70 cells at 7.09 fJ.
    settings = {"schedule.sweeps": 250, "schedule.record_every": "never"}
    run = simulate(plan("dtca-70", "spin-glass", settings, prices="z1-spice"), lanes=1)
    assert show(run.summary["energy_by_group_j"]["fabric"], "J", 3) == "8.69 nJ"
