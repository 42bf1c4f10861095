"""States that a host reads from an array, with the errors of the read-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.latched.state import lane_masks
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.timeline import Operation


@dataclass(frozen=True, eq=False)
class Reading:
    """States received by the host.

    Attributes:
        words: (sites read, groups) uint64.
        lanes: number of repetitions.
        done: the operation; the host has the states at its end.
    """

    words: NDArray[np.uint64]
    lanes: int
    done: Operation

    @property
    def spins(self) -> NDArray[np.int8]:
        """(lanes, sites read), -1 or +1."""
        return lanes_of_words(self.words, self.lanes)


def read_errors(
    shape: tuple[int, int], probability: float, lanes: int, key: tuple[int, int], first_group: int
) -> NDArray[np.uint64]:
    """Wrong bits of one read, (sites read, groups); results do not depend on the other lanes.

    Args:
        shape: (sites read, groups).
        probability: of a wrong bit.
        lanes: number of repetitions.
        key: seed of the run, and number of the read.
        first_group: number of the first group of 64 lanes.
    """
    flips = np.zeros(shape, np.uint64)
    if probability * shape[0] < 1e-12:  # per lane
        return flips
    weights = np.uint64(1) << np.arange(64, dtype=np.uint64)
    seed, read = key
    for group, mask in enumerate(lane_masks(lanes)):
        random = np.random.default_rng((seed, 0, first_group + group, 2**32 + 1, read))
        wrong = random.random((shape[0], 64)) < probability
        flips[:, group] = (wrong * weights).sum(axis=1, dtype=np.uint64) & mask
    return flips
