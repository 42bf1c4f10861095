"""The graph of an array: positions of cells, couplings, and wire lengths.

Wire lengths are in cell pitches. A two-dimensional grid has straight wires, sqrt(dx**2 + dy**2); on a torus the layout
is folded, so that every wire is twice as long and none crosses the chip. A three-dimensional grid and a problem's own
graph are laid out on the plane, and their wires run along rows and columns (Manhattan lengths).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colour_file import read_colours
from chipsim.errors import did_you_mean
from chipsim.memory import available_bytes, show_bytes
from chipsim.problems.problem import Problem
from chipsim.spec.chip import ChipSpec, FabricSpec
from chipsim.spec.document import read_document
from chipsim.spec.model import errors_located_at, fail
from chipsim.spec.presets import preset_root

MAX_SITES = 10**7
MAX_EDGES = 10**8
# Bytes of a cell and of a coupler while a chip is elaborated and compiled, fitted to grids of 10^6 and 5 * 10^6 cells.
CELL_BYTES, COUPLER_BYTES = 64, 60


@dataclass(frozen=True, eq=False)
class Fabric:
    """A placed graph.

    Attributes:
        sites: number of cells.
        shape: grid of each copy, in row-major order, or None.
        edges: (E, 2) int32, each coupled pair once.
        lengths: (E,) float64, in pitches.
        positions: (sites, 2) int32, column and row on the die.
        copies: equal parts without couplers between them, consecutive in `sites` and `edges`.
        colouring: (sites,) int32, colours that the user gives; None where they are to be found.
    """

    sites: int
    shape: tuple[int, ...] | None
    edges: NDArray[np.int32]
    lengths: NDArray[np.float64]
    positions: NDArray[np.int32]
    copies: int = 1
    colouring: NDArray[np.int32] | None = None

    @property
    def stacked_shape(self) -> tuple[int, ...] | None:
        """The grid of all vertically stacked copies, in row-major order."""
        return None if self.shape is None else (self.shape[0] * self.copies, *self.shape[1:])

    def one_copy(self) -> Fabric:
        """The first of the copies."""
        sites, edges = self.sites // self.copies, len(self.edges) // self.copies
        return Fabric(sites, self.shape, self.edges[:edges], self.lengths[:edges], self.positions[:sites])

    def copied(self, copies: int) -> Fabric:
        """This graph `copies` times, arranged in the smallest square."""
        across = math.isqrt(copies - 1) + 1
        number = np.arange(copies, dtype=np.int32)
        steps = np.stack([number % across, number // across], axis=1) * np.int32(self.positions.max(axis=0) + 1)
        return Fabric(
            self.sites * copies,
            self.shape,
            (self.edges + (number * self.sites)[:, None, None]).reshape(-1, 2).astype(np.int32),
            np.tile(self.lengths, copies),
            (self.positions + steps[:, None]).reshape(-1, 2).astype(np.int32),
            copies,
        )

    def wire_pitches(self) -> NDArray[np.float64]:
        """Total length of the wires that each cell drives, (sites,) in pitches: one wire per neighbour."""
        total = np.bincount(self.edges[:, 0], self.lengths, self.sites).astype(np.float64)
        # Not a sum of two sums, which would be rounded differently; and without copies of all edges.
        np.add.at(total, self.edges[:, 1], self.lengths)
        return total

    def degrees(self) -> NDArray[np.int64]:
        """Number of neighbours of each cell."""
        first, second = (np.bincount(ends, minlength=self.sites) for ends in self.edges.T)
        return first + second

    def sides_pitches(self, blocks: int = 1) -> tuple[int, int]:
        """Columns and rows of the array on the die, or of the largest of its blocks."""
        positions = self.positions.reshape(blocks, -1, 2)
        columns, rows = (positions.max(axis=1) - positions.min(axis=1) + 1).max(axis=0).tolist()
        return int(columns), int(rows)

    def mean_distance_pitches(self, blocks: int = 1) -> float:
        """Mean Manhattan distance from a corner to a cell, over which weights are written.

        The corner is that of the die, or of the target block of cells if there are `blocks`.
        """
        positions = self.positions.reshape(blocks, -1, 2)
        corners = positions.min(axis=1, keepdims=True)
        return float((positions - corners).sum(axis=2).mean())


@cache
def known_patterns() -> dict[str, dict[str, Any]]:
    """The named patterns that ship with chipsim, each with its grade and source."""
    patterns: dict[str, dict[str, Any]] = read_document(preset_root() / "chips/patterns/patterns.yaml").value[
        "patterns"
    ]
    return patterns


def build_fabric(chip: ChipSpec, problem: Problem | None) -> Fabric:
    """The fabric of a chip; `problem` gives size or graph if the spec refers to it.

    Raises:
        SpecError: unknown or impossible pattern, a missing problem, or a file of colours that does not fit.
    """
    fabric, file = _graph_of(chip, problem), chip.model.fabric.colouring
    if file is None:
        return fabric
    with errors_located_at(chip.document, ("fabric", "colouring")):
        return replace(fabric, colouring=read_colours(Path(file), fabric.sites))


def _graph_of(chip: ChipSpec, problem: Problem | None) -> Fabric:
    """The fabric without colours."""
    spec = chip.model.fabric
    if spec.source is not None:
        if problem is None:
            raise fail(
                chip.document,
                ("fabric", "from"),
                "takes its graph from the problem; give a workload whose problem has one",
                code="spec.needs-problem",
            )
        coupled = problem.coupled
        # All of them as they are: a problem whose edges are those of its fabric needs no placing.
        edges = problem.edges if len(coupled) == len(problem.edges) else problem.edges[coupled]
        return _from_edges(problem.cells, edges, None)
    if spec.complete is not None:
        _check_memory(chip, spec.complete, math.comb(spec.complete, 2))
        pairs = np.stack(np.triu_indices(spec.complete, 1), axis=1).astype(np.int32)
        return _from_edges(spec.complete, pairs[pairs[:, 1] >= spec.apart], None)
    if spec.uncoupled is not None:
        return _from_edges(spec.uncoupled, np.zeros((0, 2), np.int32), None)
    if spec.edges is not None:
        return _explicit(chip, spec.edges)
    size = _size(chip, problem)
    steps = _displacements(chip, spec, len(size))
    sites = math.prod(size) * spec.copies
    if sites > MAX_SITES:
        complaint = f"{sites:,} cells exceed the limit of {MAX_SITES:,}"
        raise fail(chip.document, ("fabric", "copies"), complaint, code="spec.too-large")
    if sites * len(steps) > MAX_EDGES:
        raise fail(chip.document, ("fabric",), f"more than {MAX_EDGES:,} couplers", code="spec.too-large")
    _check_memory(chip, sites, sites * len(steps))
    grid = _grid(chip, size, steps, spec.borders == "torus")
    return grid if spec.copies == 1 else grid.copied(spec.copies)


def _check_memory(chip: ChipSpec, sites: int, couplers: int) -> None:
    """Refuse a chip that the machine has no memory to elaborate."""
    size, there = sites * CELL_BYTES + couplers * COUPLER_BYTES, available_bytes()
    if there is not None and size > there:
        takes = f"{sites:,} cells x {CELL_BYTES} B + {couplers:,} couplers x {COUPLER_BYTES} B = {show_bytes(size)}"
        complaint = f"takes {takes} of memory; this machine has available {show_bytes(there)}"
        raise fail(chip.document, ("fabric",), complaint, code="spec.too-large")


def _size(chip: ChipSpec, problem: Problem | None) -> tuple[int, ...]:
    spec = chip.model.fabric
    size = spec.size
    if size == "problem":
        if problem is None:
            raise fail(
                chip.document,
                ("fabric", "size"),
                "takes its size from the problem; give a workload, or set a size",
                code="spec.needs-problem",
            )
        if problem.shape is None:
            complaint = f'problem "{problem.name}" does not define a grid; set fabric.size, for example [50, 40]'
            raise fail(chip.document, ("fabric", "size"), complaint, code="spec.needs-problem")
        size = list(problem.shape)
    assert isinstance(size, list)
    if len(size) not in (2, 3):
        raise fail(
            chip.document,
            ("fabric", "size"),
            f"expected [rows, columns] or [planes, rows, columns], got {size}",
            code="spec.wrong-type",
        )
    if math.prod(size) > MAX_SITES:
        raise fail(
            chip.document,
            ("fabric", "size"),
            f"{math.prod(size):,} cells exceed the limit of {MAX_SITES:,}",
            code="spec.too-large",
        )
    return tuple(size)


def _displacements(chip: ChipSpec, spec: FabricSpec, dimensions: int) -> list[tuple[int, ...]]:
    """Displacements of a grid, one of each inverse pair, in x, y[, z] order."""
    key, rules, vectors = "rules", spec.rules, spec.displacements
    if spec.displacements is not None:
        key = "displacements"
    if spec.pattern is not None:
        key = "pattern"
        named = known_patterns().get(spec.pattern)
        if named is None:
            hint = did_you_mean(spec.pattern, known_patterns())
            raise fail(
                chip.document,
                ("fabric", "pattern"),
                f'unknown pattern "{spec.pattern}"; {hint}',
                code="spec.unknown-word",
            )
        rules, vectors = named.get("rules"), named.get("displacements")
    steps: list[tuple[int, ...]] = [(a, b) for a, b in rules or []]
    steps += [(-b, a) for a, b in rules or []]
    steps += [tuple(v) for v in vectors or []]
    for step in steps:
        if len(step) != dimensions:
            complaint = f"{list(step)} has {len(step)} components, but the size has {dimensions} dimensions"
            raise fail(chip.document, ("fabric", key), complaint, code="spec.bad-fabric")
        if not any(step):
            raise fail(chip.document, ("fabric", key), f"{list(step)} couples a cell to itself", code="spec.bad-fabric")
    if len({min(s, tuple(-c for c in s)) for s in steps}) < len(steps):
        raise fail(chip.document, ("fabric", key), "duplicate pair of cells", code="spec.duplicate")
    return steps


def _grid(chip: ChipSpec, size: tuple[int, ...], steps: list[tuple[int, ...]], torus: bool) -> Fabric:
    sites = math.prod(size)
    if torus:
        _check_torus(chip, size, steps)
    index = np.arange(sites, dtype=np.int32).reshape(size)
    positions = _plane(np.indices(size, np.int32).reshape(len(size), -1)[::-1], size[::-1])
    inner = [math.prod(max(0, n - abs(s)) for s, n in zip(step[::-1], size, strict=True)) for step in steps]
    starts = np.cumsum([0, *([sites] * len(steps) if torus else inner)])
    edges, lengths = np.empty((starts[-1], 2), np.int32), np.empty(starts[-1])
    for step, begin, end in zip(steps, starts, starts[1:], strict=False):
        here, there = _wrapped_pairs(index, step[::-1]) if torus else _inner_pairs(index, step[::-1])
        np.minimum(here, there, out=edges[begin:end, 0])
        np.maximum(here, there, out=edges[begin:end, 1])
        if len(size) == 3:
            lengths[begin:end] = np.abs(positions[here] - positions[there]).sum(axis=1)
        else:
            lengths[begin:end] = math.hypot(*step) * (2 if torus else 1)
    return Fabric(sites, size, edges, lengths, positions)


def _inner_pairs(index: NDArray[np.int32], step: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Cells, and those a step away that are on the grid, (pairs,) each, in order of the former."""
    here = tuple(slice(max(0, -s), max(0, n - s)) for s, n in zip(step, index.shape, strict=True))
    there = tuple(slice(max(0, s), max(0, n + s)) for s, n in zip(step, index.shape, strict=True))
    return index[here].ravel(), index[there].ravel()


