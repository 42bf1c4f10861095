"""Cells that latch at random times and see their neighbours after a delay: two of them against their exact law, four
against a simulation of every event one after another.

Lanes of a group share the times of events, so standard errors come from groups.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtri
from support_history import pair_correlation, pair_moments
from support_policies import CHANCE, FREE, RING, shares_by_group

from chipsim.compiler.lateness import Flights, lateness_of
from chipsim.compiler.program import compile_program
from chipsim.components.couplers import flights
from chipsim.engine.latched.array import LatchedArray
from chipsim.errors import SpecError
from chipsim.kernels.windows import Windows
from chipsim.testing.exact import boltzmann
from chipsim.testing.trial import BIASES, COUPLINGS, held_problem, trial_netlist, trial_program, with_kind

TICK_FS = 10**8
LANES, SNAPSHOTS = 2**16, 16
PAIR: dict[str, Any] = {"edges": [[0, 1]]}


def array_of(fabric: dict[str, Any], delay: float, couplings: Any, biases: Any, seed: int = 3) -> LatchedArray:
    """An array whose wires of one pitch have this delay, in mean intervals of 100 ns."""
    times = f"{delay * 100 / 6:.12g} ns/um"
    program = trial_program(FREE, {"fabric": fabric, "couplers.weight_bits": 16, "couplers.delay_per_length": times})
    array = LatchedArray(program, LANES, seed)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.0)
    return array


def run(array: LatchedArray, ticks: int) -> None:
    now = array.state.tick * TICK_FS
    array.advance(now, now + ticks * TICK_FS)


def sampled(array: LatchedArray, ticks: int) -> Any:
    """(groups, states) mean shares over snapshots."""
    shares = 0
    for _ in range(SNAPSHOTS):
        run(array, ticks)
        shares = shares + shares_by_group(array) / SNAPSHOTS
    return shares


# --- two cells ------------------------------------------------------------------------------------------------------


def of_pair(delay: float) -> tuple[float, float]:
    """Sampled mean of s0 s1, and its standard error."""
    array = array_of(PAIR, delay, np.array([0.8]), np.zeros(2))
    products = sampled(array, 20 + math.ceil(8 * delay)) @ np.array([1, -1, -1, 1])
    return float(products.mean()), float(products.std(ddof=1)) / math.sqrt(len(products))


def test_the_closed_form_without_delay_is_boltzmann_and_falls_with_it() -> None:
    assert pair_correlation(0.8, 0) == pytest.approx(math.tanh(0.8))
    errors = [math.tanh(0.8) - pair_correlation(0.8, delay) for delay in (0.01, 0.1, 1.0, 10.0)]
    assert errors == sorted(errors)
    assert errors[1] == pytest.approx(10 * errors[0], rel=0.2)
    assert pair_correlation(0.8, 40) < 1e-9


def test_the_page_has_the_closed_form() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "update-policies.md").read_text()
    assert " | ".join(f"{pair_correlation(0.8, delay):.4f}" for delay in (0.01, 0.1, 0.5, 1, 4)) in page


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.5, 1.0, 4.0])
def test_two_cells(delay: float) -> None:
    mean, error = of_pair(delay)
    print(delay, mean, error, pair_correlation(0.8, delay))
    assert error < 0.003
    assert mean == pytest.approx(pair_correlation(0.8, delay), abs=5 * error)
    if delay >= 0.1:
        assert abs(mean - math.tanh(0.8)) > 5 * error


@pytest.mark.parametrize("fault", ["delays 20 % long", "no delay"])
def test_two_cells_catch(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = flights.flight_field

    def faulty(field: Any, delays: Any, first: int, many: int) -> Any:
        made = exact(field, delays, first, many)
        if fault == "delays 20 % long":
            return made._replace(delays=made.delays * 6 // 5)
        return made._replace(delays=0 * made.delays)

    monkeypatch.setattr("chipsim.components.couplers.coupler.flight_field", faulty)
    with pytest.raises(AssertionError):
        test_two_cells(0.5)


# --- four cells, wires of one and two pitches ------------------------------------------------------------------------


def event_by_event(delays: dict[tuple[int, int], float], many: int, until: float, kept: int = 40) -> Any:
    """(16,) share of independent runs in each state at a time: each event of each run, with a history of its cell."""
    random = np.random.default_rng(11)
    weights = dict(zip(((0, 1), (1, 2), (2, 3), (0, 3)), COUPLINGS, strict=True))
    times, spins = np.full((many, 4, kept), -1.0), np.ones((many, 4, kept), np.int8)
    spins[:] = random.choice(np.array([-1, 1], np.int8), (many, 4))[..., None]
    now, rows = np.zeros(many), np.arange(many)
    while True:
        now += random.exponential(0.25, many)
        going = rows[now < until]
        if not len(going):
            break
        cells = random.integers(0, 4, many)
        for cell in range(4):
            mine = going[cells[going] == cell]
            field = np.full(len(mine), BIASES[cell])
            for pair, weight in weights.items():
                if cell in pair:
                    other = pair[0] + pair[1] - cell
                    before = times[mine, other] <= (now[mine] - delays[pair])[:, None]
                    newest = np.where(before.any(axis=1), before.argmax(axis=1), kept - 1)
                    field += weight * spins[mine, other, newest]
            up = random.random(len(mine)) < 1 / (1 + np.exp(-2 * field))
            for history, value in ((times, now[mine]), (spins, np.where(up, 1, -1))):
                history[mine, cell, 1:] = history[mine, cell, :-1]
                history[mine, cell, 0] = value
    states = (spins[:, :, 0] > 0) @ (1 << np.arange(4))
    return np.bincount(states, minlength=16) / many


def agrees(groups: Any, other: Any, many: int) -> bool:
    """Whether two independent estimates of a law agree: Hotelling's T**2, by the covariances of both."""
    off = (groups.mean(axis=0) - other)[:-1]
    own = np.cov(groups[:, :-1], rowvar=False) / len(groups)
    excess = float(off @ np.linalg.solve(own + (np.diag(other) - np.outer(other, other))[:-1, :-1] / many, off))
    print(f"T**2 {excess:.1f} of {chdtri(len(off), CHANCE):.1f}")
    return excess < float(chdtri(len(off), CHANCE))


