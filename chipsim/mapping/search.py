"""Searches for cells: with the least wire, by number, as a window of a grid, as a subgraph, or as chains (minorminer).

Graph searches begin in a small window of a grid and double it, so that wires are short and large chips are searched
quickly. What they find is cached by content.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ChipsimError, ProblemError
from chipsim.files import plain_json, read_bounded, read_cache, write_cache
from chipsim.mapping.chains import Chains
from chipsim.mapping.crossbar import crossbar, crossbar_cells
from chipsim.mapping.place import place
from chipsim.mapping.shorten import couples_every_pair, shortest
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem
from chipsim.sources.cache import cache_root

# Seconds that one window is searched.
TIMEOUT_S = 60
# Largest number of cells in which subgraphs are searched: the solver's memory grows with its square.
MAX_TARGET = 16_384
# Part of the key of the cache: raised when the searches change.
VERSION = 1
_FOUND = TypeAdapter(list[Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1)]])


def chains_of(problem: Problem, fabric: Fabric, spec: MappingSpec) -> Chains:
    """Cells of each spin, by the method of the spec.

    Raises:
        ProblemError: none are found, or a file is malformed.
        ChipsimError: minorminer is not installed.
    """
    if spec.method == "given":
        assert spec.file is not None
        return _given(problem, fabric, Path(spec.file))
    _check_size(problem, fabric)
    if spec.method == "crossbar":
        return crossbar(problem, fabric)
    if spec.method == "place" and couples_every_pair(fabric):
        return Chains.of([[int(cell)] for cell in shortest(problem, fabric, spec.seed)])
    if spec.method == "place":
        simple = _by_number(problem, fabric)
        if simple is not None:
            return Chains.of([[int(cell)] for cell in simple])
    return Chains.of(_cached(problem, fabric, spec))


def least_cells(problem: Problem, fabric: Fabric) -> tuple[int, int]:
    """(cells, degree): a lower bound on the cells of any embedding, and the largest degree D of the fabric.

    c cells in a chain offer c D - 2 (c - 1) couplers to others, so a spin of degree d needs (d - 2) / (D - 2) of them.
    """
    degree = int(fabric.degrees().max(initial=0))
    degrees = np.bincount(problem.edges[problem.coupled].ravel(), minlength=problem.cells)
    if degree <= 2:
        return problem.cells, degree
    return int(np.maximum(1, -(-(degrees - 2) // (degree - 2))).sum()), degree


def _check_size(problem: Problem, fabric: Fabric) -> None:
    least, degree = least_cells(problem, fabric)
    if least > fabric.sites:
        raise ProblemError(
            f'problem "{problem.name}" of {problem.cells:,} spins needs at least {least:,} cells with {degree} '
            f"couplers each (a spin of degree d needs (d - 2) / ({degree} - 2)){_as_crossbar(problem, fabric)}, "
            f"but the chip has {fabric.sites:,}; use a larger fabric.size",
            code="chip.too-small",
        )


def _as_crossbar(problem: Problem, fabric: Fabric) -> str:
    """How many cells rows and columns take, as a part of a sentence."""
    cells = crossbar_cells(problem, fabric)
    return "" if cells is None else f", as rows and columns (method: crossbar) {cells:,}"


def _given(problem: Problem, fabric: Fabric, path: Path) -> Chains:
    """Chains of a file, JSON of label -> list of cells."""
    try:
        held = plain_json(read_bounded(path))
    except ValueError as error:
        raise ProblemError(f"{path}: {error}", code="data.malformed") from None
    except OSError as error:
        raise ProblemError(f"{path}: {error.strerror or error}", code="file.missing") from None
    names = [str(name) for name in problem.names]
    if not isinstance(held, dict):
        raise ProblemError(f'{path}: expected {{"label": [cell, ...], ...}}', code="data.malformed")
    for name, cells in held.items():
        _check_cells(path, name, cells)
    unknown = held.keys() - set(names)
    missing = [name for name in names if name not in held]
    if unknown or missing:
        what = f"no spin {min(unknown)}" if unknown else f"no cells for spin {missing[0]}"
        raise ProblemError(f'{path}: {what} of problem "{problem.name}"', code="data.wrong-values")
    chains = Chains.of([held[name] for name in names])
    try:
        chains.check(problem, fabric)
    except ProblemError as error:
        raise ProblemError(f"{path}: {error}", code=error.code) from None
    return chains


def _check_cells(path: Path, name: str, cells: Any) -> None:
    """Check that the entry of a spin is a list of whole numbers."""
    if not isinstance(cells, list) or not cells:
        complaint = f"expected a list of cells, such as [4, 5], not {json.dumps(cells):.200}"
    else:
        wrong = [cell for cell in cells if type(cell) is not int or abs(cell) >= 2**31]
        if not wrong:
            return
        complaint = f"{json.dumps(wrong[0]):.200} is no cell; write whole numbers from 0"
    raise ProblemError(f"{path}: spin {name:.200}: {complaint}", code="data.malformed")


def _by_number(problem: Problem, fabric: Fabric) -> NDArray[np.int64] | None:
    """The cell of each spin if its number, or its place on the grid, has all couplers; None otherwise."""
    candidates = [np.arange(problem.cells)]
    if problem.shape and fabric.shape and len(problem.shape) == len(fabric.shape):
        sides = zip(problem.shape, fabric.stacked_shape or (), strict=True)
        if all(side <= there for side, there in sides):
            window = np.unravel_index(np.arange(problem.cells), problem.shape)
            candidates.append(np.ravel_multi_index(window, fabric.stacked_shape or ()))
    for cells in candidates:
        spin_of = np.full(fabric.sites, -1)
        spin_of[cells] = np.arange(problem.cells)
        try:
            place(problem, fabric, spin_of)
        except ProblemError:
            continue
        return cells
    return None


def _cached(problem: Problem, fabric: Fabric, spec: MappingSpec) -> list[list[int]]:
    """A search, or what it found before for the same graphs, seed and version."""
    minorminer = _minorminer()
    digest = hashlib.sha256(f"{VERSION} {minorminer.__version__} {spec.method} {spec.seed} ".encode())
    for sites, edges in ((problem.cells, problem.edges[problem.coupled]), (fabric.sites, fabric.edges)):
        digest.update(f"{sites} {fabric.shape} ".encode() + np.ascontiguousarray(edges, np.int32).tobytes())
    path = cache_root() / "embeddings" / f"{digest.hexdigest()[:32]}.json"
    held = _read(path)
    if held is None or not _fits(held, problem, fabric, spec):
        held = _searched(problem, fabric, spec, minorminer)
        write_cache(path, json.dumps(held).encode())
    return held


def _read(path: Path) -> list[list[int]] | None:
    """What an earlier search found; None without a valid file."""
    try:
        return _FOUND.validate_json(read_cache(path) or b"", strict=True)
    except ValueError:
        return None


def _fits(listed: list[list[int]], problem: Problem, fabric: Fabric, spec: MappingSpec) -> bool:
    """Whether these are chains for the problem: anything may stand in a file of the cache."""
    if len(listed) != problem.cells or (spec.method == "place" and max(map(len, listed), default=1) > 1):
        return False
    chains = Chains.of(listed)
    try:
        chains.check(problem, fabric)
    except ProblemError:
        return False
    joined, wanted = (
        np.sort(pairs, axis=1) @ [problem.cells, 1]
        for pairs in (chains.spin_of(fabric.sites)[fabric.edges], problem.edges[problem.coupled])
    )
    return bool(np.isin(wanted, joined).all())


def _searched(problem: Problem, fabric: Fabric, spec: MappingSpec, minorminer: Any) -> list[list[int]]:
    """Search window after window; spins without couplings take what is left."""
    edges = problem.edges[problem.coupled]
    coupled = np.unique(edges)
    least = least_cells(problem, fabric)[0]
    tried = 0
    for sites in _windows(fabric, 2 * least):
        if spec.method == "place" and len(sites) > MAX_TARGET and tried:
            break
        inside = np.isin(fabric.edges, sites).all(axis=1) if len(sites) < fabric.sites else slice(None)
        tried = len(sites)
        found = _search(edges.tolist(), fabric.edges[inside].tolist(), spec, minorminer) if len(edges) else {}
        if len(found) < len(coupled):
            continue
        taken = {cell for cells in found.values() for cell in cells}
        free = (int(cell) for cell in range(fabric.sites) if cell not in taken)
        chains = [sorted(found[spin]) if spin in found else list(_next(free)) for spin in range(problem.cells)]
        if all(chains):
            return chains
    what = "a placement" if spec.method == "place" else "an embedding"
    remedy = "mapping: {method: embed}, or" if spec.method == "place" else "another mapping.seed, or"
    raise ProblemError(
        f'problem "{problem.name}" of {problem.cells:,} spins and {len(edges):,} couplings: {what} in {tried:,} of '
        f"{fabric.sites:,} cells was not found in {TIMEOUT_S} s per window; any embedding needs at least {least:,} "
        f"cells{_as_crossbar(problem, fabric)}; use {remedy} a larger fabric.size",
        code="chip.no-coupler",
    )


def _next(free: Iterator[int]) -> Iterator[int]:
    """At most one of the cells that are left."""
    for cell in free:
        yield cell
        return


def _search(
    source: list[list[int]], target: list[list[int]], spec: MappingSpec, minorminer: Any
) -> dict[int, list[int]]:
    """Cells of each coupled spin; empty if none are found."""
    if spec.method == "embed":
        limits = {"timeout": TIMEOUT_S, "threads": 1}
        found = minorminer.find_embedding(source, target, random_seed=spec.seed, **limits)
        return {spin: list(cells) for spin, cells in found.items()}
    subgraph = importlib.import_module("minorminer.subgraph")
    try:
        cells = subgraph.find_subgraph(source, target, timeout=TIMEOUT_S, seed=spec.seed)
    except RuntimeError:  # a pattern with more nodes than the target
        return {}
    return {spin: [cell] for spin, cell in cells.items()}


def _windows(fabric: Fabric, cells: int) -> Iterator[NDArray[np.int64]]:
    """Sites of growing corners of a grid, from about `cells` of them up to all."""
    everything = np.arange(fabric.sites)
    if fabric.shape is not None and fabric.copies == 1:
        side = math.ceil(cells ** (1 / len(fabric.shape)))
        places = np.stack(np.unravel_index(everything, fabric.shape))
        while side < max(fabric.shape):
            yield everything[(places < side).all(axis=0)]
            side *= 2
    yield everything


def _minorminer() -> Any:
    try:
        return importlib.import_module("minorminer")
    except ImportError:
        raise ChipsimError(
            "searches for cells use minorminer; pip install 'chipsim[embed]', or give chains with mapping.file",
            code="run.no-package",
        ) from None
