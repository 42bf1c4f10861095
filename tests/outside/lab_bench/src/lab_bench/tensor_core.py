"""tensor_core: a digital unit of `lanes` multipliers, each of which multiplies and adds once a `cycle`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, powered
from chipsim.components.digital.base import DigitalKind, DigitalRole
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class TensorCore(DigitalKind):
    """Parameters of the unit."""

    lanes: Annotated[int, Whole(ge=1, le=10**6)]
    cycle: Annotated[float, Quantity("s", gt=0, le=1)]

    role: ClassVar[DigitalRole] = "multiply-adds"
    name: ClassVar[str] = "tensor_core"
    summary: ClassVar[str] = "multipliers side by side"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("multiply", "digital", "multiply-add", "one multiplication and one addition"),
        powered("static", "unit being powered"),
    )

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """`lanes` multiply-adds a cycle."""
        return -(-words // self.lanes) * to_fs(self.cycle), {"multiply": words}
