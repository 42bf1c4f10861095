"""The difference of two runs, attributed exactly.

Energy of a row is amount x price. Its change is split by Shapley's rule for two factors, so that it sums exactly and
turns its sign when the runs change places:

    E_b - E_a = (n_b - n_a) (p_a + p_b) / 2  +  (p_b - p_a) (n_a + n_b) / 2

The first term belongs to counts (to powered time where the row is `on`), the second to prices. A row that only one run
has takes its price from there, so its change is one of counts. Rows by price class are split class by class where both
runs have the same classes, else by their mean price. Every instant of the elapsed time belongs to the phases that go on
at it, in equal parts, or to "idle".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.price_ranges import bill_of, difference, ratio, reversing
from chipsim.results.columns import Table
from chipsim.results.entries import EntryDiff, differing_entries
from chipsim.results.notebook import html
from chipsim.results.result import Run
from chipsim.statistics.intervals import mean_ci95
from chipsim.units import FEMTOSECONDS, show

Key = tuple[str, str]


@dataclass(frozen=True)
class RowDiff:
    """Change of one ledger row from run a to run b, in joules a repetition; the last three sum to the change."""

    component: str
    action: str
    energy_a_j: float
    energy_b_j: float
    counts_j: float
    time_j: float
    prices_j: float


@dataclass(frozen=True)
class PhaseDiff:
    """Time that phases of one name take of the elapsed time, in both runs."""

    phase: str
    time_a_s: float
    time_b_s: float

    @property
    def change_s(self) -> float:
        """Of run b against run a."""
        return self.time_b_s - self.time_a_s


@dataclass(frozen=True)
class ByPrices:
    """What is certain about the energy of b against a at any prices within their bounds, which both runs share.

    Attributes:
        low_j, high_j: of the difference b - a.
        ratio: (low, high) of b / a, None where a may cost nothing.
        reversing: prices each of which alone could reverse which run takes less.
    """

    low_j: float
    high_j: float
    ratio: tuple[float, float] | None
    reversing: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Whether no prices within their bounds reverse which run takes less."""
        return self.low_j > 0 or self.high_j < 0


@dataclass(frozen=True, repr=False)
class Diff(Table):
    """Everything that differs between two runs, per repetition; as a table, the rows of the two ledgers.

    Attributes:
        energy_a_j, energy_b_j: totals in J.
        elapsed_a_s, elapsed_b_s: simulated times in s.
        ci95_j: half width of the 95 % interval of energy_b_j - energy_a_j over lanes, in J; None for a single lane.
        by_prices: what is certain at any prices within their bounds.
        rows: changes of the rows of the ledgers.
        phases: changes of the times of phases.
        ids: why activity ids differ.
    """

    energy_a_j: float
    energy_b_j: float
    elapsed_a_s: float
    elapsed_b_s: float
    ci95_j: float | None
    by_prices: ByPrices
    rows: tuple[RowDiff, ...]
    phases: tuple[PhaseDiff, ...]
    ids: tuple[EntryDiff, ...]

    @property
    def is_resolved(self) -> bool:
        """Whether the energies differ by more than sampling explains; a single lane leaves that open."""
        return self.ci95_j is not None and abs(self.energy_b_j - self.energy_a_j) > self.ci95_j

    def causes_j(self) -> dict[str, float]:
        """The change of the energy by cause."""
        names = ("counts", "time", "prices")
        return {name: math.fsum(getattr(row, f"{name}_j") for row in self.rows) for name in names}

    @property
    def columns(self) -> dict[str, list[Any]]:
        """Name -> values of `rows`."""
        return {field.name: [getattr(row, field.name) for row in self.rows] for field in fields(RowDiff)}

    @property
    def units(self) -> dict[str, str]:
        """J of all columns but the names."""
        return {field.name: "J" for field in fields(RowDiff) if field.name.endswith("_j")}

    def __repr__(self) -> str:
        energy = f"{show(self.energy_a_j, 'J')} -> {show(self.energy_b_j, 'J')}"
        time = f"{show(self.elapsed_a_s, 's')} -> {show(self.elapsed_b_s, 's')}"
        return f"<Diff: energy {energy}, time {time} per repetition>"

    def _repr_html_(self) -> str:
        return html("diff_html", self)


def diff(a: Run, b: Run) -> Diff:
    """Attribute the change from run a to run b to counts, powered time and prices, exactly.

    Raises:
        RunError: their energies are in different scopes.

    Example:
        >>> import chipsim
        >>> a = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> b = chipsim.reprice(a, set={"prices.link.transfer.energy": "4 pJ"})
        >>> found = chipsim.diff(a, b)
        >>> {cause for cause, change_j in found.causes_j().items() if change_j}
        {'prices'}
        >>> [row.action for row in found.rows if row.prices_j]
        ['transfer']
    """
    scopes = [run.summary.priced.scope for run in (a, b)]
    if scopes[0] != scopes[1]:
        complaint = f"one counts the {scopes[0]}, the other the {scopes[1]}"
        raise RunError(
            f"{complaint}; price one again: chipsim reprice RUN.h5 --scope {scopes[0]} -o NEW.h5",
            code="result.not-comparable",
        )
    of_a, of_b = _factors(a), _factors(b)
    same_classes = np.array_equal(a.trace.activity.class_capacitance_f, b.trace.activity.class_capacitance_f)
    rows = tuple(_row(key, of_a.get(key), of_b.get(key), same_classes) for key in dict.fromkeys([*of_a, *of_b]))
    times = [time_by_phase(run.trace) for run in (a, b)]
    names = dict.fromkeys([*times[0], *times[1]])
    phases = tuple(PhaseDiff(name, _seconds(times[0].get(name)), _seconds(times[1].get(name))) for name in names)
    elapsed_a_s, elapsed_b_s = (run.summary.core.work.elapsed_s for run in (a, b))
    energies = (a.energy_j, b.energy_j, elapsed_a_s, elapsed_b_s)
    return Diff(*energies, _ci95_j(a, b), _by_prices(a, b), rows, phases, differing_entries(a, b))


