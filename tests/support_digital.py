"""Digital p-bits in plain Python integers, and the exact law of fixed-point cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.problem import Problem

FULL = 2**32
# The sigmoid table of DSIM-1 (LUT_bias.sv), by |field| in halves; entries from 22 on are all ones.
DSIM_TABLE = [
    2147483648, 3139872687, 3782994644, 4091274722, 4217717112, 4266221720, 4284347460, 4291054361,
    4293526978, 4294437320, 4294772314, 4294895564, 4294940907, 4294957588, 4294963725, 4294965982,
    4294966813, 4294967118, 4294967231, 4294967272, 4294967287, 4294967293, *[4294967295] * 10,
]  # fmt: skip


def dsim_update(field: int, register: int) -> tuple[int, int]:
    """(s_out, LFSR) of a p-bit after a clock: weight.sv, pbit.sv and LFSR_n.sv for a field in halves."""
    field = 31 if field > 31 else -31 if field < -31 else field
    table = DSIM_TABLE[abs(field)]
    if table == register:
        out = 0
    elif field >= 0:
        out = 1 if table > register else 0
    else:
        out = 0 if table > register else 1
    bits = [register >> (tap - 1) & 1 for tap in (32, 22, 2, 1)]
    feedback = bits[0]
    for bit in bits[1:]:
        feedback = 1 - (feedback ^ bit)
    return out, (register << 1 | feedback) & (FULL - 1)


def probabilities(
    field: NDArray[np.float64], integer_bits: int, fraction_bits: int, shared: int = 1
) -> NDArray[np.float64]:
    """P(+1) of fixed-point cells in these fields; so many magnitudes share an entry of the table."""
    top = 2 ** (integer_bits + fraction_bits) - 1
    codes = [max(-top, min(top, round(each * 2**fraction_bits))) for each in field.ravel()]
    entries = [
        min(round(FULL / (1 + math.exp(-2 * (abs(code) // shared * shared) / 2**fraction_bits))), FULL - 1)
        for code in codes
    ]
    up = [(entry if code >= 0 else FULL - 1 - entry) / FULL for code, entry in zip(codes, entries, strict=True)]
    return np.array(up).reshape(field.shape)


def digital_law(
    problem: Problem, order: Sequence[Sequence[int]], integer_bits: int, fraction_bits: int, shared: int = 1
) -> NDArray[np.float64]:
    """The law that a sweep of fixed-point cells, group by group in this order, leaves as it is; bit i = site i."""
    cells = problem.cells
    bits = (np.arange(2**cells)[:, None] >> np.arange(cells)) & 1
    matrix = np.zeros((cells, cells))
    for (i, j), weight in zip(problem.edges, problem.couplings, strict=True):
        matrix[i, j] += weight
        matrix[j, i] += weight
    up = probabilities((2 * bits - 1) @ matrix + problem.biases, integer_bits, fraction_bits, shared)
    sweep = np.eye(2**cells)
    for group in order:
        step = np.ones((2**cells, 2**cells))
        for cell in range(cells):
            then, p = bits[None, :, cell], up[:, None, cell]
            step *= np.where(then, p, 1 - p) if cell in group else then == bits[:, None, cell]
        sweep = sweep @ step
    law = np.linalg.matrix_power(sweep, 2**14)[0]
    return np.asarray(law / law.sum())


def law_of_digital_pbits(problem: Problem, beta: float) -> NDArray[np.float64]:
    """That of the trial ring in s{1}{3}, even cells before odd ones."""
    assert beta == 1.0
    return digital_law(problem, [(0, 2), (1, 3)], 1, 3)


def shared_law(
    problem: Problem, order: Sequence[Sequence[Sequence[int]]], integer_bits: int, fraction_bits: int
) -> NDArray[np.float64]:
    """The law of fixed-point cells that share random numbers: phases of groups of cells, a uniform number each.

    A cell with a field of at least 0 latches +1 where the number is below p, in a field below 0 where it is above
    1 - p. Between the ends of all these intervals no cell of the group decides otherwise.
    """
    cells = problem.cells
    bits = (np.arange(2**cells)[:, None] >> np.arange(cells)) & 1
    matrix = np.zeros((cells, cells))
    for (i, j), weight in zip(problem.edges, problem.couplings, strict=True):
        matrix[i, j] += weight
        matrix[j, i] += weight
    field = (2 * bits - 1) @ matrix + problem.biases
    # What rounds to 0 is not below 0.
    codes, up = np.rint(field * 2.0**fraction_bits), probabilities(field, integer_bits, fraction_bits)
    sweep = np.eye(2**cells)
    for phase in order:
        step = np.zeros((2**cells, 2**cells))
        for state in range(2**cells):
            # (probability, state): the groups of a phase are independent of each other and see the state before it.
            reached = [(1.0, state)]
            for group in phase:
                h, p = codes[state, list(group)], up[state, list(group)]
                ends = np.unique([0.0, 1.0, *np.where(h >= 0, p, 1 - p)])
                middle = (ends[1:] + ends[:-1]) / 2
                outcomes = np.where(h >= 0, middle[:, None] < p, middle[:, None] > 1 - p)
                mask = sum(1 << cell for cell in group)
                words = outcomes @ (1 << np.array(group))
                reached = [
                    (chance * float(width), then & ~mask | int(word))
                    for chance, then in reached
                    for width, word in zip(np.diff(ends), words, strict=True)
                ]
            for chance, then in reached:
                step[state, then] += chance
        sweep = sweep @ step
    law = np.linalg.matrix_power(sweep, 2**14)[0]
    return np.asarray(law / law.sum())


def law_of_shared_numbers(problem: Problem, beta: float) -> NDArray[np.float64]:
    """That of the trial ring in s{1}{3}, cells 0 and 2 on one generator, 1 and 3 on another."""
    assert beta == 1.0
    return shared_law(problem, [[(0, 2)], [(1, 3)]], 1, 3)
