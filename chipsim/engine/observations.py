"""What was seen of a run: states that the host read, what it found, and what only the simulator's eye saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.findings import same


@dataclass(frozen=True, eq=False)
class Records:
    """Observables at recorded instants, one column a lane.

    Attributes:
        energies: (records, lanes) float64, of the problem as given.
        projections: (records, lanes, 1 + P) float32: magnetisation and P random projections, as sums over cells.
        times_s: (records,) simulated time.
        sweeps: (records,) int64, sweeps that the device had done, all sampling calls together.
        stuck: (2, sites) int64, lanes in which a cell was -1, or +1, in all records that were watched for changes; no
            sites where none were.
    """

    energies: NDArray[np.float64]
    projections: NDArray[np.float32]
    times_s: NDArray[np.float64]
    sweeps: NDArray[np.int64]
    stuck: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 0), np.int64))


@dataclass(frozen=True, eq=False)
class Observations:
    """What was seen.

    Attributes:
        records: what was recorded, or None.
        states: (reads, sites read, groups) uint64, states that the host read and kept.
        final_state: (sites, groups) uint64.
        reads: how often a repetition was read out to the host.
        answers: what the host found, by name: (lanes, ...).
        findings: what the workload found out that all lanes have in common, see `Findings`.
    """

    records: Records | None
    states: NDArray[np.uint64]
    final_state: NDArray[np.uint64]
    reads: int
    answers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)

    def without_states(self) -> Observations:
        """The same without records and states, which are most of it."""
        return replace(self, records=None, states=self.states[:0], final_state=self.final_state[:0])


def of_all_lanes(parts: Sequence[Observations]) -> Observations:
    """What was seen in the lanes of several parts of one run, whose lanes follow each other.

    Raises:
        ValueError: the workload found out other things in one part than in another.
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
