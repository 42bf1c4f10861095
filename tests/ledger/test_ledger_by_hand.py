"""Two whole ledgers worked out by hand, from the values in the YAML files alone.

Both chips have the same parts (ps): host and controller handle 64 bits in 1,000; the link takes 20 a bit and 20,000 of
flight; the weight memory stores 64 bits in 1,000; a bias code of 8 bits settles in 1,000,000; a latch takes 1,000; the
read-out senses all cells in 10,000; a phase is 100,000 and both graphs have two colours.

A word reaches the next stage one latency after it came. The slowest stage sets by how much the last word comes after
the first (the lag); a stage is held from its first word until it has served its last, lag + one word.

    bias         1 word of 8 bits: no lag
                 host 0..1000, link 1000..1160, controller 21160..22160, DAC and array 22160..1022160
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chipsim

LANES = 8
SWING_V, VDD_V = 0.1034, 0.1293
# 6 um of wire, 350 aF/um: what a cell pitch of wire costs, and a clock pin too.
PITCH_J = 0.5 * 2.1e-15 * SWING_V**2

# Joules a count, watts for `on`: (low, value, high) of chips/prices/dtca-physical.yaml.
PRICES: dict[tuple[str, str], tuple[float, float, float]] = {
    ("host", "small_cache"): (0.425 * 20e-12, 20e-12, 20e-12),  # of 32 KiB
    ("host", "large_cache"): (0.14 * 100e-12, 100e-12, 100e-12),  # of 1 MiB
    ("host", "instruction"): (30e-12, 70e-12, 70e-12),
    ("link", "transfer"): (1e-12, 2e-12, 5e-12),
    ("controller", "word"): (40e-15, 56e-15, 300e-15),
    ("controller", "on"): (0.1e-6, 1e-6, 10e-6),
    ("weights", "write"): (10e-15, 30e-15, 50e-15),
    ("weights", "distribute"): (0.02e-15, 0.1e-15, 0.2e-15),
    ("weights", "on"): (1e-12, 10e-12, 100e-12),
    # 50 fF x 8 bits x Vdd^2, half to four times of it.
    ("bias_dac", "convert"): (200e-15 * VDD_V**2, 400e-15 * VDD_V**2, 1600e-15 * VDD_V**2),
    ("bias_dac", "on"): (0.1e-6, 1e-6, 10e-6),
    ("inputs", "latch"): (10e-15, 30e-15, 50e-15),
    ("inputs", "distribute"): (0.02e-15, 0.1e-15, 0.2e-15),
    ("inputs", "on"): (1e-12, 10e-12, 100e-12),
    ("cells", "on"): (0, 1.1e-9, 5e-9),
    ("rng", "on"): (2.5e-9, 3.5e-9, 5e-9),
    ("clock", "tick"): (0.5 * PITCH_J, PITCH_J, 23.4 * PITCH_J),
    ("readout", "sense"): (1e-15, 10e-15, 100e-15),
}
# Happen, but are paid for by another row, or have no price.
INCLUDED = {
    ("link", "on"), ("weights", "program"), ("inputs", "clamp"), ("cells", "update"), ("rng", "draw"),
    ("couplers", "on"), ("readout", "on"),
}  # fmt: skip
UNPRICED = {("host", "on"), ("clock", "on")}


def check_rows(run: chipsim.Run, counts: dict[tuple[str, str], float], busy_ps: dict[str, int], drive_j: float) -> None:
    """Counts, energies with their bounds and busy times of all rows but the toggles; and no other rows."""
    prices = {**PRICES, ("readout", "drive"): (0.5 * drive_j, drive_j, 23.4 * drive_j)}
    rows = {(row["component"], row["action"]): row for row in run.summary["ledger"]}
    toggles = rows.pop(("couplers", "toggle"))
    assert set(rows) == set(counts)
    for key, row in rows.items():
        assert row["count"] == pytest.approx(counts[key], rel=1e-12, abs=0), key
        assert row["busy_s"] == pytest.approx(busy_ps[key[0]] * 1e-12, rel=1e-12, abs=0), key
        if key in INCLUDED | UNPRICED:
            assert row["energy_j"] is None
            assert (row["note"] == "unpriced") == (key in UNPRICED)
            continue
        found = (row["low_j"], row["energy_j"], row["high_j"])
        assert found == pytest.approx([counts[key] * price for price in prices[key]], rel=1e-12, abs=0), key
    assert toggles["busy_s"] == rows["cells", "update"]["busy_s"]


def check_toggles(run: chipsim.Run, wire_pitches: NDArray[np.float64]) -> None:
    """Every toggle of a cell recharges the wires to all its neighbours."""
    row = next(row for row in run.summary["ledger"] if row["action"] == "toggle")
    energy = float(run.trace.activity.cell_toggles @ wire_pitches) / LANES * PITCH_J
    assert row["count"] == run.trace.activity.cell_toggles.sum() / LANES
    found = (row["low_j"], row["energy_j"], row["high_j"])
    assert found == pytest.approx((0.5 * energy, energy, 23.4 * energy), rel=1e-9, abs=0)


def phases_of(run: chipsim.Run) -> list[tuple[str, int, int]]:
    return [(p["name"], round(p["start_s"] * 1e12), round(p["end_s"] * 1e12)) for p in run.summary["phases"]]


def wire_pitches(size: int, steps: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Summed length of the wires of each cell, row by row: one to each neighbour on the grid."""
    moves = steps + [(-x, -y) for x, y in steps]
    return np.array(
        [
            sum(math.hypot(i, j) for i, j in moves if 0 <= x + i < size and 0 <= y + j < size)
            for y in range(size)
            for x in range(size)
        ]
    )


