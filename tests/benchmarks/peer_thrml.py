"""Updates per nanosecond of thrml on the graph and chain counts given as JSON on stdin; prints {chains: rate}.

Run in a process of its own: JAX takes all cores and keeps them.
"""

from __future__ import annotations

import json
import sys
import time

import jax
import jax.numpy as jnp
from thrml import Block, SamplingSchedule, SpinNode, sample_states
from thrml.models.ising import IsingEBM, IsingSamplingProgram, hinton_init

SWEEPS = 40
REPEATS = 3


def main() -> None:
    """Read the graph, time each number of chains, print the best rate of each."""
    given = json.load(sys.stdin)
    nodes = [SpinNode() for _ in range(given["cells"])]
    edges = [(nodes[i], nodes[j]) for i, j in given["edges"]]
    weights = jnp.array(given["couplings"])
    model = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), weights, jnp.array(given["beta"]))
    blocks = [Block([n for n, c in zip(nodes, given["colours"], strict=True) if c == k]) for k in (0, 1)]
    program = IsingSamplingProgram(model, blocks, [])
    schedule = SamplingSchedule(n_warmup=SWEEPS - 1, n_samples=1, steps_per_sample=1)
    watched = [Block(nodes[:1])]

    def chain(key, start):  # type: ignore[no-untyped-def]
        return sample_states(key, program, schedule, start, [], watched)

    rates = {}
    for chains in given["chains"]:
        many = jax.jit(jax.vmap(chain))
        key = jax.random.key(0)
        start = hinton_init(key, model, blocks, (chains,))
        keys = jax.random.split(key, chains)
        jax.block_until_ready(many(keys, start))
        best = 0.0
        for _ in range(REPEATS):
            began = time.perf_counter()
            jax.block_until_ready(many(keys, start))
            best = max(best, SWEEPS * len(nodes) * chains / (time.perf_counter() - began) * 1e-9)
        rates[chains] = best
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
