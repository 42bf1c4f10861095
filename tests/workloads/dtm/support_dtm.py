"""Small denoising models on small chips, and what enumeration says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from support_chips import chip_text

MODEL = """chipsim: 1
workload: dtm
name: small
images: {{ source: {source}, size: {size}, thresholds: [0.5] }}
placement: {{ seed: 3, colours: {colours} }}
noise: {noise}
training:
  {{ epochs: {epochs}, steps: {steps}, batch: {batch}, warmup: {warmup}, samples: 2, spacing: 3, rate: {rate},
    inputs: 4, chains: 16 }}
generation: {{ sweeps: 20 }}
"""

DEFAULTS = {
    "size": [2, 3],
    "colours": "one",
    "noise": [0.3, 0.6],
    "epochs": 2,
    "steps": 3,
    "batch": 64,
    "warmup": 5,
    "rate": 0.02,
}


def small_files(folder: Path, **changes):
    """Paths of a 4 x 4 chip with settable inputs, and of a model with 60 random images."""
    source = folder / "images.npy"
    if not source.exists():
        np.save(source, np.random.default_rng(5).random((60, *changes.get("size", DEFAULTS["size"]))) > 0.6)
    chip, work = folder / "chip.yaml", folder / "work.yaml"
    fabric = changes.pop("fabric", "pattern: square, size: [4, 4]")
    chip.write_text(chip_text(coupling=changes.pop("coupling", "set"), fabric=fabric))
    assert set(changes) <= {*DEFAULTS, "source"}, "a change that the template does not have"
    work.write_text(MODEL.format(**{**DEFAULTS, "source": changes.pop("source", source), **changes}))
    return str(chip), str(work)


def spins(cells):
    """All configurations, (2**cells, cells) of -1 and +1."""
    return 2 * ((np.arange(2**cells)[:, None] >> np.arange(cells)) & 1) - 1


def moments(edges, couplings, biases, beta, held=None):
    """Exact (means, correlations) of P ~ exp(beta (b s + s J s)), with some cells held: {site: value}."""
    every = spins(len(biases))
    for site, value in (held or {}).items():
        every = every[every[:, site] == value]
    pairs = every[:, edges[:, 0]] * every[:, edges[:, 1]]
    weight = np.exp(beta * (every @ biases + pairs @ couplings))
    weight /= weight.sum()
    return weight @ every, weight @ pairs