# --- tiny clamped ----------------------------------------------------------------------------------------------------
#
# 16 cells, 24 couplers. 200 sweeps of 200,000 ps in ten steps of beta, read every 50 sweeps, cells 0, 5, 10 clamped.
#
#    program  2*24 + 16 = 64 weights of 6 bits, 384 in all: the link needs 7680, 120 a weight; lag 7560
#             host 0..8560, link 1000..8680, controller 21120..29680, memory 22120..30680
#    clamp    3 values of 2 bits: the link needs 120, 40 a value; lag 80; every latch takes one value
#             host 0..1080, link 1000..1120, controller 21040..22120, latches and array 22040..23120
#    read     16 bits: the link needs 320, 20 a cell; lag 300
#             array 0..10000, read-out 0..10300, controller 10000..11300, link 11000..11320, host 31020..32320
#    compute  the host goes through 24 couplings and 16 biases of 4 bytes, 20 words, and 16 spins, 1 word: 21000

TINY_PHASES = [
    ("bias", 0, 1_022_160),
    ("program", 1_040, 31_720),  # controller: free at 22160, reached 21120 after the start
    ("clamp", 1_000_120, 1_023_240),  # array: free at 1022160, reached 22040 after the start
    ("sample", 1_023_240, 5_023_240),  # 20 sweeps
    ("bias", 5_001_080, 6_023_240),  # array: free at 5023240, reached 22160 after the start
    ("sample", 6_023_240, 10_023_240),
    ("bias", 10_001_080, 11_023_240),
    ("sample", 11_023_240, 13_023_240),  # to sweep 50
    ("read", 13_023_240, 13_055_560),
    ("compute", 13_055_560, 13_076_560),
    ("sample", 13_033_240, 15_033_240),  # sensed 10000 after the read's start
    ("bias", 15_011_080, 16_033_240),
    ("sample", 16_033_240, 20_033_240),
    ("bias", 20_011_080, 21_033_240),
    ("sample", 21_033_240, 25_033_240),  # to sweep 100
    ("read", 25_033_240, 25_065_560),
    ("compute", 25_065_560, 25_086_560),
    ("bias", 25_086_560, 26_108_720),  # the host computes until then
    ("sample", 26_108_720, 30_108_720),
    ("bias", 30_086_560, 31_108_720),
    ("sample", 31_108_720, 35_108_720),
    ("bias", 35_086_560, 36_108_720),
    ("sample", 36_108_720, 38_108_720),  # to sweep 150
    ("read", 38_108_720, 38_141_040),
    ("compute", 38_141_040, 38_162_040),
    ("sample", 38_118_720, 40_118_720),
    ("bias", 40_096_560, 41_118_720),
    ("sample", 41_118_720, 45_118_720),
    ("bias", 45_096_560, 46_118_720),
    ("sample", 46_118_720, 50_118_720),
    ("read", 50_118_720, 50_151_040),
    ("compute", 50_151_040, 50_172_040),
]
TINY_ELAPSED_S = 50_172_040e-12
TINY_UPDATES = 200 * (16 - 3)

