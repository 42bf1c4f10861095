"""Reading images and their labels: Fashion-MNIST as Debian installs it, IDX files, .npy and HDF5."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.files import MAX_INPUT_BYTES, read_bounded
from chipsim.problems.npy import read_npy
from chipsim.rounding import rounded

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
# Parts of it, and the number of dimensions of each.
PARTS = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
_IDX_BYTES = 0x08


def image_path(source: str, part: str, key: str) -> Path:
    """Path of images or labels: a part of Fashion-MNIST (`PARTS`), or the file named by a key.

    Raises:
        ProblemError: the file is missing.
    """
    ours = source == "fashion-mnist"
    path = FASHION_MNIST / f"{part}-idx{PARTS[part]}-ubyte.gz" if ours else Path(source)
    if not os.path.lexists(path):
        remedy = f"apt-get install dataset-fashion-mnist, or set {key} to your own IDX file"
        hint = remedy if ours else f"check {key}"
        sort = part.partition("-")[2]
        raise ProblemError(f"{sort} not found at {path}; {hint}", code="data.missing")
    return path


def read_grey(path: Path, dataset: str | None = None) -> NDArray[np.float32]:
    """Grey values from 0 to 1, in the shape of the file: .npy, HDF5 (with the name of the dataset), or IDX.

    Bytes are divided by 255, unless all of them are 0 or 1.

    Raises:
        ProblemError: it cannot be read, or has another content.
    """
    with _complaints(path, "image"):
        return _as_grey(_array(path, dataset))


def stored_values(path: Path) -> int:
    """Bytes of a file, unpacked, and so about as many values as it has if it is an IDX file; nothing is read.

    0 without a file.

    Raises:
        ProblemError: it cannot be read.
    """
    if not os.path.lexists(path):
        return 0
    with _complaints(path, "image"), path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        if not packed or path.stat().st_size < 20:
            return path.stat().st_size
        file.seek(-4, SEEK_END)
        return int(struct.unpack("<I", file.read(4))[0])


def read_labels(path: Path) -> NDArray[np.int64]:
    """Whole numbers from 0, in the shape of the file: .npy or IDX.

    Raises:
        ProblemError: it cannot be read, or has another content.
    """
    with _complaints(path, "label"):
        array = _array(path, None)
        if array.dtype.kind not in "iu" or array.min(initial=0) < 0:
            raise ValueError(f"values are {array.dtype}; expected whole numbers from 0")
        if array.max(initial=0) > np.iinfo(np.int64).max:
            raise ValueError(f"value {array.max()}; expected numbers of classes, from 0")
        return array.astype(np.int64)


def check_thresholds(path: Path, grey: NDArray[np.float32], thresholds: Iterable[float]) -> None:
    """Check that every threshold separates pixels of these images (of any shape).

    Raises:
        ProblemError: all pixels are above a threshold, or none is.
    """
    low, high = grey.min(), grey.max()
    for threshold in thresholds:
        if not low <= np.float32(threshold) < high:
            where = "no pixel is above" if high <= np.float32(threshold) else "every pixel is above"
            raise ProblemError(
                f"{path}: {where} the threshold {threshold:g}; grey values reach from {rounded(low, '.3g')} to "
                f"{rounded(high, '.3g')} "
                "(bytes are divided by 255): choose a threshold between them, or scale the images",
                code="data.wrong-values",
            )


@contextmanager
def _complaints(path: Path, sort: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = error.strerror or f"not a readable {sort} file: {error}"
        raise ProblemError(f"{path}: {told}", code="data.malformed") from None
    except (EOFError, ValueError, KeyError, TypeError, RuntimeError, struct.error, zlib.error) as error:
        raise ProblemError(f"{path}: not a readable {sort} file: {error}", code="data.malformed") from None


def _array(path: Path, dataset: str | None) -> NDArray[Any]:
    if path.suffix == ".npy":
        return read_npy(read_bounded(path))
    if path.suffix in (".h5", ".hdf5"):
        from chipsim.hdf5 import opened

        with opened(path, attributes=False) as file:
            if dataset is None or dataset not in file:
                found = f"no dataset {dataset!r}" if dataset else "images.dataset is required"
                raise ValueError(f"{found}; the file contains {', '.join(file) or 'no dataset'}")
            return np.asarray(file[dataset][()])
    content = read_bounded(path)
    return _idx(_unpacked(content) if content[:2] == b"\x1f\x8b" else content)


def _unpacked(content: bytes) -> bytes:
    """The content of a gzip file, with a bounded unpacked size."""
    with gzip.open(BytesIO(content)) as file:
        unpacked = file.read(MAX_INPUT_BYTES + 1)
    if len(unpacked) > MAX_INPUT_BYTES:
        raise ValueError(f"unpacked, it is larger than {MAX_INPUT_BYTES // 2**30} GiB")
    return unpacked


def _idx(content: bytes) -> NDArray[np.uint8]:
    """An IDX file of bytes: two zeros, type, number of dimensions, sizes (big endian), data."""
    zeros, kind, dimensions = struct.unpack_from(">HBB", content)
    if zeros or kind != _IDX_BYTES:
        raise ValueError("not .npy, .h5 or .hdf5, nor an IDX file of unsigned bytes")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _as_grey(array: NDArray[Any]) -> NDArray[np.float32]:
    if array.dtype == np.uint8:
        full_scale = 255 if array.max(initial=0) > 1 else 1
        return array.astype(np.float32) / np.float32(full_scale)
    if array.dtype != bool and array.dtype.kind != "f":
        raise ValueError(f"values are {array.dtype}; expected uint8, bool, or float from 0 to 1")
    # Before they are made float32, of which large ones overflow; NaN is in no range.
    if not (array.min(initial=0) >= 0 and array.max(initial=0) <= 1):
        raise ValueError("float values must lie from 0 to 1")
    return array.astype(np.float32)
