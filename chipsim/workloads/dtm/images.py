"""Reading images: Fashion-MNIST, IDX files, .npy and HDF5; and turning grey values into spins."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.workloads.dtm.spec import ImagesSpec

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
_IDX_BYTES = 0x08


def read_images(spec: ImagesSpec) -> NDArray[np.float32]:
    """Grey values from 0 to 1, shape (images, rows, columns).

    Raises:
        ProblemError: there are none where the spec says, or they are not images of the size that it says.
    """
    path = FASHION_MNIST if spec.source == "fashion-mnist" else Path(spec.source)
    if not path.is_file():
        remedy = "apt-get install dataset-fashion-mnist, or set images.source to an IDX file of yours"
        hint = remedy if spec.source == "fashion-mnist" else "check images.source"
        raise ProblemError(f"looked for images at {path}, and there is no such file; {hint}")
    try:
        grey = _as_grey(_read(path, spec.dataset), path)
    except (OSError, EOFError, ValueError, KeyError, struct.error) as error:
        raise ProblemError(f"{path}: not a readable image file: {error}") from None
    if grey.ndim != 3 or grey.shape[1:] != tuple(spec.size) or not len(grey):
        wanted = " x ".join(map(str, spec.size))
        raise ProblemError(f"{path}: holds an array of shape {grey.shape}, wanted (images, {wanted}); set images.size")
    return grey


def _read(path: Path, dataset: str | None) -> NDArray[Any]:
    if path.suffix == ".npy":
        array: NDArray[Any] = np.load(path, allow_pickle=False)
        return array
    if path.suffix in (".h5", ".hdf5"):
        import h5py

        with h5py.File(path, "r") as file:
            if dataset is None or dataset not in file:
                found = f"no dataset {dataset!r}" if dataset else "images.dataset does not say which dataset"
                raise ValueError(f"{found}; it has {', '.join(file) or 'none'}")
            return np.asarray(file[dataset])
    content = path.read_bytes()
    return _idx(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)


def _idx(content: bytes) -> NDArray[np.uint8]:
    """An IDX file of bytes: two zeros, type, number of dimensions, sizes (big endian), data."""
    zeros, kind, dimensions = struct.unpack_from(">HBB", content)
    if zeros or kind != _IDX_BYTES:
        raise ValueError("not .npy, .h5 or .hdf5, nor an IDX file of unsigned bytes")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _as_grey(array: NDArray[Any], path: Path) -> NDArray[np.float32]:
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    if array.dtype != bool and array.dtype.kind != "f":
        raise ValueError(f"values are {array.dtype}; wanted uint8, bool, or float from 0 to 1")
    grey = array.astype(np.float32)
    if not (np.isfinite(grey).all() and grey.min(initial=0) >= 0 and grey.max(initial=0) <= 1):
        raise ValueError("float values must lie from 0 to 1")
    return grey


def spins_of(grey: NDArray[np.float32], spec: ImagesSpec, random: np.random.Generator) -> NDArray[np.int8]:
    """Grey values (images, rows, columns) as spins (images, pixels * bits a pixel), -1 or +1, copies of a pixel beside
    each other: one comparison a threshold, or `copies` draws with the grey value as chance.
    """
    flat = grey.reshape(len(grey), -1, 1)
    levels = random.random((*flat.shape[:2], spec.bits_per_pixel), np.float32)
    if spec.thresholds is not None:
        levels = np.broadcast_to(np.array(spec.thresholds, np.float32), levels.shape)
    return np.where(flat > levels, 1, -1).astype(np.int8).reshape(len(grey), -1)


def grey_of(spins: NDArray[np.int8], spec: ImagesSpec) -> NDArray[np.float32]:
    """The inverse: (images, data cells) spins as (images, rows, columns) grey values, the mean of a pixel's bits."""
    bits = (spins > 0).reshape(len(spins), *spec.size, spec.bits_per_pixel)
    return bits.mean(axis=3, dtype=np.float32)
