"""Chains as rows and columns of a grid: a structured embedding of dense problems.

A column hops upwards over rows, in a sequence that repeats after a period; all columns are one path, shifted by one
cell each. A row is a run of neighbours. Couplers join a row with the same column at several distances, so a run that is
shorter than the number of columns meets all of them, one through each distance. One side of a bipartite problem takes
rows, the other columns; in other problems each spin has a row and a column, joined where they meet. Ends that meet none
are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import networkx
import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.chains import Chains
from chipsim.problems.problem import Problem

# Hops of a column in a period.
MAX_HOPS = 3
# Weaves for which chains are made, of those that promise the fewest cells; fewer if together they have more meetings.
TRIED, MEETINGS = 8, 200_000
Step = tuple[int, int]  # columns and rows


@dataclass(frozen=True)
class Way:
    """Rows and columns of spins: which (row, column) must meet, and their numbers by spin."""

    meetings: list[tuple[int, int]]
    rows: dict[int, int]
    columns: dict[int, int]


@dataclass(frozen=True)
class Run:
    """A row in the first period.

    Attributes:
        x, y: of its first cell.
        length: in cells.
        meets: where it would meet column 0: x of its own cell, and the number of the cell of the column.
    """

    x: int
    y: int
    length: int
    meets: tuple[tuple[int, int], ...]

    def options(self, column: int) -> list[tuple[int, int, int]]:
        """Where it meets a column: (distance from its middle in half cells, x, number of the cell of the column)."""
        here = ((x + column - self.x, number) for x, number in self.meets)
        return [(abs(2 * at + 1 - self.length), at + self.x, number) for at, number in here if 0 <= at < self.length]


@dataclass(frozen=True)
class Weave:
    """How columns pass rows.

    Attributes:
        cells: of column 0 in one period, from (0, 0).
        period: by which rows and columns move from one period to the next.
        runs: rows of a period.
    """

    cells: tuple[Step, ...]
    period: Step
    runs: tuple[Run, ...]

    def cell(self, number: int) -> Step:
        """(x, y) of a cell of column 0 by its number, which may be negative."""
        turn, place = divmod(number, len(self.cells))
        (x, y), (dx, dy) = self.cells[place], self.period
        return x + turn * dx, y + turn * dy

    def cells_for(self, rows: int, columns: int) -> float:
        """About how many cells so many rows and columns take."""
        return sum(run.length for run in self.runs) * rows / len(self.runs) + columns * self.column_cells(rows)

    def column_cells(self, rows: int) -> float:
        """About how many cells a column takes to pass so many rows."""
        return len(self.cells) * rows / len(self.runs)

    def exceeds(self, rows: int, columns: int, fabric: Fabric) -> bool:
        """Whether so many rows and columns cannot fit a fabric, by the distance of the first row from the last."""
        high, wide = fabric.stacked_shape or (0, 0)
        turns = (rows - 1) // len(self.runs)
        return turns * self.period[1] >= high or max(turns * abs(self.period[0]), columns - 1) >= wide


def crossbar(problem: Problem, fabric: Fabric) -> Chains:
    """Cells of each spin.

    Raises:
        ProblemError: the fabric is no grid whose couplers let columns pass rows, or is too small.
    """
    fitting = list(_found(problem, fabric, fits=True))
    if fitting:
        columns = (fabric.stacked_shape or (0, 0))[1]
        return Chains.of([[y * columns + x for x, y in cells] for cells in min(fitting, key=_count)])
    least = min(_found(problem, fabric, fits=False), key=_count, default=None)
    if least is None:
        raise ProblemError(
            "crossbar needs a grid of two dimensions, with couplers between neighbours in a row and couplers that hop "
            "over rows; use mapping: {method: embed}",
            code="chip.no-coupler",
        )
    rows, columns = fabric.stacked_shape or (0, 0)
    size = [max(cell[axis] for cells in least for cell in cells) + 1 for axis in (1, 0)]
    raise ProblemError(
        f'problem "{problem.name}" of {problem.cells:,} spins and {len(problem.coupled):,} couplings takes '
        f"{_count(least):,} cells as rows and columns, on {size[0]} x {size[1]}, but the chip has {rows} x "
        f"{columns}; use a larger fabric.size",
        code="chip.too-small",
    )


def crossbar_cells(problem: Problem, fabric: Fabric) -> int | None:
    """Cells that a problem takes as rows and columns, of a fabric with this pattern; None if it cannot be so."""
    return min(map(_count, _found(problem, fabric, fits=False)), default=None)


def _count(chains: list[list[Step]]) -> int:
    return sum(map(len, chains))


def _found(problem: Problem, fabric: Fabric, fits: bool) -> Iterator[list[list[Step]]]:
    """Cells (x, y) of each spin, by the most promising weaves; of those that fit the fabric, or of any."""
    steps = _steps(fabric) if fabric.shape is not None and len(fabric.shape) == 2 and fabric.copies == 1 else set()
    high, wide = fabric.stacked_shape if fits and fabric.stacked_shape else (0, 0)
    for way in _ways(problem.cells, problem.edges[problem.coupled].tolist()):
        many = len(way.rows), len(way.columns)
        weaves = sorted(_weaves(steps, *many), key=lambda weave, many=many: weave.cells_for(*many))  # type: ignore[misc]
        made = 0
        for weave in weaves:
            if made == TRIED or made * len(way.meetings) > MEETINGS:
                break
            if fits and weave.exceeds(*many, fabric):
                continue
            chains = min((_chains(problem.cells, way, weave, narrow) for narrow in (False, True)), key=_count)
            made += 1
            if not fits or all(x < wide and y < high for cells in chains for x, y in cells):
                yield chains


def _ways(spins: int, edges: Sequence[Sequence[int]]) -> list[Way]:
    """All ways to share rows and columns out."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(spins))
    graph.add_edges_from(edges)
    if not networkx.is_bipartite(graph):
        joined = [(spin, spin) for spin in range(spins)]
        number = {spin: spin for spin in range(spins)}
        return [Way([*joined, *((min(i, j), max(i, j)) for i, j in edges)], number, number)]
    side = networkx.bipartite.color(graph)
    ways = []
    for row in (0, 1):
        rows, columns = ([spin for spin in range(spins) if (side[spin] == row) == own] for own in (True, False))
        row_of, column_of = ({spin: number for number, spin in enumerate(listed)} for listed in (rows, columns))
        pairs = [(i, j) if side[i] == row else (j, i) for i, j in edges]
        ways.append(Way([(row_of[i], column_of[j]) for i, j in pairs], row_of, column_of))
    return ways


