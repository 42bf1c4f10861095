"""Small sweeps: their files, and workers that are this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from support_chips import chip_text, workload_text, write_files

from chipsim.sweeps.executors import InProcess, Workers

SWEEP = """chipsim: 1
name: small
chip: {chip}
workload: {workload}
axes:
{axes}
metrics: [{metrics}]
{more}
"""
SAMPLING = "mode: sample, beta: 0.3, sweeps: 200"
METRICS = "joules_per_effective_sample, seconds_per_effective_sample, energy_j"


def write_sweep(folder: Path, axes: dict[str, str], more: str = "", metrics: str = METRICS, **files: Any) -> Path:
    """A sweep over a small chip, with its files in a folder."""
    schedule = files.pop("schedule", SAMPLING)
    chip_fabric = files.pop("fabric_of_chip", "pattern: square, size: [4, 4]")
    texts = {"chip": chip_text(fabric=chip_fabric), "workload": workload_text(schedule=schedule)}
    chip, workload = write_files(folder, **texts)
    lines = "\n".join(f"  {path}: {values}" for path, values in axes.items())
    path = folder / "sweep.yaml"
    path.write_text(SWEEP.format(chip=chip, workload=workload, axes=lines, metrics=metrics, more=more))
    return path


@contextmanager
def inline_workers(name: str, jobs: int) -> Iterator[Workers]:
    yield Workers(InProcess(), 1)


def brute_force_front(rows: list[dict[str, Any]], metrics: list[str], maximise: list[str]) -> list[int]:
    """Numbers of the rows that no other row beats, each compared with each."""

    def costs(row: dict[str, Any]) -> list[float] | None:
        found = [row[m] if m not in maximise else None if row[m] is None else -row[m] for m in metrics]
        return found if all(cost is not None and np.isfinite(cost) for cost in found) else None

    known = {i: cost for i, row in enumerate(rows) if (cost := costs(row)) is not None}
    beaten = {
        i
        for i, mine in known.items()
        if any(other != mine and all(a <= b for a, b in zip(other, mine, strict=True)) for other in known.values())
    }
    return sorted(known.keys() - beaten, key=lambda i: (known[i], i))
