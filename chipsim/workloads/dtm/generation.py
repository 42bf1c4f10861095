"""Drawing images: in which order layers and images meet on a chip.

Layers are reloaded onto one array one after another; where its memory has a second buffer, the next layer is loaded
while one samples. Or each layer has an array of its own, a copy of the fabric. On arrays beside each other images may
follow one another: while a layer works on one, the layer before it works on the next.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from chipsim.components.digital.base import MemoryKind
from chipsim.workloads.dtm.sampler import SPINS_PER_WORD, LayerSampler
from chipsim.workloads.dtm.spec import GenerationSpec
from chipsim.workloads.dtm.weights import DtmWeights

Spins = NDArray[np.int8]
# (layer, image): layers count from the data outwards, images in the order in which they are drawn.
Meeting = tuple[int, int]


def rounds(layers: int, images: int) -> Iterator[list[Meeting]]:
    """Who meets in each round: images enter at the last layer, one a round, and leave behind layer 0."""
    for number in range(layers + images - 1):
        yield [(layers - 1 - number + image, image) for image in range(images) if 0 <= number - image < layers]


def kept(layers: int, images: int) -> list[Meeting]:
    """Which reading of a run is which: the noise, as layer `layers`, of each image, then each round."""
    return [(layers, image) for image in range(images)] + [m for meetings in rounds(layers, images) for m in meetings]


class Generator:
    """Draws `spec.images` images a lane.

    Args:
        sampler: of the device.
        spec: how.
        weights: of all layers.
        couplings: with which the input latches of each layer pull, in units of J.
        labels: (lanes, label cells) spins of the label of each image; none in a model without labels.
        copy_sites: number of cells of an array.
    """

    def __init__(
        self,
        sampler: LayerSampler,
        spec: GenerationSpec,
        weights: DtmWeights,
        couplings: list[float],
        labels: list[Spins],
        copy_sites: int,
    ) -> None:
        self.sampler = sampler
        self.spec = spec
        self.weights = weights
        self.couplings = couplings
        self.labels = labels
        self.copy_sites = copy_sites
        self.layers = len(couplings)
        self.array_per_layer = spec.layers == "beside"
        self.buffers = sampler.device.program.netlist.end("program", MemoryKind).kind.buffers
        self.words = -(-len(sampler.data_sites) // SPINS_PER_WORD)

    def draw(self) -> list[Spins]:
        """Spins of the data cells of each image, (lanes, data cells), after the last layer.

        The noise at the start is the chip's own, heated and read. A layer starts where its array stands: heated, or as
        the layer or the image before left the latent cells.
        """
        spins = self._noise()
        if self.array_per_layer:
            self.sampler.load(self.weights.couplings.ravel(), self.weights.biases.ravel())
        else:
            self.sampler.load(*self._layer(self.layers - 1))
        for number, meetings in enumerate(rounds(self.layers, self.spec.images)):
            self._round(number, meetings, spins)
        return spins

    def _noise(self) -> list[Spins]:
        self.sampler.device.name_phases("noise")
        spins = []
        for _ in range(self.spec.images):
            self.sampler.heat()
            spins.append(self._read(self.layers - 1))
        return spins

    def _layer(self, layer: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.weights.couplings[layer], self.weights.biases[layer]

    def _round(self, number: int, meetings: list[Meeting], spins: list[Spins]) -> None:
        section = f"stage {number + 1}" if self.spec.images > 1 else f"layer {meetings[0][0] + 1}"
        self.sampler.device.name_phases(section)
        for layer, image in meetings:
            # One array keeps the label that it was told at first.
            if self.labels and (self.array_per_layer or number == 0):
                self.sampler.label(self.labels[image], layer if self.array_per_layer else 0)
            self.sampler.pull(spins[image], self.couplings[layer], self._sites(layer))
        if number == 0:
            self.sampler.set_beta(self.sampler.beta)
        if self.array_per_layer and self.spec.idle == "gated":
            self._gate([layer for layer, _ in meetings])
        self.sampler.sample(self.spec.sweeps)
        following = None if self.array_per_layer or meetings[0][0] == 0 else meetings[0][0] - 1
        if following is not None and self.buffers > 1:
            self.sampler.load_ahead(*self._layer(following))
            self.sampler.device.name_phases(section)
        for layer, image in meetings:
            spins[image] = self._read(layer)
            self.sampler.compute(self.words)
        if following is not None and self.buffers == 1:
            self.sampler.load(*self._layer(following))

    def _gate(self, working: list[int]) -> None:
        every = np.arange(self.layers * self.copy_sites)
        self.sampler.device.gate(every[~np.isin(every // self.copy_sites, working)])

    def _read(self, layer: int) -> Spins:
        return self.sampler.read(self._sites(layer), keep=True).spins

    def _sites(self, layer: int) -> NDArray[np.int64]:
        copy = layer if self.array_per_layer else 0
        return self.sampler.data_sites + copy * self.copy_sites
