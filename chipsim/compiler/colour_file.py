"""A user's own colouring of the cells, from a file: which tick of a sweep each cell latches at.

By suffix: `.json`, a list of numbers; `.npy`, a vector of integers; else a text with one number per line, `#` for
comments. Entry k is the colour of cell k, counted from 0. Colours are numbered from 0 without gaps, since a colour
without cells would be a tick at which nothing latches.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.files import SyntaxOfJsonError, plain_json
from chipsim.problems.npy import read_npy
from chipsim.problems.problem_file import ProblemFile, opened

MAX_COLOURS = 4096


def read_colours(path: Path, cells: int) -> NDArray[np.int32]:
    """Colours of the cells, (cells,).

    Raises:
        ProblemError: the file cannot be read, or does not give each cell a colour; with the place in the file.
    """
    file = opened(path)
    readers = {".json": _json, ".npy": _npy}
    colours, rows = readers.get(path.suffix.lower(), _text)(file)
    if len(colours) != cells:
        complaint = f"{len(colours):,} colours for {cells:,} cells; give one to each, in the order of the cells"
        file.fail(complaint, code="data.wrong-shape")
    wrong = np.flatnonzero((colours < 0) | (colours >= MAX_COLOURS))
    if len(wrong):
        cell = int(wrong[0])
        complaint = f"cell {cell} has colour {colours[cell]}; colours are numbered from 0 to {MAX_COLOURS - 1:,}"
        file.fail(complaint, rows[cell] if rows else None, code="data.wrong-values")
    empty = np.flatnonzero(np.bincount(colours.astype(np.int64)) == 0)
    if len(empty):
        complaint = f"no cell has colour {empty[0]}, but there is a colour {colours.max()}; number them without gaps"
        file.fail(complaint, code="data.wrong-values")
    return colours.astype(np.int32)


def _text(file: ProblemFile) -> tuple[NDArray[np.int64], list[int]]:
    """Colours and the row of each."""
    colours, rows = [], []
    for row, words in file.lines():
        if len(words) != 1:
            file.fail(f"{len(words)} words; write one colour per line", row, code="data.wrong-fields")
        if not words[0].removeprefix("-").isascii() or not words[0].removeprefix("-").isdigit() or len(words[0]) > 9:
            file.fail(f'"{words[0]:.40}" is not a colour; write a whole number from 0', row, code="data.bad-number")
        colours.append(int(words[0]))
        rows.append(row)
    return np.array(colours, np.int64), rows


def _json(file: ProblemFile) -> tuple[NDArray[np.int64], list[int]]:
    try:
        held = plain_json(file.text)
    except SyntaxOfJsonError as error:
        file.fail(f"not JSON: {error.said}", error.line, code="data.malformed")
    except ValueError as error:
        file.fail(str(error), code="data.malformed")
    if not isinstance(held, list):
        file.fail("expected a list of colours, such as [0, 1, 0]", 1, code="data.malformed")
    for cell, colour in enumerate(held):
        if isinstance(colour, bool) or not isinstance(colour, int) or abs(colour) > 10**9:
            file.fail(f"colour of cell {cell}: {colour!r:.40} is not a whole number from 0", code="data.bad-number")
    return np.array(held, np.int64), []


def _npy(file: ProblemFile) -> tuple[NDArray[np.int64], list[int]]:
    try:
        held = read_npy(file.content)
    except ValueError as error:
        file.fail(f"not an array of colours: {error}", code="data.malformed")
    if held.ndim != 1 or held.dtype.kind not in "iu":
        complaint = f"an array {held.shape} of {held.dtype}; expected a vector of integers"
        file.fail(complaint, code="data.wrong-shape")
    return np.minimum(held, np.int64(10**9)).astype(np.int64), []
