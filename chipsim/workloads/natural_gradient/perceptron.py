"""A network of fully connected layers with tanh between them: losses, exact gradients, Jacobians and products.

Weights of all layers form one vector: for each layer its matrix (inputs, outputs) row by row, then its biases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Perceptron:
    """Sizes of the layers, from the inputs to the outputs.

    Below, b is the batch size, d the number of outputs, N the number of weights.
    """

    sizes: tuple[int, ...]

    @property
    def weights(self) -> int:
        """N: elements of all matrices, and biases."""
        return sum((before + 1) * after for before, after in pairwise(self.sizes))

    @property
    def outputs(self) -> int:
        """Number d of outputs."""
        return self.sizes[-1]

    def initial(self, seed: int) -> Vector:
        """Normal weights of variance 1/inputs, biases 0 (LeCun et al. 1998)."""
        random = np.random.default_rng(seed)
        layers = [
            np.vstack([random.standard_normal((before, after)) / np.sqrt(before), np.zeros(after)])
            for before, after in pairwise(self.sizes)
        ]
        return np.concatenate([layer.ravel() for layer in layers])

    def logits(self, weights: Vector, inputs: Vector) -> Vector:
        """(b, d) outputs for inputs (b, first size)."""
        return self._forward(weights, inputs)[1]

    def gradient(self, weights: Vector, inputs: Vector, labels: NDArray[np.int64]) -> tuple[float, Vector, Vector]:
        """(mean cross-entropy, its gradient (N,), (b, d) probabilities of the classes)."""
        values, logits = self._forward(weights, inputs)
        probabilities = softmax(logits)
        rows = np.arange(len(labels))
        loss = float(-np.log(np.maximum(probabilities[rows, labels], 1e-300)).mean())
        back = probabilities.copy()
        back[rows, labels] -= 1
        return loss, self._backward(weights, values, back / len(labels)), probabilities

    def jacobian(self, weights: Vector, inputs: Vector) -> Vector:
        """(b d, N) derivatives of all outputs of all inputs: row i d + k is output k of input i."""
        values, logits = self._forward(weights, inputs)
        count, width = logits.shape
        out = np.empty((count, width, self.weights))
        # (b, d, size): derivative of each output with respect to the pre-activations of the layer.
        back = np.broadcast_to(np.eye(width), (count, width, width))
        end = self.weights
        for value, matrix in zip(reversed(values), reversed(list(self._layers(weights))), strict=True):
            before, after = len(matrix) - 1, matrix.shape[1]
            start = end - (before + 1) * after
            block = out[:, :, start:end].reshape(count, width, before + 1, after)
            np.multiply(value[:, None, :, None], back[:, :, None, :], out=block[:, :, :before])
            block[:, :, before] = back
            # Values after the first layer are tanh activations, with slope 1 - tanh^2.
            back = (back @ matrix[:before].T) * (1 - value**2)[:, None, :]
            end = start
        return out.reshape(count * width, self.weights)

    def forward_product(self, weights: Vector, inputs: Vector, direction: Vector) -> Vector:
        """(b, d): the Jacobian times a direction (N,), which is never formed."""
        value, moved = inputs, np.zeros_like(inputs)
        layers = list(zip(self._layers(weights), self._layers(direction), strict=True))
        for number, (matrix, change) in enumerate(layers):
            moved = moved @ matrix[:-1] + value @ change[:-1] + change[-1]
            value = value @ matrix[:-1] + matrix[-1]
            if number < len(layers) - 1:
                value = np.tanh(value)
                moved = moved * (1 - value**2)
        return moved

    def backward_product(self, weights: Vector, inputs: Vector, outputs: Vector) -> Vector:
        """(N,): the transpose of the Jacobian times (b, d)."""
        return self._backward(weights, self._forward(weights, inputs)[0], outputs)

    def _layers(self, weights: Vector) -> Iterator[Vector]:
        start = 0
        for before, after in pairwise(self.sizes):
            end = start + (before + 1) * after
            yield weights[start:end].reshape(before + 1, after)
            start = end

    def _forward(self, weights: Vector, inputs: Vector) -> tuple[list[Vector], Vector]:
        """(inputs of each layer, outputs)."""
        values, layers = [inputs], list(self._layers(weights))
        for matrix in layers[:-1]:
            values.append(np.tanh(values[-1] @ matrix[:-1] + matrix[-1]))
        return values, values[-1] @ layers[-1][:-1] + layers[-1][-1]

    def _backward(self, weights: Vector, values: list[Vector], back: Vector) -> Vector:
        parts: list[Vector] = []
        for value, matrix in zip(reversed(values), reversed(list(self._layers(weights))), strict=True):
            parts = [(value.T @ back).ravel(), back.sum(axis=0), *parts]
            back = (back @ matrix[:-1].T) * (1 - value**2)
        return np.concatenate(parts)


def softmax(logits: Vector) -> Vector:
    """Probabilities of the classes, along the last axis."""
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))
