"""Cells that see their neighbours late, against the exact chain of the last words, from the integral of their fields.

Lanes are independent, and snapshots of one lane lie far apart: a million samples of at most 32 states. Their chi-square
exceeds its limit for one seed in a million.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from support_errors import code_of
from support_history import History

from chipsim.cli.main import main
from chipsim.compiler import lateness
from chipsim.components.couplers import late
from chipsim.components.couplers.late import NodeField
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.array_rules import chi_square
from chipsim.testing.exact import boltzmann, total_variation, total_variation_floor
from chipsim.testing.trial import (
    BIASES,
    COUPLINGS,
    disagreements,
    held_problem,
    stage_parameters,
    trial_array,
    trial_program,
)

TICK_FS = 10**8
LANES, SNAPSHOTS = 2**16, 16
RING: dict[str, Any] = {"edges": [[0, 1], [1, 2], [2, 3], [0, 3]]}
TRIANGLE: dict[str, Any] = {"edges": [[0, 1], [1, 2], [0, 2], [2, 3]]}
COMPLETE: dict[str, Any] = {"complete": 5}
PAIR: dict[str, Any] = {"edges": [[0, 1]]}
TOGETHER: dict[str, Any] = {**RING, "colours": 1, "coupled_updates": "allow"}


def problem_of(fabric: dict[str, Any]) -> tuple[Any, Any]:
    """Couplings and biases: those of the design's ring, or of both signs."""
    if "complete" in fabric:
        return np.array([0.5, -0.4, 0.3, 0.6, -0.5, 0.4, 0.35, -0.3, 0.45, 0.25]), np.array([0.2, -0.1, 0.15, 0.0, 0.1])
    if fabric is TRIANGLE:
        return np.array([0.6, -0.5, 0.4, 0.7]), BIASES
    return (COUPLINGS, BIASES) if len(fabric["edges"]) == 4 else (np.array([0.8]), BIASES[:2])


def array_of(
    fabric: dict[str, Any], delay: float, node_rc: float, pulse: float, seed: int = 3
) -> tuple[LatchedArray, Problem]:
    """An array with these times in phases, the delay that of a wire of one pitch."""
    changes = {
        "fabric": fabric,
        "couplers.weight_bits": 16,
        "couplers.delay_per_length": f"{delay * 100 / 6:.12g} ns/um",
        "couplers.node_rc": f"{100 * node_rc:.12g} ns",
        "clock.pulse": f"{100 * pulse:.12g} ns",
    }
    program = trial_program(changes=changes)
    array = LatchedArray(program, LANES, seed)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(*problem_of(fabric))))
    array.set_beta(1.0)
    return array, held_problem(program, *problem_of(fabric))


def run(array: LatchedArray, ticks: int) -> None:
    """Go on without a pause."""
    now = array.state.tick * TICK_FS
    array.advance(now, now + ticks * TICK_FS)


def configurations(array: LatchedArray) -> Any:
    """How many lanes are in each state, bit i = site i."""
    spins = lanes_of_words(array.words(array.program.slot_of), LANES)
    return np.bincount((spins > 0) @ (1 << np.arange(array.program.cells)), minlength=2**array.program.cells)


def counts_of(array: LatchedArray, sweeps: int) -> Any:
    """Counts of states in snapshots so many sweeps apart."""
    counts = np.zeros(2**array.program.cells)
    for _ in range(SNAPSHOTS):
        run(array, sweeps * array.program.colours)
        counts += configurations(array)
    return counts


def agrees(counts: Any, law: Any) -> bool:
    """Whether independent counts follow a law."""
    excess, limit = chi_square(counts, law * counts.sum())
    distance = total_variation(counts / counts.sum(), law)
    print(f"chi-square {excess:.1f} of {limit:.1f}, total variation {distance:.4f}")
    return excess < limit


# fabric, delay of a wire of one pitch, R C and pulse in phases, ticks that matter, whether it differs from Boltzmann
CASES: dict[str, tuple[dict[str, Any], float, float, float, int, bool]] = {
    "delays within a phase": (RING, 0.49, 0, 0, 4, False),
    "a change that arrives at the latch is not seen": (RING, 0.5, 0, 0, 4, True),
    "the long wires are late": (RING, 0.6, 0, 0, 4, True),
    "two latches late": (RING, 1.6, 0, 0, 6, True),
    "three colours": (TRIANGLE, 1.2, 0, 0, 6, True),
    "five colours": (COMPLETE, 0.7, 0, 0, 7, True),
    "all together, late too": (TOGETHER, 0.7, 0, 0, 4, True),
    "pulses overlap": (RING, 0, 0, 1.2, 4, True),
    "pulses and wires": (RING, 0.35, 0, 0.4, 4, True),
    "node slower than a phase": (PAIR, 0, 1.5, 0, 17, True),
    "node as fast as a phase": (RING, 0, 1, 0, 9, True),
    "node of three colours": (TRIANGLE, 0, 0.7, 0, 10, True),
    "node of five colours": (COMPLETE, 0, 1, 0, 14, True),
    "node behind late wires": (RING, 0.6, 0.6, 0, 8, True),
    "nodes of cells that latch together": (TOGETHER, 0.7, 0.4, 0, 5, True),
    "node far faster than a phase": (RING, 0, 0.08, 0, 4, False),
}


