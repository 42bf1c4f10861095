"""Texts of small chips and workloads, and the way from a text to a netlist, a program and a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chipsim.compiler.fabric import Fabric, build_fabric
from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.document import parse_document

# Round numbers everywhere: a bit a nanosecond on the link, a cycle a nanosecond, weights of 8 bits.
CHIP = """chipsim: 1
name: round
technology: {{ node: none, vdd: 1 V, temperature: 300 K }}
fabric: {{ {fabric} }}
components:
  host: {{ kind: host, cycle: 1 ns, word_bits: 64 }}
  link: {{ kind: link, rate: 1 Gbit/s, latency: 20 ns }}
  controller: {{ kind: controller, cycle: 1 ns, word_bits: 64 }}
  weights: {{ kind: weight_memory, buffers: {buffers}, bits_per_cycle: 64, cycle: 1 ns }}
  bias_dac: {{ kind: dac, bits: 8, full_scale: 4, settle_time: 1 us }}
  inputs[*]: {{ kind: input_cell, coupling: {coupling}, latch_time: 1 ns }}
  cells[*]: {{ kind: pbit, relaxation_time: 100 ns }}
  rng[*]: {{ kind: rng, law: ideal }}
  couplers: {{ kind: coupler, weight_bits: 8, weight_range: 1, pitch: 6 um, capacitance_per_length: 350 aF/um }}
  clock: {{ kind: clock, phase: 100 ns, wire_per_cell: 6 um, capacitance_per_length: 350 aF/um }}
  readout:
    kind: readout
    mode: {mode}
    time: 10 ns
    channels: {channels}
    bits: {bits}
    wire_length: 24 um
    capacitance_per_length: 350 aF/um
    sampling_capacitance: 1 fF
nets:
  - host <-> link <-> controller
  - controller -> weights -> couplers <-> cells
  - controller -> bias_dac -> cells
  - controller -> inputs -> cells
  - rng -> cells
  - clock -> cells
  - cells -> readout -> controller
price_table: dtca-physical
"""

DEFAULTS: dict[str, Any] = {
    "fabric": "pattern: square, size: [4, 4]",
    "buffers": 1,
    "coupling": "hold",
    "mode": "sense",
    "channels": 1,
    "bits": 1,
}

WORKLOAD = """chipsim: 1
workload: ising
name: short
problem: {{ {problem} }}
schedule: {{ {schedule} }}
"""


def chip_text(**changes: Any) -> str:
    """The chip with other values."""
    return CHIP.format(**{**DEFAULTS, **changes})


def workload_text(
    problem: str = "native: plus-minus, seed: 1", schedule: str = "mode: sample, beta: 0.5, sweeps: 20"
) -> str:
    """A workload with another problem or schedule."""
    return WORKLOAD.format(problem=problem, schedule=schedule)


def chip_spec(text: str) -> ChipSpec:
    """A chip from its text."""
    return read_chip(parse_document(text, "chip.yaml"))


def netlist_of(**changes: Any) -> Netlist:
    """The elaborated chip with other values."""
    return elaborate(chip_spec(chip_text(**changes)))


def fabric_of(fabric: str) -> Fabric:
    """A fabric from what stands behind `fabric:` in a chip file."""
    return build_fabric(chip_spec(chip_text(fabric=fabric)), None)


def write_files(folder: Path, chip: str | None = None, workload: str | None = None) -> tuple[str, str]:
    """Paths of a chip and a workload file, written into a folder."""
    chip_path, workload_path = folder / "chip.yaml", folder / "work.yaml"
    chip_path.write_text(chip_text() if chip is None else chip)
    workload_path.write_text(workload_text() if workload is None else workload)
    return str(chip_path), str(workload_path)


def where(text: str, fragment: str) -> str:
    """line:column of the first occurrence of a fragment."""
    before = text[: text.index(fragment)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
