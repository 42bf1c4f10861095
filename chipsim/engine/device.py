"""The device that a workload drives: write, clamp, set beta, sample, read, compute; and probe, the simulator's eye.

Every call does the real thing to the simulated array and books its transfers on the routes it uses: counts go to the
trace, time to the timeline. Calls return at once with when they end; an operation waits for the resources it needs and
for what the caller names in `after`, so independent work overlaps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Component
from chipsim.compiler.program import Program
from chipsim.components.base import Transfer
from chipsim.engine.activity import Activity
from chipsim.engine.bank import (
    KernelRunner,
    Progress,
    RecordRequest,
    lane_masks,
    new_bank,
    new_recorder,
    problem_arrays,
    projection_signs,
)
from chipsim.engine.observations import Observations, Records
from chipsim.engine.packing import bits_of_words, lanes_of_words, words_of_lanes
from chipsim.engine.periphery import ARRAY, Periphery
from chipsim.engine.timeline import Operation, Service, Stream
from chipsim.engine.trace import Fidelity, Trace
from chipsim.errors import ChipsimError
from chipsim.problems.problem import Problem
from chipsim.units import FEMTOSECONDS, to_seconds

# Bits of one clamp value on its way to an input latch: the value and whether it holds.
CLAMP_BITS = 2


@dataclass(frozen=True, eq=False)
class Reading:
    """States that arrived at the host.

    Attributes:
        words: (sites read, groups) uint64.
        lanes: number of repetitions.
        done: the operation; its end is when the host has them.
    """

    words: NDArray[np.uint64]
    lanes: int
    done: Operation

    @property
    def spins(self) -> NDArray[np.int8]:
        """(lanes, sites read), -1 or +1."""
        return lanes_of_words(self.words, self.lanes)


@dataclass(frozen=True, eq=False)
class Moments:
    """What `sample` counted for pairs and cells: sums over lanes and records.

    Attributes:
        samples: lanes times records.
        means: (sites,) mean spin.
        correlations: (pairs,) mean of s_i s_j.
        histogram: (2**sites,) counts of configurations, bit i = site i, or empty.
    """

    samples: int
    means: NDArray[np.float64]
    correlations: NDArray[np.float64]
    histogram: NDArray[np.int64]


class Device(Periphery):
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
        self.program = program
        super().__init__(program.netlist, lanes, seed)
        self.progress = progress
        self._first_group = first_group
        self._bank = new_bank(program, lanes, seed, first_group=first_group)
        self._runner = KernelRunner(threads)
        cells = program.cells
        self._couplings = np.zeros(len(program.netlist.fabric.edges))
        self._biases = np.zeros(cells)
        self._pull = np.zeros(cells)
        self._held = np.zeros(cells, bool)
        self._gated = np.zeros(cells, bool)
        self._weights = self._coupler.quantise(self._couplings, self._biases)
        self._field: Any = None
        self._weight_error = 0.0
        self._stretch = 1.0
        self._beta_error = 0.0
        self._last_latch_fs: int | None = None
        self.sweeps = 0
        self._record_every = 0
        self._sweeps_since_record = 0
        self._watched: dict[str, NDArray[Any]] | None = None
        self._signs = projection_signs(program, -1)
        self._records: list[Records] = []
        self._reads = 0
        self._read_states: list[NDArray[np.uint64]] = []

    # --- what the chip can do -----------------------------------------------------------------------------------

    def write(
        self,
        couplings: NDArray[np.float64],
        biases: NDArray[np.float64],
        after: Sequence[Operation] = (),
        shared: bool = False,
    ) -> Operation:
        """Write all weights: couplings by fabric edge, biases by site, both in units of J.

        `shared` says that a batch of jobs goes through between this write and the next, so that one load serves many
        although the weights do not stay in place.

        With one buffer the array stands still while it is written; with more, sampling goes on with the old weights
        until the next `sample`. Weights are rounded to what the chip can hold.

        Raises:
            ChipsimError: the chip has no route to a weight memory, or a number is not finite.
        """
        if not (np.isfinite(couplings).all() and np.isfinite(biases).all()):
            raise ChipsimError("couplings and biases are finite numbers; got others")
        operation = self._load(after, shared)
        self._couplings, self._biases = couplings, biases
        self._weights = self._coupler.quantise(couplings, biases)
        self._weight_error = max(self._weight_error, self._weights.error)
        self._stretch = max(self._stretch, self._weights.stretch)
        self._field = None
        return operation

    def set_beta(self, beta: float, after: Sequence[Operation] = ()) -> Operation:
        """Set the inverse temperature of the whole array through the bias converter, as finely as that can.

        Raises:
            ChipsimError: the chip has no route to a bias converter, or beta is negative.
        """
        if not beta >= 0:
            raise ChipsimError(f"beta is at least 0; got {beta}")
        route = self.program.netlist.route("bias")
        converter = route[-1].kind
        self._bank.beta[:] = converter.realised(beta)
        self._beta_error = max(self._beta_error, abs(converter.realised(beta) - beta))
        return self._stream("bias", route, Transfer("bias", 1, converter.bits), after, with_last=(ARRAY,))[0]

    def hard_wire_beta(self, beta: float) -> None:
        """Build the chip with this inverse temperature: nothing to set, nothing to pay."""
        self._bank.beta[:] = beta

    def clamp(
        self,
        sites: NDArray[np.int64],
        values: NDArray[np.int8],
        after: Sequence[Operation] = (),
        coupling: float | None = None,
    ) -> Operation:
        """Write input latches: values of shape (sites,) or (lanes, sites), -1 or +1; hold or pull those cells.

        Latches with `coupling: set` hold their cells, or with `coupling` given (units of J) let them go and pull.

        Raises:
            ChipsimError: the chip has no route to input cells, a cell is named twice, a value is not -1 or +1, or the
                latches have no such coupling.
        """
        if len(np.unique(sites)) < len(sites) or not (np.abs(values) == 1).all():
            raise ChipsimError("clamp takes each cell once, and values -1 and +1")
        route = self.program.netlist.route("clamp")
        transfer = self.program.netlist.cells_transfer("clamp", CLAMP_BITS, sites)
        operation, _ = self._stream("clamp", route, transfer, after, with_last=(ARRAY,))
        if route[-1].kind.coupling == "set":
            code = Transfer("clamp", 1, route[-1].kind.coupling_bits)
            operation, _ = self._stream("clamp", route, code, (operation,), with_last=(ARRAY,))
        slots = self.program.slot_of[sites]
        spins = np.broadcast_to(values, (self.lanes, len(sites)))
        words = self._words(spins)
        latches = route[-1].kind
        fixed = latches.coupling if isinstance(latches.coupling, float) else None
        pull = fixed if coupling is None else latches.realised(coupling)
        if pull is None:
            self._force(slots, words, operation)
            return operation
        self._held[slots] = False
        self._set_free(slots)
        self._pull[slots] = pull
        self._bank.state[:, 0, self.program.cells + slots] = words
        self._field = None
        return operation

    def gate(self, sites: NDArray[np.int64]) -> None:
        """Switch off these cells and no others: they keep their state, do nothing and cost nothing when all sample.

        What is powered all the time stays powered. The gate signals themselves are not billed.
        """
        self._gated[:] = False
        self._gated[self.program.slot_of[sites]] = True
        self._set_free(np.arange(self.program.cells))

    def sample(
        self, sweeps: int, record: RecordRequest | None = None, after: Sequence[Operation] = ()
    ) -> tuple[Operation, Moments]:
        """Let the array run for so many sweeps; every free cell is updated once a sweep."""
        domain = self.program.netlist.latched
        pace = Service(domain.clock.name, 0, sweeps * self.program.sweep_fs, 0, (ARRAY, self._buffer()))
        beside = (Service(part.name, 0, 0, 0) for part in (domain.cells, domain.noise, domain.coupler))
        operation = self.timeline.book("sample", Stream((*beside, pace)), (*after, *self._weights_written))
        before = self._bank.lane_toggles.sum(axis=0)
        moments = self._run(operation, sweeps, record or RecordRequest())
        toggles = (self._bank.lane_toggles.sum(axis=0) - before).reshape(-1, 64).sum(axis=1)
        self._book_sampling(operation, sweeps, toggles)
        self.sweeps += sweeps
        if sweeps:
            self._last_latch_fs = operation.end_fs
        return operation, moments

    def read(
        self, sites: NDArray[np.int64] | None = None, after: Sequence[Operation] = (), keep: bool | None = None
    ) -> Reading:
        """Read cells (all by default) out to the host. The array stands still while they are sensed.

        Readings that the host keeps (by default those of all cells) stand in the trace; all of a run are of as many
        cells.

        Raises:
            ChipsimError: the chip has no route from its cells to a host.
        """
        route = self.program.netlist.route("read")
        wanted = np.arange(self.program.cells) if sites is None else sites
        transfer = self.program.netlist.cells_transfer("read", route[0].kind.bits_per_cell, wanted)
        operation, _ = self._stream("read", route, transfer, after, with_first=(ARRAY,))
        words = self._bank.state[:, 0, self.program.slot_of[wanted]].T.copy()
        words ^= self._read_errors(words.shape, route[0])
        self._reads += 1
        if keep or (keep is None and sites is None):
            self._read_states.append(words)
        return Reading(words, self.lanes, operation)

    # --- the simulator's eye ------------------------------------------------------------------------------------

    def watch(self, problem: Problem) -> None:
        """Record energies of this problem from now on. Costs nothing: no chip knows it."""
        self._watched = problem_arrays(self.program, problem)

    def probe_state(self) -> NDArray[np.uint64]:
        """Words of all cells now, (sites, groups). Unbilled; no decision of a workload may use it."""
        state: NDArray[np.uint64] = self._bank.state[:, 0, self.program.slot_of].T.copy()
        return state

    def recorded(self) -> Records | None:
        """All records so far. Unbilled."""
        return _joined(self._records)

    @property
    def held_couplings(self) -> NDArray[np.float64]:
        """The couplings that the chip really holds, by fabric edge."""
        return self._weights.couplings

    @property
    def held_biases(self) -> NDArray[np.float64]:
        """The biases that the chip really holds, by site."""
        return self._weights.biases

    @property
    def kernel_s(self) -> float:
        """Seconds spent in kernels so far."""
        return self._runner.kernel_s

    def finish(self) -> Trace:
        """Book what is powered all the time, and hand over the trace."""
        self._book_always_on()
        self._runner.close()
        toggles = self._bank.lane_toggles.reshape(len(self._bank.lanes), -1, 64)
        by_lane = toggles.transpose(1, 0, 2).reshape(toggles.shape[1], -1)[:, : self.lanes]
        kept = self._read_states
        # One by one: many readings of a large chip must not be held twice.
        states = np.empty((len(kept), len(kept[0]) if kept else self.program.cells, len(self._bank.lanes)), np.uint64)
        for index in reversed(range(len(kept))):
            states[index] = kept.pop()
        cell_toggles = self._bank.cell_toggles.sum(axis=0)[self.program.slot_of]
        return Trace(
            self.lanes,
            Activity(self._rows(), by_lane, self.program.class_capacitance_f, cell_toggles),
            self._timing(),
            Observations(self.recorded(), states, self.probe_state(), self._reads, findings=self._findings),
            Fidelity(self._weight_error, self._beta_error, self._stretch),
            self._machine_time(self.kernel_s),
        )

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _coupler(self) -> Any:
        return self.program.netlist.domain.coupler.kind

    @property
    def _technology(self) -> Any:
        return self.program.netlist.chip.model.technology

    def _words(self, spins: NDArray[np.int8]) -> NDArray[np.uint64]:
        return words_of_lanes(spins).T

    def _set_free(self, slots: NDArray[np.int64]) -> None:
        """Let those cells among the slots be updated that are neither held nor switched off."""
        still = (self._held | self._gated)[slots]
        self._bank.free[:, slots] = np.where(still, np.uint64(0), self._bank.lanes[:, None])

    def _force(self, slots: NDArray[np.int64], words: NDArray[np.uint64], operation: Operation) -> None:
        """Hold cells at these values. A cell that has to turn recharges its wires like any other toggle."""
        bank, program = self._bank, self.program
        changed = bank.state[:, 0, slots] ^ words
        bank.state[:, 0, slots] = words
        self._held[slots] = True
        self._set_free(slots)
        turned = bits_of_words(changed).astype(np.int64)  # (groups, slots, 64)
        bank.cell_toggles[:, slots] += turned.sum(axis=2)
        by_lane = bank.lane_toggles.reshape(len(bank.lanes), -1, 64)
        np.add.at(by_lane.transpose(1, 0, 2), program.cell_class[slots], turned.transpose(1, 0, 2))
        toggles = np.zeros(by_lane.shape[1], np.int64)
        np.add.at(toggles, program.cell_class[slots], turned.sum(axis=(0, 2)))
        phase = self._trace.phase("clamp", operation.start_fs, operation.end_fs)
        self._trace.add(program.netlist.domain.coupler.name, "toggle", phase, int(toggles.sum()), by_class=toggles)

    def _book_sampling(self, operation: Operation, sweeps: int, toggles: NDArray[np.int64]) -> None:
        domain = self.program.netlist.latched
        phase = self._trace.phase("sample", operation.start_fs, operation.end_fs)
        free = self.program.cells - int((self._held | self._gated).sum())
        powered_cells = self.program.cells - int(self._gated.sum())
        updates = sweeps * free * self.lanes
        latches = sweeps * self.program.colours * powered_cells * self.lanes
        self._trace.add(domain.cells.name, "update", phase, updates)
        self._trace.add(domain.noise.name, "draw", phase, updates)
        self._trace.add(domain.coupler.name, "toggle", phase, int(toggles.sum()), by_class=toggles)
        self._trace.add(domain.clock.name, "tick", phase, domain.clock.kind.ticks(updates, latches))
        duration = operation.end_fs - operation.start_fs
        self._book_while_running(phase, duration)
        for component in (domain.cells, domain.noise, domain.coupler, domain.clock):
            if component.kind.gated == "phase":
                # One instance for each cell is powered in its own phase only; what many cells share in all phases.
                shared = component.count < self.program.cells
                own = component.count * duration * self.lanes if shared else updates * self.program.phase_fs
                self._trace.add(component.name, "on", phase, own)

    def _run(self, operation: Operation, sweeps: int, request: RecordRequest) -> Moments:
        program, bank = self.program, self._bank
        # Records are `every` sweeps apart even where a sampling call ends in between.
        begin = self._sweeps_since_record if request.every == self._record_every else 0
        signs = self._projection_signs(request.projections if request.every else -1)
        recorder = new_recorder(program, self._watched, signs, request, begin + sweeps, len(bank.lanes))
        domain = program.netlist.domain
        if self._field is None:
            self._field = program.field(self._weights, self._pull if self._pull.any() else None)
        interval_s = to_seconds(program.sweep_fs)
        context = program.array_context(interval_s)
        activation = domain.cells.kind.activation(context)

        def arguments(since_latch_s: float) -> tuple[Any, ...]:
            noise = domain.noise.kind.noise(program.array_context(since_latch_s))
            return self._field, activation, noise, program.schedule, bank, recorder, program.coupled

        self._runner.warm_up(*arguments(interval_s))
        first = begin
        gap = math.inf if self._last_latch_fs is None else operation.start_fs - self._last_latch_fs
        if sweeps and gap > 0 and domain.noise.kind.remembers():
            # The array stood still: the first latch after the pause meets noise that has forgotten more.
            self._runner.run(arguments(interval_s + gap / FEMTOSECONDS), bank, begin, 1, self.progress)
            first += 1
        self._runner.run(arguments(interval_s), bank, first, begin + sweeps - first, self.progress)
        self._keep_records(operation, recorder, begin)
        self._record_every = request.every
        self._sweeps_since_record = (begin + sweeps) % request.every if request.every else 0
        return self._moments(recorder)

    def _projection_signs(self, projections: int) -> NDArray[np.int16]:
        """Kept from one segment to the next: for a million cells they take a second to draw."""
        if projections < 0:
            return self._signs[:0]
        if len(self._signs) != projections + 1:
            self._signs = projection_signs(self.program, projections)
        return self._signs

    def _keep_records(self, operation: Operation, recorder: Any, begin: int) -> None:
        groups, records = recorder.sums.shape[:2]
        if not records:
            return
        lanes = groups * 64
        energies = recorder.energies.transpose(1, 0, 2).reshape(recorder.energies.shape[1], lanes)[:, : self.lanes]
        rows = len(recorder.signs)
        sums = recorder.sums.reshape(groups, records, rows, 64).transpose(1, 0, 3, 2)
        # sum_i r_i s_i = 2 sum_i r_i [s_i = +1] - sum_i r_i
        totals = recorder.signs.sum(axis=1, dtype=np.int64)
        projections = (2 * sums.reshape(records, lanes, rows)[:, : self.lanes] - totals).astype(np.float32)
        sweeps = np.arange(1, records + 1) * recorder.every - begin
        times_s = (operation.start_fs + sweeps * self.program.sweep_fs) / FEMTOSECONDS
        self._records.append(Records(energies, projections, times_s, self.sweeps + sweeps))

    def _moments(self, recorder: Any) -> Moments:
        samples = recorder.sums.shape[1] * self.lanes
        slots, cells = self.program.slot_of, self.program.cells
        ones = recorder.ones.sum(axis=0)
        means = 2 * ones[slots] / max(samples, 1) - 1 if len(ones) else np.zeros(0)
        correlations = 2 * recorder.agreements.sum(axis=0) / max(samples, 1) - 1
        histogram = recorder.histogram.sum(axis=0)
        if len(histogram) > 1:
            index = np.arange(2**cells)
            by_site = sum((((index >> site) & 1) << int(slots[site])) for site in range(cells))
            histogram = histogram[by_site]
        return Moments(samples, means, correlations, histogram if len(histogram) > 1 else np.zeros(0, np.int64))

    def _read_errors(self, shape: tuple[int, int], readout: Component) -> NDArray[np.uint64]:
        probability = readout.kind.error_probability(self._technology)
        flips = np.zeros(shape, np.uint64)
        if probability * shape[0] < 1e-12:  # of a lane: what happens must not depend on the other lanes
            return flips
        weights = np.uint64(1) << np.arange(64, dtype=np.uint64)
        for group, mask in enumerate(lane_masks(self.lanes)):
            random = np.random.default_rng((self.seed, 0, self._first_group + group, 2**32 + 1, self._reads))
            wrong = random.random((shape[0], 64)) < probability
            flips[:, group] = (wrong * weights).sum(axis=1, dtype=np.uint64) & mask
        return flips


def _joined(records: list[Records]) -> Records | None:
    if not records:
        return None
    return Records(
        np.concatenate([r.energies for r in records]),
        np.concatenate([r.projections for r in records]),
        np.concatenate([r.times_s for r in records]),
        np.concatenate([r.sweeps for r in records]),
    )
