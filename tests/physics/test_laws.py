"""Laws of continuous chips whose matrix is formed: limits."""

from __future__ import annotations

import numpy as np

from chipsim.physics.laws import law_of


def test_stationary_covariance_of_any_law() -> None:
    drift = np.array([[1.0, 3.0], [0.0, 1.5]])
    for diffusion in (np.eye(2), np.array([[1.0, 0.3], [0.3, 2.0]])):
        found = law_of(drift, diffusion).stationary()
        np.testing.assert_allclose(drift @ found + found @ drift.T, diffusion, atol=1e-12)
    even = law_of(np.array([[2.0, 1.0], [1.0, 3.0]]), 2 * np.eye(2))
    assert even.modes is not None
    np.testing.assert_allclose(even.stationary(), np.linalg.inv(np.array([[2.0, 1.0], [1.0, 3.0]])), atol=1e-14)
