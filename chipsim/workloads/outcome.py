"""Results that a workload returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from chipsim.statistics.success import Success


@dataclass(frozen=True)
class Quality:
    """Quality of a single sample: a value with its meaning, or None with the reason."""

    value: float | None
    meaning: str


@dataclass(frozen=True)
class Method:
    """A way to the same answer.

    Attributes:
        method: what it is called.
        macs: multiply-adds that it takes; None for the chip itself.
        error: relative error that it reaches, or None where it has none.
        time_s: how long it takes on the unit, or None.
        unit: component of the chip that would do it and by whose price a multiply-add is paid, or None.
        host: component that hands the problem over and takes the answer, or None.
        host_counts: what that takes, by action of the host.
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
    """What a repetition is made of: so many pieces of one name, for their energy and time."""

    name: str
    count: int


@dataclass(frozen=True)
class Outcome:
    """What a workload found out.

    Attributes:
        figures: entries of the workload's own block, by name: plain values as JSON has them.
        effective_samples: independent samples that all lanes together drew on the chip, or None when not defined.
        delivered_samples: the same for what reached the host.
        sampling: why `effective_samples` is what it is: "resolved", "at least" (a bound), "unresolved: why",
            "withheld: why", "not recorded", "not defined".
        without_block: effective samples of one lane, estimated without each block of lanes, for intervals.
        single_sample: how good one read sample is on its own.
        success: how many repetitions reached the target, or None where there is none.
        restart: whether a restart on the way to a solution loads the problem again.
        methods: ways to the same answer, priced beside the chip.
        step: what a repetition is made of, or None.
        problem_size: (spins, couplings) of the problem as it was given, or None.
        arrays: what is stored beside the figures, by name.
        answers: how many a repetition gives.
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
    problem_size: tuple[int, int] | None = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    answers: int = 1
