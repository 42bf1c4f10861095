"""How late cells see their neighbours: delays of wires and pulses against clock phases, and nodes that settle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colouring import Neighbours
from chipsim.compiler.netlist import Netlist
from chipsim.components.couplers.late import Links
from chipsim.errors import SpecError
from chipsim.spec.model import fail
from chipsim.units import FEMTOSECONDS, show, to_seconds

# Latches of a neighbour that may be on their way at once; each takes a word of memory for each cell and 64 lanes.
MOST_UNSEEN = 16
# R C of a node in sweeps: its decay over a sweep is then 1000 steps of single precision or more.
LONGEST_RC = 1000


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


def _unseen(since: NDArray[np.int64], delay: NDArray[np.int64], sweep: int) -> NDArray[np.int64]:
    """How many latches have not arrived, the last one `since` ago and one each sweep before; all in femtoseconds."""
    return np.where(delay < since, 0, (delay - since) // sweep + 1)


def lateness_of(netlist: Netlist, colours: NDArray[np.int32]) -> Lateness | None:
    """What cells latched by these colours, (N,) by site, do not see yet; None if they see everything as it is.

    Raises:
        SpecError: delays and time constants are too long, or do not go with the clock or the noise.
    """
    clock, coupler, edges = netlist.latched.clock.kind, netlist.latched.coupler.kind, netlist.fabric.edges
    delays, pulse, many = coupler.delays_s(netlist.fabric.lengths), clock.pulse_fs(), int(colours.max(initial=0)) + 1
    if delays is None and not pulse and not coupler.node_rc_s():
        return None
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
