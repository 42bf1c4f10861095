"""The generalised Gauss-Newton matrix of a batch, and solving with it: (G + damping I) g = grad.

G = J^T H J / b with J the Jacobian of the outputs, (b d, N), and H the second derivative of the loss by the outputs, a
block diag(p) - p p^T for each input (softmax and cross-entropy). arXiv 2405.13817, eq. 6 to 12.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.physics.low_rank import LowRank

Vector = NDArray[np.float64]


def hessians(probabilities: Vector) -> Vector:
    """(b, d, d): diag(p) - p p^T of each row of probabilities (b, d)."""
    out: Vector = probabilities[:, :, None] * (np.eye(probabilities.shape[1]) - probabilities[:, None, :])
    return out


def curvature(jacobian: Vector, blocks: Vector, damping: float) -> LowRank:
    """G + damping I from a Jacobian (b d, N) and (b, d, d) second derivatives."""
    count, width, _ = blocks.shape
    middle = np.zeros((count, width, count, width))
    every = np.arange(count)
    middle[every, :, every, :] = blocks / count
    size = count * width
    return LowRank(jacobian.T, middle.reshape(size, size), jacobian, damping)


def woodbury(jacobian: Vector, blocks: Vector, damping: float, right: Vector) -> Vector:
    """(G + damping I)^-1 times a vector (N,), exactly: (v - J^T H (damping b + J J^T H)^-1 J v) / damping."""
    count, width, _ = blocks.shape
    size = count * width
    gram = (jacobian @ jacobian.T).reshape(size, count, width)
    inside = np.einsum("sik,ikl->sil", gram, blocks).reshape(size, size)
    found = np.linalg.solve(inside + damping * count * np.eye(size), jacobian @ right)
    return np.asarray(
        (right - np.einsum("ikl,il->ik", blocks, found.reshape(count, width)).ravel() @ jacobian) / damping
    )
