"""Statistics of output spins that were read, sample by sample, as words of 64 lanes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.packing import lanes_of_words

Words = NDArray[np.uint64]
# Fewer samples of an image say nothing about their correlation.
FEWEST_SAMPLES = 8


def votes(states: Sequence[Words], lanes: int, classes: int) -> NDArray[np.int64]:
    """Sum of the output spins of each class, (samples, lanes, classes).

    Args:
        states: (outputs, groups) of each sample, all cells of a class together.
        lanes: number of repetitions.
        classes: number of classes.
    """
    spins = (lanes_of_words(words, lanes).reshape(lanes, classes, -1) for words in states)
    return np.stack([each.sum(axis=2, dtype=np.int64) for each in spins])


def accuracies(by_class: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """Accuracy from the first 1, 2, 3, ... samples, (samples,), and the mean accuracy of each sample alone.

    The class with the largest sum wins, of equal sums the first.

    Args:
        by_class: (samples, lanes, classes) from `votes`.
        wanted: (lanes,) classes.
    """
    right = by_class.cumsum(axis=0).argmax(axis=2) == wanted
    return right.mean(axis=1), float((by_class.argmax(axis=2) == wanted).mean())


def output_correlation(states: Sequence[Words], lanes: int) -> float | None:
    """Correlation of the spins of successive samples of one image, over all cells and lanes.

    With C_k the mean product of spins k samples apart and m the mean of a cell, it is (C_1 - m**2) / (1 - m**2).
    m**2 is estimated by the products half the samples apart, which have no bias from the few samples of an image. None
    for fewer than 8 samples, or if no cell ever changes.
    """
    half = len(states) // 2
    if len(states) < FEWEST_SAMPLES:
        return None
    near, far = _agreement(states, 1, lanes), _agreement(states, half, lanes)
    return None if far >= 1 else (near - far) / (1 - far)


def _agreement(states: Sequence[Words], apart: int, lanes: int) -> float:
    """Mean product of spins this many samples apart."""
    pairs = zip(states[:-apart], states[apart:], strict=True)
    return float(np.mean([-lanes_of_words(a ^ b, lanes).mean() for a, b in pairs]))