def _wrapped_pairs(index: NDArray[np.int32], step: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Cells, and those a step away around the torus, (cells,) each."""
    moved = np.roll(index, [-s for s in step], axis=tuple(range(index.ndim)))
    return index.ravel(), moved.ravel()


def _check_torus(chip: ChipSpec, size: tuple[int, ...], steps: list[tuple[int, ...]]) -> None:
    """Steps differ from each other, from their inverses and from 0 also around the torus."""
    found: set[tuple[int, ...]] = set()
    for step in steps:
        there, back = (tuple(sign * s % n for s, n in zip(step[::-1], size, strict=True)) for sign in (1, -1))
        if not any(there):
            complaint = "the grid is too small for its pattern, which couples a cell to itself"
            raise fail(chip.document, ("fabric",), complaint, code="spec.bad-fabric")
        if there == back or there in found:
            complaint = "the grid is too small for its pattern, which couples a pair of cells twice"
            raise fail(chip.document, ("fabric",), complaint, code="spec.bad-fabric")
        found |= {there, back}


def _plane(coordinates: NDArray[np.int32], extent: tuple[int, ...]) -> NDArray[np.int32]:
    """Positions on the die: planes of a 3D grid are arranged in the smallest square."""
    if len(extent) == 2:
        return np.ascontiguousarray(coordinates.T)
    across = math.isqrt(extent[2] - 1) + 1
    tile_x, tile_y = coordinates[2] % across, coordinates[2] // across
    return np.stack([coordinates[0] + tile_x * extent[0], coordinates[1] + tile_y * extent[1]], 1).astype(np.int32)


def _from_edges(sites: int, edges: NDArray[np.int32], lengths: NDArray[np.float64] | None) -> Fabric:
    """Row-major on the smallest square; Manhattan wires unless lengths are given."""
    side = math.isqrt(max(sites - 1, 0)) + 1
    index = np.arange(sites)
    positions = np.stack([index % side, index // side], axis=1).astype(np.int32)
    if lengths is None:
        lengths = np.abs(positions[edges[:, 0]] - positions[edges[:, 1]]).sum(axis=1).astype(np.float64)
    return Fabric(sites, None, edges, lengths, positions)


def _explicit(chip: ChipSpec, listed: list[list[float]]) -> Fabric:
    """`edges: [[0, 1], [1, 2, 3.5]]`: pairs of cells, with an optional wire length in pitches."""
    given = []
    for number, entry in enumerate(listed):
        path = ("fabric", "edges", number)
        whole_pair = len(entry) in (2, 3) and all(v == int(v) and v >= 0 for v in entry[:2])
        if not whole_pair or max(entry[:2]) >= MAX_SITES:
            raise fail(
                chip.document,
                path,
                f"expected [cell, cell] or [cell, cell, length in pitches], got {entry}",
                code="spec.wrong-type",
            )
        if entry[0] == entry[1]:
            raise fail(chip.document, path, f"couples cell {int(entry[0])} to itself", code="spec.bad-fabric")
        if len(entry) == 3 and not entry[2] > 0:
            raise fail(chip.document, path, f"wire length {entry[2]} must be positive", code="spec.out-of-range")
        given.append(entry[2] if len(entry) == 3 else math.nan)
    edges = np.sort(np.array([entry[:2] for entry in listed], np.int32).reshape(-1, 2), axis=1)
    sites = int(edges.max(initial=0)) + 1
    if len(np.unique(edges, axis=0)) < len(edges):
        complaint = "a pair of cells is coupled twice"
        raise fail(chip.document, ("fabric", "edges"), complaint, code="spec.bad-fabric")
    fabric = _from_edges(sites, edges, None)
    lengths = np.where(np.isnan(given), fabric.lengths, given)
    return Fabric(sites, None, edges, lengths, fabric.positions)
