"""Chains as rows and columns of a grid: a structured embedding of dense problems.

A row is a run of neighbours. A column hops over rows by longer couplers, in a sequence that returns to its column after
a period, and meets each row that it skips through one coupler. One side of a bipartite problem takes rows, the other
columns; in other problems each spin has a row and a column, joined where they meet. Ends that meet none are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import networkx
import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.chains import Chains
from chipsim.problems.problem import Problem

# Hops of a column before it returns.
MAX_HOPS = 5
Step = tuple[int, int]  # columns and rows
Meeting = tuple[int, int]  # a row and a column that must be coupled


@dataclass(frozen=True)
class Way:
    """Rows and columns of spins: which must meet, and whether a spin is a "row", a "column" or "both"."""

    meetings: list[Meeting]
    roles: list[str]


@dataclass(frozen=True)
class Weave:
    """How columns pass rows.

    Attributes:
        cells: of a column in one period, (x, y) from its first cell; the next period begins `period` rows further.
        rows: the rows of a period that it skips.
        period: in rows.
        steps: couplers of each cell to others, as displacements.
    """

    cells: tuple[Step, ...]
    rows: tuple[int, ...]
    period: int
    steps: tuple[Step, ...]

    def row(self, number: int) -> int:
        """Y of a row by its number."""
        return number // len(self.rows) * self.period + self.rows[number % len(self.rows)]

    def cell(self, number: int) -> Step:
        """(x, y) of a cell of column 0 by its number, which may be negative."""
        x, y = self.cells[number % len(self.cells)]
        return x, y + number // len(self.cells) * self.period

    def meeting(self, row: int) -> tuple[int, int]:
        """Number of the cell of column 0 that is coupled with a row, and the x at which the coupler ends."""
        y, span = self.row(row), len(self.cells)
        near = y // self.period * span
        for step in sorted(self.steps, key=lambda step: abs(step[1])):
            for number in range(near - 2 * span, near + 3 * span):
                x, at = self.cell(number)
                if at + step[1] == y:
                    return number, x + step[0]
        raise AssertionError("every row of a weave is met")


def crossbar(problem: Problem, fabric: Fabric) -> Chains:
    """Cells of each spin.

    Raises:
        ProblemError: the fabric is no grid whose couplers let columns pass rows, or is too small.
    """
    found = _found(problem, fabric)
    if not found:
        raise ProblemError(
            "crossbar needs a grid of two dimensions, with couplers between neighbours in a row and couplers that hop "
            "over rows; use mapping: {method: embed}",
            code="chip.no-coupler",
        )
    rows, columns = fabric.stacked_shape or (0, 0)
    fitting = [chains for chains in found if max(y for c in chains for _, y in c) < rows]
    fitting = [chains for chains in fitting if max(x for c in chains for x, _ in c) < columns]
    if not fitting:
        least = min(found, key=lambda chains: sum(map(len, chains)))
        size = [max(cell[axis] for cells in least for cell in cells) + 1 for axis in (1, 0)]
        raise ProblemError(
            f'problem "{problem.name}" of {problem.cells:,} spins and {len(problem.coupled):,} couplings takes '
            f"{sum(map(len, least)):,} cells as rows and columns, on {size[0]} x {size[1]}, but the chip has {rows} x "
            f"{columns}; use a larger fabric.size",
            code="chip.too-small",
        )
    best = min(fitting, key=lambda chains: sum(map(len, chains)))
    return Chains.of([[y * columns + x for x, y in cells] for cells in best])


def crossbar_cells(problem: Problem, fabric: Fabric) -> int | None:
    """Cells that a problem takes as rows and columns, of a fabric with this pattern; None if it cannot be so."""
    return min((sum(map(len, chains)) for chains in _found(problem, fabric)), default=None)


def _found(problem: Problem, fabric: Fabric) -> list[list[list[Step]]]:
    """Cells (x, y) of each spin, for each way to share rows and columns out; none without a weave."""
    weave = _weave(fabric)
    if weave is None:
        return []
    edges = problem.edges[problem.coupled].tolist()
    return [_chains(problem.cells, way, weave) for way in _ways(problem.cells, edges)]


def _ways(spins: int, edges: Sequence[Sequence[int]]) -> list[Way]:
    """All ways to share rows and columns out."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(spins))
    graph.add_edges_from(edges)
    if not networkx.is_bipartite(graph):
        joined = [(spin, spin) for spin in range(spins)]
        return [Way([*joined, *((min(i, j), max(i, j)) for i, j in edges)], ["both"] * spins)]
    side = networkx.bipartite.color(graph)
    ways = []
    for row in (0, 1):
        meetings = [(i, j) if side[i] == row else (j, i) for i, j in edges]
        ways.append(Way(meetings, ["row" if side[spin] == row else "column" for spin in range(spins)]))
    return ways


def _chains(spins: int, way: Way, weave: Weave) -> list[list[Step]]:
    """Cells (x, y) of each spin, all from 0 on."""
    meetings, roles = way.meetings, way.roles
    is_row, is_column = ([role in (own, "both") for role in roles] for own in ("row", "column"))
    row_of = {spin: number for number, spin in enumerate(spin for spin in range(spins) if is_row[spin])}
    column_of = {spin: number for number, spin in enumerate(spin for spin in range(spins) if is_column[spin])}
    along: dict[int, list[int]] = {spin: [] for spin in range(spins)}
    across: dict[int, list[int]] = {spin: [] for spin in range(spins)}
    for row, column in meetings:
        number, x = weave.meeting(row_of[row])
        along[row].append(x + column_of[column])
        across[column].append(number)
    chains: list[list[Step]] = []
    for spin in range(spins):
        cells: list[Step] = []
        if is_row[spin]:
            xs = along[spin] or [0]
            cells += [(x, weave.row(row_of[spin])) for x in range(min(xs), max(xs) + 1)]
        if is_column[spin]:
            numbers = across[spin] or [0]
            for number in range(min(numbers), max(numbers) + 1):
                x, y = weave.cell(number)
                cells.append((x + column_of[spin], y))
        chains.append(cells)
    left, top = (min(cell[axis] for cells in chains for cell in cells) for axis in (0, 1))
    return [[(x - left, y - top) for x, y in cells] for cells in chains]


def _weave(fabric: Fabric) -> Weave | None:
    """The weave with the fewest cells for each row that a column passes; None if there is none."""
    steps = _steps(fabric) if fabric.shape is not None and len(fabric.shape) == 2 and fabric.copies == 1 else set()
    up = sorted(step for step in steps if step[1] > 0)
    best: Weave | None = None
    for hops in range(1, MAX_HOPS + 1) if (1, 0) in steps else ():
        for chosen in itertools.combinations_with_replacement(up, hops):
            if sum(step[0] for step in chosen):
                continue
            for order in sorted(set(itertools.permutations(chosen))):
                weave = _woven(order, steps)
                if weave and (best is None or len(weave.cells) / len(weave.rows) < len(best.cells) / len(best.rows)):
                    best = weave
    return best


def _woven(hops: Sequence[Step], steps: set[Step]) -> Weave | None:
    """The weave of a column that hops so; None unless a coupler leads to every row that it skips."""
    cells = [(0, 0)]
    for x, y in hops:
        cells.append((cells[-1][0] + x, cells[-1][1] + y))
    period = cells.pop()[1]
    own = {y for _, y in cells}
    met = {(y + step[1]) % period for _, y in cells for step in steps}
    rows = tuple(row for row in range(period) if row not in own)
    return Weave(tuple(cells), rows, period, tuple(sorted(steps))) if rows and set(rows) <= met else None


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
