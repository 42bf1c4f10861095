"""Shift registers with taps of one's own: bit by bit, and whether they repeat themselves early."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_errors import refused

import chipsim
from chipsim.compiler.program import compile_program
from chipsim.components.cells.digital_pbit import DigitalPBit
from chipsim.components.noise.bit_generator import BitGenerator, has_full_period
from chipsim.engine.latched.array import LatchedArray
from chipsim.runs.plan import plan
from chipsim.testing.trial import BIASES, COUPLINGS, trial_netlist, with_kind

# Of 32 bits in table 3 of Xilinx XAPP052 (recalled), and its mirror image.
FULL = [[32, 22, 2, 1], [32, 31, 30, 10]]
# (x^2 + x + 1)^16 has a period of 3 x 16, x^32 + 1 one of 32; without bit 32 the oldest bits are forgotten.
SHORT = {(32, 16): 48, (32,): 32, (1, 2): 3}


def stepped(register: int, taps: Any) -> int:
    """A register after a shift; XNOR of an even number of taps is 1 if an even number of them are set."""
    bits = [register >> (tap - 1) & 1 for tap in taps]
    fed = bits[0]
    for bit in bits[1:]:
        fed = 1 - (fed ^ bit)
    return (register << 1 | fed) & 2**32 - 1


def matrix_power_is_one(taps: list[int], exponent: int) -> bool:
    """Whether so many shifts are the identity: the register as a matrix over GF(2), the constant of XNOR left out."""
    shift: NDArray[np.int64] = np.eye(32, k=-1, dtype=np.int64)
    shift[0, [tap - 1 for tap in taps]] = 1
    result = np.eye(32, dtype=np.int64)
    for bit in bin(exponent)[2:]:
        result = result @ result % 2
        result = result @ shift % 2 if bit == "1" else result
    return bool((result == np.eye(32)).all())


def is_full(taps: list[int]) -> bool:
    """By matrices: the order of the shift is 2^32 - 1."""
    period = 2**32 - 1
    return matrix_power_is_one(taps, period) and not any(
        matrix_power_is_one(taps, period // factor) for factor in (3, 5, 17, 257, 65537)
    )


def test_the_full_period_is_told_as_by_matrices() -> None:
    random = np.random.default_rng(5)
    tried = [[32, *(random.choice(31, 3, replace=False) + 1).tolist()] for _ in range(120)]
    found = [has_full_period(taps) for taps in tried]
    assert found == [is_full(taps) for taps in tried]
    assert 0 < sum(found) < 30
    assert all(map(has_full_period, FULL))


@pytest.mark.parametrize(("taps", "period"), SHORT.items())
def test_short_periods_are_those_of_the_register(taps: tuple[int, ...], period: int) -> None:
    assert not has_full_period(list(taps))
    start = register = 0x12345679
    for _ in range(32 if 32 not in taps else 0):
        start = register = stepped(register, taps)  # what was there at first is out
    steps = 0
    while steps == 0 or register != start:
        register, steps = stepped(register, taps), steps + 1
    assert steps == period


@pytest.mark.parametrize("taps", [[32, 31, 30, 10], [32, 16], [1, 2]])
@pytest.mark.parametrize("steps", [1, 3])
def test_the_taps_are_those_of_a_plain_python_register(taps: list[int], steps: int) -> None:
    netlist = trial_netlist(DigitalPBit.model_validate({"kind": "digital_pbit", "integer_bits": 1, "fraction_bits": 3}))
    given = {"kind": "bit_generator", "law": "lfsr", "taps": taps, "steps": steps}
    program = compile_program(with_kind(netlist, BitGenerator.model_validate(given)))
    array = LatchedArray(program, 64, seed=1)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(COUPLINGS, BIASES)))
    array.set_beta(1.0)
    before = array.state.own[0].view(np.uint32).tolist()
    array.advance(0, 7 * program.sweep_fs)
    for _ in range(7 * steps):
        before = [stepped(register, taps) for register in before]
    assert array.state.own[0].view(np.uint32).tolist() == before


@pytest.mark.parametrize(("taps", "code", "complaint"), [
    ([32, 32], "spec.rule", "rng: taps: two are the same bit; write each bit once"),
    ([33, 1], "spec.out-of-range", "rng.taps[0]: 33: must be less than or equal to 32"),
    ([32], "spec.out-of-range", "rng.taps: [32]: needs at least 2 entries, has 1"),
])  # fmt: skip
def test_taps_that_are_none_are_refused_at_their_place(taps: list[int], code: str, complaint: str) -> None:
    with refused(code, complaint):
        plan("dsim-1", "spin-glass", {"schedule.beta_by": "hard_wired", "rng.taps": taps})


def test_a_register_that_repeats_itself_gives_no_effective_samples() -> None:
    """However many steps it takes; and the reference of an ablation has other taps."""
    changes = {"fabric.size": [4, 4, 4], "schedule.beta_by": "hard_wired", "schedule.sweeps": 300, "rng.steps": 32}
    found = chipsim.ablate("dsim-1", "spin-glass", set={**changes, "rng.taps": [32, 16]}, lanes=64)
    told = "not defined: an LFSR with taps 32, 16 repeats itself before 2**32 - 1 steps"
    assert found.whole.run.summary["sampling"].startswith(told)
    assert found["rng.taps [32, 16]"].run.summary["effective_samples"] is not None
    assert found.reference.run.summary["effective_samples"] is not None


@pytest.mark.parametrize(("law", "step"), [("lfsr", lambda r: stepped(r, FULL[0])), ("xorshift", None)])
def test_a_step_toggles_sixteen_bits_and_each_costs_half_c_v_squared(law: str, step: Any) -> None:
    """Of a plain Python generator: a pair of neighbours in a register is counted in 32 steps, so that the standard
    error is 32 / 2 / sqrt(200,000) = 0.036; 5 of them.
    """

    def xorshift(r: int) -> int:
        r ^= r << 13 & 2**32 - 1
        r ^= r >> 17
        return r ^ (r << 5 & 2**32 - 1)

    register, toggled, after = 0x9E3779B9, 0, step or xorshift
    for _ in range(200_000):
        before, register = register, after(register)
        toggled += (before ^ register).bit_count()
    assert toggled / 200_000 == pytest.approx(16, abs=0.18)
    prices = {"bit_generator.draw": {"model": True, "grade": "assumed", "seen": "none", "source": "C V^2"}}
    changes = {"fabric.size": [4, 4, 4], "schedule.beta_by": "hard_wired", "schedule.sweeps": 10, "rng.steps": 3}
    given = {"extends": "dsim-1", "chipsim": 1, "name": "priced", "prices": prices}
    run = chipsim.run(given, "spin-glass", set={**changes, "rng.law": law, "rng.capacitance": "2 fF"}, lanes=64)
    row = next(row for row in run.summary.priced.ledger if row.action == "draw")
    vdd = plan("dsim-1", "spin-glass", changes).netlist.chip.model.technology.vdd
    assert row.count == pytest.approx(640)
    assert row.energy_j == pytest.approx(640 * 3 * 16 * 0.5 * 2e-15 * vdd**2)
