"""Slow modes of a layer against the transition matrix of a small one, where random projections hide them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support_dtm import small_files, spins

import chipsim
from chipsim.cli.main import main
from chipsim.report.page import html_page
from chipsim.runs.train import train
from chipsim.workloads.dtm.examples import Examples
from chipsim.workloads.dtm.features import principal_components
from chipsim.workloads.dtm.modes import slow_modes
from chipsim.workloads.dtm.training import Trainer
from chipsim.workloads.dtm.weights import DtmWeights
from chipsim.workloads.sections import Facts, Table

SWEEPS, LAG, SEED, INPUTS = 20, 5, 8, 4
# A square of four cells that hold each other, and two cells beside it that are free.
SQUARE, STRONG = [0, 1, 3, 4], 1.3


def trainer_of(folder: Path) -> Trainer:
    """Of a layer on 2 x 3 cells; every input is held out once."""
    shape = {"colours": "all", "fabric": "pattern: square, size: [2, 3]", "noise": [0.25], "size": [2, 3]}
    ready = chipsim.plan(*small_files(folder, **shape), set={"generation.sweeps": SWEEPS, "training.held_out": 4})
    grey = np.random.default_rng(1).random((60, 2, 3)).astype(np.float32)
    return Trainer(ready.workload, ready.program, Examples(grey), SEED, 1)


def weights_of(trainer: Trainer) -> DtmWeights:
    """A ferromagnet of the square; codes of the chip hold the weights."""
    edges = trainer.program.netlist.fabric.edges
    couplings = np.where(np.isin(edges, SQUARE).all(axis=1), STRONG, 0.0).astype(np.float32)
    return DtmWeights(couplings[None], np.zeros((1, trainer.program.cells), np.float32))


def transitions(trainer: Trainer, weights: DtmWeights, pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(states, matrix of a sweep of colour after colour) with the biases `pull`."""
    program, every = trainer.program, spins(trainer.program.cells)
    sampler = trainer._sampler(0, 0, 0, 64)
    sampler.load(weights.couplings[0], weights.biases[0])
    joined = np.zeros((program.cells, program.cells))
    for (a, b), held in zip(program.netlist.fabric.edges, sampler.device.held_couplings, strict=True):
        joined[a, b] = joined[b, a] = held
    beta = 64 * 4 / 255  # what the 8-bit converter makes of 1
    matrix = np.eye(len(every))
    for colour in range(program.colours):
        own = program.colour_of[program.slot_of] == colour
        up = 1 / (1 + np.exp(-2 * beta * (every @ joined + pull)))
        chance = np.where(every[None, :, own] > 0, up[:, None, own], 1 - up[:, None, own]).prod(axis=2)
        same = (every[:, None, ~own] == every[None, :, ~own]).all(axis=2)
        matrix = matrix @ (chance * same)
    return every, matrix