def _chains(spins: int, way: Way, weave: Weave, narrow: bool) -> list[list[Step]]:
    """Cells (x, y) of each spin, all from 0 on; `narrow`: rows as short as can be, otherwise columns."""
    along: dict[int, list[int]] = {row: [] for row in way.rows.values()}
    across: dict[int, list[int]] = {column: [] for column in way.columns.values()}
    places: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    middle = weave.column_cells(len(way.rows)) / 2
    for row, column in way.meetings:
        turn, place = divmod(row, len(weave.runs))
        if (place, column) not in places:
            places[place, column] = weave.runs[place].options(column)
        centre = middle - turn * len(weave.cells)
        off = [(far, abs(number - centre), x, number) for far, x, number in places[place, column]]
        _, _, x, number = min(off) if narrow else min(off, key=lambda one: (one[1], one[0]))
        along[row].append(x + turn * weave.period[0])
        across[column].append(number + turn * len(weave.cells))
    chains: list[list[Step]] = []
    for spin in range(spins):
        cells: list[Step] = []
        if spin in way.rows:
            turn, place = divmod(way.rows[spin], len(weave.runs))
            run = weave.runs[place]
            xs = along[way.rows[spin]] or [run.x + turn * weave.period[0]]
            cells += [(x, run.y + turn * weave.period[1]) for x in range(min(xs), max(xs) + 1)]
        if spin in way.columns:
            column = way.columns[spin]
            numbers = across[column] or [0]
            passed = (weave.cell(number) for number in range(min(numbers), max(numbers) + 1))
            cells += [(x + column, y) for x, y in passed]
        chains.append(cells)
    left, top = (min(cell[axis] for cells in chains for cell in cells) for axis in (0, 1))
    return [[(x - left, y - top) for x, y in cells] for cells in chains]


