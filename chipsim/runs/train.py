"""Training in units, each stored on completion, with their cost.

The file is a complete result after every unit: weights, trace and ledger of the training so far, including those of the
result from which it started. An interrupted training resumes after the last completed unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chipsim.engine.joining import join_in_time
from chipsim.errors import RunError
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import Plan
from chipsim.runs.simulate import available_cores, conclude
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.training import Training, Unit


@dataclass(frozen=True)
class Progress:
    """The unit just stored, and the numbers of completed and total units."""

    unit: Unit
    done: int
    units: int


def train(
    ready: Plan,
    path: Path,
    seed: int,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Train, or go on training, what is learnt at `path`; `threads` is None for one per available core.

    Raises:
        RunError: the path holds something else, or the workload cannot be trained.
        ChipsimError: the training data are missing or do not fit.
    """
    training_type = trainable(ready)
    ready = replace(ready, workload=ready.workload.untrained(ready.netlist.fabric))
    training: Training[Any, Any] = training_type(ready.workload, ready.program, seed, threads or available_cores())
    run = _earlier(path, ready.ids(seed)[0])
    if run is None:
        training.start()
        trace, history = None if training.starts_from is None else load(training.starts_from).trace, []
    elif len(run.summary.workload.figures["training"]) == training.units:
        return run
    else:
        training.resume(run.arrays)
        trace, history = run.trace, run.summary.workload.figures["training"]
    for number in range(len(history), training.units):
        unit = training.unit(number)
        trace = unit.trace if trace is None else join_in_time([trace, unit.trace])
        history = [*history, unit.entry]
        arrays = training.arrays(complete=number + 1 == training.units)
        figures = {**training.figures(), "training": history}
        outcome = Outcome(figures, arrays=arrays, step=training.step(len(history)))
        run = conclude(ready, trace, outcome, seed)
        run.save(path)
        if progress is not None:
            progress(Progress(unit, number + 1, training.units))
    assert run is not None
    return run


def trainable(ready: Plan) -> type[Training[Any, Any]]:
    """The training of a plan's workload.

    Raises:
        RunError: the workload cannot be trained.
    """
    workload = ready.workload
    if workload.training_type is None:
        raise RunError(
            f"{workload.document.source}: a workload {workload.model.workload} cannot be trained",
            code="run.not-trainable",
        )
    return workload.training_type


def _earlier(path: Path, activity: str) -> Run | None:
    if not path.exists():
        return None
    run = load(path)
    if run.summary.core.request.activity_id != activity or "training" not in run.summary.workload.figures:
        raise RunError(
            f"{path}: belongs to another training (chip, workload, seed or version differ); choose another -o",
            code="result.other-run",
        )
    return run
