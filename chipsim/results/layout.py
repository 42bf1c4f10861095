"""What a result is on disk: one HDF5 file.

/              attributes: schema, chipsim_version, activity_id, run_id
/summary       JSON of the summary, without what is in /machine
/machine       JSON of what two machines differ in: wall time, processor, request, command; all other bytes are the same
/sources/*     texts of the specs
/ledger/*      one dataset a column, for readers without chipsim
/trace/*       activity, counters, phases
/pricing       JSON of what prices must know of the chip, and of the price tables
/identity      JSON of what the activity id is the hash of
/records/*     observables at recorded instants
/answers/*     what the host found, lanes first
/findings/*    what the workload found out that all lanes have in common: arrays, and JSON of everything else
/arrays/*      what the workload made, for example images
/best/*        labels and spins of the best state that the host read; attributes: objective, value
/beside/*      trace of the native chip that was run beside a mapped one, in the same groups
/use/*         trace of one use of the result of a training, in the same groups
/samples/*     states read by the host, and the last state, 64 lanes to a word

Texts are UTF-8 of the length of their data set or attribute, filled up with zeros: the library takes whatever memory
the reference to a text of any length claims. Earlier files have texts of any length, and are read under the conditions
of `hdf5.opened`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np

from chipsim.hdf5 import MAX_PACKED_TEXTS
from chipsim.results.plain import check_text, parsed

SCHEMA = "chipsim-run-6"


# Lists of texts from this many bytes on are compressed: their texts may differ much in length.
_MIN_PACKED = 4096


def put_strings(group: Any, name: str, values: Iterable[str]) -> None:
    """Store a list of texts."""
    texts = [text.encode() for text in values]
    held = np.array(texts, _text_dtype(max(map(len, texts), default=0)))
    if _MIN_PACKED <= held.nbytes <= MAX_PACKED_TEXTS:
        put_packed(group, name, held)
    else:
        group.create_dataset(name, data=held)


def strings(group: Any, name: str) -> list[str]:
    """A list of texts.

    Raises:
        ValueError, KeyError, TypeError: there is none, or one holds control characters.
    """
    texts = group[name].asstr()[:].tolist()
    for text in texts:
        check_text(text)
    return texts


def put_packed(group: Any, name: str, data: Any) -> None:
    """Store an array, compressed."""
    group.create_dataset(name, data=data, compression="gzip", compression_opts=1, shuffle=True)


def put_json(group: Any, name: str, value: Any) -> None:
    """Store a plain value, whose numbers must be finite."""
    text = json.dumps(value, allow_nan=False).encode()
    group.create_dataset(name, data=text, dtype=_text_dtype(len(text)))


def put_attribute(holder: Any, name: str, text: str) -> None:
    """Store a text as an attribute of a group or data set."""
    held = text.encode()
    holder.attrs.create(name, held, dtype=_text_dtype(len(held)))


def attribute(holder: Any, name: str) -> str:
    """An attribute that is a text.

    Raises:
        ValueError, KeyError: there is none, or it is no text.
    """
    held = holder.attrs[name]
    text = held.decode() if isinstance(held, bytes) else held
    if not isinstance(text, str):
        raise ValueError(f"attribute {name} is not a text")
    return text


def _text_dtype(length: int) -> Any:
    """The type of texts of so many bytes; HDF5 has none of length 0."""
    return h5py.string_dtype("utf-8", max(1, length))


def from_json(group: Any, name: str) -> Any:
    """A plain value.

    Raises:
        ValueError, KeyError, TypeError: there is none, or it violates a rule of `plain.parsed`.
    """
    return parsed(group[name].asstr()[()])
