"""What the host holds after a run: the best state, by the labels of its problem, or the solution of a matrix workload.

Both are part of results, and are written as JSON, CSV or HDF5 of their own.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.errors import RunError
from chipsim.files import write_atomically
from chipsim.hdf5 import array
from chipsim.results.layout import attribute, put_attribute, put_packed
from chipsim.results.plain import check_text
from chipsim.workloads.outcome import Answer

SUFFIXES = (".json", ".csv", ".h5")
# Name of the array that is the solution of a matrix workload.
SOLUTION = "solution"


def save_answer(best: Answer | None, arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write the best state, or the solution among the arrays, as JSON, CSV or HDF5, by the suffix of the file.

    Of a state, JSON and HDF5 also hold the value of the objective; CSV has the columns label, spin (-1, +1) and bit
    (0, 1). Of a solution, CSV has the rows of the array, numbered from 1, and as many columns.

    Raises:
        RunError: there is neither, the suffix is another, or the file cannot be written.
    """
    if best is None and SOLUTION not in arrays:
        raise RunError(
            "this result holds no solution, and no state that was read and has an energy; p-bit workloads read with "
            "schedule.read_every",
            code="result.no-records",
        )
    if path.suffix not in SUFFIXES:
        raise RunError(f"{path}: answers are written as {', '.join(SUFFIXES)}; choose one", code="run.argument")
    forms: dict[str, Callable[[Any], str | memoryview]]
    if best is not None:
        forms = {".json": _json, ".csv": _csv, ".h5": _hdf5}
        write_atomically(path, forms[path.suffix](best))
    else:
        forms = {".json": _solution_json, ".csv": _solution_csv, ".h5": _solution_hdf5}
        write_atomically(path, forms[path.suffix](solution_of(arrays)))


def solution_of(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The solution of a matrix workload among the arrays of a result, (n,) or (rows, columns).

    Raises:
        RunError: there is none.
    """
    solution = arrays.get(SOLUTION)
    if solution is None or solution.dtype != np.float64 or solution.ndim not in (1, 2):
        raise RunError(
            "this result holds no solution; workloads of matrices give one, in results of this version",
            code="result.no-records",
        )
    return solution


def write_answer(best: Answer, group: Any) -> None:
    """Store labels and spins in a group of HDF5; texts as UTF-8 bytes of fixed length."""
    texts = best.labels.dtype.kind == "U"
    put_packed(group, "labels", np.char.encode(best.labels, "utf-8") if texts else best.labels)
    put_packed(group, "spins", best.spins)
    put_attribute(group, "objective", best.objective)
    group.attrs["value"] = best.value


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
    objective, value = attribute(group, "objective"), float(group.attrs["value"])
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


def _solution_json(solution: NDArray[np.float64]) -> str:
    return json.dumps({SOLUTION: solution.tolist()}) + "\n"


def _solution_csv(solution: NDArray[np.float64]) -> str:
    text, columns = io.StringIO(), solution.reshape(len(solution), -1)
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("row", *range(1, columns.shape[1] + 1)))
    rows.writerows((number, *row) for number, row in enumerate(columns.tolist(), start=1))
    return text.getvalue()


def _solution_hdf5(solution: NDArray[np.float64]) -> memoryview:
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        put_packed(file, SOLUTION, solution)
    return image.getbuffer()


def _hdf5(best: Answer) -> memoryview:
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        write_answer(best, file)
    return image.getbuffer()
