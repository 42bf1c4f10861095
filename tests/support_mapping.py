"""A workload whose problem is given as arrays and mapped onto a chip."""

from __future__ import annotations

from typing import Any


def mapped_work(mapping: dict[str, Any], **schedule: Any) -> dict[str, Any]:
    given = {"mode": "sample", "sweeps": 1000, "beta": 0.8, "read_every": 10, "warmup_fraction": 0.1}
    return {
        "chipsim": 1,
        "workload": "ising",
        "name": "w",
        "problem": {"given": "arrays", "scale": "auto"},
        "mapping": mapping,
        "schedule": {**given, **schedule},
    }
