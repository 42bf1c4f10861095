"""The device of a chip with continuous cells: write a matrix, drive the inputs, relax, observe, compute.

Voltages advance by exact transitions between the instants at which they are looked at. The array works on while its
converters sample it. Each lane has a generator of its own; all lanes share one die, made from the seed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist
from chipsim.components.analog import AnalogCellKind, Realised
from chipsim.components.base import Transfer
from chipsim.engine.bank import Progress
from chipsim.engine.periphery import ARRAY, Periphery
from chipsim.engine.timeline import Hold, Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError, ProblemError
from chipsim.kernels import ou
from chipsim.units import show, to_fs, to_seconds

DIE, LANE = 1, 2
ATTOJOULES = 1e18
# Noise acts as white where its bandwidth is so many times the fastest rate of the network.
WHITE = 10


@dataclass(frozen=True, eq=False)
class Observation:
    """Readings of all driven cells that arrived at the host.

    Attributes:
        volts: (lanes, samples, cells), what the codes stand for.
        clipped: (lanes,) whether a reading stood at an end of the scale.
        done: the operations; the host has everything when both are over.
    """

    volts: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    done: tuple[Operation, Operation]


class AnalogDevice(Periphery):
    """One chip with continuous cells in `lanes` independent repetitions."""

    def __init__(self, netlist: Netlist, lanes: int = 64, seed: int = 0, progress: Progress | None = None) -> None:
        super().__init__(netlist, lanes, seed)
        self.progress = progress
        self.sweeps = 0
        self.kernel_s = 0.0
        self.realised: Realised | None = None
        self._random = [np.random.default_rng((seed, LANE, lane)) for lane in range(lanes)]
        self._volts = np.zeros((lanes, 0))
        self._input = np.zeros(0)
        self._modes = ou.Modes(np.zeros((0, 0)), np.zeros(0))

    # --- what the chip can do -----------------------------------------------------------------------------------

    def write(self, matrix: NDArray[np.float64], after: Sequence[Operation] = ()) -> Operation:
        """Write a symmetric matrix (n, n) into the conductances; its largest element stands for their range.

        Cells start discharged and undriven.

        Raises:
            ProblemError: too many unknowns, no such conductances, or a network that runs away.
            ChipsimError: the chip has no route to a weight memory.
        """
        coupler, cells = self.netlist.domain.coupler.kind, len(matrix)
        if cells > self.netlist.fabric.sites:
            raise ProblemError(f"{cells:,} unknowns for {self.netlist.fabric.sites:,} cells; use a larger chip")
        words, bits = coupler.program_bits(cells * (cells - 1) // 2, cells)
        distance_um = round(self.netlist.fabric.mean_distance_pitches(1) * coupler.pitch_um())
        transfer = Transfer("program", words, bits, distance_um, cells)
        self.realised = coupler.realise(matrix, self._die())
        self._modes = ou.dense_modes(self.realised.held / self.cell.capacitance)
        self._check_stable()
        self._volts = np.zeros((self.lanes, cells))
        self._input = np.zeros(cells)
        route = self.netlist.route("program")
        return self._stream("program", route, transfer, self._ready(after), array_from=-1, once=True)

    def drive(self, volts: NDArray[np.float64], after: Sequence[Operation] = ()) -> Operation:
        """Set the inputs of the cells, (n,) in volts, as finely as the converters can.

        Raises:
            ChipsimError: the chip has no route to input converters.
        """
        route = self.netlist.route("input")
        self._input = route[-1].kind.realised(volts)
        transfer = Transfer("input", len(volts), route[-1].kind.bits, cells=len(volts))
        return self._stream("input", route, transfer, self._ready(after), array_from=-1)

    def discharge(self) -> None:
        """Short the capacitors: the next relaxation starts from 0 V."""
        self._volts = np.zeros_like(self._volts)

    def relax(self, duration_s: float, after: Sequence[Operation] = ()) -> Operation:
        """Let the voltages go on for a time."""
        operation = self._work("relax", to_fs(duration_s), after)
        self._advance(np.array([to_seconds(to_fs(duration_s))]))
        return operation

    def observe(self, samples: int, spacing_s: float, after: Sequence[Operation] = ()) -> Observation:
        """Sample all driven cells every `spacing_s`, and send the codes to the host while the array goes on.

        Raises:
            ProblemError: the converters are not ready again after that time.
            ChipsimError: the chip has no route from its cells to a host.
        """
        route = self.netlist.route("read")
        converter, cells = route[0].kind, self._volts.shape[1]
        spacing_fs = to_fs(spacing_s)
        one = Transfer("read", cells, converter.bits_per_cell, cells=cells)
        needed = converter.service_fs(one, -(-cells // route[0].count))
        if needed > spacing_fs:
            raise ProblemError(
                f"{route[0].name} needs {show(to_seconds(needed), 's')} for {cells:,} cells; samples every "
                f"{show(spacing_s, 's')} are too close: raise schedule.spacing, or use more channels"
            )
        work = self._work("observe", samples * spacing_fs, after)
        everything = Transfer("read", samples * cells, converter.bits_per_cell, cells=cells)
        stream = self._stream("read", route, everything, work.start_fs + spacing_fs, array_from=None)
        volts = self._advance(np.arange(1, samples + 1) * to_seconds(spacing_fs))
        gains, offsets = self.cell.errors(cells, self._die(1))
        numbers = np.stack([g.standard_normal(volts.shape[1:]) for g in self._random])
        codes = converter.codes(volts * gains + offsets, numbers)
        return Observation(codes, converter.clips(codes).any(axis=(1, 2)), (work, stream))

    # --- the simulator's eye ------------------------------------------------------------------------------------

    @property
    def cell(self) -> AnalogCellKind:
        """Parameters of the cells."""
        kind: AnalogCellKind = self.netlist.domain.cells.kind
        return kind

    @property
    def modes(self) -> ou.Modes:
        """Rates (1/s) and eigenvectors of the network as held."""
        return self._modes

    def diffusion(self) -> NDArray[np.float64]:
        """D of the voltages, (n, n) in V^2/s."""
        assert self.realised is not None
        technology = self.netlist.chip.model.technology
        found: NDArray[np.float64] = self.netlist.domain.noise.kind.diffusion(self.realised.held, self.cell, technology)
        return found

    def quality(self) -> dict[str, float]:
        """How well the chip holds what it was asked to hold."""
        if self.realised is None:
            return {}
        largest = np.abs(self.realised.held - self.realised.wanted).max() / self.realised.scale
        return {"weight_error": float(largest)}

    def finish(self) -> Trace:
        """Book what is powered all the time, and hand over the trace."""
        self._book_always_on()
        return Trace(
            lanes=self.lanes,
            elapsed_fs=self.timeline.elapsed_fs,
            phases=tuple(self._trace.phases),
            rows=self._trace.rows(),
            busy_fs=self._busy_fs(),
            lane_toggles=np.zeros((0, self.lanes), np.int64),
            class_capacitance_f=np.zeros(0),
            cell_toggles=np.zeros(0, np.int64),
            records=None,
            states=np.zeros((0, 0, 0), np.uint64),
            final_state=np.zeros((0, 0), np.uint64),
            wall_s=time.perf_counter() - self._began,
            kernel_s=self.kernel_s,
        )

    # --- inside -------------------------------------------------------------------------------------------------

    def _die(self, part: int = 0) -> np.random.Generator:
        """The same numbers every time: a die keeps its deviations."""
        return np.random.default_rng((self.seed, DIE, part))

    def _check_stable(self) -> None:
        slowest, fastest = float(self._modes.rates.min()), float(self._modes.rates.max())
        if slowest <= 1e-12 * fastest:
            raise ProblemError(
                f"the network is unstable: its slowest rate is {slowest:.3g} 1/s as the chip holds it; use a better "
                "conditioned matrix, more coupler bits, or less mismatch"
            )
        noise = self.netlist.domain.noise.kind
        if noise.law == "injected" and noise.bandwidth * 2 * np.pi < WHITE * fastest:
            raise ProblemError(
                f"noise up to {show(noise.bandwidth, 'Hz')} is not white for a network as fast as {fastest:.3g} 1/s; "
                f"use a bandwidth of {show(WHITE * fastest / 2 / np.pi, 'Hz')} or more, or slower cells"
            )

    def _work(self, name: str, duration_fs: int, after: Sequence[Operation]) -> Operation:
        """The array at work: time, bias currents, driven noise, power."""
        domain, cells = self.netlist.domain, self._volts.shape[1]
        names = (ARRAY, domain.cells.name, domain.noise.name, domain.coupler.name)
        operation = self.timeline.book(name, [Hold(n, 0, duration_fs) for n in names], self._ready(after))
        counts = {
            domain.cells: domain.cells.kind.counts(cells, duration_fs),
            domain.noise: domain.noise.kind.counts(cells, duration_fs),
            domain.coupler: {},
        }
        self._count(name, operation, counts, once=False)
        self._book_while_running(len(self._trace.phases) - 1, duration_fs)
        return operation

    def _advance(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Voltages (lanes, T, n) at these times from now; the last of them are the new ones."""
        if self.realised is None:
            raise ChipsimError("nothing is written into the conductances yet")
        began = time.perf_counter()
        rates, diffusion = self.realised.held / self.cell.capacitance, self.diffusion()
        current = self._input * self.cell.conductance
        mean = np.linalg.solve(self.realised.held, current).astype(np.float64)
        even = np.allclose(diffusion, diffusion[0, 0] * np.eye(len(mean)), rtol=1e-12, atol=0)
        if even:
            intensity = float(diffusion[0, 0]) / 2
            volts = ou.sample(self._modes, mean, intensity, self._volts, times_s, self._random)
        else:
            volts = ou.sample_any(rates, mean, diffusion, self._volts, times_s, self._random)
        self._book_heat(volts[:, -1], float(times_s[-1]), mean, current, float(np.trace(diffusion)))
        self._volts = volts[:, -1]
        self.kernel_s += time.perf_counter() - began
        return volts

    def _book_heat(
        self, after: NDArray[np.float64], time_s: float, mean: NDArray[np.float64], current: NDArray[np.float64],
        diffusion: float,
    ) -> None:  # fmt: skip
        """Heat in the conductances by the first law: what the inputs and the noise put in, less what is stored.

        Inputs put in the integral of V . I (its expectation from the start of each lane), noise C trace(D) / 2
        a second.
        """
        capacitance = self.cell.capacitance
        away = self._volts - mean
        gone = ou.apply(self._modes, lambda a: -np.expm1(-a * time_s) / a, away)
        put_in = ((mean * time_s + gone) @ current).sum() + self.lanes * capacitance * diffusion / 2 * time_s
        stored = capacitance / 2 * ((after**2).sum() - (self._volts**2).sum())
        phase = len(self._trace.phases) - 1
        heat = max(0, round(float(put_in - stored) * ATTOJOULES))
        self._trace.add(self.netlist.domain.coupler.name, "dissipate", phase, heat)
