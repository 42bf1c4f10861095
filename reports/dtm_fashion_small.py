"""Several trainings of the small preset, for `dtm_fashion.py`: how much one training differs from another.

Trainings are kept in runs/reports-dtm-fashion, so a report that was cut off goes on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import chipsim
from chipsim.runs.plan import Plan
from chipsim.runs.train import train
from chipsim.spec.presets import preset_root

CHIP, SMALL = "dtca-70", "fashion-dtm-small"
KEPT = Path(__file__).parent.parent / "runs" / "reports-dtm-fashion"
# The first is that of the weights that ship.
SEEDS = (0, 1, 2)


def trained(seed: int) -> Path:
    """The weights of a training: those that ship, or what is kept of it."""
    if seed == SEEDS[0]:
        return preset_root() / "workloads" / "weights" / f"{SMALL}.h5"
    ready: Plan = chipsim.plan(CHIP, SMALL)
    bare = replace(ready, workload=ready.workload.untrained(ready.netlist.fabric))
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{bare.ids(seed)[0]}.h5"
    train(ready, path, seed)
    return path
