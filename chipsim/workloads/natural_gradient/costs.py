"""Multiply-adds of what a host does in an iteration, for b inputs, d outputs and N weights.

A pass through the perceptron, forwards or backwards, takes one a weight and input; its slopes at the last layer none.
"""

from __future__ import annotations

from itertools import pairwise

from chipsim.workloads.natural_gradient.perceptron import Perceptron

# Adam: two moments (three), their corrections (two), a root, a quotient, a sum.
ADAM = 8
# A step of conjugate gradients beside its product: two inner products, three sums of vectors.
CG_VECTORS = 5


def gradient(perceptron: Perceptron, batch: int) -> int:
    """Forwards, and backwards by weights and by what enters each layer but the first."""
    return batch * (2 * perceptron.weights + _behind_first(perceptron))


def jacobian(perceptron: Perceptron, batch: int) -> int:
    """Every element once, and d passes backwards; the pass forwards is that of the gradient."""
    return batch * perceptron.outputs * (perceptron.weights + _behind_first(perceptron))


def product(perceptron: Perceptron, batch: int) -> int:
    """G times a vector: values and their changes forwards, d^2 an input, backwards."""
    weights = perceptron.weights
    return batch * (3 * weights + _behind_first(perceptron) + perceptron.outputs**2)


def woodbury(perceptron: Perceptron, batch: int) -> int:
    """With r = b d rows: J J^T by symmetry, H times it, factors of that (it is not symmetric), and two products."""
    rows, weights = batch * perceptron.outputs, perceptron.weights
    return rows**2 * weights // 2 + rows**2 * perceptron.outputs + rows**3 // 3 + 2 * rows * weights


def _behind_first(perceptron: Perceptron) -> int:
    """Weights of all layers but the first."""
    layers = [(before + 1) * after for before, after in pairwise(perceptron.sizes)]
    return sum(layers[1:])
