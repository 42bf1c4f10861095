"""thermo-layer: a random layer of cells in quartic potentials, observed after a window, with a fitted read-out.

The width demonstration of thermocompute (commit e50a984): x' = -dV(x) + W h + noise from x = 0, tanh of x after the
window are features, ridge regression fits the outputs. Its "physical time" counts the window alone; a run has the
whole bill of a token: multiply-adds of the host, converters, link, window. A lane is one token. Of every three
sequences two are for the fit, and one is a test. Currents W h are computed by the host and converted, one for each
cell, or come from a crossbar, if the chip has lines; then only h is converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import Purpose
from chipsim.components.converters.base import ContinuousInputKind
from chipsim.components.facts import Finding
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.findings import Findings
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import FactorErrors, Network
from chipsim.physics.low_rank import uncoupled
from chipsim.physics.quartic import QuarticLaw
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at, fail
from chipsim.units import show, to_seconds
from chipsim.workloads.base import ContinuousWorkload, WorkloadModel
from chipsim.workloads.outcome import Method, Outcome
from chipsim.workloads.sections import Section
from chipsim.workloads.thermo_layer import task
from chipsim.workloads.thermo_layer.figures import MEANINGS, errors_of, sections
from chipsim.workloads.thermo_layer.spec import ThermoLayerModel

# CPU seconds: of a value of a step, and of a multiply-add of fits and products.
STEP_S, MAC_S = 3e-9, 0.04e-9
# The host looks codes up as bytes, eight per word.
CODES_PER_WORD = 8
# Standard deviations of inputs that converters should hold.
REACH = 4


# Parts of a token's time, which follow each other, and the phases that they consist of; the load comes before.
PARTS = {"window": "relax", "input": "input", "read": "read", "digital": "compute", "crossbar_load": "program"}


@dataclass(frozen=True, eq=False)
class LayerFindings(Findings):
    """The same in all lanes.

    Attributes:
        steps: of the simulation in a window.
        window_taus: length of a window in relaxation times tau = C / g.
    """

    steps: int
    window_taus: float


class ThermoLayer(ContinuousWorkload[ThermoLayerModel]):
    """Passes tokens through layers on a device."""

    model_type: ClassVar[type[WorkloadModel]] = ThermoLayerModel
    summary: ClassVar[str] = "random layer of nonlinear cells, observed after a window, with a fitted read-out"
    needs_potential: ClassVar[bool] = True
    meanings: ClassVar[Mapping[str, str]] = MEANINGS
    merit: ClassVar[str] = "error"
    widths: tuple[int, ...]
    steps: int = 1  # of the simulation in a window

    @property
    def total_sweeps(self) -> int:
        """One reading per lane."""
        return 1

    @property
    def simulated(self) -> bool:
        """Whether cells have states, or are only billed."""
        return max(self.widths) <= self.model.simulate_up_to

    @property
    def inputs_of(self) -> tuple[int, ...]:
        """Inputs of each layer."""
        return (self.model.task.features, *(self.model.layers or [0])[:-1])

    def extent(self) -> str:
        """Widths and windows."""
        states = "" if self.simulated else ", billed without simulating states"
        windows = "a window" if len(self.model.temperatures) == 1 else f"{len(self.model.temperatures)} windows"
        return f"{windows} each for layers of {', '.join(f'{width:,}' for width in self.widths)} cells{states}"

    def memory(self, lanes: int) -> dict[str, int]:
        """Voltages, inputs, and features with their fit."""
        if not self.simulated:
            return {}
        wide, last = max(self.widths), max(self.widths[-1], self.model.digital)
        return {"states": 10 * 8 * lanes * wide, "fit": 8 * (4 * lanes * last + 2 * min(lanes, last) ** 2)}

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of the steps and of the fits."""
        if not self.simulated:
            return 0.1
        blocks, tokens, features = -(-lanes // 64) * 64, -(-2 * lanes // 3), self.model.task.features
        fits = 2 * task.ridge_macs(tokens, self.widths[-1], features)
        return blocks * sum(self.widths) * len(self.model.temperatures) * self.steps * STEP_S + fits * MAC_S

    def fixed_problem(self) -> Problem | None:
        """None: this is not an Ising problem."""
        return None

    def prepare(self, fabric: Fabric) -> None:
        """Check that there are cells for the widest layer: layers use the same cells in turn."""
        self.widths = tuple(self.model.layers or (fabric.sites,))
        with errors_located_at(self.document, ("layers",)):
            if max(self.widths) > fabric.sites:
                complaint = f"a layer of {max(self.widths):,} for {fabric.sites:,} cells; use a larger chip"
                raise ProblemError(complaint, code="chip.too-small")
            if len(fabric.edges):
                complaint = "cells of a layer are not coupled to each other; use fabric.uncoupled"
                raise ProblemError(complaint, code="chip.unsuitable")

    def check(self, netlist: Netlist) -> None:
        """Check also routes, multiply-adds, lines of a crossbar, temperatures, and that a window holds a step."""
        super().check(netlist)
        lines, routes = netlist.continuous.coupler.kind.input_lines(), ("input", "read")
        with errors_located_at(self.document, ("workload",)):
            wanted: tuple[Purpose, ...] = ("program", *routes) if lines else routes  # type: ignore[assignment]
            for purpose in wanted:
                netlist.route(purpose)
            law, _ = alone(netlist)
        if not netlist.digital_units("multiply-adds"):
            complaint = f"{netlist.chip.model.name} has no digital multiply-add unit, such as a mac_unit"
            raise fail(self.document, ("workload",), complaint, code="chip.no-unit")
        if lines and lines < max(self.inputs_of):
            there = f"{lines:,} lines of {netlist.chip.model.name}"
            complaint = f"{max(self.inputs_of):,} inputs for {there}; raise lines of the crossbar"
            raise fail(self.document, ("layers",), complaint, code="chip.too-small")
        if netlist.continuous.noise.kind.law != "injected" and set(self.model.temperatures) != {1.0}:
            complaint = (
                f"the noise of {netlist.chip.model.name} is thermal and has one temperature; write [1], or use "
                "noise.law: injected"
            )
            raise fail(self.document, ("temperatures",), complaint, code="chip.unsuitable")
        if law.scheme == "euler" and law.step_s > self.model.window * (1 + 1e-9):
            complaint = f"the window is shorter than a step of {show(law.step_s, 's')}; raise it, or lower cells.step"
            raise fail(self.document, ("window",), complaint, code="spec.rule")
        self.steps = max(1, int(np.ceil(self.model.window / law.step_s * (1 - 1e-9))))

    def lint(self, netlist: Netlist) -> Sequence[Finding]:
        """Converters that clip many inputs, whose standard deviation is x = 1."""
        converter, scale = netlist.end("input", ContinuousInputKind), alone(netlist)[0].unit
        if converter.kind.full_scale >= REACH * scale:
            return ()
        says = (
            f"{converter.name} clip inputs above {rounded(converter.kind.full_scale / scale, '.2g')} standard "
            "deviations; raise their full_scale"
        )
        where = f"{converter.name}.full_scale"
        return (Finding("clipping", where, converter.kind.full_scale, REACH * scale, says),)

    def run(self, device: ContinuousDevice) -> None:
        """Mix, pass through each layer, and read out."""
        spec, macs = self.model, device.netlist.digital_units("multiply-adds")[0].name
        tokens, features = spec.task.tokens, spec.task.features
        lanes = np.arange(device.first_lane, device.first_lane + device.lanes)
        first, last = int(lanes[0]) // tokens, int(lanes[-1]) // tokens + 1
        drawn = task.sequences(spec.task.seed, first, last, tokens, features, spec.task.attention)
        mixed, wanted = (part.reshape(-1, features)[lanes - first * tokens] for part in drawn)
        h: NDArray[np.float64] = task.normalised(mixed) if spec.task.attention else mixed
        after: tuple[Operation, ...] = ()
        if spec.task.attention:
            device.name_phases("attention")
            after = (device.compute(task.attention_macs(tokens, features), unit=macs),)
        device.answer("inputs", h)
        for number, width in enumerate(self.widths):
            device.name_phases("" if len(self.widths) == 1 else f"layer {number + 1}")
            device.lay_out(width, self.simulated)
            after = self._drive(device, number, h, after)
            h, after = self._observe(device, after)
            if not self.simulated:
                # Unknown; tanh is at most 1.
                h = np.ones((1, width))
        device.name_phases("read-out")
        device.compute(self.widths[-1] * features, after, unit=macs)
        device.name_phases("")
        if self.simulated:
            device.answer("features", h)
        device.answer("mixed", mixed)
        device.answer("wanted", wanted)
        _, rate = alone(device.netlist)
        device.keep(LayerFindings(self.steps, spec.window * rate))

    def _drive(
        self, device: ContinuousDevice, number: int, h: NDArray[np.float64], after: tuple[Operation, ...]
    ) -> tuple[Operation, ...]:
        """Set the inputs of a layer: h on the lines of a crossbar, or a current computed for each cell."""
        width, inputs, scale = self.widths[number], self.inputs_of[number], alone(device.netlist)[0].unit
        lines = device.domain.coupler.kind.input_lines()
        weights = None
        if lines or self.simulated:
            weights = task.current_weights(self.model.task.seed, number, inputs, width)
        if lines:
            assert weights is not None
            with errors_located_at(self.document, ("workload",)):
                after = (*after, device.write_lines(weights))
            return (device.drive(h * scale, after),)
        macs = device.netlist.digital_units("multiply-adds")[0].name
        ready = device.compute(width * inputs, after, unit=macs)
        currents = np.zeros(width) if weights is None or not self.simulated else h @ weights.T
        return (device.drive(currents * scale, (ready,)),)

    def _observe(
        self, device: ContinuousDevice, after: tuple[Operation, ...]
    ) -> tuple[NDArray[np.float64], tuple[Operation, ...]]:
        """Tanh of the mean reading over the temperatures, from 0 each time."""
        scale = alone(device.netlist)[0].unit
        total = np.zeros((device.lanes, device.network.cells if self.simulated else 0))
        for temperature in self.model.temperatures:
            device.stir(temperature)
            device.relax(self.model.window, after)
            seen = device.read()
            device.discharge()
            total = total + seen.volts[:, 0] / scale
            after = (*after, *seen.done)
        device.stir(1.0)
        many = len(self.model.temperatures)
        done = device.compute(-(-many * device.network.cells // CODES_PER_WORD), after)
        return np.tanh(total / many), (done,)

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """Errors of layer and digital layers, and what a token takes."""
        spec, found = self.model, LayerFindings.of(trace.observations.findings)
        netlist, features, last = program.netlist, spec.task.features, self.widths[-1]
        lines, windows = netlist.continuous.coupler.kind.input_lines(), len(spec.temperatures)
        mixing = task.attention_macs(spec.task.tokens, features) if spec.task.attention else 0
        macs = {width: mixing + width * 2 * features for width in (last, spec.digital)}
        own = mixing + last * features + (0 if lines else sum(map(int.__mul__, self.inputs_of, self.widths)))
        times = {f"{part}_s": _spent_s(trace, name) for part, name in PARTS.items()}
        figures = {
            "layers": list(self.widths),
            "width": max(self.widths),
            "currents": "crossbar" if lines else "digital",
            "states": "simulated"
            if self.simulated
            else f"not simulated: wider than simulate_up_to, {spec.simulate_up_to:,}",
            "steps": found.steps if self.simulated else None,
            "parameters": self.parameters(),
            "physical_time": found.window_taus * len(self.widths),
            **times,
            "token_s": sum(times.values()) - times["crossbar_load_s"],
            "input_conversions": sum(self.inputs_of) if lines else sum(self.widths),
            "read_conversions": sum(self.widths) * windows,
            "weight_bits": netlist.weights.words * netlist.weights.bits if lines else 0,
            "macs": own,
            "published_advantage": (8 + last) / 72,
            **errors_of(spec, trace.observations.answers),
        }
        methods = tuple(self._digital(netlist, width, macs[width]) for width in dict.fromkeys((last, spec.digital)))
        return Outcome(figures, methods=methods)

    def parameters(self) -> int:
        """Weights and biases of attention with two norms, currents, cells (three each), read-out."""
        features = self.model.task.features
        mixing = 4 * (features**2 + features) + 4 * features if self.model.task.attention else 0
        cells = sum(width * (inputs + 1 + 3) for inputs, width in zip(self.inputs_of, self.widths, strict=True))
        return mixing + cells + self.widths[-1] * features + features

    def _digital(self, netlist: Netlist, width: int, macs: int) -> Method:
        """A digital layer with GELU: multiply-adds on their unit, GELU by the host as it takes tanh of readings."""
        unit, name = netlist.digital_units("multiply-adds")[0], f"digital layer of {width:,}"
        (duration_fs, _), host = unit.kind.compute(macs), next(iter(netlist.digital_units("host")), None)
        if host is None:
            return Method(name, macs, None, time_s=to_seconds(duration_fs), unit=unit.name)
        looked_up_fs, counts = host.kind.compute(-(-width // CODES_PER_WORD))
        time_s = to_seconds(duration_fs + looked_up_fs)
        return Method(name, macs, None, time_s=time_s, unit=unit.name, host=host.name, host_counts=counts)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Errors, and what the window leaves out."""
        return sections(outcome.figures)


def _spent_s(trace: Trace, name: str) -> float:
    """Seconds in phases of that name, whatever word stands before it."""
    phases = (phase for phase in trace.timing.phases if phase.name.split()[-1] == name)
    return to_seconds(sum(phase.end_fs - phase.start_fs for phase in phases))


def alone(netlist: Netlist) -> tuple[QuarticLaw, float]:
    """The law of a cell without couplings, and 1 / tau.

    Raises:
        ProblemError: the cells have no quartic part.
    """
    domain, none = netlist.continuous, uncoupled(1)
    kind, network = domain.cells.kind, Network(1.0, none, none, False, FactorErrors(0.0, 0.0, 0.0))
    noise = domain.noise.kind.diffusion(network, kind, netlist.chip.model.technology)
    law, capacitance, unit = kind.law(network, noise), kind.capacitance_f(), kind.coupling_scale
    if not isinstance(law, QuarticLaw) or capacitance is None or unit is None:
        raise ProblemError(f"{domain.cells.name} have no quartic potential", code="chip.unsuitable")
    return law, unit / capacitance
