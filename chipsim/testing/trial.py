"""A small chip to test a component kind: all other parts are built in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.compiler.program import Program, compile_program
from chipsim.components.base import Kind, RouteKind
from chipsim.components.cells.base import CellKind, ContinuousCellKind
from chipsim.components.cells.quartic_cell import QuarticCell
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.components.couplers.base import ContinuousCouplerKind, CouplerKind, Weights
from chipsim.components.couplers.capacitor import Capacitor
from chipsim.components.couplers.crossbar import Crossbar
from chipsim.components.digital.base import ClockKind, DigitalKind, StaticKind
from chipsim.components.noise.base import ContinuousNoiseKind, NoiseKind
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.latched.state import Counters, State
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import kernel
from chipsim.problems.problem import Problem
from chipsim.spec.chip import read_chip
from chipsim.spec.document import parse_document
from chipsim.spec.overrides import apply_overrides
from chipsim.testing import reference
from chipsim.units import to_seconds

CHIP = """
chipsim: 1
name: trial
technology: { node: none, vdd: 0.5 V, temperature: 300 K }
fabric: { edges: [[0, 1], [1, 2], [2, 3], [0, 3]] }
components:
  host: { kind: host, cycle: 1 ns }
  link: { kind: link, rate: 1 Gbit/s, latency: 20 ns }
  spare: { kind: link, rate: 1 Gbit/s, latency: 20 ns }
  controller: { kind: controller, cycle: 1 ns }
  weights: { kind: weight_memory, bits_per_cycle: 64, cycle: 1 ns }
  bias_dac: { kind: dac, bits: 10, full_scale: 4, settle_time: 1 us }
  inputs[*]: { kind: input_cell, coupling: hold, latch_time: 1 ns }
  adder: { kind: energy_sum, rate: 1 GHz }
  counters[0..3]: { kind: counter, bits: 8, cycle: 1 ns }
  cells[*]: { kind: pbit, relaxation_time: 100 ns }
  rng[*]: { kind: rng, law: ideal }
  couplers: { kind: coupler, weight_bits: 8, pitch: 6 um, capacitance_per_length: 350 aF/um }
  clock: { kind: clock, phase: 100 ns, wire_per_cell: 6 um, capacitance_per_length: 350 aF/um }
  thermostat: { kind: thermostat, tolerance: 0 K }
  readout:
    kind: readout
    mode: sense
    time: 10 ns
    wire_length: 24 um
    capacitance_per_length: 350 aF/um
    sampling_capacitance: 1 fF
nets:
  - host <-> link <-> spare <-> controller
  - controller -> weights -> couplers
  - controller -> bias_dac -> cells
  - controller -> inputs -> cells
  - couplers <-> cells
  - rng -> cells
  - clock -> cells
  - thermostat -> cells
  - cells -> readout -> controller
  - cells -> counters -> controller
  - couplers -> adder -> controller
price_table: none
"""

ANALOG_CHIP = """
chipsim: 1
name: analog trial
technology: { node: none, vdd: 0.5 V, temperature: 300 K }
fabric: { complete: 4 }
components:
  host: { kind: host, cycle: 1 ns }
  link: { kind: link, rate: 1 Gbit/s, latency: 20 ns }
  controller: { kind: controller, cycle: 1 ns }
  weights: { kind: weight_memory, bits_per_cycle: 64, cycle: 1 ns }
  inputs: { kind: input_dac, bits: 12, full_scale: 0.5 V, rate: 100 MHz, channels: 4 }
  cells[*]: { kind: ou_cell, capacitance: 1 nF, conductance: 1 mS, bias_current: 700 uA }
  rng[*]: { kind: noise_source, law: injected, sigma: 1 mV, bandwidth: 100 MHz }
  couplers: { kind: conductance, bits: 10, range: 1 mS, sign: both, pitch: 30 um }
  readout: { kind: adc, bits: 12, full_scale: 0.5 V, rate: 100 MHz, channels: 4, sampling_capacitance: 1 pF }
nets:
  - host <-> link <-> controller
  - controller -> weights -> couplers
  - controller -> inputs -> cells
  - couplers <-> cells
  - rng -> cells
  - cells -> readout -> controller
