"""conductance: programmable conductances between continuous cells, and from each cell to ground.

A matrix A is scaled so that its largest element stands for `range`, and every element becomes a code. With `sign:
both` (pairs of arrays and inverting integrators) an element is one conductance of either sign. With `sign: passive`
there are only resistors: an element beside the diagonal is minus the conductance of one resistor between two cells, the
diagonal is the sum of all resistors at the cell, so only M-matrices whose rows sum to 0 or more can be had.
Each conductance deviates from its code by the relative `mismatch` of the die, and keeps that deviation.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.analog import AnalogCouplerKind, Realised
from chipsim.components.base import Action, powered
from chipsim.errors import ProblemError
from chipsim.spec.model import number, quantity, whole


class Conductance(AnalogCouplerKind):
    """Parameters of the conductances; `range` is the largest one."""

    bits: whole(ge=1, le=24)  # type: ignore[valid-type]
    range: quantity("S", gt=0, le=1e3)  # type: ignore[valid-type]
    sign: Literal["both", "passive"]
    mismatch: number(ge=0, lt=1) = 0.0  # type: ignore[valid-type]
    pitch: quantity("m", gt=0, le=1)  # type: ignore[valid-type]

    name: ClassVar[str] = "conductance"
    summary: ClassVar[str] = "programmable conductances between continuous cells"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("dissipate", "fabric", "aJ", "an attojoule turned into heat in the conductances, integral of V G V"),
        powered("static", "conductances being powered beside their own heat"),
    )

    def realise(self, matrix: NDArray[np.float64], die: np.random.Generator) -> Realised:
        """Elements or resistors as codes, then with the mismatch of the die."""
        elements = matrix if self.sign == "both" else _resistors(matrix)
        scale = self.range / float(np.abs(elements).max())
        step = self.range / (2 ** (self.bits - 1) - 1 if self.sign == "both" and self.bits > 1 else 2**self.bits - 1)
        wanted = elements * scale
        codes = np.rint(wanted / step) * step
        numbers = np.triu(die.standard_normal(matrix.shape))
        held = codes * (1 + self.mismatch * (numbers + np.triu(numbers, 1).T))
        rounded = np.where(np.abs(elements) > 0, step**2 / 12, 0.0)
        network = _network if self.sign == "passive" else np.asarray
        return Realised(
            scale,
            matrix * scale,
            network(codes),
            network(held),
            self.sign == "passive",
            rounded,
            (self.mismatch * wanted) ** 2,
        )

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """One conductance for each pair of cells and one for each cell."""
        return couplers + cells, self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)


def _resistors(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resistors between cells beside the diagonal, to ground on it.

    Raises:
        ProblemError: one of them would be negative.
    """
    beside = matrix - np.diag(np.diag(matrix))
    positive = np.argwhere(beside > 0)
    if len(positive):
        i, j = positive[0]
        raise ProblemError(
            f"element [{i}, {j}] is {matrix[i, j]:g}: resistors realise M-matrices only, whose elements beside the "
            "diagonal are not positive; use sign: both, or another matrix"
        )
    ground = matrix.sum(axis=1)
    ground[np.abs(ground) < 1e-12 * np.diag(matrix)] = 0.0
    if (ground < 0).any():
        row = int(np.argmin(ground))
        raise ProblemError(
            f"row {row} sums to {ground[row]:g}: a network of resistors needs rows that sum to 0 or more; "
            "use sign: both, or another matrix"
        )
    return np.diag(ground) - beside


def _network(resistors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The conductance matrix of a network of resistors."""
    beside = resistors - np.diag(np.diag(resistors))
    return np.diag(resistors.sum(axis=1)) - beside