def exact(every: np.ndarray, matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """r_yy[K] of the slowest of four principal components, and of the cells with (nearly) the largest autocovariance.

    Chains start from random states, so the law still moves a little after K sweeps; a read follows each K / 5.
    """
    step = np.linalg.matrix_power(matrix, SWEEPS // LAG)
    laws = [np.full(len(every), 1 / len(every)) @ np.linalg.matrix_power(step, LAG + 1)]
    for _ in range(2 * LAG):
        laws.append(laws[-1] @ step)
    pooled = np.mean(laws, axis=0)
    centred = every - pooled @ every
    later = np.linalg.matrix_power(matrix, SWEEPS) @ centred
    covariance = centred.T @ (pooled[:, None] * centred)
    lagged = centred.T @ (np.mean(laws[: LAG + 1], axis=0)[:, None] * later)
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :4]
    components = np.diag(axes.T @ lagged @ axes) / np.diag(axes.T @ covariance @ axes)
    ahead = np.diag(lagged) > 0.95 * np.diag(lagged).max()
    return float(components.max()), (np.diag(lagged) / np.diag(covariance))[ahead]


@pytest.mark.system
def test_slow_modes_are_those_of_the_transition_matrix(tmp_path: Path) -> None:
    """Each of the four inputs biases the cells differently; 16,384 chains measure each."""
    trainer = trainer_of(tmp_path)
    weights, chains = weights_of(trainer), 32_768
    found = trainer.modes_of(weights, 0, INPUTS, chains)
    random = np.random.default_rng((SEED, trainer.spec.epochs, 0))
    noisy = trainer._pairs(trainer.held_out, 0, INPUTS, chains, random)[1][::chains]
    coupling = trainer.workload.input_coupling(trainer.program.netlist, 0)
    pull = trainer.program.netlist.route("clamp")[-1].kind.realised(coupling)
    slowest = []
    for row, of_input in enumerate(noisy):
        biases = np.zeros(trainer.program.cells)
        biases[trainer.workload.data_sites] = pull * of_input
        component, cells = exact(*transitions(trainer, weights, biases))
        slowest.append(component)
        assert found.components[row] == pytest.approx(component, abs=0.03)
        assert np.abs(found.cells[row] - cells).min() < 0.03
    assert max(slowest) > 0.3, "the square must be slow"
    assert max(slowest) - min(slowest) > 0.1, "inputs must matter"
    assert np.abs(found.unrelated).max() < 0.06
    figures = found.figures()
    assert figures["inputs"] == INPUTS
    assert figures["component_worst"] == found.components.max()
    assert figures["component_median"] == np.median(found.components)


def test_one_slow_mode_among_many_cells_shows_in_components_and_not_by_chance() -> None:
    """Ten of 400 cells follow one spin that flips with probability 0.05 a step; all others are redrawn."""
    random = np.random.default_rng(0)
    times, chains = 11, 2048
    turns = np.where(random.random((times, chains)) < 0.05, -1, 1)
    turns[0] = random.choice([-1, 1], chains)
    slow = turns.cumprod(axis=0)
    cells = random.choice(np.array([-1, 1], np.int8), (times, chains, 400))
    follows = random.random((times, chains, 10)) < 0.9
    cells[..., :10] = np.where(follows, slow[..., None], cells[..., :10])
    found = slow_modes([cells], LAG)
    # The mean of ten cells holds the mode with 10 x 0.81 of its variance, and 0.19 of noise.
    assert found.components[0] == pytest.approx(0.9**LAG * 8.1 / 8.29, abs=0.04)
    assert found.cells[0] == pytest.approx(0.9**LAG * 0.81, abs=0.06)
    assert abs(found.unrelated[0]) < 0.1


def test_chains_that_nothing_moves_are_not_mixed() -> None:
    still = np.ones((11, 64, 5), np.int8)
    assert slow_modes([still], LAG).components[0] == 1
    apart = still * np.where(np.arange(64) % 2, 1, -1)[:, None].astype(np.int8)
    found = slow_modes([apart], LAG)
    assert found.components[0] == pytest.approx(1)
    assert found.cells[0] == pytest.approx(1)


def test_components_of_few_images_are_those_of_the_covariance() -> None:
    """With fewer images than pixels another matrix gives the same axes."""
    random = np.random.default_rng(2)
    data = random.random((60, 80)) < np.where(np.arange(80) < 40, 0.5, 0.1)
    data[:, :20] = data[:, :1]
    found = principal_components(data, 3)
    values, vectors = np.linalg.eigh(np.cov(data.T.astype(float)))
    assert np.abs((found.axes * vectors[:, ::-1][:, :3]).sum(axis=0)) == pytest.approx(1, abs=1e-4)
    assert found.features(data).var(axis=0, ddof=1) == pytest.approx(values[::-1][:3], rel=1e-4)


@pytest.mark.system
def test_a_training_ends_with_the_slow_modes_of_its_layers(tmp_path: Path) -> None:
    run = train(chipsim.plan(*small_files(tmp_path)), tmp_path / "w.h5", 1, 1)
    modes, sections = run.summary["modes"], run.summary.workload.sections
    assert len(modes) == 2
    slowest = max(modes, key=lambda figures: figures["component_worst"])
    facts = {fact.name: fact for section in sections if isinstance(section, Facts) for fact in section.facts}
    fact = facts["slow mode r_yy[K]"]
    assert fact.value == slowest["component_worst"]
    assert f"in layer {modes.index(slowest) + 1}: slowest of 4 principal components, worst of 16 inputs" in fact.note
    assert "32 random projections" in facts["r_yy[K]"].note
    (table,) = (s for s in sections if isinstance(s, Table) and "slowest cell" in s.title)
    assert table.rows[1][1:] == tuple(value for key, value in modes[1].items() if key != "inputs")
    assert "over 16 inputs; of 64 chains each, half find the modes, half measure them" in table.title
    shown = CliRunner().invoke(main, ["report", str(tmp_path / "w.h5"), "-v"]).output
    for text in (shown, html_page(run)):
        assert "slow mode r_yy[K]" in text
        assert f"{modes[1]['cell_median']:.4g}" in text
