"""CPU seconds that parts of a simulation take, estimated by factors.

The factors were fitted on one core with AVX2, and `on_this_machine` scales them; `command_s` adds the start.
Compilation of kernels, once for each machine, is left out. `tests/benchmarks/sizes.py` compares estimates with
commands.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from chipsim.compiler.fabric import Fabric

# Of an update of a cell in a group of 64 lanes, and of each of its neighbours.
_CELL_S, _NEIGHBOUR_S = 85e-9, 5.5e-9
# Cells of an array, and the rate of those that latch in random order beside colours: alone, and under delays of wires.
_CELLS, _ALONE, _DELAYED = (5e3, 1e5, 1e6), (0.9, 0.74, 0.32), (0.5, 0.36, 0.24)
# Of a record, of each cell of a group in it, and of each lane, with its statistics and storing; of a read, with its
# operations.
_RECORD_S, _RECORDED_CELL_S, _RECORDED_LANE_S = 280e-6, 160e-9, 5e-6
READ_S = 2e-3
# Of a coupler: elaborated, coloured and compiled.
_COUPLER_S = 0.6e-6
# Of a lane: its statistics, and what is stored of it.
_LANE_S = 1e-4
# Of a state in the comparison of all states with Boltzmann's law, where there are few enough, and of a state among
# samples of a perfect sampler.
_STATE_S, _DRAWN_STATE_S = 6e-6, 50e-6
# Of a value of an image: read, scaled, and divided into data for training and tests.
PIXEL_S = 40e-9


# Of a command before its work, on any machine: Python, its libraries, and the kernels from the cache.
START_S = 3.0
# Cores with AVX-512 are that many times as fast: vectors twice as long, and a newer design.
_AVX512_GAIN = 2.7


def on_this_machine(seconds: float) -> float:
    """Seconds of a core of this machine, from those of one with AVX2."""
    return seconds / (_AVX512_GAIN if _has_avx512() else 1)


def command_s(seconds: float) -> float:
    """Seconds of a core of this machine for a command with this work, from those of one with AVX2."""
    return START_S + on_this_machine(seconds)


@cache
def _has_avx512() -> bool:
    from llvmlite import binding

    return bool(binding.get_host_cpu_features().get("avx512f"))


def groups_of(lanes: int) -> int:
    """Groups of 64 lanes."""
    return -(-lanes // 64)


def sweep_s(fabric: Fabric, lanes: int) -> float:
    """One sweep of latched cells."""
    return groups_of(lanes) * (fabric.sites * _CELL_S + 2 * len(fabric.edges) * _NEIGHBOUR_S)


def slowdown(cells: int, delayed: bool) -> float:
    """How many times as long a sweep takes where cells latch in random order, and their memory is not read in order."""
    return 1 / float(np.interp(math.log10(cells), np.log10(_CELLS), _DELAYED if delayed else _ALONE))


def record_s(fabric: Fabric, lanes: int) -> float:
    """One record of latched cells."""
    return _RECORD_S + groups_of(lanes) * fabric.sites * _RECORDED_CELL_S + lanes * _RECORDED_LANE_S


def plan_s(fabric: Fabric) -> float:
    """Elaborating and compiling a chip."""
    return len(fabric.edges) * _COUPLER_S


def law_s(cells: int, samples: int) -> float:
    """Distance of so many samples from the law of all states of so many cells."""
    return 2**cells * _STATE_S + min(2**cells, samples) * _DRAWN_STATE_S


def conclusion_s(lanes: int) -> float:
    """Statistics and storing of a run."""
    return lanes * _LANE_S
