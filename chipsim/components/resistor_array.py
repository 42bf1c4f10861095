"""resistor_array: three arrays of programmable resistors that hold a matrix of low rank, J^T H J + lambda I.

`rows` by N, `rows` by `rows`, and N by `rows` resistors, rows (rows + 2 N) in all: the first turns cell voltages into
`rows` sums, the second mixes these, the third leads them back (arXiv 2405.13817, appendix C). lambda is a
resistor a cell that is not programmed. The largest element of each array stands for `range`, and amplifiers make 1 of
the matrix act on the cells like a conductance of `range`. Every resistor has a sign, a code and a mismatch of its own,
so the product is not quite symmetric. Each burns |G| V**2; amplifiers between the arrays are taken to swing like the
cells, by their rms voltage.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components import networks
from chipsim.components.analog import AnalogCouplerKind, FactorErrors, Matrix, Network
from chipsim.components.base import Action, powered
from chipsim.errors import ProblemError
from chipsim.kernels import elements
from chipsim.kernels.low_rank import LowRank
from chipsim.spec.model import number, quantity, whole


class ResistorArray(AnalogCouplerKind):
    """Parameters of the resistors; `range` is the largest one."""

    rows: whole(ge=1, le=10**6)  # type: ignore[valid-type]
    bits: whole(ge=1, le=24)  # type: ignore[valid-type]
    range: quantity("S", gt=0, le=1e3)  # type: ignore[valid-type]
    mismatch: number(ge=0, lt=1) = 0.0  # type: ignore[valid-type]
    drift: quantity("1/K", ge=-1, le=1) = 0.0  # type: ignore[valid-type]
    pitch: quantity("m", gt=0, le=1)  # type: ignore[valid-type]

    name: ClassVar[str] = "resistor_array"
    summary: ClassVar[str] = "three arrays of programmable resistors for matrices of low rank"
    unit: ClassVar[Literal["S", "F"]] = "S"
    by_factors: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (
        Action("dissipate", "fabric", "aJ", "an attojoule turned into heat in the resistors"),
        powered("static", "arrays being powered beside their own heat"),
    )

    def realise(self, matrix: Matrix, die: np.random.Generator) -> Network:
        """Both copies of J get the same codes; mismatch makes them differ."""
        if isinstance(matrix, np.ndarray):
            raise ProblemError("these arrays hold matrices of low rank by their factors; use seeded: low-rank")
        if len(matrix.middle) > self.rows:
            raise ProblemError(f"a matrix of rank {len(matrix.middle):,} for {self.rows:,} rows; use a larger array")
        step, middle_step = self._step(matrix.right), self._step(matrix.middle)
        codes, middle = _rounded(matrix.right, step), _rounded(matrix.middle, middle_step) * self.range
        errors = FactorErrors(step**2 / 12, middle_step**2 / 12, self.mismatch)
        rest = matrix.rest * self.range
        if self.mismatch:
            held = LowRank(self._off(codes, die).T, self._off(middle, die), self._off(codes, die), rest)
        else:
            held = LowRank(codes.T, middle, codes, rest)
        return Network(self.range, matrix.scaled(self.range), held, False, errors)

    def _step(self, values: NDArray[np.float64]) -> float:
        return float(elements.largest(values)) / networks.levels(self.bits, signed=True)

    def _off(self, values: NDArray[np.float64], die: np.random.Generator) -> NDArray[np.float64]:
        return values * (1 + self.mismatch * die.standard_normal(values.shape))

    def heat_w(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """|G| V**2 of all resistors of the three arrays, and of lambda."""
        held = network.held
        assert isinstance(held, LowRank)
        right, middle = elements.sizes(held.right), elements.sizes(held.middle)
        left = right if held.has_one_copy else elements.sizes(held.left.T)
        sums = _like(volts, volts @ held.right.T)
        mixed = _like(volts, sums @ held.middle.T)
        arrays = ((volts, right.columns, right), (sums, middle.columns, middle), (mixed, left.rows, left))
        watts = held.rest * (volts**2).sum(axis=-1)
        for arriving, load, array in arrays:
            watts = watts + arriving**2 @ load * (self.range / max(array.largest, 1e-300))
        return np.asarray(watts, np.float64)

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """Rows (rows + 2 N) resistors, all of them."""
        return (self.rows * (self.rows + 2 * cells) if cells else 0), self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)


def _rounded(values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    if not step:
        return values
    # Memory of numpy comes in large pages, that of a kernel does not.
    codes = np.empty_like(values)
    elements.rounded(values, step, codes)
    return codes


def _like(volts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What amplifiers make of values: as large as the volts are, by their rms."""
    return values * (_rms(volts) / np.maximum(_rms(values), 1e-300))


def _rms(volts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt((volts**2).mean(axis=-1, keepdims=True))
