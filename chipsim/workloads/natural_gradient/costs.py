"""Multiply-adds of the host per iteration, for b inputs, d outputs and N weights.

A forward or backward pass through the perceptron takes one per weight and input; slopes at the last layer take none.
"""

from __future__ import annotations

from itertools import pairwise

from chipsim.workloads.natural_gradient.perceptron import Perceptron

# Adam: two moments (three), their corrections (two), a root, a quotient, a sum.
ADAM = 8
# A step of conjugate gradients in addition to its product: two inner products, three sums of vectors.
CG_VECTORS = 5


def gradient(perceptron: Perceptron, batch: int) -> int:
    """Forward pass, and backward pass with respect to weights and to inputs of all layers but the first."""
    return batch * (2 * perceptron.weights + _behind_first(perceptron))


def jacobian(perceptron: Perceptron, batch: int) -> int:
    """One per element, and d backward passes; the forward pass is that of the gradient."""
    return batch * perceptron.outputs * (perceptron.weights + _behind_first(perceptron))


def product(perceptron: Perceptron, batch: int) -> int:
    """G times a vector: values and their derivatives forward, d^2 per input, and a backward pass."""
    weights = perceptron.weights
    return batch * (3 * weights + _behind_first(perceptron) + perceptron.outputs**2)


def woodbury(perceptron: Perceptron, batch: int) -> int:
    """With r = b d rows: J J^T by symmetry, H times it, its LU factors (it is not symmetric), and two products."""
    rows, weights = batch * perceptron.outputs, perceptron.weights
    return rows**2 * weights // 2 + rows**2 * perceptron.outputs + rows**3 // 3 + 2 * rows * weights


def _behind_first(perceptron: Perceptron) -> int:
    """Weights of all layers but the first."""
    layers = [(before + 1) * after for before, after in pairwise(perceptron.sizes)]
    return sum(layers[1:])