def _ci95_j(a: Run, b: Run) -> float | None:
    """Of the difference of the mean energies: of paired lanes where equal seeds gave them equal random numbers."""
    lanes_a, lanes_b = (price_trace(run.trace, run.sheet, run.prices).lane_energy_j for run in (a, b))
    seeds = {run.summary.core.request.seed for run in (a, b)}
    if len(seeds) == 1 and len(lanes_a) == len(lanes_b):
        return mean_ci95(lanes_b - lanes_a)
    widths = [mean_ci95(lanes) for lanes in (lanes_a, lanes_b)]
    return None if None in widths else math.hypot(*(width or 0.0 for width in widths))


def _by_prices(a: Run, b: Run) -> ByPrices:
    bills = [bill_of(run.summary.priced.ledger, run.prices) for run in (b, a)]
    found, of = difference(*bills), ratio(*bills)
    return ByPrices(found.low, found.high, None if of is None else (of.low, of.high), reversing(*bills))


@dataclass(frozen=True, eq=False)
class _Factors:
    """Amounts a repetition and prices of a row: one for each class, or one."""

    amount: NDArray[np.float64]
    price: NDArray[np.float64]

    def mean(self) -> _Factors:
        """The same energy as one amount at its mean price."""
        amount = self.amount.sum()
        price = self.amount @ self.price / amount if amount else 0.0
        return _Factors(np.array([amount]), np.array([price]))


def _factors(run: Run) -> dict[Key, _Factors]:
    out = {}
    for line in run.summary.priced.ledger:
        part = run.sheet.components[line.component]
        price = run.prices.find(part.name, part.kind, line.action)
        unit: tuple[float, ...] = (0.0,)
        if price is not None and line.energy_j is not None:
            unit = part.action(line.action).model_j if price.form == "model" else (price.value,)
        amount = np.array([line.count])
        if len(unit) > 1:
            mine = (r for r in run.trace.activity.rows if (r.component, r.action) == (part.name, line.action))
            amount = sum((r.by_class for r in mine if r.by_class is not None), np.zeros(len(unit))) / run.trace.lanes
        out[line.component, line.action] = _Factors(amount, np.array(unit))
    return out


def _row(key: Key, a: _Factors | None, b: _Factors | None, same_classes: bool) -> RowDiff:
    if a is None or b is None:
        there = a or b
        assert there is not None
        absent = _Factors(np.zeros_like(there.amount), there.price)
        a, b = a or absent, b or absent
    elif len(a.amount) != len(b.amount) or not same_classes:
        a, b = a.mean(), b.mean()
    by_amount = float((b.amount - a.amount) @ (a.price + b.price)) / 2
    by_price = float((b.price - a.price) @ (a.amount + b.amount)) / 2
    powered = key[1] == "on"
    counts, time = (0.0, by_amount) if powered else (by_amount, 0.0)
    return RowDiff(*key, float(a.amount @ a.price), float(b.amount @ b.price), counts, time, by_price)


def time_by_phase(trace: Trace) -> dict[str, Fraction]:
    """Femtoseconds of the elapsed time by name of phase."""
    edges: dict[int, list[tuple[str, int]]] = {0: [], trace.timing.elapsed_fs: []}
    for phase in trace.timing.phases:
        edges.setdefault(phase.start_fs, []).append((phase.name, 1))
        edges.setdefault(phase.end_fs, []).append((phase.name, -1))
    active: dict[str, int] = {}
    out: dict[str, Fraction] = {}
    instants = sorted(edges)
    for begin, end in zip(instants, [*instants[1:], instants[-1]], strict=True):
        for name, step in edges[begin]:
            active[name] = active.get(name, 0) + step
        for name, share in _shares(active.items()):
            out[name] = out.get(name, Fraction(0)) + share * (end - begin)
    return {name: time for name, time in out.items() if time}


def _shares(active: Iterable[tuple[str, int]]) -> list[tuple[str, Fraction]]:
    going = [(name, number) for name, number in active if number]
    total = sum(number for _, number in going)
    return [(name, Fraction(number, total)) for name, number in going] or [("idle", Fraction(1))]


def _seconds(femtoseconds: Fraction | None) -> float:
    return float((femtoseconds or Fraction(0)) / FEMTOSECONDS)
