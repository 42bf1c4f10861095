"""chipsim: cycle-level simulation of probabilistic chips, with a ledger of where every joule went.

    import chipsim

    run = chipsim.run("dtca-70", "spin-glass", set={"schedule.sweeps": 250})
    print(run.energy_j, run.summary["energy_by_group_j"])

Specs     `Chip`, `Workload`: presets, files or dicts, and changes to them; `Problem`, from arrays, graphs or models;
          `from_thrml`
Runs      `run`, or `plan` and `simulate`; `train`; `Run`, `load`; `Sampler` for dimod
Results   `run.ledger`, `run.records`, `run.reads`; `explain`, `reprice`, `diff`, `compare`, `quality`; `ablate`
Sweeps    `sweep`, `SweepResult`, `load_sweep`; `Search` for optimisers
Errors    `ChipsimError`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Chip",
    "ChipsimError",
    "Problem",
    "Run",
    "Sampler",
    "Search",
    "SweepResult",
    "Workload",
    "ablate",
    "compare",
    "diff",
    "explain",
    "from_thrml",
    "load",
    "load_sweep",
    "plan",
    "quality",
    "reprice",
    "run",
    "simulate",
    "sweep",
    "train",
]

if TYPE_CHECKING:
    from chipsim.errors import ChipsimError
    from chipsim.problems.models import from_thrml
    from chipsim.problems.problem import Problem
    from chipsim.report.compare import compare
    from chipsim.results.diff import diff
    from chipsim.results.explain import explain
    from chipsim.results.quality import quality
    from chipsim.results.reprice import reprice
    from chipsim.results.result import Run
    from chipsim.results.store import load
    from chipsim.runs.ablation import ablate
    from chipsim.runs.plan import plan
    from chipsim.runs.sampler import Sampler
    from chipsim.runs.simulate import run, simulate
    from chipsim.runs.specs import Chip, Workload
    from chipsim.runs.training import train
    from chipsim.sweeps.result import SweepResult, load_sweep
    from chipsim.sweeps.sweep import Search, sweep

_HOMES = {
    "Chip": "chipsim.runs.specs",
    "ChipsimError": "chipsim.errors",
    "Problem": "chipsim.problems.problem",
    "Run": "chipsim.results.result",
    "Sampler": "chipsim.runs.sampler",
    "Search": "chipsim.sweeps.sweep",
    "SweepResult": "chipsim.sweeps.result",
    "Workload": "chipsim.runs.specs",
    "ablate": "chipsim.runs.ablation",
    "compare": "chipsim.report.compare",
    "diff": "chipsim.results.diff",
    "explain": "chipsim.results.explain",
    "from_thrml": "chipsim.problems.models",
    "load": "chipsim.results.store",
    "load_sweep": "chipsim.sweeps.result",
    "plan": "chipsim.runs.plan",
    "quality": "chipsim.results.quality",
    "reprice": "chipsim.results.reprice",
    "run": "chipsim.runs.simulate",
    "simulate": "chipsim.runs.simulate",
    "sweep": "chipsim.sweeps.sweep",
    "train": "chipsim.runs.training",
}


if not TYPE_CHECKING:  # or a type checker would take any name for one of the package

    def __getattr__(name: str) -> Any:
        """Import on first use, so that `chipsim --help` loads no numba."""
        import importlib

        if name not in _HOMES:
            raise AttributeError(f"module 'chipsim' has no attribute '{name}'")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
