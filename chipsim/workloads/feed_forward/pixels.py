"""Images as spins of the input cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pixel_spins(grey: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """+1 above the threshold, else -1: (images, rows, columns) grey values -> (pixels, images) spins."""
    values = grey.reshape(len(grey), -1).T
    return np.where(values > threshold, np.float32(1), np.float32(-1))
