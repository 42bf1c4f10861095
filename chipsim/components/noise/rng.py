"""rng: the transistor-noise source of a p-bit and the law of its noise.

    ideal       a fresh uniform number at each latch
    redraw      the latched value survives with k = exp(-dt/tau0), dt since this cell's previous latch, else a fresh
                draw: slower mixing, no bias. An uncoupled cell latched every T has tau_int = coth(T / (2 tau0)).
    telegraph   a two-state noise that switches all the time, up at rate p / tau0 and down at (1 - p) / tau0, where p is
                the response of the cell to its field of the moment; the latch copies it. Neighbours that latched since
                the last switch bias it: the noise has not yet followed them. Mixes as redraw.
    comparator  a Gaussian voltage of unit variance is compared with the field: +1 where it is below 2 beta h /
                `noise_rms`. P(+1) is a probit, Phi(2 beta h / noise_rms), which at 1.702 is the sigmoid within 0.0095.
                The voltage is an Ornstein-Uhlenbeck process that runs between latches, for `spectrum: 1/f` a sum of
                them, for `spectrum: given` the sum of those with relaxation times `spectrum_times` (in units of tau0)
                and variances in the proportions of `spectrum_shares`. It ignores the field, but neighbours have
                followed the noise of earlier latches: a bias. At zero field latches have the autocorrelation
                (2/pi) asin(rho), rho that of the voltage.

tau0 is the cell's relaxation time: the source's autocorrelation decays as exp(-t/tau0) (arXiv 2510.23972). A gated
source is assumed to decorrelate equally fast while it is off: its node discharges without power. Under telegraph noise,
a pause counts under the words and weights after it. The laws ideal and redraw leave the Boltzmann distribution of a
correctly coloured array unchanged.

The telegraph noise of a cell is redrawn at rate 1/tau0 under the field of that moment, so only the last renewal
matters. One uniform per lane tells since which latch of the neighbours there was none: renewals are a Poisson process
that ignores the field. The lanes without a renewal since a neighbour's latch see it as it was before. Every neighbour
latches once between two latches of a cell, so two words per cell suffice: the noise at the last latch, and what that
latch changed. `settle` draws the noise of all cells at one instant, before words, weights or beta change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from chipsim.components.base import Action, ArrayContext, Gating, powered
from chipsim.components.noise.base import NoiseKind
from chipsim.errors import RuleError
from chipsim.kernels import rng as generator
from chipsim.kernels import stages, vectors
from chipsim.kernels.decisions import decide, decide_above
from chipsim.kernels.gaussian import gaussian, to_int16
from chipsim.kernels.jit import stage
from chipsim.kernels.near import negative
from chipsim.rounding import rounded
from chipsim.spec.fields import Number
from chipsim.units import show

# Processes of a given spectrum; each takes two bytes for each cell and lane.
MANY = Field(min_length=1, max_length=16)


class Rng(NoiseKind):
    """Parameters of the noise source."""

    law: Literal["ideal", "redraw", "telegraph", "comparator"]
    noise_rms: Annotated[float, Number(gt=0, le=100)] = 1.702
    spectrum: Literal["white", "1/f", "given"] = "white"
    decades: Annotated[float, Number(gt=0, le=6)] = 3.0
    spectrum_times: Annotated[list[Annotated[float, Number(ge=1e-6, le=1e6)]], MANY] | None = None
    spectrum_shares: Annotated[list[Annotated[float, Number(gt=0, le=1e6)]], MANY] | None = None
    gated: Gating = "phase"

    name: ClassVar[str] = "rng"
    summary: ClassVar[str] = "transistor-noise source of each cell; law ideal, redraw, telegraph or comparator"
    ideal: ClassVar[Mapping[str, Any]] = {"law": "ideal"}
    actions: ClassVar[tuple[Action, ...]] = (
        Action("draw", "fabric", "draw", "one random decision drawn for a cell"),
        powered("fabric", "standby power of the noise source"),
    )

    @model_validator(mode="after")
    def _whole_spectrum(self) -> Rng:
        times, shares = (self.spectrum_times or []), (self.spectrum_shares or [])
        if len(times) != len(shares):
            many = f"spectrum_times has {len(times)} entries, spectrum_shares {len(shares)}"
            raise RuleError(f"{many}; give a share for each time", code="spec.rule")
        if self.spectrum == "given" and not times:
            raise RuleError("spectrum: given needs spectrum_times and spectrum_shares", code="spec.rule")
        return self

    def uses_relaxation(self) -> bool:
        """Only the correlated law depends on time."""
        return self.law != "ideal"

    def follows_field(self) -> bool:
        """Law telegraph."""
        return self.law == "telegraph"

    def is_fresh(self) -> bool:
        """Law ideal."""
        return self.law == "ideal"

    def stale_share(self, phase_s: float, sweep_s: float, relaxation_time_s: float) -> float:
        """Telegraph: the probability of no renewal since the last colour latched; comparator: the correlation with the
        voltage at the previous latch.
        """
        if self.law == "telegraph":
            return math.exp(-phase_s / relaxation_time_s)
        if self.law == "comparator":
            return float(self.shares() @ np.exp(-sweep_s / (relaxation_time_s * self.relaxation_times())))
        return 0.0

    def inert(self) -> dict[str, str]:
        """Parameters of the voltage of the law comparator."""
        lists = {"spectrum_times": self.spectrum_times, "spectrum_shares": self.spectrum_shares}
        of_given = [key for key, value in lists.items() if value is not None]
        if self.law != "comparator":
            voltage = ("noise_rms", "spectrum", "decades", *of_given)
            return dict.fromkeys(voltage, f"law: {self.law} compares no voltage")
        decades = {} if self.spectrum == "1/f" else {"decades": f"spectrum: {self.spectrum} has no number of decades"}
        given = {} if self.spectrum == "given" else dict.fromkeys(of_given, f"spectrum: {self.spectrum} is not given")
        return {**decades, **given}

    def own_state(self, cells: int) -> NDArray[Any]:
        """Telegraph: (2, cells) uint64, the noise at the last latch, and what that latch changed in the word.

        Comparator: (cells * processes * 64,) int16, voltages.
        """
        if self.law == "comparator":
            return np.zeros(cells * len(self.relaxation_times()) * 64, np.int16)
        return np.zeros((2 if self.law == "telegraph" else 0, cells), np.uint64)

    def scratch_words(self, context: ArrayContext) -> int:
        """Telegraph: a mask for each colour."""
        return _colours(context) if self.law == "telegraph" else 1

    def noise(self, context: ArrayContext) -> IdealNoise | RedrawNoise | SlowNoise | TelegraphNoise | ComparatorNoise:
        """Kernel parameters of the chosen law."""
        if self.law == "ideal":
            return IdealNoise(np.ones(1, np.float32))
        if self.law == "telegraph":
            return _telegraph(context)
        if self.law == "comparator":
            return self._comparator(context)
        latches = context.relaxation_time_s / context.since_latch_s
        keep = math.exp(-1 / latches) if latches else 0.0
        if 1 - keep < LEAST_STRETCHED:
            return SlowNoise(np.full(context.cells, keep, np.float32))
        # On an even grid of 2**-24, so that u - keep is exact and never 0 (u is odd on that grid).
        grid = min(math.floor(keep * 2**23), 2**23 - 1) / 2**23
        return RedrawNoise(np.full(context.cells, grid, np.float32), np.full(context.cells, 1 / (1 - grid), np.float32))

    def relaxation_times(self) -> NDArray[np.float64]:
        """(processes,) relaxation times of the processes whose sum is the voltage, in units of tau0."""
        if self.spectrum == "white":
            return np.ones(1)
        if self.spectrum == "given":
            return np.array(self.spectrum_times, float)
        return np.geomspace(1, 10**self.decades, 1 + math.ceil(self.decades * math.log(10, FURTHEST_APART)))

    def shares(self) -> NDArray[np.float64]:
        """(processes,) shares of the variance of the voltage; their sum is 1."""
        many = len(self.relaxation_times())
        shares = np.array(self.spectrum_shares if self.spectrum == "given" else [1.0] * many)
        return np.asarray(shares / shares.sum())

    def _comparator(self, context: ArrayContext) -> ComparatorNoise:
        """Decay and fresh part of each process over the time since the previous latch."""
        times = self.relaxation_times()
        decay = np.exp(-context.since_latch_s / (context.relaxation_time_s * times))
        return ComparatorNoise(
            decay.astype(np.float32),
            (STEPS_PER_RMS * np.sqrt(1 - decay**2)).astype(np.float32),
            np.sqrt(self.shares()).astype(np.float32),
            np.full(1, STEPS_PER_RMS * math.log(2) / self.noise_rms, np.float32),
        )

    def unresolved(self, phase_s: float, sweep_s: float, relaxation_time_s: float) -> str:
        """The slowest process over the time that it must move in: a phase for telegraph noise, else a sweep."""
        if self.law == "ideal":
            return ""
        by_phase, comparator = self.law == "telegraph", self.law == "comparator"
        interval, name = (phase_s, "clock phase") if by_phase else (sweep_s, "time between latches")
        slowest = relaxation_time_s * (float(self.relaxation_times().max()) if comparator else 1)
        if slowest <= MAX_INTERVALS * interval:
            return ""
        complaint = (
            f"a relaxation time of {show(slowest, 's')} is {rounded(slowest / interval, ',.0f')} times the {name}"
        )
        longest = show(MAX_INTERVALS * interval, "s")
        return f"{complaint}; law {self.law} resolves up to {MAX_INTERVALS:,}, use {longest} or less, or a longer phase"


# Below this probability of renewal the rest of the unit interval has too few numbers to be rescaled to a new draw.
LEAST_STRETCHED = 1 / 16
# Relaxation times in units of the interval between draws: the probability of renewal is then 1000 steps of 2**-23.
MAX_INTERVALS = 8_000
# Ratio of neighbouring relaxation times of a 1/f voltage.
FURTHEST_APART = 4
# Steps of a stored voltage.
STEPS_PER_RMS = 4096


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


# --- telegraph ------------------------------------------------------------------------------------------------------


class TelegraphNoise(NamedTuple):
    """Probabilities of no renewal, float32, by colour.

    latch: (colours, colours), row = colour of the cell that latches: none since the latch of each other colour; on the
    diagonal, none since the cell's own noise was drawn. now: (colours,), none until now since the noise of each colour
    was drawn: at its latch, or at a rest after it. colour: (cells,); neighbour_colour: (directed couplings,).
    """

    latch: NDArray[np.float32]
    now: NDArray[np.float32]
    colour: NDArray[Any]
    neighbour_colour: NDArray[Any]


class Past(NamedTuple):
    """View of the neighbours at the time of the last renewal. stale: (colours,) lanes with none since each latched."""

    words: Any
    change: Any
    stale: Any
    colour: Any


def _colours(context: ArrayContext) -> int:
    return int(context.colours.max(initial=0)) + 1


def _telegraph(context: ArrayContext) -> TelegraphNoise:
    """Times since latches and since the last draw of noise, as probabilities of no renewal."""
    many, rest, since_rest = _colours(context), context.rest_tick, context.ticks_since_rest
    colour = np.arange(many)
    latch = ((colour[:, None] - colour[None, :]) % many) * context.tick_s
    # A cell's own noise was drawn at its latch one sweep ago, or for the first latch after a rest, at the rest.
    rested = since_rest < many
    own = ((colour - rest) % many + 1) * context.tick_s + context.pause_s if rested else many * context.tick_s
    latch[colour, colour] = own
    ago = (rest + since_rest - 1 - colour) % many
    now = np.where(ago < since_rest, ago * context.tick_s, since_rest * context.tick_s + context.pause_s)
    small = np.min_scalar_type(many)
    colours = context.colours.astype(small)
    tau0 = context.relaxation_time_s
    return TelegraphNoise(_unrenewed(latch / tau0), _unrenewed(now / tau0), colours, colours[context.neighbour])


def _unrenewed(times: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probability of no renewal in times in units of tau0, a whole number of steps of a draw, so that it is exact."""
    return (np.floor(np.exp(-times) * 2**23) / 2**23).astype(np.float32)


