"""Heat and work of cells with a potential: balances by lane, counts, phases, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_errors import refused

from chipsim.compiler.program import ContinuousProgram
from chipsim.components.cells.quartic_cell import QuarticCell
from chipsim.components.noise.noise_source import NoiseSource
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.spec.chip import BOLTZMANN_J_PER_K
from chipsim.spec.document import Document
from chipsim.spec.model import validate
from chipsim.testing.trial import trial_netlist, with_kind

KT = BOLTZMANN_J_PER_K * 300
CELL = {
    "kind": "quartic_cell",
    "capacitance": "10 fF",
    "conductance": "10 nS",
    "bias_current": "7 nA",
    "scale": "2.035 mV",
    "j2": 2.0,
    "j4": 4.0,
}
MATRIX = np.array([[0, -0.5, 0.3, 0], [-0.5, 0, 0, 0.2], [0.3, 0, 0, 0.1], [0, 0.2, 0.1, 0]])


def cell(**changes: Any) -> QuarticCell:
    return validate(QuarticCell, Document("trial", {**CELL, **changes}))


def device(lanes: int = 64, chip: dict[str, Any] | None = None, **changes: Any) -> ContinuousDevice:
    """Four quartic cells with thermal noise, all coupled."""
    settings = {"couplers.range": "10 nS", "inputs.full_scale": "10 mV", "readout.full_scale": "10 mV", **(chip or {})}
    netlist = trial_netlist(cell(**changes), settings)
    source = NoiseSource.model_validate({"kind": "noise_source", "law": "thermal"})
    return ContinuousDevice(ContinuousProgram(with_kind(netlist, source)), lanes, seed=3)


def cycle(chip: ContinuousDevice) -> None:
    """Drive, relax, couple, relax, uncouple, discharge."""
    chip.write(MATRIX, connected=False)
    chip.drive(np.array([1e-3, 0, -1e-3, 0]))
    chip.relax(3e-6)
    chip.switch(True)
    chip.relax(3e-6)
    chip.switch(False)
    chip.discharge()


def test_work_is_heat_around_a_cycle_in_every_lane() -> None:
    """From 0 V and back to 0 V: what was put in has come out. Without input at 0 V the potential is 0."""
    chip = device()
    cycle(chip)
    heat = sum(exchange.heat_j for exchange in chip.exchanges)
    work = sum(exchange.work_j for exchange in chip.exchanges)
    np.testing.assert_allclose(heat, work, atol=1e-9 * KT)
    assert np.abs(work).max() > KT / 10


def test_work_of_switching_is_the_energy_of_the_couplers() -> None:
    chip = device()
    chip.write(MATRIX, connected=False)
    chip.relax(3e-6)
    x = chip.array.volts / 2.035e-3
    chip.switch(True)
    # Codes of 10 bits hold the matrix to 0.1 %.
    wanted = 0.5 * ((x @ MATRIX) * x).sum(axis=1) * 10e-15 * 2.035e-3**2
    np.testing.assert_allclose(chip.exchanges[-1].work_j, wanted, atol=2e-3 * np.abs(wanted).max())


def test_the_ledger_counts_heat_in_its_phase() -> None:
    """To a zeptojoule per lane; what lanes give and take in one phase is not set off."""
    chip = device()
    cycle(chip)
    exchanges = list(chip.exchanges)
    trace = chip.finish()
    names = [phase.name for phase in trace.timing.phases]
    assert names == ["program", "input", "relax", "couple", "relax", "uncouple", "discharge"]
    for number, name in enumerate(names):
        heat = [q for e in exchanges if e.phase == name for q in e.heat_j] if name != "relax" else None
        if heat is None:
            continue
        for action, sign in (("dissipate", 1), ("absorb", -1)):
            rows = [
                r.count for r in trace.activity.rows if (r.action, r.phase, r.component) == (action, number, "cells")
            ]
            wanted = sum(q * sign for q in heat if q * sign > 0) * 1e21
            assert sum(rows) == pytest.approx(wanted, abs=64)
    assert trace.activity.total("dissipate", "cells") > 0
    assert trace.activity.total("switch") == 2 * 6 * 64


def test_looks_on_the_way_change_no_heat() -> None:
    """A window in four stretches is the same phase: what a lane gives in one and takes in the next is set off."""
    chip = device()
    chip.write(MATRIX, connected=False)
    for _ in range(4):
        chip.relax(1e-6)
    heat = sum(exchange.heat_j for exchange in chip.exchanges)
    assert any((each.heat_j > 0).any() for each in chip.exchanges)
    activity = chip.finish().activity
    for action, sign in (("dissipate", 1), ("absorb", -1)):
        wanted = sum(q * sign for q in heat if q * sign > 0) * 1e21
        assert activity.total(action, "cells") == pytest.approx(wanted, abs=64)


def test_the_first_cells_are_read_alone() -> None:
    few, all_ = device(lanes=3), device(lanes=3)
    for chip in (few, all_):
        chip.write(MATRIX)
        chip.relax(1e-6)
    assert few.read(cells=2).volts.shape == (3, 1, 2)
    assert all_.read().volts.shape == (3, 1, 4)
    counts = [chip.finish().activity.total("convert", "readout") for chip in (few, all_)]
    assert counts == [6, 12]


def test_equilibrium_is_at_the_temperature_of_the_chip() -> None:
    """<x^2> .04088 at kT .1 = kT / (C scale^2), over 65,536 samples, standard error .6 %."""
    chip = device(lanes=16_384)
    chip.write(np.zeros((4, 4)))
    chip.relax(5e-6)
    assert ((chip.array.volts / 2.035e-3) ** 2).mean() == pytest.approx(0.04088, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"j4": 0, "j2": -1}, "spec.rule"),
        ({"j4": 0, "j3": 0.5}, "spec.rule"),
        ({"scheme": "euler"}, "spec.missing-key"),
    ],
)
def test_unstable_potentials_are_refused(changes: dict[str, Any], code: str) -> None:
    with refused(code):
        cell(**changes)


def test_weights_beyond_the_couplers_are_refused() -> None:
    with refused("chip.out-of-range"):
        device(chip={"couplers.range": "1 nS"}).write(MATRIX)
