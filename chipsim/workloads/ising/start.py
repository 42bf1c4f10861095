"""The state in which a run starts: from a file of answers, or from an earlier result."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.files import plain_json, read_bounded
from chipsim.hdf5 import array, opened
from chipsim.mapping.chains import Mapped
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.replicas import Replicas
from chipsim.workloads.ising.schedule import StartSpec


def spins_to_start(
    start: str | StartSpec, problem: Problem, cells: int, replicas: Replicas | None, mapped: Mapped | None
) -> NDArray[np.int8]:
    """(cells,) spins of a start: up, or those of a file in all cells of a spin; idle cells are up."""
    wanted = np.ones(cells, np.int8)
    if not isinstance(start, StartSpec):
        return wanted
    spins = read_start(Path(start.file), problem)
    if replicas is not None:
        wanted[replicas.sites] = spins
    elif mapped is not None:
        wanted[mapped.chains.cells] = np.repeat(spins, mapped.chains.lengths)
    else:
        wanted[:] = spins
    return wanted


# The bit of each spin that a table may hold.
_BITS = {"-1": "0", "1": "1", "+1": "1"}


def read_start(path: Path, problem: Problem) -> NDArray[np.int8]:
    """The spin of each label of a problem, (N,) -1 or +1.

    Args:
        path: `.json` with `best_spins`, or label -> spin; `.csv` with columns label, spin and perhaps bit; `.h5`,
            answers, or a result whose best state is taken. `chipsim report --answers` writes all of them.
        problem: whose spins are wanted, in its order.

    Raises:
        ProblemError: the file is missing or malformed, or lacks a spin.
    """
    read = {".json": _of_json, ".csv": _of_csv, ".h5": _of_hdf5}.get(path.suffix)
    if read is None:
        raise ProblemError(f"{path}: a start is a .json, .csv or .h5 file", code="data.malformed")
    try:
        spins = read(path)
    except FileNotFoundError:
        raise ProblemError(f"{path}: no such file", code="file.missing") from None
    except OSError as error:
        raise ProblemError(f"{path}: {error.strerror or 'not HDF5, or cut off'}", code="data.malformed") from None
    except (ValueError, KeyError, TypeError, RuntimeError, RecursionError, csv.Error) as error:
        raise ProblemError(f"{path}: no spins by label: {error}", code="data.malformed") from None
    names = [str(name) for name in problem.names]
    wrong = next((label for label, spin in spins.items() if type(spin) is not int or abs(spin) != 1), None)
    if wrong is not None:
        raise ProblemError(f"{path}: spin {wrong} is {str(spins[wrong])[:200]}, not -1 or 1", code="data.wrong-values")
    missing = next((name for name in names if name not in spins), None)
    if missing is not None or len(spins) > len(names):
        odd = f"no spin {missing}" if missing is not None else f"{len(spins):,} spins for {len(names):,}"
        raise ProblemError(f'{path}: {odd} of problem "{problem.name}"', code="data.wrong-values")
    return np.array([spins[name] for name in names], np.int8)


def _of_json(path: Path) -> Mapping[str, Any]:
    held = plain_json(read_bounded(path))
    if not isinstance(held, dict):
        raise ValueError("expected a block of keys")
    spins = held.get("best_spins", held)
    if not isinstance(spins, dict):
        raise ValueError("best_spins is no block of keys")
    return spins


def _of_csv(path: Path) -> Mapping[str, Any]:
    try:
        text = read_bounded(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    columns = next(rows, [])
    if sorted(columns) not in (["label", "spin"], ["bit", "label", "spin"]):
        found = ", ".join(columns) or "nothing"
        raise ValueError(f"expected the columns label and spin, or label, spin and bit; found {found[:200]}")
    pairs = []
    for cells in rows:
        if cells and len(cells) != len(columns):
            raise ValueError(f"line {rows.line_num}: {len(cells)} cells in {len(columns)} columns")
        row = dict(zip(columns, cells, strict=False))
        spin = row.get("spin", "")
        if row.get("bit", _BITS.get(spin)) != _BITS.get(spin) and spin in _BITS:
            raise ValueError(
                f"line {rows.line_num}: bit {row['bit'][:200]} of spin {spin}; spins -1 and 1 are bits 0 and 1"
            )
        pairs += [(row["label"], int(spin) if spin in _BITS else spin)] if cells else []
    return _once(pairs)


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Label -> spin.

    Raises:
        ValueError: a label stands twice.
    """
    held = dict(pairs)
    if len(held) < len(pairs):
        twice = next(label for label, number in Counter(label for label, _ in pairs).items() if number > 1)
        raise ValueError(f"label {twice!a:.200} stands twice; give it once")
    return held


def _of_hdf5(path: Path) -> Mapping[str, Any]:
    with opened(path) as file:
        group = file.get("best", file)
        spins, labels = array(group, "spins", np.int8, (None,)), group["labels"][()]
    names = np.char.decode(labels, "utf-8") if labels.dtype.kind == "S" else labels.astype(str)
    if names.shape != spins.shape:
        raise ValueError("not one spin for each label")
    return _once(list(zip(names.tolist(), spins.tolist(), strict=True)))
