"""Nets on graphs of their own: copies, chains and a first layer of the host, against enumeration of their cells."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from support_cli import call
from support_nets import PIXELS, write_work

from chipsim.compiler.colouring import colour_cells
from chipsim.engine.packing import lanes_of_words
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import drive, simulate
from chipsim.workloads.feed_forward.layout import NetLayout
from chipsim.workloads.feed_forward.wiring import arrival_sweeps, chain_ports, copy_ports, field_bits, wire

LANES, SAMPLES = 4096, 30
# Fine codes, so that what is written is what is enumerated.
FINE = {"couplers.weight_bits": 16, "net.hidden": [2], "net.outputs": 3}
COPIES = {"wiring.method": "copies", "wiring.degree": 5, "wiring.coupling": 1.2}
CHAINS = {"wiring.method": "chains", "wiring.degree": 4, "wiring.coupling": 0.8}
HOST = {"wiring.method": "host-first-layer", "wiring.bits": 6}
Trained = tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Workload, weights file of 4-2-6 neurons, weights and biases."""
    folder = tmp_path_factory.mktemp("wired")
    work = write_work(folder)
    path = folder / "weights.h5"
    settings = [word for item in {**FINE, **HOST}.items() for word in ("--set", f"{item[0]}={item[1]}")]
    assert call("train", "any-graph", work, *settings, "-o", path).exit_code == 0
    random = np.random.default_rng(4)
    with h5py.File(path, "r+") as file:
        found = []
        for name in ("weights", "biases"):
            values = random.uniform(-1, 1, file["arrays"][name].shape).astype(np.float32)
            file["arrays"][name][...] = values
            found.append(values)
    return work, path, found[0], found[1]


def wired(trained: Trained, **settings: Any) -> Plan:
    paths = {name.replace("__", "."): value for name, value in settings.items()}
    return plan("any-graph", str(trained[0]), {"inference.weights": str(trained[1]), **FINE, **paths})


def outputs_of(ready: Plan, seed: int) -> NDArray[np.int8]:
    """(samples, lanes, output cells)."""
    trace = drive(ready, LANES, seed=seed, threads=2)
    return np.array([lanes_of_words(words, LANES) for words in trace.observations.states])


def check_means(spins: NDArray[np.int8], expected: NDArray[np.float64]) -> None:
    """Means of lanes, which are independent, within 4 standard errors of (images, cells)."""
    for image in range(len(PIXELS)):
        by_lane = spins[:, image :: len(PIXELS)].mean(axis=0)
        error = by_lane.std(axis=0, ddof=1) / np.sqrt(len(by_lane))
        assert (np.abs(by_lane.mean(axis=0) - expected[image]) < 4 * error).all()


