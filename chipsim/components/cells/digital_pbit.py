"""digital_pbit: adder tree, sigmoid table and comparator in fixed point.

The field, times beta where weights do not contain it, is rounded to s{I}{F} (a sign, I bits before and F after the
point) and saturates at +-(2**I - 2**-F). Its magnitude is the address of a table of 2**(I + F) entries of 32 bits,
T = 2**32 / (1 + exp(-2 |h|)), rounded, at most 2**32 - 1. With `table_bits` there are 2**table_bits entries: the lowest
bits of the magnitude are cut off, and an entry is that of the smallest field that shares it. A number r of 32 random
bits is compared with it: in a field h >= 0 the cell latches +1 if r < T, in a field below 0 if r > T; a tie gives -1.
(RTL of DSIM-1: github.com/navidaadit/distributed-p-computers, pbit.sv, weight.sv, LUT_bias.sv.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from chipsim.components.base import Action, ArrayContext, Gating, powered
from chipsim.components.cells.base import MAX_DECISION_ERROR, CellKind
from chipsim.components.cells.fields import Fields
from chipsim.kernels import integers, stages, vectors
from chipsim.kernels.jit import INLINED, stage
from chipsim.rounding import rounded
from chipsim.spec.fields import Whole

BITS = 32
# Of the exponent of a probability that the table rounds to 0.
NEVER = 200.0
# Rounding of a field times beta, in steps.
SAME_CODE = 1e-6


class DigitalPBit(CellKind):
    """Number format of the field."""

    integer_bits: Annotated[int, Whole(ge=0, le=8)]
    fraction_bits: Annotated[int, Whole(ge=0, le=8)]
    table_bits: Annotated[int, Whole(ge=1, le=16)] | None = None
    gated: Gating = "run"

    name: ClassVar[str] = "digital_pbit"
    summary: ClassVar[str] = "fixed-point cell with a saturating field, a sigmoid table and a comparator"
    relaxation_time: ClassVar[float] = 0.0  # type: ignore[misc]  # no noise of its own
    has_thresholds: ClassVar[bool] = True
    ideal: ClassVar[Mapping[str, Any]] = {"integer_bits": 8, "fraction_bits": 8, "table_bits": 16}
    actions: ClassVar[tuple[Action, ...]] = (
        Action("update", "fabric", "update", "one update of one cell, flipped or not"),
        powered("fabric", "standby power of adder tree, table and comparator"),
    )

    def activation(self, context: ArrayContext) -> DigitalResponse:
        """The table, by code of the field, and the probabilities that it stands for."""
        top = 2 ** (self.integer_bits + self.fraction_bits) - 1
        code = np.arange(-top, top + 1)
        table = self.table()[np.abs(code) >> (self.integer_bits + self.fraction_bits - self.address_bits)]
        up = np.where(code < 0, 2.0**BITS - 1 - table, table) * 2.0**-BITS
        with np.errstate(divide="ignore"):
            exponent = np.minimum(np.log2(1 - up) - np.log2(up), NEVER)
        more = (0, max(integers.SHORT - len(code), 0))
        exponent, entries = np.pad(exponent, more), np.pad(table.astype(np.uint32).view(np.int32), more)
        scale, reach = (np.full(1, value, np.float32) for value in (2.0**self.fraction_bits, top))
        return DigitalResponse(scale, reach, exponent.astype(np.float32), entries)

    def bias(self, fields: Fields) -> str:
        """Fields beyond the format, or between its steps, change the probabilities of decisions."""
        step, top = 2.0**-self.fraction_bits, 2.0**self.integer_bits - 2.0**-self.fraction_bits
        if _up(fields.reach) - _up(top) > MAX_DECISION_ERROR:
            return f"fields reach {rounded(fields.reach, '.3g')} and saturate at {rounded(top, '.4g')}"
        entry = 2.0 ** (self.integer_bits - self.address_bits)
        # The slope of P(+1) is 1/2 at most. Fields are rounded to half a step; a table with fewer entries cuts them.
        error = entry / 2 if entry > step else step / 4
        if error > MAX_DECISION_ERROR and _off(fields.spacings / entry):
            how = f"cut to the entries of a table, {entry:g} apart" if entry > step else f"rounded to steps of {step:g}"
            return f"fields are {how}, of which they are no multiples"
        return ""

    @property
    def address_bits(self) -> int:
        """Bits of an address of the table: `table_bits`, or as many as a magnitude has, which is the most."""
        all_bits = self.integer_bits + self.fraction_bits
        return all_bits if self.table_bits is None else min(self.table_bits, all_bits)

    def inert(self) -> dict[str, str]:
        """More address bits than a magnitude has."""
        most = self.integer_bits + self.fraction_bits
        if self.table_bits is None or self.table_bits < most:
            return {}
        return {"table_bits": f"a magnitude has {most} bits, each with an entry of its own"}

    def table(self) -> NDArray[np.float64]:
        """(2**address_bits,) the entries of the sigmoid table, by address."""
        field = np.arange(2**self.address_bits) * 2.0 ** (self.integer_bits - self.address_bits)
        return np.minimum(np.rint(2.0**BITS / (1 + np.exp(-2 * field))), 2.0**BITS - 1)


def _off(codes: NDArray[np.float64]) -> bool:
    """Whether some of them are no whole numbers."""
    return bool((np.abs(codes - np.rint(codes)) > SAME_CODE).any())


def _up(field: float) -> float:
    """P(+1) in this field, times beta."""
    return 1 / (1 + math.exp(-2 * field))


class DigitalResponse(NamedTuple):
    """Tables by code of the field plus `top`.

    scale: (1,) float32, codes per unit of the field; top: (1,) float32, the largest code; exponent: (2 top + 1,) and
    padded to `SHORT`, float32, y of p = 1 / (1 + 2**y); threshold: same shape, int32, the bits of an unsigned entry.
    """

    scale: NDArray[np.float32]
    top: NDArray[np.float32]
    exponent: NDArray[np.float32]
    threshold: NDArray[np.int32]


@register_jitable
def place_of(params: Any, h: Any, at: Any) -> Any:
    """The places of the fields in the tables; halves of a step are rounded to even."""
    scaled = vectors.multiply(vectors.multiply(at.beta, params.scale[0]), h)
    return integers.plus(integers.nearest_code(scaled, params.top[0]), np.int32(params.top[0]))


@register_jitable(**INLINED)
def entry_of(table: Any, place: Any) -> Any:
    """Entries of one of the tables."""
    if len(table) == integers.SHORT:
        return integers.look_up_short(table, place)
    return integers.look_up(table, place)


@stage(stages.activation, DigitalResponse)
def table_exponent(params: Any, h: Any, at: Any) -> Any:
    """The exponent of the table entry."""
    return entry_of(params.exponent, place_of(params, h, at))


@stage(stages.threshold, DigitalResponse)
def table_entry(params: Any, h: Any, at: Any) -> Any:
    """The table entry, and the lanes with a field below 0."""
    place = place_of(params, h, at)
    return entry_of(params.threshold, place), integers.below(place, np.int32(params.top[0]))
