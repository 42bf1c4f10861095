"""Kinds of an array that nobody registers, compiled into the same kernel as the built-in ones.

Telegraph      noise whose state runs between latches under the field of the moment
ToggleWindow   an observer that counts toggles after each colour
InOrder        a schedule that visits cells one after another in a given order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, ArrayContext, powered
from chipsim.components.noise.base import NoiseKind
from chipsim.kernels import observers, rng, stages, vectors
from chipsim.kernels.jit import stage
from chipsim.kernels.update import count_toggles, update_run, walk
from chipsim.spec.fields import Quantity
from chipsim.testing import reference

ONE = np.float32(1)


# --- noise that runs between latches --------------------------------------------------------------------------------


class Telegraph(NoiseKind):
    """A two-state noise that is redrawn at rate 1/tau under the field of the moment; the latch copies it.

    Only its last renewal matters: lanes in which it lies more than m phases back see a neighbour that latched m phases
    ago as it was before. Its own state: the noise at the cell's last latch, and what that latch changed.
    """

    tau: Annotated[float, Quantity("s", gt=0)]

    name: ClassVar[str] = "telegraph_double"
    summary: ClassVar[str] = "two-state noise that runs all the time"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("draw", "fabric", "draw", "one random decision"),
        powered("fabric"),
    )

    def own_state(self, cells: int) -> NDArray[np.uint64]:
        return np.zeros((2, cells), np.uint64)

    def scratch_words(self, context: ArrayContext) -> int:
        return int(context.colours.max(initial=0)) + 2

    def noise(self, context: ArrayContext) -> TelegraphNoise:
        many = int(context.colours.max(initial=0)) + 1
        cell = np.repeat(np.arange(context.cells), np.diff(context.first))
        age = (context.colours[cell] - context.colours[context.neighbour]) % many
        steps = np.arange(many)
        # From the noise that a cell had last to its next latch: a sweep, or from the rest on.
        rested = context.ticks_since_rest < many
        own = (steps - context.rest_tick) % many + 1 if rested else np.full(many, many)
        waited = own * context.tick_s + (context.pause_s if rested else 0.0)
        latched = (context.rest_tick + context.ticks_since_rest - 1 - steps) % many
        since = np.where(latched < context.ticks_since_rest, latched, context.ticks_since_rest)
        owed = since * context.tick_s + np.where(latched < context.ticks_since_rest, 0.0, context.pause_s)
        return TelegraphNoise(
            self._kept(steps * context.tick_s),
            self._kept(waited),
            self._kept(owed),
            latched.astype(np.uint8)[context.colours[context.neighbour]],
            age.astype(np.uint8),
            context.colours,
        )

    def _kept(self, times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        """Chance of no renewal in a time, on the grid of the uniforms."""
        return (np.floor(np.exp(-times_s / self.tau) * 2**23) / 2**23).astype(np.float32)


class TelegraphNoise(NamedTuple):
    """keep: (colours,) chance of no renewal in the last m phases; to_latch, to_now: (colours,) of none since the cell's
    own noise was drawn, until its next latch and until now; now_age, age: (edges,) phases since the neighbour latched,
    now and when the cell latches; colour: (cells,).
    """

    keep: NDArray[np.float32]
    to_latch: NDArray[np.float32]
    to_now: NDArray[np.float32]
    now_age: NDArray[np.uint8]
    age: NDArray[np.uint8]
    colour: NDArray[np.int64]


class Aged(NamedTuple):
    """Neighbours as they were in the phase of the last renewal. past: (m,) lanes with none in the last m phases."""

    words: Any
    change: Any
    past: Any
    age: Any


@stage(stages.seen, Aged)
def aged(sight: Any, edge: Any, slot: Any) -> Any:
    return sight.words[slot] ^ (sight.change[slot] & sight.past[sight.age[edge]])


@stage(stages.prepare, TelegraphNoise)
def draw_renewals(params: Any, at: Any) -> Any:
    u, random = rng.uniform(at.random)
    for m in range(len(params.keep)):
        at.scratch[m] = vectors.less(u, params.keep[m])
    at.scratch[len(params.keep)] = vectors.less(u, params.to_latch[params.colour[at.cell]])
    return random


@stage(stages.sight, TelegraphNoise)
def into_the_past(params: Any, at: Any) -> Any:
    return Aged(at.words, at.own[1], at.scratch, params.age)


@stage(stages.noise, TelegraphNoise)
def copy_noise(params: Any, y: Any, at: Any) -> Any:
    u, random = rng.uniform(at.random)
    drawn = vectors.less(vectors.fma(u, vectors.exp2(y), u), ONE)
    kept = at.scratch[len(params.keep)]
    now = (at.own[0, at.cell] & kept) | (drawn & ~kept)
    at.own[0, at.cell] = now
    return now, random


@stage(stages.commit, TelegraphNoise)
def note_change(params: Any, old: Any, new: Any, at: Any) -> Any:
    at.own[1, at.cell] = old ^ new


@stage(stages.settle, TelegraphNoise)
def draw_until_now(params: Any, array: Any, at: Any) -> Any:
    u, random = rng.uniform(at.random)
    for m in range(len(params.keep)):
        at.scratch[m] = vectors.less(u, params.keep[m])
    kept = vectors.less(u, params.to_now[params.colour[at.cell]])
    sight = Aged(at.words, at.own[1], at.scratch, params.now_age)
    seeing = stages.with_sight(at, sight)
    y = stages.activation(array.cells, stages.field(array.coupler, seeing), seeing)
    u, random = rng.uniform(random)
    drawn = vectors.less(vectors.fma(u, vectors.exp2(y), u), ONE)
    at.own[0, at.cell] = (at.own[0, at.cell] & kept) | (drawn & ~kept)
    return random


@stage(stages.settled, TelegraphNoise)
def forget_changes(params: Any, at: Any) -> Any:
    at.own[1, at.cell] = np.uint64(0)


# --- the same in plain numpy ----------------------------------------------------------------------------------------


@reference.seen.register(Aged)
def aged_reference(sight: Aged, edge: int, slot: int) -> Any:
    return sight.words[slot] ^ (sight.change[slot] & sight.past[sight.age[edge]])


@reference.prepare.register(TelegraphNoise)
def draw_renewals_reference(params: TelegraphNoise, at: Any) -> Any:
    u, random = reference.uniform(at.random)
    thresholds = [*params.keep, params.to_latch[params.colour[at.cell]]]
    at.scratch[:] = [reference.word_of(u < threshold) for threshold in thresholds]
    return random


@reference.sight.register(TelegraphNoise)
def into_the_past_reference(params: TelegraphNoise, at: Any) -> Aged:
    return Aged(at.words, at.own[1], at.scratch, params.age)


@reference.noise.register(TelegraphNoise)
def copy_noise_reference(params: TelegraphNoise, y: Any, at: Any) -> Any:
    at.own[0, at.cell], random = _redrawn(y, at.own[0, at.cell], at.scratch[len(params.keep)], at.random)
    return at.own[0, at.cell], random


@reference.commit.register(TelegraphNoise)
def note_change_reference(params: TelegraphNoise, old: Any, new: Any, at: Any) -> None:
    at.own[1, at.cell] = old ^ new


@reference.settle.register(TelegraphNoise)
def draw_until_now_reference(params: TelegraphNoise, parameters: Any, at: Any) -> Any:
    coupler, cells, _ = parameters
    u, random = reference.uniform(at.random)
    past = np.array([reference.word_of(u < threshold) for threshold in params.keep], np.uint64)
    kept = reference.word_of(u < params.to_now[params.colour[at.cell]])
    seeing = at._replace(sight=Aged(at.words, at.own[1], past, params.now_age))
    y = reference.activation(cells, reference.field(coupler, seeing), seeing)
    at.own[0, at.cell], random = _redrawn(y, at.own[0, at.cell], kept, random)
    return random


@reference.settled.register(TelegraphNoise)
def forget_changes_reference(params: TelegraphNoise, at: Any) -> None:
    at.own[1, at.cell] = 0


def _redrawn(y: Any, old: Any, kept: Any, random: Any) -> tuple[Any, Any]:
    """The old word where it is kept, else a fresh draw."""
    u, random = reference.uniform(random)
    drawn = reference.word_of(reference.fma(u, reference.exp2(y), u) < ONE)
    return (old & kept) | (drawn & ~kept), random


# --- an observer ----------------------------------------------------------------------------------------------------


class Window(NamedTuple):
    """before: (cells,) uint64; counts: (windows, cells) int64; ticks: length of a window."""

    ticks: int
    before: NDArray[np.uint64]
    counts: NDArray[np.int64]


@stage(observers.after_colour, Window)
def count_window(params: Any, look: Any) -> Any:
    window = look.tick // params.ticks
    for cell in range(len(params.before)):
        changed = (look.words[cell] ^ params.before[cell]) & look.lanes
        params.before[cell] = look.words[cell]
        params.counts[window, cell] += np.int64(vectors.popcount(changed))


class ToggleWindow:
    """Toggles of each slot in windows of so many ticks, (windows, cells), over all groups."""

    def __init__(self, words: NDArray[np.uint64], ticks: int, windows: int) -> None:
        self.ticks = ticks
        self.before = words.copy()
        self.by_group = np.zeros((len(words), windows, words.shape[1]), np.int64)

    def parameters(self, group: int) -> Window:
        return Window(self.ticks, self.before[group], self.by_group[group])


# --- a schedule -----------------------------------------------------------------------------------------------------


class Visits(NamedTuple):
    """order: (visits,) int64 slots, one a tick, again and again; price_class: (cells,) int64."""

    order: NDArray[np.int64]
    price_class: NDArray[np.int64]


@stage(walk, Visits)
def one_after_another(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    group, many = array.group, len(schedule.order)
    random = rng.load_generator(group.generators, 0)
    for tick in range(start, stop):
        cell = schedule.order[tick % many]
        random, counter = update_run(array, group.words, cell, cell + 1, tick, random)
        count_toggles(array, schedule.price_class[cell], counter)
        look = observers.Look(group.words, group.lanes, tick, 0, tick // many)
        observers.after_colour(array.observers, look)
        if tick % many == many - 1:
            observers.after_sweep(array.observers, look)
    rng.store_generator(group.generators, 0, random)


@dataclass(frozen=True, eq=False)
class InOrder:
    """Cells latch one after another, `tick_fs` apart."""

    parameters: Visits
    tick_fs: int

    @property
    def ticks_per_sweep(self) -> int:
        return len(self.parameters.order)
