"""`make bench`: speed of the kernels against peers, measured side by side in one run.

Prints a table and writes reports/bench.json: the machine, and {name: {value, unit, peer, peer_value, ratio, wanted}}.
Each pair is timed in turns and the best of several is kept, because other work on the machine slows both. Ends with 1
if a ratio is below what is wanted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from array_speed import (
    BETA,
    LANES,
    fixed_point,
    free_running,
    late_fields,
    noise_laws,
    ours,
    program,
)
from rich.console import Console
from rich.table import Table
from turns import entry, in_turns

import chipsim
from chipsim.compiler.program import ContinuousProgram, Program, compile_program
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.device import Device
from chipsim.kernels.cache import cpu_model
from chipsim.kernels.ou import dense_modes, sample
from chipsim.workloads.dtm.examples import Examples
from chipsim.workloads.dtm.training import Trainer, new_state
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.natural_gradient.curvature import curvature, hessians
from chipsim.workloads.natural_gradient.data import Data
from chipsim.workloads.natural_gradient.workload import Training

HERE = Path(__file__).parent
REPORT = HERE.parent.parent / "reports" / "bench.json"
NO_THRML = "thrml: not measured (pip install 'chipsim[bench]')"


def main() -> int:
    """Run all benchmarks."""
    cores = os.cpu_count() or 1
    ideal, redraw = program("ideal"), program("redraw")
    c_peer = compiled_peer()
    one, c_rate = in_turns(lambda: ours(ideal, 1), lambda: c_reference(c_peer, "70x70", "G12", LANES))
    results = {
        "one_core_against_c": entry(one, "updates/ns", "AVX-512 C kernel, one core", c_rate, 0.6),
    }
    z1, grid = z1_program()
    one, c_rate = in_turns(lambda: ours(z1, 1, 64, 20), lambda: c_reference(c_peer, grid, "Z1", 64))
    results["z1_against_c"] = entry(one, "updates/ns", "AVX-512 C kernel, one core, 64 lanes", c_rate, 0.6)
    two, single = in_turns(lambda: ours(ideal, 2), lambda: ours(ideal, 1))
    results["two_cores_against_one"] = entry(two, "updates/ns", "the same on one core", single, 1.8)
    slow, fast = in_turns(lambda: ours(redraw, 1), lambda: ours(ideal, 1))
    results["redraw_against_ideal"] = entry(slow, "updates/ns", "law ideal", fast, 0.85)
    results |= noise_laws()
    results |= fixed_point()
    results |= free_running()
    results |= late_fields()
    results["native_workload_against_device"] = entry(*native_rates(), 0.98)
    all_cores = max(ours(ideal, cores) for _ in range(3))
    results["all_cores_against_thrml"] = entry(all_cores, "updates/ns", *thrml(ideal), 25)
    results["ou_against_thermox"] = entry(*ou_rates(), 8)
    results["training_step_against_thrml"] = entry(*training_step(cores))
    results |= natural_gradients()
    show(results)
    machine = {"cpu": cpu_model(), "cores": cores}
    REPORT.write_text(json.dumps({"machine": machine, "benchmarks": results}, indent=1) + "\n")
    print(f"wrote {REPORT}")
    missed = [name for name, r in results.items() if r["ratio"] is not None and r["ratio"] < r["wanted"]]
    print("below what is wanted: " + ", ".join(missed) if missed else "all measured ratios are as wanted")
    return 1 if missed else 0


def z1_program() -> tuple[Program, str]:
    """z1, and its grid as the C kernel takes it."""
    program = compile_program(chipsim.plan("z1", "spin-glass").netlist)
    return program, "x".join(map(str, program.netlist.fabric.shape or ()))


def native_rates() -> tuple[float, str, str, float | None]:
    """A workload whose problem is native, mapping stage included, and the same calls of a device, in CPU seconds."""
    few = {"schedule.sweeps": 1000, "schedule.beta": BETA, "schedule.record_every": "never"}
    ready = chipsim.plan("dtca-70", "spin-glass", {**few, "schedule.read_every": "never", "rng.law": "ideal"})
    compiled, workload = compile_program(ready.netlist), ready.workload

    def rate(drive: Callable[[Device], None]) -> float:
        begin = time.process_time()
        device = Device(compiled, LANES, seed=1)
        drive(device)
        updates = device.finish().activity.total("update")
        return updates / (time.process_time() - begin) * 1e-9

    def staged(device: Device) -> None:
        workload.prepare(ready.netlist.fabric)
        workload.run(device)

    def bare(device: Device) -> None:
        problem = native_problem(workload.model.problem, ready.netlist.fabric)
        device.watch(problem)
        device.set_beta(BETA)
        device.write(problem.couplings, problem.biases)
        device.sample(1000)

    value, peer = in_turns(lambda: rate(staged), lambda: rate(bare))
    return value, "updates/ns of CPU time", "the same calls of a device", peer


def training_step(threads: int) -> tuple[float, str, str, float | None, float]:
    """Training steps/s of fashion-dtm: batch 256, 82 sweeps a phase, all read, billed, and learnt; and thrml's."""
    ready = chipsim.plan(
        "dtca-70", "fashion-dtm", {"training.steps": 8, "training.chains": 2, "generation.sweeps": 5, "labels": None}
    )
    workload: Any = ready.workload
    program = compile_program(ready.netlist)
    examples = Examples(np.random.default_rng(0).random((1000, 28, 28), np.float32))
    trainer = Trainer(workload, program, examples, seed=1, threads=threads)
    state = new_state(program, [0.0] * workload.layers)
    seconds = []
    for epoch in range(3):
        began = time.perf_counter()
        trainer.unit(state, epoch, 0)
        seconds.append((time.perf_counter() - began) / workload.model.training.steps)
    peer, theirs = thrml_training_step(program, workload)
    return 1 / min(seconds), "steps/s", peer, theirs, 20


