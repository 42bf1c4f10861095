"""Ising problems from text files: rudy (the format of the G-set) and a plain list of couplings and biases.

Both are lines of `i j value`; they differ in their header, in where counting starts, and in the sign of the value.
Every error names the file and the line.
"""

from __future__ import annotations

import codecs
import math
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.files import TooLargeError, read_bounded
from chipsim.problems.problem import Problem

# Limit of cells, so that a mistyped number does not exhaust memory.
_MAX_CELLS = 1 << 24
# Fields and exponents are float32 on the way to a latch: sums of larger numbers times beta would overflow there.
_MAX_VALUE = 1e20


def read_rudy(path: str | Path) -> Problem:
    """Read a Max-Cut graph in rudy format.

    The first line is `n m` (text may follow), then m lines `i j w` with vertices from 1; a missing w is 1. Also read:
    files with the four header lines of GPU-pSAv (`n`, `unipolar` or `bipolar`, type of graph, best known cut), which
    do not say how many edges follow. Blank lines and `#` comments are skipped, UTF-16 copies are decoded.

    Args:
        path: the file; its stem becomes the name of the problem.

    Returns:
        A problem with J = -w, zero biases, objective "cut" and the edges in the order of the file, without those of
        weight 0: they need no coupler.

    Raises:
        ProblemError: the file cannot be read or breaks the format; the message starts with the path, and with
            `path:line` for everything that is wrong inside the file.
    """
    path = Path(path)
    lines = _read_lines(path)
    first = next(lines)
    header = _read_header(first, lines)
    edges = _Edges(path, first_index=1, cells=header.cells)
    for line in lines:
        if len(line.words) not in (2, 3):
            line.fail(f"expected `i j` or `i j w`, found {len(line.words)} fields", code="data.wrong-fields")
        edges.add(line, -line.real(2) if len(line.words) == 3 else -1.0)
    if header.edges is not None and header.edges != len(edges.couplings):
        first.fail(
            f"the header specifies {header.edges} edges, but the file has {len(edges.couplings)}",
            code="data.bad-header",
        )
    found, couplings = edges.distinct()
    return Problem(
        name=path.stem,
        edges=found,
        couplings=couplings,
        biases=np.zeros(header.cells),
        objective="cut",
        best_known_cut=header.best_known_cut,
    )


def read_edge_list(path: str | Path, directed: bool = False) -> Problem:
    """Read an Ising problem from lines `i j J`, with cells from 0; a line `i i b` is the bias of cell i.

    The signs are chipsim's: E(s) = -(sum b_i s_i + sum J_ij s_i s_j). Blank lines and `#` comments are skipped. Every
    index up to the highest is in some line: a hole is more often a list that counts from 1 than a spin on its own.

    Args:
        path: the file; its stem becomes the name of the problem.
        directed: a line `i j J` is the action of cell i on cell j only.

    Returns:
        A problem with objective "energy" and the edges in the order of the file, without those of weight 0.

    Raises:
        ProblemError: the file cannot be read or breaks the format; the message starts with the path, and with
            `path:line` for everything that is wrong inside the file.
    """
    path = Path(path)
    edges = _Edges(path, first_index=0, cells=_MAX_CELLS, directed=directed)
    bias_of: dict[int, float] = {}
    for line in _read_lines(path):
        if len(line.words) != 3:
            line.fail(
                f"expected `i j J`, or `i i b` for a bias, found {len(line.words)} fields", code="data.wrong-fields"
            )
        value = line.real(2)
        cell = edges.cell(line, 0)
        if cell != edges.cell(line, 1):
            edges.add(line, value)
        elif cell in bias_of:
            line.fail(f"duplicate bias of {cell}", code="problem.given-twice")
        else:
            bias_of[cell] = value
    biases = np.zeros(1 + max(max(edges.ends, default=-1), max(bias_of, default=-1)))
    for cell, bias in bias_of.items():
        biases[cell] = bias
    _refuse_holes(path, len(biases), [*edges.ends, *bias_of])
    found, couplings = edges.distinct()
    if directed:
        found, couplings = _both_ways(found, couplings)
    return Problem(name=path.stem, edges=found, couplings=couplings, biases=biases)


def _refuse_holes(path: Path, cells: int, named: list[int]) -> None:
    holes = np.setdiff1d(np.arange(cells), np.array(named, np.int64))
    if len(holes):
        shown = ", ".join(map(str, holes[:5])) + (", ..." if len(holes) > 5 else "")
        raise ProblemError(
            f"{path}: no line for spin {shown}; number spins from 0, and write an uncoupled spin as "
            f"`{holes[0]} {holes[0]} 0`",
            code="problem.hole",
        )


def _both_ways(
    arrows: NDArray[np.int32], couplings: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Edges (E, 2), first < second, and how each acts on its first and second cell, from arrows (A, 2)."""
    edges, which = np.unique(np.sort(arrows, axis=1), axis=0, return_inverse=True)
    both = np.zeros((len(edges), 2))
    # An arrow i -> j acts on j.
    both[which.ravel(), (arrows[:, 1] > arrows[:, 0]).astype(int)] = couplings
    return edges.astype(np.int32), both


class _Line(NamedTuple):
    """The words of one line that is neither blank nor all comment."""

    path: Path
    row: int
    words: list[str]

    def fail(self, complaint: str, *, code: str) -> NoReturn:
        raise ProblemError(f"{self.path}:{self.row}: {complaint}", code=code)

    def whole(self, place: int, meaning: str) -> int:
        """Word `place` as a whole number."""
        word = self.words[place]
        try:
            return int(_without_underscore(word))
        except ValueError:
            self.fail(f'expected {meaning}, a whole number, found "{word}"', code="data.bad-number")

    def real(self, place: int) -> float:
        """Word `place` as a finite number."""
        word = self.words[place]
        try:
            value = float(_without_underscore(word))
        except ValueError:
            self.fail(f'expected a number, found "{word}"', code="data.bad-number")
        if not math.isfinite(value):
            self.fail(f'expected a finite number, found "{word}"', code="data.bad-number")
        if abs(value) > _MAX_VALUE:
            self.fail(f"{word} exceeds {_MAX_VALUE:g}; scale all numbers down", code="data.bad-number")
        return value


class _Edges:
    """The edges found so far and the row of each; indices count from `first_index` in the file, from 0 here."""

    def __init__(self, path: Path, first_index: int, cells: int, directed: bool = False) -> None:
        self.directed = directed
        self.path = path
        self.first_index = first_index
        self.cells = cells
        self.ends = array("i")
        self.couplings = array("d")
        self.rows = array("i")

    def cell(self, line: _Line, place: int) -> int:
        """Word `place` of a line as the number of a cell."""
        index = line.whole(place, "an index")
        if not 0 <= index - self.first_index < self.cells:
            line.fail(
                f"index {index} is outside {self.first_index}..{self.cells - 1 + self.first_index}",
                code="problem.bad-index",
            )
        return index - self.first_index

    def add(self, line: _Line, coupling: float) -> None:
        """Take one edge, in whichever order its ends were written."""
        one, other = self.cell(line, 0), self.cell(line, 1)
        if one == other:
            line.fail(f"self-loop at vertex {line.words[0]}", code="problem.self-loop")
        self.ends.extend((one, other) if self.directed else (min(one, other), max(one, other)))
        self.couplings.append(coupling)
        self.rows.append(line.row)

    def distinct(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Edges (E, 2) and their couplings (E,) without those of 0, once it is certain that no pair came twice."""
        edges = np.array(self.ends, dtype=np.int32).reshape(-1, 2)
        keys = edges[:, 0].astype(np.int64) * self.cells + edges[:, 1]
        order = np.argsort(keys, kind="stable")
        repeats = np.flatnonzero(np.diff(keys[order]) == 0)
        if repeats.size:
            # Of all repetitions, the one that a reader of the file meets first.
            place = repeats[np.argmin(order[repeats + 1])]
            earlier, later = order[place], order[place + 1]
            u, v = edges[later] + self.first_index
            complaint = f"duplicate edge {u} {v}; first given on line {self.rows[earlier]}"
            raise ProblemError(f"{self.path}:{self.rows[later]}: {complaint}", code="problem.given-twice")
        couplings = np.array(self.couplings)
        there = couplings != 0
        return edges[there], couplings[there]


class _Header(NamedTuple):
    """The header of a rudy file."""

    cells: int
    edges: int | None
    best_known_cut: float | None


def _read_header(first: _Line, lines: Iterator[_Line]) -> _Header:
    """Read the header, one line or four; the lines that follow `first` are taken from `lines`."""
    cells = first.whole(0, "the number of vertices")
    if not 1 <= cells <= _MAX_CELLS:
        first.fail(f"{cells} vertices; a graph has 1 to {_MAX_CELLS}", code="problem.too-large")
    if len(first.words) == 1:
        value_kind, graph_kind, best = next(lines, None), next(lines, None), next(lines, None)
        if not (value_kind and graph_kind and best) or value_kind.words[0].lower() not in ("unipolar", "bipolar"):
            first.fail(
                "expected the header `n m`, or `n` followed by three lines: unipolar or bipolar, type, best known cut",
                code="data.bad-header",
            )
        return _Header(cells, None, best.real(0))
    edges = first.whole(1, "the number of edges")
    if edges < 0:
        first.fail(f"the header specifies {edges} edges", code="data.bad-header")
    if len(first.words) > 2 and _is_number(first.words[2]):
        # Otherwise the first edge of a file that lost its header would pass as one, and be missing from the graph.
        first.fail("expected the header `n m`, found a third number; is the header missing?", code="data.bad-header")
    return _Header(cells, edges, None)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _without_underscore(word: str) -> str:
    """Refuse "1_000", which Python alone takes for a number."""
    if "_" in word:
        raise ValueError(word)
    return word


def _read_lines(path: Path) -> Iterator[_Line]:
    """All lines that say something, at least one, without their comments; a comment of dimod tells its files."""
    row = found = 0
    for row, text in enumerate(_read_text(path).splitlines(), start=1):
        written, _, comment = text.partition("#")
        if comment.replace(" ", "").lower().startswith("vartype="):
            raise ProblemError(
                f"{path}:{row}: a COO file of dimod, which defines E = + sum h s + sum J s s over spins; invert the "
                "sign of all numbers and remove this line",
                code="data.bad-header",
            )
        words = written.split()
        if words:
            found += 1
            yield _Line(path, row, words)
    if not found:
        raise ProblemError(f"{path}:{max(row, 1)}: the file is empty", code="data.empty")


def _read_text(path: Path) -> str:
    """Decode a file as UTF-8, or as UTF-16 where its first bytes say so."""
    try:
        data = read_bounded(path)
    except TooLargeError as error:
        raise ProblemError(f"{path}: {error.strerror}", code="file.too-large") from None
    except OSError as error:
        raise ProblemError(f"{path}: cannot be read: {error.strerror}", code="file.unreadable") from error
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ProblemError(
            f"{path}:{row}: not a text file ({encoding}: {error.reason})", code="data.not-text"
        ) from error
    before, zero, _ = text.partition("\0")
    if zero:
        row = before.count("\n") + 1
        raise ProblemError(f"{path}:{row}: not a text file (contains zero bytes)", code="data.not-text")
    return text


def _encoding(data: bytes) -> str:
    """UTF-16 by its byte order mark, or by the zero byte beside its first digit where the mark was dropped."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return "utf-16-le"
    if data[:1] == b"\0" and data[1:2] != b"\0":
        return "utf-16-be"
    return "utf-8-sig"
