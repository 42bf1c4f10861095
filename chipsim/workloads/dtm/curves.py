"""Learning curves of a denoising training: fit of each layer, and distance of drawn images from the data, by epoch.

They are arrays of the result: `fit_layer_K` with `fit_epochs_K` for layer K, `distance` with `distance_epochs`. A layer
that starts from zero has the fit of the noise alone at epoch 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.workloads.sections import Column, Curve, Series, Table

FIT = "fit_layer_"


class Curves:
    """The curves so far.

    Args:
        layers: number of layers.
        starts: fit of each layer at epoch 0; none where a training starts from other weights.
    """

    def __init__(self, layers: int, starts: Sequence[float] = ()) -> None:
        self.first = 0 if starts else 1
        self.fits: list[list[float]] = [[start] for start in starts] or [[] for _ in range(layers)]
        self.distances: list[float] = []

    def resume(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the curves of a result."""
        for layer, _ in enumerate(self.fits, 1):
            self.fits[layer - 1] = arrays.get(f"{FIT}{layer}", np.array(self.fits[layer - 1])).tolist()
        self.distances = arrays["distance"].tolist()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays of the result."""
        out: dict[str, NDArray[Any]] = {}
        for layer, fits in enumerate(self.fits, 1):
            if fits:
                out[f"{FIT}{layer}"] = np.array(fits)
                out[f"fit_epochs_{layer}"] = self.first + np.arange(len(fits))
        return out | {"distance": np.array(self.distances), "distance_epochs": 1 + np.arange(len(self.distances))}

    def stale_epochs(self) -> int:
        """Completed epochs since that with the best mean fit of all layers."""
        means = np.mean([fits[: min(map(len, self.fits))] for fits in self.fits], axis=0)
        return len(means) - 1 - int(np.argmin(means)) if len(means) else 0


def curve_sections(arrays: Mapping[str, NDArray[Any]]) -> Iterator[Curve | Table]:
    """A figure and a table of the curves of a result; nothing without any."""
    layers = sorted(int(name.removeprefix(FIT)) for name in arrays if name.startswith(FIT))
    if not layers:
        return
    fits = tuple(Series(f"layer {k}", f"{FIT}{k}", x=f"fit_epochs_{k}") for k in layers)
    drawn = len(arrays["distance"]) > 0
    apart = (Series("distance of drawn images", "distance", x="distance_epochs", right=True),) if drawn else ()
    yield Curve(
        title="Learning curve",
        x="epoch",
        y="fit to held-out images (bit per pixel)",
        series=(*apart, *fits),
        right="Frechet distance" if drawn else "",
    )
    columns = (Column("epoch"), *(Column(f"fit of layer {k}") for k in layers), Column("distance"))
    last = max(int(arrays[f"fit_epochs_{k}"][-1]) for k in layers)
    rows = tuple(tuple(_row(arrays, layers, epoch)) for epoch in range(int(arrays["fit_epochs_1"][0]), last + 1))
    yield Table("Learning curve: bits per pixel to reconstruct held-out images, lower is better", columns, rows)


def _row(arrays: Mapping[str, NDArray[Any]], layers: Sequence[int], epoch: int) -> Iterator[float | int | None]:
    yield epoch
    for name in (*(f"{FIT}{k}" for k in layers), "distance"):
        epochs = arrays["distance_epochs" if name == "distance" else name.replace(FIT, "fit_epochs_")]
        found = np.flatnonzero(epochs == epoch)
        yield float(arrays[name][found[0]]) if len(found) else None
