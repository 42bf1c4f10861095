"""Which lanes notice that rare decisions are refined: those in which one came out otherwise, and no others.

The same run with the comparison that single precision makes alone, and with the built-in law, which also notes the
lanes that it looked at again and those in which that made a difference.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim import plan
from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import Rng
from chipsim.engine.device import Device
from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.decisions import CLOSE, decide, margins
from chipsim.kernels.jit import stage
from chipsim.kernels.near import within

LANES = 256


class SingleNoise(NamedTuple):
    """Fresh noise, compared in single precision alone."""

    one: NDArray[np.float32]


class NotedNoise(NamedTuple):
    """The built-in law; its own state says in which lanes of a cell a decision was looked at again, and changed."""

    one: NDArray[np.float32]


@stage(stages.noise, SingleNoise)
def single(params: Any, y: Any, at: Any) -> Any:
    u, random = rng.uniform(at.random)
    return vectors.less(vectors.fma(u, vectors.exp2(y), u), params.one[0]), random


@stage(stages.noise, NotedNoise)
def noted(params: Any, y: Any, at: Any) -> Any:
    u, random = rng.uniform(at.random)
    word = decide(u, y, at)
    at.own[0, at.cell] |= within(margins(u, y), CLOSE)
    at.own[1, at.cell] |= word ^ vectors.less(vectors.fma(u, vectors.exp2(y), u), params.one[0])
    return word, random


class Seen(NamedTuple):
    """By lane: toggles, the state at the end, whether a decision was looked at again, whether one was changed."""

    toggles: NDArray[np.int64]
    state: NDArray[np.uint64]
    looked_at: NDArray[np.bool_]
    changed: NDArray[np.bool_]


def lanes_with(words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Lanes in which any cell has a bit: words (groups, cells)."""
    joined = np.bitwise_or.reduce(words, axis=1)
    return (joined[:, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).astype(bool).reshape(-1)


def seen(law: type, sweeps: int) -> Seen:
    """The spin glass of the preset `dtca-70` at its own beta."""

    def noise(self: Rng, context: ArrayContext) -> Any:
        return law(np.ones(1, np.float32))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rng, "noise", noise)
        patch.setattr(Rng, "own_state", lambda self, cells: np.zeros((2, cells), np.uint64))
        ready = plan("dtca-70", "spin-glass", {"rng.law": "ideal", "schedule.sweeps": 1})
        device = Device(ready.program, LANES, seed=1)
        ready.workload.run(device)
        device.sample(sweeps)
        device.finish()
        state = device.array.state
        own = np.array(state.own)
        toggles = device.array.counters.lanes_by_class(LANES)
        return Seen(toggles, state.words, lanes_with(own[:, 0]), lanes_with(own[:, 1]))


def test_other_lanes_keep_their_counts() -> None:
    """150 sweeps, 1.9e8 decisions."""
    check(150)


@pytest.mark.slow
def test_other_lanes_keep_their_counts_through_the_default_schedule() -> None:
    """2,000 sweeps, 2.5e9 decisions: nearly all lanes notice."""
    check(2_000)


def check(sweeps: int) -> None:
    """Toggles and states of the two runs, lane by lane."""
    before, after = seen(SingleNoise, sweeps), seen(NotedNoise, sweeps)
    kept = (before.toggles == after.toggles).all(axis=0) & ~lanes_with(before.state ^ after.state)
    print(f"looked at again {after.looked_at.sum()}, changed {after.changed.sum()}, keep their counts {kept.sum()}")
    assert 0 < after.changed.sum() <= after.looked_at.sum()
    assert kept[~after.changed].all()
    # A single spin that latched otherwise may be forgotten before the count of toggles has noticed.
    assert kept[after.changed].mean() < 0.5
