"""Figures of arXiv 2510.23972 and of its closure in chips/, from the output of real runs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from support_ledger import check_ledger

from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import Program, compile_program
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.table import load_prices
from chipsim.report.describe import describe_chip
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate
from chipsim.units import show

SWEEPS = 250
PHASE_S = 100e-9
LINE_F_PER_M = 350e-18 / 1e-6
PITCH_M = 6e-6
SWING_V = 0.1034
G12 = ((0, 1), (4, 1), (9, 10))


@pytest.fixture(scope="module")
def appendix() -> tuple[Plan, Run]:
    """dtca-70 with spin-glass, 250 sweeps, the paper's flat accounting."""
    ready = plan("dtca-70", "spin-glass", {"schedule.sweeps": SWEEPS}, prices="dtca-appendix")
    return ready, simulate(ready)


def test_dtca_70_has_26088_couplers(appendix: tuple[Plan, Run]) -> None:
    _, run = appendix
    assert run.summary["couplers"] == 26_088
    assert run.summary["cells"] == 4_900


def test_flat_accounting_of_the_appendix_is_1_600_nj(appendix: tuple[Plan, Run]) -> None:
    _, run = appendix
    fabric = run.summary["energy_by_group_j"]["fabric"]
    assert show(fabric, "J") == "1.600 nJ"
    assert fabric == pytest.approx(4_900 * 2 * SWEEPS / 2 * 1.306e-15, rel=1e-12, abs=0)


def test_sampling_takes_50_us_and_the_run_takes_longer(appendix: tuple[Plan, Run]) -> None:
    ready, run = appendix
    phases = [phase for phase in run.summary["phases"] if phase["name"] == "sample"]
    sampled = math.fsum(phase["end_s"] - phase["start_s"] for phase in phases)
    assert show(sampled, "s", 5) == "50.000 us"
    assert run.summary["elapsed_s"] > sampled
    others = {phase["name"] for phase in run.summary["phases"]} - {"sample"}
    assert others == {"program", "bias", "read", "compute"}
    check_ledger(run, ready)


def test_flat_accounting_of_the_main_text_is_2_45_nj(appendix: tuple[Plan, Run]) -> None:
    _, run = appendix
    ledger = price_trace(run.trace, run.sheet, load_prices("dtca-main"))
    assert show(ledger.by_group()["fabric"], "J", 3) == "2.45 nJ"
    # A run tells the same beside its own prices.
    physical = plan("dtca-70", "spin-glass", {"schedule.sweeps": SWEEPS, "schedule.record_every": "never"})
    flat = {other["prices"]: other["fabric_j"] for other in simulate(physical, lanes=1).summary["flat_accounting"]}
    assert flat == pytest.approx(
        {"dtca-appendix": 4_900 * SWEEPS * 1.306e-15, "dtca-main": 4_900 * SWEEPS * 2e-15}, rel=1e-9, abs=0
    )


@pytest.mark.parametrize(("pattern", "femtofarads"), [("G8", "43.03 fF"), ("G12", "156.0 fF")])
def test_wires_of_an_interior_cell(pattern: str, femtofarads: str) -> None:
    lines = describe_chip("dtca-70", {"fabric.pattern": pattern}, None)
    wires = next(line for line in lines if line.startswith("wires of a cell"))
    assert wires.endswith(f"to {femtofarads}")


@pytest.mark.parametrize(("pattern", "farads"), [("G8", 43.0e-15), ("G12", 156.0e-15)])
def test_interior_capacitance_in_the_program(pattern: str, farads: float) -> None:
    program = compile_program(plan("dtca-70", "spin-glass", {"fabric.pattern": pattern}).netlist)
    interior = 35 * 70 + 35
    found = program.class_capacitance_f[program.cell_class[program.slot_of[interior]]]
    assert found == pytest.approx(farads, abs=0.05e-15)
    assert found == program.class_capacitance_f.max()


def neighbour_distances(rules: tuple[tuple[int, int], ...], side: int) -> Iterator[tuple[int, float]]:
    """(site, distance) of every neighbour of every site on an open square grid, written out by hand."""
    for y in range(side):
        for x in range(side):
            for a, b in rules:
                for dx, dy in ((a, b), (-b, a), (-a, -b), (b, -a)):
                    if 0 <= x + dx < side and 0 <= y + dy < side:
                        yield y * side + x, math.sqrt(a * a + b * b)


def wire_energies_j(rules: tuple[tuple[int, int], ...], side: int) -> NDArray[np.float64]:
    """C V**2 / 2 of each cell's wires."""
    length = np.zeros(side * side)
    for site, distance in neighbour_distances(rules, side):
        length[site] += distance
    return length * PITCH_M * LINE_F_PER_M * SWING_V**2 / 2


