"""rng: the transistor-noise source of a p-bit and the law of its noise.

    ideal    a fresh uniform number at each latch
    redraw   the latched value survives with k = exp(-dt/tau0), dt since this cell's previous latch, else a fresh draw:
             slower mixing, no bias. An uncoupled cell latched every T has tau_int = coth(T / (2 tau0)) latches.

tau0 is the cell's relaxation time: the source's autocorrelation decays as exp(-t/tau0) (arXiv 2510.23972). A gated
source is assumed to decorrelate equally fast while it is off: its node discharges without power. Both laws leave the
Boltzmann distribution of a correctly coloured array unchanged.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, ArrayContext, Gating, powered
from chipsim.components.noise.base import NoiseKind
from chipsim.errors import ChipsimError
from chipsim.kernels import rng as generator
from chipsim.kernels import stages, vectors
from chipsim.kernels.decisions import decide, decide_above
from chipsim.kernels.jit import stage


class Rng(NoiseKind):
    """Parameters of the noise source."""

    law: Literal["ideal", "redraw"]
    gated: Gating = "phase"

    name: ClassVar[str] = "rng"
    summary: ClassVar[str] = "transistor-noise source of each cell; law ideal or redraw"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("draw", "fabric", "draw", "one random decision drawn for a cell"),
        powered("fabric", "standby power of the noise source"),
    )

    def uses_relaxation(self) -> bool:
        """Only the correlated law depends on time."""
        return self.law != "ideal"

    def is_fresh(self) -> bool:
        """Law ideal."""
        return self.law == "ideal"

    def noise(self, context: ArrayContext) -> IdealNoise | RedrawNoise | SlowNoise:
        """Kernel parameters of the chosen law.

        Raises:
            ChipsimError: the relaxation time is too long to resolve the renewal of noise in single precision.
        """
        if self.law == "ideal":
            return IdealNoise(np.ones(1, np.float32))
        latches = context.relaxation_time_s / context.since_latch_s
        if latches > MAX_LATCHES:
            complaint = f"a relaxation time of {context.relaxation_time_s:g} s is {latches:,.0f} times the time between"
            raise ChipsimError(
                f"{complaint} latches; law redraw resolves up to {MAX_LATCHES:,}", code="chip.out-of-range"
            )
        keep = math.exp(-1 / latches) if latches else 0.0
        if 1 - keep < LEAST_STRETCHED:
            return SlowNoise(np.full(context.cells, keep, np.float32))
        # On an even grid of 2**-24, so that u - keep is exact and never 0 (u is odd on that grid).
        grid = min(math.floor(keep * 2**23), 2**23 - 1) / 2**23
        return RedrawNoise(np.full(context.cells, grid, np.float32), np.full(context.cells, 1 / (1 - grid), np.float32))


# Below this probability of renewal the rest of the unit interval has too few numbers to be rescaled to a new draw.
LEAST_STRETCHED = 1 / 16
# Relaxation times in units of the time between latches: the probability of renewal is then 1000 steps of 2**-23.
MAX_LATCHES = 8_000


class IdealNoise(NamedTuple):
    """Independent noise at each latch: only the threshold 1 of the comparison."""

    one: NDArray[np.float32]


class RedrawNoise(NamedTuple):
    """Probability of keeping the latched value, and 1/(1 - keep); shape (cells,), float32."""

    keep: NDArray[np.float32]
    renew: NDArray[np.float32]


class SlowNoise(NamedTuple):
    """Probability of keeping the latched value, near 1; shape (cells,), float32."""

    keep: NDArray[np.float32]


@stage(stages.noise, IdealNoise)
def ideal(params: Any, y: Any, at: Any) -> Any:
    """Latch +1 where u (1 + 2**y) < 1, with a fresh u."""
    u, random = generator.uniform(at.random)
    return decide(u, y, at), random


@stage(stages.noise, RedrawNoise)
def redraw(params: Any, y: Any, at: Any) -> Any:
    """One u decides both: below `keep` the old value stays, the rest of the unit interval is rescaled to a new u."""
    step, random = generator.steps(at.random)
    kept, drawn = decide_above(step, params.keep[at.cell], params.renew[at.cell], y, at)
    return (at.words[at.cell] & kept) | (drawn & ~kept), random


@stage(stages.noise, SlowNoise)
def slow_redraw(params: Any, y: Any, at: Any) -> Any:
    """One u decides whether the old value stays, another draws the new value."""
    u, random = generator.uniform(at.random)
    kept = vectors.less(u, params.keep[at.cell])
    fresh, random = generator.uniform(random)
    drawn = decide(fresh, y, at)
    return (at.words[at.cell] & kept) | (drawn & ~kept), random
