"""The state of an array, without counters: one word per cell and group of 64 lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.kernels.rng import seed_states, seed_streams
from chipsim.kernels.update import Group

ALL_LANES = np.uint64(2**64 - 1)


def lane_masks(lanes: int) -> NDArray[np.uint64]:
    """One word per group: the lanes in use."""
    groups = -(-lanes // 64)
    masks = np.full(groups, ALL_LANES, np.uint64)
    if lanes % 64:
        masks[-1] = np.uint64(2 ** (lanes % 64) - 1)
    return masks


@dataclass(eq=False)
class State:
    """The complete dynamic state of an array, without its parameters.

    Attributes:
        words: (groups, slots) uint64.
        own: per group, the state declared by the noise kind: an array or a NamedTuple of arrays.
        free: (groups, cells) uint64, lanes in which a cell is updated.
        beta: (groups, 64) float32.
        generators: (groups, chunks * 64) uint32.
        lanes: (groups,) uint64, lanes in use.
        streams: (groups,) uint64, keys of the extra random bits of rare decisions.
        nodes: (groups, n) float32, voltages of the nodes of couplers; n is 0 where they settle at once.
        tick: ticks of the schedule so far.
    """

    words: NDArray[np.uint64]
    own: list[Any]
    free: NDArray[np.uint64]
    beta: NDArray[np.float32]
    generators: NDArray[np.uint32]
    lanes: NDArray[np.uint64]
    streams: NDArray[np.uint64]
    nodes: NDArray[np.float32]
    tick: int = 0

    def copy(self) -> State:
        """A deep copy."""
        own = [_copied(each) for each in self.own]
        arrays = (self.free.copy(), self.beta.copy(), self.generators.copy(), self.lanes.copy(), self.streams.copy())
        return State(self.words.copy(), own, *arrays, self.nodes.copy(), self.tick)


@dataclass(eq=False)
class Counters:
    """Toggles since the start, and updates where they are random.

    Attributes:
        by_cell: (groups, cells) int64, of all lanes.
        by_lane: (groups, classes * 64) int64, by price class and lane.
        updates: (groups,) int64, updates of all lanes by schedules that choose cells at random.
    """

    by_cell: NDArray[np.int64]
    by_lane: NDArray[np.int64]
    updates: NDArray[np.int64]

    def copy(self) -> Counters:
        """A deep copy."""
        return Counters(self.by_cell.copy(), self.by_lane.copy(), self.updates.copy())

    @property
    def by_class(self) -> NDArray[np.int64]:
        """(classes,) toggles of all lanes."""
        sums: NDArray[np.int64] = self.by_lane.sum(axis=0).reshape(-1, 64).sum(axis=1)
        return sums

    def lanes_by_class(self, lanes: int) -> NDArray[np.int64]:
        """(classes, lanes) toggles of the first `lanes` lanes."""
        toggles = self.by_lane.reshape(len(self.by_lane), -1, 64).transpose(1, 0, 2)
        return toggles.reshape(len(toggles), -1)[:, :lanes]


def _copied(own: Any) -> Any:
    if isinstance(own, np.ndarray):
        return own.copy()
    return type(own)._make(each.copy() for each in own)


def new_state(program: Program, lanes: int, seed: int, first_group: int = 0) -> State:
    """Random initial state: every group has its own seeds, so adding lanes does not change earlier ones.

    Args:
        program: the compiled chip.
        lanes: number of repetitions.
        seed: of all random numbers.
        first_group: number of the first group of 64 lanes, which selects its seeds.
    """
    masks = lane_masks(lanes)
    groups, cells = len(masks), program.cells
    words = np.zeros((groups, program.slots), np.uint64)
    for group in range(groups):
        drawn = np.random.default_rng((seed, DIE, first_group + group, 2**32)).integers(0, 2**64, cells, np.uint64)
        words[group, program.slot_of] = drawn & masks[group]
    noise = program.netlist.latched.noise.kind
    return State(
        words=words,
        own=[
            noise.first_state(cells, np.random.default_rng((seed, DIE, first_group + group, 2**32 + 2)))
            for group in range(groups)
        ],
        free=np.repeat(masks[:, None], cells, axis=1),
        beta=np.zeros((groups, 64), np.float32),
        generators=seed_states(seed, DIE, range(first_group, first_group + groups), program.chunks).reshape(groups, -1),
        lanes=masks,
        streams=seed_streams(seed, DIE, range(first_group, first_group + groups)),
        nodes=np.zeros((groups, program.nodes), np.float32),
    )


# Seeds include the number of the die; there is one die.
DIE = 0


def new_counters(program: Program, groups: int) -> Counters:
    """Counters at zero."""
    classes = len(program.class_capacitance_f)
    by_cell, by_lane = np.zeros((groups, program.cells), np.int64), np.zeros((groups, classes * 64), np.int64)
    return Counters(by_cell, by_lane, np.zeros(groups, np.int64))


def group_of(state: State, counters: Counters, target: NDArray[np.uint64], group: int) -> Group:
    """Views of one group, for the kernel."""
    return Group(
        state.words[group],
        state.own[group],
        target[group],
        state.free[group],
        state.beta[group],
        state.generators[group],
        counters.by_cell[group],
        counters.by_lane[group],
        counters.updates[group : group + 1],
        state.lanes[group],
        state.streams[group],
        state.nodes[group],
    )
