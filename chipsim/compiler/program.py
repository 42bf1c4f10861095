"""The program: a netlist as arrays in update order, ready for the kernel.

Cells are renumbered into slots: by colour, within a colour by wire capacitance (their price class), within a class by
site. A unit of work is a chunk of at most 4,096 slots of one colour, with its own random generator; a run is a sequence
of at most 255 slots of one class inside a chunk, so that one byte per lane can count its toggles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, singledispatch
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colouring import Neighbours, colour_cells, conflicts, neighbour_lists
from chipsim.compiler.lateness import Flights, Lateness, lateness_of
from chipsim.compiler.netlist import ContinuousDomain, Domain, LatchedDomain, Netlist
from chipsim.compiler.policies import check_policy, drawn_schedule, words_of
from chipsim.compiler.schedule import ClockedSchedule, DrawnSchedule
from chipsim.components.base import ArrayContext
from chipsim.components.couplers.base import Weights
from chipsim.components.couplers.pairs import PairField
from chipsim.components.couplers.records import in_records
from chipsim.components.digital.base import InputKind, Policy
from chipsim.kernels.clocked import Clocked
from chipsim.kernels.scattered import Scattered
from chipsim.spec.model import fail
from chipsim.units import to_seconds

CHUNK = 4096
RUN = 255


@dataclass(frozen=True)
class Cadence:
    """How the cells of an array latch: in words, colours (1 where there are none), femtoseconds of a clock phase and of
    a sweep, whether cells that are coupled latch together, whether there are phases, and the largest share of a
    coupling that is from before the neighbour's latest latch.
    """

    words: str
    colours: int
    phase_fs: int
    sweep_fs: int
    coupled: bool
    clocked: bool = True
    stale_share: float = 0.0


@dataclass(frozen=True)
class Latch:
    """Colour of a cell, and capacitance (F) of the wires to its neighbours."""

    colour: int
    wire_f: float


@dataclass(frozen=True, eq=False)
class Program:
    """Arrays of one domain.

    Attributes:
        netlist: source of the program.
        site_of: (N,) int64, the site in each slot.
        slot_of: (N,) int64, the slot of each site.
        colours: number of colours; 1 where cells latch in another order.
        coupled: whether coupled cells latch together (allowed by the spec).
        class_capacitance_f: (K,) wire capacitance of each price class.
        cell_class: (N,) int64, class of each slot.
        chunk_first_cell: (chunks + 1,) int64, cells that share a random generator.
        schedule: when the cells latch.
        lateness: what cells do not see yet of their neighbours; None if they see them as they are.
    """

    netlist: Netlist
    site_of: NDArray[np.int64]
    slot_of: NDArray[np.int64]
    colours: int
    coupled: bool
    class_capacitance_f: NDArray[np.float64]
    cell_class: NDArray[np.int64]
    chunk_first_cell: NDArray[np.int64]
    schedule: ClockedSchedule | DrawnSchedule
    lateness: Lateness | Flights | None

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.site_of)

    @property
    def slots(self) -> int:
        """Words of state per group: the cells, followed by one latch per cell if latches can bias cells, and by earlier
        words of the cells where changes are on their way.
        """
        return self.first_past + self.cells * (self.lateness.words if self.lateness else 0)

    @property
    def first_past(self) -> int:
        """The first slot of earlier words."""
        pulls = "clamp" in self.netlist.routes and self.netlist.end("clamp", InputKind).kind.coupling != "hold"
        return self.cells * (2 if pulls else 1)

    @property
    def nodes(self) -> int:
        """Numbers of state per group: of 64 lanes for each cell and one more, where nodes settle slowly."""
        return (self.cells + 1) * 64 if self.lateness and self.lateness.nodes else 0

    @property
    def sees_the_past(self) -> bool:
        """Whether cells latch without the latest values of some neighbours."""
        return bool(self.lateness and self.lateness.past)

    @property
    def chunks(self) -> int:
        """Number of units of work per group."""
        return len(self.chunk_first_cell) - 1

    @property
    def sweep_fs(self) -> int:
        """Duration of one sweep: every colour once, or each cell once on average."""
        return self.schedule.ticks_per_sweep * self.schedule.tick_fs

    @property
    def policy(self) -> Policy:
        """Which cells latch when."""
        return self.netlist.latched.clock.kind.policy()

    @property
    def cadence(self) -> Cadence:
        """How the cells latch."""
        words, schedule = words_of(self.policy, self.colours), self.schedule
        times, stale = (schedule.phase_fs, self.sweep_fs), self.lateness.stale_share() if self.lateness else 0.0
        return Cadence(words, self.colours, *times, self.coupled, self.policy.clocked, stale)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Neighbour lists in slot order, made when a run needs them: to describe a chip they are not needed."""
        fabric = self.netlist.fabric
        return neighbour_lists(self.slot_of.astype(np.int32)[fabric.edges], fabric.sites)

    def latch_of(self, site: int) -> Latch:
        """Colour of a cell, and capacitance of its wires."""
        slot = int(self.slot_of[site])
        return Latch(int(self.colour_of[slot]), float(self.class_capacitance_f[self.cell_class[slot]]))

    @cached_property
    def colour_of(self) -> NDArray[np.int64]:
        """(N,) colour of each slot."""
        if isinstance(self.schedule, DrawnSchedule):
            return np.zeros(self.cells, np.int64)
        starts = self.schedule.parameters.colour_first_cell
        colours: NDArray[np.int64] = np.searchsorted(starts, np.arange(self.cells), side="right") - 1
        return colours

    def array_context(
        self, sweep_s: float, pause_s: float = 0.0, ticks_since_rest: int = 0, rest_tick: int = 0
    ) -> ArrayContext:
        """Context of array kinds for cells that latched one sweep plus a pause ago; see `ArrayContext`."""
        domain = self.netlist.latched
        technology = self.netlist.chip.model.technology
        relaxation = domain.cells.kind.relaxation_time
        tick_s = to_seconds(self.schedule.tick_fs)
        since_s = sweep_s + pause_s
        timing = (since_s, pause_s, relaxation, tick_s, ticks_since_rest, rest_tick)
        return ArrayContext(self.cells, technology, *timing, self.colour_of, *self.neighbours[:2])

    def field(
        self,
        weights: Weights,
        pull: NDArray[np.float64] | None = None,
        share: NDArray[np.float64] | None = None,
    ) -> Any:
        """Kernel parameters of the couplers.

        Args:
            weights: as stored on the chip, couplings by fabric edge and biases by site.
            pull: (N,) by slot: coupling of each cell's input latch in units of J; None if no latch biases cells.
            share: (N,) by slot: beta of each cell over that of the array, a factor of its field; None for 1.
        """
        beta = np.ones(self.cells) if share is None else share
        coupler = self.netlist.latched.coupler.kind
        first, neighbour, edge, end = self.neighbours
        field = coupler.field(
            first.astype(np.int32),
            neighbour,
            weights.codes[edge] if weights.codes.ndim == 1 else weights.codes[edge, end],
            weights.step * beta,
            weights.biases[self.site_of] * beta,
        )
        if self.lateness is not None:
            field = self.lateness.field(coupler, field, self)
        elif isinstance(self.schedule.parameters, Scattered) and isinstance(field, PairField):
            field = in_records(field)
        if pull is None:
            return field
        return self.netlist.end("clamp", InputKind).kind.pulled(field, (pull * beta).astype(np.float32))


