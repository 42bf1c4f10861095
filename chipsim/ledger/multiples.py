"""How many repetitions, and how many loads of the weights, each energy of a run is made of.

A repetition is what a ledger prices; its load is the part of it that repetitions may share (`once_j`). An energy of a
run is (repetition without load) x so many + load x so many, and its range by the bounds of the prices likewise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from chipsim.ledger.core import Core
from chipsim.ledger.ledger import LedgerRow
from chipsim.statistics.success import repeats_to_solution

# Metrics by the names that they have in a summary.
EFFECTIVE, DELIVERED = "joules_per_effective_sample", "joules_per_delivered_sample"
SOLUTION = "energy_to_solution_j.value"
PRICED = ("energy_j", "total_energy_j", "energy_per_answer_j", EFFECTIVE, DELIVERED, SOLUTION)


class Multiple(NamedTuple):
    """So many repetitions and loads."""

    repetitions: float
    loads: float


class Cost(NamedTuple):
    """An energy, and its range by the bounds of the prices, in J."""

    energy_j: float
    low_j: float
    high_j: float


def cost(rows: Sequence[LedgerRow], multiple: Multiple) -> Cost:
    """What a multiple of a ledger's repetition costs. The load's share of a row's bounds is that of its energy."""
    factors = [factor(row, multiple) for row in rows]

    def total(amounts: Sequence[float | None]) -> float:
        return math.fsum((amount or 0.0) * part for amount, part in zip(amounts, factors, strict=True))

    return Cost(*(total([getattr(row, name) for row in rows]) for name in Cost._fields))


def factor(row: LedgerRow, multiple: Multiple) -> float:
    """By what a row is multiplied."""
    share = row.once_j / row.energy_j if row.energy_j else 0.0
    return (1 - share) * multiple.repetitions + share * multiple.loads


def answer(core: Core, jobs: float) -> Multiple:
    """An answer where one load serves so many repetitions."""
    answers = core.answers.answers_per_repetition
    return Multiple(1 / answers, 1 / jobs / answers)


def multiples(core: Core) -> dict[str, Multiple]:
    """Every energy of a run that is made of its repetition, as far as it is defined."""
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
