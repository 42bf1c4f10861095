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
/use/*         trace of one use of the result of a training, in the same groups
/samples/*     states read by the host, and the last state, 64 lanes to a word
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import h5py

from chipsim.results.plain import check_text, parsed

SCHEMA = "chipsim-run-6"


def put_strings(group: Any, name: str, values: Iterable[str]) -> None:
    """Store a list of texts."""
    group.create_dataset(name, data=list(values), dtype=h5py.string_dtype())


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
    group.create_dataset(name, data=json.dumps(value, allow_nan=False), dtype=h5py.string_dtype())


def from_json(group: Any, name: str) -> Any:
    """A plain value.

    Raises:
        ValueError, KeyError, TypeError: there is none, or it violates a rule of `plain.parsed`.
    """
    return parsed(group[name].asstr()[()])
