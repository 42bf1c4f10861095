"""Rules for the kinds of an array: compiled parameters, counts independent of lanes and threads, correct law."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.rounding import rounded
from chipsim.testing import reference
from chipsim.testing.subject import Subject
from chipsim.testing.trial import (
    Stages,
    cell_context,
    compiled_sweeps,
    disagreements,
    held_problem,
    stage_parameters,
    trial_array,
)

STATISTICS_LANES = 2**16
SNAPSHOTS = 16
# A correct kind fails by chance for one in a million seeds.
CHANCE = 1e-6


def _stages(subject: Subject, strength: float = 1.0) -> tuple[Program, Stages]:
    program = subject.program()
    return program, stage_parameters(program, strength * subject.couplings, strength * subject.biases)


def hands_arrays_to_the_kernel(subject: Subject) -> None:
    """Kernel parameters are a NamedTuple of arrays: anything else leaves the compiled path."""
    _, stages = _stages(subject)
    for slot, parameters in stages._asdict().items():
        subject.require(_is_named(parameters), f"stage {slot} gets no NamedTuple")
        for name, value in _arrays(parameters):
            array = isinstance(value, np.ndarray) and value.flags.c_contiguous
            subject.require(array, f"{name} is not a contiguous array")


def _is_named(parameters: Any) -> bool:
    return isinstance(parameters, tuple) and bool(getattr(parameters, "_fields", None))


def _arrays(parameters: Any) -> Iterator[tuple[str, Any]]:
    """Fields of a NamedTuple with their names; what is a NamedTuple itself, with its own fields."""
    for name, value in zip(parameters._fields, parameters, strict=True):
        if _is_named(value):
            yield from _arrays(value)
        else:
            yield f"{type(parameters).__name__}.{name}", value


def agrees_with_its_reference(subject: Subject) -> None:
    """400 updates of 100 lanes, with clamps and all temperatures, equal the pure-Python reference bit for bit.

    Half of them use fields so strong that every response saturates. External kinds register their reference
    with `chipsim.testing.reference`.
    """
    for strength in (1.0, 200.0):
        program, stages = _stages(subject, strength)
        array = trial_array(program, lanes=100, seed=5)
        array.load(stages.field)
        state, random = array.state, np.random.default_rng(5)
        state.beta[:] = random.uniform(0, 2, state.beta.shape)
        state.free[:, 0] &= random.integers(0, 2**64, len(state.lanes), np.uint64)
        try:
            parts = disagreements(program, stages, array, sweeps=50)
        except TypeError as error:
            subject.fail(str(error))
        subject.require(not parts, f"kernel and reference differ in {', '.join(parts)} (couplings x {strength:g})")


def _sampled(subject: Subject, lanes: int, threads: int = 1) -> Trace:
    device = Device(subject.program(), lanes, seed=9, threads=threads)
    device.write(subject.couplings, subject.biases)
    device.hard_wire_beta(0.7)
    device.sample(40)
    return device.finish()


def counts_do_not_depend_on_threads(subject: Subject) -> None:
    """Same seed, same counts and states, on one thread and on two."""
    one, two = (_sampled(subject, lanes=200, threads=threads) for threads in (1, 2))
    subject.require(one.activity.total("toggle") > 0, "no cell ever toggled")
    for name in ("activity.lane_toggles", "activity.cell_toggles", "observations.final_state"):
        same = np.array_equal(*(attrgetter(name)(trace) for trace in (one, two)))
        subject.require(same, f"{name} differ between one thread and two")


def lanes_do_not_notice_each_other(subject: Subject) -> None:
    """The first lanes are unchanged, bit for bit, when lanes are added, in their own group of 64 and beyond it."""
    many = _sampled(subject, lanes=200)
    for lanes in (40, 64):
        few = _sampled(subject, lanes)
        before, after = (lanes_of_words(trace.observations.final_state, lanes) for trace in (few, many))
        toggles = few.activity.lane_toggles, many.activity.lane_toggles[:, :lanes]
        same = np.array_equal(before, after) and np.array_equal(*toggles)
        subject.require(same, f"the first {lanes} lanes differ when there are 200")


def samples_its_stationary_law(subject: Subject) -> None:
    """A million states of the trial chip against the exact law; a right kind fails once in a million seeds.

    Lanes are independent, and snapshots lie `settle_sweeps` apart, so a chi-square finds a relative error of 1 % in the
    odds of every cell. Where cells latch at random times or places, which the lanes of a group share, groups are
    independent: Hotelling's T**2 of their shares.
    """
    program, stages = _stages(subject)
    problem = held_problem(program, subject.couplings, subject.biases)
    array = trial_array(program, STATISTICS_LANES, seed=2)
    states = 2**problem.cells
    by_group = np.zeros((array.groups, states))
    for _ in range(SNAPSHOTS):
        compiled_sweeps(stages, array, subject.settle_sweeps)
        spins = lanes_of_words(array.words(program.slot_of), STATISTICS_LANES)
        index = (spins > 0) @ (1 << np.arange(problem.cells)) + np.arange(len(spins)) // 64 * states
        by_group += np.bincount(index, minlength=by_group.size).reshape(by_group.shape)
    counts, law = by_group.sum(axis=0), subject.stationary(problem, 1.0)
    expected = law * counts.sum()
    shared = program.policy.order != "colours"
    excess, limit = hotelling(by_group / by_group[0].sum(), law) if shared else chi_square(counts, expected)
    distance = 0.5 * np.abs(counts - expected).sum() / counts.sum()
    subject.require(
        excess < limit,
        f"it does not sample its stationary law: {'T**2' if shared else 'chi-square'} {rounded(excess, '.0f')}, "
        f"limit {rounded(limit, '.0f')}, total variation {rounded(distance, '.4f')} at "
        f"{rounded(counts.sum(), ',.0f')} samples",
    )


def chi_square(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> tuple[float, float]:
    """The statistic and its limit at `CHANCE`; rare states share a bin."""
    rare = expected < 5
    seen = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    if wanted[-1] < 5:
        # Too few for a separate bin: rare states must be rare in the sample.
        if seen[-1] > wanted[-1] + 25:
            return float("inf"), 0.0
        seen, wanted = seen[:-1], wanted[:-1]
    degrees = len(wanted) - 1
    return float(((seen - wanted) ** 2 / wanted).sum()), float(chdtri(degrees, CHANCE))


def hotelling(shares: NDArray[np.float64], law: NDArray[np.float64]) -> tuple[float, float]:
    """T**2 of the mean of independent groups, (groups, states), against a law, and its limit at `CHANCE`."""
    many, free = len(shares), len(law) - 1
    off = (shares.mean(axis=0) - law)[:-1]
    covariance = np.atleast_2d(np.cov(shares[:, :-1], rowvar=False)) / many
    limit = free * (many - 1) / (many - free) * fdtri(free, many - free, 1 - CHANCE)
    return float(off @ np.linalg.solve(covariance, off)), float(limit)


def response_rises_with_the_field(subject: Subject) -> None:
    """P(+1) increases monotonically with the field, is finite, and at beta 0 does not depend on the field."""
    program, stages = _stages(subject)
    fields = np.concatenate([-np.geomspace(1e4, 1e-3, 32), np.geomspace(1e-3, 1e4, 32)]).astype(np.float32)
    state = trial_array(program, lanes=64, seed=4).state
    for cell in range(program.cells):
        at = cell_context(state, cell)
        y = reference.activation(stages.activation, fields, at._replace(beta=np.ones(64, np.float32)))
        subject.require(bool(np.isfinite(y).all()), f"the response of cell {cell} is not finite at strong fields")
        subject.require(bool((np.diff(y) <= 0).all()), f"P(+1) of cell {cell} falls where the field rises")
        subject.require(bool(y[0] > y[-1]), f"the response of cell {cell} does not depend on the field")
        hot = reference.activation(stages.activation, fields, at._replace(beta=np.zeros(64, np.float32)))
        subject.require(bool(np.ptp(hot) == 0), f"at beta 0 the response of cell {cell} still depends on the field")


# --- couplers -------------------------------------------------------------------------------------------------------


def weights_are_what_the_chip_holds(subject: Subject) -> None:
    """Codes times step are the couplings, off by at most the error that is stated; signs are treated alike."""
    kind = subject.made()
    random = np.random.default_rng(3)
    for couplings, biases in (
        (random.uniform(-1, 1, 200), random.uniform(-1, 1, 100)),
        (np.array([0.0, 0.5, -0.5, 1.0]), np.zeros(4)),
        (np.zeros(4), np.zeros(4)),
    ):
        held, opposite = kind.quantise(couplings, biases), kind.quantise(-couplings, -biases)
        subject.require(held.codes.dtype == np.int32, f"codes are {held.codes.dtype}, not int32")
        subject.require(held.step > 0 and np.isfinite(held.step), f"one code is worth {held.step}")
        off = float(np.abs(held.couplings - couplings).max())
        subject.require(
            off <= held.error + 1e-12,
            f"couplings are off by {rounded(off, '.3g')}, stated is {rounded(held.error, '.3g')}",
        )
        subject.require(not held.couplings[couplings == 0].any(), "a coupling of 0 is stored as a nonzero value")
        mirrored = np.array_equal(held.codes, -opposite.codes) and np.array_equal(held.biases, -opposite.biases)
        subject.require(mirrored, "weights of opposite signs are not stored symmetrically")


def field_is_the_weighted_sum(subject: Subject) -> None:
    """The field of every cell is sum_j J_ij s_j + b_i of the weights held, to 1e-6 of its largest possible size."""
    program, stages = _stages(subject)
    problem = held_problem(program, subject.couplings, subject.biases)
    array = trial_array(program, lanes=64, seed=4)
    array.load(stages.field)
    spins = lanes_of_words(array.words(program.slot_of), 64).astype(float)
    matrix = np.zeros((problem.cells, problem.cells))
    matrix[tuple(problem.edges.T)] = problem.couplings
    wanted = spins @ (matrix + matrix.T) + problem.biases
    largest = np.abs(matrix + matrix.T).sum(axis=1) + np.abs(problem.biases)
    for site, slot in enumerate(program.slot_of):
        got = reference.field(stages.field, cell_context(array.state, int(slot)))
        off = float(np.abs(got - wanted[:, site]).max())
        subject.require(off <= 1e-6 * largest[site], f"the field of cell {site} is off by {rounded(off, '.3g')}")


def wires_have_capacitance(subject: Subject) -> None:
    """Capacitance is finite, not negative, and grows with the length of the wires; cells have a pitch."""
    kind = subject.made()
    capacitance = kind.wire_capacitance_f(np.array([0.0, 1.0, 2.0, 40.0]))
    subject.require(
        bool(np.isfinite(capacitance).all() and (capacitance >= 0).all()),
        "a wire capacitance is not finite and >= 0",
    )
    subject.require(bool((np.diff(capacitance) > 0).all()), "capacitance does not increase with wire length")
    subject.require(0 < kind.pitch_um() < float("inf"), f"the pitch is {kind.pitch_um()} um")


def programming_moves_whole_words(subject: Subject) -> None:
    """A set of weights is a whole number of words and bits, more of them for more couplers and cells."""
    kind = subject.made()
    sizes = [kind.program_bits(couplers, cells) for couplers, cells in ((0, 0), (10, 5), (100, 5), (100, 50))]
    for words, bits in sizes:
        whole = isinstance(words, int) and isinstance(bits, int) and words >= 0 and bits >= 1
        subject.require(whole, f"a set of weights is {words!r} words of {bits!r} bits")
    words = [words for words, _ in sizes]
    subject.require(words == sorted(words) and words[0] == 0, f"words for more and more weights: {words}")


# --- clocks ---------------------------------------------------------------------------------------------------------


def phases_are_whole_femtoseconds(subject: Subject) -> None:
    """A phase lasts a positive whole number of femtoseconds."""
    phase = subject.made().phase_fs()
    subject.require(isinstance(phase, int) and phase > 0, f"a phase of {phase!r} femtoseconds")


def ticks_lie_between_updates_and_latches(subject: Subject) -> None:
    """At least the cells that update are clocked, at most all cells in every phase; twice the work, twice the ticks."""
    kind = subject.made()
    for updates, latches in ((0, 0), (0, 50), (50, 50), (100, 400)):
        ticks = kind.ticks(updates, latches)
        subject.require(
            isinstance(ticks, int) and updates <= ticks <= latches, f"{ticks!r} ticks for {updates} updates"
        )
        subject.require(kind.ticks(2 * updates, 2 * latches) == 2 * ticks, "ticks are not proportional to the work")
