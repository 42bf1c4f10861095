"""The graph of an array from its spec: edges, lengths of wires, classes of cells. See "Wires" of docs/physics.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from support_quantities import si
from support_spec import ROOT, Specs

Pairs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plane:
    """Sites, coupled pairs with lengths of their wires in pitches, and (column, row) of each site."""

    sites: int
    pairs: Pairs
    lengths: NDArray[np.float64]
    positions: Pairs

    def wires(self) -> NDArray[np.float64]:
        """Summed length of the wires of each cell, in pitches."""
        out = np.zeros(self.sites)
        for end in (0, 1):
            np.add.at(out, self.pairs[:, end], self.lengths)
        return out

    def longer_side(self, containers: int) -> int:
        """Of the array or of the part of it in a container, in pitches."""
        blocks = self.positions.reshape(containers, -1, 2)
        return int((blocks.max(axis=1) - blocks.min(axis=1) + 1).max())


def plane_of(specs: Specs, problem_pairs: Pairs | None, problem_sites: int) -> Plane:
    """The plane that a chip file describes; `from: problem` takes the pairs of the problem."""
    fabric = specs.chip["fabric"]
    if fabric.get("complete"):
        pairs = np.array([(i, j) for i in range(fabric["complete"]) for j in range(i + 1, fabric["complete"])])
        return _on_a_square(fabric["complete"], pairs)
    if fabric.get("uncoupled"):
        return _on_a_square(fabric["uncoupled"], np.zeros((0, 2), np.int64))
    if fabric.get("from") == "problem":
        assert problem_pairs is not None
        return _on_a_square(problem_sites, problem_pairs)
    return _copies(_grid(fabric["size"], _steps(fabric), fabric.get("borders", "open") == "torus"), fabric)


def _copies(one: Plane, fabric: dict[str, Any]) -> Plane:
    """Copies of a grid stand side by side, in the smallest square."""
    many = fabric.get("copies", 1)
    across, step = math.ceil(math.sqrt(many)), one.positions.max(axis=0) + 1
    places = [np.array([k % across, k // across]) * step for k in range(many)]
    pairs = np.concatenate([one.pairs + k * one.sites for k in range(many)])
    positions = np.concatenate([one.positions + place for place in places])
    return Plane(one.sites * many, pairs, np.tile(one.lengths, many), positions)


def _on_a_square(sites: int, pairs: Pairs) -> Plane:
    side = math.ceil(math.sqrt(sites))
    positions = np.array([(site % side, site // side) for site in range(sites)])
    lengths = np.abs(positions[pairs[:, 0]] - positions[pairs[:, 1]]).sum(axis=1).astype(float)
    return Plane(sites, pairs, lengths, positions)


def _steps(fabric: dict[str, Any]) -> list[tuple[int, int]]:
    if fabric.get("pattern"):
        patterns = yaml.safe_load((ROOT / "chips/patterns/patterns.yaml").read_text())["patterns"]
        fabric = patterns[fabric["pattern"]]
    rules = fabric.get("rules") or []
    turned = [(a, b) for a, b in rules] + [(-b, a) for a, b in rules]
    return turned + [(dx, dy) for dx, dy in fabric.get("displacements") or []]


def _grid(size: list[int], steps: list[tuple[int, int]], torus: bool) -> Plane:
    rows, columns = size
    pairs, lengths = [], []
    for dx, dy in steps:
        for y in range(rows):
            for x in range(columns):
                u, v = x + dx, y + dy
                if torus:
                    u, v = u % columns, v % rows
                elif not (0 <= u < columns and 0 <= v < rows):
                    continue
                pairs.append((y * columns + x, v * columns + u))
                lengths.append(math.hypot(dx, dy) * (2 if torus else 1))
    positions = np.array([(x, y) for y in range(rows) for x in range(columns)])
    return Plane(rows * columns, np.array(pairs), np.array(lengths), positions)


def classes_of(plane: Plane, coupler: dict[str, Any]) -> tuple[list[float], NDArray[np.int64]]:
    """(farads of each class, class of each site): cells whose wires have the same capacitance, smallest first."""
    farads = plane.wires() * si(coupler["pitch"]) * si(coupler["capacitance_per_length"])
    order = np.argsort(farads, kind="stable")
    rise = np.diff(farads[order], prepend=farads[order[0]]) > 1e-9 * farads.max()
    number = np.empty(plane.sites, np.int64)
    number[order] = np.cumsum(rise)
    return [float(farads[number == k].mean()) for k in range(number.max() + 1)], number
