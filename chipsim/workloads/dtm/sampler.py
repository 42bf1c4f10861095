"""One layer on a chip: its two phases, each billed, and the statistics computed by the host.

Cells are randomised by heating: a few sweeps at beta 0. In the positive phase the latches clamp the data cells, in the
negative phase they bias them towards the noisy input. The host accumulates moments from the states that it reads, with
one byte per counter; no unbilled probe is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.device import Device
from chipsim.engine.latched.reading import Reading
from chipsim.engine.latched.state import lane_masks
from chipsim.engine.timeline import Operation
from chipsim.kernels.moments import count_moments, count_twin_agreements

Weights = NDArray[np.float32] | NDArray[np.float64]

COUNTERS_PER_WORD = 8
SPINS_PER_WORD = 64


@dataclass(frozen=True, eq=False)
class Statistics:
    """Means over lanes and reads.

    Attributes:
        means: (cells,) of s_i.
        correlations: (edges,) of s_i s_j.
        products: (edges,) of <s_i>_x <s_j>_x, from twin chains of one input x.
    """

    means: NDArray[np.float64]
    correlations: NDArray[np.float64]
    products: NDArray[np.float64]


class LayerSampler:
    """Drives a device through the phases of one layer.

    Args:
        device: the chip.
        data_sites: (data cells,) sites of the bits of an image.
        label_sites: (label cells,) sites of its label, none in a model without labels.
        beta: inverse temperature of sampling.
        restart_sweeps: sweeps at beta 0 that randomise the start of a chain.
    """

    def __init__(
        self,
        device: Device,
        data_sites: NDArray[np.int64],
        label_sites: NDArray[np.int64],
        beta: float,
        restart_sweeps: int,
    ) -> None:
        self.device = device
        self.data_sites = data_sites
        self.label_sites = label_sites
        self.beta = beta
        self.restart_sweeps = restart_sweeps
        self.once: list[Operation] = []
        self._last: list[Operation] = []

    def load(self, couplings: Weights, biases: Weights) -> None:
        """Write the weights, once for all subsequent chains."""
        self.device.name_phases("weights")
        self._book(self.device.write(couplings.astype(float), biases.astype(float), self._last, shared=True), True)

    def load_ahead(self, couplings: Weights, biases: Weights) -> None:
        """Write the weights of the next layer into a second buffer while the array is sampling."""
        self.device.name_phases("weights")
        self.once.append(self.device.write(couplings.astype(float), biases.astype(float), shared=True))

    def label(self, labels: NDArray[np.int8], copy: int = 0, shared: bool = False) -> None:
        """Clamp the label cells of a copy of the fabric at these spins, (lanes, label cells), until the next call; once
        for the whole batch if `shared`.
        """
        sites = self.label_sites + copy * (self.device.program.cells // self.device.program.netlist.fabric.copies)
        self.compute(-(-len(sites) // SPINS_PER_WORD), shared)
        self._book(self.device.clamp(sites, labels, self._last, shared=shared), shared)

    def positive(self, clean: NDArray[np.int8], warmup: int, samples: int, spacing: int) -> Statistics:
        """Moments with the data cells clamped at `clean`, (lanes, data cells) of -1 and +1."""
        self.device.name_phases("positive")
        self._then(self.device.clamp(self.data_sites, clean, self._last))
        return self._statistics(warmup, samples, spacing, twins=False)

    def negative(self, noisy: NDArray[np.int8], coupling: float, warmup: int, samples: int, spacing: int) -> Statistics:
        """Moments with the data cells biased towards `noisy`, (lanes, data cells); lanes 2k and 2k + 1 are twins."""
        self.device.name_phases("negative")
        self.pull(noisy, coupling)
        return self._statistics(warmup, samples, spacing, twins=True)

    def pull(self, noisy: NDArray[np.int8], coupling: float, sites: NDArray[np.int64] | None = None) -> None:
        """Write input latches (of the data cells by default) with this coupling, in units of J."""
        sites = self.data_sites if sites is None else sites
        self.compute(-(-len(sites) // SPINS_PER_WORD))
        self._then(self.device.clamp(sites, noisy, self._last, coupling=coupling))

    def chain(self, warmup: int, samples: int, spacing: int) -> Iterator[Reading]:
        """States read every `spacing` sweeps after a random start and `warmup` sweeps."""
        self.heat()
        self.set_beta(self.beta)
        self.sample(warmup)
        cells = np.arange(self.device.program.cells)
        for _ in range(samples):
            self.sample(spacing)
            yield self.read(cells, keep=False)

    def heat(self) -> None:
        """Randomise all free cells."""
        self.set_beta(0.0)
        self.sample(self.restart_sweeps)

    def set_beta(self, beta: float, shared: bool = False) -> None:
        """Set the inverse temperature, once for the whole batch if `shared`."""
        self._book(self.device.set_beta(beta, self._last, shared), shared)

    def sample(self, sweeps: int) -> None:
        """Sample for a number of sweeps."""
        if sweeps:
            self._then(self.device.sample(sweeps, after=self._last)[0])

    def read(self, sites: NDArray[np.int64], keep: bool) -> Reading:
        """Read cells to the host; kept readings are stored in the trace."""
        reading = self.device.read(sites, self._last, keep)
        self._then(reading.done)
        return reading

    def compute(self, words: int, shared: bool = False) -> None:
        """Host work, once for the whole batch if `shared`."""
        self._book(self.device.compute(words, self._last, shared=shared), shared)

    def _book(self, operation: Operation, shared: bool) -> None:
        if shared:
            self.once.append(operation)
        self._then(operation)

    def _then(self, operation: Operation) -> None:
        self._last = [operation]

    def _statistics(self, warmup: int, samples: int, spacing: int, twins: bool) -> Statistics:
        edges, cells = self.device.program.netlist.fabric.edges, self.device.program.cells
        lanes = lane_masks(self.device.lanes)
        agreements, twin_agreements = np.zeros((2, len(edges)), np.int64)
        ones = np.zeros(cells, np.int64)
        counters = len(edges) * (2 if twins else 1) + cells
        for reading in self.chain(warmup, samples, spacing):
            words = np.ascontiguousarray(reading.words.T)
            count_moments(edges, words, lanes, agreements, ones)
            if twins:
                count_twin_agreements(edges, words, lanes, twin_agreements)
            self.compute(-(-cells // SPINS_PER_WORD) - (-counters // COUNTERS_PER_WORD))
        total = samples * self.device.lanes
        return Statistics(2 * ones / total - 1, 2 * agreements / total - 1, 2 * twin_agreements / total - 1)


def gradient(
    positive: Statistics, negative: Statistics, beta: float, penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Direction of descent by (couplings, biases) of the denoising loss and `penalty` times the total correlation.

    beta (<ss>+ - <ss>- + penalty (<s><s> - <ss>)-) and beta (<s>+ - <s>-): arXiv 2510.23972 eq. 14 and 18.
    """
    apart = negative.products - negative.correlations
    couplings = beta * (positive.correlations - negative.correlations + penalty * apart)
    return couplings, beta * (positive.means - negative.means)
