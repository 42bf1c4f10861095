"""A claim on the heat of cells taken apart: what an answer costs with and without each further part of the chip.

Published figures of thermodynamic computing often count the heat of the cells alone. The table adds the other parts of
the same ledger one by one, and compares each sum with the digital method that the workload names and with GPUs by the
FLOP method. It is made from the priced ledger when it is shown, so it follows new prices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.multiples import Multiple, cost
from chipsim.ledger.priced import Priced, PricedMethod
from chipsim.prices.platforms import Work as PlatformWork
from chipsim.prices.platforms import platform_energy_j, read_platforms
from chipsim.workloads.sections import Column, Table, Value

JOBS = (1, 100, 10_000)
# Kinds that count heat from their bath count heat as such; others dissipate what the supply delivers.
FROM_BATH = "absorb"
PARTS = (
    ("fabric", "bias currents, couplers, switches"),
    ("readout", "read-out converters"),
    ("link", "link"),
    ("program", "wires of the load, input converters"),
    ("memory", "weight memory"),
    ("digital", "controller and host"),
    ("static", "standby power"),
)


def claim_table(priced: Priced) -> Table | None:
    """The table of a run whose cells exchange heat with a bath and whose workload names a digital method, else None."""
    bathed = {row.component for row in priced.ledger if row.action == FROM_BATH}
    method = next((each for each in priced.methods if each.macs and each.energy_j), None)
    if not bathed or method is None:
        return None
    heat = [row for row in priced.ledger if row.component in bathed and row.action == "dissipate"]
    parts = [("heat of the cells", heat)]
    for group, name in PARTS:
        found = [row for row in priced.ledger if row.group == group and row not in heat]
        if any(row.energy_j for row in found):
            parts.append((name, found))
    columns = (
        Column("item"),
        *(Column(f"at {jobs:,}", "J") for jobs in JOBS),
        *(Column(end, "J") for end in ("low", "high")),
        Column("times heat"),
        *(Column(f"passes at {jobs:,}") for jobs in JOBS),
    )
    title = (
        "From heat to the whole bill: energy of an answer at 1, 100 and 10,000 answers per load of the weights (low, "
        f"high, times heat: at the last); passes: the sum down to this row, in digital passes of {method.macs:,} "
        "multiply-adds"
    )
    return Table(title, columns, (*_rows(parts, method), *_digital(method, heat)))


def _rows(parts: Sequence[tuple[str, Sequence[LedgerRow]]], method: PricedMethod) -> Iterator[tuple[Value, ...]]:
    """A row for each part: energies, ratio to the first part, ratios of the sums so far to the method."""
    assert method.energy_j is not None  # by choice of the method
    sums = [0.0 for _ in JOBS]
    heat_j = 0.0
    for name, rows in parts:
        costs = [cost(rows, Multiple(1, 1 / jobs)) for jobs in JOBS]
        sums = [before + each.energy_j for before, each in zip(sums, costs, strict=True)]
        heat_j = heat_j or costs[-1].energy_j
        energies = (each.energy_j for each in costs)
        yield (name, *energies, costs[-1].low_j, costs[-1].high_j, _ratio(costs[-1].energy_j, heat_j),
               *(_ratio(each, method.energy_j) for each in sums))  # fmt: skip


def _digital(method: PricedMethod, heat: Sequence[LedgerRow]) -> Iterator[tuple[Value, ...]]:
    """The method itself, and GPUs that do as many multiply-adds."""
    assert method.energy_j is not None
    assert method.macs is not None
    heat_j = math.fsum(row.energy_j or 0.0 for row in heat)
    known = [("one digital pass, multiply-adds alone", method.energy_j)]
    work = PlatformWork(updates=method.macs, reads=0, writes=0, macs_per_update=1, wall_s=0)
    for spec in read_platforms().values():
        energy = platform_energy_j(spec, work) if spec.flops is not None else None
        if energy is not None:
            known.append((f"one pass on a GPU: {spec.title}", energy))
    for name, energy in known:
        share = _ratio(energy, method.energy_j)
        yield (name, *(energy for _ in JOBS), None, None, _ratio(energy, heat_j), *(share for _ in JOBS))


def _ratio(value: float, base: float) -> float | None:
    return value / base if base else None
