"""The forward process of a denoising model: independent +-1 jump processes, one per pixel (arXiv 2510.23972 app. A).

In a step with noise gamma t a spin flips with p = (1 - exp(-2 gamma t)) / 2. In the reverse direction the noisy spin
biases the clean one with Gamma = ln((1 - p) / p) = -ln tanh(gamma t): Q(x|x') ~ exp((Gamma / 2) x x'). A latch that
adds its coupling c to the field of a p-bit at beta realises this with c = Gamma / (2 beta).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def flip_probability(noise: float) -> float:
    """Probability that a spin has flipped after a step with `noise` = gamma t."""
    return -math.expm1(-2 * noise) / 2


def input_coupling(noise: float, beta: float) -> float:
    """Coupling, in units of J, of the latch that holds the noisy spin: Gamma / (2 beta)."""
    return -math.log(math.tanh(noise)) / (2 * beta)


def noised(spins: NDArray[np.int8], noise: float, random: np.random.Generator) -> NDArray[np.int8]:
    """Spins (any shape, -1 or +1) after a step."""
    flips = random.random(spins.shape, np.float32) < flip_probability(noise)
    return np.where(flips, -spins, spins).astype(np.int8)