@dataclass(frozen=True, eq=False)
class ContinuousProgram:
    """A chip of continuous cells, which needs no update order."""

    netlist: Netlist
    cadence: ClassVar[None] = None

    @property
    def class_capacitance_f(self) -> NDArray[np.float64]:
        """Empty: continuous cells do not toggle, so there are no price classes."""
        return np.zeros(0)

    def latch_of(self, site: int) -> None:
        """None: continuous cells do not latch."""


@singledispatch
def compile_domain(domain: Domain, netlist: Netlist) -> Program | ContinuousProgram:
    """Compile a chip with latched or continuous cells.

    Raises:
        SpecError: coupled cells would latch at the same tick, and the spec does not allow it.
    """
    raise TypeError(f"no program for {type(domain).__name__}")


@compile_domain.register
def _(domain: LatchedDomain, netlist: Netlist) -> Program:
    return compile_program(netlist)


@compile_domain.register
def _(domain: ContinuousDomain, netlist: Netlist) -> ContinuousProgram:
    return ContinuousProgram(netlist)


def compile_program(netlist: Netlist) -> Program:
    """Colour the fabric, order its cells, and lay out the schedule.

    Raises:
        SpecError: coupled cells would latch at the same tick, and the spec does not allow it.
    """
    fabric, policy = netlist.fabric, netlist.latched.clock.kind.policy()
    by_colours = policy.order == "colours"
    _check_bits(netlist)
    if not by_colours:
        check_policy(netlist)
    colours = colour_cells(netlist.chip, fabric) if by_colours else np.zeros(fabric.sites, np.int32)
    capacitance = netlist.latched.coupler.kind.wire_capacitance_f(fabric.wire_pitches())
    values, classes = np.unique(np.round(capacitance, 24), return_inverse=True)
    site_of = np.lexsort((classes, colours))  # a stable sort: cells of a class stay in the order of their sites
    slot_of = np.empty(fabric.sites, np.int64)
    slot_of[site_of] = np.arange(fabric.sites)
    many, late = int(colours.max(initial=0)) + 1, lateness_of(netlist, colours)
    if by_colours:
        allowed = netlist.chip.model.fabric.coupled_updates == "allow"
        coupled = allowed and bool(len(conflicts(fabric.edges, colours)))
        clocked = _schedule(colours[site_of], classes[site_of], many, coupled)
        chunks = clocked.run_first_cell[clocked.chunk_first_run]
        schedule: Any = ClockedSchedule(clocked, netlist.latched.clock.kind.phase_fs())
        _check_noise(netlist, many)
    else:
        coupled = policy.together and bool(len(fabric.edges))
        chunks = np.array([0, fabric.sites])
        window = int(late.delays_fs.min()) if isinstance(late, Flights) else 0
        schedule = drawn_schedule(netlist, slot_of, classes[site_of], window)
    return Program(
        netlist,
        site_of,
        slot_of,
        many,
        coupled,
        _class_means(capacitance, classes, len(values)),
        classes[site_of],
        chunks,
        schedule,
        late,
    )


