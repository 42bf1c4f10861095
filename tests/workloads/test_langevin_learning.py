"""The learning rule of images from heat: the path identity, the gradient by differences, and flipped signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.physics.quartic import Well
from chipsim.workloads.langevin.learning import Machine, Weights, gradient, noising

VISIBLE, HIDDEN, STEPS, STEP = 5, 4, 40, 0.01
MACHINE = Machine(Well(2.0, 0.3, 4.0), 0.1)
Floats = NDArray[np.float64]


def weights(scale: float = 0.4) -> Weights:
    random = np.random.default_rng(1)
    half = random.normal(size=(HIDDEN, HIDDEN)) * scale
    own = half + half.T
    np.fill_diagonal(own, 0)
    return Weights(random.normal(size=(HIDDEN, VISIBLE)) * scale, own, random.normal(size=HIDDEN) * scale)


def path() -> Floats:
    drive = np.random.default_rng(2).normal(size=VISIBLE + HIDDEN).astype(np.float32)
    return noising(MACHINE, drive, STEPS, STEP, np.random.default_rng(3)).astype(np.float64)


def slope(of: Weights, x: Floats) -> Floats:
    """dV at (steps, n) states, written out."""
    biases = np.concatenate([np.zeros(VISIBLE), of.biases])
    return np.asarray(2.0 * x + 0.3 * x**2 + 4.0 * x**3 + x @ of.matrix() + biases)


def log_probability(of: Weights, states: Floats) -> float:
    """ln of the density of Euler-Maruyama steps through these states, without its constant."""
    before, after = states[:-1], states[1:]
    away = after - before + STEP * slope(of, before)
    return float(-(away**2).sum() / (4 * MACHINE.temperature * STEP))


def test_the_loss_is_that_of_the_reversed_path() -> None:
    states = path()
    found = gradient(MACHINE, weights(), states, STEP).loss
    assert found * STEPS == pytest.approx(-log_probability(weights(), states[::-1]), rel=1e-12)


def test_path_identity() -> None:
    """ln P0[w] / P_th[w~] by the two densities, and by heat with its correction for finite steps, to 1e-10."""
    none = Weights(np.zeros((HIDDEN, VISIBLE)), np.zeros((HIDDEN, HIDDEN)), np.zeros(HIDDEN))
    states = path()
    steps = np.diff(states, axis=0)
    ahead, back = slope(weights(), states[1:]), slope(none, states[:-1])
    b = 1 / MACHINE.temperature
    formula = -b / 2 * (steps * (ahead + back)).sum() + b * STEP / 4 * ((ahead**2).sum() - (back**2).sum())
    loss = gradient(MACHINE, weights(), states, STEP).loss * STEPS
    assert log_probability(none, states) + loss == pytest.approx(formula, abs=1e-10 * abs(formula))


def differences(step: float = 1e-5) -> tuple[Floats, Floats, Floats]:
    """Central differences of the summed loss by each coupling and bias."""
    states, start = path(), weights()

    def loss(of: Weights) -> float:
        return gradient(MACHINE, of, states, STEP).loss * STEPS

    def by(change: Callable[[float], Weights]) -> float:
        return (loss(change(step)) - loss(change(-step))) / (2 * step)

    def moved(array: Floats, where: tuple[int, ...], by: float) -> Floats:
        out = array.copy()
        out[where] += by
        if out.shape == (HIDDEN, HIDDEN):
            out[where[::-1]] += by
        return out

    visible, hidden = np.zeros((HIDDEN, VISIBLE)), np.zeros((HIDDEN, HIDDEN))
    for i in range(HIDDEN):
        for j in range(VISIBLE):
            visible[i, j] = by(lambda h, at=(i, j): replace(start, visible=moved(start.visible, at, h)))  # type: ignore[misc]
        for j in range(i):
            value = by(lambda h, at=(i, j): replace(start, hidden=moved(start.hidden, at, h)))  # type: ignore[misc]
            hidden[i, j] = hidden[j, i] = value
    biases = [by(lambda h, i=i: replace(start, biases=moved(start.biases, (i,), h))) for i in range(HIDDEN)]  # type: ignore[misc]
    return visible, hidden, np.array(biases)


def test_gradient() -> None:
    """Of each coupling and bias by central differences, to 1e-6 of the largest."""
    found = gradient(MACHINE, weights(), path(), STEP)
    for mine, wanted in zip(found[:3], differences(), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("part", ["visible", "hidden", "biases"])
def test_a_flipped_sign_breaks_the_path_identity(part: str) -> None:
    """Of each part of the weights in one of the two densities."""
    states = path()
    flipped = replace(weights(), **{part: -getattr(weights(), part)})
    loss = gradient(MACHINE, flipped, states, STEP).loss * STEPS
    assert abs(loss + log_probability(weights(), states[::-1])) > 1e-3 * loss
