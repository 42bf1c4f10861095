"""What a page and a figure of a sweep show of many points: a bounded number of rows, marks and tiles.

A page of 100,000 points shows no more than these; `sweep.csv` has all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.statistics.selection import spread

# Rows of the table of a page.
MAX_ROWS = 1_000
# Marks of a curve, of a front, and values along an axis of words.
MAX_MARKS = 400
MAX_WORDS = 40
# Labelled values of a logarithmic axis.
MAX_TICKS = 7
# Points of a front with a label.
MAX_LABELS = 12
# Tiles of a heat map along each axis.
MAX_TILES = 24
# Axes that get response curves, and fields of the plane of two metrics with one point each.
MAX_CURVES = 12
FIELDS = (100, 60)


def one_a_field(x: Sequence[float], y: Sequence[float], logs: tuple[bool, bool]) -> NDArray[np.int64]:
    """Numbers of the points to be drawn: all of few, of many one in each field of the plane that has any."""
    if len(x) <= FIELDS[0] * FIELDS[1]:
        return np.arange(len(x))
    fields = np.zeros(len(x), np.int64)
    for values, log, number in zip((x, y), logs, FIELDS, strict=True):
        places = np.log(np.array(values, float)) if log else np.array(values, float)
        low, high = places.min(), places.max()
        share = (places - low) / (high - low) if high > low else np.zeros(len(places))
        fields = fields * number + np.minimum((share * number).astype(np.int64), number - 1)
    return np.sort(np.unique(fields, return_index=True)[1])


def rows_of_page(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table of a page: all of few; of many the reference, the best, the front, failures, then the first."""
    rows = table["rows"]
    if len(rows) <= MAX_ROWS:
        return list(rows)
    first = [i for i, row in enumerate(rows) if row["point"] == table["reference"]]
    best = [] if table["best"] is None else [table["best"]]
    failed = [i for i, row in enumerate(rows) if row["status"] == "failed"]
    wanted = [*first, *best, *spread(table["front"], MAX_ROWS // 2), *spread(failed, MAX_ROWS // 10)]
    chosen = dict.fromkeys([*wanted, *range(MAX_ROWS)])
    return [rows[i] for i in sorted(list(chosen)[:MAX_ROWS])]


def left_out(table: dict[str, Any]) -> list[str]:
    """What the page of a large sweep leaves out, in sentences; nothing for a small one."""
    rows, out = len(table["rows"]), []
    if rows > MAX_ROWS:
        out.append(
            f"The table has {MAX_ROWS:,} of {rows:,} rows: the reference, the best, the front and failures, or some of "
            "them, then the first ones. sweep.csv has all."
        )
    if rows > FIELDS[0] * FIELDS[1]:
        out.append(f"Of the points in the plane of two metrics, one is drawn for all within {_share()} of it.")
    if len(table["front"]) > MAX_MARKS:
        out.append(f"Of the front, {MAX_MARKS:,} of {len(table['front']):,} points are drawn.")
    for axis in table["axes"]:
        number, words = len(axis["numbers"]), any(value is None for value in axis["numbers"].values())
        most = MAX_WORDS if words else MAX_MARKS
        if number > most:
            out.append(f"Curves over {axis['path']} have {most:,} of its {number:,} values.")
        if number > MAX_TILES:
            tile = math.ceil(number / MAX_TILES)
            out.append(f"In a heat map, a tile is the mean over up to {tile:,} values of {axis['path']}.")
    if len(table["axes"]) > MAX_CURVES:
        out.append(f"Curves are drawn over the first {MAX_CURVES} of {len(table['axes'])} axes.")
    return out


def _share() -> str:
    return f"1/{FIELDS[0]} of the width and 1/{FIELDS[1]} of the height"
