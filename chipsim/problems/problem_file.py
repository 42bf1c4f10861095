"""A problem file with the keys of the workload that say how to read it, and its text line by line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, NoReturn

from chipsim.errors import ProblemError
from chipsim.files import TooLargeError, read_bounded
from chipsim.problems.conventions import Convention


class Line(NamedTuple):
    """The words of one line that is neither blank nor all comment; rows count from 1."""

    row: int
    words: list[str]


@dataclass(frozen=True, eq=False)
class ProblemFile:
    """A file and how to read it.

    Attributes:
        path: of the file; its stem becomes the name of the problem.
        content: of the file.
        convention: what its numbers mean, where the format leaves that open; None for the default of the format.
        first_index: number of its first spin, 0 or 1; None for that of the format.
        directed: whether a line `i j J` is the action of spin i on spin j only.
    """

    path: Path
    content: bytes
    convention: Convention | None = None
    first_index: int | None = None
    directed: bool = False

    @cached_property
    def text(self) -> str:
        """Decoded as UTF-8, or as UTF-16 where its first bytes say so.

        Raises:
            ProblemError: not a text.
        """
        encoding = _encoding(self.content)
        try:
            text = self.content.decode(encoding)
        except UnicodeDecodeError as error:
            row = self.content.count(b"\n", 0, error.start) + 1
            self.fail(f"not a text file ({encoding}: {error.reason})", row, code="data.not-text")
        before, zero, _ = text.partition("\0")
        if zero:
            self.fail("not a text file (contains zero bytes)", before.count("\n") + 1, code="data.not-text")
        return text

    def lines(self, separator: str | None = None) -> Iterator[Line]:
        """All lines that say something, at least one, without `#` comments.

        Raises:
            ProblemError: there is none.
        """
        row = found = 0
        for row, text in enumerate(self.text.splitlines(), start=1):
            written = text.partition("#")[0] if "#" in text else text
            words = written.split() if separator is None else _cells(written, separator)
            if words:
                found += 1
                yield tuple.__new__(Line, (row, words))  # half the time of Line(row, words)
        if not found:
            self.fail("the file is empty", max(row, 1), code="data.empty")

    def fail(self, complaint: str, row: int | str | None = None, *, code: str) -> NoReturn:
        """Raise a `ProblemError` that starts with the path and, if known, with the place in the file."""
        place = "" if row is None else f"{row}:" if isinstance(row, int) else f" {row}:"
        raise ProblemError(f"{self.path}:{place} {complaint}", code=code)


def opened(
    path: str | Path, convention: Convention | None = None, first_index: int | None = None, directed: bool = False
) -> ProblemFile:
    """Read a file.

    Raises:
        ProblemError: it cannot be read, or is too large.
    """
    try:
        content = read_bounded(Path(path))
    except TooLargeError as error:
        raise ProblemError(f"{path}: {error.strerror}", code="file.too-large") from None
    except OSError as error:
        raise ProblemError(f"{path}: cannot be read: {error.strerror}", code="file.unreadable") from error
    return ProblemFile(Path(path), content, convention, first_index, directed)


def _cells(line: str, separator: str) -> list[str]:
    """The words of a line of CSV, without quotes and without the empty cells at its end."""
    words = [word.strip().strip('"') for word in line.split(separator)]
    while words and not words[-1]:
        words.pop()
    return words


def _encoding(data: bytes) -> str:
    """UTF-16 by its byte order mark, or by the zero byte beside its first digit where the mark was dropped."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return "utf-16-le"
    if data[:1] == b"\0" and data[1:2] != b"\0":
        return "utf-16-be"
    return "utf-8-sig"
