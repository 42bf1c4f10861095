"""How fast a kind of an array is, beside the built-in one of its sort, in one process."""

from __future__ import annotations

import time

import numpy as np

from chipsim.components.base import Kind
from chipsim.engine.latched.array import LatchedArray
from chipsim.testing.trial import Stages, compiled_sweeps, stage_parameters, trial_array, trial_program

# The array of the published chip: 70 x 70 cells, each coupled to 12 others.
ARRAY = {"fabric": {"pattern": "G12", "size": [70, 70]}, "couplers.weight_bits": 6}
LANES = 256


def relative_speed(kind: Kind, repeats: int = 12, sweeps: int = 20) -> float:
    """Updates per second with this kind, as a fraction of those with the built-in one.

    Both take turns and the best of `repeats` counts, so that a busy machine slows them alike.

    Args:
        kind: parameters of a cell, noise or coupler kind.
        repeats: turns of each.
        sweeps: sweeps of 70 x 70 cells in 256 lanes a turn, about 15 ms.
    """
    runs = [_prepared(None), _prepared(kind)]
    best = [float("inf")] * len(runs)
    for _ in range(repeats):
        for index, (stages, array) in enumerate(runs):
            began = time.thread_time()
            compiled_sweeps(stages, array, sweeps)
            best[index] = min(best[index], time.thread_time() - began)
    return best[0] / best[1]


def _prepared(kind: Kind | None) -> tuple[Stages, LatchedArray]:
    program = trial_program(kind, ARRAY)
    random = np.random.default_rng(0)
    couplings = random.uniform(-1, 1, len(program.netlist.fabric.edges))
    stages = stage_parameters(program, couplings, random.uniform(-0.1, 0.1, program.cells))
    array = trial_array(program, LANES, seed=1, beta=0.25)
    compiled_sweeps(stages, array, 1)  # compile
    return stages, array
