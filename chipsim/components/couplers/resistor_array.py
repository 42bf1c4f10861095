"""resistor_array: three arrays of programmable resistors for a low-rank matrix, J^T H J + lambda I.

`rows` by N, `rows` by `rows`, and N by `rows` resistors, rows (rows + 2 N) in total: the first array computes `rows`
sums of cell voltages, the second mixes them, the third feeds them back (arXiv 2405.13817, appendix C). lambda is one
fixed resistor per cell. The largest element of each array maps to `range`, and amplifiers make a matrix element of 1
act on the cells like a conductance of `range`. Every resistor has an independent sign, code and mismatch, so the
product is slightly asymmetric. Each dissipates |G| V**2; amplifiers between the arrays are assumed to have the rms
voltage of the cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, powered
from chipsim.components.couplers.base import ContinuousCouplerKind
from chipsim.errors import ProblemError
from chipsim.kernels import elements
from chipsim.kernels.elements import Sizes
from chipsim.physics import networks
from chipsim.physics.held_matrix import FactorErrors, Matrix, Network
from chipsim.physics.low_rank import LowRank
from chipsim.spec.fields import Number, Quantity, Whole


@dataclass(frozen=True, eq=False)
class Arrays(Network):
    """A low-rank matrix in three arrays, with the sizes of their elements.

    Attributes:
        right: of J.
        middle: of H, up to a factor.
        left: of the other copy of J.
    """

    right: Sizes
    middle: Sizes
    left: Sizes


class ResistorArray(ContinuousCouplerKind):
    """Parameters of the resistors; `range` is the largest one."""

    rows: Annotated[int, Whole(ge=1, le=10**6)]
    bits: Annotated[int, Whole(ge=1, le=24)]
    range: Annotated[float, Quantity("S", gt=0, le=1e3)]
    mismatch: Annotated[float, Number(ge=0, lt=1)] = 0.0
    drift: Annotated[float, Quantity("1/K", ge=-1, le=1)] = 0.0
    pitch: Annotated[float, Quantity("m", gt=0, le=1)]

    name: ClassVar[str] = "resistor_array"
    summary: ClassVar[str] = "three arrays of programmable resistors for low-rank matrices"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24, "mismatch": 0.0, "drift": 0.0}
    unit: ClassVar[Literal["S", "F"]] = "S"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("dissipate", "fabric", "aJ", "one attojoule dissipated in the resistors"),
        powered("static", "standby power of the arrays, without their dissipation"),
    )

    def max_rank(self) -> int:
        """The number of rows."""
        return self.rows

    def realise(self, matrix: Matrix, die: np.random.Generator, scale: float | None = None) -> Network:
        """Both copies of J get the same codes; mismatch makes them differ."""
        if scale is not None:
            raise ProblemError(
                "cells with a potential need couplers at their own value; use couplers of kind conductance",
                code="chip.unsuitable",
            )
        if isinstance(matrix, np.ndarray):
            raise ProblemError(
                "these arrays store the factors of a low-rank matrix; use seeded: low-rank", code="chip.unsuitable"
            )
        if len(matrix.middle) > self.rows:
            raise ProblemError(
                f"a matrix of rank {len(matrix.middle):,} for {self.rows:,} rows; use a larger array",
                code="chip.too-small",
            )
        step, middle_step = self._step(matrix.right), self._step(matrix.middle)
        right, row_sizes = _rounded(matrix.right, step)
        middle, middle_sizes = _rounded(matrix.middle, middle_step)
        middle, rest = middle * self.range, matrix.rest * self.range
        held, sizes = LowRank(right.T, middle, right, rest), (row_sizes, middle_sizes, row_sizes)
        if self.mismatch:
            held = LowRank(self._off(right, die).T, self._off(middle, die), self._off(right, die), rest)
            sizes = (elements.sizes(held.right), elements.sizes(held.middle), elements.sizes(held.left.T))
        errors = FactorErrors(step**2 / 12, middle_step**2 / 12, self.mismatch)
        return Arrays(self.range, matrix.scaled(self.range), held, False, errors, *sizes)

    def _step(self, values: NDArray[np.float64]) -> float:
        return float(elements.largest(values)) / networks.levels(self.bits, signed=True)

    def _off(self, values: NDArray[np.float64], die: np.random.Generator) -> NDArray[np.float64]:
        return values * (1 + self.mismatch * die.standard_normal(values.shape))

    def heat_w(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """|G| V**2 of all resistors of the three arrays, and of lambda."""
        held = network.held
        assert isinstance(network, Arrays)
        assert isinstance(held, LowRank)
        sums = _like(volts, volts @ held.right.T)
        mixed = _like(volts, sums @ held.middle.T)
        right, middle, left = network.right, network.middle, network.left
        watts = held.rest * (volts**2).sum(axis=-1)
        for arriving, load, array in (
            (volts, right.columns, right),
            (sums, middle.columns, middle),
            (mixed, left.rows, left),
        ):
            watts = watts + arriving**2 @ load * (self.range / max(array.largest, 1e-300))
        return np.asarray(watts, np.float64)

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """All rows (rows + 2 N) resistors."""
        return (self.rows * (self.rows + 2 * cells) if cells else 0), self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)


def _rounded(values: NDArray[np.float64], step: float) -> tuple[NDArray[np.float64], Sizes]:
    """Codes, and their sizes."""
    if not step:
        return values, elements.sizes(values)
    # numpy allocates large pages, kernels do not.
    codes = np.empty_like(values)
    return codes, elements.rounded(values, step, codes)


def _like(volts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amplified values: scaled to the rms of the voltages."""
    return values * (_rms(volts) / np.maximum(_rms(values), 1e-300))


def _rms(volts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt((volts**2).mean(axis=-1, keepdims=True))
