"""The net in numpy: sampled forward passes and backpropagation, for training on the host.

A cell is +1 with probability sigma(2 beta h), h = W s + b over the spins of the previous layer, so its mean is
tanh(beta h): a sigmoid belief net (Neal 1992). Hidden spins are sampled, and gradients pass them as if they were their
means (straight-through estimator, arXiv 1308.3432). Outputs enter the loss by their means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chipsim.workloads.feed_forward.layout import NetLayout

Floats = NDArray[np.float32]


@dataclass(eq=False)
class Gradient:
    """Loss of a batch, its gradients by weight (weights,) and by bias (neurons,), and the number of correct images."""

    loss: float
    weights: Floats
    biases: Floats
    correct: int


class Net:
    """A net of given layout.

    Args:
        layout: its cells and couplers.
        classes: groups of outputs.
        beta: inverse temperature.
    """

    def __init__(self, layout: NetLayout, classes: int, beta: float) -> None:
        self.layout = layout
        self.classes = classes
        self.beta = np.float32(beta)
        sizes = [len(links.source) for links in layout.links]
        self._weights = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        neurons = layout.neurons[1:]
        self._biases = np.split(np.arange(sum(neurons)), np.cumsum(neurons)[:-1])

    def initial(self, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Weights of variance 1 / fan-in, and zero biases."""
        spreads = [1 / np.sqrt(np.bincount(links.target)[links.target]) for links in self.layout.links]
        weights = random.standard_normal(self.layout.weights) * np.concatenate(spreads)
        return weights.astype(np.float32), np.zeros(self.layout.biases, np.float32)

    def gradient(
        self,
        weights: Floats,
        biases: Floats,
        pixels: Floats,
        wanted: NDArray[np.int64],
        sharpness: float,
        random: np.random.Generator,
    ) -> Gradient:
        """Loss and gradients of a batch with freshly sampled hidden spins.

        Args:
            weights: (weights,).
            biases: (neurons after the pixels,).
            pixels: (pixels, images) of -1 and +1.
            wanted: (images,) classes.
            sharpness: factor of the class means in the softmax.
            random: for the spins.
        """
        matrices = [self._matrix(number, weights) for number in range(len(self.layout.links))]
        spins, means = self._forward(matrices, biases, pixels, random)
        images = pixels.shape[1]
        scores = self._class_means(means[-1])
        logits = sharpness * (scores - scores.max(axis=0))
        chances = np.exp(logits)
        chances /= chances.sum(axis=0)
        loss = -np.log(np.maximum(chances[wanted, np.arange(images)], 1e-30)).mean()
        correct = int((scores.argmax(axis=0) == wanted).sum())
        chances[wanted, np.arange(images)] -= 1
        each = self.layout.neurons[-1] // self.classes
        flow = (chances * np.float32(sharpness / each / images)).repeat(each, axis=0)
        by_weight, by_bias = np.empty_like(weights), np.empty_like(biases)
        for number in range(len(matrices) - 1, -1, -1):
            links, mean = self.layout.links[number], means[number]
            field = flow * self.beta * (1 - mean * mean)
            by_weight[self._weights[number]] = np.einsum("wi,wi->w", field[links.target], spins[number][links.source])
            by_bias[self._biases[number]] = field.sum(axis=1)
            if number:
                flow = matrices[number].T @ field
        return Gradient(float(loss), by_weight, by_bias, correct)

    def scores(
        self, weights: Floats, biases: Floats, pixels: Floats, samples: int, random: np.random.Generator
    ) -> Floats:
        """Sums of the sampled output spins of each class, (classes, images), over all samples."""
        matrices = [self._matrix(number, weights) for number in range(len(self.layout.links))]
        total = np.zeros((self.classes, pixels.shape[1]), np.float32)
        for _ in range(samples):
            _, means = self._forward(matrices, biases, pixels, random)
            total += self._class_means(_drawn(means[-1], random))
        return total

    def _forward(
        self, matrices: list[sparse.csr_array], biases: Floats, pixels: Floats, random: np.random.Generator
    ) -> tuple[list[Floats], list[Floats]]:
        """Spins of the layers before the outputs, and means of all layers after the pixels."""
        spins, means = [pixels], []
        for number, matrix in enumerate(matrices):
            field = matrix @ spins[-1] + biases[self._biases[number], None]
            means.append(np.tanh(self.beta * field))
            if number + 1 < len(matrices):
                spins.append(_drawn(means[-1], random))
        return spins, means

    def _class_means(self, outputs: Floats) -> Floats:
        means: Floats = outputs.reshape(self.classes, -1, outputs.shape[1]).mean(axis=1)
        return means

    def _matrix(self, number: int, weights: Floats) -> sparse.csr_array:
        links, neurons = self.layout.links[number], self.layout.neurons
        shape = (neurons[number + 1], neurons[number])
        return sparse.csr_array((weights[self._weights[number]], (links.target, links.source)), shape)


def _drawn(means: Floats, random: np.random.Generator) -> Floats:
    """Spins with these means."""
    chances = random.random(means.shape, np.float32)
    return np.where(2 * chances - 1 < means, np.float32(1), np.float32(-1))
