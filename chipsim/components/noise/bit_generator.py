"""bit_generator: a pseudo-random generator of 32 bits beside each cell, for cells that compare bits with a threshold.

    lfsr      a shift register with XNOR feedback from the bits `taps`: 32, 22, 2 and 1 unless given (Xilinx XAPP052),
              with which it takes all states but all ones, where it is locked up
    xorshift  x ^= x << 13, x ^= x >> 17, x ^= x << 5 (Marsaglia 2003); 0 is locked up

A cell compares the present 32 bits, then its generator takes `steps` steps, also where the cell is held. One step of
the register moves its number by one bit only, so consecutive numbers are correlated: u becomes 2u mod 1 plus the
fed-back bit. Seeds are drawn for each cell and lane.

With bad taps a register repeats itself early. It has its full period, 2**32 - 1, if and only if the polynomial
x**32 + sum of x**(32 - t) over the taps t is primitive over GF(2): x has the order 2**32 - 1 = 3 5 17 257 65537 modulo
the polynomial (Golomb, Shift Register Sequences, recalled).

`cells_each` cells of a colour share a generator: they compare the same number in a phase, so they do not latch
independently. Those that follow one another in the order of updates share one: by colour, by capacitance of the wires,
by site. Power and area are those of cells / `cells_each` generators.

A step toggles 16 of 32 bits on average, whichever law: neighbouring bits of a register, and bits of successive numbers
of xorshift, are equal as often as not. With the `capacitance` of a bit, flip-flop and wires, a draw costs `steps` x 16
C V**2 / 2 at the supply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray
from pydantic import Field, model_validator

from chipsim.components.base import Action, ArrayContext, Gating, half_cv2_j, powered
from chipsim.components.noise.base import NoiseKind
from chipsim.errors import RuleError
from chipsim.kernels import integers, stages, vectors
from chipsim.kernels.jit import INLINED, stage
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity, Whole

WIDTH = 32
TAPS = [WIDTH, 22, 2, 1]
# Prime factors of the full period.
FACTORS = (3, 5, 17, 257, 65537)


class BitGenerator(NoiseKind):
    """Parameters of the generators."""

    law: Literal["lfsr", "xorshift"]
    taps: Annotated[list[Annotated[int, Whole(ge=1, le=WIDTH)]], Field(min_length=2, max_length=WIDTH)] = TAPS
    steps: Annotated[int, Whole(ge=1, le=64)] = 1
    cells_each: Annotated[int, Whole(ge=1, le=4096)] = 1
    capacitance: Annotated[float, Quantity("F", gt=0, le=1)] | None = None
    gated: Gating = "run"

    name: ClassVar[str] = "bit_generator"
    summary: ClassVar[str] = "pseudo-random generator of 32 bits; law lfsr or xorshift"
    needs_thresholds: ClassVar[bool] = True
    ideal: ClassVar[Mapping[str, Any]] = {"taps": TAPS, "steps": WIDTH, "cells_each": 1}

    def draw_j(self, technology: Technology, magnitude: float) -> float | None:
        """C V**2 / 2 of the bits that toggle."""
        if self.capacitance is None:
            return None
        return self.steps * WIDTH / 2 * half_cv2_j(self.capacitance, technology.vdd)

    actions: ClassVar[tuple[Action, ...]] = (
        Action("draw", "fabric", "draw", "one number of 32 bits drawn for the cells that share it", energy=draw_j),
        powered("fabric", "standby power of the generators"),
    )

    @model_validator(mode="after")
    def _different_taps(self) -> BitGenerator:
        if len({*self.taps}) < len(self.taps):
            raise RuleError("taps: two are the same bit; write each bit once", code="spec.rule")
        return self

    def inert(self) -> dict[str, str]:
        """Taps of a register."""
        return {} if self.law == "lfsr" else {"taps": f"law: {self.law} has no taps"}

    def own_state(self, cells: int) -> NDArray[Any]:
        """(cells * 64,) int32 with the bits of the generators, by slot and lane."""
        return np.zeros(cells * 64, np.int32)

    def first_state(self, cells: int, random: np.random.Generator) -> NDArray[Any]:
        """Seeds that lock up neither law."""
        return random.integers(1, 2**32 - 1, cells * 64, np.uint32).view(np.int32)

    def bias(self) -> str:
        """Cells that share a number, a register of less than its full period, and one that has not moved by its whole
        length since the last number, which repeats part of it.
        """
        if self.cells_each > 1:
            return f"{self.cells_each} cells of a colour compare the same random number"
        if self.law == "xorshift":
            return ""
        if not has_full_period(self.taps):
            return f"an LFSR with taps {', '.join(map(str, self.taps))} repeats itself before 2**32 - 1 steps"
        if self.steps >= WIDTH:
            return ""
        return f"numbers of an LFSR that takes {self.steps} steps between them are correlated"

    def instances(self, cells: int) -> int:
        """Each serves `cells_each`."""
        return -(-cells // self.cells_each)

    def sources(self, colours: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Slots of one colour, `cells_each` after another."""
        if self.cells_each == 1:
            return None
        slots = np.arange(len(colours))
        return slots - (slots - np.searchsorted(colours, colours)) % self.cells_each

    def noise(self, context: ArrayContext) -> ShiftRegister | Xorshift | SharedRegister | SharedXorshift:
        """Kernel parameters of the law."""
        steps = np.full(1, self.steps, np.int64)
        taps = np.array([sum(1 << (tap - 1) for tap in self.taps)], np.uint32).view(np.int32)
        first = self.sources(context.colours)
        if first is None:
            return Xorshift(steps) if self.law == "xorshift" else ShiftRegister(steps, taps)
        last = np.append(first[1:] != first[:-1], True).astype(np.int64)
        return (
            SharedXorshift(steps, first, last) if self.law == "xorshift" else SharedRegister(steps, taps, first, last)
        )


