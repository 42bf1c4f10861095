"""Spins packed into words, 64 lanes per word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bits_of_words(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The 64 lanes of each word, 0 or 1: (...) -> (..., 64)."""
    as_bytes = np.ascontiguousarray(words)[..., None].view(np.uint8)
    return np.unpackbits(as_bytes, axis=-1, bitorder="little")


def lanes_of_words(words: NDArray[np.uint64], lanes: int) -> NDArray[np.int8]:
    """Spins of shape (..., lanes, cells), -1 or +1, from words of shape (..., cells, groups)."""
    bits = bits_of_words(np.swapaxes(words, -1, -2))  # (..., groups, cells, 64)
    bits = np.swapaxes(bits, -1, -2)  # (..., groups, 64, cells)
    flat = bits.reshape(*bits.shape[:-3], -1, bits.shape[-1])[..., :lanes, :]
    return (2 * flat.astype(np.int8) - 1).astype(np.int8)


def words_of_lanes(spins: NDArray[np.int8]) -> NDArray[np.uint64]:
    """The inverse of `lanes_of_words`: (lanes, cells) -> (cells, groups); missing lanes are 0."""
    lanes, cells = spins.shape
    groups = -(-lanes // 64)
    bits = np.zeros((groups * 64, cells), np.uint8)
    bits[:lanes] = spins > 0
    packed = np.packbits(bits.reshape(groups, 64, cells).transpose(0, 2, 1), axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view(np.uint64)[..., 0].T.copy()
