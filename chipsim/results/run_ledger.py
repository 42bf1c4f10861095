"""The ledger of a run as a table: rows by number or by name, and frames of other libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from chipsim.errors import RunError, did_you_mean
from chipsim.ledger.ledger import LedgerRow
from chipsim.results.columns import Table
from chipsim.results.notebook import html
from chipsim.units import show

# The unit of `count` is another one in each row: column `unit`.
UNITS = {"energy_j": "J", "low_j": "J", "high_j": "J", "once_j": "J", "busy_s": "s"}


class RunLedger(Table):
    """The rows of a run's ledger, per repetition: who did what, how often, at which price.

    Args:
        rows: one a component and action.
        scope: what they are about: "fabric", "chip" or "system".

    Attributes:
        rows: see `LedgerRow`.
        scope: what they are about.

    Example:
        >>> import chipsim
        >>> ledger = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50}).ledger
        >>> ledger["cells.update"].count  # 50 sweeps of 16 p-bits
        800.0
        >>> sorted({row.component for row in ledger if row.group == "readout"})
        ['readout']
        >>> ledger.units["energy_j"]
        'J'
        >>> frame = ledger.to_pandas()  # doctest: +SKIP
    """

    def __init__(self, rows: Sequence[LedgerRow], scope: str) -> None:
        self.rows, self.scope = tuple(rows), scope

    @property
    def units(self) -> dict[str, str]:
        """J of energies, s of busy times; the unit of `count` stands in the column `unit`."""
        return dict(UNITS)

    @property
    def columns(self) -> dict[str, list[Any]]:
        """Name -> values, in the order of the rows; an unpriced energy is None."""
        rows = [asdict(row) for row in self.rows]
        return {field.name: [row[field.name] for row in rows] for field in fields(LedgerRow)}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[LedgerRow]:
        return iter(self.rows)

    def __getitem__(self, row: int | str) -> LedgerRow:
        """A row by its number, or by its name `component.action`.

        Raises:
            RunError: there is no row of this name.
        """
        if isinstance(row, int):
            return self.rows[row]
        named = {f"{each.component}.{each.action}": each for each in self.rows}
        if row not in named:
            complaint = f'unknown row of the ledger "{row}"; {did_you_mean(row, named)}'
            raise RunError(complaint, code="result.no-such-row")
        return named[row]

    def _repr_html_(self) -> str:
        return html("ledger_html", self)

    def __repr__(self) -> str:
        total = show(sum(row.energy_j or 0.0 for row in self.rows), "J")
        return f"<RunLedger: {len(self.rows)} rows, {total} per repetition, scope {self.scope}>"
