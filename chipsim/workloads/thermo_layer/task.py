"""The task of the width demonstration of thermocompute (commit e50a984), as far as its tests state it.

Sequences of tokens x ~ N(0, 1) in `features` dimensions; token i of a sequence is to become, cyclically,

    y_i = sin(x_i + 0.45 x_(i-1)) + 0.15 cos(x_(i+1) - x_i)

One random attention block mixes the tokens before the layer: z = x + A(norm(x)), A of `HEADS` heads with weights and
biases uniform in +-1 / sqrt(features). It is fixed; the host computes it. The layer sees norm(z), and its read-out is
fitted to y - z.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, softmax

HEADS = 4
EPSILON = 1e-5
BEFORE, NEXT = 0.45, 0.15
# Streams of random numbers of a seed.
TOKENS, ATTENTION, CURRENTS, DIGITAL = range(4)
# Of every three sequences, the first two are for the fit and the last is a test.
CYCLE = 3

Array = NDArray[np.float64]


class Sequences(NamedTuple):
    """Sequences with what they are to become, each (sequences, tokens, features).

    Attributes:
        mixed: z, after attention.
        wanted: y.
    """

    mixed: Array
    wanted: Array


def sequences(seed: int, first: int, last: int, tokens: int, features: int, attention: bool = True) -> Sequences:
    """Those with numbers from `first` up to `last`; each has its own random numbers. Without attention z is x."""
    shape = (tokens, features)
    x = np.stack(
        [np.random.default_rng((seed, TOKENS, number)).standard_normal(shape) for number in range(first, last)]
    )
    before, after = np.roll(x, 1, axis=1), np.roll(x, -1, axis=1)
    wanted = np.sin(x + BEFORE * before) + NEXT * np.cos(after - x)
    mixed = x + _attention(normalised(x), np.random.default_rng((seed, ATTENTION))) if attention else x
    return Sequences(mixed, wanted)


def normalised(x: Array) -> Array:
    """Layer norm over the last axis."""
    return np.asarray((x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + EPSILON))


def _attention(x: Array, random: np.random.Generator) -> Array:
    sequences, tokens, features = x.shape
    edge = 1 / np.sqrt(features)
    weights = random.uniform(-edge, edge, (4, features, features))
    biases = random.uniform(-edge, edge, (4, features))
    apart = (sequences, tokens, HEADS, features // HEADS)
    query, key, value = ((x @ weights[i] + biases[i]).reshape(apart).transpose(0, 2, 1, 3) for i in range(3))
    shares = softmax(query @ key.transpose(0, 1, 3, 2) / np.sqrt(features // HEADS), axis=-1)
    joined = (shares @ value).transpose(0, 2, 1, 3).reshape(x.shape)
    return np.asarray(joined @ weights[3] + biases[3])


def attention_macs(tokens: int, features: int) -> int:
    """Multiply-adds of attention for one token: four products with its weights, scores and their mixture."""
    return 4 * features**2 + 2 * tokens * features


def current_weights(seed: int, number: int, inputs: int, width: int) -> Array:
    """W of a layer, (width, inputs), ~ N(0, 1 / inputs)."""
    random = np.random.default_rng((seed, CURRENTS, number))
    return random.standard_normal((width, inputs)) / np.sqrt(inputs)


def digital_layer(seed: int, width: int, x: Array) -> Array:
    """GELU of a random layer of x (tokens, inputs), weights and biases uniform in +-1 / sqrt(inputs)."""
    random, edge = np.random.default_rng((seed, DIGITAL, width)), 1 / np.sqrt(x.shape[1])
    u = x @ random.uniform(-edge, edge, (x.shape[1], width)) + random.uniform(-edge, edge, width)
    return np.asarray(0.5 * u * (1 + erf(u / np.sqrt(2))))


def is_test(sequence: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether sequences of these numbers are tests."""
    return np.asarray(sequence % CYCLE == CYCLE - 1)


def ridge(inputs: Array, wanted: Array, penalty: float) -> tuple[Array, Array]:
    """Weights (features, outputs) and biases (outputs,) that minimise the squared error plus `penalty` |weights|^2.

    The bias is not penalised, so inputs and outputs are centred first. The smaller of the two normal equations is
    solved.
    """
    middle, aim = inputs.mean(axis=0), wanted.mean(axis=0)
    centred, rest = inputs - middle, wanted - aim
    many, wide = centred.shape
    if wide <= many:
        weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(wide), centred.T @ rest)
    else:
        weights = centred.T @ np.linalg.solve(centred @ centred.T + penalty * np.eye(many), rest)
    return weights, aim - middle @ weights


def ridge_macs(tokens: int, width: int, outputs: int) -> int:
    """Multiply-adds of that fit: a Gram matrix, its factor, and the products with the outputs."""
    small, large = sorted((tokens, width))
    return small * (small + 1) // 2 * large + small**3 // 6 + outputs * (small**2 + small * large)
