"""Contents of the counters beside cells of a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.component import Component
from chipsim.components.digital.base import CounterKind
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.timeline import Operation
from chipsim.errors import ChipsimError


@dataclass(frozen=True, eq=False)
class Counts:
    """Counters received by the host.

    Attributes:
        ups: (lanes, cells counted) int64, samples in which the cell was +1.
        samples: counted since the last read.
        done: the operation; the host has the counts at its end.
    """

    ups: NDArray[np.int64]
    samples: int
    done: Operation


class Counters:
    """The counters of one device, empty at first.

    Args:
        lanes: number of repetitions.
    """

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._sites: NDArray[np.int64] = np.zeros(0, np.int64)
        self._ups = np.zeros((lanes, 0), np.int64)
        self._samples = 0

    def add(self, counters: Component[CounterKind], sites: NDArray[np.int64], words: NDArray[np.uint64]) -> None:
        """Count one sample: words (sites, groups).

        Raises:
            ChipsimError: too few counters, other cells than before, or the counters are full.
        """
        if len(sites) > counters.count:
            complaint = f"{counters.name}: {counters.count:,} counters for {len(sites):,} cells"
            raise ChipsimError(f"{complaint}; write {counters.name}[0..{len(sites) - 1}]", code="chip.too-small")
        if not self._samples:
            self._sites, self._ups = sites, np.zeros((self._lanes, len(sites)), np.int64)
        elif not np.array_equal(self._sites, sites):
            raise ChipsimError("count the same cells until the counters are read", code="run.argument")
        if self._samples >= counters.kind.capacity:
            complaint = f"{counters.name}: {counters.kind.bits} bits count {counters.kind.capacity:,} samples"
            raise ChipsimError(f"{complaint}; read them earlier, or give them more bits", code="chip.out-of-range")
        self._ups += lanes_of_words(words, self._lanes) > 0
        self._samples += 1

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Sites, ups (lanes, sites) and number of samples; clears the counters.

        Raises:
            ChipsimError: nothing was counted.
        """
        if not self._samples:
            raise ChipsimError("nothing was counted; call count first", code="run.argument")
        samples, self._samples = self._samples, 0
        return self._sites, self._ups, samples
