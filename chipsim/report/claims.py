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
from chipsim.units import show, show_times
from chipsim.workloads.sections import Claim, Column, Table, Value

JOBS = (1, 100, 10_000)
# Kinds that count heat from their bath count heat as such; others dissipate what the supply delivers.
FROM_BATH = "absorb"
PARTS: Mapping[EnergyGroup, str] = {
    "fabric": "bias currents, couplers, switches",
    "clamp": "input converters, clamps",
    "readout": "read-out converters",
    "program": "wires of the load",
    "memory": "weight memory",
    "link": "link",
    "digital": "controller and host",
    "static": "standby power",
}
GPUS = {"fp32": "fp32 peak", "tensor": "fp16 tensor peak", "int8": "int8 tensor peak"}
WHOLE, PASS = "whole bill", "one digital pass"
# The chip with its inputs, read-out and weights, without what connects it.
CHIP_ALONE = SCOPES[2][1][-1]

# The bill of a part at each number of answers per load.
Part = tuple[str, Mapping[int, Bill]]


def claim_tables(summary: Summary) -> tuple[Table, ...]:
    """The tables of a run whose cells exchange heat with a bath and whose workload names a digital method, else none.

    Energies of the parts, sums of the parts in digital passes, and what a pass takes on other machines.
    """
    priced = summary.priced
    bathed = {row.component for row in priced.ledger if row.action == FROM_BATH}
    method = next((each for each in priced.methods if each.macs and each.energy_j), None)
    if not bathed or method is None:
        return ()
    claim = next((section for section in summary.workload.sections if isinstance(section, Claim)), None)
    heat = [row for row in priced.ledger if row.component in bathed and row.action == "dissipate"]
    parts = [*_heat(heat, claim)]
    alone = len(parts)
    for group in (group for _, groups in SCOPES for group in groups):
        found = [row for row in priced.ledger if row.group == group and row not in heat]
        if any(row.energy_j or row.high_j for row in found):
            parts.append((PARTS[group], _bills(found)))
        if group == CHIP_ALONE:
            alone = len(parts)
    sums = [{jobs: _together([bills[jobs] for _, bills in parts[:many]]) for jobs in JOBS}
            for many in range(1, len(parts) + 1)]  # fmt: skip
    return (
        _energies(parts, sums[-1], claim, _conclusion(summary, parts, sums[alone - 1], sums[-1], method, claim)),
        _passes(parts, sums, method),
        _machines(method),
    )


def _conclusion(
    summary: Summary,
    parts: Sequence[Part],
    alone: Mapping[int, Bill],
    whole: Mapping[int, Bill],
    method: PricedMethod,
    claim: Claim | None,
) -> str:
    """What the tables come to."""
    last, digital = JOBS[-1], _of_method(method)
    bill, heat_j = _total(whole[last]), _total(parts[0][1][last]).energy_j
    name = "heat of the cells" if claim is None else claim.name
    times = f", {show_times(bill.energy_j / heat_j)} times the {name}" if heat_j else ""
    apart = f"A pass by itself is {show_times((method.energy_j or 0.0) / heat_j)} times that heat. " if heat_j else ""
    open_ = "".join(f"{name} (no price) and " for name in summary.priced.unpriced)
    return (
        f"At {last:,} answers per load of the weights the whole bill is {show(bill.energy_j, 'J')} "
        f"({show(bill.low_j, 'J')} to {show(bill.high_j, 'J')} by prices){times} and "
        f"{by_prices(ratio(whole[last], digital))} digital passes; without links, host and what is always on it is "
        f"{by_prices(ratio(alone[last], digital))} passes. {apart}The bill leaves out {open_}the training."
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
    for name, part in ((f"{claim.name}, which is claimed", share), ("other heat of the cells", 1 - share)):
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


def _energies(parts: Sequence[Part], whole: Mapping[int, Bill], claim: Claim | None, conclusion: str) -> Table:
    """Each part by the number of answers per load, its range by prices, and its ratio to the first part."""
    last = JOBS[-1]
    heat_j = _total(parts[0][1][last]).energy_j
    columns = (
        Column("item"),
        *(Column(f"at {jobs:,}", "J") for jobs in JOBS),
        *(Column(end, "J") for end in ("low", "high")),
        Column("times heat", "times"),
    )
    rows: list[tuple[Value, ...]] = []
    for name, bills in (*parts, (WHOLE, whole)):
        own = {jobs: _total(bills[jobs]) for jobs in JOBS}
        over = own[last].energy_j / heat_j if heat_j else None
        rows.append((name, *(own[jobs].energy_j for jobs in JOBS), own[last].low_j, own[last].high_j, over))
    said = "" if claim is None else f" The claim is {claim.name}; {claim.published}."
    note = (
        f"{conclusion}{said} Energy of an answer at 1, 100 and 10,000 answers per load of the weights; low and high "
        "are by prices, and times heat is over the first row, all at 10,000."
    )
    return Table("From heat to the whole bill", columns, tuple(rows), note)


def _passes(parts: Sequence[Part], sums: Sequence[Mapping[int, Bill]], method: PricedMethod) -> Table:
    """The sums down to each part in passes of the digital method."""
    digital = _of_method(method)
    note = (
        f"A pass, {method.macs:,} multiply-adds, counts {method.covers}, no link: a unit, not an equal task. Ranges "
        "are by prices, and prices that both sides share vary together; one that holds 1 is not resolved."
    )
    rows = tuple(
        (name, *(by_prices(ratio(bills[jobs], digital)) for jobs in JOBS))
        for (name, _), bills in zip(parts, sums, strict=True)
    )
    columns = (Column("sum down to"), *(Column(f"passes at {jobs:,}") for jobs in JOBS))
    return Table("The bill in digital passes", columns, rows, note)


def _machines(method: PricedMethod) -> Table:
    """The method itself, and a GPU that does as many multiply-adds at each of its peaks."""
    assert method.energy_j is not None  # by choice of the method
    assert method.macs is not None
    rows: list[tuple[Value, ...]] = [
        (f"{PASS}: {method.covers}", method.energy_j, *method.energy_price_range_j, 1.0),
    ]
    for board in boards():
        energy = board.joules(2 * method.macs)
        rows.append((_name(board), energy, None, None, energy / method.energy_j))
    columns = (Column("pass"), Column("energy", "J"), *(Column(end, "J") for end in ("low", "high")),
               Column("passes", "times"))  # fmt: skip
    watts, peaks = boards()[0].power_w, {GPUS[each.peak]: each.peak_per_s for each in boards()}
    speeds = ", ".join(f"{show(peak, 'op/s', 3)} ({name})" for name, peak in peaks.items())
    note = (
        f"A GPU takes its {show(watts, 'W', 3)} for as long as its operations take at a share of its peak (FLOP "
        f"method, assumed, so without a range): {speeds}."
    )
    return Table("What a pass takes", columns, tuple(rows), note)


def _name(board: Board) -> str:
    return f"one pass, A100 at {rounded(board.utilisation * 100, '.0f')} % of {GPUS[board.peak]}"


def by_prices(found: Compared | None) -> str:
    """A ratio with its range by prices, and whether it is resolved from 1."""
    if found is None:
        return "-"
    note = ", not resolved" if found.low <= 1 <= found.high else ""
    return f"{show_times(found.value)} ({show_times(found.low)} to {show_times(found.high)}{note})"