price_table: none
"""
# Symmetric, positive definite, rows that sum to more than 0: any network can hold it.
MATRIX = 2 * np.eye(4) - 0.3 * (np.ones((4, 4)) - np.eye(4))

# The ring of the published example: frustrated by nothing, but far from symmetric.
COUPLINGS = np.full(4, 0.6)
BIASES = np.array([0.2, -0.1, 0.15, 0.05])

_SERVING = {
    "program": "weights",
    "input": "inputs",
    "clamp": "inputs",
    "bias": "bias_dac",
    "read": "readout",
    "count": "counters",
    "energy": "adder",
}


ANALOG = (ContinuousCellKind, ContinuousNoiseKind, ContinuousCouplerKind, ContinuousInputKind, ContinuousReadKind)


def place_of(kind: Kind) -> str:
    """The component of the trial chip that a kind replaces.

    Raises:
        TypeError: it is not derived from a base of component kinds.
    """
    by_base = {
        CellKind: "cells",
        NoiseKind: "rng",
        CouplerKind: "couplers",
        ClockKind: "clock",
        ContinuousCellKind: "cells",
        ContinuousNoiseKind: "rng",
        ContinuousCouplerKind: "couplers",
        StaticKind: "thermostat",
    }
    for base, name in by_base.items():
        if isinstance(kind, base):
            return name
    if not isinstance(kind, RouteKind):
        raise TypeError(f"{type(kind).__name__} is not derived from a base of component kinds")
    if kind.serves is not None:
        return _SERVING[kind.serves]
    if isinstance(kind, DigitalKind):
        return "host" if kind.role == "host" else "controller"
    return "spare"


# Cells that need no couplings to come to rest.
NONLINEAR = {
    "kind": "quartic_cell",
    "capacitance": "1 nF",
    "conductance": "1 mS",
    "bias_current": "700 uA",
    "scale": "10 mV",
    "j2": 1.0,
    "j4": 1.0,
}

NO_LINES = {"kind": "crossbar", "lines": 0, "pitch": "30 um"}


def trial_netlist(kind: Kind | None = None, changes: Mapping[str, Any] | None = None) -> Netlist:
    """The trial chip: a ring of four cells, or for kinds of continuous arrays four cells that are all coupled.

    Args:
        kind: parameters to put in place of a built-in component of their sort; need not be registered.
        changes: path -> value, as `--set` takes them, for example {"rng.law": "redraw"}.
    """
    text = ANALOG_CHIP if isinstance(kind, ANALOG) else CHIP
    document = apply_overrides(parse_document(text, "trial chip"), dict(changes or {}), "chip")
    netlist = elaborate(read_chip(document))
    return netlist if kind is None else with_kind(netlist, kind)


def with_kind(netlist: Netlist, kind: Kind) -> Netlist:
    """The netlist with the component at `place_of(kind)` replaced."""
    if isinstance(kind, ContinuousCellKind) and kind.coupled_by == "F":
        banks = {"kind": "capacitor", "bits": 10, "range": "1 nF", "pitch": "1 mm"}
        netlist = with_kind(netlist, Capacitor.model_validate(banks))
    if isinstance(kind, ContinuousCellKind) and kind.states_per_cell > 1:
        return _in_place(_in_place(netlist, Crossbar.model_validate(NO_LINES)), kind)
    if isinstance(kind, ContinuousCouplerKind) and not kind.couples_cells:
        netlist = with_kind(netlist, QuarticCell.model_validate(NONLINEAR))
    return _in_place(netlist, kind)


def _in_place(netlist: Netlist, kind: Kind) -> Netlist:
    name = place_of(kind)
    old = netlist.components[name]
    new = replace(old, spec=replace(old.spec, kind=kind.name), kind=kind)

    def swapped(component: Any) -> Any:
        return new if component is old else component

    domain = netlist.domain
    return replace(
        netlist,
        components={key: swapped(component) for key, component in netlist.components.items()},
        domain=replace(
            domain,
            **{part.name: swapped(getattr(domain, part.name)) for part in fields(domain)},
        ),
        routes={purpose: tuple(map(swapped, route)) for purpose, route in netlist.routes.items()},
    )


class Stages(NamedTuple):
    """Kernel parameters of an array: of stages field, activation and noise."""

    field: Any
    activation: Any
    noise: Any


def stage_parameters(
    program: Program, couplings: NDArray[np.float64], biases: NDArray[np.float64], since_latch_s: float | None = None
) -> Stages:
    """Kernel parameters of the kinds of an array for these weights, long after its last pause.

    Args:
        program: the compiled chip.
        couplings: J by fabric edge.
        biases: b by site.
        since_latch_s: time since a cell's previous latch; one sweep unless given.
    """
    domain = program.netlist.latched
    weights: Weights = domain.coupler.kind.quantise(couplings, biases)
    since_s = to_seconds(program.sweep_fs) if since_latch_s is None else since_latch_s
    context = program.array_context(since_s, ticks_since_rest=program.colours)
    field = program.field(weights)
    return Stages(field, domain.cells.kind.activation(context), domain.noise.kind.noise(context))


def held_problem(program: Program, couplings: NDArray[np.float64], biases: NDArray[np.float64]) -> Problem:
    """The problem as stored on the chip when these weights are written."""
    weights: Weights = program.netlist.latched.coupler.kind.quantise(couplings, biases)
    return Problem("held", program.netlist.fabric.edges, weights.couplings, weights.biases)


def compiled_sweeps(parameters: Stages, array: LatchedArray, sweeps: int) -> None:
    """Sweeps of an array by the compiled kernel, with these parameters whatever the time since the latch before."""
    array.load(parameters.field)
    array.run(parameters.activation, parameters.noise, sweeps * array.schedule.ticks_per_sweep)


@kernel
def _exponents(field, activation, words, own, betas, nodes, out):  # type: ignore[no-untyped-def]
    beta = vectors.load(betas, 0)
    scratch = np.zeros(1, np.uint64)
    for cell in range(len(out) // 64):
        at = stages.context_of(words, own, scratch, 0, beta, cell, 0, (), nodes)
        vectors.store(out, cell * 64, stages.activation(activation, stages.field(field, at), at))


def cell_context(state: State, cell: int) -> stages.Context:
    """The context of a reference stage in the first group of a state."""
    words = state.words[0]
    return stages.context_of(words, state.own[0], None, state.tick, state.beta[0], cell, None, None, state.nodes[0])


def exponents(program: Program, parameters: Stages, state: State) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The exponents y of all cells in the first group of a state, (cells, 64): compiled, and by the reference."""
    words, beta = state.words[0], state.beta[0]
    fast = np.zeros(program.cells * 64, np.float32)
    _exponents(parameters.field, parameters.activation, words, state.own[0], beta, state.nodes[0], fast)
    slow = []
    for cell in range(program.cells):
        at = cell_context(state, cell)
        slow.append(reference.activation(parameters.activation, reference.field(parameters.field, at), at))
    return fast.reshape(-1, 64), np.array(slow)