def thrml_training_step(program: Program, workload: Any) -> tuple[str, float | None]:
    """Steps/s of thrml on all cores."""
    training, fabric = workload.model.training, program.netlist.fabric
    given = {
        "cells": fabric.sites,
        "edges": fabric.edges.tolist(),
        "colours": (program.slot_of >= program.schedule.parameters.colour_first_cell[1]).astype(int).tolist(),
        "data_sites": workload.data_sites.tolist(),
        "batch": training.batch,
        "warmup": training.warmup,
        "samples": training.samples,
        "spacing": training.spacing,
    }
    out = thrml_output("peer_thrml_training.py", given)
    return (NO_THRML, None) if out is None else ("thrml, all cores", 1 / float(out))


WEIGHTS_SETTINGS = {"training.batch": 64, "couplers.rows": 640, "couplers.mismatch": 0, "training.iterations": 8}
EULER_STEPS, EULER_STEP = 500, 0.1


def natural_gradients() -> dict[str, dict[str, Any]]:
    """Iterations/s of a training whose chip, without mismatch, solves for 9,946 weights and 64 images: against the
    exact one by Woodbury, and against steps of the chip's equation, 50 tau by 0.1 tau with the stored Jacobian.
    """
    ours, theirs = in_turns(lambda: 1 / iteration_s("chip"), lambda: 1 / iteration_s("exact"))
    euler = 1 / min(euler_iteration_s() for _ in range(3))
    return {
        "natural_gradient_against_woodbury": entry(ours, "iterations/s", "Woodbury, the same code", theirs, 0.5),
        "natural_gradient_against_euler": entry(ours, "iterations/s", "Euler-Maruyama, stored Jacobian", euler, 5),
    }


def natural_gradient_training(optimizer: str) -> Training:
    """A training with images of noise."""
    ready = chipsim.plan("tngd-10k", "fashion-classifier", {**WEIGHTS_SETTINGS, "training.optimizer": optimizer})
    workload: Any = ready.workload
    random = np.random.default_rng(0)
    images, labels = random.standard_normal((640, 196)), random.integers(0, 10, 640)
    workload.data = Data(images, labels, images, labels)
    return Training(workload, ContinuousDevice(ContinuousProgram(ready.netlist), 1))


def iteration_s(optimizer: str) -> float:
    """Seconds of the fastest iteration of a training."""
    training = natural_gradient_training(optimizer)
    stamps = [time.perf_counter()]
    training.device.progress = lambda _: stamps.append(time.perf_counter())
    training.run()
    return float(np.diff(stamps).min())


def euler_iteration_s() -> float:
    """Seconds of an iteration whose solve steps dg = -(A g - grad) dt + sqrt(2 kappa0) dW."""
    training = natural_gradient_training("exact")
    network, weights, data = training.perceptron, training.weights, training.data
    random = np.random.default_rng(0)
    began = time.perf_counter()
    inputs, labels = data.inputs[:64], data.labels[:64]
    _, gradient, probabilities = network.gradient(weights, inputs, labels)
    matrix = curvature(network.jacobian(weights, inputs), hessians(probabilities), 0.1)
    state = gradient
    for _ in range(EULER_STEPS):
        noise = np.sqrt(2e-8 * EULER_STEP) * random.standard_normal(len(state))
        state = state - EULER_STEP * (matrix.times(state) - gradient) + noise
    training.weights = weights - state
    return time.perf_counter() - began


