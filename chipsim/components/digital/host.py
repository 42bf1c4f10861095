"""host: the computer beside the chip; it prepares what is sent, handles what comes back, and runs the workload."""

from __future__ import annotations

from typing import ClassVar

from chipsim.components.base import Action
from chipsim.components.base import powered as powered_action
from chipsim.components.digital.base import DigitalRole
from chipsim.components.digital.controller import Controller


class Host(Controller):
    """Parameters of the host: it handles one word of `word_bits` every `cycle`."""

    role: ClassVar[DigitalRole] = "host"
    name: ClassVar[str] = "host"
    summary: ClassVar[str] = "computer beside the chip, counted in machine words"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("word", "digital", "word", "one machine word handled"),
        powered_action("static", "host being powered"),
    )
