"""Learning to undo a noising process: the gradient of the probability of its reversed paths.

Uncoupled cells are noised from images, x_0 ... x_S, by a drive that fades. The couplings are to make the reversed path
likely. Per step of length h, with x' its end, the loss is the sum of (-dx + h dV(x'))^2 / (4 kT h) over the cells; with
r = (-dx + h dV(x')) / (2 kT), dL/dJ_ij = r_i x'_j + r_j x'_i, dL/db_i = r_i (arXiv 2506.15121 and 2609.15439).
V = sum of the wells + b_i x_i + J_ij x_i x_j per pair; time in tau, energies in units of C scale^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import quartic
from chipsim.physics.quartic import Well

# Of the drive: amplitude while the cells take up an image, and the share of the window after which it has faded to 0.
AMPLITUDE, FADED = 2.0, 0.75


class Machine(NamedTuple):
    """The cells of a chip: the well of each, and kT in units of C scale^2."""

    well: Well
    temperature: float


@dataclass(eq=False)
class Weights:
    """Couplings of `hidden` cells with visible ones, (hidden, visible), and with each other, (hidden, hidden) symmetric
    with a zero diagonal, and the biases of the hidden cells, (hidden,).
    """

    visible: NDArray[Any]
    hidden: NDArray[Any]
    biases: NDArray[Any]

    def matrix(self) -> NDArray[np.float64]:
        """All couplings, (cells, cells): visible cells first."""
        hidden, visible = self.visible.shape
        out = np.zeros((visible + hidden, visible + hidden))
        out[visible:, :visible], out[:visible, visible:] = self.visible, self.visible.T
        out[visible:, visible:] = self.hidden
        return out


class Gradient(NamedTuple):
    """Of the summed loss of a path by each part of the weights, and the mean loss of a step."""

    visible: NDArray[Any]
    hidden: NDArray[Any]
    biases: NDArray[Any]
    loss: float


def amplitudes(steps: int) -> NDArray[np.float32]:
    """Drive of each step: `AMPLITUDE` for one window of so many steps, then fading over most of a second one."""
    fading = 1 - np.arange(steps) / (FADED * steps)
    return (AMPLITUDE * np.concatenate([np.ones(steps), np.maximum(fading, 0)])).astype(np.float32)


def noising(
    machine: Machine, drive: NDArray[np.float32], steps: int, step: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """A path (steps + 1, n) of uncoupled cells from an image towards noise; `drive` (n,) is that of amplitude 1."""
    path = random.standard_normal((2 * steps, len(drive)), np.float32)
    spread = np.float32(np.sqrt(2 * machine.temperature * step))
    numbers = (np.float32(number) for number in (*machine.well, step))
    quartic.noised(path, drive, amplitudes(steps), *numbers, spread)
    return path[steps - 1 :]


def gradient(machine: Machine, weights: Weights, path: NDArray[Any], step: float) -> Gradient:
    """Gradient of the loss of a path (steps + 1, n)."""
    after = path[1:]
    residual = _misfit(machine, weights, path, step)
    loss = float((residual**2).sum()) / (4 * machine.temperature * step) / len(after)
    residual /= 2 * machine.temperature
    split = weights.visible.shape[1]
    seen, kept = after[:, :split], after[:, split:]
    pull, own = residual[:, :split], residual[:, split:]
    hidden = own.T @ kept
    hidden += hidden.T.copy()
    np.fill_diagonal(hidden, 0)
    return Gradient(own.T @ seen + kept.T @ pull, hidden, own.sum(axis=0), loss)


def _misfit(machine: Machine, weights: Weights, path: NDArray[Any], step: float) -> NDArray[Any]:
    """-dx + h dV(x') of each step, (steps, n)."""
    after, split, well = path[1:], weights.visible.shape[1], machine.well
    seen, kept = after[:, :split], after[:, split:]
    out = after * (after * (after * path.dtype.type(well.cubic) + path.dtype.type(well.quadratic)))
    out += path.dtype.type(well.linear) * after
    out[:, :split] += kept @ weights.visible
    out[:, split:] += seen @ weights.visible.T
    out[:, split:] += kept @ weights.hidden + weights.biases
    out *= path.dtype.type(step)
    out -= path[1:] - path[:-1]
    return np.asarray(out)
