"""The compiled update against its specification, bit for bit: states, counters and generators."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.latched.array import LatchedArray
from chipsim.kernels import vectors
from chipsim.kernels.jit import kernel
from chipsim.kernels.rng import load_generator, store_generator, uniform
from chipsim.testing import reference
from chipsim.testing.lanes import odds
from chipsim.testing.trial import (
    Stages,
    cell_context,
    compiled_sweeps,
    differences,
    disagreements,
    stage_parameters,
    trial_array,
    trial_program,
)

LANES = 100  # one full group and one with masked lanes


def ring(cells: int) -> dict[str, Any]:
    return {"fabric": {"edges": [[i, (i + 1) % cells] for i in range(cells)]}}


def grid(pattern: str, rows: int, columns: int, **more: Any) -> dict[str, Any]:
    return {"fabric": {"pattern": pattern, "size": [rows, columns], **more}}


# name -> changes to the trial chip, range of |J| and |b|, sweeps
CHIPS: dict[str, tuple[dict[str, Any], float, float, int]] = {
    "ring, degree 2": (ring(10), 1.0, 0.5, 30),
    "triangle, three colours": (ring(3), 1.0, 0.5, 100),
    "square, degree 4, redraw": ({**grid("square", 6, 7), "rng.law": "redraw"}, 1.0, 0.5, 10),
    "kings, degree 8, gain and offset": ({**grid("kings", 6, 6), "cells.gain": 0.7, "cells.offset": -0.3}, 1, 0.5, 10),
    "G12, degree 12, redraw": ({**grid("G12", 22, 22), "rng.law": "redraw", "couplers.weight_bits": 6}, 1, 0.3, 2),
    "G12, 16-bit weights (int32)": ({**grid("G12", 12, 12), "couplers.weight_bits": 16}, 1.0, 0.3, 5),
    "cubic, 24-bit weights (fields beyond 2**24)": (
        {"fabric": {"pattern": "cubic", "size": [3, 4, 4]}, "couplers.weight_bits": 24}, 1.0, 0.5, 10,
    ),
    "slow redraw": ({**ring(12), "rng.law": "redraw", "cells.relaxation_time": "20 us"}, 1.0, 0.5, 30),
    "strong fields": ({**ring(12), "rng.law": "redraw"}, 50.0, 1000.0, 30),
    "coupled updates": ({**grid("kings", 6, 6, colours=2, coupled_updates="allow"), "rng.law": "redraw"}, 1, 0.5, 10),
    "telegraph, two colours": ({**grid("square", 6, 7), "rng.law": "telegraph"}, 1.0, 0.5, 10),
    "telegraph, four colours": ({**grid("kings", 6, 6), "rng.law": "telegraph"}, 1.0, 0.5, 10),
    "telegraph, coupled updates": (
        {**grid("kings", 6, 6, colours=2, coupled_updates="allow"), "rng.law": "telegraph"}, 1.0, 0.5, 10,
    ),
    "comparator": ({**grid("square", 6, 7), "rng.law": "comparator"}, 1.0, 0.5, 10),
    "comparator, 1/f": ({**ring(9), "rng.law": "comparator", "rng.spectrum": "1/f", "rng.decades": 2}, 1.0, 0.5, 20),
    "comparator, coupled updates": (
        {**grid("kings", 5, 5, colours=2, coupled_updates="allow"), "rng.law": "comparator"}, 1.0, 0.5, 10,
    ),
    "all cells at once": (grid("G12", 10, 11, colours=1, coupled_updates="allow"), 1.0, 0.5, 5),
    "two chunks a colour": (grid("square", 65, 65, colours=1, coupled_updates="allow"), 1.0, 0.5, 1),
}  # fmt: skip


def prepared(name: str) -> tuple[Program, Stages, LatchedArray, int]:
    """A chip with random weights, random betas a lane, and clamps that differ from lane to lane."""
    changes, coupling, bias, sweeps = CHIPS[name]
    program = trial_program(changes=changes)
    random = np.random.default_rng(len(name))
    couplings = coupling * random.uniform(-1, 1, len(program.netlist.fabric.edges))
    stages = stage_parameters(program, couplings, bias * random.uniform(-1, 1, program.cells))
    array = LatchedArray(program, LANES if program.cells < 4000 else 40, seed=11)
    state = array.state
    state.beta[:] = random.uniform(0, 3, state.beta.shape)
    state.free[:, :: max(program.cells // 3, 1)] &= random.integers(0, 2**64, (len(state.lanes), 1), np.uint64)
    state.free[:, 1] = 0
    return program, stages, array, sweeps


def by_reference(program: Program, stages: Stages, array: LatchedArray, sweeps: int) -> None:
    reference.reference_ticks(
        tuple(stages), program.schedule.parameters, array.state, array.counters, sweeps * program.colours
    )


@pytest.mark.parametrize("name", CHIPS)
def test_kernel_agrees_with_the_reference_bit_for_bit(name: str) -> None:
    program, stages, array, sweeps = prepared(name)
    assert sweeps * program.cells >= 100
    assert disagreements(program, stages, array, sweeps) == []


def test_the_chips_cover_what_they_are_meant_to() -> None:
    degrees, weights, laws = set(), set(), set()
    for name in CHIPS:
        program, stages, _, _ = prepared(name)
        degrees |= set(program.netlist.fabric.degrees().tolist())
        weights.add(stages.field.weight.dtype.name)
        laws.add(type(stages.noise).__name__)
    assert set(range(2, 13)) <= degrees
    assert weights == {"int16", "int32"}
    assert laws == {"IdealNoise", "RedrawNoise", "SlowNoise", "TelegraphNoise", "ComparatorNoise"}
    assert prepared("two chunks a colour")[0].chunks == 2
    assert prepared("coupled updates")[0].coupled
    _, stages, _, _ = prepared("cubic, 24-bit weights (fields beyond 2**24)")
    largest = np.add.reduceat(np.abs(stages.field.weight.astype(np.int64)), stages.field.first[:-1]).max()
    assert largest > 2**24  # so that the conversion of a field to float32 does round


def test_strong_fields_reach_the_clamp_of_exp2_on_both_sides() -> None:
    program, stages, array, _ = prepared("strong fields")
    contexts = [cell_context(array.state, cell) for cell in range(program.cells)]
    exponents = np.array(
        [reference.activation(stages.activation, reference.field(stages.field, at), at) for at in contexts]
    )
    assert exponents.max() > 126
    assert exponents.min() < -126


def test_the_update_does_something_in_every_part_of_an_array() -> None:
    program, stages, array, sweeps = prepared("kings, degree 8, gain and offset")
    before = array.state.copy()
    by_reference(program, stages, array, sweeps)
    assert differences(array.state, before) == ["words", "generators", "tick"]
    counters = array.counters
    assert counters.by_cell.sum() == counters.by_lane.sum() > 0
    assert len(program.class_capacitance_f) > 1
    # Clamped and masked lanes stay.
    assert not counters.by_cell[:, 1].any()
    assert not ((array.state.words ^ before.words) & ~before.free).any()
    assert not counters.by_lane.reshape(2, -1, 64)[1, :, LANES - 64 :].any()


@pytest.mark.parametrize("part", ["beta", "generators", "words", "free"])
def test_one_flipped_bit_is_noticed(part: str) -> None:
    """The comparison can fail: a single bit of the start changes what comes out."""
    program, stages, array, sweeps = prepared("ring, degree 2")
    other = prepared("ring, degree 2")[2]
    bits = getattr(other.state, part).reshape(-1).view(np.uint8)
    bits[bits.size // 3] ^= 1 << 4
    compiled_sweeps(stages, other, sweeps)
    by_reference(program, stages, array, sweeps)
    assert differences(array.state, other.state) + differences(array.counters, other.counters)


def test_input_latches_pull_their_cells() -> None:
    program = trial_program(changes={**ring(8), "inputs.coupling": 0.5})
    random = np.random.default_rng(3)
    weights = program.netlist.domain.coupler.kind.quantise(random.uniform(-1, 1, 8), np.zeros(8))
    driven = np.arange(8) % 3 == 0
    stages = stage_parameters(program, np.zeros(8), np.zeros(8))._replace(field=program.field(weights, 0.5 * driven))
    array = trial_array(program, LANES, seed=5)
    array.state.words[:, 8:] = random.integers(0, 2**64, (2, 8), np.uint64)
    assert array.state.words.shape == (2, 16)
    assert disagreements(program, stages, array, 20) == []


def test_a_device_does_what_the_reference_says() -> None:
    """Through write, set_beta and sample: the first sweep meets noise that never latched, the rest noise that did."""
    program = trial_program(changes={**grid("kings", 5, 5), "rng.law": "redraw"})
    random = np.random.default_rng(8)
    couplings, biases = random.uniform(-1, 1, len(program.netlist.fabric.edges)), random.uniform(-1, 1, 25)
    device = Device(program, LANES, seed=4, threads=2)
    device.write(couplings, biases)
    device.set_beta(1.5)
    device.sample(12)
    trace = device.finish()

    array = trial_array(program, LANES, seed=4, beta=program.netlist.route("bias")[-1].kind.realised(1.5))
    for since_latch_s, sweeps in ((float("inf"), 1), (None, 11)):
        stages = stage_parameters(program, couplings, biases, since_latch_s)
        by_reference(program, stages, array, sweeps)
    assert np.array_equal(trace.observations.final_state, array.words(program.slot_of))
    assert np.array_equal(trace.activity.cell_toggles, array.counters.by_cell.sum(axis=0)[program.slot_of])


# --- compiled arithmetic against the reference, before a comparison turns it into one bit ---------------------------


@kernel
def powers(x, out):  # type: ignore[no-untyped-def]
    for k in range(0, len(x), 64):
        vectors.store(out, k, vectors.exp2(vectors.load(x, k)))


@kernel
def all_odds(y, out):  # type: ignore[no-untyped-def]
    for k in range(0, len(y), 64):
        vectors.store(out, k, vectors.odds(vectors.load(y, k)))


@kernel
def fused(a, b, c, out):  # type: ignore[no-untyped-def]
    for k in range(0, len(a), 64):
        vectors.store(out, k, vectors.fma(vectors.load(a, k), vectors.load(b, k), vectors.load(c, k)))


@kernel
def uniforms(states, out):  # type: ignore[no-untyped-def]
    random = load_generator(states, 0)
    for k in range(0, len(out), 64):
        u, random = uniform(random)
        vectors.store(out, k, u)
    store_generator(states, 0, random)


def test_exp2_agrees_bit_for_bit() -> None:
    random = np.random.default_rng(6)
    near_whole = np.nextafter(np.arange(-130, 130, dtype=np.float32).repeat(2), np.float32([-200, 200] * 260))
    x = np.concatenate([random.uniform(-130, 130, 64_000), random.normal(size=64_000), near_whole, np.zeros(56)])
    x = x.astype(np.float32)
    out = np.zeros(len(x), np.float32)
    powers(x, out)
    assert np.array_equal(out, reference.exp2(x))
    all_odds(x, out)
    assert np.array_equal(out, odds(x))
    inside = (x > -40) & (x < 20)
    assert np.abs(out[inside] / np.exp2(x[inside].astype(np.float64)) - 1).max() < 2.95e-6


def test_fma_agrees_bit_for_bit() -> None:
    random = np.random.default_rng(7)
    a, b, c = (random.normal(size=64_000) * 2.0 ** random.integers(-30, 30, 64_000) for _ in range(3))
    c[::2] = -(a * b)[::2]
    arrays = [array.astype(np.float32) for array in (a, b, c)]
    out = np.zeros(len(a), np.float32)
    fused(*arrays, out)
    assert np.array_equal(out, reference.fma(*arrays))
    unfused = arrays[0] * arrays[1] + arrays[2]
    assert np.count_nonzero(out != unfused) > 10_000


def test_uniforms_agree_bit_for_bit() -> None:
    states = np.random.SeedSequence(2).generate_state(64)
    random = reference.load_generator(states, 0)
    out = np.zeros(64 * 200, np.float32)
    uniforms(states, out)
    for row in out.reshape(-1, 64):
        u, random = reference.uniform(random)
        assert np.array_equal(row, u)
    assert np.array_equal(states, np.concatenate(random))


# --- the arithmetic of the reference itself -------------------------------------------------------------------------


def rounded(value: Fraction) -> np.float32:
    """The float32 nearest to a fraction, ties to even, by comparison with both neighbours."""
    start = np.float32(float(value))
    near = [np.nextafter(start, np.float32(-np.inf)), start, np.nextafter(start, np.float32(np.inf))]
    return min(near, key=lambda f: (abs(Fraction(float(f)) - value), int(f.view(np.int32)) & 1))


def test_fma_rounds_once() -> None:
    random = np.random.default_rng(1)
    a, b = (random.normal(size=3000).astype(np.float32) for _ in range(2))
    exact = a.astype(np.float64) * b
    scales = [-exact, random.normal(size=3000), exact * 2.0**-24, exact * 2.0**24, -exact * (1 + 2.0**-20)]
    for c in (scale.astype(np.float32) for scale in scales):
        wanted = [
            rounded(Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)))
            for x, y, z in zip(a, b, c, strict=True)
        ]
        assert np.array_equal(reference.fma(a, b, c), np.array(wanted))


def test_fma_is_not_fooled_by_double_rounding() -> None:
    """1 + 2**-24 + 2**-60: float64 drops the last term, and the tie that is left would go to the even 1.0."""
    a, b, c = np.float32(2.0**-30), np.float32(2.0**-30), np.float32(1.0)
    tie = np.float32(1 + 2.0**-12)  # tie * tie = 1 + 2**-11 + 2**-24, halfway between two float32
    assert (np.float64(tie) * tie).astype(np.float32) == np.float32(1 + 2.0**-11)
    assert reference.fma(tie, tie, a * b) == np.nextafter(np.float32(1 + 2.0**-11), np.float32(2))
    assert reference.fma(tie, tie, -(a * b)) == np.float32(1 + 2.0**-11)
    assert reference.fma(a, b, c) == c


def test_exp2_is_close_and_clamped() -> None:
    x = np.linspace(-126, 126, 100_001).astype(np.float32)
    error = reference.exp2(x) / np.exp2(x.astype(np.float64)) - 1
    assert np.abs(error).max() < 3e-6
    beyond = np.array([-1e30, -127, 127, 1e30], np.float32)
    assert np.array_equal(reference.exp2(beyond), np.exp2(np.array([-126, -126, 126, 126], np.float32)))


def test_uniforms_are_odd_multiples_of_2_to_the_minus_24() -> None:
    random = reference.load_generator(np.random.SeedSequence(1).generate_state(64), 0)
    draws = []
    for _ in range(2000):
        u, random = reference.uniform(random)
        draws.append(u)
    whole = np.concatenate(draws).astype(np.float64) * 2**24
    assert (whole % 2 == 1).all()
    assert whole.min() > 0
    assert whole.max() < 2**24
    # 128,000 uniforms: the mean has a standard error of 0.29 / sqrt(128,000) = 0.0008
    assert abs(whole.mean() / 2**24 - 0.5) < 5 * 0.0008


def test_an_unknown_stage_says_so() -> None:
    with pytest.raises(TypeError, match="no reference of stage noise for dict"):
        reference.noise({}, None, None)
    with pytest.raises(TypeError, match="no reference of stage field for dict"):
        reference.field({}, None)
    with pytest.raises(TypeError, match="no reference of stage activation for dict"):
        reference.activation({}, None, None)
