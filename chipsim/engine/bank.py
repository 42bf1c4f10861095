"""The state of a domain on all lanes, and running the kernel over it with threads."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.kernels.jit import cache_folder
from chipsim.kernels.observe import Recorder
from chipsim.kernels.rng import seed_states
from chipsim.kernels.update import Bank, advance
from chipsim.problems.problem import Problem

ALL_LANES = np.uint64(2**64 - 1)
PROJECTION_SEED = 20251028
# A call of the kernel lasts about this long, so that progress shows and Ctrl-C is heard.
CALL_S = 0.25


@dataclass(frozen=True)
class RecordRequest:
    """What the simulator's eye should record.

    Attributes:
        every: sweeps between records; 0 records nothing.
        energies: record the energy of the watched problem.
        projections: number of random +-1 projections besides the magnetisation; -1 records none of both.
        pairs: (P, 2) sites whose agreements are counted, or None.
        histogram: count configurations (at most 16 cells).
    """

    every: int = 0
    energies: bool = True
    projections: int = 32
    pairs: NDArray[np.int32] | None = None
    histogram: bool = False


def lane_masks(lanes: int) -> NDArray[np.uint64]:
    """One word a group: the lanes in use."""
    groups = -(-lanes // 64)
    masks = np.full(groups, ALL_LANES, np.uint64)
    if lanes % 64:
        masks[-1] = np.uint64(2 ** (lanes % 64) - 1)
    return masks


def new_bank(program: Program, lanes: int, seed: int, die: int = 0, first_group: int = 0) -> Bank:
    """A bank in random states: every group has its own seeds, so adding lanes later changes none of the present.

    `first_group` numbers the groups of 64 lanes: a bank of later groups holds the lanes that a larger one has there.
    """
    masks = lane_masks(lanes)
    groups, cells = len(masks), program.cells
    planes = 1 + program.netlist.domain.noise.kind.planes
    state = np.zeros((groups, planes, program.slots), np.uint64)
    for group in range(groups):
        words = np.random.default_rng((seed, die, first_group + group, 2**32)).integers(0, 2**64, cells, np.uint64)
        state[group, 0, program.slot_of] = words & masks[group]
    return Bank(
        state=state,
        target=np.zeros((groups, cells), np.uint64),
        free=np.repeat(masks[:, None], cells, axis=1),
        beta=np.zeros((groups, 64), np.float32),
        generators=seed_states(seed, die, range(first_group, first_group + groups), program.chunks).reshape(groups, -1),
        cell_toggles=np.zeros((groups, cells), np.int64),
        lane_toggles=np.zeros((groups, len(program.class_capacitance_f) * 64), np.int64),
        lanes=masks,
    )


def problem_arrays(program: Program, problem: Problem) -> dict[str, NDArray[Any]]:
    """The problem's edges in slot order, each at its lower slot, as the energy kernels want them."""
    ends = program.slot_of.astype(np.int32)[problem.edges]
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.argsort(low, kind="stable")
    couplings = problem.couplings[order]
    sums = np.bincount(low[order], couplings, program.cells)
    return {
        "energy_first": np.concatenate([[0], np.cumsum(np.bincount(low, minlength=program.cells))]).astype(np.int64),
        "energy_neighbour": high[order],
        "energy_coupling": couplings.astype(np.float32),
        "energy_base": (problem.biases[program.site_of] - sums).astype(np.float32),
    }


NO_PROBLEM: dict[str, NDArray[Any]] = {
    "energy_first": np.zeros(1, np.int64),
    "energy_neighbour": np.zeros(0, np.int32),
    "energy_coupling": np.zeros(0, np.float32),
    "energy_base": np.zeros(0, np.float32),
}


def projection_signs(program: Program, projections: int) -> NDArray[np.int16]:
    """Row 0 all ones (magnetisation), then seeded random signs by site; the same for every run of a size.

    Returns:
        (1 + projections, cells) by slot; no rows for -1 projections.
    """
    signs = np.ones((projections + 1, program.cells), np.int16)
    random = np.random.default_rng(PROJECTION_SEED)
    for row in range(1, projections + 1):
        signs[row] = (random.integers(0, 2, program.cells) * 2 - 1)[program.site_of]
    return signs


def new_recorder(
    program: Program,
    watched: dict[str, NDArray[Any]] | None,
    signs: NDArray[np.int16],
    request: RecordRequest,
    sweeps: int,
    groups: int,
) -> Recorder:
    """A recorder with room for a segment of `sweeps` sweeps.

    Args:
        program: the array.
        watched: `problem_arrays` of the problem whose energies are recorded, or None.
        signs: `projection_signs` of the request.
        request: what to record.
        sweeps: length of the segment.
        groups: of 64 lanes.
    """
    records = sweeps // request.every if request.every else 0
    energies = request.every > 0 and request.energies and watched is not None
    arrays = watched if energies and watched is not None else NO_PROBLEM
    pairs = np.zeros((0, 2), np.int32) if request.pairs is None else program.slot_of[request.pairs].astype(np.int32)
    counted = len(pairs) > 0
    return Recorder(
        every=request.every,
        **arrays,
        energies=np.zeros((groups, records if energies else 0, 64)),
        signs=signs,
        sums=np.zeros((groups, records, len(signs) * 64), np.int64),
        pairs=pairs,
        agreements=np.zeros((groups, len(pairs)), np.int64),
        ones=np.zeros((groups, program.cells if counted else 0), np.int64),
        histogram=np.zeros((groups, 2**program.cells if request.histogram else 1), np.int64),
    )


Progress = Callable[[int], None]


class KernelRunner:
    """Runs sweeps of a bank: threads take groups, calls are short, and time in kernels is measured."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.pool: Executor | None = ThreadPoolExecutor(threads) if threads > 1 else None
        self.kernel_s = 0.0
        self.updates_per_s = 3e8

    def close(self) -> None:
        """Let the threads go."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def warm_up(self, *arguments: Any) -> None:
        """Compile, or load from the cache, the kernel for these argument types; say so when it will take a while."""
        kinds = (
            "-".join(type(a).__name__ for a in arguments[:3]) + f"-{getattr(arguments[0], 'weight', np.zeros(0)).dtype}"
        )
        marker = cache_folder() / f"compiled-{kinds}"
        if not marker.exists():
            print("compiling kernels for this machine (once)...", file=sys.stderr, flush=True)
        advance(*arguments, 0, 0, 0, 0)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()

    def run(self, arguments: tuple[Any, ...], bank: Bank, start: int, sweeps: int, progress: Progress | None) -> None:
        """Sweeps `start` to `start + sweeps` of a segment."""
        per_sweep = bank.cell_toggles.shape[1] * 64 * len(bank.lanes)
        done = 0
        while done < sweeps:
            step = min(sweeps - done, max(1, int(CALL_S * self.updates_per_s / per_sweep)))
            began = time.perf_counter()
            self._call(arguments, start + done, step, len(bank.lanes))
            spent = time.perf_counter() - began
            self.kernel_s += spent
            self.updates_per_s = per_sweep * step / max(spent, 1e-9)
            done += step
            if progress is not None:
                progress(step)

    def _call(self, arguments: tuple[Any, ...], start: int, sweeps: int, groups: int) -> None:
        if self.pool is None or groups == 1:
            advance(*arguments, start, sweeps, 0, groups)
            return
        parts = min(self.threads, groups)
        bounds = [groups * part // parts for part in range(parts + 1)]
        work = [partial(advance, *arguments, start, sweeps, a, b) for a, b in pairwise(bounds)]
        jobs = [self.pool.submit(part) for part in work]
        for job in jobs:
            job.result()
