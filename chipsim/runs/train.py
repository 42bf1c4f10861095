"""Training in units, each stored on completion, with their cost.

The file is a complete result after every unit: weights, trace and ledger of the training so far, including those of the
result from which it started. An interrupted training resumes after the last completed unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chipsim.engine.joining import join_in_time, labelled
from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import Plan
from chipsim.runs.simulate import available_cores, conclude
from chipsim.runs.size import Size, size_of_training
from chipsim.workloads.outcome import Outcome, Step
from chipsim.workloads.training import Training, Unit

# The training whose result a training starts from.
EARLIER = Step("earlier training", 1, "earlier")
# Figure of a training that was over before its last unit.
STOPPED = "stopped_early"


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
    ready, training = _begun(ready, training_type, seed, threads or available_cores())
    run = _earlier(path, ready.ids(seed)[0], training_type.start_key)
    if run is None:
        training.start()
        trace, history = None, []
        if training.starts_from is not None:
            trace = labelled(load(training.starts_from).trace, EARLIER.phases)
    elif run.summary.workload.figures.get(STOPPED) or len(run.summary.workload.figures["training"]) == training.units:
        return run
    else:
        training.resume(run.arrays)
        trace, history = run.trace, run.summary.workload.figures["training"]
    for number in range(len(history), training.units):
        unit = training.unit(number)
        _check_one_chip(unit.trace)
        trace = unit.trace if trace is None else join_in_time([trace, unit.trace])
        history = [*history, unit.entry]
        stopped = {STOPPED: True} if training.stops_early and number + 1 < training.units else {}
        arrays = training.arrays(complete=number + 1 == training.units or bool(stopped))
        figures = {**training.figures(), "training": history, **stopped}
        run = conclude(
            ready, trace, replace(_pieces(training, len(history)), figures=figures, arrays=arrays), seed, path.name
        )
        run.save(path)
        if progress is not None:
            progress(Progress(unit, number + 1, training.units))
        if stopped:
            break
    assert run is not None
    return run


def _check_one_chip(trace: Trace) -> None:
    """Reject the trace of a batch of lanes: a training is billed on one chip.

    Raises:
        RunError: the trace has several lanes.
    """
    if trace.lanes > 1:
        complaint = f"a unit of the training has {trace.lanes} lanes; chipsim.engine.serial puts them one after another"
        raise RunError(complaint, code="run.too-many-lanes")


def size_of_its_training(ready: Plan) -> Size | None:
    """The estimated size of the training of a plan; None if unknown.

    Raises:
        RunError: the workload cannot be trained.
        ChipsimError: the training data are missing.
    """
    bare, training = _begun(ready, trainable(ready), 0, 1)
    size = training.size()
    return None if size is None else size_of_training(bare, size)


def _begun(
    ready: Plan, training_type: type[Training[Any, Any]], seed: int, threads: int
) -> tuple[Plan, Training[Any, Any]]:
    """The plan without inputs that only runs use, and a training of it."""
    bare = replace(ready, workload=ready.workload.untrained(ready.netlist.fabric))
    return bare, training_type(bare.workload, bare.program, seed, threads)


def _pieces(training: Training[Any, Any], units: int) -> Outcome:
    """The pieces of the first units, with the training from which they started, and one use of the result."""
    earlier = None if training.starts_from is None else EARLIER
    others = tuple(piece for piece in (training.billed_tests(units), earlier) if piece is not None)
    return Outcome(step=training.step(units), others=others, is_training=True, use=training.use())


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


def _earlier(path: Path, activity: str, start_key: str) -> Run | None:
    if not path.exists():
        return None
    run = load(path)
    goes_on = f", and --set {start_key}={path} to continue from its weights" if start_key else ""
    if run.summary.core.request.activity_id != activity or "training" not in run.summary.workload.figures:
        raise RunError(
            f"{path}: belongs to another training (chip, workload, seed or version differ); choose another -o{goes_on}",
            code="result.other-run",
        )
    return run
