"""Results read from their files."""

from __future__ import annotations

import io
import re
from os import PathLike
from pathlib import Path
from typing import Any

import h5py

from chipsim.errors import RunError
from chipsim.results.answers import read_answer
from chipsim.results.layout import SCHEMA, from_json, strings
from chipsim.results.pricing_codec import of_json
from chipsim.results.result import Run
from chipsim.results.summary import Summary
from chipsim.results.trace_codec import read_trace
from chipsim.results.upgrade import READABLE, upgrade


def load(path: str | PathLike[str]) -> Run:
    """Read the result of a run: one of this version, or of an earlier one whose files are understood.

    Args:
        path: what `Run.save` or `chipsim run -o` wrote; folders of sweeps are read by `chipsim.load_sweep`.

    Raises:
        RunError: it does not exist, is damaged, or has a schema that this version does not read.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> run.save("run.h5")
        >>> chipsim.load("run.h5").energy_j == run.energy_j
        True
    """
    name = Path(path)
    if name.is_dir():
        raise RunError(f"{name}: is a folder; chipsim.load_sweep reads that of a sweep", code="file.is-folder")
    if not name.is_file():
        raise RunError(f"{name}: no such file", code="file.missing")
    try:
        with h5py.File(name, "r") as file:
            schema = file.attrs.get("schema")
            if schema == SCHEMA:
                return _read(file)
            if schema not in READABLE:
                raise RunError(f"{name}: {_refusal(schema, file)}", code="result.other-schema")
        with h5py.File(io.BytesIO(name.read_bytes()), "r+") as file:
            upgrade(file)
            return _read(file)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError, IndexError):
        raise RunError(f"{name}: not a chipsim result, or damaged; run it again", code="result.damaged") from None


def _read(file: Any) -> Run:
    sheet, prices, comparisons = of_json(from_json(file, "pricing"))
    sources = zip(*(strings(file["sources"], name) for name in ("names", "texts")), strict=True)
    return Run(
        Summary.from_json(from_json(file, "summary")),
        read_trace(file),
        sheet,
        prices,
        comparisons,
        dict(sources),
        {key: held[:] for key, held in file["arrays"].items()},
        from_json(file, "identity") if "identity" in file else {},
        read_answer(file["best"]) if "best" in file else None,
    )


def _refusal(schema: Any, file: Any) -> str:
    """Why a file of another schema is not read, and what to do."""
    known = re.fullmatch(r"chipsim-run-(\d+)", str(schema))
    if known is None:
        return f"not a chipsim result (its schema is {schema!r})"
    version = file.attrs.get("chipsim_version", "another version")
    told = f"written by chipsim {version} with schema {schema!r}; this version reads {', '.join((*READABLE, SCHEMA))}"
    if int(known[1]) > int(SCHEMA.rpartition("-")[2]):
        return f"{told}; use a newer chipsim"
    return f"{told}; make it again: {_command(file)}"


def _command(file: Any) -> str:
    """The command that made it, as far as its summary says so."""
    try:
        command = from_json(file, "summary")["command"]
    except (KeyError, ValueError, TypeError, AttributeError):
        command = None
    return command if isinstance(command, str) and command.isprintable() else "chipsim run CHIP WORKLOAD"
