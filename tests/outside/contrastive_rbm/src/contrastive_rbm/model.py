"""The restricted Boltzmann machine in numpy: exact probabilities, by summing over all hidden states.

E(v, h) = -(sum_ij J_ij v_i h_j + sum_i b_i v_i + sum_j c_j h_j), all spins -1 or +1, P ~ exp(-beta E).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Machine:
    """Weights in units of J.

    Attributes:
        couplings: (visible, hidden).
        visible: (visible,) biases b.
        hidden: (hidden,) biases c.
        beta: inverse temperature.
    """

    couplings: Floats
    visible: Floats
    hidden: Floats
    beta: float

    def log_probability(self, spins: NDArray[np.int8]) -> Floats:
        """(N,) log P(v) of visible states, (N, visible), in nats."""
        return self._free(spins, self.visible, self.hidden, self.couplings) - self._log_partition()

    def _log_partition(self) -> float:
        """Log of the sum over all states: over the hidden ones one by one, over the visible ones in closed form."""
        count = len(self.hidden)
        states = 2 * (np.arange(2**count)[:, None] >> np.arange(count) & 1) - 1
        return float(np.logaddexp.reduce(self._free(states, self.hidden, self.visible, self.couplings.T)))

    def _free(self, spins: NDArray[np.int_], own: Floats, other: Floats, couplings: Floats) -> Floats:
        """(N,) log of the sum of exp(-beta E) over the spins of the other layer."""
        fields = self.beta * (other + spins @ couplings)
        return self.beta * (spins @ own) + np.logaddexp(fields, -fields).sum(axis=1)


def correlations(spins: NDArray[np.int8], visible: int) -> tuple[Floats, Floats]:
    """(<v_i h_j>, <s>) over states (N, cells), the visible cells first."""
    states = spins.astype(np.float64)
    return states[:, :visible].T @ states[:, visible:] / len(states), states.mean(axis=0)