def test_at_beta_0_half_of_the_updates_toggle_and_wires_pay_for_each() -> None:
    settings = {
        "schedule.beta": 0,
        "schedule.sweeps": 50,
        "schedule.record_every": "never",
        "rng.law": "ideal",
        "rng.gated": "phase",
    }
    ready = plan("dtca-70", "spin-glass", settings)
    run = simulate(ready, seed=3)
    updates, toggles = run.summary["updates"], run.summary["toggles"]
    assert updates == 64 * 4_900 * 50
    # Fresh fair coins: the toggles of successive latches are independent, so their number is binomial.
    assert abs(toggles - updates / 2) < 4 * math.sqrt(updates) / 2
    wires = next(row for row in run.summary["ledger"] if (row["component"], row["action"]) == ("couplers", "toggle"))
    expected = math.fsum(wire_energies_j(G12, 70) * run.trace.activity.cell_toggles) / 64
    assert wires["energy_j"] == pytest.approx(expected, rel=1e-9, abs=0)
    check_ledger(run, ready)


def all_toggling(netlist: Netlist, sweeps: int) -> tuple[Program, Trace]:
    """A run in which every cell toggles at every update.

    All cells latch at one tick and every coupling is negative, so an ordered array flips as a whole in each phase. At
    beta 4 a cell of degree d fails with probability 1/(1 + exp(8 d)), d >= 5: never, in any run of this length.
    """
    program = compile_program(netlist)
    device = Device(program, lanes=64, seed=0)
    fabric = netlist.fabric
    device.hard_wire_beta(4.0)
    device.write(np.zeros(len(fabric.edges)), np.full(fabric.sites, 1000.0))
    ordered, _ = device.sample(1)
    before = device.probe_state()
    assert (before == 2**64 - 1).all()
    device.write(-np.ones(len(fabric.edges)), np.zeros(fabric.sites))
    device.sample(sweeps, after=[ordered])
    return program, device.finish()


def test_a_toggling_interior_cell_costs_what_the_paper_leaves_it() -> None:
    sweeps = 300
    ready = plan("dtca-70", "spin-glass", {"fabric.colours": 1, "fabric.coupled_updates": "allow", "rng.law": "ideal"})
    program, trace = all_toggling(ready.netlist, sweeps)
    # One ordering sweep, in which half of the random cells toggle, then all of them in each.
    ordering = trace.activity.cell_toggles - 64 * sweeps
    assert ordering.min() >= 0
    assert ordering.max() <= 64
    interior = program.class_capacitance_f.argmax()
    cells = np.count_nonzero(program.cell_class == interior)
    assert cells == 50 * 50  # at least 10 from every border
    ledger = price_trace(trace, sheet_of(ready.netlist, trace.activity.class_capacitance_f), ready.prices)
    rows = {(row.component, row.action): row for row in ledger.rows}
    updates = rows["cells", "update"].count

    def per_update_fj(component: str, action: str) -> float:
        return (rows[component, action].energy_j or 0.0) / updates * 1e15

    assert per_update_fj("rng", "on") == pytest.approx(0.35, rel=1e-9, abs=0)
    assert per_update_fj("cells", "on") == pytest.approx(0.11, rel=1e-9, abs=0)
    assert per_update_fj("clock", "tick") == pytest.approx(0.011, abs=0.0005)
    toggles = sum(row.by_class for row in trace.activity.rows if row.action == "toggle")[interior]
    wire_fj = ready.netlist.domain.coupler.kind.modelled_energy_j(
        "toggle", ready.chip.model.technology, program.class_capacitance_f[interior]
    )
    assert wire_fj * 1e15 == pytest.approx(0.834, abs=0.0005)
    # Of an interior cell's updates all but half of the first one toggled.
    assert toggles / (64 * cells * (sweeps + 1)) == pytest.approx(1 - 0.5 / (sweeps + 1), abs=1e-4)


def test_all_cells_interior_and_toggling_the_whole_fabric_costs_1_305_fj_an_update() -> None:
    # On a torus every cell has all 12 neighbours; wires are folded to twice the length, so half the pitch gives the
    # same 156 fF. The whole fabric then costs the sum of the parts, with no cell left out.
    settings = {
        "fabric.colours": 1,
        "fabric.coupled_updates": "allow",
        "fabric.borders": "torus",
        "couplers.pitch": "3 um",
        "rng.law": "ideal",
    }
    ready = plan("dtca-70", "spin-glass", settings)
    _, trace = all_toggling(ready.netlist, 1000)
    ledger = price_trace(trace, sheet_of(ready.netlist, trace.activity.class_capacitance_f), ready.prices)
    updates, toggles = trace.activity.total("update"), trace.activity.total("toggle")
    still = (updates - toggles) / updates * 0.8341
    cost_fj = ledger.by_group()["fabric"] / (updates / 64) * 1e15
    assert cost_fj + still == pytest.approx(0.35 + 0.834 + 0.11 + 0.011, abs=0.001)
    assert still < 0.0005
