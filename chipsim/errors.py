"""Errors that a user can act on: where, which rule, which value, what to do.

    ChipsimError                 anything chipsim tells its user instead of a traceback
    +-- SpecError                a chip, workload or price file (or --set) breaks a rule; names file:line:column
    +-- ProblemError             an Ising problem does not exist, cannot be read, or does not fit the chip
    +-- RunError                 a run cannot start or cannot store its result

Every one of them ends the command with exit code 2, and carries a `code` for programs: an entry of `CODES`, which stays
the same when its sentence is written better.
"""

from __future__ import annotations

import copyreg
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# code -> what is wrong, by where it is to be mended. A program handles alike what has one code.
CODES = {
    "spec.not-yaml": "not valid YAML, or nothing at all",
    "spec.not-in-language": "YAML that the spec language leaves out: an alias, an anchor, a tag, a second document",
    "spec.bad-number": "a number that is not finite, is too long, or could be meant as octal",
    "spec.too-large": "more of something than chipsim takes: levels, files, cells, couplers, colours, points",
    "spec.duplicate": "something is given twice",
    "spec.unknown-key": "a key that there is not",
    "spec.missing-key": "a key that is required is not there",
    "spec.unknown-word": "a word, or a version, that is none of those that may stand there",
    "spec.wrong-type": "a value of another form: a word for a number, a number for a list",
    "spec.out-of-range": "a value beyond its bounds",
    "spec.no-unit": "a quantity without a unit",
    "spec.unknown-unit": "a unit that there is not, or that cannot be read",
    "spec.wrong-unit": "a unit that measures something else",
    "spec.one-of": "none, or more than one, of several keys of which exactly one is wanted",
    "spec.no-effect": "a key that means nothing beside the others; remove it",
    "spec.rule": "values that break another rule of the part that they stand in",
    "spec.bad-name": "not a name of a component",
    "spec.bad-net": "a net that cannot be read or leads to no component, or a component in no net",
    "spec.bad-container": "a container without number, or inside another one",
    "spec.bad-fabric": "a fabric that is no graph of the cells: a cell coupled to itself, steps of another dimension",
    "spec.colour-clash": "cells that are coupled would latch at the same tick",
    "spec.array-parts": "parts of the array are missing, too many, or do not go together",
    "spec.needs-problem": "the fabric is that of the problem, and there is none, or none that fills it",
    "spec.bad-include": "`extends` or `include` names what is no spec file in reach",
    "spec.bad-set": "--set is not path=value",
    "spec.unknown-path": "--set leads to nothing",
    "spec.unknown-preset": "neither a file nor a preset of that name",
    "kind.unknown": "a kind of component or workload that is neither built in nor installed",
    "kind.broken": "a kind of component or workload cannot be loaded, or fails at what it is asked",
    "chip.wrong-cells": "the workload drives the other sort of cells, latched or continuous",
    "chip.no-route": "no net leads to where the data must go",
    "chip.no-unit": "no digital unit for what is to be computed",
    "chip.no-coupler": "the problem couples cells that the chip does not",
    "chip.too-small": "more cells, rows or ranks are needed than there are",
    "chip.out-of-range": "a value that a part of the chip cannot hold, resolve or follow",
    "chip.clips": "readings reach the full scale of a converter",
    "chip.not-passive": "a passive network cannot realise the matrix",
    "chip.unstable": "the network runs away with the matrix as the chip holds it",
    "chip.unsuitable": "a part of the chip cannot do what the workload asks of it",
    "problem.unknown-graph": "a G-set graph that there is not",
    "problem.bad-index": "a spin or vertex beyond the first or last one",
    "problem.self-loop": "a spin or vertex coupled to itself",
    "problem.hole": "spins that no line names",
    "problem.given-twice": "an edge or a bias that was given before",
    "problem.too-large": "no vertices, or more than chipsim takes",
    "problem.directed": "an energy is asked for, and directed couplings have none",
    "problem.no-best-known": "the target is the best-known value, and none is known",
    "problem.not-square": "a matrix that is not square, or has a single row",
    "problem.not-symmetric": "a matrix that is not symmetric",
    "problem.indefinite": "a matrix with eigenvalues that are not positive",
    "data.missing": "a data set or trained weights are not there",
    "data.malformed": "a data file is not in its format, or damaged",
    "data.empty": "a data file with nothing in it",
    "data.not-text": "bytes where text is wanted",
    "data.bad-header": "a header that is missing, or contradicts what follows",
    "data.wrong-fields": "a line with too many or too few fields",
    "data.bad-number": "a word for a number, or a number that is not finite or not whole",
    "data.wrong-shape": "data of another shape than the workload says",
    "data.wrong-values": "data with values that the workload cannot use",
    "data.too-few": "fewer data than the workload takes",
    "data.other-model": "weights of another model",
    "price.unknown-action": "a price of a kind, component or action that there is not",
    "price.unknown-row": "a row that the table has not",
    "price.bad-bounds": "bounds that are not low <= value <= high",
    "price.bad-row": "a row that says too much, too little or something else for the price of its action",
    "price.nobody-pays": "actions whose prices are included in one another, in a circle",
    "price.no-equation": "a price by an equation that the kind has not",
    "price.not-physical": "a price or an energy that is negative or not finite",
    "price.model-missing": "an outside model, or its package, is not there or cannot be imported",
    "price.model-refuses": "an outside model does not take its attributes, or fails",
    "result.none": "there is no result in the folder",
    "result.damaged": "not a result, or damaged",
    "result.other-schema": "a result that this version does not read",
    "result.other-run": "what was stored belongs to another run",
    "result.no-such-row": "a row or an instance that there is not",
    "result.not-comparable": "results that cannot stand side by side, or hold nothing to compare",
    "result.needs-run": "a change that no repricing can make; it takes a new run",
    "file.missing": "there is no such file or folder",
    "file.is-folder": "a folder where a file is wanted",
    "file.exists": "it exists already, and is not replaced",
    "file.unreadable": "it is there and cannot be read, or holds bytes that are no text",
    "file.too-large": "larger than chipsim reads",
    "file.not-writable": "it cannot be written",
    "file.is-input": "an output that is an input of the same command",
    "file.is-output": "two outputs of one command in one file",
    "file.other-sort": "an output that would replace a file of another sort",
    "sweep.no-values": "an axis without values",
    "sweep.bad-range": "a range that holds no values",
    "sweep.too-many-values": "more values than different ones in the range",
    "sweep.bad-reference": "a reference that is no point of the sweep",
    "sweep.bad-lanes": "lanes that are no multiple of 64 in a sweep that adds lanes",
    "sweep.too-few-lanes": "a limit of lanes below those that a point starts with",
    "sweep.unknown-metric": "a metric that there is not, or that has no interval",
    "sweep.all-failed": "no point of a sweep could be computed",
    "sweep.no-executor": "the Dask scheduler, its workers or its package are not there",
    "run.argument": "an argument of a command or of a call from Python is out of range, or the call comes too early",
    "run.too-many-lanes": "more lanes than the workload takes",
    "run.no-compiler": "numba is configured so that it cannot compile",
    "run.too-large": "it would take too much memory",
    "run.not-trainable": "a workload without training",
    "run.diverged": "weights or losses are no longer numbers",
}


