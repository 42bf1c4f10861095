"""Chips of 16 spins against enumeration: all 16 <s_i> and all 120 <s_i s_j>.

Every chip is built REPLICAS times with seeds of its own, so standard errors come from the scatter of independent means
and nothing need be known about how slowly the chip mixes. With 99 degrees of freedom and 136 moments the largest |z|
exceeds 4.5 by chance once in 400 runs. Errors of 3e-4 to 4e-4 make the planted faults show.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from support_small_chips import FAULTS, Fault, SmallChip, compiled, complete, grid, mixing_of, planted, start

from chipsim.engine.latched.records import RecordRequest
from chipsim.testing.exact import boltzmann, moments

REPLICAS = 100
LANES = 256
MAX_ERROR = 5e-4
MAX_Z = 4.5
PAIRS = np.column_stack(np.triu_indices(16, k=1)).astype(np.int32)

SQUARE = SmallChip("square", grid("square", 4, 4), 0, 0.6, 0.2, seed=11, every=4)
KINGS = SmallChip("kings", grid("kings", 4, 4), 0.25, 0.1, 0.05, seed=12, every=6, beta=0.8)
GLASS = SmallChip("glass", complete(16), 0, 0.25, 0.1, seed=13, every=4, weight_bits=24)
SLOW = SmallChip(
    "triangular, redraw", grid("triangular", 4, 4), -0.3, 0.2, 0.2, seed=14, every=6, law="redraw",
    relaxation_time="200 ns",
)  # fmt: skip
CHIPS = (SQUARE, KINGS, GLASS, SLOW)
COLOURS = {"square": 2, "kings": 4, "glass": 16, "triangular, redraw": 3}


class Measured(NamedTuple):
    """Means of 16 spins and then of 120 pairs: shape (136,) each."""

    means: NDArray[np.float64]
    errors: NDArray[np.float64]
    exact: NDArray[np.float64]

    @property
    def worst_z(self) -> float:
        """The largest deviation in standard errors."""
        return float(np.abs((self.means - self.exact) / self.errors).max())


def measured(chip: SmallChip, effective: float, fault: Fault = "none") -> Measured:
    """Moments of a chip from about so many effective samples of all replicas together."""
    found = []
    with planted(fault):
        tau = max(mixing_of(chip, fault).tau_int, 1.0)
        records = math.ceil(effective * tau / (LANES * REPLICAS))
        for seed in range(REPLICAS):
            device, problem = start(chip, LANES, seed, fault)
            device.sample(math.ceil(20 * tau) * chip.every)
            _, seen = device.sample(records * chip.every, RecordRequest(chip.every, projections=-1, pairs=PAIRS))
            found.append(np.concatenate([seen.means, seen.correlations]))
    means, products = moments(boltzmann(problem, chip.beta))
    exact = np.concatenate([means, products[PAIRS[:, 0], PAIRS[:, 1]]])
    return Measured(np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / math.sqrt(REPLICAS), exact)


def check(seen: Measured) -> None:
    """The test of this file."""
    print(f"max |z| {seen.worst_z:.2f}, largest standard error {seen.errors.max():.2g}")
    assert seen.worst_z < MAX_Z, f"max |z| {seen.worst_z:.2f}"
    assert seen.errors.max() <= MAX_ERROR


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.name)
def test_moments(chip: SmallChip) -> None:
    assert compiled(chip).colours == COLOURS[chip.name]
    check(measured(chip, 8e6))


@pytest.mark.parametrize("fault", FAULTS)
def test_catches(fault: Fault) -> None:
    seen = measured(KINGS, 8e6, fault)
    with pytest.raises(AssertionError, match="max"):
        check(seen)
