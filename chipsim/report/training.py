"""Progress of a training in a terminal: one line a unit, and images where a unit has some to show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from chipsim.runs.train import Progress

# Dots of a braille character: weight of the dot in row r, column c.
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def progress_lines(progress: Progress) -> Iterator[str]:
    """What to print after a unit."""
    yield f"{progress.done}/{progress.units}  {progress.unit.line}"
    if progress.unit.look is not None:
        yield from braille(progress.unit.look)


def braille(images: NDArray[np.uint8]) -> Iterator[str]:
    """Images (many, rows, columns) beside each other, four by two pixels a character, white above half."""
    many, rows, columns = images.shape
    high, wide = -(-rows // 4), -(-columns // 2)
    dots = np.zeros((many, high * 4, wide * 2), bool)
    dots[:, :rows, :columns] = images > 127
    codes = (dots.reshape(many, high, 4, wide, 2) * _DOTS[:, None, :]).sum(axis=(2, 4))
    for line in range(high):
        yield " ".join("".join(chr(0x2800 + int(code)) for code in image[line]) for image in codes)
