"""Observations of a run: states and results of the host, and unbilled records of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.findings import same


@dataclass(frozen=True, eq=False)
class Records:
    """Observables at recorded times, one column per lane.

    Attributes:
        energies: (records, lanes) float64, of the problem as given.
        projections: (records, lanes, 1 + P) float32: magnetisation and P random projections, as sums over cells.
        times_s: (records,) simulated time.
        sweeps: (records,) int64, sweeps of the device so far, over all calls of `sample`.
        stuck: (2, sites) int64, number of lanes in which a cell was -1, or +1, in all records that were checked for
            changes; no sites if none were checked.
    """

    energies: NDArray[np.float64]
    projections: NDArray[np.float32]
    times_s: NDArray[np.float64]
    sweeps: NDArray[np.int64]
    stuck: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 0), np.int64))


@dataclass(frozen=True, eq=False)
class Observations:
    """Observations of a run.

    Attributes:
        records: what was recorded, or None.
        states: (reads, sites read, groups) uint64, states that the host read and kept.
        final_state: (sites, groups) uint64.
        reads: read-outs to the host per repetition.
        answers: results of the host, by name: (lanes, ...).
        findings: of the workload, common to all lanes, see `Findings`.
    """

    records: Records | None
    states: NDArray[np.uint64]
    final_state: NDArray[np.uint64]
    reads: int
    answers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)

    def without_states(self) -> Observations:
        """The same without records and states, which take most of the memory."""
        return replace(self, records=None, states=self.states[:0], final_state=self.final_state[:0])


def of_all_lanes(parts: Sequence[Observations]) -> Observations:
    """Merge the observations of consecutive lanes of one run.

    Raises:
        ValueError: the findings of the parts differ.
    """
    first = parts[0]
    if not all(same(first.findings, part.findings) for part in parts):
        raise ValueError("traces with different findings cannot be merged")
    return replace(
        first,
        records=_records([part.records for part in parts if part.records is not None]),
        states=np.concatenate([part.states for part in parts], axis=2),
        final_state=np.concatenate([part.final_state for part in parts], axis=1),
        answers={name: np.concatenate([part.answers[name] for part in parts]) for name in first.answers},
    )


def _records(parts: Sequence[Records]) -> Records | None:
    if not parts:
        return None
    energies = np.concatenate([part.energies for part in parts], axis=1)
    projections = np.concatenate([part.projections for part in parts], axis=1)
    stuck = np.sum([part.stuck for part in parts], axis=0)
    return replace(parts[0], energies=energies, projections=projections, stuck=stuck)
