"""Seconds of one training step of thrml (estimate_kl_grad) on the graph given as JSON on stdin; prints a number.

Both phases have the sweeps and reads of ours. thrml's negative phase runs without inputs here, which is less work.
Run in a process of its own: JAX takes all cores and keeps them.
"""

from __future__ import annotations

import json
import sys
import time

import jax
import jax.numpy as jnp
from thrml import Block, SamplingSchedule, SpinNode
from thrml.models.ising import IsingEBM, IsingTrainingSpec, estimate_kl_grad, hinton_init

REPEATS = 2


def main() -> None:
    """Read the graph, time a step, print the best."""
    given = json.load(sys.stdin)
    nodes = [SpinNode() for _ in range(given["cells"])]
    edges = [(nodes[i], nodes[j]) for i, j in given["edges"]]
    model = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), jnp.zeros(len(edges)), jnp.array(1.0))
    data = set(given["data_sites"])
    colours = given["colours"]
    free = [Block([nodes[i] for i, c in enumerate(colours) if c == k]) for k in (0, 1)]
    latent = [Block([nodes[i] for i, c in enumerate(colours) if c == k and i not in data]) for k in (0, 1)]
    held = [Block([nodes[i] for i in given["data_sites"]])]
    # The first read comes at the end of the warm-up, so that it is one spacing longer.
    schedule = SamplingSchedule(given["warmup"] + given["spacing"], given["samples"], given["spacing"])
    spec = IsingTrainingSpec(model, held, [], latent, free, schedule, schedule)
    batch = given["batch"]
    values = [jax.random.bernoulli(jax.random.key(1), 0.5, (batch, len(data)))]

    @jax.jit
    def step(key):  # type: ignore[no-untyped-def]
        positive = hinton_init(key, model, latent, (1, batch))
        negative = hinton_init(key, model, free, (batch,))
        return estimate_kl_grad(key, spec, nodes, edges, values, [], positive, negative)[:2]

    jax.block_until_ready(step(jax.random.key(0)))
    best = float("inf")
    for repeat in range(REPEATS):
        began = time.perf_counter()
        jax.block_until_ready(step(jax.random.key(repeat)))
        best = min(best, time.perf_counter() - began)
    print(best)


if __name__ == "__main__":
    main()