@pytest.mark.parametrize("case", CASES)
def test_the_exact_law(case: str) -> None:
    fabric, delay, node_rc, pulse, ticks, biased = CASES[case]
    array, problem = array_of(fabric, delay, node_rc, pulse)
    program = array.program
    delays = delay * program.netlist.fabric.lengths + pulse
    law = History(problem, program.colour_of[program.slot_of], delays, node_rc, ticks).stationary()
    counts = counts_of(array, 30 + int(20 * node_rc))
    assert agrees(counts, law)
    assert agrees(counts, boltzmann(problem, 1.0)) != biased


def test_the_error_falls_to_the_floor_as_delays_vanish() -> None:
    """Total variation to Boltzmann of the exact laws, and of the samples within their floor."""
    found = {}
    for node_rc, ticks in ((1.0, 9), (0.5, 7), (0.25, 5), (0.125, 4)):
        array, problem = array_of(RING, 0, node_rc, 0)
        law = History(problem, array.program.colour_of[array.program.slot_of], np.zeros(4), node_rc, ticks).stationary()
        equilibrium, counts = boltzmann(problem, 1.0), counts_of(array, 40)
        found[node_rc] = total_variation(law, equilibrium)
        floor = total_variation_floor(law, LANES * SNAPSHOTS)
        assert total_variation(counts / counts.sum(), equilibrium) == pytest.approx(found[node_rc], abs=2 * floor)
    print(found)
    assert found[1.0] > 2 * found[0.5] > 4 * found[0.25] > 8 * found[0.125]
    assert found[0.125] < 3e-4


def test_nothing_is_kept_where_nothing_is_late() -> None:
    """Delays below a phase leave program and states as they are without them."""
    array, _ = array_of(RING, 0.49, 0, 0)
    plain, _ = array_of(RING, 0, 0, 0)
    assert array.program.lateness is None
    assert array.program.slots == 4
    for each in (array, plain):
        run(each, 40)
    assert np.array_equal(array.state.words, plain.state.words)


# --- pauses and pieces ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delay", "node_rc"), [(1.6, 0.0), (0.6, 1.0)])
def test_pieces_without_a_pause_change_nothing(delay: float, node_rc: float) -> None:
    whole, _ = array_of(RING, delay, node_rc, 0)
    pieces, _ = array_of(RING, delay, node_rc, 0)
    run(whole, 21)
    for ticks in (3, 1, 7, 10):
        run(pieces, ticks)
    assert np.array_equal(whole.state.words, pieces.state.words)
    assert np.array_equal(whole.state.nodes, pieces.state.nodes)


@pytest.mark.parametrize(("delay", "node_rc"), [(0.6, 0.0), (0.0, 2.0)])
def test_after_a_pause_or_a_write_everything_has_arrived(delay: float, node_rc: float) -> None:
    """The first colour after either latches as if nothing were late."""
    array, _ = array_of(RING, delay, node_rc, 0)
    plain, _ = array_of(RING, 0, 0, 0)
    run(array, 31)  # in the middle of a sweep
    begin = 31 * TICK_FS + 1
    for written in (False, True):
        if written:
            array.write_spins(np.arange(4), array.state.words[:, :4] ^ np.uint64(5))
        plain.state = array.state.copy()
        plain.state.words = array.state.words[:, :4].copy()
        array.advance(begin, begin + TICK_FS)
        plain.run(*plain._parameters(), 1)
        assert np.array_equal(array.state.words[:, :4], plain.state.words)
        begin += TICK_FS


# --- how far decisions are moved ------------------------------------------------------------------------------------


