"""Rules of integration against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from chipsim.physics.quadrature import radau_times, trapezoid_times


def test_even_times_are_trapezoids() -> None:
    times = trapezoid_times(4, 0.5)
    np.testing.assert_allclose(times.times_s, [0.5, 1.0, 1.5, 2.0])
    power = np.random.default_rng(0).random(5)
    assert power @ times.weights_s == pytest.approx(np.trapezoid(power, dx=0.5))


@pytest.mark.parametrize("rate", [0.01, 1.0, 30.0, 1e3, 1e5])
def test_power_that_falls_at_any_rate(rate: float) -> None:
    """As near as `radau_times` says: 0.2 % of the fall, times the duration."""
    duration = 5e-5
    times = radau_times(duration)
    assert times.times_s[-1] == duration
    assert (np.diff(times.times_s, prepend=0.0) > 0).all()
    power = 3 + 2 * np.exp(-rate * np.append(0.0, times.times_s) / duration)
    exact = 3 * duration + 2 * -np.expm1(-rate) * duration / rate
    assert power @ times.weights_s == pytest.approx(exact, abs=0.002 * 2 * duration)


def test_polynomials_of_the_root_are_exact() -> None:
    """So many nodes, one of them fixed, integrate t^(k/3) exactly up to degree 2 n - 2 of the root, less 2 of dt."""
    times = radau_times(1.0)
    degree = 2 * len(times.times_s) - 4
    for k in range(degree + 1):
        found = times.times_s ** (k / 3) @ times.weights_s[1:]
        assert found == pytest.approx(3 / (k + 3), rel=1e-12)
    assert times.times_s ** ((degree + 1) / 3) @ times.weights_s[1:] != pytest.approx(3 / (degree + 4), rel=1e-12)
