"""CPU seconds that parts of a simulation take, estimated by factors.

The factors were fitted on one core with AVX2; start, and compilation and loading of kernels, are left out.
`tests/benchmarks/sizes.py` compares estimates with runs.
"""

from __future__ import annotations

from chipsim.compiler.fabric import Fabric

# Of an update of a cell in a group of 64 lanes, and of each of its neighbours.
_CELL_S, _NEIGHBOUR_S = 85e-9, 5.5e-9
# Of a record, and of each cell of a group in it; of a read, with its operations.
_RECORD_S, _RECORDED_CELL_S = 280e-6, 160e-9
READ_S = 2e-3
# Of a coupler: elaborated, coloured and compiled.
_COUPLER_S = 0.6e-6
# Of a lane: its statistics, and what is stored of it.
_LANE_S = 1e-4
# Of a value of an image: read, scaled, and divided into data for training and tests.
PIXEL_S = 40e-9


def groups_of(lanes: int) -> int:
    """Groups of 64 lanes."""
    return -(-lanes // 64)


def sweep_s(fabric: Fabric, lanes: int) -> float:
    """One sweep of latched cells."""
    return groups_of(lanes) * (fabric.sites * _CELL_S + 2 * len(fabric.edges) * _NEIGHBOUR_S)


def record_s(fabric: Fabric, lanes: int) -> float:
    """One record of latched cells."""
    return _RECORD_S + groups_of(lanes) * fabric.sites * _RECORDED_CELL_S


def plan_s(fabric: Fabric) -> float:
    """Elaborating and compiling a chip."""
    return len(fabric.edges) * _COUPLER_S


def conclusion_s(lanes: int) -> float:
    """Statistics and storing of a run."""
    return lanes * _LANE_S
