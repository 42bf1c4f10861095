"""The device of a chip with continuous cells: write a matrix, drive the inputs, relax, observe, compute.

Voltages advance by exact transitions between observation times. The array keeps running while its converters sample it.
Each lane has its own generator; all lanes share one die at one temperature, drawn from the seed. Decisions of the host
may depend on readings of the first lane of a run, and apply to all lanes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import Transfer
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.components.digital.base import MemoryKind
from chipsim.engine.activity import Activity
from chipsim.engine.continuous.array import ContinuousArray
from chipsim.engine.continuous.exchanging import Exchanging
from chipsim.engine.continuous.observation import Observation
from chipsim.engine.latched.runner import Progress
from chipsim.engine.observations import Observations
from chipsim.engine.periphery import ARRAY
from chipsim.engine.timeline import Operation, Service, Stream
from chipsim.engine.trace import Fidelity, Trace
from chipsim.errors import ChipsimError, ProblemError
from chipsim.physics.held_matrix import FactorErrors, Matrix, Network
from chipsim.physics.laws import Law
from chipsim.physics.low_rank import LowRank, LowRankLaw, uncoupled
from chipsim.physics.quadrature import QuadratureTimes, radau_times, trapezoid_times
from chipsim.physics.quartic import AnyLaw, QuarticLaw
from chipsim.physics.switching import SwitchingLaw
from chipsim.rounding import rounded
from chipsim.units import show, to_fs, to_seconds

COUPLERS, CELLS, TEMPERATURE = range(3)
DIE, LANE = 1, 2
# Noise counts as white if its bandwidth is at least this multiple of the fastest rate of the network.
WHITE = 10


class ContinuousDevice(Exchanging):
    """One chip with continuous cells in `lanes` independent repetitions.

    Args:
        program: the compiled chip.
        lanes: number of repetitions.
        seed: of the die and of all noise.
        threads: number of threads that share the lanes.
        progress: called with the number of samples after each observation.
        first_group: number of the first group of 64 lanes; a run continues where another left off.
    """

    def __init__(
        self,
        program: ContinuousProgram,
        lanes: int = 64,
        seed: int = 0,
        threads: int = 1,
        progress: Progress | None = None,
        first_group: int = 0,
    ) -> None:
        first = 64 * first_group
        self.first_lane = first
        # The deciding lane is simulated in every part of a run; it is counted only once.
        numbers = [*([0] if first else []), *range(first, first + lanes)]
        random = [np.random.default_rng((seed, LANE, lane)) for lane in numbers]
        super().__init__(program.netlist, lanes, seed, ContinuousArray(random, threads, ahead=len(numbers) - lanes))
        self.program = program
        self.progress = progress
        self._written: Network | None = None
        self._lines: NDArray[np.float64] | None = None
        self._noise_power = 1.0
        self._simulates = True
        self._reads = 0

    # --- operations of the chip -----------------------------------------------------------------------------------

    def write(self, matrix: Matrix, after: Sequence[Operation] = (), connected: bool = True) -> Operation:
        """Write a symmetric matrix into the couplers; voltages are kept, inputs are set to 0 V. Couplers that are not
        `connected` act from the next `switch` on.

        With one buffer the array is paused during the write; with more, it continues with the old matrix until the next
        `relax`.

        Raises:
            ProblemError: too many unknowns, couplers that cannot store it, an unstable network, coloured noise.
            ChipsimError: the chip has no route to a weight memory.
        """
        domain = self.domain
        cells = len(matrix) if isinstance(matrix, np.ndarray) else matrix.size
        if cells > self.netlist.fabric.sites:
            raise ProblemError(
                f"{cells:,} unknowns for {self.netlist.fabric.sites:,} cells; use a larger chip", code="chip.too-small"
            )
        self._written = domain.coupler.kind.realise(matrix, self._die(COUPLERS), self.cell.coupling_scale)
        network = self._written if connected else self._written.disconnected()
        force = self.cell.force(network, np.zeros(cells))
        alone = self.netlist.end("program", MemoryKind).kind.buffers == 1
        change = partial(self.array.load, network, self._law(network), force)
        return self._working(change, self._load(after, still=(ARRAY,) if alone else ()))

    def lay_out(self, cells: int, simulate: bool = True) -> None:
        """Use the first cells of an array without couplings, at 0 V; takes no time.

        Without `simulate`, operations are booked and billed, but the cells have no states: relaxations exchange no heat
        and readings are empty.
        """
        self._simulates = simulate
        alone = uncoupled(cells, self.cell.reference)
        network = Network(1.0, alone, alone, False, FactorErrors(0.0, 0.0, 0.0))
        inputs = cells * self.cell.states_per_cell * len(self.cell.input_names)
        self.array.load(network, self._law(network), np.zeros(inputs if simulate else 0))

    def write_lines(self, weights: NDArray[np.float64], after: Sequence[Operation] = ()) -> Operation:
        """Write weights (cells, inputs) into a crossbar, once for a batch of jobs; inputs are then those of its lines.

        Raises:
            ProblemError: the chip has no crossbar, or it cannot store them.
            ChipsimError: the chip has no route to a weight memory.
        """
        self._lines = self.domain.coupler.kind.conductances(weights, self.cell.reference, self._die(COUPLERS))
        alone = self.netlist.end("program", MemoryKind).kind.buffers == 1
        return self._load(after, shared=True, still=(ARRAY,) if alone else ())

    def stir(self, power: float) -> None:
        """Set the power of injected noise from now on, in units of that of its `sigma`.

        Raises:
            ProblemError: the noise is thermal.
        """
        if power != 1 and self.domain.noise.kind.law != "injected":
            raise ProblemError("thermal noise has one temperature; use noise.law: injected", code="chip.unsuitable")
        self._noise_power = power
        self.array.load(self.network, self._law(self.network), self.array.force)

    def switch(self, connected: bool, after: Sequence[Operation] = ()) -> Operation:
        """Connect the couplers to the cells, or disconnect them, at once; inputs and voltages are kept.

        Raises:
            ChipsimError: the couplers have not been written yet.
            ProblemError: couplers of this kind have no switches.
        """
        if self._written is None:
            raise ChipsimError("the couplers have not been written yet", code="run.argument")
        network, coupler = self._written if connected else self._written.disconnected(), self.domain.coupler
        booked = self._instant("couple" if connected else "uncouple", after)
        counts = coupler.kind.switched(len(self.netlist.fabric.edges))
        self._count(booked.name, booked, {coupler: counts}, once=False)
        return self._working(partial(self.array.load, network, self._law(network), self.array.force), booked)

    def drive(self, volts: NDArray[np.float64], after: Sequence[Operation] = ()) -> Operation:
        """Set the inputs of the cells, or of the lines of a crossbar, to the resolution of the converters.

        Args:
            volts: (n,), or (lanes, n) where the lanes differ, which takes cells without couplings.
            after: operations to wait for.

        Raises:
            ChipsimError: the chip has no route to input converters.
        """
        route, converter = self.netlist.route("input"), self.netlist.end("input", ContinuousInputKind).kind
        words = volts.shape[-1]
        transfer = Transfer("input", words, converter.bits, cells=words)
        booked = self._stream("input", route, transfer, after, with_last=(ARRAY,))[0]
        held = converter.realised(volts)
        if self._lines is not None:
            lines = np.abs(self._lines).sum(axis=0)
            self._line_w = np.broadcast_to(held[..., : len(lines)] ** 2 @ lines, (self.lanes,))
            held = held @ self._lines.T / self.cell.reference
        if not self._simulates:
            return booked
        if held.ndim > 1:
            # The deciding lane of a later part of a run decides nothing here.
            held = np.concatenate([held[:1]] * (len(self.array.volts) - len(held)) + [held])
        return self._working(partial(self.array.drive, self.cell.force(self.network, held)), booked)

    def charge(self, volts: NDArray[np.float64]) -> None:
        """Charge the capacitors to the nearest voltages of the input converters, (n,); takes no time."""
        converter = self.netlist.end("input", ContinuousInputKind).kind
        self.array.charge(converter.realised(volts))

    def discharge(self) -> None:
        """Short the capacitors: the next relaxation starts at 0 V. Cells with a potential lose it as heat."""
        before = self.array.volts
        self.array.discharge()
        if self.cell.has_potential and self._simulates:
            booked = self._instant("discharge", ())
            self._trace.phase(booked.name, booked.start_fs, booked.end_fs)
            self._book_potential(before, self.array.volts)

    def relax(self, duration_s: float, after: Sequence[Operation] = ()) -> Operation:
        """Let the voltages evolve for a time."""
        operation = self._run_array("relax", to_fs(duration_s), after)
        time_s = to_seconds(to_fs(duration_s))
        self._book_lines(time_s)
        if time_s and self._simulates:
            self._advance(self._quadrature(time_s))
        return operation

    def observe(self, samples: int, spacing_s: float, after: Sequence[Operation] = ()) -> Observation:
        """Sample all driven cells every `spacing_s`, and send the codes to the host while the array keeps running.

        Raises:
            ProblemError: the converters take longer than `spacing_s`.
            ChipsimError: the chip has no route from its cells to a host.
        """
        route = self.netlist.route("read")
        converter, cells = self.netlist.end("read", ContinuousReadKind).kind, self.network.cells
        spacing_fs = to_fs(spacing_s)
        one = Transfer("read", cells, converter.bits_per_cell, cells=cells)
        needed = converter.service_fs(one, -(-cells // route[0].count))
        if needed > spacing_fs:
            raise ProblemError(
                f"{route[0].name} needs {show(to_seconds(needed), 's')} for {cells:,} cells; samples every "
                f"{show(spacing_s, 's')} are too close: raise schedule.spacing, or use more channels",
                code="chip.out-of-range",
            )
        first = self._run_array("observe", spacing_fs, after)
        rest = self._run_array("observe", (samples - 1) * spacing_fs, (first,))
        states = self._advance(trapezoid_times(samples, to_seconds(spacing_fs)))
        everything = Transfer("read", samples * cells, converter.bits_per_cell, cells=cells)
        stream, _ = self._stream("read", route, everything, (first,))
        self._reads += samples
        codes = self._codes(states[:, :, :cells])
        if self.progress is not None:
            self.progress(samples)
        return Observation(codes[-self.lanes :], codes[0], bool(converter.clips(codes[0]).any()), (rest, stream))

    def read(self, after: Sequence[Operation] = (), cells: int | None = None) -> Observation:
        """Hold the voltages of all driven cells, or the first `cells`, convert them, and send the codes to the host."""
        route = self.netlist.route("read")
        converter, cells = self.netlist.end("read", ContinuousReadKind).kind, cells or self.network.cells
        transfer = Transfer("read", cells, converter.bits_per_cell, cells=cells)
        stream, _ = self._stream("read", route, transfer, after, with_first=(ARRAY,))
        self._reads += 1
        codes = self._codes(self.array.volts[:, None, :cells])
        return Observation(codes[-self.lanes :], codes[0], bool(converter.clips(codes[0]).any()), (stream, stream))

    # --- probes (not billed) ------------------------------------------------------------------------------------

    @property
    def law(self) -> Law | LowRankLaw:
        """The linear law of motion.

        Raises:
            ChipsimError: the couplers have not been written yet, or the cells have a quartic potential or states.
        """
        law = self.array.law
        if isinstance(law, QuarticLaw | SwitchingLaw):
            raise ChipsimError(
                f"{self.domain.cells.name}: {self.domain.cells.spec.kind} has no linear law", code="chip.unsuitable"
            )
        return law

    @property
    def kernel_s(self) -> float:
        """Seconds spent in kernels so far."""
        return self.array.kernel_s

    def finish(self) -> Trace:
        """Book static power and the heat of the phases, and return the trace."""
        self._book_always_on()
        self._count_bath()
        no_states, no_state = np.zeros((0, 0, 0), np.uint64), np.zeros((0, 0), np.uint64)
        return Trace(
            self.lanes,
            Activity(self._rows(), np.zeros((0, self.lanes), np.int64), np.zeros(0), np.zeros(0, np.int64)),
            self._timing(),
            Observations(None, no_states, no_state, self._reads, self._answers, self._findings),
            Fidelity(),
            self._machine_time(self.kernel_s),
        )

    # --- internals -------------------------------------------------------------------------------------------------

    def _die(self, part: int) -> np.random.Generator:
        """Generator of the deviations of the die: the same numbers on every call."""
        return np.random.default_rng((self.seed, DIE, part))

    @property
    def temperature_offset_k(self) -> float:
        """Deviation of the die from its nominal temperature in this run."""
        return float(self.netlist.temperature_deviation_k * self._die(TEMPERATURE).standard_normal())

    def _law(self, network: Network) -> AnyLaw:
        """The law of the cells in a network, checked."""
        noise = self.domain.noise.kind.diffusion(network, self.cell, self.netlist.chip.model.technology)
        law = self.cell.law(network, noise * self._noise_power)
        self._check(law)
        return law

    def _check(self, law: AnyLaw) -> None:
        rates = law.rates()
        slowest, fastest = float(rates.real.min()), float(np.abs(rates).max())
        confined = isinstance(law, QuarticLaw) and law.confined
        if slowest <= 1e-12 * fastest and not confined:
            raise ProblemError(
                f"the network is unstable: its slowest rate is {rounded(slowest, '.3g')} 1/s with the stored matrix; "
                "use a better-"
                "conditioned matrix, more coupler bits, or less mismatch",
                code="chip.unstable",
            )
        noise = self.domain.noise.kind
        if noise.law == "injected" and noise.bandwidth * 2 * np.pi < WHITE * fastest:
            raise ProblemError(
                f"noise up to {show(noise.bandwidth, 'Hz')} is not white for network rates up to "
                f"{rounded(fastest, '.3g')} 1/s; "
                f"use a bandwidth of {show(WHITE * fastest / 2 / np.pi, 'Hz')} or more, or slower cells",
                code="chip.out-of-range",
            )

    def _run_array(self, name: str, duration_fs: int, after: Sequence[Operation]) -> Operation:
        """Book a run of the array: time of the cells, bias currents, injected noise, power."""
        domain, cells = self.domain, self.network.cells
        array_at_work = Service(domain.cells.name, 0, duration_fs, 0, (ARRAY, self._buffer()))
        others = (Service(part.name, 0, 0, 0) for part in (domain.noise, domain.coupler))
        operation = self.timeline.book(name, Stream((*others, array_at_work)), (*after, *self._weights_written))
        counts = {
            domain.cells: domain.cells.kind.counts(cells, duration_fs),
            domain.noise: {
                action: math.ceil(count * self._noise_power)
                for action, count in domain.noise.kind.counts(cells, duration_fs).items()
            },
            domain.coupler: {},
        }
        self._count(name, operation, counts, once=False)
        self._book_while_running(len(self._trace.phases) - 1, duration_fs)
        return operation

    def _advance(self, times: QuadratureTimes) -> NDArray[np.float64]:
        """States (lanes, T, m) at these times from now; the state advances to the last of them."""
        before = self.array.volts
        warmer = 1 + self.domain.coupler.kind.drift * self.temperature_offset_k
        states = self.array.advance(times.times_s, warmer)
        self._book_heat(before, states, times.weights_s)
        if self.cell.has_potential:
            self._book_potential(before, self.array.volts)
        happened = self.cell.events(before[-self.lanes :], self.array.volts[-self.lanes :])
        for action, count in happened.items():
            self._trace.add(self.domain.cells.name, action, len(self._trace.phases) - 1, count)
        return states

    def _quadrature(self, time_s: float) -> QuadratureTimes:
        """Only the end counts where neither cells nor couplers have a power that depends on the voltages."""
        if isinstance(self.network.held, LowRank) and not len(self.network.held.middle):
            return QuadratureTimes(np.array([time_s]), np.array([0.0, time_s]))
        return radau_times(time_s)

    def _codes(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert voltages (lanes, samples, cells): gains, offsets, disturbance, noise, quantisation."""
        cell, cells, die = self.cell, volts.shape[2], self._die(CELLS)
        gains, offsets, drifts = die.standard_normal((3, self.network.cells))[:, :cells]
        shown = volts * (1 + cell.gain_error * gains)
        shown += cell.offset * offsets + cell.offset_drift * self.temperature_offset_k * drifts
        numbers = self.array.normals(volts.shape[1], cells + 1)
        shown += cell.common_mode * numbers[:, :, :1]
        converter = self.netlist.end("read", ContinuousReadKind).kind
        return converter.codes(shown, numbers[:, :, 1:], self.netlist.chip.model.technology)