@pytest.mark.parametrize("node_rc", [0.1, 0.4, 1.5])
@pytest.mark.parametrize("flips", [0.02, 0.3])
@pytest.mark.parametrize("size", [0.1, 0.6])
def test_nodes_move_decisions_by_no_more_than_the_bound(node_rc: float, flips: float, size: float) -> None:
    """A neighbour that changes at random, its coupler followed from latch to latch; the decision in the worst field.

    P(+1) under fields h + J x and h + J s differ most for h = -J (x + s) / 2, by tanh(J |x - s| / 2).
    """
    late = array_of(PAIR, 0, node_rc, 0)[0].program.lateness
    assert late is not None
    fresh, sweep = math.exp(-1 / node_rc), math.exp(-2 / node_rc)
    changes = np.random.default_rng(1).random(100_000) < flips
    words = 1.0 - 2 * (np.cumsum(changes) % 2)
    # Settled for a phase since the latest latch, for a sweep since the one before.
    voltage, moved = words[0], 0.0
    for before, word in itertools.pairwise(words):
        at_latch = before + (voltage - before) * sweep / fresh
        voltage = word + (at_latch - word) * fresh
        moved += math.tanh(size * abs(voltage - word) / 2) / len(words)
    bound = float(late.moved(np.array([size]), np.array([flips]))[0])
    # Standard error of the mean of `moved` is below 1 % of it.
    assert moved <= 1.04 * bound
    if node_rc < 1 and size == 0.1 and flips == 0.02:
        assert moved == pytest.approx(bound, rel=0.1)


# --- planted faults -------------------------------------------------------------------------------------------------


def test_a_delay_that_is_off_by_one_tick_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = lateness._unseen
    monkeypatch.setattr(lateness, "_unseen", lambda since, delay, sweep: exact(since, delay + TICK_FS, sweep))
    for case in ("delays within a phase", "the long wires are late", "five colours"):
        with pytest.raises(AssertionError):
            test_the_exact_law(case)


@pytest.mark.parametrize("fault", ["forgets", "starts anew", "ages are those of the sweep"])
def test_nodes_that_follow_wrongly_are_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = late.late_field

    def faulty(*given: Any) -> Any:
        field = exact(*given)
        assert isinstance(field, NodeField)
        if fault == "forgets":
            return field._replace(keep=np.array([0, 1], np.float32))
        if fault == "starts anew":
            return field._replace(stale=np.zeros_like(field.stale))
        return field._replace(fresh=np.full_like(field.fresh, field.fresh.mean()))

    monkeypatch.setattr("chipsim.components.couplers.coupler.late_field", faulty)
    with pytest.raises(AssertionError):
        test_the_exact_law("node slower than a phase" if fault == "forgets" else "node of five colours")


# --- kernel and reference -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fabric", "delay", "node_rc"), [(RING, 1.6, 0), (COMPLETE, 0.7, 1.0), (TOGETHER, 0.7, 0.5)])
@pytest.mark.parametrize("strength", [1.0, 200.0])
def test_kernel_and_reference_agree_bit_for_bit(
    fabric: dict[str, Any], delay: float, node_rc: float, strength: float
) -> None:
    program = array_of(fabric, delay, node_rc, 0)[0].program
    couplings, biases = problem_of(fabric)
    parameters = stage_parameters(program, strength * couplings, strength * biases)
    array = trial_array(program, lanes=100, seed=5)
    random = np.random.default_rng(5)
    array.state.beta[:] = random.uniform(0, 2, array.state.beta.shape)
    array.state.free[:, 0] &= random.integers(0, 2**64, len(array.state.lanes), np.uint64)
    array.load(parameters.field)
    assert not disagreements(program, parameters, array, sweeps=50)


# --- what does not go together --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "late", ["couplers: { node_rc: 20 ns }", "couplers: { delay_per_length: 1 us/mm }", "clock: { pulse: 150 ns }"]
)
def test_telegraph_noise_with_late_fields_is_refused(late: str, tmp_path: Path) -> None:
    """Its rates would follow the late field between latches, too, which is not modelled."""
    chip = f"chipsim: 1\nextends: dtca-70\nname: late\ncomponents:\n  rng[*]:\n    law: telegraph\n  {late}\n"
    (tmp_path / "late.yaml").write_text(chip)
    found = CliRunner().invoke(main, ["check", str(tmp_path / "late.yaml"), "spin-glass"])
    assert code_of(found) == "chip.unsuitable"
    assert found.exit_code == 2
    assert "late.yaml:6:10: components.rng[*].law: " in found.stderr
    assert "use law: comparator, redraw or ideal, or leave delay_per_length, node_rc and pulse at 0" in found.stderr
    (tmp_path / "late.yaml").write_text(chip.replace("telegraph", "redraw"))
    assert CliRunner().invoke(main, ["check", str(tmp_path / "late.yaml"), "spin-glass"]).exit_code == 0
