"""Results that a workload returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.statistics.success import Success

if TYPE_CHECKING:  # results are read and priced without kernels
    from chipsim.compiler.netlist import Netlist

# Arrays of results with states that the host read: objective, (reads, lanes) float64; spins, (reads, N, groups) uint64
# by words of 64 lanes, where they are not the cells as they were read.
READ_VALUES, READ_STATES = "read_values", "read_states"


@dataclass(frozen=True)
class Quality:
    """Quality of a single sample: a value with its meaning, or None with the reason."""

    value: float | None
    meaning: str


@dataclass(frozen=True)
class Method:
    """A method for the same answer.

    Attributes:
        method: name.
        macs: its multiply-adds; None for the chip itself.
        error: its relative error, or None if not defined.
        time_s: its time on the unit, or None.
        unit: component of the chip that would run it and sets the price of a multiply-add, or None.
        host: component that transfers problem and answer, or None.
        host_counts: counts of these transfers, by action of the host.
    """

    method: str
    macs: int | None
    error: float | None
    time_s: float | None = None
    unit: str | None = None
    host: str | None = None
    host_counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Equal pieces of a repetition, to report energy and time of each.

    Attributes:
        name: of one of them.
        count: their number.
        phases: the words with which the names of their phases begin; "" for all that no other piece has.
    """

    name: str
    count: int
    phases: str = ""


@dataclass(frozen=True, eq=False)
class Use:
    """One use of a trained result, to compare its cost with that of the training.

    Attributes:
        name: what it gives, for example "image".
        trace: of one repetition on the same chip.
    """

    name: str
    trace: Trace


@dataclass(frozen=True)
class NativeSamples:
    """Samples of the spins of a mapped problem, and of the same problem on a native chip that ran beside it.

    Attributes:
        sweeps: of a repetition, on both chips.
        spins, native: effective samples of all lanes, by the slowest observable; None where they are not known.
        ratio_without_block: native ones for each of the spins, without each block of lanes.
    """

    sweeps: int
    spins: float | None = None
    native: float | None = None
    ratio_without_block: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Native:
    """The native chip of a comparison, whose trace is that beside the trace of the run.

    Attributes:
        netlist: of the chip.
        samples: of both.
    """

    netlist: Netlist
    samples: NativeSamples


@dataclass(frozen=True, eq=False)
class Answer:
    """The best state that the host read.

    Attributes:
        labels: (N,) int64 or str, name of each spin in the source of its problem.
        spins: (N,) int8, -1 or +1; as a bit, +1 is 1.
        objective: what `value` is: "energy", "cut" or "value" (of an objective that is maximised).
        value: of the objective, as the source of the problem defines it.
    """

    labels: NDArray[Any]
    spins: NDArray[np.int8]
    objective: str
    value: float

    def to_dict(self) -> dict[Any, int]:
        """Label -> spin."""
        return dict(zip(self.labels.tolist(), self.spins.tolist(), strict=True))


@dataclass(frozen=True)
class Outcome:
    """Results of a workload.

    Attributes:
        figures: entries of the workload's block, by name: plain JSON values.
        effective_samples: independent samples drawn on the chip by all lanes, or None if not defined.
        delivered_samples: those received correctly by the host.
        sampling: status of `effective_samples`: "resolved", "at least" (a bound), "unresolved: reason",
            "withheld: reason", "not recorded", "not defined".
        without_block: effective samples per lane with each block of lanes left out, for intervals.
        single_sample: quality of a single read sample.
        success: number of repetitions that reached the target, or None without one.
        restart: whether restarts load the problem again.
        methods: for the same answer, priced for comparison.
        step: pieces of a repetition, or None.
        others: further pieces, such as the tests of a training; together with `step` they are the whole repetition.
        is_training: whether the repetition is a training.
        use: one use of the result of a training, or None.
        native: the native chip of a comparison, or None.
        problem_size: (spins, couplings) of the given problem, or None.
        arrays: stored in addition to the figures, by name.
        answers: per repetition.
        best: the best state that was read, or None.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    effective_samples: float | None = None
    delivered_samples: float | None = None
    sampling: str = "not defined"
    without_block: tuple[float, ...] = ()
    single_sample: Quality = Quality(None, "not defined by the workload")
    success: Success | None = None
    restart: Literal["reload", "keep"] = "reload"
    methods: tuple[Method, ...] = ()
    step: Step | None = None
    others: tuple[Step, ...] = ()
    is_training: bool = False
    use: Use | None = None
    native: Native | None = None
    problem_size: tuple[int, int] | None = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    answers: int = 1
    best: Answer | None = None
