"""chipsim: cycle-level simulation of probabilistic chips, with a ledger of where every joule went.

import chipsim
run = chipsim.run("dtca-70", "spin-glass", set={"schedule.sweeps": 250})
print(run.energy_j, run.summary["energy_by_group_j"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Chip", "ChipsimError", "Run", "Workload", "load", "plan", "reprice", "run", "simulate"]

if TYPE_CHECKING:
    from chipsim.errors import ChipsimError
    from chipsim.results.reprice import reprice
    from chipsim.results.result import Run
    from chipsim.results.store import load
    from chipsim.runs.plan import plan
    from chipsim.runs.simulate import run, simulate
    from chipsim.runs.specs import Chip, Workload

_HOMES = {
    "Chip": "chipsim.runs.specs",
    "Workload": "chipsim.runs.specs",
    "ChipsimError": "chipsim.errors",
    "Run": "chipsim.results.result",
    "plan": "chipsim.runs.plan",
    "reprice": "chipsim.results.reprice",
    "run": "chipsim.runs.simulate",
    "simulate": "chipsim.runs.simulate",
    "load": "chipsim.results.store",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `chipsim --help` loads no numba."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'chipsim' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