def dense(trained: Trained) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights into the 2 hidden neurons (2, 4), into the 6 outputs (6, 2), and the biases."""
    _, _, weights, biases = trained
    return weights[:8].reshape(2, 4).astype(float), weights[8:].reshape(6, 2).astype(float), biases.astype(float)


def output_means(
    hidden: NDArray[np.float64], into: NDArray[np.float64], biases: NDArray[np.float64], beta: float = 1.0
) -> NDArray[np.float64]:
    """E of outputs whose inputs are independent spins: hidden (outputs, inputs) means -> (outputs,)."""
    states = np.array(list(itertools.product((-1, 1), repeat=into.shape[1])))
    chances = ((1 + states[None] * hidden[:, None]) / 2).prod(axis=2)
    return (chances * np.tanh(beta * (states @ into.T + biases).T)).sum(axis=1)


def test_copies_keep_a_known_share(trained: Trained) -> None:
    """Each output takes one cell of each hidden neuron, with the mean of the k-th copy and a weight that undoes it."""
    ready = wired(trained, **COPIES, inference__samples=SAMPLES)
    layout = ready.workload.layout
    assert layout.longest == 3
    first, second, biases = dense(trained)
    depth = np.empty((6, 2))
    depth[layout.links[1].target, layout.links[1].source] = layout.links[1].copy
    assert set(depth.ravel()) == {1, 2}
    kept = np.tanh(1.2)
    means, naive = [], []
    for pixels in 2 * PIXELS - 1:
        hidden = np.tanh(first @ pixels + biases[:2])
        means.append(output_means(hidden * kept**depth, second / kept**depth, biases[2:]))
        naive.append(output_means(np.tile(hidden, (6, 1)), second, biases[2:]))
    spins = outputs_of(ready, seed=2)
    check_means(spins, np.array(means))
    # A net without copies has other means, although the weights make up for the mean of each copy.
    with pytest.raises(AssertionError):
        check_means(spins, np.array(naive))


def boltzmann(ready: Plan, trained: Trained) -> NDArray[np.float64]:
    """Means of all free cells for each image, (images, cells), by enumeration of the cells of the graph."""
    layout, edges = ready.workload.layout, ready.netlist.fabric.edges
    couplings = layout.couplings(trained[2], 1.0, 0.8)
    assert (couplings[:, 0] == couplings[:, 1]).all()
    biases = layout.site_biases(trained[3])
    free = np.concatenate(layout.layers[1:])
    states = np.zeros((2 ** len(free), layout.sites))
    states[:, free] = list(itertools.product((-1, 1), repeat=len(free)))
    out = []
    for pixels in 2 * PIXELS - 1:
        states[:, layout.layers[0]] = layout.cells_of(pixels, 0)
        energy = states @ biases + (states[:, edges[:, 0]] * states[:, edges[:, 1]]) @ couplings[:, 0]
        chances = np.exp(energy - energy.max())
        out.append(chances @ states[:, free] / chances.sum())
    return np.array(out)


def test_chains_with_full_back_action_have_the_boltzmann_law(trained: Trained) -> None:
    ready = wired(trained, **CHAINS, inference__samples=SAMPLES, inference__back_action=1.0, inference__warmup=300)
    assert [len(layer) for layer in ready.workload.layout.layers] == [4, 8, 6]
    check_means(outputs_of(ready, seed=3), boltzmann(ready, trained)[:, 8:])


def test_one_way_chains(trained: Trained) -> None:
    """A chain of its own inputs is in equilibrium, and an output takes one cell of each: independent spins."""
    ready = wired(trained, **CHAINS, inference__samples=SAMPLES, inference__warmup=300)
    layout, edges = ready.workload.layout, ready.netlist.fabric.edges
    couplings, by_site = layout.couplings(trained[2], 0.0, 0.8), layout.site_biases(trained[3])
    _, second, biases = dense(trained)
    links = layout.links[1]
    cell = np.empty((6, 2), int)
    cell[links.target, links.source] = edges[links.edge, 1 - links.end]
    states = np.array(list(itertools.product((-1, 1), repeat=4)))
    expected = []
    for pixels in 2 * PIXELS - 1:
        spins = np.zeros(layout.sites)
        spins[layout.layers[0]] = layout.cells_of(pixels, 0)
        fields = by_site.copy()
        np.add.at(fields, edges[:, 1], couplings[:, 1] * spins[edges[:, 0]])
        means = np.zeros(layout.sites)
        for chain in layout.layers[1].reshape(2, 4):
            weights = np.exp(states @ fields[chain] + 0.8 * (states[:, 1:] * states[:, :-1]).sum(axis=1))
            means[chain] = weights @ states / weights.sum()
        expected.append(output_means(means[cell], second, biases[2:]))
    check_means(outputs_of(ready, seed=4), np.array(expected))


def test_first_layer_of_the_host(trained: Trained) -> None:
    ready = wired(trained, **HOST, inference__samples=SAMPLES)
    first, second, biases = dense(trained)
    fields = (2 * PIXELS - 1) @ first.T + biases[:2]
    top = (np.abs(first).sum(axis=1) + np.abs(biases[:2])).max()
    scale = min(top, 4.0) / 2
    codes = field_bits(fields, scale, 6).reshape(4, 2, 6) @ 0.5 ** np.arange(6) * scale
    means = [output_means(np.tile(np.tanh(row), (6, 1)), second, biases[2:]) for row in codes]
    check_means(outputs_of(ready, seed=5), np.array(means))


def test_bits_of_a_field() -> None:
    """Codes of 3 bits at 1: -1.75, -1.25, ... 1.75; fields beyond are cut off."""
    fields = np.array([-9.0, -1.75, -0.3, 0.2, 1.3, 9.0])
    spins = field_bits(fields, 1.0, 3).reshape(6, 3)
    assert (spins @ [1, 0.5, 0.25]).tolist() == [-1.75, -1.75, -0.25, 0.25, 1.25, 1.75]
    grid = np.linspace(-1.9, 1.9, 1001)
    assert np.abs(field_bits(grid, 1.0, 5).reshape(-1, 5) @ 0.5 ** np.arange(5) - grid).max() <= 2**-4 + 1e-12


@pytest.mark.unit
@pytest.mark.parametrize(("degree", "cells"), [(12, [11, 80, 13]), (16, [8, 57, 9])])
def test_cells_of_a_dense_net(degree: int, cells: list[int]) -> None:
    """784-128-10: chains of (F - 2) / (degree - 2) cells; a clamped pixel takes as many as its links need couplers."""
    net = wire([784, 128, 10], "chains", degree, None, None, 0)
    layout = net.layout
    each = [len(layer) // many for layer, many in zip(layout.layers, layout.neurons, strict=True)]
    assert each == cells
    assert np.bincount(net.problem.edges.ravel()).max() <= degree
    assert layout.couplers == len(net.problem.edges) == 101_632 + 128 * (cells[1] - 1) + 10 * (cells[2] - 1)
    pairs = {tuple(sorted(pair)) for pair in net.problem.edges.tolist()}
    assert len(pairs) == layout.couplers


@pytest.mark.unit
def test_share_of_the_host() -> None:
    """The first layer of 784-128-10 is 100,352 of 101,632 multiply-adds: 98.7 %."""
    layout = wire([784, 128, 10], "host-first-layer", None, 4, None, 0).layout
    assert (layout.host_weights, layout.weights) == (100_352, 101_632)
    assert layout.host_weights / layout.weights == pytest.approx(0.987, abs=5e-4)
    assert [len(layer) for layer in layout.layers] == [128 * 4, 128, 10]


@pytest.mark.unit
@pytest.mark.parametrize(("fan_in", "fan_out", "degree"), [(3, 4, 5), (1, 40, 4), (11, 30, 12), (2, 2, 5), (4, 0, 5)])
def test_ports_of_copies(fan_in: int, fan_out: int, degree: int) -> None:
    inputs, outputs = copy_ports(fan_in, fan_out, degree, 1)
    cells = max(outputs.max(initial=0), 0) + 1
    used = np.bincount(np.concatenate([inputs, outputs]), minlength=cells)
    bonds = np.zeros(cells)
    bonds[:-1] += 1
    bonds[1:] += 1
    assert (inputs == 0).all()
    assert (used + bonds <= degree).all()
    # One cell fewer would not do.
    assert cells == 1 or fan_in + fan_out > (cells - 1) * (degree - 2) + 2


@pytest.mark.unit
def test_links_are_spread_over_a_chain() -> None:
    inputs, outputs = chain_ports(20, 20, 6)
    assert max(inputs.max(), outputs.max()) + 1 == 10
    # Inputs and outputs alternate, four or five a cell.
    assert np.abs(np.bincount(inputs, minlength=10) - np.bincount(outputs, minlength=10)).max() <= 1


def sweeps_by_hand(layout: NetLayout, edges: NDArray[np.int32], colours: NDArray[np.int32]) -> int:
    """Colour by colour: a cell is fresh once all cells that act on it are; sweeps until all outputs are."""
    acting: list[list[int]] = [[] for _ in range(layout.sites)]
    strengths = layout.couplings(np.ones(layout.weights, np.float32), 0.0, 1.0)
    for (a, b), (on_a, on_b) in zip(edges.tolist(), strengths, strict=True):
        if on_a:
            acting[a].append(b)
        if on_b:
            acting[b].append(a)
    fresh = np.zeros(layout.sites, bool)
    fresh[layout.layers[0]] = True
    for sweep in itertools.count(1):
        for colour in range(int(colours.max()) + 1):
            for cell in np.flatnonzero((colours == colour) & ~fresh):
                fresh[cell] = all(fresh[other] for other in acting[cell])
        if fresh[layout.layers[-1]].all():
            return sweep
    raise AssertionError


@pytest.mark.parametrize("settings", [COPIES, HOST, {**COPIES, "net.hidden": [3, 4, 3], "net.fan_in": 3}])
def test_sweeps_to_fill(trained: Trained, settings: dict[str, Any]) -> None:
    ready = wired(trained, **settings)
    netlist, layout = ready.netlist, ready.workload.layout
    colours = colour_cells(netlist.chip, netlist.fabric)
    by_hand = sweeps_by_hand(layout, netlist.fabric.edges, colours)
    assert ready.workload.fill_sweeps == by_hand
    # Colours in any other order too.
    for seed in range(5):
        turned = np.random.default_rng(seed).permutation(colours.max() + 1)[colours].astype(np.int32)
        assert arrival_sweeps(layout, netlist.fabric.edges, turned) == sweeps_by_hand(
            layout, netlist.fabric.edges, turned
        )


def test_ledger_of_a_first_layer_of_the_host(trained: Trained) -> None:
    """12 bits are clamped instead of 4 pixels, and the host multiplies by 8 weights; no coupler carries a pixel."""
    run = simulate(wired(trained, **HOST, inference__samples=1, couplers__weight_bits=6), lanes=1)
    counts = {(row.component, row.action): row.count for row in run.ledger}
    assert counts["inputs", "clamp"] == 12
    figures = run.summary
    assert figures["digital_mac_share"] == pytest.approx(8 / 20)
    assert figures["couplers_per_weight"] == pytest.approx((12 + 12) / 20)
    # 12 x 2 bits of clamps; 24 couplers in both directions and 20 biases of 6 bits; codes of 8 bits for the latches and
    # for beta; 6 outputs.
    assert counts["link", "transfer"] == 12 * 2 + (2 * 24 + 20) * 6 + 8 + 8 + 6


MISTAKES = {
    "wiring.method=copies": "method copies takes degree; set wiring.degree",
    "wiring.method=host-first-layer": "takes bits; set wiring.bits",
    "wiring.degree=4": "degree has no effect with method native",
    "net.fan_in=2": "net.fan_in has no effect with wiring.method: native",
    "wiring={method: chains, degree: 4, coupling: 1}": "takes numbers of neurons in net.hidden, not rest",
}


@pytest.mark.parametrize("setting", MISTAKES)
def test_mistakes_in_one_line(trained: Trained, setting: str) -> None:
    result = call("check", "tiny", trained[0], "--set", setting)
    assert result.exit_code == 2
    assert MISTAKES[setting] in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_what_a_chip_cannot_do(trained: Trained) -> None:
    work, weights = trained[:2]
    small = ("--set", "net.hidden=[2]", "--set", "net.outputs=3", "--set", f"inference.weights={weights}")
    chains = "wiring={method: chains, degree: 4, coupling: 1}"
    result = call("check", "tiny", work, *small, "--set", chains)
    assert result.exit_code == 2
    assert "tiny has another; use a chip with fabric.from: problem, such as any-graph" in result.output
    result = call("check", "any-graph", work, *small, "--set", "wiring={method: copies, degree: 4, coupling: 1}")
    assert result.exit_code == 2
    assert "neurons of layer 1 have 4 inputs; a cell of 4 couplers sums at most 3" in result.output
    strong = "wiring={method: chains, degree: 4, coupling: 9}"
    result = call("run", "any-graph", work, *small, "--set", strong, "--lanes", "4")
    assert result.exit_code == 2
    assert "couplings up to 9 times the range of the couplers are divided by that" in result.output
    assert "beta 1 becomes 9, but bias_dac sets 4" in result.output


def test_too_many_weights_are_refused_before_they_are_made(trained: Trained) -> None:
    large = ("--set", "net.hidden=[100000, 100000]", "--set", "wiring={method: chains, degree: 4, coupling: 1}")
    result = call("check", "any-graph", trained[0], *large)
    assert result.exit_code == 2
    assert "100,000 x 4 + 100,000 x 100,000 + 4 x 100,000 = 10,000,800,000 weights exceed the limit" in result.output
    # The same number of neurons with few inputs each fits.
    assert len(wire([4, 50_000, 4], "host-first-layer", None, 2, 3, 0).layout.links[0].source) == 150_000


def test_keys_of_native_nets_have_no_effect(trained: Trained) -> None:
    for settings, inert in ((HOST, {"placement.order", "placement.seed", "net.seed"}), ({}, set())):
        chip = "any-graph" if settings else "tiny"
        changes = {**FINE, **settings} if settings else {}
        assert set(plan(chip, str(trained[0]), changes).workload.inert()) == inert
    limited = plan("any-graph", str(trained[0]), {**FINE, **HOST, "net.fan_in": 2}).workload
    assert "net.seed" not in limited.inert()


def test_native_weights_are_of_another_model(trained: Trained, tmp_path: Path) -> None:
    native = tmp_path / "native.h5"
    assert call("train", "tiny", trained[0], "-o", native).exit_code == 0
    chains = ("--set", "wiring={method: chains, degree: 4, coupling: 1}", "--set", "net.hidden=[2]")
    result = call("run", "any-graph", trained[0], *chains, "--set", f"inference.weights={native}", "--lanes", "4")
    assert result.exit_code == 2
    assert "weights of another model: graph is None, expected own" in result.output
