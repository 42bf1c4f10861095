"""input_cell: a latch beside a cell that holds it, or pulls it with one fixed coupling.

With `coupling: hold` the cell is clamped to the latch. With a number, the latch is one more neighbour with that fixed
coupling (in units of J; a fixed conductance, not a code of the weight memory): the input of a denoising model, whose
coupling is Gamma / (2 beta) (arXiv 2510.23972 eq. 7). With `coupling: set`, each write carries one code more, of
`coupling_bits` over `coupling_range`, for the conductance of the latches that it writes: code 0 lets the cells go.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.digital.base import InputKind
from chipsim.errors import ChipsimError
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.spec.fields import Number, Quantity, Whole
from chipsim.units import to_fs


class InputCell(InputKind):
    """Parameters of the input latches; one is written per clamped cell."""

    coupling: Literal["hold", "set"] | Annotated[float, Number(gt=0, le=1e6)] = "hold"
    coupling_range: Annotated[float, Number(gt=0, le=1e6)] = 1.0
    coupling_bits: Annotated[int, Whole(ge=1, le=24)] = 8
    latch_time: Annotated[float, Quantity("s", gt=0, le=1)]
    gated: Gating = "never"

    name: ClassVar[str] = "input_cell"
    summary: ClassVar[str] = "latch that holds a cell or pulls it with a fixed coupling"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("clamp", "clamp", "cell", "the latch of one cell written"),
        Action("latch", "clamp", "bit", "one bit stored in an input latch"),
        Action("distribute", "clamp", "bit um", "one bit carried one micrometre across the die"),
        powered("static", "input latches being powered"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One latch time a value."""
        return share * to_fs(self.latch_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Every cell gets its value; every bit of it is carried the mean distance and stored."""
        bits = transfer.words * transfer.bits
        return {"clamp": transfer.cells, "latch": bits, "distribute": bits * transfer.distance_um}

    def code_bits(self) -> int:
        """`coupling_bits`, with `coupling: set`."""
        return self.coupling_bits if self.coupling == "set" else 0

    def realised(self, coupling: float) -> float:
        """The nearest code of the range.

        Raises:
            ChipsimError: the latches have a coupling of their own, or it is out of range.
        """
        if self.coupling != "set":
            raise ChipsimError(
                "the input cells cannot change their coupling; give them coupling: set", code="chip.unsuitable"
            )
        if not 0 <= coupling <= self.coupling_range:
            raise ChipsimError(
                f"an input coupling of {coupling:.4g} is not within 0 to coupling_range {self.coupling_range:g} of the "
                "input cells; raise it, or make the smallest step of noise larger",
                code="chip.out-of-range",
            )
        step = self.coupling_range / (2**self.coupling_bits - 1)
        return round(coupling / step) * step

    def pulled(self, field: Any, pull: NDArray[np.float32]) -> PulledField:
        """The couplers' field and the pull."""
        return PulledField(field, pull)

    def inert(self) -> dict[str, str]:
        """What only a coupling that is set uses."""
        if self.coupling == "set":
            return {}
        return dict.fromkeys(("coupling_range", "coupling_bits"), "only coupling: set has a range and codes")


class PulledField(NamedTuple):
    """The field of any coupler kind, plus the pull of each cell's input latch.

    inner: parameters of the couplers' own stage; pull: (cells,) float32, coupling of the latch in units of J, 0 where
    none is driven. The latch of the cell in slot i stands in slot cells + i of the state.
    """

    inner: Any
    pull: NDArray[np.float32]


@stage(stages.field, PulledField)
def pulled_field(params: Any, at: Any) -> Any:
    """The couplers' field, and +-pull by the latch."""
    h = stages.field(params.inner, at)
    latch = vectors.choose(at.words[at.cell + len(params.pull)], np.float32(1.0), np.float32(-1.0))
    return vectors.fma(latch, params.pull[at.cell], h)
