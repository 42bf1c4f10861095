"""How late cells see their neighbours: delays of wires and pulses against clock phases, and nodes that settle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colouring import Neighbours
from chipsim.compiler.netlist import Netlist
from chipsim.components.couplers.base import CouplerKind
from chipsim.components.couplers.flights import NEWEST
from chipsim.components.couplers.late import Links
from chipsim.errors import SpecError
from chipsim.spec.model import fail
from chipsim.units import FEMTOSECONDS, show, to_seconds

# Latches of a neighbour that may be on their way at once; each takes a word of memory for each cell and 64 lanes.
MOST_UNSEEN = 16
# Latches that are kept where cells latch at random times, and how often one that is not kept would be needed.
MOST_KEPT = 64
OVERLOOKED = 1e-12
# Windows in a mean interval, each as long as the shortest delay.
SHORTEST_WINDOW = 1000
# R C of a node in sweeps: its decay over a sweep is then 1000 steps of single precision or more.
LONGEST_RC = 1000


class Late(Protocol):
    """What cells do not see yet of their neighbours."""

    def moved(self, size: NDArray[np.float64], flips: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far neighbours that are late move the probability of a decision, on average, at most.

        Args:
            size: beta |J| of the couplings.
            flips: the share of its latches that change each neighbour.
        """