@dataclass(frozen=True)
class Place:
    """Where a value was written: a file with line and column (1-based), or another origin such as `--set`."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class ChipsimError(Exception):
    """Something that the user can mend.

    Attributes:
        code: which sort of mistake it is, one of `CODES`.
    """

    exit_code = 2

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = _known(code)

    def __reduce__(self) -> Any:
        # Errors travel between processes, and the default would call the class with the message alone.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class SpecError(ChipsimError):
    """A rule of the spec language is broken at a known place."""

    def __init__(self, place: Place | None, path: str, complaint: str, *, code: str) -> None:
        self.place = place
        self.path = path
        self.complaint = complaint
        parts = [str(place) if place else "", path, complaint]
        super().__init__(": ".join(part for part in parts if part), code=code)


class SpecErrors(ChipsimError):
    """Several `SpecError`s of one file, one a line; the code is that of the first."""

    def __init__(self, errors: list[SpecError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors), code=errors[0].code)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all errors, in their order."""
        return tuple(error.code for error in self.errors)


class ProblemError(ChipsimError):
    """A problem cannot be had or does not fit."""


class RunError(ChipsimError):
    """A run cannot start, or its result cannot be stored or read."""


class RuleError(ValueError):
    """A validator's complaint with a code of its own; a plain ValueError is a `spec.rule`."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = _known(code)


def _known(code: str) -> str:
    """The code. Those of packages from outside begin with an area of their own, such as `my-package.no-field`."""
    area = code.partition(".")[0]
    if code not in CODES and any(known.startswith(f"{area}.") for known in CODES):
        raise KeyError(f"{code} is no code of an error; add it to CODES")
    return code


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known words, or lists them all when none is close."""
    choices = sorted(set(known))
    close = [name for name in choices if name.lower() == word.lower()]
    close = close or difflib.get_close_matches(word, choices, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f'"{name}"' for name in close) + "?"
    return ("known: " + ", ".join(choices)) if choices else "there is none"