def has_full_period(taps: list[int]) -> bool:
    """Whether a register with these taps takes 2**32 - 1 steps to repeat itself."""
    modulus = 1 << WIDTH | sum(1 << (WIDTH - tap) for tap in taps)

    def power(exponent: int) -> int:
        """That power of x modulo the polynomial; bit k is the coefficient of x**k."""
        result = 1
        for bit in bin(exponent)[2:]:
            result = _product(result, result, modulus)
            result = _product(result, 2, modulus) if bit == "1" else result
        return result

    period = 2**WIDTH - 1
    return power(period) == 1 and all(power(period // factor) != 1 for factor in FACTORS)


def _product(a: int, b: int, modulus: int) -> int:
    """Of polynomials over GF(2), modulo one of degree 32."""
    result = 0
    while b:
        result ^= a if b & 1 else 0
        a, b = a << 1, b >> 1
        a ^= modulus if a >> WIDTH else 0
    return result


class ShiftRegister(NamedTuple):
    """steps: (1,) int64; taps: (1,) int32, a mask of bits."""

    steps: NDArray[np.int64]
    taps: NDArray[np.int32]


class Xorshift(NamedTuple):
    """steps: (1,) int64."""

    steps: NDArray[np.int64]


class SharedRegister(NamedTuple):
    """steps, taps: as in `ShiftRegister`; first: (cells,) int64, slot of the generator of each cell; last: (cells,)
    int64, 1 for the last cell of each generator.
    """

    steps: NDArray[np.int64]
    taps: NDArray[np.int32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


class SharedXorshift(NamedTuple):
    """The same for xorshift."""

    steps: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


@register_jitable(**INLINED)
def compared(bits: Any, at: Any) -> Any:
    """Word of the lanes that latch +1: numbers below the threshold, or above it in a field below 0."""
    threshold, falling = stages.threshold(at.exact.cells, at.field, at)
    return integers.below(bits, threshold) & ~falling | integers.below(threshold, bits) & falling


@stage(stages.noise, ShiftRegister)
def shift_register(params: Any, y: Any, at: Any) -> Any:
    """Compare the register, then shift it."""
    bits = vectors.load(at.own, np.int64(at.cell) * 64)
    word = compared(bits, at)
    for _ in range(params.steps[0]):
        bits = integers.lfsr_step(bits, params.taps[0])
    vectors.store(at.own, np.int64(at.cell) * 64, bits)
    return word, at.random


@stage(stages.noise, Xorshift)
def xorshift(params: Any, y: Any, at: Any) -> Any:
    """Compare the number, then draw the next."""
    bits = vectors.load(at.own, np.int64(at.cell) * 64)
    word = compared(bits, at)
    for _ in range(params.steps[0]):
        bits = integers.xorshift_step(bits)
    vectors.store(at.own, np.int64(at.cell) * 64, bits)
    return word, at.random


@stage(stages.noise, SharedRegister)
def shared_register(params: Any, y: Any, at: Any) -> Any:
    """Compare the register; the last cell shifts it."""
    place = params.first[at.cell] * 64
    bits = vectors.load(at.own, place)
    word = compared(bits, at)
    if params.last[at.cell]:
        for _ in range(params.steps[0]):
            bits = integers.lfsr_step(bits, params.taps[0])
        vectors.store(at.own, place, bits)
    return word, at.random


@stage(stages.noise, SharedXorshift)
def shared_xorshift(params: Any, y: Any, at: Any) -> Any:
    """Compare the number; the last cell draws the next."""
    place = params.first[at.cell] * 64
    bits = vectors.load(at.own, place)
    word = compared(bits, at)
    if params.last[at.cell]:
        for _ in range(params.steps[0]):
            bits = integers.xorshift_step(bits)
        vectors.store(at.own, place, bits)
    return word, at.random
