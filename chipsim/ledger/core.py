"""Price-independent part of a summary. In JSON the parts are merged, see `results.summary`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chipsim.components.facts import Finding
from chipsim.ledger.batch import Batch
from chipsim.ledger.key_figures import KeyFigures, Limits
from chipsim.prices.platforms import PlatformRow
from chipsim.workloads.outcome import Method, NativeSamples, Step


@dataclass(frozen=True)
class Bounds:
    """A value with its 95 % interval; None means unbounded."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Request:
    """The request of a run.

    Attributes:
        activity_id: hash of what was simulated.
        chipsim_version: of the simulation.
        chip: name of the chip.
        set: path -> value, as given by `--set`.
        machine: processor, operating system and Python of the simulation.
        called: chip and workload, as named in the command.
        seed: of all random numbers.
        lanes: repetitions.
        jobs_per_load: repetitions per load of the weights.
        chips: number of chips that share the repetitions, see `ledger.batch`.
        output: file of a training, which the command that repeats it names; "" for a run.
    """

    activity_id: str
    chipsim_version: str
    machine: str
    chip: str
    set: dict[str, Any]
    called: tuple[str, ...]
    seed: int
    lanes: int
    jobs_per_load: int
    chips: int
    output: str = ""

    @property
    def batch(self) -> Batch:
        """All repetitions."""
        return Batch(self.lanes, self.chips, self.jobs_per_load)


@dataclass(frozen=True)
class Specs:
    """The resolved specs, in SI.

    Attributes:
        fabric_shape: of the array in figures, or empty.
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
    """Accuracy of the parameters stored on a chip of latched cells.

    Attributes:
        weight_error, beta_error: largest deviations, in units of J and of beta.
        full_scale_stretch: range required by the weights, relative to that of the couplers.
        read_error_probability: of one read bit.
        colours: of the coupling graph.
    """

    weight_error: float
    beta_error: float
    full_scale_stretch: float
    read_error_probability: float
    colours: int


@dataclass(frozen=True)
class Work:
    """Work and duration of a run.

    Attributes:
        elapsed_s: simulated time of a repetition.
        load_s: part of it spent only on loading weights, which repetitions may share.
        batch_elapsed_s: of the batch, see `ledger.batch`.
        time_per_job_s: time per answer, by repetitions per load.
        wall_s, kernel_s: of the simulating machine, total and in kernels.
        updates, toggles: of all lanes.
        updates_per_ns: speed of the simulation, None if there are no updates.
        limit: bottlenecks of the run.
        quality: None for continuous cells, whose workloads report errors themselves.
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
    """Results common to all workloads; see `workloads.outcome.Outcome`.

    Attributes:
        samples_per_lane_without_block: effective samples of one lane, without each block of lanes.
        success_probability: of a repetition.
        time_to_solution_s: simulated time to reach one success with probability 99 %.
        restart: whether restarts load the problem again ("reload") or not ("keep"); "" without target.
        step, other_pieces: pieces of a repetition.
        is_training: whether a repetition is a training.
        use_gives: what one use of the trained result gives, or "".
        native_samples: of a mapped problem and of its native chip, or None.
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
    other_pieces: tuple[Step, ...] = ()
    is_training: bool = False
    use_gives: str = ""
    native_samples: NativeSamples | None = None

    @property
    def pieces(self) -> tuple[Step, ...]:
        """All pieces of a repetition; none if they are not known."""
        return () if self.step is None else (self.step, *self.other_pieces)


@dataclass(frozen=True)
class Core:
    """All price-independent parts, including those of key figures, platforms and lint."""

    request: Request
    specs: Specs
    work: Work
    answers: Answers
    key_figures: KeyFigures
    platforms: tuple[PlatformRow, ...]
    lint: tuple[Finding, ...]