TINY_WORDS = 10 * 1 + 6 + 1 + 4 * (1 + 21)  # biases, 384/64, 6/64 rounded up, four readings; all of them fit 32 KiB
TINY_COUNTS = {
    ("host", "small_cache"): TINY_WORDS,
    ("host", "instruction"): 2 * TINY_WORDS,
    ("host", "on"): TINY_ELAPSED_S,
    ("link", "transfer"): 10 * 8 + 384 + 3 * 2 + 4 * 16,
    ("link", "on"): (10 * 160 + 7_680 + 120 + 4 * 320) * 1e-12,
    ("controller", "word"): 10 * 1 + 6 + 1 + 4 * 1,
    ("controller", "on"): TINY_ELAPSED_S,
    ("weights", "program"): 16,
    ("weights", "write"): 384,
    ("weights", "distribute"): 384 * 18,  # 1.5 + 1.5 pitches of 6 um from the corner to a cell, on the average
    ("weights", "on"): 384 * TINY_ELAPSED_S,  # bit-seconds
    ("bias_dac", "convert"): 10,
    ("bias_dac", "on"): TINY_ELAPSED_S,
    ("inputs", "clamp"): 3,
    ("inputs", "latch"): 3 * 2,
    ("inputs", "distribute"): 3 * 2 * 18,
    ("inputs", "on"): 16 * TINY_ELAPSED_S,
    ("cells", "update"): TINY_UPDATES,
    ("cells", "on"): TINY_UPDATES * 100e-9,  # each cell in its own phase only
    ("rng", "draw"): TINY_UPDATES,
    ("rng", "on"): TINY_UPDATES * 100e-9,
    ("couplers", "on"): TINY_ELAPSED_S,
    ("clock", "tick"): TINY_UPDATES,
    ("clock", "on"): 200 * 200e-9,
    ("readout", "drive"): 4 * 16,
    ("readout", "sense"): 4 * 16,
    ("readout", "on"): 4 * 10_300e-12,
}
TINY_BUSY_PS = {
    "host": 10 * 1_000 + 8_560 + 1_080 + 4 * (1_300 + 21_000),
    "link": 10 * 160 + 7_680 + 120 + 4 * 320,
    "controller": 10 * 1_000 + 8_560 + 1_080 + 4 * 1_300,
    "weights": 8_560,
    "bias_dac": 10 * 1_000_000,
    "inputs": 1_080,
    **dict.fromkeys(("cells", "rng", "couplers", "clock"), 200 * 200_000),
    "readout": 4 * 10_300,
}
TINY_DRIVE_J = 0.5 * 24 * 350e-18 * SWING_V**2  # 24 um of read wire


@pytest.fixture(scope="module")
def tiny() -> chipsim.Run:
    return chipsim.run("tiny", "clamped", lanes=LANES)


def test_tiny_takes_its_time(tiny: chipsim.Run) -> None:
    assert phases_of(tiny) == TINY_PHASES
    assert tiny.summary["elapsed_s"] == pytest.approx(TINY_ELAPSED_S, rel=1e-12, abs=0)


def test_tiny_counts_and_pays(tiny: chipsim.Run) -> None:
    check_rows(tiny, TINY_COUNTS, TINY_BUSY_PS, TINY_DRIVE_J)
    check_toggles(tiny, wire_pitches(4, [(0, 1), (1, 0)]))


