"""Annealing by weaker weights: what is written at each step, and that it samples as a change of beta does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support_chips import chip_text, workload_text, write_files

from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate
from chipsim.testing.exact import boltzmann, moments

# A ring of five with biases; beta is 0.5, 1.0, 1.5 and 2.0, for a quarter of the sweeps each.
LIST = "0 1 0.75\n1 2 -0.5\n2 3 0.25\n3 4 0.5\n0 4 0.375\n0 0 0.25\n2 2 -0.5\n"
PAIRS = np.array([[0, 1], [0, 4], [1, 2], [2, 3], [3, 4]], np.int32)
COUPLINGS = np.array([0.75, 0.375, -0.5, 0.25, 0.5])
BIASES = np.array([0.25, 0, -0.5, 0, 0])
BETAS = [0.5, 1.0, 1.5, 2.0]
SWEEPS, LANES = 60, 20_000


def ready(folder: Path, beta_by: str) -> Plan:
    (folder / "ring.txt").write_text(LIST)
    # 24 bits everywhere: nothing is rounded by more than 1e-6.
    chip = chip_text(fabric="from: problem").replace("bits: 8", "bits: 24")
    ramp = "{start: 0.5, end: 2, steps: 4}"
    schedule = f"mode: anneal, sweeps: {4 * SWEEPS}, beta: {ramp}, beta_by: {beta_by}, read_every: {SWEEPS}"
    return plan(*write_files(folder, chip, workload_text(f"edge_list: {folder / 'ring.txt'}", schedule)))


class Spy(Device):
    """Notes what is calls of it."""

    def __init__(self, ready: Plan) -> None:
        super().__init__(ready.program, lanes=1)
        self.calls: list[tuple[str, object]] = []

    def write(self, couplings: NDArray[np.float64], biases: NDArray[np.float64], after: object = ()) -> object:
        edges = self.program.netlist.fabric.edges.tolist()
        self.calls.append(("write", (dict(zip(map(tuple, edges), couplings, strict=True)), biases)))
        return super().write(couplings, biases)

    def set_beta(self, beta: float, after: object = ()) -> object:
        self.calls.append(("set_beta", beta))
        return super().set_beta(beta)

    def hard_wire_beta(self, beta: float) -> None:
        self.calls.append(("hard_wire_beta", beta))
        super().hard_wire_beta(beta)


def test_weights_are_scaled_by_beta_over_the_last_one(tmp_path: Path) -> None:
    planned = ready(tmp_path, "rewrite")
    spy = Spy(planned)
    planned.workload.run(spy)
    assert [name for name, _ in spy.calls] == ["hard_wire_beta", *["write"] * 4]
    assert spy.calls[0][1] == 2.0
    for factor, (_, (couplings, biases)) in zip((0.25, 0.5, 0.75, 1.0), spy.calls[1:], strict=True):
        expected = {tuple(pair): factor * value for pair, value in zip(PAIRS.tolist(), COUPLINGS, strict=True)}
        assert couplings == pytest.approx(expected, rel=1e-12, abs=0)
        assert biases == pytest.approx(factor * BIASES, rel=1e-12, abs=0)


def test_a_global_bias_leaves_the_weights_alone(tmp_path: Path) -> None:
    planned = ready(tmp_path, "global_bias")
    spy = Spy(planned)
    planned.workload.run(spy)
    assert [name for name, _ in spy.calls] == ["set_beta", "write", *["set_beta"] * 3]
    assert [value for name, value in spy.calls if name == "set_beta"] == BETAS


@pytest.mark.parametrize("beta_by", ["global_bias", "rewrite"])
def test_every_step_samples_its_own_temperature(tmp_path: Path, beta_by: str) -> None:
    trace = simulate(ready(tmp_path, beta_by), LANES, seed=2).trace
    problem = Problem("ring", PAIRS, COUPLINGS, BIASES)
    for beta, words in zip(BETAS, trace.observations.states, strict=True):
        states = lanes_of_words(words, LANES).astype(np.float64)
        means, correlations = moments(boltzmann(problem, beta))
        pairs = np.triu_indices(5, 1)
        expected = np.concatenate([means, correlations[pairs]])
        measured = np.concatenate([states.mean(axis=0), (states.T @ states / LANES)[pairs]])
        # One independent sample a lane; 60 numbers, so 4.5 sigma.
        z = (measured - expected) / np.sqrt((1 - expected**2) / LANES)
        assert np.abs(z).max() < 4.5, beta
