"""The sampled net against the exact law of its process, and against what a computed tanh would give."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support_nets import PIXELS, planned, write_weights, write_work

from chipsim.engine.packing import lanes_of_words
from chipsim.runs.simulate import drive
from chipsim.workloads.feed_forward.layout import NetLayout
from chipsim.workloads.feed_forward.network import Net
from chipsim.workloads.feed_forward.readings import accuracies, output_correlation, votes

LANES, SAMPLES = 2048, 40
BETA = 1.5


def exact_means(
    layout: NetLayout, weights: NDArray[np.float32], biases: NDArray[np.float32], beta: float = BETA
) -> NDArray[np.float64]:
    """E of each output (images, outputs) by enumeration of all hidden spins, of which there are 8."""
    first, second = layout.links
    hidden, outputs = len(layout.layers[1]), len(layout.layers[2])
    into_hidden, into_outputs = np.zeros((hidden, 4)), np.zeros((outputs, hidden))
    into_hidden[first.target, first.source] = weights[: len(first.edge)]
    into_outputs[second.target, second.source] = weights[len(first.edge) :]
    states = np.array(list(itertools.product((-1, 1), repeat=hidden)))
    means = []
    for pixels in 2 * PIXELS - 1:
        hidden_means = np.tanh(beta * (into_hidden @ pixels + biases[:hidden]))
        chances = ((1 + states * hidden_means) / 2).prod(axis=1)
        means.append(chances @ np.tanh(beta * (states @ into_outputs.T + biases[hidden:])))
    return np.array(means)


def mean_field(layout: NetLayout, weights: NDArray[np.float32], biases: NDArray[np.float32]) -> NDArray[np.float64]:
    """Outputs (images, outputs) of a net of tanh units with the same weights: no sampling at all."""
    values = (2 * PIXELS - 1).T.astype(float)
    begin, cells = 0, 0
    for links, layer in zip(layout.links, layout.layers[1:], strict=True):
        matrix = np.zeros((len(layer), len(values)))
        matrix[links.target, links.source] = weights[begin : begin + len(links.edge)]
        values = np.tanh(BETA * (matrix @ values + biases[cells : cells + len(layer), None]))
        begin, cells = begin + len(links.edge), cells + len(layer)
    return values.T


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]]:
    """Workload file, weights file, weights and biases."""
    folder = tmp_path_factory.mktemp("net")
    work = write_work(folder)
    return work, *write_weights(folder, work)


@pytest.mark.parametrize("law", ["ideal", "redraw"])
def test_outputs_follow_the_sigmoid_belief_net(
    net: tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]], law: str
) -> None:
    work, path, weights, biases = net
    warmup = 0 if law == "ideal" else 20
    ready = planned(work, path, beta=BETA, inference__samples=SAMPLES, inference__warmup=warmup, rng__law=law)
    trace = drive(ready, LANES, seed=2)
    spins = np.array([lanes_of_words(words, LANES) for words in trace.observations.states])
    layout = ready.workload.layout
    expected, computed = exact_means(layout, weights, biases), mean_field(layout, weights, biases)
    # Lanes are independent; the standard error is that of the means of lanes, whatever the correlation in a lane.
    deviations, without_sampling = [], []
    for image in range(len(PIXELS)):
        by_lane = spins[:, image :: len(PIXELS)].mean(axis=0)
        error = by_lane.std(axis=0, ddof=1) / np.sqrt(len(by_lane))
        deviations.append((by_lane.mean(axis=0) - expected[image]) / error)
        without_sampling.append((computed[image] - expected[image]) / error)
    assert np.abs(deviations).max() < 4
    # A tanh of the mean field would be far outside: E tanh(u) is not tanh(E u).
    assert np.abs(without_sampling).max() > 20


def test_successive_samples(net: tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]]) -> None:
    """Fresh noise: independent. Noise that is redrawn with rate 1/tau keeps a share e^-2 over a sweep of 2 tau."""
    work, path, *_ = net
    found = {}
    for law in ("ideal", "redraw"):
        ready = planned(work, path, inference__samples=200, inference__warmup=20, rng__law=law)
        trace = drive(ready, LANES, seed=5)
        found[law] = output_correlation(list(trace.observations.states), LANES)
    assert found["ideal"] == pytest.approx(0, abs=0.01)
    # Between e^-2 of the outputs alone and the little that correlated hidden spins add.
    assert found["redraw"] == pytest.approx(np.exp(-2), abs=0.03)


def test_full_back_action_gives_the_boltzmann_law(
    net: tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]],
) -> None:
    work, path, weights, biases = net
    settings = {"inference__samples": SAMPLES, "inference__warmup": 300, "inference__back_action": 1.0}
    ready = planned(work, path, beta=0.7, **settings)
    spins = np.array([lanes_of_words(words, LANES) for words in drive(ready, LANES, seed=2).observations.states])
    boltzmann = boltzmann_means(ready.workload.layout, weights, biases, beta=0.7)
    for image in range(len(PIXELS)):
        by_lane = spins[:, image :: len(PIXELS)].mean(axis=0)
        error = by_lane.std(axis=0, ddof=1) / np.sqrt(len(by_lane))
        assert (np.abs(by_lane.mean(axis=0) - boltzmann[image]) < 4 * error).all()
    one_way = exact_means(ready.workload.layout, weights, biases, beta=0.7)
    assert np.abs(boltzmann - one_way).max() > 0.05


def boltzmann_means(
    layout: NetLayout, weights: NDArray[np.float32], biases: NDArray[np.float32], beta: float
) -> NDArray[np.float64]:
    """Outputs (images, outputs) of symmetric couplings, by enumeration of all 12 free cells."""
    first, second = layout.links
    states = np.array(list(itertools.product((-1, 1), repeat=12)))
    hidden, outputs = states[:, :8], states[:, 8:]
    inner = states @ biases + (hidden[:, second.source] * outputs[:, second.target]) @ weights[len(first.edge) :]
    means = []
    for pixels in 2 * PIXELS - 1:
        energy = inner + (pixels[first.source] * hidden[:, first.target]) @ weights[: len(first.edge)]
        chances = np.exp(beta * (energy - energy.max()))
        means.append(chances @ outputs / chances.sum())
    return np.array(means)


def test_numpy_net_draws_the_same_law(net: tuple[Path, Path, NDArray[np.float32], NDArray[np.float32]]) -> None:
    """The net that is trained is the net that is sampled."""
    work, path, weights, biases = net
    layout = planned(work, path).workload.layout
    model, samples, images = Net(layout, 2, BETA), 4000, len(PIXELS)
    pixels = (2 * PIXELS - 1).T.astype(np.float32).repeat(10, axis=1)
    scores = model.scores(weights, biases, pixels, samples, np.random.default_rng(1)) / samples
    expected = exact_means(layout, weights, biases).reshape(images, 2, 2).mean(axis=2)
    # 10 x 4,000 draws of the mean of two cells each: at most 1 / sqrt(40,000) = 0.005.
    assert np.abs(scores.reshape(2, images, 10).mean(axis=2).T - expected).max() < 4 * 0.005


def test_votes_and_accuracies_by_hand() -> None:
    # Two samples of one lane in group 0: outputs a a b b.
    states = [np.array([[1], [1], [0], [1]], np.uint64), np.array([[0], [0], [1], [1]], np.uint64)]
    by_class = votes(states, lanes=1, classes=2)
    assert by_class.tolist() == [[[2, 0]], [[-2, 2]]]
    by_samples, single = accuracies(by_class, np.array([1]))
    assert by_samples.tolist() == [0.0, 1.0]
    assert single == 0.5
    assert output_correlation(states, 1) is None


def test_correlation_of_planted_samples() -> None:
    """Spins that keep their value with probability k from one sample to the next have correlation k, whatever m."""
    random, keep = np.random.default_rng(0), 0.3
    words = []
    bits = random.random((50, 3, 64)) < 0.8
    for _ in range(400):
        bits = np.where(random.random(bits.shape) < keep, bits, random.random(bits.shape) < 0.8)
        words.append(np.packbits(bits, axis=2, bitorder="little").view(np.uint64)[..., 0])
    found = output_correlation(words, 192)
    assert found == pytest.approx(keep, abs=0.005)