def test_tiny_pays_in_the_phase_in_which_it_happens(tiny: chipsim.Run) -> None:
    word_j, bit_j, control_j = 20e-12 + 2 * 70e-12, 2e-12, 56e-15
    paid: dict[str, float] = {
        "bias": word_j + 8 * bit_j + control_j + 400e-15 * VDD_V**2,
        "program": 6 * word_j + 384 * bit_j + 6 * control_j + 384 * 30e-15 + 384 * 18 * 0.1e-15,
        "clamp": word_j + 6 * bit_j + control_j + 6 * 30e-15 + 6 * 18 * 0.1e-15,
        "read": word_j + 16 * bit_j + control_j + 16 * (10e-15 + TINY_DRIVE_J),
        "compute": 21 * word_j,
    }
    wires_j = 0.0
    for phase in tiny.summary["phases"]:
        name, energy = phase["name"], phase["energy_j"]
        if name == "sample":
            sweeps = round((phase["end_s"] - phase["start_s"]) / 200e-9)
            wires_j += energy - 13 * sweeps * (100e-9 * (1.1e-9 + 3.5e-9) + PITCH_J)
        elif name == "clamp":
            wires_j += energy - paid[name]  # cells that had to turn
        else:
            assert energy == pytest.approx(paid[name], rel=1e-12, abs=0), name
    toggles = next(row for row in tiny.summary["ledger"] if row["action"] == "toggle")
    assert wires_j == pytest.approx(toggles["energy_j"], rel=1e-6, abs=0)
    # Controller and converter at 1 uW, 384 bits of memory and 16 latches at 10 pW.
    always_j = TINY_ELAPSED_S * (2e-6 + (384 + 16) * 10e-12)
    assert tiny.summary["always_on_energy_j"] == pytest.approx(always_j, rel=1e-12, abs=0)


def test_tiny_shares_its_program_among_jobs(tiny: chipsim.Run) -> None:
    once = {
        ("host", "small_cache"): 6 * 20e-12, ("host", "instruction"): 12 * 70e-12,
        ("link", "transfer"): 384 * 2e-12, ("controller", "word"): 6 * 56e-15,
        ("weights", "write"): 384 * 30e-15, ("weights", "distribute"): 384 * 18 * 0.1e-15,
    }  # fmt: skip
    for row in tiny.summary["ledger"]:
        expected = once.get((row["component"], row["action"]), 0.0)
        assert row["once_j"] == pytest.approx(expected, rel=1e-12, abs=0), row


# --- dtca-70 spin-glass ----------------------------------------------------------------------------------------------
#
# 70 x 70 cells; pattern G12 couples a cell to those at (0, 1), (4, 1), (9, 10) and these turned by quarters. A step
# (a, b) fits 2 (70 - a)(70 - b) times: 9,660 + 9,108 + 7,320 = 26,088 couplers. All steps are odd: two colours.
#
#    program  2*26088 + 4900 = 57,076 weights of 6 bits, 342,456 in all, 5,351 words; the link is the slowest:
#             lag 57,075 * 120 = 6,849,000
#    read     4,900 bits, 77 words: lag 4,899 * 20 = 97,980
#    compute  26,088 couplings of 1 byte (all are +-1) and no biases, 3,261 words, and 4,900 spins, 77 words: 3,338,000

