"""Fit of a layer to held-out images: how well it reconstructs a clean image from a noisy one.

The chains of a test sample the clean image x given the noisy one y. With the mean m_i of data cell i over chains and
reads, the fit is the mean of -log2 of the probability (1 + x_i m_i) / 2 of the true x_i, in bits per data cell. Lower
is better; a model without couplings and biases has that of the noise alone, the entropy of a flip.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.packing import lanes_of_words
from chipsim.workloads.dtm.forward import flip_probability


class Reconstruction:
    """Means of the data cells for each input, from reads of its chains.

    Args:
        inputs: number of inputs.
        chains: adjacent lanes that sample each of them.
        cells: number of data cells.
    """

    def __init__(self, inputs: int, chains: int, cells: int) -> None:
        self.chains = chains
        self.ones = np.zeros((inputs, cells), np.int64)
        self.samples = 0

    def add(self, words: NDArray[np.uint64]) -> None:
        """Add a read of the data cells, (cells, groups)."""
        inputs, cells = self.ones.shape
        spins = lanes_of_words(words[None], inputs * self.chains)[0]
        self.ones += (spins > 0).reshape(inputs, self.chains, cells).sum(axis=1)
        self.samples += self.chains

    def bits(self, clean: NDArray[np.int8]) -> float:
        """Fit to the true spins (inputs, cells); half a pseudo-count for each value, so that no probability is 0."""
        up = (self.ones + 0.5) / (self.samples + 1)
        return float(-np.log2(np.where(clean > 0, up, 1 - up)).mean())


def noise_bits(noise: float) -> float:
    """Expected fit of the noise alone, in bits per data cell: the entropy of a flip."""
    flip = flip_probability(noise)
    return -flip * math.log2(flip) - (1 - flip) * math.log2(1 - flip)
