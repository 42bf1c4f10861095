"""A neuron in several cells: one-way copies lose a known share, symmetric chains lose more and freeze.

Exact means are from transfer matrices, beta 1.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import chipsim
from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.runs.plan import read_chip_file

CELLS, COUPLING = 13, 2.0


def path_device(lanes: int, seed: int) -> Device:
    """A path of 13 p-bits with fine weights and ideal noise."""
    couplings = np.diag(np.ones(CELLS - 1), 1)
    problem = chipsim.Problem.from_arrays(couplings + couplings.T, np.zeros(CELLS))
    chip = read_chip_file("any-graph", {"couplers.weight_bits": 16})
    device = Device(compile_program(elaborate(chip, problem)), lanes, seed, threads=2)
    device.hard_wire_beta(1.0)
    return device


def chain_means(field: float) -> NDArray[np.float64]:
    """<s> of each cell of a symmetric chain whose total field is spread evenly."""
    each = np.exp(field / CELLS * np.array([1, -1]))
    step = np.exp(COUPLING * np.array([[1, -1], [-1, 1]]))
    left = [each]
    for _ in range(CELLS - 1):
        left.append((left[-1] @ step) * each)
    right = left[::-1]
    chances = [a * b / each for a, b in zip(left, right, strict=True)]
    return np.array([(c[0] - c[1]) / c.sum() for c in chances])


def spins_every(device: Device, warmup: int, reads: int, spacing: int) -> NDArray[np.int8]:
    """(reads, lanes, cells) of a device whose weights are written."""
    device.sample(warmup)
    out = []
    for _ in range(reads):
        device.sample(spacing)
        out.append(device.read(keep=False).spins)
    return np.array(out)


def test_one_way_copies_lose_a_known_share() -> None:
    """m of the last cell is m of the first times tanh(K)^12 = 0.644."""
    device = path_device(8192, seed=1)
    edges = device.program.netlist.fabric.edges
    assert (np.diff(edges, axis=1) == 1).all()
    forward = np.stack([np.zeros(len(edges)), np.full(len(edges), COUPLING)], axis=1)
    biases = np.zeros(CELLS)
    biases[0] = 0.5
    device.write(forward, biases)
    spins = spins_every(device, warmup=40, reads=60, spacing=1)
    means = spins.mean(axis=(0, 1))
    assert means[0] == pytest.approx(np.tanh(0.5), abs=4 / np.sqrt(60 * 8192))
    # 4.9e5 samples, whose errors of both ends add: 0.0014 / 0.462 * 1.2.
    assert means[-1] / means[0] == pytest.approx(np.tanh(COUPLING) ** (CELLS - 1), abs=0.005)
    assert np.tanh(COUPLING) ** (CELLS - 1) == pytest.approx(0.644, abs=5e-4)
    # Copies are not frozen: successive samples of the last cell are independent.
    last = spins[..., -1].astype(float) - means[-1]
    assert (last[1:] * last[:-1]).mean() == pytest.approx(0, abs=0.01)


def test_mean_of_a_symmetric_chain() -> None:
    """0.403 over all cells, where a single cell with the whole field has tanh(0.5) = 0.462."""
    exact = chain_means(0.5)
    assert exact.mean() == pytest.approx(0.4030, abs=5e-4)
    device = path_device(8192, seed=2)
    device.write(np.full(CELLS - 1, COUPLING), np.full(CELLS, 0.5 / CELLS))
    by_lane = spins_every(device, warmup=2000, reads=4, spacing=600).mean(axis=(0, 2))
    error = by_lane.std(ddof=1) / np.sqrt(len(by_lane))
    assert error < 0.006
    assert by_lane.mean() == pytest.approx(exact.mean(), abs=4 * error)
    assert abs(np.tanh(0.5) - exact.mean()) > 10 * error


def test_symmetric_chains_freeze() -> None:
    """tau_int of the middle cell at a field of 0.3 is 258 sweeps: a mean over T sweeps has variance var tau_int / T."""
    reads, spacing = 700, 10
    device = path_device(4096, seed=3)
    device.write(np.full(CELLS - 1, COUPLING), np.full(CELLS, 0.3 / CELLS))
    device.sample(2000)
    total = np.zeros(4096)
    for _ in range(reads):
        device.sample(spacing)
        total += device.read(np.array([CELLS // 2]), keep=False).spins[:, 0]
    means = total / reads
    mean = chain_means(0.3)[CELLS // 2]
    found = ((means - mean) ** 2).mean() / (1 - mean**2) * reads * spacing
    # 4,096 lanes: 2 %; the finite T takes tau_int / T = 3 %.
    assert found == pytest.approx(257, rel=0.15)
