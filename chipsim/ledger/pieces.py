"""Energy and time of the equal pieces of a repetition: steps and tests of a training, samples, iterations.

A piece takes the phases whose names begin with its words; one without any takes all others. Static energy is shared
by time, so the pieces add up to the repetition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.ledger.ledger import Ledger
from chipsim.units import to_seconds
from chipsim.workloads.outcome import Step


@dataclass(frozen=True)
class PieceCost:
    """Cost of one of `count` equal pieces, with the range of its energy by the bounds of the prices."""

    count: int
    energy_j: float
    energy_price_range_j: tuple[float, float]
    time_s: float


def piece_costs(pieces: Sequence[Step], trace: Trace, ledger: Ledger) -> dict[str, PieceCost]:
    """Cost of each piece by its name.

    Args:
        pieces: of a repetition.
        trace: of the run.
        ledger: of the trace.
    """
    if not pieces:
        return {}
    phases, elapsed = trace.timing.phases, trace.timing.elapsed_fs
    owners = np.array([_owner(pieces, phase.name) for phase in phases], int)
    lengths = [0] * len(pieces)
    for owner, phase in zip(owners, phases, strict=True):
        lengths[owner] += phase.length_fs
    out: dict[str, PieceCost] = {}
    for number, piece in enumerate(pieces):
        # Phases that overlap are in one piece, whose time is what the others leave.
        length = lengths[number] if piece.phases else elapsed - sum(lengths) + lengths[number]
        shares = ledger.phase_shares[:, :-1] @ (owners == number)
        if elapsed:
            shares = shares + ledger.phase_shares[:, -1] * (length / elapsed)
        out[piece.name] = _cost(piece.count, shares, ledger, to_seconds(length))
    return out


def _owner(pieces: Sequence[Step], phase: str) -> int:
    """Index of the piece that a phase belongs to."""
    named = (number for number, piece in enumerate(pieces) if piece.phases and phase.startswith(f"{piece.phases} "))
    return next(named, next((number for number, piece in enumerate(pieces) if not piece.phases), 0))


def _cost(count: int, shares: NDArray[np.float64], ledger: Ledger, time_s: float) -> PieceCost:
    def one(name: str) -> float:
        amounts = (getattr(row, name) or 0.0 for row in ledger.rows)
        return math.fsum(share * amount for share, amount in zip(shares.tolist(), amounts, strict=True)) / count

    return PieceCost(count, one("energy_j"), (one("low_j"), one("high_j")), time_s / count)
