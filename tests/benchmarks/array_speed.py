"""Speed of arrays, of each law, order and number format beside colours and ideal noise: a part of `make bench`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from turns import entry, in_turns

import chipsim
from chipsim.compiler.program import Program, compile_program
from chipsim.components.digital.free_running import FreeRunning
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.testing.trial import with_kind
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.spec import ProblemSpec

SWEEPS = 250
LANES = 256
BETA = 0.25


def program(law: str, **fabric: Any) -> Program:
    """dtca-70 with a spin glass and this noise law, and other values of its fabric."""
    changes = {f"fabric.{name}": value for name, value in fabric.items()}
    ready = chipsim.plan("dtca-70", "spin-glass", {"rng.law": law, **changes})
    return compile_program(ready.netlist)


# Fabric, lanes and sweeps of a turn.
ARRAYS: dict[str, tuple[dict[str, Any], int, int]] = {
    "70x70": ({}, LANES, SWEEPS),
    "70x70_five_colours": ({"colours": 5}, LANES, SWEEPS),
    "million_cells": ({"size": [1000, 1000]}, 64, 10),
}
LAWS = {"telegraph": 0.55, "comparator": 0.35}


def noise_laws() -> dict[str, dict[str, Any]]:
    """Noise that runs between latches, beside independent noise on the same array; one core."""
    results = {}
    for array, (fabric, lanes, sweeps) in ARRAYS.items():
        ideal = program("ideal", **fabric)
        for law, wanted in LAWS.items():
            other = program(law, **fabric)
            slow, fast = in_turns(partial(ours, other, 1, lanes, sweeps), partial(ours, ideal, 1, lanes, sweeps))
            results[f"{law}_against_ideal_{array}"] = entry(slow, "updates/ns", "law ideal", fast, wanted)
    return results


UNPRICED = {"price_table": "digital-unpriced", "compare_prices": []}
FIXED = {"kind": "digital_pbit", "integer_bits": 4, "fraction_bits": 1}


def fixed_point() -> dict[str, dict[str, Any]]:
    """Cells whose fields are s{4}{1} and saturate, with the same noise, beside p-bits on the same array; one core."""
    ready = chipsim.plan("dtca-70", "spin-glass", {"rng.law": "ideal", "cells": FIXED, **UNPRICED})
    fixed, ideal = compile_program(ready.netlist), program("ideal")
    slow, fast = in_turns(lambda: ours(fixed, 1), lambda: ours(ideal, 1))
    return {"fixed_point_with_saturation_against_ideal": entry(slow, "updates/ns", "p-bits", fast, 0.7)}


FREE = FreeRunning.model_validate({"kind": "free_running", "mean_interval": "100 ns", "capacitance": "1 fF"})
# Fabric, lanes, sweeps of a turn, and the least share of the rate by colours.
SCATTERED: dict[str, tuple[dict[str, Any], int, int, float]] = {
    "70x70": ({}, LANES, SWEEPS, 0.7),
    "100000_cells": ({"size": [316, 316]}, 64, 30, 0.35),
    "million_cells": ({"size": [1000, 1000]}, 64, 10, 0.18),
}


def free_running() -> dict[str, dict[str, Any]]:
    """Cells that latch at random times of their own, beside those of a clock on the same array; one core."""
    results = {}
    for array, (fabric, lanes, sweeps, wanted) in SCATTERED.items():
        clocked = program("ideal", **fabric)
        free = compile_program(with_kind(clocked.netlist, FREE))
        slow, fast = in_turns(partial(ours, free, 1, lanes, sweeps), partial(ours, clocked, 1, lanes, sweeps))
        results[f"free_running_against_clocked_{array}"] = entry(slow, "updates/ns", "by colours", fast, wanted)
    return results


# Parameters of the couplers in SI, array, and the least share of the rate without them.
LATE: dict[str, tuple[str, float, str, float]] = {
    "wires_of_three_sweeps": ("delay_per_length", 8e-3, "70x70", 0.8),
    "slow_nodes": ("node_rc", 50e-9, "70x70", 0.7),
    "slow_nodes_five_colours": ("node_rc", 50e-9, "70x70_five_colours", 0.5),
}
# Least share of the rate by colours of cells without a clock whose wires all take a tenth of the mean interval.
DELAYED = {"70x70": 0.3, "100000_cells": 0.25, "million_cells": 0.12}


def late_fields() -> dict[str, dict[str, Any]]:
    """Cells that see their neighbours late, beside the same array clocked where they see them as they are; one core."""
    results = {}
    for name, (key, value, array, wanted) in LATE.items():
        fabric, lanes, sweeps = ARRAYS[array]
        changes = {f"fabric.{part}": given for part, given in fabric.items()}
        late = chipsim.plan("dtca-70", "spin-glass", {"rng.law": "ideal", f"couplers.{key}": value, **changes})
        mine, prompt = compile_program(late.netlist), program("ideal", **fabric)
        slow, fast = in_turns(partial(ours, mine, 1, lanes, sweeps), partial(ours, prompt, 1, lanes, sweeps))
        results[f"{name}_against_none"] = entry(slow, "updates/ns", "without delay", fast, wanted)
    for array, wanted in DELAYED.items():
        fabric, lanes, sweeps, _ = SCATTERED[array]
        changes = {f"fabric.{part}": given for part, given in fabric.items()}
        changes |= {"rng.law": "ideal", "couplers.delay_per_length": 10e-9 / 6e-6}
        netlist = with_kind(chipsim.plan("dtca-70", "spin-glass", changes).netlist, FREE)
        equal = replace(netlist.fabric, lengths=np.ones_like(netlist.fabric.lengths))
        mine, prompt = compile_program(replace(netlist, fabric=equal)), program("ideal", **fabric)
        slow, fast = in_turns(partial(ours, mine, 1, lanes, sweeps), partial(ours, prompt, 1, lanes, sweeps))
        results[f"delayed_by_a_tenth_against_clocked_{array}"] = entry(slow, "updates/ns", "by colours", fast, wanted)
    return results


def ours(compiled: Program, threads: int, lanes: int = LANES, sweeps: int = SWEEPS) -> float:
    """Updates/ns with clamps, counters per cell and lane, and an energy record every 10 sweeps."""
    fabric = compiled.netlist.fabric
    problem = native_problem(ProblemSpec(native="plus-minus", seed=1), fabric)
    device = Device(compiled, lanes, seed=1, threads=threads)
    device.hard_wire_beta(BETA)
    device.watch(problem)
    device.write(problem.couplings, problem.biases)
    sites = np.arange(0, compiled.cells, 100)
    device.clamp(sites, np.ones(len(sites), np.int8))
    device.sample(sweeps, RecordRequest(every=10, projections=-1))
    return device.finish().activity.total("update") / device.kernel_s * 1e-9
