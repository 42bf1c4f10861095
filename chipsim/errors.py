"""Errors that users can fix; each names the place, the rule, the value and a remedy.

    ChipsimError                 base class; reported in one line instead of a traceback
    +-- SpecError                a chip, workload or price file (or --set) violates a rule; gives file:line:column
    +-- ProblemError             a problem is missing, malformed, or does not fit the chip
    +-- RunError                 a run cannot start or cannot store its result

Each of them ends the command with exit code 2 and carries a `code`, an entry of `CODES`. Codes are a stable interface,
messages are not.
"""

from __future__ import annotations

import copyreg
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# code -> its meaning, grouped by what the user must change. Errors that a program handles alike share a code.
CODES = {
    "spec.not-yaml": "invalid YAML, or an empty file",
    "spec.not-in-language": "YAML that specs do not support: an alias, an anchor, a tag, a second document",
    "spec.bad-number": "a number that is not finite, has too many digits, or could be read as octal",
    "spec.too-large": "above a limit of chipsim: nesting levels, files, cells, couplers, colours, points",
    "spec.duplicate": "a duplicate entry",
    "spec.unknown-key": "an unknown key",
    "spec.missing-key": "a required key is missing",
    "spec.unknown-word": "a word or version that is not one of the allowed ones",
    "spec.wrong-type": "a value of the wrong type, such as a word where a number is required",
    "spec.out-of-range": "a value outside its bounds",
    "spec.no-unit": "a quantity without a unit",
    "spec.unknown-unit": "an unknown or malformed unit",
    "spec.wrong-unit": "a unit of the wrong dimension",
    "spec.one-of": "exactly one of several keys is required; none, or more than one, is given",
    "spec.no-effect": "a key without effect in combination with the others; remove it",
    "spec.rule": "values that violate another rule of their section",
    "spec.bad-name": "an invalid component name",
    "spec.bad-net": "a malformed net, a net with an unknown component, or an unconnected component",
    "spec.bad-container": "a container without a number of instances, or a nested container",
    "spec.bad-fabric": "an invalid graph of the fabric: a self-coupled cell, displacements of the wrong dimension",
    "spec.colour-clash": "coupled cells would latch at the same tick",
    "spec.array-parts": "components of the array are missing, duplicated or incompatible",
    "spec.needs-problem": "the fabric is taken from the problem, which is missing or does not define it",
    "spec.bad-include": "`extends` or `include` does not name a spec file that may be included",
    "spec.bad-set": "--set is not path=value",
    "spec.unknown-path": "a path that does not exist in the spec",
    "spec.unknown-preset": "neither a file nor a preset has that name",
    "kind.unknown": "an unknown kind of component or workload, neither built in nor installed",
    "kind.broken": "a kind of component or workload cannot be loaded, or raises an exception",
    "chip.wrong-cells": "the workload requires the other type of cells, latched or continuous",
    "chip.no-route": "no net connects source and destination of the data",
    "chip.no-unit": "no digital unit for the computation",
    "chip.no-coupler": "the problem couples cells between which the chip has no coupler",
    "chip.too-small": "the chip has too few cells, rows or ranks",
    "chip.out-of-range": "a value outside the range, resolution or speed of a component",
    "chip.clips": "readings reach the full scale of a converter",
    "chip.not-passive": "the matrix cannot be realised by a passive network",
    "chip.unstable": "the network is unstable with the matrix as stored on the chip",
    "chip.unsuitable": "a component lacks a function that the workload requires",
    "problem.unknown-graph": "an unknown G-set graph",
    "problem.bad-index": "an index of a spin or vertex outside its range",
    "problem.self-loop": "a spin or vertex coupled to itself",
    "problem.given-twice": "a duplicate edge or bias",
    "problem.too-large": "no vertices, or more than chipsim supports",
    "problem.directed": "an energy is required, but directed couplings define none",
    "problem.no-best-known": "the target is the best-known value, but none is known",
    "problem.not-square": "a matrix that is not square, or has a single row",
    "problem.not-symmetric": "a matrix that is not symmetric",
    "problem.indefinite": "a matrix that is not positive definite",
    "problem.singular": "a singular matrix",
    "data.missing": "a missing data set or missing trained weights",
    "data.malformed": "a malformed or damaged data file",
    "data.empty": "an empty data file",
    "data.not-text": "binary data in a text file",
    "data.bad-header": "a missing header, or one that contradicts the lines below it",
    "data.wrong-fields": "a line with too many or too few fields",
    "data.bad-number": "an entry that is not a number, not finite, or not whole where an integer is required",
    "data.wrong-shape": "data whose shape differs from the one that the workload specifies",
    "data.wrong-values": "data with values outside the range that the workload supports",
    "data.too-few": "fewer data than the workload requires",
    "data.other-model": "weights trained for another model",
    "price.unknown-action": "a price of an unknown kind, component or action",
    "price.unknown-row": "an unknown row of the price table",
    "price.bad-bounds": "bounds that violate 0 <= low <= value <= high",
    "price.bad-row": "a row whose keys do not fit the price of its action",
    "price.circular": "actions whose included_in entries form a cycle",
    "price.no-equation": "a price by equation, but the kind defines no equation",
    "price.not-physical": "a negative or non-finite price or energy",
    "price.model-missing": "an external model or its package is missing or cannot be imported",
    "price.model-failed": "an external model rejects its attributes or raises an exception",
    "result.none": "no result in the folder",
    "result.damaged": "not a result file, or a damaged one",
    "result.other-schema": "a result of a schema that this version does not support",
    "result.other-run": "a stored file belongs to another run",
    "result.no-such-row": "an unknown row, instance or metric",
    "result.no-records": "a result without recorded states",
    "result.not-comparable": "results that cannot be compared, or that contain nothing to compare",
    "result.needs-run": "a change that requires a new run; repricing is not sufficient",
    "file.missing": "no such file or folder",
    "file.is-folder": "a folder where a file is required",
    "file.exists": "a file or folder that exists and is not overwritten",
    "file.unreadable": "a file that cannot be read, or is not UTF-8 text",
    "file.too-large": "a file above the size limit",
    "file.not-writable": "a file or folder that cannot be written",
    "file.is-input": "an output that is an input of the same command",
    "file.is-output": "two outputs of a command with the same path",
    "file.other-sort": "an output that would replace a file of another type",
    "sweep.no-values": "an axis without values",
    "sweep.bad-range": "an invalid or empty range",
    "sweep.too-many-values": "more points than distinct values in the range",
    "sweep.bad-reference": "a reference that is not a point of the sweep",
    "sweep.bad-lanes": "lanes that are not a multiple of 64 in a sweep that adds lanes",
    "sweep.too-few-lanes": "max_lanes below the initial number of lanes",
    "sweep.unknown-metric": "an unknown metric, or one without a confidence interval",
    "sweep.all-failed": "all points of a sweep failed",
    "sweep.failed": "a requested point cannot be computed",
    "sweep.no-executor": "the Dask scheduler, its workers or its package are missing",
    "run.argument": "an argument of a command or Python call is out of range, or the call comes too early",
    "run.too-many-lanes": "more lanes than the workload supports",
    "run.no-compiler": "numba is configured so that it cannot compile",
    "run.no-package": "an optional package is not installed",
    "run.environment": "an environment variable with which a library cannot work",
    "run.too-large": "the run would exceed the memory limit",
    "run.not-finite": "a figure or a time of the run is not finite: parameters are too small or too large together",
    "run.not-trainable": "a workload that cannot be trained",
    "run.diverged": "the training diverged: weights or losses are not finite",
}


