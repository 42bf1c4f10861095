"""Look-up in tables, by registers and by addresses, on this processor and on the least one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numba import njit

from chipsim.kernels import integers, vectors


@njit
def looked_up(table: Any, index: Any, out: Any) -> None:
    vectors.store(out, 0, integers.look_up(table, vectors.load(index, 0)))


@njit
def looked_up_short(table: Any, index: Any, out: Any) -> None:
    vectors.store(out, 0, integers.look_up_short(table, vectors.load(index, 0)))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("entries", [1, 63, 64, 5000])
def test_elements_are_those_of_the_table(dtype: Any, entries: int) -> None:
    random = np.random.default_rng(entries)
    table = random.integers(-(2**31), 2**31, entries).astype(dtype)
    index, out = random.integers(0, entries, 64).astype(np.int32), np.zeros(64, dtype)
    looked_up(table, index, out)
    np.testing.assert_array_equal(out, table[index])
    if entries == integers.SHORT:
        for shift in range(64):
            every = np.roll(np.arange(64, dtype=np.int32), shift)
            looked_up_short(table, every, out)
            np.testing.assert_array_equal(out, table[every])


def test_kernels_compile_for_another_processor_than_this_one() -> None:
    """An instruction that the target has not would end the process."""
    here = os.path.dirname(__file__)
    code = "import test_integers as t, numpy as n; t.test_elements_are_those_of_the_table(n.int32, 64); print('equal')"
    paths = os.pathsep.join([here, *sys.path])
    env = {**os.environ, "NUMBA_CPU_NAME": "generic", "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr
