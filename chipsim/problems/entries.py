"""Entries `i j value` of text files: from lines to arrays, from indices to spins; every error names its line."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.conventions import Terms
from chipsim.problems.problem_file import Line, ProblemFile
from chipsim.rounding import rounded

# Limit of spins, so that a mistyped number does not exhaust memory.
MAX_SPINS = 1 << 24
# Fields and exponents are float32 on the way to a latch: sums of larger numbers times beta would overflow there.
MAX_VALUE = 1e20
MAX_INDEX = 1 << 31
# Missing labels that a note names.
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Entries:
    """Entries of a file in its order.

    Attributes:
        file: that they are from.
        rows: (K,) int64, line of each.
        ends: (K, 2) int64, indices as written; both the same for a linear term.
        values: (K,) float64.
    """

    file: ProblemFile
    rows: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def is_linear(self) -> NDArray[np.bool_]:
        """(K,) whether an entry is on the diagonal."""
        return self.ends[:, 0] == self.ends[:, 1]

    def refuse_loops(self, why: str) -> None:
        """Refuse entries on the diagonal.

        Raises:
            ProblemError: with the line of the first.
        """
        loops = np.flatnonzero(self.is_linear)
        if len(loops):
            index = self.ends[loops[0], 0]
            self.file.fail(f"self-loop at vertex {index}; {why}", int(self.rows[loops[0]]), code="problem.self-loop")


def entries_of(file: ProblemFile, lines: Iterable[Line], pair_only: float | None, expected: str) -> Entries:
    """The entries of lines `i j value`; indices may be written as floats.

    Args:
        file: that they are from.
        lines: of the entries alone.
        pair_only: value of lines `i j`; None to refuse them.
        expected: what a line should be, for messages.

    Raises:
        ProblemError: with the line.
    """
    numbers, rows = array("d"), array("q")
    for line in lines:
        row, words = line if len(line[1]) == 3 else _of_three(file, line, pair_only, expected)
        try:
            numbers.extend(map(float, words))
        except ValueError:
            _refuse_word(file, row, words)
        rows.append(row)
    table = np.array(numbers, np.float64).reshape(-1, 3)
    where = np.array(rows, np.int64)
    _refuse_underscores(file)
    _check_values(file, where, table[:, 2])
    _check_indices(file, where, table[:, :2])
    return Entries(file, where, table[:, :2].astype(np.int64), table[:, 2])


def terms_of(entries: Entries, spins: range | None, *, add: bool = False) -> tuple[Terms, NDArray[np.int64]]:
    """Terms of entries, and the label of each spin.

    Args:
        entries: of a file.
        spins: all indices that may occur, each a spin; None for those that do occur.
        add: whether repeated entries of a pair are added up; otherwise they are refused, in either order of the ends.

    Raises:
        ProblemError: an index out of range, or a repeated entry, with its line.
    """
    file, ends = entries.file, entries.ends
    if spins is None:
        labels = np.unique(ends)
        places = np.searchsorted(labels, ends)
    else:
        labels = np.arange(spins.start, spins.stop)
        outside = np.flatnonzero(((ends < spins.start) | (ends >= spins.stop)).any(axis=1))
        if len(outside):
            wrong = next(int(end) for end in ends[outside[0]] if end not in spins)
            hint = "; set first_index: 0" if wrong == 0 and spins.start == 1 else ""
            complaint = f"index {wrong} is outside {spins.start}..{spins.stop - 1}{hint}"
            file.fail(complaint, int(entries.rows[outside[0]]), code="problem.bad-index")
        places = ends - spins.start
    if len(labels) > MAX_SPINS:
        file.fail(f"{len(labels):,} spins; chipsim supports {MAX_SPINS:,}", code="problem.too-large")
    if not file.directed:
        places = np.sort(places, axis=1)
    keys = places[:, 0] * np.int64(len(labels)) + places[:, 1]
    if not add:
        _refuse_repeats(entries, keys)
    linear = entries.is_linear
    biases: NDArray[np.float64] = np.bincount(places[linear, 0], entries.values[linear], len(labels)).astype(float)
    pairs, values = places[~linear], entries.values[~linear]
    if add:
        _, first, which = np.unique(keys[~linear], return_index=True, return_inverse=True)
        pairs, values = pairs[first], np.bincount(which, values, len(first)).astype(float)
    return Terms(pairs.astype(np.int32), values, biases, directed=file.directed), labels


def holes(labels: NDArray[np.int64]) -> tuple[str, ...]:
    """A note if labels do not count from 0 without gaps."""
    if not len(labels) or (labels[0] == 0 and labels[-1] == len(labels) - 1):
        return ()
    missing = int(labels[-1] - labels[0]) + 1 - len(labels)
    if not missing:
        return (f"labels {labels[0]} to {labels[-1]}",)
    after = np.flatnonzero(np.diff(labels) > 1)[:SHOWN]
    gaps = [k for place in after for k in range(labels[place] + 1, min(labels[place + 1], labels[place] + 1 + SHOWN))]
    named = ", ".join(map(str, gaps[:SHOWN])) + (", ..." if missing > SHOWN else "")
    return (f"{len(labels):,} labels from {labels[0]} to {labels[-1]}, without {named}",)


def number(file: ProblemFile, line: Line, place: int, meaning: str) -> int:
    """Word `place` of a line as a whole number.

    Raises:
        ProblemError: it is none.
    """
    word = line.words[place]
    try:
        return int(_without_underscore(word))
    except ValueError:
        file.fail(f'expected {meaning}, a whole number, found "{word}"', line.row, code="data.bad-number")


def is_number(word: str) -> bool:
    """Whether a word is a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def _of_three(file: ProblemFile, line: Line, pair_only: float | None, expected: str) -> Line:
    """A line with the value of those that give none."""
    if len(line.words) == 2 and pair_only is not None:
        return Line(line.row, [*line.words, str(pair_only)])
    if len(line.words) != 3:
        many = f"{len(line.words)} fields" if len(line.words) != 1 else "1 field"
        file.fail(f"expected {expected}, found {many}", line.row, code="data.wrong-fields")
    return line


def _refuse_underscores(file: ProblemFile) -> None:
    """Refuse "1_000", which Python alone takes for a number."""
    if "_" in file.text:
        for row, words in file.lines():
            if any("_" in word and is_number(word) for word in words):
                _refuse_word(file, row, words)


def _check_values(file: ProblemFile, rows: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Refuse values that are not finite or too large."""
    wrong = np.flatnonzero(~(np.abs(values) <= MAX_VALUE))
    if len(wrong):
        value, row = float(values[wrong[0]]), int(rows[wrong[0]])
        if not np.isfinite(value):
            file.fail(f"expected a finite number, found {value}", row, code="data.bad-number")
        file.fail(f"{value:g} exceeds {MAX_VALUE:g}; scale all numbers down", row, code="data.bad-number")


def _check_indices(file: ProblemFile, rows: NDArray[np.int64], written: NDArray[np.float64]) -> None:
    """Refuse indices that are not whole, negative or too large."""
    broken = np.flatnonzero((written != np.rint(written)).any(axis=1))
    if len(broken):
        index = next(float(end) for end in written[broken[0]] if end != np.rint(end))
        file.fail(f"expected an index, a whole number, found {index:g}", int(rows[broken[0]]), code="data.bad-number")
    outside = np.flatnonzero(((written < 0) | (written >= MAX_INDEX)).any(axis=1))
    if len(outside):
        index = next(float(end) for end in written[outside[0]] if not 0 <= end < MAX_INDEX)
        complaint = f"index {rounded(index, '.0f')} is outside 0..{MAX_INDEX - 1}"
        file.fail(complaint, int(rows[outside[0]]), code="problem.bad-index")


def _refuse_repeats(entries: Entries, keys: NDArray[np.int64]) -> None:
    order = np.argsort(keys, kind="stable")
    repeats = np.flatnonzero(np.diff(keys[order]) == 0)
    if not repeats.size:
        return
    # Of all repetitions, the one that a reader of the file meets first.
    place = repeats[np.argmin(order[repeats + 1])]
    earlier, later = order[place], order[place + 1]
    u, v = entries.ends[later]
    what = f"bias of {u}" if u == v else f"edge {u} {v}"
    complaint = f"duplicate {what}; first given on line {entries.rows[earlier]}"
    entries.file.fail(complaint, int(entries.rows[later]), code="problem.given-twice")


def _refuse_word(file: ProblemFile, row: int, words: list[str]) -> NoReturn:
    wrong = next(word for word in words if "_" in word or not is_number(word))
    file.fail(f'expected a number, found "{wrong}"', row, code="data.bad-number")


def _without_underscore(word: str) -> str:
    if "_" in word:
        raise ValueError(word)
    return word
