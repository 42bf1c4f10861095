"""Price-dependent figures, computed by `ledger.cost` for new and repriced runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from chipsim.components.facts import Finding
from chipsim.ledger.core import Bounds
from chipsim.ledger.key_figures import PricedKeyFigures
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.pieces import PieceCost
from chipsim.ledger.platforms import ComparedPlatform
from chipsim.ledger.scopes import ScopeCost
from chipsim.prices.scopes import Scope
from chipsim.workloads.outcome import Method

Range = tuple[float, float]


@dataclass(frozen=True)
class PhaseCost:
    """A phase of the run, with its energy per repetition."""

    name: str
    start_s: float
    end_s: float
    energy_j: float


@dataclass(frozen=True)
class OtherPrices:
    """Energy of the same run under another table: total, and fabric alone."""

    prices: str
    energy_j: float
    fabric_j: float


@dataclass(frozen=True, kw_only=True)
class PricedMethod(Method):
    """A method for the same answer with its energy in the scope of the run, None if it has no price.

    Attributes:
        covers: contents of its energy.
        by_price_j: (energy, low, high) by name of the price, as in the ledger.
    """

    energy_j: float | None
    covers: str = ""
    by_price_j: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def energy_price_range_j(self) -> Range:
        """With the bounds of the prices."""
        return math.fsum(low for _, low, _ in self.by_price_j.values()), math.fsum(
            high for _, _, high in self.by_price_j.values()
        )


@dataclass(frozen=True)
class AnswerCost:
    """Energy per answer, by repetitions per load (with price ranges) and as set by the workload; energy to solution.

    Attributes:
        energy_to_solution_j: for one success with probability 99 %, or None without a target.
        energy_to_solution_price_range_j: of its value, with the bounds of the prices.
    """

    energy_per_job_j: dict[str, float]
    energy_per_job_range_j: dict[str, Range]
    energy_per_answer_j: float
    energy_per_answer_price_range_j: Range
    energy_to_solution_j: Bounds | None = None
    energy_to_solution_price_range_j: Range | None = None


@dataclass(frozen=True)
class UseCost:
    """One use of the result of a training.

    Attributes:
        name: what it gives.
        energy_j, energy_price_range_j: of it, with the load of the weights shared as the workload says.
        time_s: simulated time of it.
        uses: number of them that take as much energy as the training; None if they take none.
    """

    name: str
    energy_j: float
    energy_price_range_j: Range
    time_s: float
    uses: float | None


@dataclass(frozen=True)
class NativeCost:
    """The same problem on a native chip, beside a mapped run.

    Attributes:
        energy_j: of a repetition of the native chip.
        energy_per_sweep_j, mapped_energy_per_sweep_j: of a repetition without its load over its sweeps, reads included.
        joules_per_effective_sample, mapped_joules_per_effective_sample: of the spins; None where these are not known.
        times: the latter over the former.
        times_ci95: half width of its 95 % interval; None with a single lane.
    """

    energy_j: float
    energy_per_sweep_j: float
    mapped_energy_per_sweep_j: float
    joules_per_effective_sample: float | None = None
    mapped_joules_per_effective_sample: float | None = None
    times: float | None = None
    times_ci95: float | None = None


@dataclass(frozen=True)
class SampleCost:
    """Energy and time per effective sample with half widths of 95 % intervals, and energy per delivered sample.

    All refer to the batch of all lanes; energies also have a range by the bounds of the prices.
    """

    joules_per_effective_sample: float | None
    joules_per_effective_sample_ci95_j: float | None
    joules_per_effective_sample_price_range_j: Range | None
    seconds_per_effective_sample: float | None
    seconds_per_effective_sample_ci95_s: float | None
    joules_per_delivered_sample: float | None
    joules_per_delivered_sample_price_range_j: Range | None


@dataclass(frozen=True)
class Area:
    """Total area of the components with an area, with bounds; and the components without one."""

    area_m2: float
    area_price_range_m2: Range
    without_area: tuple[str, ...]


@dataclass(frozen=True)
class Priced:
    """All price-dependent figures, per repetition unless stated otherwise.

    Attributes:
        run_id: hash of the run with these prices.
        command: that reproduces it, for a POSIX shell.
        prices: name of the table.
        scope: of all energies: "fabric", "chip" or "system".
        outside_scope_j: energy of the system outside the scope.
        energy_j, energy_ci95_j, energy_price_range_j: with the half width over lanes, and bounds of the prices.
        total_energy_j: of the batch, see `ledger.batch`.
        energy_by_group_j: including empty groups.
        always_on_energy_j: static energy, which belongs to no phase.
        share_by_grade: of the energy, by grade of the prices.
        unpriced: counted actions without a price.
        flat_accounting: energies under the comparison tables of the chip.
        scopes: energy per answer in successively wider scopes.
        methods: for the same answer, the chip's first.
        pieces: of a repetition, by name.
        use: of the result of a training, or None.
        native: the native chip of a comparison, or None.
    """

    run_id: str
    command: str
    prices: str
    scope: Scope
    outside_scope_j: float
    energy_j: float
    energy_ci95_j: float | None
    energy_price_range_j: Range
    total_energy_j: float
    energy_by_group_j: dict[str, float]
    always_on_energy_j: float
    share_by_grade: dict[str, float]
    unpriced: tuple[str, ...]
    phases: tuple[PhaseCost, ...]
    answer: AnswerCost
    sample: SampleCost
    area: Area
    flat_accounting: tuple[OtherPrices, ...]
    key_figures: PricedKeyFigures
    platforms: tuple[ComparedPlatform, ...]
    lint: tuple[Finding, ...]
    ledger: tuple[LedgerRow, ...]
    scopes: tuple[ScopeCost, ...]
    methods: tuple[PricedMethod, ...] = ()
    pieces: dict[str, PieceCost] = field(default_factory=dict)
    use: UseCost | None = None
    native: NativeCost | None = None
