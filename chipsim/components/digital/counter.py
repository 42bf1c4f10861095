"""counter: binary counters beside cells, which count how often a cell is +1 while the array samples.

A counter takes part in each sweep that the workload counts, without pausing the array, and is read out once: `bits` for
an answer instead of one per sample. Each count clocks all its flip-flops. Leakage and area are those of its bits.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.digital.base import CounterKind
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class Counter(CounterKind):
    """Parameters of the counters; `cycle` is the time in which one counter is read."""

    bits: Annotated[int, Whole(ge=1, le=64)]
    cycle: Annotated[float, Quantity("s", gt=0, le=1)]
    gated: Gating = "never"

    name: ClassVar[str] = "counter"
    summary: ClassVar[str] = "binary counter of the samples in which a cell is +1"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("count", "readout", "bit", "one flip-flop of a counter clocked, once per sample"),
        Action("drive", "readout", "bit", "one bit of a counter read"),
        powered("static", "standby power of one bit", unit="bit s"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One cycle per counter."""
        return share * to_fs(self.cycle)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Every bit of every counter."""
        return {"drive": transfer.words * transfer.bits}
