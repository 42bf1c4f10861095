"""Passes over elements against numpy's own."""

from __future__ import annotations

import numpy as np
import pytest

from chipsim.kernels import elements


@pytest.mark.parametrize("shape", [(7, 13), (1, 1), (3, 0)])
def test_like_numpy(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).standard_normal(shape)
    found = elements.sizes(values)
    np.testing.assert_allclose(found.rows, np.abs(values).sum(axis=1), rtol=1e-14)
    np.testing.assert_allclose(found.columns, np.abs(values).sum(axis=0), rtol=1e-14)
    assert found.largest == elements.largest(values) == np.abs(values).max(initial=0.0)
    codes = np.empty(shape)
    found = elements.rounded(values, 0.25, codes)
    np.testing.assert_array_equal(codes, np.rint(values / 0.25) * 0.25)
    for of_codes, again in zip(found, elements.sizes(codes), strict=True):
        np.testing.assert_array_equal(of_codes, again)


def test_the_largest_may_be_negative() -> None:
    assert elements.largest(np.array([[1.0, -3.0], [2.0, 0.0]])) == 3
