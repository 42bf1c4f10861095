"""A variational autoencoder of the same images: what a GPU would run instead (Kingma & Welling 2014).

784-400-20-400-784 with ReLUs, Bernoulli pixels, Adam; numpy only. An image costs one pass through the decoder,
20 x 400 + 400 x 784 multiplications.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LATENT, HIDDEN, PIXELS = 20, 400, 784
DECODER_MACS = LATENT * HIDDEN + HIDDEN * PIXELS
EPOCHS, BATCH, RATE = 15, 128, 1e-3

Parameters = dict[str, NDArray[np.float32]]


def train(bits: NDArray[np.bool_], seed: int = 0) -> Parameters:
    """Learn from (images, 784) bits; about a minute."""
    random = np.random.default_rng(seed)
    sizes = {"in": (PIXELS, HIDDEN), "code": (HIDDEN, 2 * LATENT), "back": (LATENT, HIDDEN), "out": (HIDDEN, PIXELS)}
    weights: Parameters = {}
    for name, (rows, columns) in sizes.items():
        weights[name] = (random.standard_normal((rows, columns)) * np.sqrt(2 / rows)).astype(np.float32)
        weights[name + "_bias"] = np.zeros(columns, np.float32)
    weights["code"] *= np.float32(0.1)
    first = {name: np.zeros_like(value) for name, value in weights.items()}
    second = {name: np.zeros_like(value) for name, value in weights.items()}
    step = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(bits))
        for begin in range(0, len(bits) - BATCH + 1, BATCH):
            step += 1
            x = bits[order[begin : begin + BATCH]].astype(np.float32)
            for name, slope in gradient(weights, x, random).items():
                first[name] += np.float32(0.1) * (slope - first[name])
                second[name] += np.float32(0.001) * (slope**2 - second[name])
                mean, spread = first[name] / (1 - 0.9**step), np.sqrt(second[name] / (1 - 0.999**step))
                weights[name] -= (RATE * mean / (spread + 1e-8)).astype(np.float32)
    return weights


def gradient(w: Parameters, x: NDArray[np.float32], random: np.random.Generator) -> Parameters:
    """Of the negative evidence bound of a batch, mean over images."""
    hidden = np.maximum(x @ w["in"] + w["in_bias"], 0)
    code = hidden @ w["code"] + w["code_bias"]
    mean, log_variance = code[:, :LATENT], code[:, LATENT:]
    deviation = np.exp(log_variance / 2)
    noise = random.standard_normal(mean.shape, np.float32)
    latent = mean + deviation * noise
    back = np.maximum(latent @ w["back"] + w["back_bias"], 0)
    slope_out = (_sigmoid(back @ w["out"] + w["out_bias"]) - x) / len(x)
    slope_back = (slope_out @ w["out"].T) * (back > 0)
    slope_latent = slope_back @ w["back"].T
    slope_mean = slope_latent + mean / len(x)
    slope_log = slope_latent * noise * deviation / 2 + (np.exp(log_variance) - 1) / 2 / len(x)
    slope_code = np.concatenate([slope_mean, slope_log], axis=1)
    slope_hidden = (slope_code @ w["code"].T) * (hidden > 0)
    pairs = {"in": (x, slope_hidden), "code": (hidden, slope_code), "back": (latent, slope_back), "out": (back, slope_out)}
    return {k: v for name, (a, b) in pairs.items() for k, v in ((name, a.T @ b), (name + "_bias", b.sum(axis=0)))}


def draw(w: Parameters, count: int, seed: int = 0) -> NDArray[np.float32]:
    """(count, 784) means of pixels."""
    latent = np.random.default_rng(seed).standard_normal((count, LATENT), np.float32)
    return _sigmoid(np.maximum(latent @ w["back"] + w["back_bias"], 0) @ w["out"] + w["out_bias"])


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return 1 / (1 + np.exp(-x))
