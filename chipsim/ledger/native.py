"""Energy of a native chip beside that of a mapped run, at the same prices and in the same scope."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chipsim.ledger.core import Core
from chipsim.ledger.ledger import Ledger
from chipsim.ledger.multiples import Multiple, cost
from chipsim.ledger.priced import NativeCost
from chipsim.statistics.intervals import jackknife_log_ci95, without_blocks


def native_cost(core: Core, mapped: Ledger, native: Ledger) -> NativeCost:
    """Both chips by the sweep, and by the effective sample of the spins.

    Args:
        core: of the mapped run; both chips have its lanes and share loads as it does.
        mapped: ledger of the mapped chip.
        native: ledger of the native chip.
    """
    samples = core.answers.native_samples
    assert samples is not None
    own, its = (cost(ledger.rows, Multiple(1, 0)).energy_j / samples.sweeps for ledger in (native, mapped))
    each = NativeCost(native.energy_j, own, its)
    if samples.native is None or samples.spins is None:
        return each
    own, its = _per_sample(core, native, samples.native), _per_sample(core, mapped, samples.spins)
    each = replace(each, joules_per_effective_sample=own, mapped_joules_per_effective_sample=its)
    if not own:
        return each
    ratio = np.array(samples.ratio_without_block)
    known = len(ratio) > 1
    without = ratio * _without_blocks(core, mapped) / _without_blocks(core, native) if known else ratio
    return replace(each, times=its / own, times_ci95=jackknife_log_ci95(its / own, without) if known else None)


def _per_sample(core: Core, ledger: Ledger, samples: float) -> float:
    batch = core.request.batch
    return cost(ledger.rows, Multiple(batch.lanes / samples, batch.loads / samples)).energy_j


def _without_blocks(core: Core, ledger: Ledger) -> NDArray[np.float64]:
    """(blocks,) energy of a repetition without each block of lanes, its load shared."""
    batch = core.request.batch
    saved = (1 - batch.loads / batch.lanes) * math.fsum(row.once_j for row in ledger.rows)
    return without_blocks(ledger.lane_energy_j - saved)