def disagreements(program: Program, parameters: Stages, array: LatchedArray, sweeps: int) -> list[str]:
    """Parts of an array in which the compiled kernel and the reference differ after some sweeps from its present state.

    The entry "exponents" means that the responses of cells differ in their last bits. The array advances.
    """
    clocked: Any = program.schedule
    before, counters = array.state.copy(), array.counters.copy()
    start = before.copy()
    words = program.netlist.latched.noise.kind.scratch_words(program.array_context(0.0))
    compiled_sweeps(parameters, array, sweeps)
    reference.reference_ticks(tuple(parameters), clocked.parameters, before, counters, sweeps * program.colours, words)
    differing = differences(array.state, before) + differences(array.counters, counters)
    # A state is one bit: it hides a difference in rounding, the exponents do not.
    same = all(np.array_equal(*exponents(program, parameters, state)) for state in (start, array.state))
    return differing if same else [*differing, "exponents"]


def differences(a: State | Counters, b: State | Counters) -> list[str]:
    """Names of the parts in which two states, or two sets of counters, differ."""
    return [part.name for part in fields(a) if not _equal(getattr(a, part.name), getattr(b, part.name))]


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return np.array_equal(a, b)


def trial_array(program: Program, lanes: int, seed: int, beta: float = 1.0) -> LatchedArray:
    """An array in random states at one temperature."""
    array = LatchedArray(program, lanes, seed)
    array.state.beta[:] = beta
    return array


def trial_program(kind: Kind | None = None, changes: Mapping[str, Any] | None = None) -> Program:
    """The compiled trial chip; see `trial_netlist`."""
    return compile_program(trial_netlist(kind, changes))
