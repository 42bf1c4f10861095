"""How fast is the training of a feed-forward net against plain numpy, and its inference against the kernel alone?

    python tests/benchmarks/feed_forward_speed.py

A step of the training is compared with backpropagation of the same net as dense masked matrices. The inference of many
images, with a read after every sweep, is compared with the same sweeps in one call without reads.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chipsim
from chipsim.engine.device import Device
from chipsim.workloads.feed_forward.network import Net
from chipsim.workloads.labelled_images import Labelled

TURNS = 5
BATCH = 100
LANES, SAMPLES = 4096, 64
# Most seconds of our step for one of numpy, and least share of the rate of the kernel.
SLOWEST_STEP = 12.0
LEAST_RATE = 0.5


def main() -> None:
    """Measure, print, and fail when it is slower than promised."""
    ready = chipsim.plan("dtca-70", "fashion-native", {"inference.samples": SAMPLES})
    step = ratio(*training_steps(ready))
    rate = 1 / ratio(*inferences(ready))
    print(f"training step: {step:.2f} times plain numpy; inference: {rate:.2f} of the rate of the kernel")
    if step > SLOWEST_STEP or rate < LEAST_RATE:
        sys.exit(f"wanted at most {SLOWEST_STEP} times, and at least {LEAST_RATE}")


def ratio(ours: Callable[[], None], theirs: Callable[[], None]) -> float:
    """Seconds of the first over those of the second: the best of several turns."""
    best = [float("inf")] * 2
    for _ in range(TURNS):
        for number, call in enumerate((ours, theirs)):
            began = time.perf_counter()
            call()
            best[number] = min(best[number], time.perf_counter() - began)
    return best[0] / best[1]


def training_steps(ready: Any) -> tuple[Callable[[], None], Callable[[], None]]:
    """Our step, and that of dense masked matrices with sampled spins."""
    layout, random = ready.workload.layout, np.random.default_rng(0)
    net = Net(layout, 10, 1.0)
    weights, biases = net.initial(random)
    pixels = np.where(random.random((784, BATCH)) < 0.5, np.float32(-1), np.float32(1))
    wanted = random.integers(0, 10, BATCH)
    masks, dense, begin = [], [], 0
    for links, pair in zip(layout.links, zip(layout.layers[:-1], layout.layers[1:], strict=True), strict=True):
        matrix = np.zeros((len(pair[1]), len(pair[0])), np.float32)
        matrix[links.target, links.source] = weights[begin : begin + len(links.edge)]
        begin += len(links.edge)
        dense.append(matrix)
        masks.append((matrix != 0).astype(np.float32))

    def plain() -> None:
        spins, means = [pixels], []
        for matrix in dense:
            means.append(np.tanh(matrix @ spins[-1]))
            spins.append(
                np.where(2 * random.random(means[-1].shape, np.float32) - 1 < means[-1], 1, -1).astype(np.float32)
            )
        scores = 20 * means[-1].reshape(10, -1, BATCH).mean(axis=1)
        chances = np.exp(scores - scores.max(axis=0))
        chances /= chances.sum(axis=0)
        chances[wanted, np.arange(BATCH)] -= 1
        flow = chances.repeat(len(means[-1]) // 10, axis=0)
        for number in range(len(dense) - 1, -1, -1):
            field = flow * (1 - means[number] ** 2)
            _ = (field @ spins[number].T) * masks[number]
            flow = dense[number].T @ field

    def ours() -> None:
        net.gradient(weights, biases, pixels, wanted, 20.0, random)

    return ours, plain


def inferences(ready: Any) -> tuple[Callable[[], None], Callable[[], None]]:
    """Inference with its reads, and as many sweeps of the same cells at once."""
    workload, random = ready.workload, np.random.default_rng(0)
    images = random.random((1000, 28, 28)).astype(np.float32)
    workload.data = Labelled(images, random.integers(0, 10, 1000))

    def sampled() -> None:
        device = Device(ready.program, LANES, threads=2)
        workload.run(device)
        workload.outcome(ready.program, device.finish())

    def kernel() -> None:
        layout = workload.layout
        device = Device(ready.program, LANES, threads=2)
        weights, biases = workload.weights()
        device.write(layout.couplings(weights, 0.0), layout.site_biases(biases))
        device.set_beta(1.0)
        device.clamp(layout.layers[0], np.ones(784, np.int8))
        device.sample(workload.total_sweeps)

    return sampled, kernel


if __name__ == "__main__":
    main()
