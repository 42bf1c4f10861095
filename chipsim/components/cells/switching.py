"""Common part of kinds of cells that switch between states."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import Network
from chipsim.physics.low_rank import LowRank
from chipsim.spec.fields import Quantity, Whole
from chipsim.spec.model import SpecModel


class SwitchingStates(SpecModel):
    """Parameters of cells whose state is one of `states`, drawn anew at random times from softmax(logits).

    It stands before the base of a kind. An input voltage of `logit_scale` is a logit of 1. The law is
    `physics/switching.py`; among the actions is `redraw`.
    """

    states: Annotated[int, Whole(ge=2, le=64)]
    logit_scale: Annotated[float, Quantity("V", gt=0, le=10)]

    @property
    def states_per_cell(self) -> int:
        """The states."""
        return int(self.states)

    def force(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The voltages at the inputs, (cells * inputs,)."""
        return volts

    def events(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> dict[str, int]:
        """Redraws, of which the last variables are the numbers."""
        cells = before.shape[1] // 3
        return {"redraw": round(float((after - before)[:, -cells:].sum()))}

    def require_uncoupled(self, network: Network) -> None:
        """Raise unless the cells are alone.

        Raises:
            ProblemError: they are coupled.
        """
        if not isinstance(network.held, LowRank) or len(network.held.middle):
            raise ProblemError(
                "cells with states are not coupled; use fabric.uncoupled and a crossbar with lines: 0",
                code="chip.unsuitable",
            )