def _check_bits(netlist: Netlist) -> None:
    """Random bits need cells that compare them."""
    noise, cells = netlist.latched.noise, netlist.latched.cells
    if noise.kind.needs_thresholds and not cells.kind.has_thresholds:
        complaint = (
            f"{noise.spec.kind} goes with cells that compare bits, such as digital_pbit, not with {cells.spec.kind}"
        )
        raise fail(netlist.chip.document, (*noise.spec.path, "kind"), complaint, code="spec.array-parts")
    if noise.kind.instances(2) == 1 and netlist.latched.clock.kind.policy().order != "colours":
        complaint = "generators are shared by cells of a colour; use updates: colours, or cells_each: 1"
        raise fail(netlist.chip.document, (*noise.spec.path, "cells_each"), complaint, code="chip.unsuitable")


def _check_noise(netlist: Netlist, colours: int) -> None:
    """Noise must move between two latches, or phases, by more than its arithmetic rounds away."""
    noise, phase_s = netlist.latched.noise, to_seconds(netlist.latched.clock.kind.phase_fs())
    complaint = noise.kind.unresolved(phase_s, colours * phase_s, netlist.latched.cells.kind.relaxation_time)
    if complaint:
        raise fail(netlist.chip.document, (*noise.spec.path, "law"), complaint, code="chip.out-of-range")


def _class_means(capacitance: NDArray[np.float64], classes: NDArray[np.int64], many: int) -> NDArray[np.float64]:
    """The capacitance of each class, whose members differ at most by rounding."""
    return np.bincount(classes, capacitance, many) / np.bincount(classes, minlength=many)


def _schedule(colours: NDArray[np.int32], classes: NDArray[np.int64], many: int, together: bool) -> Clocked:
    """Divide the slots (given in order) into chunks and runs."""
    cells = len(colours)
    starts = np.searchsorted(colours, np.arange(many + 1))
    chunk_starts = np.concatenate([np.arange(a, b, CHUNK) for a, b in pairwise(starts)])
    breaks = np.union1d(np.flatnonzero(np.diff(classes)) + 1, np.append(chunk_starts, cells))
    run_starts = np.concatenate([np.arange(a, b, RUN) for a, b in pairwise(breaks)])
    return Clocked(
        colour_first_chunk=np.searchsorted(chunk_starts, starts).astype(np.int64),
        chunk_first_run=np.searchsorted(run_starts, np.append(chunk_starts, cells)).astype(np.int64),
        run_first_cell=np.append(run_starts, cells).astype(np.int64),
        run_class=classes[run_starts].astype(np.int64),
        colour_first_cell=starts.astype(np.int64),
        together=together,
    )
