"""Every energy of a run as a number of repetitions and a number of loads of the weights.

A ledger prices one repetition; its load is the part that repetitions may share (`once_j`). An energy of a run is
(repetition without load) x repetitions + load x loads, and so is its range by the bounds of the prices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from chipsim.ledger.core import Core
from chipsim.ledger.ledger import LedgerRow
from chipsim.statistics.success import repeats_to_solution

# Metrics by their names in a summary.
EFFECTIVE, DELIVERED = "joules_per_effective_sample", "joules_per_delivered_sample"
SOLUTION = "energy_to_solution_j.value"
PRICED = ("energy_j", "total_energy_j", "energy_per_answer_j", EFFECTIVE, DELIVERED, SOLUTION)


class Multiple(NamedTuple):
    """Numbers of repetitions and loads."""

    repetitions: float
    loads: float


class Cost(NamedTuple):
    """An energy, and its range by the bounds of the prices, in J."""

    energy_j: float
    low_j: float
    high_j: float


def cost(rows: Sequence[LedgerRow], multiple: Multiple) -> Cost:
    """Cost of a multiple of a ledger's repetition. The load has the same share of a row's bounds as of its energy."""
    factors = [factor(row, multiple) for row in rows]

    def total(amounts: Sequence[float | None]) -> float:
        return math.fsum((amount or 0.0) * part for amount, part in zip(amounts, factors, strict=True))

    return Cost(*(total([getattr(row, name) for row in rows]) for name in Cost._fields))


def factor(row: LedgerRow, multiple: Multiple) -> float:
    """Factor of a row."""
    share = row.once_j / row.energy_j if row.energy_j else 0.0
    return (1 - share) * multiple.repetitions + share * multiple.loads


def answer(core: Core, jobs: float) -> Multiple:
    """One answer if a load serves `jobs` repetitions."""
    answers = core.answers.answers_per_repetition
    return Multiple(1 / answers, 1 / jobs / answers)


def multiples(core: Core) -> dict[str, Multiple]:
    """All defined energies of a run that derive from its repetition."""
    batch, answers = core.request.batch, core.answers
    out = {
        "energy_j": Multiple(1, 1),
        "total_energy_j": Multiple(batch.lanes, batch.loads),
        "energy_per_answer_j": answer(core, core.request.jobs_per_load),
    }
    for name, samples in ((EFFECTIVE, answers.effective_samples), (DELIVERED, answers.delivered_samples)):
        if samples:
            out[name] = Multiple(batch.lanes / samples, batch.loads / samples)
    chance = answers.success_probability
    repeats = repeats_to_solution(chance.value) if chance is not None and chance.value is not None else None
    if repeats is not None:
        out[SOLUTION] = Multiple(repeats, 1 if answers.restart == "keep" else repeats)
    return out