@dataclass(frozen=True, eq=False)
class Lateness:
    """What the cells of a clocked array do not see yet.

    Attributes:
        delays_fs: (E,) int64, from the beginning of a pulse to the arrival of the new value, by fabric edge.
        node_rc_s: R C of the nodes; 0 if they settle at once.
        past: number of earlier words that are kept for each cell.
        newest_s: the shortest time since a change arrived at a cell that latches.
        phase_fs: length of a clock phase.
        colours: number of them.
    """

    delays_fs: NDArray[np.int64]
    node_rc_s: float
    past: int
    newest_s: float
    phase_fs: int
    colours: int

    @property
    def words(self) -> int:
        """Words of the past that are kept for each cell."""
        return self.past

    @property
    def nodes(self) -> bool:
        """Whether nodes have a state."""
        return self.node_rc_s > 0

    def rest(self, past: NDArray[np.uint64], words: NDArray[np.uint64]) -> None:
        """All words, (groups, cells), have arrived: set those of the past, (groups, words * cells), in place."""
        past.reshape(len(words), -1, words.shape[1])[:] = words[:, None]

    def field(self, couplers: CouplerKind, field: Any, program: Any) -> Any:
        """The couplings of a program, as seen late."""
        return couplers.late(field, self.links(program.neighbours, program.colour_of, program.first_past))

    def links(self, neighbours: Neighbours, colour_of: NDArray[np.int64], first_past: int) -> Links:
        """When changes arrive, by directed coupling.

        Args:
            neighbours: in slot order.
            colour_of: (N,) colour of each slot.
            first_past: first slot of earlier words.
        """
        first, neighbour, edge, _ = neighbours
        cells = len(colour_of)
        own = np.repeat(colour_of, np.diff(first))
        since, delay = (own - colour_of[neighbour]) % self.colours * self.phase_fs, self.delays_fs[edge]
        sweep = self.colours * self.phase_fs
        unseen = _unseen(since, delay, sweep)
        age_s = (since + unseen * sweep - delay) / FEMTOSECONDS
        return Links(unseen, age_s, to_seconds(sweep), cells, first_past + cells * np.arange(self.past))

    def stale_share(self) -> float:
        """Largest share of a coupling from before the neighbour's latest latch: all of it where that has not arrived,
        else what has still to settle.
        """
        return 1.0 if self.past else math.exp(-self.newest_s / self.node_rc_s)

    def moved(self, size: NDArray[np.float64], flips: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far neighbours that are late move the probability of a decision, on average, at most; see `Late`.

        With e the stale share and k what is left of it after a sweep, x differs from the word by 2 e k**m for each
        change m latches ago, by 2 e in all at most. P(+1) = 1 / (1 + exp(-2 beta h)) has a slope of beta / 2 at most.
        """
        if self.past:
            return np.tanh(size)
        left = math.exp(-to_seconds(self.colours * self.phase_fs) / self.node_rc_s)
        return np.asarray(self.stale_share() * size * np.minimum(1.0, flips / (1 - left)))


@dataclass(frozen=True, eq=False)
class Flights:
    """What cells that latch at random times do not see yet.

    Attributes:
        delays_fs: (E,) int64, by fabric edge, above 0.
        kept: number of latches that are kept of each cell.
        interval_fs: mean time between two latches of a cell.
    """

    delays_fs: NDArray[np.int64]
    kept: int
    interval_fs: int
    nodes: ClassVar[bool] = False
    past: ClassVar[int] = 0

    @property
    def words(self) -> int:
        """A time and a word of each latch that is kept."""
        return 2 * self.kept

    def stale_share(self) -> float:
        """The probability that a neighbour latched within the longest delay."""
        return -math.expm1(-float(self.delays_fs.max()) / self.interval_fs)

    def moved(self, size: NDArray[np.float64], flips: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far neighbours that are late move the probability of a decision, on average, at most; see `Late`.

        A neighbour changes in a time d with a probability of at most the mean number of its changes, d / interval for
        each latch times the share of latches that change it. P(+1) of h + J and of h - J differ by tanh(beta |J|) at
        most, at h = 0.
        """
        latches = float(self.delays_fs.max()) / self.interval_fs
        return np.tanh(size) * np.minimum(1.0, latches * flips)

    def rest(self, past: NDArray[np.uint64], words: NDArray[np.uint64]) -> None:
        """All words, (groups, cells), have arrived: set the latches that are kept, in place."""
        latches, newest = past.reshape(len(words), -1, 2), NEWEST * words.shape[1]
        latches[..., 0] = 0
        latches[:, :newest, 1] = np.repeat(words, NEWEST, axis=1)
        latches[:, newest:, 1] = np.repeat(words, self.kept - NEWEST, axis=1)

    def field(self, couplers: CouplerKind, field: Any, program: Any) -> Any:
        """The couplings of a program, as seen late."""
        return couplers.in_flight(field, self.delays_fs[program.neighbours.edge], program.first_past, self.kept)


def _flights(netlist: Netlist, delays: NDArray[np.float64]) -> Flights:
    """Delays against the mean interval of cells that latch at random times."""
    delays_fs, interval = np.rint(delays * FEMTOSECONDS).astype(np.int64), netlist.latched.clock.kind.phase_fs()
    if int(delays_fs.min()) * SHORTEST_WINDOW < interval:
        shortest = show(to_seconds(interval) / SHORTEST_WINDOW, "s")
        complaint = f"the shortest wire takes less than {shortest}, 1/{SHORTEST_WINDOW:,} of the mean interval; use 0"
        raise _wrong(netlist, "coupler", "delay_per_length", complaint, "chip.out-of-range")
    # Cells of a window are updated in any order, so latches of a window after a look are kept beside those before it.
    mean, kept, missed = float(delays_fs.max() + delays_fs.min()) / interval, NEWEST, 1.0
    while missed > OVERLOOKED and kept <= MOST_KEPT:
        kept += 1
        # Of a Poisson number, to have so many latches or more: below its first term over what the others add at most.
        log = kept * math.log(mean) - mean - math.lgamma(kept + 1)
        missed = math.exp(log) / (1 - mean / (kept + 1)) if kept + 1 > mean else 1.0
    if kept > MOST_KEPT:
        longest = show(float(delays.max()), "s")
        complaint = (
            f"the longest wire takes {longest}, too many mean intervals: use a shorter delay or a longer interval"
        )
        raise _wrong(netlist, "coupler", "delay_per_length", complaint, "chip.out-of-range")
    return Flights(delays_fs, kept, interval)


def _unseen(since: NDArray[np.int64], delay: NDArray[np.int64], sweep: int) -> NDArray[np.int64]:
    """How many latches have not arrived, the last one `since` ago and one each sweep before; all in femtoseconds."""
    return np.where(delay < since, 0, (delay - since) // sweep + 1)


def lateness_of(netlist: Netlist, colours: NDArray[np.int32]) -> Lateness | Flights | None:
    """What cells latched by these colours, (N,) by site, do not see yet; None if they see everything as it is.

    Raises:
        SpecError: delays and time constants are too long, or do not go with the clock or the noise.
    """
    clock, coupler, edges = netlist.latched.clock.kind, netlist.latched.coupler.kind, netlist.fabric.edges
    delays, pulse, many = coupler.delays_s(netlist.fabric.lengths), clock.pulse_fs(), int(colours.max(initial=0)) + 1
    if delays is None and not pulse and not coupler.node_rc_s():
        return None
    if clock.policy().order == "free-running":
        if coupler.node_rc_s():
            complaint = "nodes with an R C go with a clock and updates: colours; use them, or leave it at 0"
            raise _wrong(netlist, "coupler", "node_rc", complaint, "chip.unsuitable")
        return None if delays is None or not len(edges) else _flights(netlist, delays)
    _check(netlist, many)
    phase = clock.phase_fs()
    wires = np.zeros(len(edges)) if delays is None else delays
    delays_fs = np.rint(wires * FEMTOSECONDS).astype(np.int64) + pulse
    ends = [colours[edges[:, end]].astype(np.int64) for end in (0, 1)]
    past, late, newest = 0, 0, many * phase
    for own, other in (ends, ends[::-1]):
        since = (own - other) % many * phase
        unseen = _unseen(since, delays_fs, many * phase)
        # Cells that latch together never see each other's latch of that instant.
        past, late = max(past, int(unseen.max(initial=0))), max(late, int((unseen - (since == 0)).max(initial=0)))
        newest = min(newest, int((since + unseen * many * phase - delays_fs).min(initial=newest)))
    if not late and not coupler.node_rc_s():
        return None
    if past > MOST_UNSEEN:
        longest = f"the longest wire takes {show(float(wires.max()), 's')}, more than {MOST_UNSEEN - 1} sweeps"
        complaint = f"{longest} of {show(to_seconds(many * phase), 's')}; use a shorter delay or a longer phase"
        raise _wrong(netlist, "coupler", "delay_per_length", complaint, "chip.out-of-range")
    return Lateness(delays_fs, coupler.node_rc_s(), past, to_seconds(newest), phase, many)


def _check(netlist: Netlist, colours: int) -> None:
    """Whether late fields go with the other parts."""
    domain = netlist.latched
    clock, sweep_s = domain.clock.kind, to_seconds(domain.clock.kind.phase_fs() * colours)
    policy = clock.policy()
    if policy.order != "colours":
        complaint = "delays of wires, R C of nodes and pulses go with updates: colours; use it, or leave them at 0"
        raise _wrong(netlist, "clock", "", complaint, "chip.unsuitable")
    if domain.noise.kind.follows_field():
        complaint = (
            "this noise follows the field between latches, which is not modelled where fields are late; "
            "use law: comparator, redraw or ideal, or leave delay_per_length, node_rc and pulse at 0"
        )
        raise _wrong(netlist, "noise", "law", complaint, "chip.unsuitable")
    if to_seconds(clock.pulse_fs()) >= sweep_s:
        complaint = f"a pulse must end before the next of its cell begins; use less than {show(sweep_s, 's')}"
        raise _wrong(netlist, "clock", "pulse", complaint, "chip.out-of-range")
    if domain.coupler.kind.node_rc_s() > LONGEST_RC * sweep_s:
        complaint = f"more than {LONGEST_RC:,} sweeps; use at most {show(LONGEST_RC * sweep_s, 's')}"
        raise _wrong(netlist, "coupler", "node_rc", complaint, "chip.out-of-range")


def _wrong(netlist: Netlist, part: str, key: str, complaint: str, code: str) -> SpecError:
    """An error at a key of a part of the array."""
    path = getattr(netlist.latched, part).spec.path
    return fail(netlist.chip.document, (*path, key) if key else path, complaint, code=code)
