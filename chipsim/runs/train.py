"""A training from specs to weights: units, each stored when it is finished, and their bill.

The file is a complete result after every unit: weights, trace and ledger of the training so far, that of the weights it
started from included. A training that was cut off finds it and goes on behind the last finished unit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.joining import join_in_time
from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.identity import ids
from chipsim.runs.plan import Plan
from chipsim.runs.simulate import conclude
from chipsim.workloads.base import Outcome
from chipsim.workloads.dtm.examples import read_examples
from chipsim.workloads.dtm.images import grey_of
from chipsim.workloads.dtm.training import Trainer, TrainingState, new_state, state_of
from chipsim.workloads.dtm.workload import Dtm, as_bytes

STRIP = 8


@dataclass(frozen=True)
class Progress:
    """What is shown after a unit: its entry of the history, how many are done of how many, and images of an epoch."""

    entry: dict[str, Any]
    done: int
    units: int
    strip: NDArray[np.uint8] | None


def train(ready: Plan, path: Path, seed: int, threads: int, progress: Callable[[Progress], None] | None = None) -> Run:
    """Train, or go on training, the weights at `path`.

    Raises:
        RunError: there is something else at the path, or the workload cannot be trained.
        ProblemError: the images are missing or do not fit.
    """
    workload = ready.workload
    if not isinstance(workload, Dtm):
        raise RunError(f"{workload.document.source}: a workload {workload.model.workload} cannot be trained")
    workload = workload.untrained(ready.netlist.fabric)
    ready = replace(ready, workload=workload)
    program = ready.program
    assert isinstance(program, Program)  # the plan has checked that the cells are latched
    memory = ready.netlist.route("program")[-1]
    if memory.kind.reload_fs():
        # Lanes become one after another in time, and a wait is none of them but goes on beside them.
        remedy = f"set {memory.name}.reload_interval to 0 s to leave the wait out"
        raise RunError(f"{memory.name}: a training writes weights at every step; {remedy}")
    layers, epochs = workload.layers, workload.model.training.epochs
    run = _earlier(path, ids(ready, seed)[0])
    if run is None:
        penalty = workload.model.training.penalty
        starts = [penalty.of(layer).start for layer in range(layers)]
        state, trace = new_state(program, starts, workload.start_weights()), _before(workload)
    elif len(run.summary["training"]) == layers * epochs:
        return run
    else:
        state, trace = state_of(run.arrays, run.summary["training"]), run.trace
    strips = [] if run is None else list(run.arrays["strips"])
    trainer = Trainer(workload, program, read_examples(workload.model), seed, threads)
    for number in range(len(state.history), layers * epochs):
        epoch, layer = divmod(number, layers)
        unit = trainer.unit(state, epoch, layer)
        trace = unit if trace is None else join_in_time([trace, unit])
        if layer == layers - 1:
            strips.append(_strip(trainer, state, epoch))
        run = _result(ready, state, trace, strips, seed, number + 1 == layers * epochs)
        run.save(path)
        if progress is not None:
            shown = strips[-1] if layer == layers - 1 else None
            progress(Progress(state.history[-1], number + 1, layers * epochs, shown))
    assert run is not None
    return run


def _earlier(path: Path, activity: str) -> Run | None:
    if not path.exists():
        return None
    run = load(path)
    if run.summary["activity_id"] != activity or "training" not in run.summary:
        raise RunError(f"{path}: not of this training (chip, workload, seed or version differ); choose another -o")
    return run


def _before(workload: Dtm) -> Trace | None:
    """What the weights that this training starts from have cost: their bill is a part of this one's."""
    return None if workload.start_path is None else load(workload.start_path).trace


def _strip(trainer: Trainer, state: TrainingState, epoch: int) -> NDArray[np.uint8]:
    """A few images with the weights so far: a look of the user, no part of the training and of its bill."""
    workload = trainer.workload
    device = Device(trainer.program, STRIP, seed=epoch, threads=1)
    return as_bytes(grey_of(workload.draw(device, state.weights)[0], workload.model.images))


def _result(
    ready: Plan, state: TrainingState, trace: Trace, strips: list[NDArray[np.uint8]], seed: int, complete: bool
) -> Run:
    """The training so far as a result; a complete one keeps the weights alone."""
    workload: Any = ready.workload
    size = workload.model.images.size
    arrays = {**state.arrays(), "strips": np.array(strips, np.uint8).reshape(len(strips), STRIP, *size)}
    if complete:
        arrays = {key: array for key, array in arrays.items() if not key.startswith("adam_")}
    figures = {"dtm": json.loads(json.dumps(workload.meaning())), "training": state.history}
    return conclude(ready, trace, Outcome(figures, arrays=arrays), seed)