@stage(stages.seen, Past)
def seen_in_the_past(sight: Any, edge: Any, slot: Any) -> Any:
    """The word before its last latch in lanes without a renewal since."""
    return sight.words[slot] ^ (sight.change[slot] & sight.stale[sight.colour[edge]])


@stage(stages.prepare, TelegraphNoise)
def draw_renewals(params: Any, at: Any) -> Any:
    """Lanes without a renewal since the latch of each colour; for the cell's own, since its last draw."""
    u, random = generator.uniform(at.random)
    own = params.colour[at.cell]
    for colour in range(len(params.now)):
        at.scratch[colour] = vectors.less(u, params.latch[own, colour])
    return random


@stage(stages.sight, TelegraphNoise)
def view_of_the_past(params: Any, at: Any) -> Any:
    """Neighbours at the time of the last renewal."""
    return Past(at.words, at.own[1], at.scratch, params.neighbour_colour)


@stage(stages.noise, TelegraphNoise)
def copy_noise(params: Any, y: Any, at: Any) -> Any:
    """The noise at the last draw, or that of the last renewal since."""
    u, random = generator.uniform(at.random)
    drawn = decide(u, y, at)
    kept = at.scratch[params.colour[at.cell]]
    word = (at.own[0, at.cell] & kept) | (drawn & ~kept)
    at.own[0, at.cell] = word
    return word, random


