"""An array of cells that latch: `advance(t0, t1)`, and what may be done to it in between.

It owns the state and the counters. A device checks, books and bills; it asks the array, and never touches what is
inside. Time is in femtoseconds. A group of 64 lanes may have parameters of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.compiler.schedule import Schedule, ticks_between
from chipsim.engine.latched.observers import Observer
from chipsim.engine.latched.runner import Progress, Runner
from chipsim.engine.latched.state import Counters, State, group_of, new_counters, new_state
from chipsim.engine.packing import bits_of_words
from chipsim.kernels import stages, update
from chipsim.kernels.jit import supplies
from chipsim.kernels.observers import after_colour, after_sweep
from chipsim.units import FEMTOSECONDS, to_seconds


@dataclass(frozen=True)
class Rest:
    """When an array last stood still, or was settled: before which tick, and for how many seconds."""

    tick: int = 0
    pause_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """An array at an instant: state, counters, and since when it stands still."""

    state: State
    counters: Counters
    stands_since_fs: int | None
    rest: Rest
    owes: bool


class LatchedArray:
    """One array in `lanes` independent repetitions.

    Args:
        program: the compiled chip.
        lanes: number of repetitions.
        seed: of all random numbers.
        threads: number of threads that share the groups of 64 lanes.
        first_group: number of the first group; a run continues where another left off.
        schedule: when cells latch; that of the program unless given.
    """

    def __init__(
        self,
        program: Program,
        lanes: int,
        seed: int,
        threads: int = 1,
        first_group: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        self.program = program
        self.lanes = lanes
        self.schedule = schedule or program.schedule
        self.progress: Progress | None = None
        self._runner = Runner(threads)
        self.state = new_state(program, lanes, seed, first_group)
        self.counters = new_counters(program, self.groups)
        self._target = np.zeros((self.groups, program.cells if program.coupled else 0), np.uint64)
        self.fields: Sequence[Any] = ()
        self._stands_since_fs: int | None = None
        self._rest = Rest()
        # Whether something ran since all was settled.
        self._owes = False

    # --- what may be done to it ---------------------------------------------------------------------------------

    def load(self, field: Any | Sequence[Any]) -> None:
        """Let couplers act from now on: kernel parameters of stage `field`, one for all groups or one for each."""
        self.settle()
        self.fields = [field] * self.groups if hasattr(field, "_fields") else list(field)

    def write_spins(self, slots: NDArray[np.int64], words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Set what slots hold, words of shape (groups, slots); a cell that turns counts as a toggle.

        Returns:
            (classes,) toggles of all lanes, by price class.
        """
        self.settle()
        state, counters = self.state, self.counters
        changed = state.words[:, slots] ^ words
        state.words[:, slots] = words
        cells = slots < self.program.cells
        turned = bits_of_words(changed[:, cells]).astype(np.int64)  # (groups, cells, 64)
        classes = self.program.cell_class[slots[cells]]
        counters.by_cell[:, slots[cells]] += turned.sum(axis=2)
        by_lane = counters.by_lane.reshape(self.groups, -1, 64)
        np.add.at(by_lane.transpose(1, 0, 2), classes, turned.transpose(1, 0, 2))
        toggles = np.zeros(by_lane.shape[1], np.int64)
        np.add.at(toggles, classes, turned.sum(axis=(0, 2)))
        return toggles

    def hold(self, held: NDArray[np.bool_]) -> None:
        """Keep these cells, (cells,) by slot, as they are in all lanes; let all others go."""
        self.settle()
        self.state.free[:] = np.where(held, np.uint64(0), self.state.lanes[:, None])

    def set_beta(self, beta: float | NDArray[np.float32]) -> None:
        """Set the inverse temperature, one for all lanes or (lanes,)."""
        self.settle()
        flat = self.state.beta.reshape(-1)
        flat[: self.lanes] = beta
        flat[self.lanes :] = flat[self.lanes - 1]

    def advance(self, t0_fs: int, t1_fs: int, observers: Sequence[Observer] = ()) -> None:
        """Let the array run from one instant to another; before the first it has stood still since the last.

        Raises:
            ChipsimError: a tick of the schedule would be cut.
        """
        ticks = ticks_between(self.schedule, t0_fs, t1_fs)
        if not ticks:
            self.run(*self._parameters(), 0, observers)
            return
        self._resume(t0_fs)
        # Cells that latch for the first time since the array stood still have parameters of their own.
        first_sweep = self._rest.tick + self.schedule.ticks_per_sweep - self.state.tick
        after_rest = min(max(first_sweep, 0), ticks)
        if after_rest:
            self.run(*self._parameters(), after_rest, observers)
        if ticks > after_rest:
            self.run(*self._parameters(), ticks - after_rest, observers)
        self._stands_since_fs = t1_fs

    def run(self, activation: Any, noise: Any, ticks: int, observers: Sequence[Observer] = ()) -> None:
        """Ticks under these parameters of cells and noise; `advance` finds them from the time that has passed."""
        groups = self._arguments(activation, noise, observers)
        self._runner.warm_up(groups[0])
        updates = self.program.cells * self.groups * 64 / self.schedule.ticks_per_sweep
        before = self.sweeps
        for tick in self._runner.run(groups, self.state.tick, self.state.tick + ticks, updates):
            self.state.tick, self._owes = tick, True
            if self.progress is not None and self.sweeps > before:
                self.progress(self.sweeps - before)
                before = self.sweeps

    def settle(self) -> None:
        """Bring what runs between latches up to now: before anything changes, or is looked at from outside."""
        if not self._owes:
            return
        self._owes = False
        activation, noise = self._parameters()
        if supplies(stages.settle, type(noise)):
            for field, _, _, chunks, _, group, scratch, _ in self._arguments(activation, noise, ()):
                update.settle(field, activation, noise, chunks, group, scratch, self.state.tick)
            self._rest = Rest(self.state.tick)

    def snapshot(self) -> Snapshot:
        """Everything that decides how it goes on, and its counters; its couplers and schedule are not in it."""
        return Snapshot(self.state.copy(), self.counters.copy(), self._stands_since_fs, self._rest, self._owes)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self.state, self.counters = snapshot.state.copy(), snapshot.counters.copy()
        self._stands_since_fs, self._rest = snapshot.stands_since_fs, snapshot.rest
        self._owes = snapshot.owes

    def close(self) -> None:
        """Let the threads go."""
        self._runner.close()

    # --- what is known of it ------------------------------------------------------------------------------------

    @property
    def groups(self) -> int:
        """Number of groups of 64 lanes."""
        return len(self.state.lanes)

    @property
    def sweeps(self) -> int:
        """Whole sweeps so far."""
        return self.state.tick // self.schedule.ticks_per_sweep

    @property
    def kernel_s(self) -> float:
        """Seconds of this machine spent in kernels."""
        return self._runner.kernel_s

    def words(self, slots: NDArray[np.int64]) -> NDArray[np.uint64]:
        """What slots hold, (slots, groups)."""
        held: NDArray[np.uint64] = self.state.words[:, slots].T.copy()
        return held

    # --- inside -------------------------------------------------------------------------------------------------

    def _resume(self, t0_fs: int) -> None:
        """Note how long the array stood still: the first latch of each cell meets noise that has forgotten more."""
        gap_fs = math.inf if self._stands_since_fs is None else t0_fs - self._stands_since_fs
        if gap_fs > 0:
            self.settle()
            self._rest = Rest(self.state.tick, gap_fs / FEMTOSECONDS)

    def _parameters(self) -> tuple[Any, Any]:
        """Parameters of cells and noise from the present tick on."""
        tick, rest, schedule = self.state.tick, self._rest, self.schedule
        sweep_s = to_seconds(schedule.ticks_per_sweep * schedule.tick_fs)
        pause_s = rest.pause_s if tick < rest.tick + schedule.ticks_per_sweep else 0.0
        context = self.program.array_context(sweep_s, pause_s, tick - rest.tick, rest.tick)
        domain = self.program.netlist.latched
        return domain.cells.kind.activation(context), domain.noise.kind.noise(context)

    def _arguments(self, activation: Any, noise: Any, observers: Sequence[Observer]) -> list[tuple[Any, ...]]:
        """What the kernel gets, for each group."""
        for observer in observers:
            seen = type(observer.parameters(0))
            if not (supplies(after_colour, seen) or supplies(after_sweep, seen)):
                raise TypeError(f"{seen.__name__} has neither a stage after_colour nor after_sweep")
        in_order = sorted(observers, key=lambda observer: type(observer.parameters(0)).__name__)
        words = self.program.netlist.latched.noise.kind.scratch_words(self.program.array_context(0.0))
        chunks, timing = self.program.chunk_first_cell, self.schedule.parameters
        out = []
        for group, field in enumerate(self.fields):
            own = group_of(self.state, self.counters, self._target, group)
            scratch = np.zeros((update.BLOCK, words), np.uint64)
            eyes = tuple(observer.parameters(group) for observer in in_order)
            out.append((field, activation, noise, chunks, timing, own, scratch, eyes))
        return out
