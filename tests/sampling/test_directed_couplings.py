"""Directed couplings against the exact stationary law of the chain that they define: no energy stands behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from support_errors import refused

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.mapping.place import place
from chipsim.problems.reading import read_problem
from chipsim.testing.trial import trial_program

CELLS = 6
STATES = np.arange(2**CELLS)
SPINS = 2 * ((STATES[:, None] >> np.arange(CELLS)) & 1) - 1
BIASES = np.array([0.2, -0.1, 0.15, 0.05, -0.3, 0.1])


def ring() -> Program:
    edges = [[cell, (cell + 1) % CELLS] for cell in range(CELLS)]
    return trial_program(changes={"fabric": {"edges": edges}, "couplers.weight_bits": 16})


def one_way(program: Program, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Couplings (E, 2) by which each cell acts on the next alone; and J with J[i, j] = how j acts on i."""
    couplings, matrix = np.zeros((CELLS, 2)), np.zeros((CELLS, CELLS))
    for edge, ends in enumerate(program.netlist.fabric.edges.tolist()):
        source, target = ends if ends[1] == (ends[0] + 1) % CELLS else ends[::-1]
        couplings[edge, ends.index(target)] = strength
        matrix[target, source] = strength
    return couplings, matrix


def stationary(program: Program, matrix: np.ndarray) -> np.ndarray:
    """Law of the states after the last colour of a sweep, from the transitions of its colours."""
    up = 1 / (1 + np.exp(-2 * (SPINS @ matrix.T + BIASES)))
    colours = program.colour_of[program.slot_of]
    sweep = np.eye(len(STATES))
    for colour in range(program.colours):
        latching = colours == colour
        step = np.ones((len(STATES), len(STATES)))
        for cell in range(CELLS):
            to_up = (STATES >> cell) & 1 == 1
            if latching[cell]:
                step *= np.where(to_up[None], up[:, cell, None], 1 - up[:, cell, None])
            else:
                step *= to_up[:, None] == to_up[None]
        sweep = sweep @ step
    law = np.full(len(STATES), 1 / len(STATES))
    for _ in range(500):
        law = law @ sweep
    return law


def test_a_one_way_ring_samples_the_stationary_law_of_its_own_chain() -> None:
    """About 800,000 independent states; the distance of 64 shares from their law is then 0.004 on average."""
    program = ring()
    couplings, matrix = one_way(program, 0.8)
    device = Device(program, lanes=4096, seed=2)
    device.write(couplings, BIASES)
    device.hard_wire_beta(1.0)
    device.sample(100)
    _, seen = device.sample(4000, RecordRequest(every=20, projections=-1, histogram=True))
    exact = stationary(program, matrix)
    distance = 0.5 * np.abs(seen.histogram / seen.histogram.sum() - exact).sum()
    assert distance < 0.007
    # The symmetric ring, and the ring the other way round, are other laws.
    for other in ((matrix + matrix.T) / 2, matrix.T):
        assert 0.5 * np.abs(stationary(program, other) - exact).sum() > 0.02


def test_a_clamped_one_way_net_of_two_layers_is_a_product_of_sigmoids() -> None:
    """Inputs drive outputs and feel nothing: given them, each output is +1 with sigma(2 beta h), independently."""
    inputs, outputs = 4, 3
    edges = [[i, inputs + j] for i in range(inputs) for j in range(outputs)]
    program = trial_program(changes={"fabric": {"edges": edges}, "couplers.weight_bits": 16})
    random = np.random.default_rng(1)
    weights, biases = random.uniform(-1, 1, (inputs, outputs)), random.uniform(-0.5, 0.5, inputs + outputs)
    ends = program.netlist.fabric.edges
    couplings = np.zeros((len(ends), 2))
    couplings[:, 1] = weights[ends[:, 0], ends[:, 1] - inputs]
    values = np.array([1, -1, -1, 1], np.int8)
    lanes, reads, beta = 4096, 50, 0.8
    device = Device(program, lanes, seed=4)
    device.write(couplings, biases)
    device.hard_wire_beta(beta)
    device.clamp(np.arange(inputs), values)
    counts = np.zeros(2**outputs)
    for _ in range(reads):
        device.sample(1)
        spins = device.read().spins
        assert (spins[:, :inputs] == values).all()
        counts += np.bincount((spins[:, inputs:] > 0) @ (1 << np.arange(outputs)), minlength=2**outputs)
    up = 1 / (1 + np.exp(-2 * beta * (values @ weights + biases[inputs:])))
    bits = (np.arange(2**outputs)[:, None] >> np.arange(outputs)) & 1
    exact = np.where(bits, up, 1 - up).prod(axis=1)
    # 204,800 independent draws: five standard errors of the largest share.
    shares = counts / counts.sum()
    assert np.abs(shares - exact).max() < 5 * np.sqrt(exact.max() / counts.sum())


def test_files_say_how_each_cell_acts_on_others(tmp_path: Path) -> None:
    path = tmp_path / "arrows.txt"
    path.write_text("0 1 0.5\n2 1 -0.25\n1 2 0.75\n1 1 0.1\n")
    problem = read_problem(path, "edges", directed=True)
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    # 0 acts on 1 alone; 2 acts on 1 by -0.25, 1 on 2 by 0.75.
    assert problem.couplings.tolist() == [[0.0, 0.5], [-0.25, 0.75]]
    assert problem.biases.tolist() == [0, 0.1, 0]
    with refused("problem.directed"):
        problem.energy(np.ones(3, np.int8))


def test_placing_keeps_directions() -> None:
    """The fabric may name an edge the other way round."""
    program = ring()
    couplings, _ = one_way(program, 1.0)
    fabric = program.netlist.fabric
    for edge, (first, second) in enumerate(fabric.edges.tolist()):
        acts_on = (first, second)[int(np.argmax(couplings[edge]))]
        assert acts_on == (({first, second} - {acts_on}).pop() + 1) % CELLS
    from chipsim.problems.problem import Problem

    problem = Problem("turned", fabric.edges[::-1, ::-1].copy(), couplings[::-1, ::-1].copy(), BIASES)
    assert np.array_equal(place(problem, fabric), couplings)
