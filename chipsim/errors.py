"""Errors that a user can act on: where, which rule, which value, what to do.

    ChipsimError                 anything chipsim tells its user instead of a traceback
    +-- SpecError                a chip, workload or price file (or --set) breaks a rule; names file:line:column
    +-- ProblemError             an Ising problem does not exist, cannot be read, or does not fit the chip
    +-- RunError                 a run cannot start or cannot store its result

Every one of them ends the command with exit code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True)
class Place:
    """Where a value was written: a file with line and column (1-based), or another origin such as `--set`."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class ChipsimError(Exception):
    """Something that the user can mend."""

    exit_code = 2


class SpecError(ChipsimError):
    """A rule of the spec language is broken at a known place."""

    def __init__(self, place: Place | None, path: str, complaint: str) -> None:
        self.place = place
        self.path = path
        self.complaint = complaint
        parts = [str(place) if place else "", path, complaint]
        super().__init__(": ".join(part for part in parts if part))


class SpecErrors(ChipsimError):
    """Several `SpecError`s of one file, one a line."""

    def __init__(self, errors: list[SpecError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))


class ProblemError(ChipsimError):
    """A problem cannot be had or does not fit."""


class RunError(ChipsimError):
    """A run cannot start, or its result cannot be stored or read."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known words, or lists them all when none is close."""
    choices = sorted(set(known))
    close = [name for name in choices if name.lower() == word.lower()]
    close = close or difflib.get_close_matches(word, choices, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f'"{name}"' for name in close) + "?"
    return ("known: " + ", ".join(choices)) if choices else "there is none"


def unknown(kind: str, word: str, known: Iterable[str], place: Place | None = None, path: str = "") -> NoReturn:
    """Raise the error for a name that does not exist."""
    raise SpecError(place, path, f'unknown {kind} "{word}"; {did_you_mean(word, known)}')
