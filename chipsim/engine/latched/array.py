"""An array of latched cells: `advance(t0, t1)`, and the operations allowed in between.

It owns the state and the counters. A device validates, books and bills; it uses only the public interface of the array.
Time is in femtoseconds. Each group of 64 lanes may have its own parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.compiler.schedule import ClockedSchedule, Schedule, ticks_between
from chipsim.engine.latched.observers import Observer
from chipsim.engine.latched.runner import Progress, Runner
from chipsim.engine.latched.state import Counters, State, group_of, new_counters, new_state
from chipsim.engine.packing import bits_of_words
from chipsim.errors import ChipsimError
from chipsim.kernels import stages, update
from chipsim.kernels.jit import supplies
from chipsim.kernels.observers import after_colour, after_sweep
from chipsim.units import FEMTOSECONDS, to_seconds


@dataclass(frozen=True)
class Rest:
    """The last pause or settling of an array: the tick after it, and its length in seconds."""

    tick: int = 0
    pause_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State, counters and last pause of an array."""

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

    Raises:
        ChipsimError: the noise remembers, and the schedule has no clock, so that the time since a cell's previous latch
            is not known.
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
        noise = program.netlist.latched.noise
        if noise.kind.uses_relaxation() and not isinstance(self.schedule, ClockedSchedule):
            raise ChipsimError(
                f"{noise.name}: noise that remembers needs a clocked schedule; use law: ideal", code="chip.unsuitable"
            )
        self.progress: Progress | None = None
        self._runner = Runner(threads)
        self.state = new_state(program, lanes, seed, first_group)
        self.counters = new_counters(program, self.groups)
        together = program.coupled or program.policy.together
        self._target = np.zeros((self.groups, program.cells if together else 0), np.uint64)
        self.fields: Sequence[Any] = ()
        self._stands_since_fs: int | None = None
        self._rest = Rest()
        # Whether the array ran since the last settling.
        self._owes = False

    # --- operations ---------------------------------------------------------------------------------

    def load(self, field: Any | Sequence[Any]) -> None:
        """Set the couplers from now on: kernel parameters of stage `field`, one for all groups or one per group."""
        self.settle()
        self.fields = [field] * self.groups if hasattr(field, "_fields") else list(field)
        self._rest_couplers()

    def write_spins(self, slots: NDArray[np.int64], words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Set the words of slots, shape (groups, slots); a changed cell counts as a toggle.

        Returns:
            (classes,) toggles of all lanes, by price class.
        """
        self.settle()
        state, counters = self.state, self.counters
        changed = state.words[:, slots] ^ words
        state.words[:, slots] = words
        self._rest_couplers()
        cells = slots < self.program.cells
        turned = bits_of_words(changed[:, cells]).astype(np.int64)  # (groups, cells, 64)
        classes = self.program.cell_class[slots[cells]]
        counters.by_cell[:, slots[cells]] += turned.sum(axis=2)
        by_lane = counters.by_lane.reshape(self.groups, -1, 64)
        np.add.at(by_lane.transpose(1, 0, 2), classes, turned.transpose(1, 0, 2))
        toggles = np.zeros(by_lane.shape[1], np.int64)
        np.add.at(toggles, classes, turned.sum(axis=(0, 2)))
        return toggles

    def exchange(self, one: NDArray[np.int64], other: NDArray[np.int64], lanes: NDArray[np.uint64]) -> None:
        """Exchange the states of two sets of slots in the lanes (groups,) of these words; no cell toggles."""
        self.settle()
        words = self.state.words
        changed = (words[:, one] ^ words[:, other]) & lanes[:, None]
        words[:, one] ^= changed
        words[:, other] ^= changed
        self._rest_couplers()

    def hold(self, held: NDArray[np.bool_]) -> None:
        """Clamp these cells, (cells,) by slot, in all lanes; release all others."""
        self.settle()
        self.state.free[:] = np.where(held, np.uint64(0), self.state.lanes[:, None])

    def set_beta(self, beta: float | NDArray[np.float32]) -> None:
        """Set the inverse temperature, one for all lanes or (lanes,)."""
        self.settle()
        flat = self.state.beta.reshape(-1)
        flat[: self.lanes] = beta
        flat[self.lanes :] = flat[self.lanes - 1]

    def advance(self, t0_fs: int, t1_fs: int, observers: Sequence[Observer] = ()) -> None:
        """Run the array from one time to another; it was paused since the end of the previous call.

        Raises:
            ChipsimError: the times are not whole ticks of the schedule.
        """
        ticks = ticks_between(self.schedule, t0_fs, t1_fs)
        if not ticks:
            self.run(*self._parameters(), 0, observers)
            return
        self._resume(t0_fs)
        # The first latch of each cell after a pause has its own parameters.
        first_sweep = self._rest.tick + self.schedule.ticks_per_sweep - self.state.tick
        after_rest = min(max(first_sweep, 0), ticks)
        if after_rest:
            self.run(*self._parameters(), after_rest, observers)
        if ticks > after_rest:
            self.run(*self._parameters(), ticks - after_rest, observers)
        self._stands_since_fs = t1_fs

    def run(self, activation: Any, noise: Any, ticks: int, observers: Sequence[Observer] = ()) -> None:
        """Run ticks with these parameters of cells and noise, which `advance` computes from the elapsed time."""
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
        """Update the state that drifts between latches, before it is changed or read."""
        if not self._owes:
            return
        self._owes = False
        activation, noise = self._parameters()
        if supplies(stages.settle, type(noise)):
            for field, _, _, chunks, _, group, scratch, _ in self._arguments(activation, noise, ()):
                update.settle(field, activation, noise, chunks, group, scratch, self.state.tick)
            self._rest = Rest(self.state.tick)

    def snapshot(self) -> Snapshot:
        """Complete state for `restore`, with counters; without couplers and schedule."""
        return Snapshot(self.state.copy(), self.counters.copy(), self._stands_since_fs, self._rest, self._owes)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self.state, self.counters = snapshot.state.copy(), snapshot.counters.copy()
        self._stands_since_fs, self._rest = snapshot.stands_since_fs, snapshot.rest
        self._owes = snapshot.owes

    def close(self) -> None:
        """Shut down the threads."""
        self._runner.close()

    # --- properties ------------------------------------------------------------------------------------

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
        """Seconds of machine time spent in kernels."""
        return self._runner.kernel_s

    def words(self, slots: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Words of slots, (slots, groups)."""
        held: NDArray[np.uint64] = self.state.words[:, slots].T.copy()
        return held

    # --- internals -------------------------------------------------------------------------------------------------

    def _resume(self, t0_fs: int) -> None:
        """Record the pause: the noise decorrelates further before the first latch of each cell."""
        gap_fs = math.inf if self._stands_since_fs is None else t0_fs - self._stands_since_fs
        if gap_fs > 0:
            self.settle()
            self._rest_couplers()
            self._rest = Rest(self.state.tick, gap_fs / FEMTOSECONDS)

    def _rest_couplers(self) -> None:
        """All words have arrived at all cells, and nodes have settled."""
        late, words = self.program.lateness, self.state.words
        if late is None:
            return
        late.rest(words[:, self.program.first_past :], words[:, : self.program.cells])
        for group, field in enumerate(self.fields):
            update.rest(field, group_of(self.state, self.counters, self._target, group))

    def _parameters(self) -> tuple[Any, Any]:
        """Parameters of cells and noise from the present tick on."""
        tick, rest, schedule = self.state.tick, self._rest, self.schedule
        sweep_s = to_seconds(schedule.ticks_per_sweep * schedule.tick_fs)
        pause_s = rest.pause_s if tick < rest.tick + schedule.ticks_per_sweep else 0.0
        context = self.program.array_context(sweep_s, pause_s, tick - rest.tick, rest.tick)
        domain = self.program.netlist.latched
        return domain.cells.kind.activation(context), domain.noise.kind.noise(context)

    def _arguments(self, activation: Any, noise: Any, observers: Sequence[Observer]) -> list[tuple[Any, ...]]:
        """Arguments of the kernel, for each group."""
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