def test_four_cells_against_every_event_one_after_another() -> None:
    delay, many = 0.4, 50_000
    array = array_of(RING, delay, COUPLINGS, BIASES)
    lengths = array.program.netlist.fabric.lengths
    delays = {(i, j): delay * length for (i, j), length in zip(RING["edges"], lengths, strict=True)}
    groups, other = sampled(array, 24), event_by_event(delays, many, 24.0)
    assert agrees(groups, other, many)
    assert not agrees(groups, boltzmann(held_problem(array.program, COUPLINGS, BIASES), 1.0), many)


# --- how far decisions are moved ------------------------------------------------------------------------------------


@pytest.mark.parametrize("coupling", [0.1, 0.8, 2.0])
@pytest.mark.parametrize("delay", [1e-3, 0.03, 0.3, 2.0])
def test_two_cells_move_decisions_by_no_more_than_the_bound(coupling: float, delay: float) -> None:
    """A latch sees the opposite of its neighbour's word with a probability of (1 - A(d)) / 2, and changes its cell with
    (1 - g B(d)) / 2; P(+1) under the one word and under the other differ by g = tanh J.
    """
    _, same, across = pair_moments(coupling, delay)
    gain = math.tanh(coupling)
    moved, flips = gain * (1 - same) / 2, (1 - gain * across) / 2
    late = array_of(PAIR, delay, np.array([coupling]), np.zeros(2)).program.lateness
    assert isinstance(late, Flights)
    bound = float(late.moved(np.array([coupling]), np.array([flips]))[0])
    assert moved <= bound <= gain
    if delay <= 0.03:
        assert moved == pytest.approx(bound, rel=0.05)


# --- the array ------------------------------------------------------------------------------------------------------


def test_pieces_change_nothing() -> None:
    whole, pieces = (array_of(RING, 0.4, COUPLINGS, BIASES) for _ in range(2))
    run(whole, 12)
    for ticks in (1, 4, 7):
        run(pieces, ticks)
    assert np.array_equal(whole.state.words, pieces.state.words)
    assert np.array_equal(whole.counters.updates, pieces.counters.updates)
    mean = whole.counters.updates.mean() / 64
    assert mean == pytest.approx(48, abs=5 * math.sqrt(48 / whole.groups))


def test_so_many_latches_are_kept_that_none_is_missed() -> None:
    for delay in (0.01, 0.5, 4.0):
        late = array_of(PAIR, delay, np.array([0.8]), np.zeros(2)).program.lateness
        assert isinstance(late, Flights)
        # Within the delay before a look, and in a window as long after it.
        mean = 2 * delay
        log_terms = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(late.kept, late.kept + 60)]
        assert sum(map(math.exp, log_terms)) < 1e-12


def test_latches_that_are_not_moved_are_never_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latches behind one that is older than the longest delay and a window are left out; the shortest delay is one."""
    exact, found = flights.flight_field, {}
    for name in ("exact", "all moved", "without the window"):

        def made(*arguments: Any, name: str = name) -> Any:
            field = exact(*arguments)
            reach = {"exact": field.kept[3], "all moved": 2**62, "without the window": field.delays[-1]}[name]
            return field._replace(kept=np.append(field.kept[:3], reach))

        monkeypatch.setattr("chipsim.components.couplers.coupler.flight_field", made)
        array = array_of(RING, 0.4, COUPLINGS, BIASES)
        run(array, 30)
        found[name] = array.state.words[:, : array.program.cells].copy()
    assert np.array_equal(found["exact"], found["all moved"])
    assert not np.array_equal(found["without the window"], found["all moved"])


def test_without_delay_nothing_is_kept() -> None:
    array = array_of(RING, 0, COUPLINGS, BIASES)
    assert array.program.lateness is None
    assert array.program.slots == 4
    assert not isinstance(array.schedule.parameters, Windows)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"couplers.delay_per_length": "1 ns/um", "couplers.node_rc": "1 ns"}, "couplers.node_rc"),
        ({"couplers.delay_per_length": "1 ps/um"}, "couplers.delay_per_length"),
        ({"couplers.delay_per_length": "1 us/um"}, "couplers.delay_per_length"),
        ({"couplers.node_rc": "1 ns"}, "clock"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], place: str) -> None:
    netlist = with_kind(trial_netlist(None, changes), FREE)
    with pytest.raises(SpecError) as refused:
        compile_program(netlist)
    assert place in str(refused.value)
    with pytest.raises(SpecError):
        lateness_of(netlist, np.zeros(4, np.int32))
