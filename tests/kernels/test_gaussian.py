"""Gaussian numbers of the kernel: against the normal quantile for all uniforms, and bit for bit against plain numpy."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from chipsim.kernels import vectors
from chipsim.kernels.gaussian import gaussian, to_int16
from chipsim.kernels.jit import kernel
from chipsim.testing import lanes


@kernel
def normals(u, out):  # type: ignore[no-untyped-def]
    for k in range(0, len(u), 64):
        vectors.store(out, k, gaussian(vectors.load(u, k)))


@kernel
def whole(values, out):  # type: ignore[no-untyped-def]
    for k in range(0, len(values), 64):
        vectors.store(out, k, to_int16(vectors.load(values, k)))


def test_all_uniforms() -> None:
    """The moments are sums over all 2**23 numbers, without sampling error."""
    u = ((2 * np.arange(2**23) + 1) * 2.0**-24).astype(np.float32)
    out = np.zeros(len(u), np.float32)
    normals(u, out)
    precise = out.astype(np.float64)
    assert np.abs(precise - ndtri(u.astype(np.float64))).max() < 1.5e-6
    assert np.array_equal(out, -out[::-1])
    assert abs((precise**2).mean() - 1) < 5e-7
    assert abs((precise**4).mean() - 3) < 2e-5
    assert round(precise.max(), 2) == 5.29
    some = np.concatenate([np.arange(0, len(u), 97)[: 64 * 1000], np.arange(64), np.arange(len(u) - 64, len(u))])
    assert np.array_equal(out[some], lanes.gaussian(u[some]))


def test_voltages_are_rounded_to_the_nearest_and_clamped() -> None:
    values = np.resize(np.float32([0.5, 1.5, -0.5, -2.5, 2.4999, 32766.6, 40000, -1e9, 1e9, -32767.6]), 64)
    out = np.zeros(64, np.int16)
    whole(values, out)
    assert out[:10].tolist() == [0, 2, 0, -2, 2, 32767, 32767, -32767, 32767, -32767]
    assert np.array_equal(out, lanes.to_int16(values))