@dataclass(frozen=True)
class Place:
    """Origin of a value: a file with line and column (1-based), or another source such as `--set`."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class ChipsimError(Exception):
    """An error that the user can fix.

    Attributes:
        code: category of the error, an entry of `CODES`.
    """

    exit_code = 2

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = _known(code)

    def __reduce__(self) -> Any:
        # Errors are pickled between processes; the default would call the class with the message only.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class SpecError(ChipsimError):
    """A violated rule of the spec language, with its place."""

    def __init__(self, place: Place | None, path: str, complaint: str, *, code: str) -> None:
        self.place = place
        self.path = path
        self.complaint = complaint
        parts = [str(place) if place else "", path, complaint]
        super().__init__(": ".join(part for part in parts if part), code=code)


class SpecErrors(ChipsimError):
    """Several `SpecError`s of one file, one per line; `code` is that of the first."""

    def __init__(self, errors: list[SpecError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors), code=errors[0].code)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all errors, in order."""
        return tuple(error.code for error in self.errors)


class ProblemError(ChipsimError):
    """A problem is missing, malformed, or does not fit the chip."""


class RunError(ChipsimError):
    """A run cannot start, or its result cannot be stored or read."""


class RuleError(ValueError):
    """Raised by validators for a specific code; a plain ValueError becomes `spec.rule`.

    `alternatives` are the given keys of a block that exclude each other, those that go together in one group. The
    complaint then names the group that was set last and removes the others.
    """

    def __init__(self, message: str, *, code: str, alternatives: tuple[tuple[str, ...], ...] = ()) -> None:
        super().__init__(message)
        self.code = _known(code)
        self.alternatives = alternatives


def _known(code: str) -> str:
    """Check and return the code. External packages use a prefix of their own, such as `my-package.no-field`."""
    area = code.partition(".")[0]
    if code not in CODES and any(known.startswith(f"{area}.") for known in CODES):
        raise KeyError(f"unknown error code {code}; add it to CODES")
    return code


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known words, or lists all of them if none is close."""
    choices = sorted(set(known))
    close = [name for name in choices if name.lower() == word.lower()]
    close = close or difflib.get_close_matches(word, choices, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f'"{name}"' for name in close) + "?"
    return ("known: " + ", ".join(choices)) if choices else "none is defined"
