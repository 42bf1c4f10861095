"""A result as the content of its file, see `layout`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.results.answers import write_answer
from chipsim.results.layout import SCHEMA, put_attribute, put_json, put_packed, put_strings
from chipsim.results.machine import write_machine
from chipsim.results.pricing_codec import Pricing, to_json
from chipsim.results.summary import Summary
from chipsim.results.trace_codec import write_trace
from chipsim.workloads.outcome import Answer


def encoded(
    summary: Summary,
    trace: Trace,
    pricing: Pricing,
    sources: Mapping[str, str],
    arrays: Mapping[str, NDArray[Any]],
    identity: Mapping[str, Any],
    best: Answer | None = None,
    use: Trace | None = None,
    columns: bool = True,
) -> memoryview:
    """The bytes of an HDF5 file; see `Run` for the parts.

    Without `columns`, the ledger is only in the summary, which is all that chipsim reads of it.

    It is made in memory: the HDF5 library crashes the process when a disk fills up under it.
    """
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        put_attribute(file, "schema", SCHEMA)
        put_attribute(file, "chipsim_version", summary.core.request.chipsim_version)
        put_attribute(file, "activity_id", summary.core.request.activity_id)
        put_attribute(file, "run_id", summary.priced.run_id)
        said, priced = summary.to_json(), to_json(pricing)
        write_machine(file, said, priced)
        put_json(file, "summary", said)
        put_json(file, "pricing", priced)
        put_json(file, "identity", identity)
        texts = file.create_group("sources")
        put_strings(texts, "names", sources)
        put_strings(texts, "texts", sources.values())
        if columns:
            _write_ledger([asdict(row) for row in summary.priced.ledger], file.create_group("ledger"))
        write_trace(trace, file)
        made = file.create_group("arrays")
        for key, array in arrays.items():
            put_packed(made, key, array)
        if best is not None:
            write_answer(best, file.create_group("best"))
        if use is not None:
            write_trace(use, file.create_group("use"))
    return image.getbuffer()


def _write_ledger(rows: list[dict[str, Any]], group: Any) -> None:
    for key in rows[0] if rows else ():
        column = [row[key] for row in rows]
        if isinstance(rows[0][key], str):
            put_strings(group, key, column)
        else:
            group.create_dataset(key, data=np.array([np.nan if v is None else v for v in column], float))
    for key in ("energy_j", "low_j", "high_j", "once_j"):
        if key in group:
            put_attribute(group[key], "unit", "J")
