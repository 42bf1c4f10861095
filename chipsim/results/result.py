"""The result of a run: what is reported, what was counted, and what is needed to price it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.files import write_atomically
from chipsim.ledger.sheet import Sheet
from chipsim.prices.table import PriceTable
from chipsim.results.answers import solution_of
from chipsim.results.encode import encoded
from chipsim.results.notebook import html
from chipsim.results.pricing_codec import Pricing
from chipsim.results.run_ledger import RunLedger
from chipsim.results.run_reads import RunReads, reads_of
from chipsim.results.run_records import RunRecords
from chipsim.results.summary import Summary
from chipsim.units import show
from chipsim.workloads.outcome import Answer


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The result of a run.

    Attributes:
        summary: everything that is reported.
        trace: what was counted.
        sheet: what prices must know of the chip.
        prices: the table that the run is priced with.
        comparisons: the tables that the chip names to be shown beside.
        sources: the texts of the specs, by file name: the chip first, then the workload.
        arrays: what the workload made, by name, for example images.
        best: the best state that the host read, or None.
        use: what was counted in one use of the result of a training, or None.
        native: what prices must know of the native chip that was run beside this one, or None.
        identity: what the activity id is the hash of, as plain JSON; empty in results of earlier versions.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> run.summary["lanes"], run.summary["scope"]
        (64, 'system')
        >>> list(run.summary["energy_by_group_j"])[:3]  # J per repetition
        ['fabric', 'clamp', 'readout']
    """

    summary: Summary
    trace: Trace
    sheet: Sheet
    prices: PriceTable
    comparisons: tuple[PriceTable, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    best: Answer | None = None
    use: Trace | None = None
    native: Sheet | None = None

    @property
    def energy_j(self) -> float:
        """Energy of one repetition in J, in the scope of the run."""
        return self.summary.priced.energy_j

    @property
    def solution(self) -> NDArray[np.float64]:
        """What the host holds after one repetition, the first, in the units of the problem.

        It is x of A x = b, (n,), or (n, k) for k right-hand sides; the inverse of A, (n, n); or samples of a Gaussian,
        (samples, n).

        Raises:
            RunError: the workload has none, or the result is of an earlier version.
        """
        return solution_of(self.arrays)

    @property
    def ledger(self) -> RunLedger:
        """The rows of the ledger, per repetition."""
        return RunLedger(self.summary.priced.ledger, self.summary.priced.scope)

    @property
    def records(self) -> RunRecords:
        """Energies and projections of all lanes at recorded instants.

        Raises:
            RunError: nothing was recorded, or the run was stored without.
        """
        held = self.trace.observations.records
        if held is None:
            complaint = "this run holds no records; p-bit workloads record with schedule.record_every"
            raise RunError(complaint, code="result.no-records")
        return RunRecords(held)

    @property
    def reads(self) -> RunReads:
        """All states of an Ising problem that the host read, with the objective of each.

        Raises:
            RunError: nothing was read, no energy is defined, or the result is of an earlier version.
        """
        return reads_of(self.best, self.trace, self.arrays)

    def __repr__(self) -> str:
        request, work, priced = self.summary.core.request, self.summary.core.work, self.summary.priced
        low, high = (show(end, "J") for end in priced.energy_price_range_j)
        return (
            f"<Run {priced.run_id}: {request.chip} on {self.summary.workload.name}, {request.lanes} lanes\n"
            f" energy {show(self.energy_j, 'J')} per repetition ({low} to {high} by prices), scope {priced.scope}\n"
            f" time {show(work.elapsed_s, 's')} per repetition, prices {priced.prices}>"
        )

    def _repr_html_(self) -> str:
        return html("run_html", self)

    def save(self, path: str | Path, columns: bool = True) -> None:
        """Write the result as HDF5: complete or not at all; an existing file is replaced.

        Args:
            path: of the file.
            columns: whether the ledger is stored as columns, too, for readers without chipsim.

        Raises:
            RunError: the file cannot be written, for example because the disk is full.
        """
        pricing = Pricing(self.sheet, self.prices, self.comparisons, self.native)
        parts = (self.summary, self.trace, pricing, self.sources, self.arrays, self.identity, self.best, self.use)
        write_atomically(Path(path), encoded(*parts, columns))
