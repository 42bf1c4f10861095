"""Every built-in kind with parameters for which the conformance suite tries it, and its exact law where it has one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from support_digital import law_of_digital_pbits, law_of_shared_numbers
from support_history import History, pair_correlation
from support_noise_chains import Chain, probit_gibbs

from chipsim.components.cells.digital_pbit import DigitalPBit
from chipsim.components.cells.ou_cell import OuCell
from chipsim.components.cells.pbit import PBit
from chipsim.components.cells.pdit import PDit
from chipsim.components.cells.pmog import PMog
from chipsim.components.cells.quartic_cell import QuarticCell
from chipsim.components.cells.rlc_cell import RlcCell
from chipsim.components.converters.adc import Adc
from chipsim.components.converters.dac import Dac
from chipsim.components.converters.input_dac import InputDac
from chipsim.components.converters.readout import Readout
from chipsim.components.couplers.capacitor import Capacitor
from chipsim.components.couplers.conductance import Conductance
from chipsim.components.couplers.coupler import Coupler
from chipsim.components.couplers.crossbar import Crossbar
from chipsim.components.couplers.resistor_array import ResistorArray
from chipsim.components.digital.clock import Clock
from chipsim.components.digital.controller import Controller
from chipsim.components.digital.counter import Counter
from chipsim.components.digital.energy_sum import EnergySum
from chipsim.components.digital.free_running import FreeRunning
from chipsim.components.digital.host import Host
from chipsim.components.digital.input_cell import InputCell
from chipsim.components.digital.link import Link
from chipsim.components.digital.mac_unit import MacUnit
from chipsim.components.digital.thermostat import Thermostat
from chipsim.components.digital.weight_memory import WeightMemory
from chipsim.components.noise.bit_generator import BitGenerator
from chipsim.components.noise.noise_source import NoiseSource
from chipsim.components.noise.rng import Rng
from chipsim.problems.problem import Problem
from chipsim.testing.conformance import StationaryLaw, Subject
from chipsim.testing.exact import boltzmann

WIRE = {"wire_length": "24 um", "capacitance_per_length": "350 aF/um", "sampling_capacitance": "1 fF"}


def warm_and_offset(problem: Problem, beta: float) -> NDArray[np.float64]:
    """What p-bits of gain 0.8 and offset 0.3, calibrated at 320 K and used at 300 K, sample."""
    factor = 0.8 * 320 / 300
    offset = 0.3 / (2 * beta)
    same = Problem("same", problem.edges, factor * problem.couplings, factor * problem.biases + offset)
    return boltzmann(same, beta)


def telegraph_noise(problem: Problem, beta: float) -> NDArray[np.float64]:
    """What the ring samples if its noise relaxes within three phases: even cells latch before odd ones."""
    return Chain(problem, np.array([0, 1, 0, 1]), beta).stationary(1 / 3)


def fresh_voltages(problem: Problem, beta: float) -> NDArray[np.float64]:
    """What the ring samples if a voltage of rms 1.702 is independent at each latch."""
    return probit_gibbs(problem, np.array([0, 1, 0, 1]), 1.702, beta)


def late(pitch: float = 0.0, node_rc: float = 0.0, pulse: float = 0.0, ticks: int = 4) -> StationaryLaw:
    """The law of the ring if a wire of one pitch, a node and a pulse take so many phases."""

    def law(problem: Problem, beta: float) -> NDArray[np.float64]:
        assert beta == 1.0
        delays = pulse + pitch * np.array([1.0, 2.0, 1.0, 2.0])
        return History(problem, np.array([0, 1, 0, 1]), delays, node_rc, ticks).stationary()

    return law


def pairs_in_flight(problem: Problem, beta: float) -> NDArray[np.float64]:
    """The law of pairs 0-1 and 2-3 that see each other half a mean interval late; each state of a pair and its opposite
    are alike.
    """
    spins = 2.0 * ((np.arange(16)[:, None] >> np.arange(4)) & 1) - 1
    by_pair = dict(zip(map(tuple, problem.edges.tolist()), problem.couplings, strict=True))
    means = [pair_correlation(beta * by_pair[pair], 0.5) for pair in ((0, 1), (2, 3))]
    return (1 + means[0] * spins[:, 0] * spins[:, 1]) * (1 + means[1] * spins[:, 2] * spins[:, 3]) / 16


S13 = {"integer_bits": 1, "fraction_bits": 3}
FIXED_POINT = DigitalPBit.model_validate({"kind": "digital_pbit", **S13})
SUBJECTS = {
    "pbit": Subject(PBit, {"relaxation_time": "100 ns"}),
    "pbit with gain, offset and calibration": Subject(
        PBit,
        {"relaxation_time": "100 ns", "gain": 0.8, "offset": 0.3, "calibrated_at": "320 K", "gated": "run"},
        stationary=warm_and_offset,
    ),
    "rng ideal": Subject(Rng, {"law": "ideal"}),
    "rng redraw": Subject(Rng, {"law": "redraw", "gated": "run"}, changes={"cells.relaxation_time": "300 ns"}),
    "rng telegraph": Subject(
        Rng, {"law": "telegraph"}, stationary=telegraph_noise, changes={"cells.relaxation_time": "300 ns"}
    ),
    "rng comparator, given spectrum": Subject(
        Rng,
        {"law": "comparator", "spectrum": "given", "spectrum_times": [0.5, 1.0], "spectrum_shares": [1, 2]},
        stationary=fresh_voltages,
        changes={"cells.relaxation_time": "5 ns"},
    ),
    "rng comparator": Subject(
        Rng, {"law": "comparator"}, stationary=fresh_voltages, changes={"cells.relaxation_time": "5 ns"}
    ),
    "coupler": Subject(Coupler, {"weight_bits": 8, "pitch": "6 um", "capacitance_per_length": "350 aF/um"}),
    "coupler, 20 bits, low swing": Subject(
        Coupler,
        {"weight_bits": 20, "pitch": "6 um", "capacitance_per_length": "350 aF/um", "swing": "0.1 V"},
    ),
    # Phases and mean intervals of 100 ns, wires of one and two pitches of 6 um.
    "coupler with delay": Subject(
        Coupler,
        {"weight_bits": 8, "pitch": "6 um", "capacitance_per_length": "350 aF/um", "delay_per_length": "10 ns/um"},
        stationary=late(pitch=0.6),
    ),
    "coupler with slow nodes": Subject(
        Coupler,
        {"weight_bits": 8, "pitch": "6 um", "capacitance_per_length": "350 aF/um", "node_rc": "50 ns"},
        stationary=late(node_rc=0.5, ticks=7),
    ),
    "input_cell": Subject(InputCell, {"latch_time": "1 ns"}),
    "input_cell that pulls": Subject(InputCell, {"latch_time": "1 ns", "coupling": 0.5}),
    "input_cell that is set": Subject(InputCell, {"latch_time": "1 ns", "coupling": "set", "coupling_range": 2.0}),
    "weight_memory": Subject(WeightMemory, {"bits_per_cycle": 64, "cycle": "1 ns", "buffers": 2}),
    "readout sense": Subject(Readout, {"mode": "sense", "time": "10 ns", **WIRE}),
    "readout adc": Subject(Readout, {"mode": "adc", "time": "10 ns", "bits": 6, "channels": 4, **WIRE}),
    "dac": Subject(Dac, {"bits": 8, "full_scale": 4, "settle_time": "1 us"}),
    "link": Subject(Link, {"rate": "50 Gbit/s", "latency": "20 ns", "gated": "phase"}),
    "controller": Subject(Controller, {"cycle": "1 ns"}),
    "host": Subject(Host, {"cycle": "1 ns", "word_bits": 32}),
    "rlc_cell": Subject(
        RlcCell, {"resistance": "100 kohm", "inductance": "10 mH", "capacitance": "1 nF", "bias_current": "1 mA"}
    ),
    "capacitor": Subject(Capacitor, {"bits": 8, "range": "1 nF", "mismatch": 0.01, "pitch": "1 mm"}),
    "resistor_array": Subject(
        ResistorArray, {"rows": 2, "bits": 8, "range": "1 mS", "mismatch": 0.01, "pitch": "1 um"}
    ),
    "crossbar": Subject(Crossbar, {"lines": 4, "bits": 8, "range": "2 uS", "mismatch": 0.01, "pitch": "10 um"}),
    "thermostat": Subject(Thermostat, {"tolerance": "0.1 K"}),
    "ou_cell": Subject(
        OuCell,
        {
            "capacitance": "1 nF",
            "conductance": "1 mS",
            "bias_current": "70 uA",
            "offset": "1 mV",
            "gain_error": 0.01,
        },
    ),
    "pdit": Subject(
        PDit,
        {
            "states": 3,
            "logit_scale": "26 mV",
            "relaxation_time": "100 ns",
            "level": "100 mV",
            "bias_current": "18 nA",
            "offset": "1 mV",
        },
    ),
    "pmog": Subject(
        PMog,
        {
            "states": 3,
            "logit_scale": "26 mV",
            "dwell": "3 us",
            "capacitance": "1 nF",
            "conductance": "1 mS",
            "bias_current": "70 uA",
        },
    ),
    "quartic_cell": Subject(
        QuarticCell,
        {
            "capacitance": "1 nF",
            "conductance": "0.5 mS",
            "bias_current": "70 uA",
            "scale": "10 mV",
            # Without currents of its own it is an ou_cell, whose law the rules know; tests/physics has the others.
            "j2": 0.0,
            "j4": 0.0,
        },
    ),
    "conductance": Subject(
        Conductance, {"bits": 10, "range": "1 mS", "sign": "both", "mismatch": 0.01, "pitch": "30 um"}
    ),
    "conductance, passive": Subject(
        Conductance, {"bits": 6, "range": "1 mS", "sign": "passive", "mismatch": 0.05, "pitch": "30 um"}
    ),
    "noise_source, injected": Subject(NoiseSource, {"law": "injected", "sigma": "5 mV", "bandwidth": "100 MHz"}),
    "input_dac": Subject(InputDac, {"bits": 10, "full_scale": "0.5 V", "rate": "10 MHz", "channels": 2}),
    "adc": Subject(
        Adc,
        {
            "bits": 9,
            "full_scale": "0.5 V",
            "rate": "100 MHz",
            "channels": 2,
            "noise": "1 mV",
            "sampling_capacitance": "1 fF",
            "figure_of_merit": "36.5 fJ",
        },
    ),
    "counter": Subject(Counter, {"bits": 8, "cycle": "1 ns"}),
    "energy_sum": Subject(EnergySum, {"rate": "1 GHz"}),
    "mac_unit": Subject(MacUnit, {"rate": "1 GHz"}),
    "clock gated": Subject(Clock, {"phase": "100 ns", "wire_per_cell": "6 um", "capacitance_per_length": "350 aF/um"}),
    "coupler saturate": Subject(
        Coupler,
        {
            "weight_bits": 6,
            "weight_range": 15.5,
            "overflow": "saturate",
            "pitch": "6 um",
            "capacitance_per_length": "350 aF/um",
        },
    ),
    "digital_pbit": Subject(DigitalPBit, S13, stationary=law_of_digital_pbits),
    "bit_generator": Subject(
        BitGenerator,
        {"law": "lfsr", "steps": 32},
        stationary=law_of_digital_pbits,
        beside=(FIXED_POINT,),
    ),
    "bit_generator, other taps": Subject(
        BitGenerator,
        {"law": "lfsr", "taps": [32, 31, 30, 10], "steps": 32},
        stationary=law_of_digital_pbits,
        beside=(FIXED_POINT,),
    ),
    "bit_generator, shared": Subject(
        BitGenerator,
        {"law": "xorshift", "cells_each": 2},
        stationary=law_of_shared_numbers,
        beside=(FIXED_POINT,),
    ),
    "bit_generator, a register for three cells": Subject(
        BitGenerator,
        {"law": "lfsr", "steps": 32, "cells_each": 3},
        stationary=law_of_shared_numbers,
        beside=(FIXED_POINT,),
    ),
    "clock random": Subject(
        Clock,
        {
            "phase": "100 ns",
            "wire_per_cell": "6 um",
            "capacitance_per_length": "350 aF/um",
            "updates": "random-sequential",
        },
    ),
    "free_running": Subject(FreeRunning, {"mean_interval": "100 ns", "capacitance": "1 fF"}),
    "clock, pulses that overlap": Subject(
        Clock,
        {
            "phase": "100 ns",
            "pulse": "120 ns",
            "wire_per_cell": "6 um",
            "capacitance_per_length": "350 aF/um",
        },
        stationary=late(pulse=1.2),
    ),
    "free_running, wires with delay": Subject(
        FreeRunning,
        {"mean_interval": "100 ns", "capacitance": "1 fF"},
        stationary=pairs_in_flight,
        changes={"couplers.delay_per_length": f"{50 / 6:.12g} ns/um"},
        couplings=np.array([0.8, 0.0, 0.6, 0.0]),
        biases=np.zeros(4),
    ),
    "clock free": Subject(
        Clock,
        {"phase": "50 ns", "tree": "free", "wire_per_cell": "6 um", "capacitance_per_length": "350 aF/um"},
        settle_sweeps=100,
    ),
}
