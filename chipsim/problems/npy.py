"""Arrays from .npy files, whose header is checked before anything is allocated."""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
NUMBERS, NUMBERS_AND_TEXTS = "biufc", "biufcSU"


def read_npy(content: bytes, kinds: str = NUMBERS) -> NDArray[Any]:
    """The array of a .npy file: values of these kinds of numpy, and no more than the file holds.

    Raises:
        ValueError: another format, values of another kind, or a shape larger than the file.
    """
    stream = BytesIO(content)
    if not content.startswith(MAGIC):
        raise ValueError("it does not begin as .npy files do" if content else "it is empty")
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the .npy format")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = read(stream)
    except (SyntaxError, RecursionError, MemoryError, TypeError):
        raise ValueError("a malformed header") from None
    if dtype.kind not in kinds:
        raise ValueError(f"values of type {dtype} are not numbers")
    if not all(type(side) is int for side in shape):
        raise ValueError(f"shape {shape} is not one of whole numbers")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > len(content) - stream.tell():
        raise ValueError(f"shape {shape} of {dtype} is more than the file holds")
    array: NDArray[Any] = np.load(BytesIO(content), allow_pickle=False)
    return array