def _weaves(steps: set[Step], rows: int, columns: int) -> Iterator[Weave]:
    """All weaves of columns with few hops."""
    up = sorted(step for step in steps if step[1] > 0)
    if (1, 0) not in steps or not rows or not columns:
        return
    for hops in range(1, MAX_HOPS + 1):
        for order in itertools.product(up, repeat=hops):
            if order == min(order[turn:] + order[:turn] for turn in range(hops)):
                weave = _woven(order, steps, columns)
                if weave is not None:
                    yield weave


def _woven(hops: Sequence[Step], steps: set[Step], columns: int) -> Weave | None:
    """The weave of columns that hop so, with the rows that need the fewest cells; None if no row meets all columns."""
    places = [(0, 0)]
    for dx, dy in hops:
        places.append((places[-1][0] + dx, places[-1][1] + dy))
    period = places.pop()
    bare = Weave(tuple(places), period, ())
    turns = max(abs(dy) for _, dy in steps) // period[1] + 2
    path = {number: bare.cell(number) for number in range(-turns * len(hops), (turns + 1) * len(hops))}
    runs: list[Run] = []
    for y in range(period[1]):
        meets = {(x - dx, number) for number, (x, at) in path.items() for dx, dy in steps if at - dy == y}
        taken = [x for x, at in path.values() if at == y]
        runs += (Run(x, y, length, tuple(sorted(meets))) for x, length in _runs(meets, taken, columns))
    if not runs:
        return None
    runs.sort(key=lambda run: (run.length, run.y, run.x))
    many = np.arange(1, len(runs) + 1)
    best = int(((np.cumsum([run.length for run in runs]) + columns * len(hops)) / many).argmin()) + 1
    return Weave(bare.cells, period, tuple(runs[:best]))


def _runs(meets: set[Step], taken: Sequence[int], columns: int) -> list[Step]:
    """(x, length) of runs in one row that meet all columns, the shortest first, none over another or over a column.

    A run from x of length L meets column c by a meeting at t if x <= t + c < x + L: columns x - t to x - t + L - 1.
    """
    if not meets:
        return []
    at: NDArray[np.int64] = np.array(sorted({x for x, _ in meets}, reverse=True))
    starts = np.arange(at[-1], at[0] + columns)
    first = starts[:, None] - at  # of the columns that each meeting reaches
    following = np.concatenate([first[:, 1:], np.full((len(starts), 1), columns)], axis=1)
    gaps = np.where((following > 0) & (first < columns), np.minimum(following, columns) - first, 0)
    lengths = gaps.max(axis=1)
    free = first[:, 0] <= 0
    for x in taken:
        free &= (starts + lengths <= x) | (starts >= x + columns)
    runs: list[Step] = []
    order = np.lexsort((starts[free], lengths[free]))
    for x, length in zip(starts[free][order].tolist(), lengths[free][order].tolist(), strict=True):
        if all(x + length <= other or x >= other + its for other, its in runs):
            runs.append((x, length))
    return runs


def _steps(fabric: Fabric) -> set[Step]:
    """Displacements (x, y) by which every cell of the grid has a coupler, where the other cell exists."""
    rows, columns = fabric.shape or (0, 0)
    (y, x), (to_y, to_x) = (np.divmod(ends.astype(np.int64), columns) for ends in fabric.edges.T)
    width = 2 * columns
    moved: NDArray[np.int64] = np.concatenate([(to_y - y) * width + to_x - x, (y - to_y) * width + x - to_x])
    found, many = np.unique(moved, return_counts=True)
    down, right = np.divmod(found + columns, width)
    right -= columns
    whole = many == (rows - np.abs(down)) * (columns - np.abs(right))
    return {(int(dx), int(dy)) for dx, dy in zip(right[whole], down[whole], strict=True)}