def compiled_peer() -> Path | None:
    """The C kernel, or None where it cannot be built or run (it needs gcc and AVX-512)."""
    if shutil.which("gcc") is None:
        return None
    target = Path(tempfile.mkdtemp()) / "gibbs_avx512"
    command = ["gcc", "-O3", "-march=native", str(HERE / "gibbs_avx512.c"), "-o", str(target), "-lm"]
    return target if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def c_reference(peer: Path | None, grid: str, pattern: str, lanes: int) -> float | None:
    """Updates/ns of the C kernel on the same grid, pattern and lanes."""
    if peer is None:
        return None
    out = subprocess.run([peer, grid, pattern, str(lanes // 64)], capture_output=True, text=True, check=True).stdout
    return float(out.split("lanes:")[1].split()[0])


def thrml(compiled: Program) -> tuple[str, float | None]:
    """The best of thrml over 64, 256 and 1,024 chains on all cores."""
    fabric = compiled.netlist.fabric
    slots = compiled.slot_of
    given = {
        "cells": fabric.sites,
        "edges": fabric.edges.tolist(),
        "couplings": (np.random.default_rng(1).integers(0, 2, len(fabric.edges)) * 2.0 - 1.0).tolist(),
        "colours": (slots >= compiled.schedule.parameters.colour_first_cell[1]).astype(int).tolist(),
        "beta": BETA,
        "chains": [64, 256, 1024],
    }
    out = thrml_output("peer_thrml.py", given)
    if out is None:
        return NO_THRML, None
    rates = json.loads(out)
    best = max(rates, key=lambda chains: rates[chains])
    return f"thrml, all cores, {best} chains", rates[best]


OU_LANES, OU_CELLS, OU_TIMES, OU_SPACING = 64, 256, 1000, 0.1


def ou_rates() -> tuple[float, str, str, float | None]:
    """Recorded states of continuous cells a second, dense A, float64 on both sides: ours, and thermox's
    faster scan."""
    factor = np.random.default_rng(0).standard_normal((OU_CELLS, 2 * OU_CELLS))
    drift = factor @ factor.T / (2 * OU_CELLS) + 0.3 * np.eye(OU_CELLS)
    modes, zero = dense_modes(drift), np.zeros(OU_CELLS)
    times = np.arange(1, OU_TIMES + 1) * OU_SPACING

    def seconds() -> float:
        random = [np.random.default_rng((0, lane)) for lane in range(OU_LANES)]
        began = time.perf_counter()
        sample(modes, zero, 1.0, np.zeros((OU_LANES, OU_CELLS)), times, random)
        return time.perf_counter() - began

    states = OU_LANES * OU_CELLS * OU_TIMES
    given = {"drift": drift.tolist(), "lanes": OU_LANES, "times": OU_TIMES, "spacing": OU_SPACING, "turns": 3}
    before = min(seconds() for _ in range(4))
    done = subprocess.run(
        [sys.executable, str(HERE / "peer_thermox.py")],
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = states / min(before, *(seconds() for _ in range(3)))
    if done.returncode:
        return ours, "states/s", "thermox: not measured (pip install 'chipsim[bench]')", None
    spent = json.loads(done.stdout)
    fastest = min(spent, key=lambda scan: spent[scan])
    return ours, "states/s", f"thermox, {fastest}, the faster of its two", states / spent[fastest]


def thrml_output(script: str, given: dict[str, Any]) -> str | None:
    """What a script that needs thrml prints, or None where there is none."""
    interpreter = os.environ.get("THRML_PYTHON", sys.executable)
    command = [interpreter, str(HERE / script)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout


def show(results: dict[str, dict[str, Any]]) -> None:
    """The table."""
    table = Table(box=None, pad_edge=False)
    for name in ("benchmark", "value", "unit", "peer", "peer value", "ratio", "wanted"):
        table.add_column(name)
    for name, r in results.items():
        peer = "-" if r["peer_value"] is None else f"{r['peer_value']:.4g}"
        ratio = "not measured" if r["ratio"] is None else f"{r['ratio']:.3g}"
        table.add_row(name, f"{r['value']:.4g}", r["unit"], r["peer"], peer, ratio, f">= {r['wanted']:g}")
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())
