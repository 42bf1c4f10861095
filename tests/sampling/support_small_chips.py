"""Small chips to hold against enumeration, the faults that may be planted in them, and how they are sampled.

A chip here is made of real parts (host, weight memory, couplers, cells, noise, clock) and driven through a Device. The
reference is always the Boltzmann distribution of the weights that the faultless chip holds, at its nominal beta.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import Program, compile_program
from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import Rng
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.jit import stage
from chipsim.problems.problem import Problem
from chipsim.spec.chip import read_chip
from chipsim.spec.document import parse_document
from chipsim.statistics.effective_samples import Chains, Mixing, mixing

Fault = Literal["none", "coupler", "beta", "noise", "together"]
FAULTS: tuple[Fault, ...] = ("coupler", "beta", "noise", "together")
COUPLER_FACTOR = 0.98
BETA_FACTOR = 1.005
NOISE_BITS = 12

CHIP = """
chipsim: 1
name: {name}
technology: {{ node: none, vdd: 0.13 V, temperature: 300 K }}
fabric: {{ {fabric}, colours: {colours}, coupled_updates: {coupled_updates} }}
components:
  host: {{ kind: host, cycle: 1 ns, word_bits: 64 }}
  weights: {{ kind: weight_memory, buffers: 1, bits_per_cycle: 64, cycle: 1 ns }}
  cells[*]: {{ kind: pbit, relaxation_time: {relaxation_time} }}
  rng[*]: {{ kind: rng, law: {law} }}
  couplers:
    {{ kind: coupler, weight_bits: {weight_bits}, weight_range: 2, pitch: 6 um, capacitance_per_length: 350 aF/um }}
  clock: {{ kind: clock, phase: 100 ns, wire_per_cell: 6 um, capacitance_per_length: 350 aF/um }}
nets: [host -> weights -> couplers <-> cells, rng -> cells, clock -> cells]
price_table: dtca-physical
"""


@dataclass(frozen=True)
class SmallChip:
    """A chip and what is written into it: normal couplings and biases around a mean, by a seed.

    `every` is the number of sweeps between its records, about as long as it takes to forget.
    """

    name: str
    fabric: str
    coupling: float
    spread: float
    bias: float
    seed: int
    every: int = 1
    beta: float = 1.0
    law: str = "ideal"
    relaxation_time: str = "100 ns"
    weight_bits: int = 12

    def weights(self, program: Program) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Couplings by edge and biases by site, as they are asked for."""
        random = np.random.default_rng(self.seed)
        couplings = self.coupling + self.spread * random.standard_normal(len(program.netlist.fabric.edges))
        return couplings, self.bias * random.standard_normal(program.cells)


@cache
def compiled(chip: SmallChip, together: bool = False) -> Program:
    """The program of a chip; `together` makes coupled cells latch at one tick."""
    text = CHIP.format(
        name=chip.name,
        fabric=chip.fabric,
        colours=1 if together else "auto",
        coupled_updates="allow" if together else "forbid",
        law=chip.law,
        relaxation_time=chip.relaxation_time,
        weight_bits=chip.weight_bits,
    )
    return compile_program(elaborate(read_chip(parse_document(text, chip.name))))


def ring(cells: int) -> str:
    """Fabric of a ring."""
    return f"edges: {[[i, (i + 1) % cells] for i in range(cells)]}"


def complete(cells: int) -> str:
    """Fabric in which every cell is coupled to every other."""
    return f"edges: {[[i, j] for i in range(cells) for j in range(i + 1, cells)]}"


def grid(pattern: str, rows: int, columns: int) -> str:
    """Fabric of a named pattern with open borders."""
    return f"pattern: {pattern}, size: [{rows}, {columns}]"


def start(chip: SmallChip, lanes: int, seed: int, fault: Fault = "none") -> tuple[Device, Problem]:
    """A programmed device with the fault in it, and the problem that it should be sampling."""
    program = compiled(chip, together=fault == "together")
    device = Device(program, lanes, seed)
    couplings, biases = chip.weights(program)
    device.write(couplings, biases)
    problem = Problem(chip.name, program.netlist.fabric.edges, device.held_couplings, device.held_biases)
    if fault == "coupler":
        off = couplings.copy()
        off[np.argmax(np.abs(off))] *= COUPLER_FACTOR
        device.write(off, biases)
    device.hard_wire_beta(chip.beta * (BETA_FACTOR if fault == "beta" else 1.0))
    return device, problem


def mixing_of(chip: SmallChip, fault: Fault = "none") -> Mixing:
    """How slowly the chip mixes, from records of the energy, the magnetisation and random projections.

    512 lanes of 600 records know tau_int to a few per cent.
    """
    device, problem = start(chip, lanes=512, seed=99, fault=fault)
    device.watch(problem)
    device.sample(200 * chip.every)
    device.sample(600 * chip.every, RecordRequest(every=chip.every, projections=8))
    records = device.recorded()
    assert records is not None
    state = mixing(Chains(records.energies, records.projections))
    assert state.verdict == "resolved"
    return state


# --- noise with too few bits -----------------------------------------------------------------------------------------


class CoarseNoise(NamedTuple):
    """Fresh noise rounded down to a multiple of 2**-bits; shape (1,), float32.

    minus_half: half a step, negative; shifter: 1.5 * 2**(23 - bits), beside which a float32 counts in whole steps.
    """

    minus_half: NDArray[np.float32]
    shifter: NDArray[np.float32]


@stage(stages.noise, CoarseNoise)
def coarse(params: Any, y: Any, at: Any) -> Any:
    """The ideal law with floor(u 2**bits) / 2**bits in place of u."""
    u, random = rng.uniform(at.random)
    middle = vectors.fma(u, np.float32(1.0), params.minus_half[0])
    stepped = vectors.fma(middle, np.float32(1.0), params.shifter[0])
    low = vectors.fma(stepped, np.float32(1.0), -params.shifter[0])
    return vectors.less(vectors.fma(low, vectors.exp2(y), low), np.float32(1.0)), random


@contextlib.contextmanager
def noise_of_bits(bits: int) -> Iterator[None]:
    """Every noise source has so many bits."""

    def noise(self: Rng, context: ArrayContext) -> CoarseNoise:
        assert self.law == "ideal"
        half, shifter = -(2.0 ** -(bits + 1)), 1.5 * 2.0 ** (23 - bits)
        return CoarseNoise(np.full(1, half, np.float32), np.full(1, shifter, np.float32))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rng, "noise", noise)
        yield


def planted(fault: Fault) -> contextlib.AbstractContextManager[None]:
    """What must be in force while a chip with this fault runs."""
    return noise_of_bits(NOISE_BITS) if fault == "noise" else contextlib.nullcontext()
