"""Digital contenders of a run: what a GPU takes for one answer, in the same scopes as the chip.

The FLOP method prices the board: operations / (peak x utilisation) x power. Parameters are loaded once for all answers
of a load, as the weights of the chip are. Host and link move parameters and answers at the prices of the run's own, in
the scopes that count those of the chip; narrower scopes leave them out on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chipsim.components.base import Transfer
from chipsim.components.registry import find_kind
from chipsim.errors import RunError
from chipsim.ledger.ledger import JOBS
from chipsim.ledger.scopes import SCOPES, ScopeCost, scope_costs
from chipsim.prices.platforms import read_platforms
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.rounding import rounded

UTILISATIONS = (1.0, 0.1, 0.01)
# Bits of a stored parameter.
PARAMETER_BITS = 8
# Philox4x32-10 (Salmon et al., SC 2011): ten rounds of four multiplications, four XORs and two additions make 16 bytes.
PHILOX_OPERATIONS, PHILOX_BYTES = 10 * (4 + 4 + 2), 16
CHOICE_BYTES = 4


@dataclass(frozen=True)
class Contender:
    """A digital generator of the same answers.

    Attributes:
        name: of the generator.
        operations: of one answer.
        products: whether they are matrix products, which tensor cores can do.
        parameters: of 8 bits.
        answer_bits: bits of an answer.
    """

    name: str
    operations: int
    products: bool
    parameters: int
    answer_bits: int


@dataclass(frozen=True)
class Board:
    """A GPU at one of its peaks, fp32, tensor (16 bits) or int8: operations per second, watts, utilisation."""

    name: str
    peak: str
    peak_per_s: float
    power_w: float
    utilisation: float

    @property
    def tensor(self) -> bool:
        """Whether its tensor cores work, which do matrix products."""
        return self.peak != "fp32"

    def joules(self, operations: float) -> float:
        """Energy of operations by the FLOP method."""
        return operations / (self.peak_per_s * self.utilisation) * self.power_w


def network(layers: Sequence[int]) -> Contender:
    """One pass through a dense network with these layers, from the first to the last: (units,) of at least two."""
    pairs = list(pairwise(layers))
    macs, biases = sum(a * b for a, b in pairs), sum(b for _, b in pairs)
    return Contender(f"network {'-'.join(map(str, layers))}", 2 * macs, True, macs + biases, layers[-1])


def mixture(components: int, cells: int, parameters: int | None = None, name: str = "") -> Contender:
    """A Bernoulli mixture with 8-bit means: a random byte and a comparison a cell, and the choice of the component.

    `parameters` are those of the means and shares by default.
    """
    blocks = -(-(cells + CHOICE_BYTES) // PHILOX_BYTES)
    choice = max(1, (components - 1).bit_length())
    operations = blocks * PHILOX_OPERATIONS + cells + choice
    held = components * cells + components - 1 if parameters is None else parameters
    return Contender(name or f"Bernoulli mixture, {components} components", operations, False, held, cells)


def boards() -> list[Board]:
    """The A100 of the reference platforms at each utilisation: fp32 units, tensor cores on 16 bits and on int8."""
    spec = read_platforms()["gpu-a100-100"].flops
    assert spec is not None
    assert spec.tensor_peak_per_s is not None
    assert spec.int8_peak_per_s is not None
    peaks = (("fp32", spec.peak_per_s), ("tensor", spec.tensor_peak_per_s), ("int8", spec.int8_peak_per_s))
    return [
        Board(f"{kind}, {rounded(u, '.0%')}", kind, peak_per_s, spec.power, u)
        for kind, peak_per_s in peaks
        for u in UTILISATIONS
    ]


def boards_for(contender: Contender) -> list[Board]:
    """Boards that can do its operations."""
    return [board for board in boards() if contender.products or not board.tensor]


def chip_scopes(run: Run, answers_per_load: Sequence[int] = JOBS) -> list[ScopeCost]:
    """Energy of an answer of the chip by scope, keyed by the answers that share a load; whatever the scope of the run.

    Raises:
        RunError: the run is a training, which gives no answers.
    """
    if run.summary.core.answers.is_training:
        raise RunError("a training gives no answers; compare a run that uses its weights", code="result.not-comparable")
    whole = run if run.summary.priced.scope == "system" else reprice(run, scope="system")
    many = run.summary.core.answers.answers_per_repetition
    return scope_costs(whole.summary.priced.ledger, many, {answers: answers / many for answers in answers_per_load})


def contender_scopes(
    run: Run, contender: Contender, board: Board, answers_per_load: Sequence[int] = JOBS
) -> dict[str, dict[int, float]]:
    """Energy of an answer of a contender by scope and answers per load, in J.

    Raises:
        RunError: the run has no host or no link.
    """
    load = Transfer("program", contender.parameters, PARAMETER_BITS)
    answer = Transfer("read", contender.answer_bits, 1)
    own = board.joules(contender.operations)
    found: dict[str, dict[int, float]] = {}
    around = [0.0, 0.0]
    for scope, groups in SCOPES:
        for group, kind in (("link", "link"), ("digital", "host")):
            if group in groups:
                around = [a + _moved_j(run, kind, transfer) for a, transfer in zip(around, (load, answer), strict=True)]
        found[scope] = {answers: own + around[1] + around[0] / answers for answers in answers_per_load}
    return found


def _moved_j(run: Run, kind: str, transfer: Transfer) -> float:
    """Energy of a transfer through the first component of a kind."""
    part = next((part for part in run.sheet.components.values() if part.kind == kind), None)
    if part is None:
        raise RunError(f"the chip has no {kind}; a contender is compared with host and link", code="chip.no-unit")
    written: dict[str, Any] = next(held for held in run.summary.core.specs.components.values() if held["kind"] == kind)
    counts = find_kind(kind).model_construct(**written).counts(transfer)  # type: ignore[attr-defined]
    return math.fsum(count * _price_j(run, part.name, kind, action) for action, count in counts.items())


def _price_j(run: Run, name: str, kind: str, action: str) -> float:
    """Price of one count; 0 for what is unpriced or included elsewhere, as in the ledger."""
    row = run.prices.find(name, kind, action)
    if row is None or row.form == "included_in":
        return 0.0
    return run.sheet.components[name].action(action).model_j[0] if row.form == "model" else float(row.value)
