"""Training from Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from chipsim.files import check_writable
from chipsim.prices.scopes import Scope
from chipsim.results.result import Run
from chipsim.runs import train as units
from chipsim.runs.plan import plan, whole
from chipsim.runs.specs import ChipLike, WorkloadLike
from chipsim.spec.compose import Given


def train(
    chip: ChipLike,
    workload: WorkloadLike,
    path: str | PathLike[str],
    *,
    set: Mapping[str, Any] | None = None,
    seed: int = 0,
    threads: int | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
    progress: Callable[[units.Progress], None] | None = None,
) -> Run:
    """Train the weights of a workload with a chip as the sampler, as `chipsim train` does.

    Args:
        chip: preset name, file, dict or `Chip`.
        workload: preset name, file, dict or `Workload`.
        path: file for the weights, written after each unit (an epoch of a layer); an interrupted training of the same
            chip, workload and seed resumes from it.
        set: path -> value, as `--set` takes them.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes; None for one per available core.
        prices: price table instead of the chip's own: preset name, file or dict.
        scope: what totals count: "fabric", "chip" or "system".
        progress: called with each finished unit, and the numbers of finished and of all units.

    Returns:
        The training so far: weights in `arrays`, energies in joules and times in seconds of all of it.

    Raises:
        RunError: the workload cannot be trained, or the file holds something else.
        ChipsimError: with place, rule and remedy.

    Example:
        >>> import chipsim, numpy as np
        >>> np.save("grey.npy", (np.indices((40, 6, 6)).sum(0) % 4 < 2).astype(np.float32))
        >>> grid = {"fabric.size": [12, 12], "images.source": "grey.npy", "images.size": [6, 6], "noise": [1.0]}
        >>> short = {"training.epochs": 1, "training.steps": 1, "training.batch": 4, "generation.weights": None}
        >>> run = chipsim.train("dtca-70", "fashion-dtm-small", "weights.h5", set={**grid, **short})
        >>> len(run.summary["training"])
        1
    """
    ready, target = plan(chip, workload, set, prices, scope), Path(path)
    check_writable(target)
    return units.train(ready, target, whole("seed", seed), threads, progress)
