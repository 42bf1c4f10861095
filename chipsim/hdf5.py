"""HDF5 files are untrusted: opened without following them to other files, and bounded by their size on disk."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

# The format stores at most so many bytes of zeros in one (deflate).
MAX_RATIO = 1100
MAX_OBJECTS = 10_000
MAX_DEPTH = 8
# A chunk is unpacked as a whole, however few of its values lie in the data set.
MAX_SPARE_BYTES = 2**20
# Texts are read in blocks of so many bytes at most, before their total is known.
_BLOCK_BYTES = 2**26
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading after checking all that it contains.

    It consists of groups, and of data sets of numbers and texts inside the file: no links to other places, external or
    virtual storage, references, or filters other than gzip and shuffle. What it claims to unpack to is at most
    `MAX_RATIO` times its size, and its texts take no more than the file.

    Raises:
        OSError: not a regular file, or not HDF5.
        ValueError, KeyError, TypeError, RuntimeError: it violates these rules, or is damaged.
    """
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError("not a regular file")
    with h5py.File(path, "r") as file:
        _check(file, found.st_size)
        yield file


def _check(file: h5py.File, size: int) -> None:
    stored, seen, texts = 0, 0, 0
    groups: list[tuple[Any, int]] = [(file, 0)]
    _check_attributes(file)
    while groups:
        group, depth = groups.pop()
        for name in group:
            seen += 1
            if seen > MAX_OBJECTS or depth >= MAX_DEPTH:
                raise ValueError(f"more than {MAX_OBJECTS:,} objects, or more than {MAX_DEPTH} levels of groups")
            if not name.isprintable() or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name!a} is a link to another place, or has no printable name")
            held = group[name]
            _check_attributes(held)
            if isinstance(held, h5py.Group):
                groups.append((held, depth + 1))
            elif isinstance(held, h5py.Dataset):
                stored += _checked_size(held, name)
                texts += _length(held, size)
            else:
                raise ValueError(f"{name} is neither a group nor a data set")
            # Each value is stored once: many may not share one long text, or one block of numbers.
            if max(stored, texts) > size:
                raise ValueError("the data sets claim more bytes than the file has")


def _checked_size(held: h5py.Dataset, name: str) -> int:
    """The bytes of a data set in the file.

    Raises:
        ValueError: it is not inside the file, or not of numbers or texts, or claims more than it can hold.
    """
    made = held.id.get_create_plist()
    if made.get_external_count() or held.is_virtual:
        raise ValueError(f"{name} is stored outside this file")
    if not {made.get_filter(index)[0] for index in range(made.get_nfilters())} <= _FILTERS:
        raise ValueError(f"{name} is packed by an unknown filter")
    if h5py.check_string_dtype(held.dtype) is None and held.dtype.kind not in "biuf":
        raise ValueError(f"{name} has values of type {held.dtype}, which are neither numbers nor texts")
    if held.shape is None:
        raise ValueError(f"{name} has no shape")
    claimed, stored = math.prod(held.shape) * held.dtype.itemsize, held.id.get_storage_size()
    chunk = math.prod(held.chunks or (0,)) * held.dtype.itemsize
    if claimed > MAX_RATIO * stored or chunk > 2 * claimed + MAX_SPARE_BYTES:
        raise ValueError(f"{name} claims {claimed:,} bytes, but stores {stored:,}")
    return int(stored)


def _check_attributes(held: Any) -> None:
    """Attributes are single numbers or texts."""
    for name in held.attrs:
        attribute = held.attrs.get_id(name)
        text = h5py.check_string_dtype(attribute.dtype)
        if attribute.shape != () or (text is None and attribute.dtype.kind not in "biuf"):
            raise ValueError(f"attribute {name!a} is not a single number or text")


def _length(held: h5py.Dataset, size: int) -> int:
    """Total length of the texts of a data set; 0 for numbers."""
    if h5py.check_string_dtype(held.dtype) is None:
        return 0
    if held.shape == ():
        return len(held[()])
    if held.ndim != 1:
        raise ValueError("texts are single ones or a list")
    step = max(1, _BLOCK_BYTES // max(1, size))
    blocks = (held[first : first + step].tolist() for first in range(0, len(held), step))
    return sum(len(text) for block in blocks for text in block)


def array(
    group: Any, name: str, dtype: Any, shape: tuple[int | None, ...] | None = None, finite: bool = True
) -> NDArray[Any]:
    """A data set of a given type and shape.

    Args:
        group: that holds it.
        name: of the data set.
        dtype: of its values, exactly.
        shape: None for any number of dimensions; in it, None is any size.
        finite: whether its numbers must be finite.

    Raises:
        KeyError: it is missing.
        ValueError: it is another one.
    """
    held = group[name]
    if not isinstance(held, h5py.Dataset) or held.dtype != np.dtype(dtype):
        raise ValueError(f"{name} is not a data set of {np.dtype(dtype)}")
    fits = shape is None or (
        len(shape) == held.ndim and all(want in (None, got) for want, got in zip(shape, held.shape, strict=True))
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape or ())
        raise ValueError(f"{name} has shape {held.shape}, expected ({wanted})")
    values = np.asarray(held[()])
    if finite and values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} holds values that are not finite")
    return values
