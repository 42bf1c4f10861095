"""Noise that runs between latches, an observer, a schedule, weights by group: in the kernel of the built-in kinds.

The law of such noise is tested where it is built in: tests/sampling/test_telegraph_law.py.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from support_array_doubles import InOrder, Telegraph, ToggleWindow, Visits
from support_errors import refused
from support_outside import Run

from chipsim.compiler.program import Program
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.latched.observers import HistogramObserver, Pace
from chipsim.engine.packing import lanes_of_words
from chipsim.testing import reference
from chipsim.testing.exact import boltzmann
from chipsim.testing.trial import BIASES, COUPLINGS, differences, held_problem, trial_program

TICK_S = 100e-9
TICK_FS = 10**8
CELLS = 4


def telegraph(ratio: float) -> Program:
    """The ring with a noise whose time constant is the phase by this ratio."""
    kind = Telegraph(kind="telegraph_double", tau=f"{TICK_S / ratio:.12g} s")
    return trial_program(kind, {"couplers.weight_bits": 16})


def started(program: Program, lanes: int, seed: int) -> LatchedArray:
    array = LatchedArray(program, lanes, seed)
    weights = program.netlist.domain.coupler.kind.quantise(COUPLINGS, BIASES)
    array.load(program.field(weights))
    array.set_beta(1.0)
    return array


def by_site(program: Program, counts: np.ndarray) -> np.ndarray:
    """Shares of configurations, bit i = site i, from counts by slot."""
    states = np.arange(2**CELLS)
    slots = sum(((states >> site) & 1) << int(program.slot_of[site]) for site in range(CELLS))
    return counts[slots] / counts.sum()


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return 0.5 * float(np.abs(a - b).sum())


# Snapshots of 2,048 lanes, ten sweeps apart: about 600,000 independent ones. The distance of their shares from the true
# law of 16 states is 0.5 sum sqrt(2 p / (pi n)) < 0.0021 on average; half of that at most as standard deviation.
LANES, SWEEPS, EVERY, NOISE_FLOOR = 2048, 3000, 10, 0.0045


def test_kernel_and_reference_agree_on_what_runs_between_latches_bit_for_bit() -> None:
    """Prepare, sight, noise, commit and settle of an outside kind, with held cells, over pauses and cuts in a sweep."""
    program = telegraph(1.0)
    array = started(program, 100, seed=8)
    array.hold(np.arange(CELLS) == 1)
    state, counters = array.state.copy(), array.counters.copy()
    noise, words = program.netlist.latched.noise.kind, program.colours + 1
    rest = 0
    for ticks in (5, 4, 3):
        now = array.state.tick * TICK_FS
        array.advance(now, now + ticks * TICK_FS)
        first = min(ticks, program.colours)
        for part, since in ((first, 0), (ticks - first, program.colours)):
            context = program.array_context(program.colours * TICK_S, math.inf if not rest else 0.0, since, rest)
            stages = (array.fields[0], program.netlist.latched.cells.kind.activation(context), noise.noise(context))
            reference.reference_ticks(stages, program.schedule.parameters, state, counters, part, words)
        array.settle()
        context = program.array_context(program.colours * TICK_S, 0.0, state.tick - rest, rest)
        stages = (*stages[:2], noise.noise(context))
        reference.reference_settle(stages, program.schedule.parameters, state, words)
        rest = state.tick
        assert differences(array.state, state) + differences(array.counters, counters) == []


def test_an_observer_counts_toggles_in_windows_after_each_colour() -> None:
    program = trial_program()
    array = started(program, 100, seed=1)
    window = ToggleWindow(array.state.words, ticks=3, windows=5)
    before = array.counters.by_cell.copy()
    array.advance(0, 14 * TICK_FS, [window])
    counted = window.by_group.sum(axis=(0, 1))
    assert np.array_equal(counted, (array.counters.by_cell - before).sum(axis=0))
    assert (window.by_group.sum(axis=(0, 2)) > 0).all()
    # One window alone, from the words before and after it.
    again = started(program, 100, seed=1)
    again.advance(0, 3 * TICK_FS)
    assert np.array_equal(window.by_group[:, 0], again.counters.by_cell)


def test_a_schedule_visits_cells_in_a_given_order() -> None:
    """One cell a tick, site 2 twice as often: Gibbs all the same, and nobody else is touched."""
    program = trial_program()
    order = program.slot_of[[0, 2, 1, 2, 3]]
    schedule = InOrder(Visits(order, program.cell_class), TICK_FS)
    array = LatchedArray(program, LANES, seed=7, schedule=schedule)
    weights = program.netlist.domain.coupler.kind.quantise(COUPLINGS, BIASES)
    array.load(program.field(weights))
    array.set_beta(1.0)
    seen = HistogramObserver(CELLS, Pace(EVERY, 0, SWEEPS // EVERY), array.groups)
    array.advance(0, SWEEPS * len(order) * TICK_FS, [seen])
    law = boltzmann(held_problem(program, COUPLINGS, BIASES), 1.0)
    assert distance(by_site(program, seen.counts.sum(axis=0)), law) < 2 * NOISE_FLOOR
    before, counted = array.state.words.copy(), array.counters.by_cell.copy()
    end = array.state.tick * TICK_FS
    array.advance(end, end + TICK_FS)
    others = np.arange(CELLS) != order[0]
    assert np.array_equal(array.state.words[:, others], before[:, others])
    assert (array.counters.by_cell - counted)[:, order[0]].sum() > 0
    assert not (array.counters.by_cell - counted)[:, others].any()


@pytest.mark.parametrize("law", ["redraw", "telegraph", "comparator"])
def test_noise_that_remembers_is_refused_under_a_schedule_without_a_clock(law: str) -> None:
    program = trial_program(changes={"rng.law": law})
    LatchedArray(program, LANES, seed=7, schedule=program.schedule)
    with refused("chip.unsuitable", "use law: ideal"):
        LatchedArray(program, LANES, seed=7, schedule=InOrder(Visits(program.slot_of, program.cell_class), TICK_FS))


def test_each_group_has_weights_of_its_own() -> None:
    """One group aligns the ring, the other sets neighbours against each other: a die is a group."""
    program = trial_program(changes={"couplers.weight_bits": 16})
    quantise = program.netlist.domain.coupler.kind.quantise
    array = LatchedArray(program, 128, seed=2)
    array.load([program.field(quantise(sign * COUPLINGS, np.zeros(CELLS))) for sign in (1, -1)])
    array.set_beta(1.0)
    products = np.zeros(2)
    for sweep in range(0, 4000, 20):
        array.advance(2 * sweep * TICK_FS, 2 * (sweep + 20) * TICK_FS)
        spins = lanes_of_words(array.words(program.slot_of), 128).astype(float)
        products += (spins[:, 0] * spins[:, 1]).reshape(2, 64).mean(axis=1) / 200
    problem = held_problem(program, COUPLINGS, np.zeros(CELLS))
    states = 2 * ((np.arange(16)[:, None] >> np.arange(CELLS)) & 1) - 1
    exact = float(boltzmann(problem, 1.0) @ (states[:, 0] * states[:, 1]))
    # 12,800 independent products a group; a standard error is below 0.008.
    assert products == pytest.approx([exact, -exact], abs=0.035)


def test_snapshots_go_on_bit_by_bit_from_any_phase() -> None:
    """Twenty random cuts between phases, with noise that owes something at each."""
    program = telegraph(1.0)
    random = np.random.default_rng(4)
    whole = started(program, 100, seed=9)
    whole.advance(0, 200 * TICK_FS)
    array = started(program, 100, seed=9)
    for cut in np.sort(random.choice(np.arange(1, 200), 20, replace=False)).tolist():
        array.advance(array.state.tick * TICK_FS, cut * TICK_FS)
        snapshot = array.snapshot()
        array.advance(cut * TICK_FS, 200 * TICK_FS)
        assert np.array_equal(array.state.words, whole.state.words)
        assert np.array_equal(array.counters.by_lane, whole.counters.by_lane)
        array.restore(snapshot)


@pytest.mark.slow
def test_what_a_stage_may_look_at_can_grow(python: Run, tmp_path: Path) -> None:
    """A chipsim whose context has one more field runs noise, observer, schedule and weights by group as they are."""
    root, grown = Path(__file__).parents[2], tmp_path / "grown"
    for folder in ("chipsim", "chips", "workloads"):
        shutil.copytree(root / folder, grown / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module, before, after in (
        ("stages", "    nodes: Any = 0\n\n\nclass Exact", "    nodes: Any = 0\n    later: Any = 0\n\n\nclass Exact"),
        ("stages", "exact, 0, nodes)", "exact, 0, nodes, tick + 1)"),
        ("stages", "at.exact, at.field, at.nodes", "at.exact, at.field, at.nodes, at.later"),
        ("stages", "at.exact, field, at.nodes", "at.exact, field, at.nodes, at.later"),
        ("decisions", "at.exact, 0, at.nodes)", "at.exact, 0, at.nodes, at.later)"),
    ):
        path = grown / "chipsim" / "kernels" / f"{module}.py"
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))
    seen = python(grown, "-c", "from chipsim.kernels import stages; print(stages.Context._fields[-1])")
    assert seen.stdout == "later\n"
    chosen = "bit_for_bit or windows or given_order or weights_of_its_own"
    done = python(grown, "-m", "pytest", "-p", "no:cacheprovider", "-k", chosen, __file__)
    assert "4 passed" in done.stdout, done.stdout