DTCA_ELAPSED_S = 410_341_160e-12
DTCA_UPDATES = 2_000 * 4_900
DTCA_PHASES = [
    ("bias", 0, 1_022_160),
    ("program", 1_040, 6_873_160),
    ("sample", 6_873_160, 406_873_160),
    ("read", 406_873_160, 407_003_160),
    ("compute", 407_003_160, 410_341_160),
]
DTCA_LARGE = 5_351  # 42,808 bytes of weights
DTCA_SMALL = 1 + 77 + 3_338  # of which the last, 26,704 bytes, are the most at once
DTCA_COUNTS = {
    ("host", "small_cache"): DTCA_SMALL,
    ("host", "large_cache"): DTCA_LARGE,
    ("host", "instruction"): 2 * (DTCA_SMALL + DTCA_LARGE),
    ("host", "on"): DTCA_ELAPSED_S,
    ("link", "transfer"): 8 + 342_456 + 4_900,
    ("link", "on"): (160 + 6_849_120 + 98_000) * 1e-12,
    ("controller", "word"): 1 + 5_351 + 77,
    ("controller", "on"): DTCA_ELAPSED_S,
    ("weights", "program"): 4_900,
    ("weights", "write"): 342_456,
    ("weights", "distribute"): 342_456 * 414,  # 34.5 + 34.5 pitches of 6 um
    ("weights", "on"): 342_456 * DTCA_ELAPSED_S,
    ("bias_dac", "convert"): 1,
    ("bias_dac", "on"): DTCA_ELAPSED_S,
    ("inputs", "on"): 4_900 * DTCA_ELAPSED_S,
    ("cells", "update"): DTCA_UPDATES,
    ("cells", "on"): DTCA_UPDATES * 100e-9,
    ("rng", "draw"): DTCA_UPDATES,
    ("rng", "on"): DTCA_UPDATES * 100e-9,
    ("couplers", "on"): DTCA_ELAPSED_S,
    ("clock", "tick"): DTCA_UPDATES,
    ("clock", "on"): 400e-6,
    ("readout", "drive"): 4_900,
    ("readout", "sense"): 4_900,
    ("readout", "on"): 107_980e-12,
}
DTCA_BUSY_PS = {
    "host": 1_000 + 6_850_000 + 98_980 + 3_338_000,
    "link": 160 + 6_849_120 + 98_000,
    "controller": 1_000 + 6_850_000 + 98_980,
    "weights": 6_850_000,
    "bias_dac": 1_000_000,
    "inputs": 0,
    **dict.fromkeys(("cells", "rng", "couplers", "clock"), 400_000_000),
    "readout": 107_980,
}
DTCA_DRIVE_J = 0.5 * 420 * 350e-18 * SWING_V**2  # 420 um of read wire


@pytest.fixture(scope="module")
def dtca() -> chipsim.Run:
    return chipsim.run("dtca-70", "spin-glass", lanes=LANES)


def test_dtca_takes_its_time(dtca: chipsim.Run) -> None:
    assert phases_of(dtca) == DTCA_PHASES
    assert dtca.summary["elapsed_s"] == pytest.approx(DTCA_ELAPSED_S, rel=1e-12, abs=0)


def test_dtca_counts_and_pays(dtca: chipsim.Run) -> None:
    check_rows(dtca, DTCA_COUNTS, DTCA_BUSY_PS, DTCA_DRIVE_J)
    check_toggles(dtca, wire_pitches(70, [(0, 1), (1, 0), (4, 1), (-1, 4), (9, 10), (-10, 9)]))


def test_dtca_adds_up_to_its_total(dtca: chipsim.Run) -> None:
    rows = {(row["component"], row["action"]): row for row in dtca.summary["ledger"]}
    paid: dict[str, Any] = {key: row["energy_j"] for key, row in rows.items() if row["energy_j"]}
    assert dtca.energy_j == pytest.approx(math.fsum(paid.values()), rel=1e-12, abs=0)
    fabric = [key for key in paid if key[0] in ("cells", "rng", "couplers", "clock")]
    by_group = dtca.summary["energy_by_group_j"]
    assert by_group["fabric"] == pytest.approx(math.fsum(paid[key] for key in fabric), rel=1e-12, abs=0)
    host_j = DTCA_SMALL * 20e-12 + DTCA_LARGE * 100e-12 + 2 * (DTCA_SMALL + DTCA_LARGE) * 70e-12
    assert by_group["digital"] == pytest.approx(host_j + 5_429 * 56e-15, rel=1e-12, abs=0)
    always_j = DTCA_ELAPSED_S * (2e-6 + (342_456 + 4_900) * 10e-12)
    assert dtca.summary["always_on_energy_j"] == pytest.approx(always_j, rel=1e-12, abs=0)
