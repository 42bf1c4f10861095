"""Seconds that thermox needs for the benchmark of `bench.py`: lanes vmapped, preprocessing done before, float64.

Reads {drift, lanes, times, spacing, turns} as JSON from stdin and prints the best of both of its scans.
"""

from __future__ import annotations

import json
import sys
import time

import jax
import jax.numpy as jnp
import thermox
from thermox.utils import preprocess

jax.config.update("jax_enable_x64", True)
given = json.load(sys.stdin)
drift = jnp.array(given["drift"], jnp.float64)
size = len(drift)
times = jnp.arange(given["times"] + 1) * given["spacing"]
drift, diffusion = preprocess(drift, 2 * jnp.eye(size, dtype=jnp.float64))
keys = jax.random.split(jax.random.PRNGKey(0), given["lanes"])
best = {}
for scan in (False, True):

    def one(key, drift, diffusion, scan=scan):  # type: ignore[no-untyped-def]
        zero = jnp.zeros(size)
        return thermox.sample(key, times, zero, drift, zero, diffusion, associative_scan=scan)

    lanes = jax.jit(jax.vmap(one, in_axes=(0, None, None)))
    lanes(keys, drift, diffusion).block_until_ready()
    spent = []
    for _ in range(given["turns"]):
        began = time.perf_counter()
        lanes(keys, drift, diffusion).block_until_ready()
        spent.append(time.perf_counter() - began)
    best["associative scan" if scan else "scan"] = min(spent)
print(json.dumps(best))
