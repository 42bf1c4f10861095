"""weight_memory: the SRAM that holds the weights, written word by word over wires across the die.

With `buffers: 2` the next weights are written while the array samples with the present ones; the swap takes no time.
With one buffer, writing and sampling exclude each other. A full write starts at least `reload_interval` after the
previous one, and a run lasts at least as long, since the next repetition could not load its weights earlier. Leakage
and area are those of its capacity: a full set of weights for each buffer.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.digital.base import MemoryKind
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class WeightMemory(MemoryKind):
    """Parameters of the weight memory."""

    buffers: Annotated[int, Whole(ge=1, le=16)] = 1
    bits_per_cycle: Annotated[int, Whole(ge=1, le=10**6)]
    cycle: Annotated[float, Quantity("s", gt=0, le=1)]
    reload_interval: Annotated[float, Quantity("s", ge=0, le=3600)] = 0.0
    gated: Gating = "never"

    name: ClassVar[str] = "weight_memory"
    summary: ClassVar[str] = "SRAM that holds the weights, single- or double-buffered"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("program", "memory", "cell", "weights and bias of one cell programmed"),
        Action("write", "memory", "bit", "one bit stored"),
        Action("distribute", "program", "bit um", "one bit moved 1 um across the die"),
        powered("static", "retention of one bit", unit="bit s"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Cycles for the share, `bits_per_cycle` at a time."""
        return -(-share * transfer.bits // self.bits_per_cycle) * to_fs(self.cycle)

    def throughput_parameters(self) -> tuple[str, ...]:
        """The width."""
        return ("bits_per_cycle",)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Every bit is moved the mean distance and stored."""
        bits = transfer.words * transfer.bits
        return {"program": transfer.cells, "write": bits, "distribute": bits * transfer.distance_um}

    def reload_fs(self) -> int:
        """The reload interval."""
        return to_fs(self.reload_interval)
