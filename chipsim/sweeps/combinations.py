"""Combinations of axis values: the full grid, or random points without repeats.

Zipped axes move together: they take their first values in the same points, then their second, and so on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chipsim.spec.model import fail
from chipsim.sweeps.axes import Axis
from chipsim.sweeps.spec import RandomPoints, SweepSpec

MAX_POINTS = 100_000
# Consecutive draws without a new point after which the space counts as exhausted.
MAX_REPEATS = 10_000

Values = tuple[Any, ...]


def combinations(sweep: SweepSpec) -> Iterator[Values]:
    """Values of all axes for each point.

    Raises:
        SpecError: too many points.
    """
    groups = grouped(sweep)
    if isinstance(sweep.model.points, RandomPoints):
        yield from _drawn(sweep.axes, groups, sweep.model.points)
        return
    number = math.prod(len(group[0].values) for group in groups)
    if number > MAX_POINTS:
        complaint = f"{number:,} points exceed the limit of {MAX_POINTS:,}"
        raise fail(sweep.document, ("axes",), complaint, code="spec.too-large")
    steps = itertools.product(*(range(len(group[0].values)) for group in groups))
    for chosen in steps:
        found = {axis.path: axis.values[k] for group, k in zip(groups, chosen, strict=True) for axis in group}
        yield tuple(found[axis.path] for axis in sweep.axes)


def grouped(sweep: SweepSpec) -> list[list[Axis]]:
    """Axes that move together, in the order of the file."""
    axes = {axis.path: axis for axis in sweep.axes}
    groups = []
    for path in axes:
        together = next((group for group in sweep.zipped if path in group), (path,))
        if path == next(other for other in axes if other in together):
            groups.append([axes[other] for other in together])
    return groups


def _drawn(axes: Sequence[Axis], groups: list[list[Axis]], wanted: RandomPoints) -> Iterator[Values]:
    """Distinct points, as many as requested or as exist."""
    there_are = math.prod(group[0].count for group in groups)
    seen: set[str] = set()
    repeats = 0
    for shares in _shares(len(groups), wanted):
        if len(seen) >= min(wanted.random, there_are) or repeats > MAX_REPEATS:
            return
        found = {axis.path: axis.at(share) for group, share in zip(groups, shares, strict=True) for axis in group}
        values = tuple(found[axis.path] for axis in axes)
        key = repr([axis.key(value) for axis, value in zip(axes, values, strict=True)])
        repeats = repeats + 1 if key in seen else 0
        if key not in seen:
            seen.add(key)
            yield values


def _shares(dimensions: int, wanted: RandomPoints) -> Iterator[Sequence[float]]:
    """Points of the unit cube: a design of the requested size, then independent ones to replace repeats."""
    random = np.random.default_rng(wanted.seed)
    if wanted.method != "independent":
        from scipy.stats import qmc  # half a second and more to import

        kind = qmc.LatinHypercube if wanted.method == "latin-hypercube" else qmc.Sobol
        # Sobol points are balanced in powers of two; for other numbers the first ones are used.
        sampler = kind(dimensions, rng=np.random.default_rng(wanted.seed))
        number = wanted.random if wanted.method == "latin-hypercube" else 2 ** math.ceil(math.log2(wanted.random))
        yield from sampler.random(number)[: wanted.random].tolist()
    while True:
        yield random.random(dimensions).tolist()
