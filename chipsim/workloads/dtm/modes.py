"""Slow modes of a layer: r_yy[K] of the principal components of its own samples, and of its slowest cell, by input.

A random projection mixes all modes, so one slow mode hardly shows in it. Here, half of the chains of an input find what
varies most and which cell is slowest, and the other half measure these: the largest of many noisy figures would not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.rounding import rounded
from chipsim.statistics.convergence import autocorrelation
from chipsim.workloads.dtm.features import principal_components
from chipsim.workloads.sections import Column, Fact, Table

COMPONENTS = 4
# Inputs at the end of a training, and chains of each input, half of which find the modes; a multiple of 64.
INPUTS, CHAINS = 16, 64
# Below this variance a component holds nothing but rounding.
SMALLEST = 1e-9


@dataclass(frozen=True, eq=False)
class SlowModes:
    """r_yy[K] by input, each (inputs,).

    Attributes:
        components: of the slowest of the first `COMPONENTS` principal components.
        cells: of the cell with the largest autocovariance.
        unrelated: of the slowest component again, but with K sweeps later another chain of the same input in place of
            the same one: what chance alone gives.
    """

    components: NDArray[np.float64]
    cells: NDArray[np.float64]
    unrelated: NDArray[np.float64]

    def figures(self) -> dict[str, Any]:
        """Number of inputs, worst and median over them."""
        return {
            "inputs": len(self.components),
            "component_worst": float(self.components.max()),
            "component_median": float(np.median(self.components)),
            "cell_worst": float(self.cells.max()),
            "cell_median": float(np.median(self.cells)),
            "chance_worst": float(self.unrelated.max()),
        }


def slow_modes(inputs: Iterable[NDArray[np.int8]], lag: int) -> SlowModes:
    """The slow modes of a layer.

    Args:
        inputs: for each input the spins of its chains, (times, chains, cells) of -1 and +1.
        lag: K in steps of the times.
    """
    found = np.array([_of_input(spins, lag) for spins in inputs])
    return SlowModes(*found.T)


def _of_input(spins: NDArray[np.int8], lag: int) -> tuple[float, float, float]:
    half, cells = spins.shape[1] // 2, spins.shape[2]
    finding, measuring = spins[:, :half], spins[:, half:]
    components = principal_components(finding.reshape(-1, cells) > 0, COMPONENTS)
    seen = components.features(measuring.reshape(-1, cells) > 0)
    series = seen.reshape(*measuring.shape[:2], -1).astype(float)
    slowest = measuring[..., _slowest_cell(finding, lag), None].astype(float)
    return _largest(series, lag), _largest(slowest, lag), _largest(_unrelated(series), lag)


def _slowest_cell(spins: NDArray[np.int8], lag: int) -> int:
    """The cell with the largest autocovariance; by correlation it would be one that hardly ever flips."""
    apart = spins - spins.mean(axis=(0, 1), dtype=np.float32)
    return int(np.einsum("tcn,tcn->n", apart[: len(apart) - lag], apart[lag:]).argmax())


def _largest(series: NDArray[np.float64], lag: int) -> float:
    """Largest autocorrelation of series (times, chains, many); 1 if nothing varies."""
    varying = (one for one in np.moveaxis(series, 2, 0) if one.var() > SMALLEST)
    return max((autocorrelation(one[:, None], lag) for one in varying), default=1.0)


def _unrelated(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same values, but those of a chain at different times come from different chains."""
    return np.array([np.roll(now, time, axis=0) for time, now in enumerate(series)])


def mode_facts(modes: Sequence[Mapping[str, Any]]) -> Iterator[Fact]:
    """The slowest mode of all layers, from their `SlowModes.figures`."""
    if modes:
        slowest = max(range(len(modes)), key=lambda layer: float(modes[layer]["component_worst"]))
        found = modes[slowest]
        note = (
            f"at K sweeps in layer {slowest + 1}: slowest of {COMPONENTS} principal components, worst of "
            f"{found['inputs']} inputs; {rounded(found['component_median'], '.3f')} in the median input; "
            f"{rounded(found['chance_worst'], '.3f')} by chance"
        )
        yield Fact("slow mode r_yy[K]", found["component_worst"], note=note, digits=3)


def mode_tables(modes: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """The figures of all layers."""
    if modes:
        title = (
            f"r_yy[K] of the slowest of {COMPONENTS} principal components of a layer's samples, and of its slowest "
            f"cell, over {modes[0]['inputs']} inputs; of {CHAINS} chains each, half find the modes, half measure them"
        )
        names = ("component, worst", "component, median", "cell, worst", "cell, median", "component by chance, worst")
        keys = ("component_worst", "component_median", "cell_worst", "cell_median", "chance_worst")
        rows = tuple((layer, *(found[key] for key in keys)) for layer, found in enumerate(modes, 1))
        yield Table(title, (Column("layer"), *map(Column, names)), rows)
