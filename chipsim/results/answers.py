"""The best state that the host read, by the labels of its problem: in results, and as JSON, CSV or HDF5 of its own."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chipsim.errors import RunError
from chipsim.files import write_atomically
from chipsim.hdf5 import array
from chipsim.results.layout import put_packed
from chipsim.results.plain import check_text
from chipsim.workloads.outcome import Answer

SUFFIXES = (".json", ".csv", ".h5")


def save_answer(best: Answer | None, path: Path) -> None:
    """Write the best state as JSON, CSV or HDF5, by the suffix of the file.

    JSON and HDF5 also hold the value of the objective. CSV has the columns label, spin (-1, +1) and bit (0, 1).

    Raises:
        RunError: there is none, the suffix is another, or the file cannot be written.
    """
    if best is None:
        raise RunError(
            "this result holds no state that was read and has an energy; p-bit workloads read with schedule.read_every",
            code="result.no-records",
        )
    forms: dict[str, Callable[[Answer], str | memoryview]] = {".json": _json, ".csv": _csv, ".h5": _hdf5}
    if path.suffix not in forms:
        raise RunError(f"{path}: answers are written as {', '.join(SUFFIXES)}; choose one", code="run.argument")
    write_atomically(path, forms[path.suffix](best))


def write_answer(best: Answer, group: Any) -> None:
    """Store labels and spins in a group of HDF5; texts as UTF-8 bytes of fixed length."""
    texts = best.labels.dtype.kind == "U"
    put_packed(group, "labels", np.char.encode(best.labels, "utf-8") if texts else best.labels)
    put_packed(group, "spins", best.spins)
    group.attrs["objective"], group.attrs["value"] = best.objective, best.value


def read_answer(group: Any) -> Answer:
    """The inverse of `write_answer`, of a file of anyone.

    Raises:
        ValueError, KeyError, TypeError: it was not written by `write_answer`.
    """
    spins = array(group, "spins", np.int8, (None,))
    labels = group["labels"][()]
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
        for label in labels.flat:
            check_text(str(label))
    objective, value = str(group.attrs["objective"]), float(group.attrs["value"])
    check_text(objective)
    if labels.shape != spins.shape or labels.dtype.kind not in "iuU" or not (np.abs(spins) == 1).all():
        raise ValueError("best: not one spin of -1 or +1 for each label")
    if not math.isfinite(value):
        raise ValueError("best: the value is not finite")
    return Answer(labels, spins, objective, value)


def _json(best: Answer) -> str:
    spins = {str(label): spin for label, spin in best.to_dict().items()}
    return json.dumps({"objective": best.objective, "value": best.value, "best_spins": spins}, indent=1) + "\n"


def _csv(best: Answer) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("label", "spin", "bit"))
    rows.writerows((label, spin, (spin + 1) // 2) for label, spin in best.to_dict().items())
    return text.getvalue()


def _hdf5(best: Answer) -> memoryview:
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        write_answer(best, file)
    return image.getbuffer()
