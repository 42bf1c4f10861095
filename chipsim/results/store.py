"""Results read from their files."""

from __future__ import annotations

import io
import re
from os import PathLike
from pathlib import Path
from typing import Any

import h5py
from pydantic import TypeAdapter, ValidationError

from chipsim.errors import ChipsimError, RunError
from chipsim.files import check_readable, read_bounded
from chipsim.hdf5 import opened
from chipsim.results.answers import read_answer
from chipsim.results.consistency import check
from chipsim.results.layout import SCHEMA, attribute, from_json, strings
from chipsim.results.machine import read_machine
from chipsim.results.pricing_codec import of_json
from chipsim.results.result import Run
from chipsim.results.summary import Summary
from chipsim.results.trace_codec import read_trace
from chipsim.results.upgrade import READABLE, upgrade

# Results of earlier schemas are upgraded in memory.
MAX_UPGRADED_BYTES = 2**30
MAX_REASON = 200
# What decoding an untrusted file may raise.
DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
    ChipsimError,
)
_IDENTITY = TypeAdapter(dict[str, Any])


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
    try:
        check_readable(name)
    except OSError as error:
        code = "file.missing" if isinstance(error, FileNotFoundError) else "file.unreadable"
        raise RunError(f"{name}: {error.strerror}", code=code) from None
    try:
        with opened(name) as file:
            schema = attribute(file, "schema") if "schema" in file.attrs else None
            if schema == SCHEMA:
                return _read(file)
            refusal = "" if schema in READABLE else _refusal(schema, file)
        if not refusal:
            with h5py.File(io.BytesIO(read_bounded(name, MAX_UPGRADED_BYTES)), "r+") as file:
                upgrade(file)
                return _read(file)
    except DAMAGE as error:
        complaint = f"not a chipsim result, or damaged{reason(error)}; run it again"
        raise RunError(f"{name}: {complaint}", code="result.damaged") from None
    raise RunError(f"{name}: {refusal}", code="result.other-schema")


def reason(error: Exception) -> str:
    """What is wrong with a file, in brackets and printable letters; "" where it is no complete HDF5 file."""
    if isinstance(error, OSError):
        return ""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        text = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    else:
        text = str(error)
    line = " ".join(text.split()) or type(error).__name__
    return f" ({''.join(letter if letter.isprintable() else '?' for letter in line[:MAX_REASON])})"


def _read(file: Any) -> Run:
    said, priced = from_json(file, "summary"), from_json(file, "pricing")
    machine = read_machine(file, said, priced)
    sheet, prices, comparisons, native = of_json(priced)
    sources = zip(*(strings(file["sources"], name) for name in ("names", "texts")), strict=True)
    run = Run(
        Summary.from_json(said),
        read_trace(file, machine),
        sheet,
        prices,
        comparisons,
        dict(sources),
        {key: held[()] for key, held in file["arrays"].items()},
        _IDENTITY.validate_python(from_json(file, "identity") if "identity" in file else {}),
        read_answer(file["best"]) if "best" in file else None,
        read_trace(file["use"], machine) if "use" in file else None,
        native,
    )
    check(run)
    return run


def _refusal(schema: Any, file: Any) -> str:
    """Why a file of another schema is not read, and what to do."""
    known = re.fullmatch(r"chipsim-run-(\d+)", str(schema))
    if known is None:
        return f"not a chipsim result (its schema is {schema!r})"
    version = ascii(attribute(file, "chipsim_version"))[1:-1] if "chipsim_version" in file.attrs else "another version"
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
