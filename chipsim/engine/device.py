"""The device that a workload drives: write, clamp, set beta, sample, read, compute; and unbilled probes.

Every call acts on the simulated array and books its transfers on their routes: counts in the trace, time on the
timeline. Calls return an operation with its end; it waits for the resources that it needs and for the operations in
`after`, so independent operations overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.components.base import Transfer
from chipsim.components.converters.base import ReadoutKind
from chipsim.components.digital.base import CounterKind, InputKind
from chipsim.engine.activity import Activity
from chipsim.engine.counting import Counters, Counts
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.latched.parts import Parts
from chipsim.engine.latched.reading import Reading, read_errors
from chipsim.engine.latched.records import Moments, Recording, RecordRequest
from chipsim.engine.latched.runner import Progress
from chipsim.engine.observations import Observations, Records
from chipsim.engine.packing import words_of_lanes
from chipsim.engine.periphery import ARRAY
from chipsim.engine.timeline import Operation, Service, Stream
from chipsim.engine.trace import Fidelity, Trace
from chipsim.errors import ChipsimError
from chipsim.problems.problem import Problem

# Bits per clamp value sent to an input latch: the value and whether it clamps.
CLAMP_BITS = 2


class Device(Parts):
    """One chip, simulated in `lanes` independent repetitions.

    Args:
        program: the compiled chip.
        lanes: number of repetitions.
        seed: of all random numbers.
        threads: number of threads that share the groups of 64 lanes.
        progress: called with the number of sweeps after each call of the kernel.
        first_group: number of the first group of 64 lanes; a run continues where another left off.
    """

    def __init__(
        self,
        program: Program,
        lanes: int = 64,
        seed: int = 0,
        threads: int = 1,
        progress: Progress | None = None,
        first_group: int = 0,
    ) -> None:
        super().__init__(program, LatchedArray(program, lanes, seed, threads, first_group), seed)
        self._first_group = first_group
        self.array.progress = progress
        self._recording = Recording(program, lanes)
        cells = program.cells
        self._couplings = np.zeros(len(program.netlist.fabric.edges))
        self._biases = np.zeros(cells)
        self._pull = np.zeros(cells)
        self._held = np.zeros(cells, bool)
        self._gated = np.zeros(cells, bool)
        self._weights = self._coupler.quantise(self._couplings, self._biases)
        self._weight_error = 0.0
        self._stretch = 1.0
        self._reads = 0
        self._counters = Counters(lanes)
        self._sample_phase: int | None = None
        self._read_states: list[NDArray[np.uint64]] = []
        self._beside: Trace | None = None

    @property
    def progress(self) -> Progress | None:
        """Callback with the number of sweeps after each call of the kernel."""
        return self.array.progress

    @progress.setter
    def progress(self, tell: Progress | None) -> None:
        self.array.progress = tell

    @property
    def first_lane(self) -> int:
        """Number of the first lane in the whole run, of which this device may simulate a part."""
        return 64 * self._first_group

    # --- operations of the chip -----------------------------------------------------------------------------------

    def write(
        self,
        couplings: NDArray[np.float64],
        biases: NDArray[np.float64],
        after: Sequence[Operation] = (),
        shared: bool = False,
    ) -> Operation:
        """Write all weights: couplings by fabric edge, biases by site, both in units of J.

        Couplings of shape (E, 2) are directed: how an edge acts on its first cell, and how on its second.

        With `shared`, a batch of jobs runs between this write and the next, so that one load serves many although the
        weights do not stay in place.

        With one buffer the array is paused during the write; with more, sampling continues with the old weights until
        the next `sample`. Weights are rounded to the codes of the chip.

        Raises:
            ChipsimError: the chip has no route to a weight memory, or a number is not finite.
        """
        if not (np.isfinite(couplings).all() and np.isfinite(biases).all()):
            raise ChipsimError("couplings and biases must be finite", code="run.argument")
        operation = self._load(after, shared)
        self._couplings, self._biases = couplings, biases
        self._weights = self._coupler.quantise(couplings, biases)
        self._weight_error = max(self._weight_error, self._weights.error)
        self._stretch = max(self._stretch, self._weights.stretch)
        self._loaded = False
        return operation

    def clamp(
        self,
        sites: NDArray[np.int64],
        values: NDArray[np.int8],
        after: Sequence[Operation] = (),
        coupling: float | None = None,
        shared: bool = False,
    ) -> Operation:
        """Write input latches: values of shape (sites,) or (lanes, sites), -1 or +1; clamp or bias those cells.

        Latches with `coupling: set` clamp their cells, or bias them if `coupling` is given (units of J). With `shared`,
        a batch of jobs runs with these values, which are told once.

        Raises:
            ChipsimError: the chip has no route to input cells, a cell is named twice, a value is not -1 or +1, or the
                latches have no such coupling.
        """
        if len(np.unique(sites)) < len(sites) or not (np.abs(values) == 1).all():
            raise ChipsimError("clamp takes each cell once, with a value of -1 or +1", code="run.argument")
        route = self.program.netlist.route("clamp")
        transfer = self.program.netlist.cells_transfer("clamp", CLAMP_BITS, sites)
        operation, _ = self._stream("clamp", route, transfer, after, with_last=(ARRAY,), once=shared)
        latches = self.program.netlist.end("clamp", InputKind).kind
        if latches.code_bits():
            code = Transfer("clamp", 1, latches.code_bits())
            operation, _ = self._stream("clamp", route, code, (operation,), with_last=(ARRAY,), once=shared)
        slots = self.program.slot_of[sites]
        spins = np.broadcast_to(values, (self.lanes, len(sites)))
        words = self._words(spins)
        fixed = latches.coupling if isinstance(latches.coupling, float) else None
        pull = fixed if coupling is None else latches.realised(coupling)
        if pull is None:
            self._force(slots, words, operation, shared)
            return operation
        self._held[slots] = False
        self._hold()
        self._pull[slots] = pull
        self.array.write_spins(self.program.cells + slots, words)
        self._loaded = False
        return operation

    def release(self, sites: NDArray[np.int64]) -> None:
        """Release cells that are clamped: they keep their state, and `sample` updates them again. Not billed."""
        self._held[self.program.slot_of[sites]] = False
        self._hold()

    def gate(self, sites: NDArray[np.int64]) -> None:
        """Switch off these cells and no others: they keep their state, and are neither updated nor billed by `sample`.

        Static power continues. Gate signals are not billed.
        """
        self._gated[:] = False
        self._gated[self.program.slot_of[sites]] = True
        self._hold()

    def sample(
        self, sweeps: int, record: RecordRequest | None = None, after: Sequence[Operation] = ()
    ) -> tuple[Operation, Moments]:
        """Run the array for a number of sweeps; every free cell is updated once per sweep (on average)."""
        domain = self.program.netlist.latched
        array_at_work = Service(domain.clock.name, 0, sweeps * self.program.sweep_fs, 0, (ARRAY, self._buffer()))
        others = (Service(part.name, 0, 0, 0) for part in (domain.cells, domain.noise, domain.coupler))
        operation = self.timeline.book("sample", Stream((*others, array_at_work)), (*after, *self._weights_written))
        if not self._loaded:
            self.array.load(self.program.field(self._weights, self._pull if self._pull.any() else None, self._share))
            self._loaded = True
        before, updated = self.array.counters.by_class, int(self.array.counters.updates.sum())
        stretch = self._recording.begin(record or RecordRequest(), self.array.sweeps, sweeps)
        self.array.advance(operation.start_fs, operation.start_fs + sweeps * self.program.sweep_fs, stretch.observers)
        moments = self._recording.end(stretch, operation.start_fs)
        updates = int(self.array.counters.updates.sum()) - updated
        self._book_sampling(operation, sweeps, updates, self.array.counters.by_class - before)
        return operation, moments

    def read(
        self, sites: NDArray[np.int64] | None = None, after: Sequence[Operation] = (), keep: bool | None = None
    ) -> Reading:
        """Read cells (all by default) out to the host. The array is paused while they are sensed.

        Readings that the host keeps (by default those of all cells) are stored in the trace; all of them must have the
        same number of cells.

        Raises:
            ChipsimError: the chip has no route from its cells to a host.
        """
        route = self.program.netlist.route("read")
        wanted = np.arange(self.program.cells) if sites is None else sites
        readout = self.program.netlist.end("read", ReadoutKind).kind
        transfer = self.program.netlist.cells_transfer("read", readout.bits_per_cell, wanted)
        operation, _ = self._stream("read", route, transfer, after, with_first=(ARRAY,))
        words = self.array.words(self.program.slot_of[wanted])
        wrong = readout.error_probability(self._technology)
        words ^= read_errors(words.shape, wrong, self.lanes, (self.seed, self._reads), self._first_group)
        self._reads += 1
        if keep or (keep is None and sites is None):
            self._read_states.append(words)
        return Reading(words, self.lanes, operation)

    def keep_read(self, words: NDArray[np.uint64]) -> None:
        """Store words (sites, groups), a part of a reading that the host had, in the trace."""
        self._read_states.append(words)

    def count(self, sites: NDArray[np.int64], keep: bool = False) -> None:
        """Add the states of these cells, as the last sweep left them, to their counters; the array is not paused.

        Args:
            sites: the same in each call until the counters are read.
            keep: store the states in the trace, as those of a read.

        Raises:
            ChipsimError: the chip has no route for counts, too few counters, they are full, or nothing was sampled.
        """
        counters = self.program.netlist.end("count", CounterKind)
        if self._sample_phase is None:
            raise ChipsimError("nothing was sampled yet; call sample first", code="run.argument")
        words = self.array.words(self.program.slot_of[sites])
        self._counters.add(counters, sites, words)
        if keep:
            self._read_states.append(words)
        self._trace.add(counters.name, "count", self._sample_phase, counters.kind.bits * len(sites) * self.lanes)

    def read_counts(self, after: Sequence[Operation] = ()) -> Counts:
        """Read the counters out to the host, which clears them.

        Raises:
            ChipsimError: the chip has no route for counts, or nothing was counted.
        """
        route, counters = self.program.netlist.route("count"), self.program.netlist.end("count", CounterKind)
        sites, ups, samples = self._counters.take()
        transfer = self.program.netlist.cells_transfer("count", counters.kind.bits, sites)
        return Counts(ups, samples, self._stream("count", route, transfer, after)[0])

    # --- probes (not billed) ------------------------------------------------------------------------------------

    def watch(self, problem: Problem) -> None:
        """Record energies of this problem from now on. Not billed: a chip cannot observe them."""
        self._recording.watch(problem)

    def probe_state(self) -> NDArray[np.uint64]:
        """Current words of all cells, (sites, groups). Not billed; decisions of workloads must not use it."""
        return self.array.words(self.program.slot_of)

    def recorded(self) -> Records | None:
        """All records so far. Not billed."""
        return self._recording.records()

    @property
    def held_couplings(self) -> NDArray[np.float64]:
        """The couplings as stored on the chip, by fabric edge."""
        return self._weights.couplings

    @property
    def held_biases(self) -> NDArray[np.float64]:
        """The biases as stored on the chip, by site."""
        return self._weights.biases

    @property
    def kernel_s(self) -> float:
        """Seconds spent in kernels so far."""
        return self.array.kernel_s

    def compare(self, beside: Trace) -> None:
        """Keep the trace of another chip to be compared with; unbilled."""
        self._beside = replace(beside, observations=beside.observations.without_states())

    def finish(self) -> Trace:
        """Book static power and return the trace."""
        self._book_always_on()
        self.array.close()
        counters = self.array.counters
        kept = self._read_states
        # One by one, so that readings of a large chip are not in memory twice.
        states = np.empty((len(kept), len(kept[0]) if kept else self.program.cells, self.array.groups), np.uint64)
        for index in reversed(range(len(kept))):
            states[index] = kept.pop()
        by_lane = counters.lanes_by_class(self.lanes)
        cell_toggles = counters.by_cell.sum(axis=0)[self.program.slot_of]
        return Trace(
            self.lanes,
            Activity(self._rows(), by_lane, self.program.class_capacitance_f, cell_toggles),
            self._timing(),
            Observations(self.recorded(), states, self.probe_state(), self._reads, self._answers, self._findings),
            Fidelity(self._weight_error, self._beta_error, self._stretch),
            self._machine_time(self.kernel_s),
            self._beside,
        )

    # --- internals -------------------------------------------------------------------------------------------------

    @property
    def _coupler(self) -> Any:
        return self.program.netlist.domain.coupler.kind

    @property
    def _technology(self) -> Any:
        return self.program.netlist.chip.model.technology

    def _words(self, spins: NDArray[np.int8]) -> NDArray[np.uint64]:
        return words_of_lanes(spins).T

    def _hold(self) -> None:
        """Enable updates of the cells that are neither clamped nor switched off."""
        self.array.hold(self._held | self._gated)

    def _force(self, slots: NDArray[np.int64], words: NDArray[np.uint64], operation: Operation, once: bool) -> None:
        """Clamp cells at these values. A change of state recharges wires like any other toggle."""
        toggles = self.array.write_spins(slots, words)
        self._held[slots] = True
        self._hold()
        phase = self._trace.phase("clamp", operation.start_fs, operation.end_fs)
        coupler = self.program.netlist.domain.coupler.name
        self._trace.add(coupler, "toggle", phase, int(toggles.sum()), once, toggles)

    def _draws(self, updates: int) -> int:
        """Draws of so many updates of the free cells: fewer where cells share them."""
        sources = self.program.netlist.latched.noise.kind.sources(self.program.colour_of)
        if sources is None:
            return updates
        free = ~(self._held | self._gated)
        return updates // max(1, int(free.sum())) * len(np.unique(sources[free]))

    def _book_sampling(self, operation: Operation, sweeps: int, drawn: int, toggles: NDArray[np.int64]) -> None:
        """Book a stretch; `drawn` is the number of updates where the policy of the clock does not fix it."""
        domain, policy, schedule = self.program.netlist.latched, self.program.policy, self.program.schedule
        phase = self._sample_phase = self._trace.phase("sample", operation.start_fs, operation.end_fs)
        free = self.program.cells - int((self._held | self._gated).sum())
        powered_cells = self.program.cells - int(self._gated.sum())
        updates = sweeps * free * self.lanes if policy.order == "colours" else drawn
        latches = sweeps * schedule.phases_per_sweep * powered_cells * self.lanes
        self._trace.add(domain.cells.name, "update", phase, updates)
        draws = self._draws(updates)
        self._trace.add(domain.noise.name, "draw", phase, draws)
        self._trace.add(domain.coupler.name, "toggle", phase, int(toggles.sum()), by_class=toggles)
        self._trace.add(domain.clock.name, "tick", phase, domain.clock.kind.ticks(updates, latches))
        duration = operation.end_fs - operation.start_fs
        self._book_while_running(phase, duration)
        for component in (domain.cells, domain.noise, domain.coupler, domain.clock):
            if component.kind.gated == "phase":
                # Per-cell instances are powered in their own phase only, shared ones in all phases, as without phases.
                shared = component.count < self.program.cells or not policy.clocked
                units, many = self.netlist.units(component), draws if component is domain.noise else updates
                own = units * duration * self.lanes if shared else many * schedule.phase_fs
                self._trace.add(component.name, "on", phase, own)
