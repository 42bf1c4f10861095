"""What depends on prices: made in one place (`ledger.cost`), for fresh runs and for repriced ones."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.components.facts import Finding
from chipsim.ledger.core import Bounds
from chipsim.ledger.key_figures import PricedKeyFigures
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.platforms import ComparedPlatform
from chipsim.ledger.scopes import ScopeCost
from chipsim.prices.scopes import Scope
from chipsim.workloads.outcome import Method

Range = tuple[float, float]


@dataclass(frozen=True)
class PhaseCost:
    """A phase of the run, with its energy a repetition."""

    name: str
    start_s: float
    end_s: float
    energy_j: float


@dataclass(frozen=True)
class OtherPrices:
    """The same run under another table: all of it, and the fabric alone."""

    prices: str
    energy_j: float
    fabric_j: float


@dataclass(frozen=True, kw_only=True)
class PricedMethod(Method):
    """A way to the same answer with its energy in the scope of the run, None where it has no price.

    Attributes:
        covers: what its energy counts.
    """

    energy_j: float | None
    covers: str = ""


@dataclass(frozen=True)
class AnswerCost:
    """Energy of an answer; by repetitions a load (with bounds of the prices), and as the workload loads; to solution.

    Attributes:
        energy_to_solution_j: for one success with 99 %, or None where there is no target.
        energy_to_solution_price_range_j: of its value, with the bounds of the prices.
    """

    energy_per_job_j: dict[str, float]
    energy_per_job_range_j: dict[str, Range]
    energy_per_answer_j: float
    energy_per_answer_price_range_j: Range
    energy_to_solution_j: Bounds | None = None
    energy_to_solution_price_range_j: Range | None = None


@dataclass(frozen=True)
class SampleCost:
    """Energy and time of an effective sample with half widths of 95 % intervals, and energy of a delivered one.

    All come from the batch of all lanes; energies also have a range by the bounds of the prices.
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
    """Area of what has a price for it, with the bounds of the prices; and what has none."""

    area_m2: float
    area_price_range_m2: Range
    without_area: tuple[str, ...]


@dataclass(frozen=True)
class Priced:
    """Every figure that depends on prices, of one repetition unless it says otherwise.

    Attributes:
        run_id: names the run with these prices.
        command: that gives it again, for a POSIX shell.
        prices: name of the table.
        scope: what every energy here counts: "fabric", "chip" or "system".
        outside_scope_j: what the system takes beyond it.
        energy_j, energy_ci95_j, energy_price_range_j: with the half width over lanes, and bounds of the prices.
        total_energy_j: of the batch, see `ledger.batch`.
        energy_by_group_j: every group named.
        always_on_energy_j: of what is powered in no phase but all the time.
        share_by_grade: of the energy, by grade of the prices.
        unpriced: actions that happened and have no price.
        flat_accounting: the tables that the chip names to be shown beside.
        scopes: an answer of the whole system, counted in wider and wider scopes.
        methods: ways to the same answer, the chip's first.
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
