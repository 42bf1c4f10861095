"""The G-set and K2000, the usual Max-Cut benchmarks, regenerated bit for bit instead of shipped as files.

G. Rinaldi's generator `rudy` made these graphs from a few numbers each. Its recipe is: Knuth's subtractive random
numbers, four topologies, and adjacency lists that are walked newest arc first. The walk fixes the order of the edges
in the file, and with it which random sign falls on which edge, so that order is kept throughout.

A graph is held as `higher`: for each vertex its neighbours of higher number, oldest arc first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np

from chipsim.errors import ProblemError, did_you_mean
from chipsim.problems.problem import Problem

Edge: TypeAlias = tuple[int, int]
Graph: TypeAlias = list[list[int]]


@dataclass(frozen=True)
class _Family:
    """Graphs of one kind with consecutive numbers; graph k uses seed + stride * k and weight_seed + k."""

    first: int
    kind: str
    vertices: int
    density: float
    seed: int
    weight_seed: int | None
    best_known: tuple[int, ...]


@dataclass(frozen=True)
class _Torus:
    """One periodic grid; without a weight seed all weights are +1."""

    height: int
    width: int
    weight_seed: int | None
    best_known: int


@dataclass(frozen=True)
class _Recipe:
    """Parameters of one graph."""

    kind: str
    size: tuple[int, ...]
    density: float
    seed: int
    weight_seed: int | None
    best_known: int


# A union of two planar graphs takes two seeds, so neighbouring graphs of such a family are two apart.
_STRIDE = {"random": 1, "planar": 2}

# Best published cuts: Benlic and Hao's list (breakout local search, 2013) unless improved since.
_FAMILIES = (
    _Family(1, "random", 800, 6, 8001, None, (11624, 11620, 11622, 11646, 11631)),
    _Family(6, "random", 800, 6, 8001, 8001, (2178, 2006, 2005, 2054, 2000)),
    _Family(14, "planar", 800, 99, 8001, None, (3064, 3050, 3052, 3047)),
    _Family(18, "planar", 800, 99, 8001, 8001, (992, 906, 941, 931)),
    _Family(22, "random", 2000, 1, 20001, None, (13359, 13344, 13337, 13340, 13328)),
    _Family(27, "random", 2000, 1, 20001, 20001, (3341, 3298, 3405, 3413, 3310)),
    _Family(35, "planar", 2000, 99, 20001, None, (7687, 7680, 7691, 7688)),
    _Family(39, "planar", 2000, 99, 20001, 20001, (2408, 2400, 2405, 2481)),
    _Family(43, "random", 1000, 2, 10001, None, (6660, 6650, 6654, 6649, 6657)),
    _Family(51, "planar", 1000, 100, 10001, None, (3848, 3851, 3850, 3852)),
    _Family(55, "random", 5000, 0.1, 50001, None, (10299,)),
    _Family(56, "random", 5000, 0.1, 50001, 50001, (4017,)),
    _Family(58, "planar", 5000, 99, 50001, None, (19293,)),
    _Family(59, "planar", 5000, 99, 50001, 50001, (6086,)),
    _Family(60, "random", 7000, 0.07, 70001, None, (14188,)),
    _Family(61, "random", 7000, 0.07, 70001, 70001, (5796,)),
    _Family(63, "planar", 7000, 99, 70001, None, (27047,)),
    _Family(64, "planar", 7000, 99, 70001, 70001, (8751,)),
    _Family(70, "random", 10000, 0.02, 100001, None, (9591,)),
)

_TORI = {
    11: _Torus(100, 8, 8001, 564),
    12: _Torus(50, 16, 8002, 556),
    13: _Torus(25, 32, 8003, 582),
    32: _Torus(100, 20, 20003, 1410),
    33: _Torus(80, 25, 20002, 1382),
    34: _Torus(50, 40, 20001, 1384),
    48: _Torus(50, 60, None, 6000),
    49: _Torus(30, 100, None, 6000),
    50: _Torus(25, 120, None, 5880),
    57: _Torus(100, 50, 50001, 3494),
    62: _Torus(100, 70, 50001, 4870),
    65: _Torus(100, 80, 80001, 5562),
    66: _Torus(90, 100, 90001, 6364),
    67: _Torus(100, 100, 100001, 6950),
    72: _Torus(100, 100, 10001, 7008),
    77: _Torus(140, 100, 140001, 9940),
    81: _Torus(200, 100, 200001, 14060),
}

# The seed of the published G23 lacks a digit; that of G28, its twin with signs, does not.
_SEED_AS_PUBLISHED = {23: 2002}


def gset_names() -> list[str]:
    """Every graph that `gset_problem` knows: G1 ... G67, G70, G72, G77, G81 and K2000."""
    return list(_RECIPES)


def gset_problem(name: str) -> Problem:
    """Regenerate one graph of the G-set, or K2000, as a Max-Cut problem.

    Args:
        name: one of `gset_names()`, for example "G11".

    Returns:
        A problem with J = -w, zero biases, objective "cut", edges and labels as in the published file, and for a torus
        its grid as `shape` (height, width), label 1 + x * width + y in row x and column y.

    Raises:
        ProblemError: unknown graph.
    """
    if name not in _RECIPES:
        raise ProblemError(
            f'unknown G-set graph "{name}"; {did_you_mean(name, _RECIPES)}', code="problem.unknown-graph"
        )
    recipe = _RECIPES[name]
    higher = _build(recipe)
    edges = np.fromiter(chain.from_iterable(_file_order(higher)), dtype=np.int32).reshape(-1, 2)
    weights = np.ones(len(edges))
    if recipe.weight_seed is not None:
        draw = _KnuthRandom(recipe.weight_seed)
        weights = np.fromiter((2.0 * draw.below(2) - 1.0 for _ in range(len(edges))), dtype=np.float64)
    return Problem(
        name=name,
        edges=edges,
        couplings=-weights,
        biases=np.zeros(len(higher)),
        shape=recipe.size if recipe.kind == "torus" else None,
        objective="cut",
        best_known_cut=float(recipe.best_known),
        labels=np.arange(1, len(higher) + 1),
    )


def canonical_lines(problem: Problem) -> str:
    r"""The body of a rudy file: one line `u v w\n` per edge, vertices 1-based, w = -J, in the order of the edges.

    Whole weights are written as integers, so that the text of a G-set graph is byte for byte the published one.
    """
    rows = zip(problem.edges.tolist(), (-problem.couplings).tolist(), strict=True)
    return "".join(f"{u + 1} {v + 1} {int(w) if w.is_integer() else w}\n" for (u, v), w in rows)


def _all_recipes() -> dict[str, _Recipe]:
    """The tables above as one recipe per name, in order of number."""
    found = {k: _Recipe("torus", (t.height, t.width), 0, 0, t.weight_seed, t.best_known) for k, t in _TORI.items()}
    for family in _FAMILIES:
        for k, best in enumerate(family.best_known):
            seed = _SEED_AS_PUBLISHED.get(family.first + k, family.seed + _STRIDE[family.kind] * k)
            signs = None if family.weight_seed is None else family.weight_seed + k
            found[family.first + k] = _Recipe(family.kind, (family.vertices,), family.density, seed, signs, best)
    recipes = {f"G{number}": found[number] for number in sorted(found)}
    recipes["K2000"] = _Recipe("complete", (2000,), 0, 0, 20001, 33337)
    return recipes


_RECIPES = _all_recipes()


class _KnuthRandom:
    """The generator GB_FLIP of the Stanford GraphBase (Knuth; TAOCP volume 2, section 3.2.2): numbers modulo 2^31."""

    _MODULUS = 1 << 31

    def __init__(self, seed: int) -> None:
        self._state = self._seeded(seed)
        for _ in range(5):
            self._cycle()
        # The fifth cycle's A[55] counts as drawn: the first number handed out is its A[54].
        self._left = 54

    def below(self, bound: int) -> int:
        """A whole number that is uniform on 0 ... bound - 1."""
        limit = self._MODULUS - self._MODULUS % bound
        while True:
            number = self._next()
            if number < limit:
                return number % bound

    @classmethod
    def _seeded(cls, seed: int) -> list[int]:
        """The array A[0..55] before the warm-up cycles; A[0] is not used."""
        state = [0] * 56
        previous, following, shifted = seed, 1, seed
        state[55] = seed
        place = 21
        while place:
            state[place] = following
            following = (previous - following) % cls._MODULUS
            shifted = (shifted >> 1) + ((shifted & 1) << 30)
            following = (following - shifted) % cls._MODULUS
            previous = state[place]
            place = (place + 21) % 55
        return state

    def _cycle(self) -> None:
        """Replace all 55 numbers of the array."""
        state = self._state
        for i in range(1, 25):
            state[i] = (state[i] - state[i + 31]) % self._MODULUS
        for i in range(25, 56):
            state[i] = (state[i] - state[i - 24]) % self._MODULUS
        self._left = 55

    def _next(self) -> int:
        if not self._left:
            self._cycle()
        self._left -= 1
        return self._state[self._left + 1]


def _build(recipe: _Recipe) -> Graph:
    """The graph of a recipe, without weights."""
    if recipe.kind == "torus":
        return _linked(recipe.size[0] * recipe.size[1], _torus(*recipe.size))
    (vertices,) = recipe.size
    if recipe.kind == "complete":
        return [list(range(v + 1, vertices)) for v in range(vertices)]
    if recipe.kind == "random":
        return _linked(vertices, _random(vertices, recipe.density, recipe.seed))
    pair = (_linked(vertices, _planar(vertices, recipe.density, recipe.seed + k)) for k in range(2))
    return _union(*pair)


def _linked(vertices: int, edges: list[Edge]) -> Graph:
    """Insert edges one after the other into an empty graph."""
    higher: Graph = [[] for _ in range(vertices)]
    for u, v in edges:
        higher[min(u, v)].append(max(u, v))
    return higher


def _file_order(higher: Graph) -> Iterator[Edge]:
    """The edges as rudy prints them: lower vertex ascending, and at each vertex the newest arc first."""
    return ((v, u) for v, arcs in enumerate(higher) for u in reversed(arcs))


def _random(vertices: int, density: float, seed: int) -> list[Edge]:
    """Distinct edges drawn until `density` percent of all pairs are there."""
    draw = _KnuthRandom(seed)
    wanted = round(vertices * (vertices - 1) * density / 200)
    edges: dict[Edge, None] = {}
    while len(edges) < wanted:
        u, v = draw.below(vertices), draw.below(vertices)
        if u != v:
            edges[min(u, v), max(u, v)] = None
    return list(edges)


def _torus(height: int, width: int) -> list[Edge]:
    """All edges to the right in row-major order, then all edges down, both wrapping."""
    sites = [(x, y) for x in range(height) for y in range(width)]
    right = [(x * width + y, x * width + (y + 1) % width) for x, y in sites]
    down = [(x * width + y, (x + 1) % height * width + y) for x, y in sites]
    return right + down


def _planar(vertices: int, density: float, seed: int) -> list[Edge]:
    """A random triangulation, thinned to `density` percent of the most edges that a planar graph can have."""
    draw = _KnuthRandom(seed)
    edges = [(0, 1), (0, 2), (1, 2)]
    faces = [(0, 1, 2)]
    for new in range(3, vertices):
        chosen = draw.below(len(faces))
        a, b, c = faces[chosen]
        edges += [(a, new), (b, new), (c, new)]
        faces[chosen] = (a, b, new)
        faces += [(a, c, new), (b, c, new)]
    while len(edges) > density * 3 * (vertices - 2) / 100:
        dropped = draw.below(len(edges))
        edges[dropped] = edges[-1]
        edges.pop()
    return edges


def _union(one: Graph, other: Graph) -> Graph:
    """The edges of both graphs, inserted vertex by vertex, each once."""
    return [list(dict.fromkeys([*reversed(mine), *reversed(theirs)])) for mine, theirs in zip(one, other, strict=True)]
