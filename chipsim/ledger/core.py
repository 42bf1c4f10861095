"""What is known of a run before any price. In JSON the parts stand side by side, see `results.summary`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chipsim.components.facts import Finding
from chipsim.ledger.batch import Batch
from chipsim.ledger.key_figures import KeyFigures, Limits
from chipsim.prices.platforms import PlatformRow
from chipsim.workloads.outcome import Method, Step


@dataclass(frozen=True)
class Bounds:
    """A value with its 95 % interval; None stands for unbounded."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        activity_id: names what was simulated.
        chipsim_version: that simulated it.
        chip: name of the chip.
        set: path -> value, as `--set` gave them.
        called: chip and workload, as the command names them.
        seed: of all random numbers.
        lanes: repetitions.
        jobs_per_load: repetitions of one load of the weights.
        chips: that share the repetitions, see `ledger.batch`.
    """

    activity_id: str
    chipsim_version: str
    chip: str
    set: dict[str, Any]
    called: tuple[str, ...]
    seed: int
    lanes: int
    jobs_per_load: int
    chips: int

    @property
    def batch(self) -> Batch:
        """All repetitions."""
        return Batch(self.lanes, self.chips, self.jobs_per_load)


@dataclass(frozen=True)
class Specs:
    """The specs as they were understood, in SI.

    Attributes:
        fabric_shape: of the array as it is drawn, or empty.
        fabric, technology: their keys.
        components: parameters by name (with the range of the instances).
        nets: "a -> b".
        workload_resolved: the keys of the workload file.
    """

    fabric_shape: tuple[int, ...]
    fabric: dict[str, Any]
    technology: dict[str, Any]
    components: dict[str, dict[str, Any]]
    nets: tuple[str, ...]
    workload_resolved: dict[str, Any]


@dataclass(frozen=True)
class Holding:
    """How well a chip of latched cells held what it was asked to hold.

    Attributes:
        weight_error, beta_error: largest deviations, in units of J and of beta.
        full_scale_stretch: range that the weights asked for, over that of the couplers.
        read_error_probability: that a read bit is wrong.
        colours: of the graph, as it is updated.
    """

    weight_error: float
    beta_error: float
    full_scale_stretch: float
    read_error_probability: float
    colours: int


@dataclass(frozen=True)
class Work:
    """What the chip did, and how long it took.

    Attributes:
        elapsed_s: simulated time of a repetition.
        load_s: part of it that only the load of the weights takes, which repetitions may share.
        batch_elapsed_s: of the batch, see `ledger.batch`.
        time_per_job_s: time of an answer, by repetitions a load.
        wall_s, kernel_s: of the simulating machine, all and in kernels.
        updates, toggles: of all lanes.
        updates_per_ns: speed of the simulation, None where there are no updates.
        limit: what the run waits for.
        quality: None on continuous cells, where the workload's own errors say it all.
    """

    elapsed_s: float
    load_s: float
    batch_elapsed_s: float
    time_per_job_s: dict[str, float]
    wall_s: float
    kernel_s: float
    updates: int
    toggles: int
    updates_per_ns: float | None
    limit: Limits
    quality: Holding | None


@dataclass(frozen=True)
class Answers:
    """What came of it, as far as every workload may have it; see `workloads.outcome.Outcome`.

    Attributes:
        samples_per_lane_without_block: effective samples of one lane, without each block of lanes.
        success_probability: of a repetition.
        time_to_solution_s: simulated time for one success with 99 %.
        restart: whether a restart on the way there loads again, "reload", or not, "keep"; "" without target.
    """

    answers_per_repetition: int
    effective_samples: float | None
    samples_per_lane_without_block: tuple[float, ...]
    delivered_samples: float | None
    sampling: str
    success_probability: Bounds | None = None
    time_to_solution_s: Bounds | None = None
    restart: str = ""
    methods: tuple[Method, ...] = ()
    step: Step | None = None


@dataclass(frozen=True)
class Core:
    """All of it; key figures, platforms and lint as far as no price is needed for them."""

    request: Request
    specs: Specs
    work: Work
    answers: Answers
    key_figures: KeyFigures
    platforms: tuple[PlatformRow, ...]
    lint: tuple[Finding, ...]
