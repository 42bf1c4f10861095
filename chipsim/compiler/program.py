"""The program: a netlist as arrays in update order, ready for the kernel.

Cells are renumbered into slots: by colour, within a colour by wire capacitance (their price class), within a class in
order of sites. A unit of work is a chunk of at most 4,096 slots of one colour, with a random generator of its own; a
run is a stretch of at most 255 slots of one class inside a chunk, so that a byte a lane can count its toggles.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colouring import colour_cells, neighbour_lists
from chipsim.compiler.netlist import Netlist
from chipsim.components.base import ArrayContext
from chipsim.components.couplers.base import Weights
from chipsim.components.digital.input_cell import PulledField
from chipsim.kernels.update import Schedule
from chipsim.units import to_seconds

CHUNK = 4096
RUN = 255


@dataclass(frozen=True, eq=False)
class Program:
    """Arrays of one domain.

    Attributes:
        netlist: where it came from.
        site_of: (N,) int64, the site in each slot.
        slot_of: (N,) int64, the slot of each site.
        colours: number of colours.
        coupled: whether coupled cells latch together (the spec asked for it).
        first, neighbour, edge: neighbour lists in slot order; `edge` is the fabric's edge of each directed coupling.
        class_capacitance_f: (K,) wire capacitance of each price class.
        cell_class: (N,) int64, class of each slot.
        schedule: colours, chunks and runs for the kernel.
        phase_fs: length of one phase.
    """

    netlist: Netlist
    site_of: NDArray[np.int64]
    slot_of: NDArray[np.int64]
    colours: int
    coupled: bool
    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    edge: NDArray[np.int32]
    class_capacitance_f: NDArray[np.float64]
    cell_class: NDArray[np.int64]
    schedule: Schedule
    phase_fs: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.site_of)

    @property
    def slots(self) -> int:
        """Words of state a group: the cells, and behind them one latch a cell where input cells pull."""
        inputs = self.netlist.routes.get("clamp")
        pulls = inputs is not None and inputs[-1].kind.coupling != "hold"
        return self.cells * (2 if pulls else 1)

    @property
    def chunks(self) -> int:
        """Number of units of work of a group."""
        return len(self.schedule.chunk_first_run) - 1

    @property
    def sweep_fs(self) -> int:
        """Duration of one sweep: every colour once."""
        return self.colours * self.phase_fs

    def array_context(self, since_latch_s: float) -> ArrayContext:
        """What array kinds may look at."""
        domain = self.netlist.domain
        technology = self.netlist.chip.model.technology
        relaxation = domain.cells.kind.relaxation_time
        return ArrayContext(self.cells, technology, to_seconds(self.phase_fs), since_latch_s, relaxation)

    def field(self, weights: Weights, pull: NDArray[np.float64] | None = None) -> Any:
        """Kernel parameters of the couplers.

        Args:
            weights: what the chip holds, couplings by fabric edge and biases by site.
            pull: (N,) by slot: coupling of each cell's input latch in units of J; None where no input cell pulls.
        """
        coupler = self.netlist.domain.coupler.kind
        field = coupler.field(
            self.first.astype(np.int32),
            self.neighbour,
            weights.codes[self.edge],
            np.full(self.cells, weights.step),
            weights.biases[self.site_of],
        )
        return field if pull is None else PulledField(field, pull.astype(np.float32))


@dataclass(frozen=True, eq=False)
class ContinuousProgram:
    """A chip of continuous cells, which move by an equation: there is nothing to put into order."""

    netlist: Netlist


def compile_program(netlist: Netlist) -> Program:
    """Colour the fabric, order its cells, and lay out the schedule.

    Raises:
        SpecError: coupled cells would latch at the same tick and the spec forbids it.
    """
    fabric = netlist.fabric
    colours = colour_cells(netlist.chip, fabric)
    capacitance = netlist.domain.coupler.kind.wire_capacitance_f(fabric.wire_pitches())
    values, classes = np.unique(np.round(capacitance, 24), return_inverse=True)
    site_of = np.lexsort((np.arange(fabric.sites), classes, colours))
    slot_of = np.empty(fabric.sites, np.int64)
    slot_of[site_of] = np.arange(fabric.sites)
    first, neighbour, edge = neighbour_lists(slot_of.astype(np.int32)[fabric.edges], fabric.sites)
    many = int(colours.max(initial=0)) + 1
    schedule = _schedule(colours[site_of], classes[site_of], many)
    coupled = bool((colours[fabric.edges[:, 0]] == colours[fabric.edges[:, 1]]).any())
    return Program(
        netlist,
        site_of,
        slot_of,
        many,
        coupled,
        first,
        neighbour,
        edge,
        _class_means(capacitance, classes, len(values)),
        classes[site_of],
        schedule,
        netlist.latched.clock.kind.phase_fs(),
    )


def _class_means(capacitance: NDArray[np.float64], classes: NDArray[np.int64], many: int) -> NDArray[np.float64]:
    """The capacitance of each class; its members differ by rounding at most."""
    return np.bincount(classes, capacitance, many) / np.bincount(classes, minlength=many)


def _schedule(colours: NDArray[np.int32], classes: NDArray[np.int64], many: int) -> Schedule:
    """Cut the slots (given in order) into chunks and runs."""
    cells = len(colours)
    starts = np.searchsorted(colours, np.arange(many + 1))
    chunk_starts = np.concatenate([np.arange(a, b, CHUNK) for a, b in pairwise(starts)])
    breaks = np.union1d(np.flatnonzero(np.diff(classes)) + 1, np.append(chunk_starts, cells))
    run_starts = np.concatenate([np.arange(a, b, RUN) for a, b in pairwise(breaks)])
    return Schedule(
        colour_first_chunk=np.searchsorted(chunk_starts, starts).astype(np.int64),
        chunk_first_run=np.searchsorted(run_starts, np.append(chunk_starts, cells)).astype(np.int64),
        run_first_cell=np.append(run_starts, cells).astype(np.int64),
        run_class=classes[run_starts].astype(np.int64),
        colour_first_cell=starts.astype(np.int64),
    )
