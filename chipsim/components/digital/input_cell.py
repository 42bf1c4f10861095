"""input_cell: the input latch of a cell, which clamps it or biases it through one fixed coupling.

With `coupling: hold` the cell is clamped to the latch. With a number, the latch is one more neighbour with that fixed
coupling (in units of J; a fixed conductance, not a code of the weight memory): the input of a denoising model, whose
coupling is Gamma / (2 beta) (arXiv 2510.23972 eq. 7). With `coupling: set`, each write carries one additional code, of
`coupling_bits` over `coupling_range`, for the conductance of the latches that it writes: code 0 releases the cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.digital.base import InputKind
from chipsim.errors import ChipsimError
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.rounding import rounded
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
    summary: ClassVar[str] = "latch that clamps a cell or biases it through a fixed coupling"
    ideal: ClassVar[Mapping[str, Any]] = {"coupling_bits": 24}
    actions: ClassVar[tuple[Action, ...]] = (
        Action("clamp", "clamp", "cell", "input latch of one cell written"),
        Action("latch", "clamp", "bit", "one bit stored in an input latch"),
        Action("distribute", "clamp", "bit um", "one bit moved 1 um across the die"),
        powered("static", "standby power of the input latches"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One latch time per value."""
        return share * to_fs(self.latch_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One value per cell; every bit is moved the mean distance and stored."""
        bits = transfer.words * transfer.bits
        return {"clamp": transfer.cells, "latch": bits, "distribute": bits * transfer.distance_um}

    def code_bits(self) -> int:
        """`coupling_bits`, with `coupling: set`."""
        return self.coupling_bits if self.coupling == "set" else 0

    def realised(self, coupling: float) -> float:
        """The nearest code of the range.

        Raises:
            ChipsimError: the latches have a fixed coupling, or it is out of range.
        """
        if self.coupling != "set":
            raise ChipsimError("the input cells have a fixed coupling; use coupling: set", code="chip.unsuitable")
        if not 0 <= coupling <= self.coupling_range:
            raise ChipsimError(
                f"input coupling {rounded(coupling, '.4g')} is outside 0 to {self.coupling_range:g}, the "
                "coupling_range of the "
                "input cells; raise coupling_range, or use a larger smallest noise step",
                code="chip.out-of-range",
            )
        step = self.coupling_range / (2**self.coupling_bits - 1)
        return round(coupling / step) * step

    def pulled(self, field: Any, pull: NDArray[np.float32]) -> PulledField:
        """The field of the couplers plus that of the latch."""
        return PulledField(field, pull)

    def inert(self) -> dict[str, str]:
        """Parameters used by `coupling: set` only."""
        if self.coupling == "set":
            return {}
        return dict.fromkeys(("coupling_range", "coupling_bits"), "used by coupling: set only")


class PulledField(NamedTuple):
    """The field of any coupler kind, plus that of each cell's input latch.

    inner: parameters of the couplers' own stage; pull: (cells,) float32, coupling of the latch in units of J, 0 if it
    is not driven. The latch of the cell in slot i is in slot cells + i of the state.
    """

    inner: Any
    pull: NDArray[np.float32]


@stage(stages.field, PulledField)
def pulled_field(params: Any, at: Any) -> Any:
    """The field of the couplers, plus or minus the coupling of the latch."""
    h = stages.field(params.inner, at)
    latch = vectors.choose(at.words[at.cell + len(params.pull)], np.float32(1.0), np.float32(-1.0))
    return vectors.fma(latch, params.pull[at.cell], h)


@stage(stages.sight, PulledField)
def view_of_couplers(params: Any, at: Any) -> Any:
    """The couplers'."""
    return stages.sight(params.inner, at)


@stage(stages.ahead, PulledField)
def fetch_for_couplers(params: Any, cell: Any) -> Any:
    """The couplers'."""
    stages.ahead(params.inner, cell)


@stage(stages.near, PulledField)
def fetch_words_for_couplers(params: Any, words: Any, cell: Any) -> Any:
    """The couplers'."""
    stages.near(params.inner, words, cell)


@stage(stages.keep_past, PulledField)
def keep_past_of_couplers(params: Any, words: Any, begin: Any, end: Any) -> Any:
    """The couplers'."""
    stages.keep_past(params.inner, words, begin, end)


@stage(stages.charge, PulledField)
def charge_couplers(params: Any, at: Any) -> Any:
    """The couplers'."""
    stages.charge(params.inner, at)


@stage(stages.rest, PulledField)
def rest_couplers(params: Any, at: Any) -> Any:
    """The couplers'."""
    stages.rest(params.inner, at)
