"""HDF5 files are untrusted: opened without following them to other files, and bounded by their size on disk."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.files import check_readable

# The format stores at most so many bytes of zeros in one (deflate).
MAX_RATIO = 1100
MAX_OBJECTS = 10_000
MAX_DEPTH = 8
# A chunk is unpacked as a whole, however few of its values lie in the data set.
MAX_SPARE_BYTES = 2**20
# What a packed list of texts may unpack to: each becomes an object of its own.
MAX_PACKED_TEXTS = 2**24
# How a text is referred to: its length, and where it is.
_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
# Of messages in the header of an object, and of types of any length.
_ATTRIBUTE, _CONTINUATION, _VARIABLE = 0x0C, 0x10, 9
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}


@contextmanager
def opened(path: Path, attributes: bool = True) -> Iterator[h5py.File]:
    """Open a file for reading after checking all that it contains.

    It consists of groups, and of data sets of numbers and texts inside the file: no links to other places, external or
    virtual storage, references, or filters other than gzip and shuffle. What it claims to unpack to is at most
    `MAX_RATIO` times its size, and its texts take no more than the file. What attributes of any length claim is read
    from headers of version 1, which chipsim wrote when its texts had any length; such attributes in other headers are
    refused.

    Args:
        path: of the file.
        attributes: whether any will be read; if not, they may be what they like.

    Raises:
        OSError: not a regular file, or it cannot be read; without `strerror` where it is not HDF5.
        ValueError, KeyError, TypeError, RuntimeError: it violates these rules, or is damaged.
    """
    check_readable(path)
    with h5py.File(path, "r") as file:
        with open(path, "rb") as raw:
            _check(file, raw, os.fstat(raw.fileno()).st_size, attributes)
        yield file


def _check(file: h5py.File, raw: BinaryIO, size: int, attributes: bool) -> None:
    if file.userblock_size or file.id.get_create_plist().get_sizes() != (8, 8):
        raise ValueError("addresses in the file are not those of 8 bytes from its beginning")
    stored, seen = 0, 0
    groups: list[tuple[Any, int]] = [(file, 0)]
    texts = _checked_attributes(file, raw, size) if attributes else 0
    while groups:
        group, depth = groups.pop()
        for name in group:
            seen += 1
            if seen > MAX_OBJECTS or depth >= MAX_DEPTH:
                raise ValueError(f"more than {MAX_OBJECTS:,} objects, or more than {MAX_DEPTH} levels of groups")
            if not name.isprintable() or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name!a} is a link to another place, or has no printable name")
            held = group[name]
            texts += _checked_attributes(held, raw, size) if attributes else 0
            if isinstance(held, h5py.Group):
                groups.append((held, depth + 1))
            elif isinstance(held, h5py.Dataset):
                stored += _checked_size(held, name)
                texts += _length(held, name, raw, size)
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


def _checked_attributes(held: Any, raw: BinaryIO, size: int) -> int:
    """Total length of the texts of attributes, which are single numbers or texts."""
    long = 0
    for name in held.attrs:
        attribute = held.attrs.get_id(name)
        text = h5py.check_string_dtype(attribute.dtype)
        if attribute.shape != () or (text is None and attribute.dtype.kind not in "biuf"):
            raise ValueError(f"attribute {name!a} is not a single number or text")
        long += text is not None and text.length is None
    return _lengths_in_header(held, raw, size) if long else 0


def _length(held: h5py.Dataset, name: str, raw: BinaryIO, size: int) -> int:
    """Total length of the texts of a data set; 0 for numbers, and for texts of a length of the data set.

    The library allocates the length that a reference to a text claims, up to 4 GiB, before it looks at the text. So the
    claims are read first, and the texts later.
    """
    kind = h5py.check_string_dtype(held.dtype)
    if kind is None:
        return 0
    if held.ndim > 1:
        raise ValueError("texts are single ones or a list")
    claimed = held.size * held.dtype.itemsize
    if held.size > size or claimed > max(held.id.get_storage_size(), MAX_PACKED_TEXTS):
        raise ValueError(f"{name} claims {held.size:,} texts of {claimed:,} bytes")
    if kind.length is not None or not held.size:
        return 0
    if held.id.get_create_plist().get_layout() != h5py.h5d.CONTIGUOUS:
        raise ValueError(f"{name} has texts that are not stored in one piece")
    references = np.frombuffer(_piece(raw, held.id.get_offset(), held.size * _REFERENCE.itemsize, size), _REFERENCE)
    return int(references["length"].sum())


def _piece(raw: BinaryIO, begin: int, length: int, size: int) -> bytes:
    """Bytes of a file of this size."""
    if begin + length > size:
        raise ValueError("a part of the file lies beyond its end")
    raw.seek(begin)
    return raw.read(length)


def _lengths_in_header(held: Any, raw: BinaryIO, size: int) -> int:
    """Total length of the texts of attributes, from the header of their object (HDF5 file format, "version 1 data
    object header prefix" and "attribute message").
    """
    begin, found, total = h5py.h5o.get_info(held.id).addr, 0, 0
    prefix = _piece(raw, begin, 16, size)
    blocks = [(begin + 16, int.from_bytes(prefix[8:12], "little"))]
    if prefix[0] != 1:
        raise ValueError("attributes of any length in a header of a newer HDF5; write texts of a fixed length")
    for begin, length in blocks:
        block, at = _piece(raw, begin, length, size), 0
        while at + 8 <= length:
            kind, many, flags = struct.unpack_from("<HHB", block, at)
            body = block[at + 8 : at + 8 + many]
            at += 8 + many
            if kind == _CONTINUATION:
                blocks.append(struct.unpack_from("<QQ", body.ljust(16, b"\0")))
            elif kind == _ATTRIBUTE:
                found += 1
                total += _length_in_message(body, flags)
        # A header that goes on in itself would have no end.
        if sum(each for _, each in blocks) > size:
            raise ValueError("a header is longer than the file")
    if found != len(held.attrs):
        raise ValueError("attributes are not in the header of their object")
    return total


def _length_in_message(body: bytes, flags: int) -> int:
    """Length of the text of an attribute message; 0 for numbers, and for texts of a length of the attribute."""
    version, shared, *sizes = struct.unpack_from("<BBHHH", body.ljust(8, b"\0"))
    if (flags & 2) or (version > 1 and shared):
        raise ValueError("an attribute has its type elsewhere")
    step = 8 if version == 1 else 1
    name, of_type, space = (-(-each // step) * step for each in sizes)
    begin = (9 if version == 3 else 8) + name
    if not body[begin:] or body[begin] & 15 != _VARIABLE:
        return 0
    return int.from_bytes(body[begin + of_type + space :][:4], "little")


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