@stage(stages.commit, TelegraphNoise)
def note_change(params: Any, old: Any, new: Any, at: Any) -> Any:
    """Store what the latch changed; nothing where the cell is clamped."""
    at.own[1, at.cell] = old ^ new


@stage(stages.settle, TelegraphNoise)
def draw_until_now(params: Any, array: Any, at: Any) -> Any:
    """Draw the noise of this instant."""
    u, random = generator.uniform(at.random)
    for colour in range(len(params.now)):
        at.scratch[colour] = vectors.less(u, params.now[colour])
    seeing = stages.with_sight(at, Past(at.words, at.own[1], at.scratch, params.neighbour_colour))
    y = stages.activation(array.cells, stages.field(array.coupler, seeing), seeing)
    u, random = generator.uniform(random)
    drawn = decide(u, y, seeing)
    kept = at.scratch[params.colour[at.cell]]
    at.own[0, at.cell] = (at.own[0, at.cell] & kept) | (drawn & ~kept)
    return random


@stage(stages.settled, TelegraphNoise)
def forget_change(params: Any, at: Any) -> Any:
    """From here on, every neighbour is seen as it is."""
    at.own[1, at.cell] = np.uint64(0)


# --- comparator -----------------------------------------------------------------------------------------------------


class ComparatorNoise(NamedTuple):
    """decay, spread, share: (processes,) float32, x <- decay x + spread g in steps, and the weight of each in the sum;
    slope: (1,) float32, steps of the threshold per unit of -y.
    """

    decay: NDArray[np.float32]
    spread: NDArray[np.float32]
    share: NDArray[np.float32]
    slope: NDArray[np.float32]


@stage(stages.noise, ComparatorNoise)
def compare(params: Any, y: Any, at: Any) -> Any:
    """Latch +1 where the voltage, before it is rounded, is below the threshold -slope y."""
    random, margin = at.random, vectors.multiply(y, params.slope[0])
    for process in range(len(params.decay)):
        u, random = generator.uniform(random)
        place = (at.cell * len(params.decay) + process) * 64
        kept = vectors.multiply(vectors.to_float(vectors.load(at.own, place)), params.decay[process])
        voltage = vectors.fma(gaussian(u), params.spread[process], kept)
        vectors.store(at.own, place, to_int16(voltage))
        margin = vectors.fma(voltage, params.share[process], margin)
    return negative(margin), random
