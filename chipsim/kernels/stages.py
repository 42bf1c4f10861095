"""The stages of a cell's update. A component kind supplies its own with `@stage(...)`, by its parameters' type.

    field      (coupler kind)  h = sum_j J_ij s_j + b_i          64 float32, from the neighbours' words
    activation (cell kind)     y, the exponent of p = 1/(1 + 2**y)   64 float32
    noise      (RNG kind)      the word that the cell would latch

What the kernel does with that word (clamps, counters) is its own business: `update.py`.
"""

from __future__ import annotations

from typing import Any


def field(params: Any, words: Any, cell: Any) -> Any:
    """`field(params, words, cell)` -> 64 float32: the local field of `cell`; `words` is the group's state."""
    raise TypeError(f"no field stage for {type(params).__name__}")


def activation(params: Any, h: Any, beta: Any, cell: Any) -> Any:
    """`activation(params, h, beta, cell)` -> 64 float32 `y`: the cell is +1 with probability 1/(1 + 2**y)."""
    raise TypeError(f"no activation stage for {type(params).__name__}")


def noise(params: Any, y: Any, old: Any, memory: Any, cell: Any, random: Any) -> Any:
    """`noise(params, y, old, memory, cell, random)` -> (word, random): what the cell latches.

    `old` is the word that it holds; `memory` is a (planes, cells) uint64 array of the noise source's own bits.
    """
    raise TypeError(f"no noise stage for {type(params).__name__}")
