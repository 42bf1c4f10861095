"""chipsim: cycle-level simulation of probabilistic chips, with a ledger of where every joule went.

import chipsim
run = chipsim.run("dtca-70", "spin-glass", set={"schedule.sweeps": 250})
print(run.energy_j, run.summary["energy_by_group_j"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["ChipsimError", "Run", "load", "plan", "prices_for", "reprice", "run", "simulate"]

if TYPE_CHECKING:
    from chipsim.errors import ChipsimError
    from chipsim.ledger.reprice import prices_for, reprice
    from chipsim.ledger.result import Run
    from chipsim.ledger.run import plan, run, simulate
    from chipsim.ledger.store import load

_HOMES = {
    "ChipsimError": "chipsim.errors",
    "Run": "chipsim.ledger.result",
    "plan": "chipsim.ledger.run",
    "prices_for": "chipsim.ledger.reprice",
    "reprice": "chipsim.ledger.reprice",
    "run": "chipsim.ledger.run",
    "simulate": "chipsim.ledger.run",
    "load": "chipsim.ledger.store",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `chipsim --help` loads no numba."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'chipsim' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
