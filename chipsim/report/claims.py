"""A claim on the heat of cells taken apart: what an answer costs with and without each further part of the chip.

Published figures of thermodynamic computing often count the heat of the cells alone. The table adds the other parts of
the same ledger one by one, in the order of the scopes of an answer, and compares each sum with the digital method that
the workload names and with GPUs by the FLOP method. It is made from the priced ledger when it is shown, so it follows
new prices. A price that both sides use is the same on both sides of a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from chipsim.components.base import EnergyGroup
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.multiples import Multiple
from chipsim.ledger.price_ranges import Bill, Compared, Paid, bill_of_run, one_price, ratio
from chipsim.ledger.priced import PricedMethod
from chipsim.ledger.scopes import SCOPES
from chipsim.results.contenders import Board, boards
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show_times
from chipsim.workloads.sections import Claim, Column, Table, Value

JOBS = (1, 100, 10_000)
# Kinds that count heat from their bath count heat as such; others dissipate what the supply delivers.
FROM_BATH = "absorb"
PARTS: Mapping[EnergyGroup, str] = {
    "fabric": "bias currents, couplers, switches",
    "clamp": "clamps",
    "readout": "read-out converters",
    "program": "wires of the load, input converters",
    "memory": "weight memory",
    "link": "link",
    "digital": "controller and host",
    "static": "standby power",
}
GPUS = {"fp32": "fp32 peak", "tensor": "fp16 tensor peak", "int8": "int8 tensor peak"}
WHOLE, PASS = "whole bill", "one digital pass"

# The bill of a part at each number of answers per load.
Part = tuple[str, Mapping[int, Bill]]


def claim_table(summary: Summary) -> Table | None:
    """The table of a run whose cells exchange heat with a bath and whose workload names a digital method, else None."""
    priced = summary.priced
    bathed = {row.component for row in priced.ledger if row.action == FROM_BATH}
    method = next((each for each in priced.methods if each.macs and each.energy_j), None)
    if not bathed or method is None:
        return None
    claim = next((section for section in summary.workload.sections if isinstance(section, Claim)), None)
    heat = [row for row in priced.ledger if row.component in bathed and row.action == "dissipate"]
    parts = [*_heat(heat, claim)]
    for group in (group for _, groups in SCOPES for group in groups):
        found = [row for row in priced.ledger if row.group == group and row not in heat]
        if any(row.energy_j or row.high_j for row in found):
            parts.append((PARTS[group], _bills(found)))
    base = "claim" if claim is not None else "heat"
    columns = (
        Column("item"),
        *(Column(f"at {jobs:,}", "J") for jobs in JOBS),
        *(Column(end, "J") for end in ("low", "high")),
        Column(f"times {base}", "times"),
        *(Column(f"passes at {jobs:,}", "times") for jobs in JOBS),
        Column("by prices"),
    )
    return Table(
        "From heat to the whole bill", columns, (*_rows(parts, method), *_digital(parts, method)), _note(method, claim)
    )


def _note(method: PricedMethod, claim: Claim | None) -> str:
    """How to read the table."""
    said, base = ("", "heat") if claim is None else (f"The claim is {claim.name}; {claim.published}. ", "claim")
    return (
        f"{said}Energy of an answer at 1, 100 and 10,000 answers per load of the weights; low and high, by bounds of "
        f"prices, and times {base}, the energy over that of the first row, at 10,000. Passes: the sum down to this "
        f"row, in digital passes of {method.macs:,} multiply-adds ({method.covers}, no link); by prices is its "
        "range at 10,000 with all prices within their bounds, a price of both sides being the same on both. A range "
        "that holds 1 does not tell the sum from a pass. A GPU is priced by the FLOP method, which is assumed."
    )


def _bills(rows: Sequence[LedgerRow]) -> Mapping[int, Bill]:
    return {jobs: bill_of_run(rows, Multiple(1, 1 / jobs)) for jobs in JOBS}


def _heat(rows: Sequence[LedgerRow], claim: Claim | None) -> Iterator[Part]:
    """The heat that is claimed, and all other heat of the cells; only one part where nothing is claimed."""
    whole, count_j = _bills(rows), sum(row.energy_j or 0.0 for row in rows)
    if claim is None or not 0 < claim.energy_j <= count_j:
        yield "heat of the cells", whole
        return
    share = claim.energy_j / count_j
    for name, part in ((f"{claim.name}: the claim", share), ("other heat of the cells", 1 - share)):
        yield name, {jobs: {price: paid * part for price, paid in bill.items()} for jobs, bill in whole.items()}


def _together(bills: Sequence[Bill]) -> Bill:
    """The sum of bills of one run."""
    out: dict[str, Paid] = {}
    for bill in bills:
        for price, paid in bill.items():
            out[price] = out[price] + paid if price in out else paid
    return out


def _total(bill: Bill) -> Paid:
    energy, low, high = (
        math.fsum(getattr(paid, end) for paid in bill.values()) for end in ("energy_j", "low_j", "high_j")
    )
    return Paid(energy, low, high, one_price(""))


def _of_method(method: PricedMethod) -> Bill:
    return {name: Paid(*ends, one_price(name)) for name, ends in method.by_price_j.items()}


def _rows(parts: Sequence[Part], method: PricedMethod) -> Iterator[tuple[Value, ...]]:
    """A row for each part, and one of all: energies, ratio to the first part, ratios of the sums to the method."""
    digital, last = _of_method(method), JOBS[-1]
    heat_j = _total(parts[0][1][last]).energy_j
    sums: dict[int, Bill] = {}
    for place in range(len(parts) + 1):
        whole = place == len(parts)
        sums = {jobs: _together([bills[jobs] for _, bills in parts[: place + 1]]) for jobs in JOBS}
        own = {jobs: _total(sums[jobs] if whole else parts[place][1][jobs]) for jobs in JOBS}
        passes = [ratio(sums[jobs], digital) for jobs in JOBS]
        yield (
            WHOLE if whole else parts[place][0],
            *(own[jobs].energy_j for jobs in JOBS),
            own[last].low_j,
            own[last].high_j,
            _over(own[last].energy_j, heat_j),
            *(None if each is None else each.value for each in passes),
            by_prices(passes[-1]),
        )


def _digital(parts: Sequence[Part], method: PricedMethod) -> Iterator[tuple[Value, ...]]:
    """The method itself, and a GPU that does as many multiply-adds at each of its peaks."""
    assert method.energy_j is not None  # by choice of the method
    assert method.macs is not None
    heat_j, digital = _total(parts[0][1][JOBS[-1]]).energy_j, _of_method(method)
    yield (f"{PASS}: {method.covers}", *(method.energy_j for _ in JOBS), *method.energy_price_range_j,
           _over(method.energy_j, heat_j), *(1.0 for _ in JOBS), None)  # fmt: skip
    for board in boards():
        energy = board.joules(2 * method.macs)
        found = ratio({board.name: Paid(energy, energy, energy, one_price(board.name))}, digital)
        share = None if found is None else found.value
        yield (_name(board), *(energy for _ in JOBS), None, None, _over(energy, heat_j), *(share for _ in JOBS),
               by_prices(found))  # fmt: skip


def _name(board: Board) -> str:
    return f"one pass, A100 at {rounded(board.utilisation * 100, '.0f')} % of {GPUS[board.peak]}"


def by_prices(found: Compared | None) -> str | None:
    """The range of a ratio by prices, and whether it tells the sides apart."""
    if found is None:
        return None
    text = f"{show_times(found.low)} to {show_times(found.high)}"
    return f"{text}, not told from 1" if found.low <= 1 <= found.high else text


def _over(value: float, base: float) -> float | None:
    return value / base if base else None
