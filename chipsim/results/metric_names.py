"""The metrics that runs of all workloads have, with units and meanings; and which values of a metric are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_UNITS = {"j": "J", "s": "s", "w": "W", "m2": "m^2"}
_UNITS_BY_START = {"joules": "J", "seconds": "s"}


@dataclass(frozen=True)
class Metric:
    """A metric that a run may have.

    Attributes:
        name: as sweeps, constraints and `run.summary[...]` take it; `*` stands for any key of a block.
        meaning: one sentence.
        workload: type of workload that has it; "" where it belongs to no particular one.
    """

    name: str
    meaning: str
    workload: str = ""

    @property
    def unit(self) -> str:
        """SI unit, "" for a count, a ratio or a word."""
        return unit_of_metric(self.name)

    def matches(self, name: str) -> bool:
        """Whether this entry describes a metric of this name."""
        return fnmatchcase(name, self.name)


def _of(**meanings: str) -> tuple[Metric, ...]:
    return tuple(Metric(name, meaning) for name, meaning in meanings.items())


_BOUNDS = {"value": "estimate", "low": "low end of the 95 % interval", "high": "high end of the 95 % interval"}


def _bounds(name: str, meaning: str) -> tuple[Metric, ...]:
    """A metric with its 95 % interval."""
    return tuple(Metric(f"{name}.{end}", f"{meaning}: {told}") for end, told in _BOUNDS.items())


METRICS: tuple[Metric, ...] = (
    *_of(
        energy_j="energy of one repetition in the scope of the run, averaged over lanes",
        energy_ci95_j="half width of the 95 % interval of energy_j over lanes",
        total_energy_j="energy of all repetitions together, with the load of the weights shared as the workload says",
        outside_scope_j="energy of a repetition that the whole system takes beyond the scope of the run",
        always_on_energy_j="part of energy_j drawn by components that are powered all the time",
        energy_per_answer_j="energy of one answer when the weights are loaded as often as the workload says",
        elapsed_s="simulated time of one repetition, with its load of the weights",
        load_s="part of elapsed_s that only the load of the weights takes",
        batch_elapsed_s="simulated time of all repetitions, one after the other on each chip",
        joules_per_effective_sample="energy of all repetitions over their effective samples",
        joules_per_effective_sample_ci95_j="half width of the 95 % interval of joules_per_effective_sample",
        seconds_per_effective_sample="simulated time of all repetitions over their effective samples",
        seconds_per_effective_sample_ci95_s="half width of the 95 % interval of seconds_per_effective_sample",
        joules_per_delivered_sample="energy of all repetitions over the samples that reached the host error-free",
        effective_samples="independent samples that all lanes drew, by the slowest observable",
        delivered_samples="effective samples among the states read by the host, with every bit right",
        sampling="whether effective_samples is resolved, a lower bound, or withheld, and why",
        answers_per_repetition="answers that one repetition gives",
        area_m2="area of all components that have a price for it",
        updates="cell updates of all lanes",
        toggles="updates of all lanes that changed the state of a cell",
        updates_per_ns="speed of the simulator: updates per nanosecond of its kernels",
        wall_s="wall time of the simulation",
        kernel_s="wall time inside the simulation kernels",
    ),
    Metric("energy_by_group_j.*", "part of energy_j taken by one group of components, such as fabric or link"),
    Metric("energy_per_job_j.*", "energy of a repetition when one load of the weights serves 1, 100 or 10,000 of them"),
    Metric("time_per_job_s.*", "time of a repetition when one load of the weights serves 1, 100 or 10,000 of them"),
    Metric("share_by_grade.*", "share of energy_j whose prices were measured, simulated, derived or assumed"),
    Metric("*_price_range_j", "interval of an energy between the low and the high bounds of all prices"),
    Metric("limit.waits_for", "bottleneck: the component whose removal shortens the run most"),
    Metric("limit.gain_s", "time that removing the bottleneck saves"),
    Metric("limit.without_it_s", "time that remains without the bottleneck"),
    *_bounds("time_to_solution_s", "simulated time until the target is reached once with 99 % probability"),
    *_bounds("energy_to_solution_j", "energy until the target is reached once with 99 % probability"),
    *_bounds("success_probability", "probability that a repetition reads a state that reaches the target"),
    Metric("step.name", "the equal pieces that a repetition consists of, such as samples or iterations"),
    Metric("step.count", "number of these pieces in one repetition"),
    Metric("step.phases", "words with which the names of their phases begin; empty for all phases"),
    Metric("pieces.*.count", "number of pieces of one kind in one repetition: steps, tests, samples or iterations"),
    Metric("pieces.*.energy_j", "energy of one such piece"),
    Metric("pieces.*.time_s", "simulated time of one such piece"),
    Metric("is_training", "whether a repetition is a training"),
    Metric("use_gives", "what one use of the result of a training gives, such as an image"),
    Metric("use.energy_j", "energy of one use of the result of a training"),
    Metric("use.time_s", "simulated time of one use of the result of a training"),
    Metric("use.uses", "number of uses that take as much energy as the training"),
    Metric("use.name", "what one use of the result of a training gives"),
    Metric("native.energy_j", "energy of a repetition of the native chip (mapping.compare)"),
    Metric("native.energy_per_sweep_j", "energy of that chip without the load, reads included, over its sweeps"),
    Metric("native.mapped_energy_per_sweep_j", "energy of the mapped chip without the load over its sweeps"),
    Metric("native.joules_per_effective_sample", "energy of the native chip over effective samples of the spins"),
    Metric("native.mapped_joules_per_effective_sample", "energy of the mapped chip over those of its spins"),
    Metric("native.times", "native.mapped_joules_per_effective_sample over native.joules_per_effective_sample"),
    Metric("native.times_ci95", "half width of the 95 % interval of native.times, by the jackknife over lanes"),
    Metric("native_samples.sweeps", "sweeps of a repetition on both chips"),
    Metric("native_samples.spins", "effective samples of the decided spins on the mapped chip, of all lanes"),
    Metric("native_samples.native", "effective samples on the native chip, of all lanes"),
    Metric("output", "file of a training"),
    Metric("restart", "whether restarts on the way to a solution reload the problem or keep it"),
    Metric("quality.weight_error", "largest deviation of a stored coupling from the requested one"),
    Metric("quality.beta_error", "largest deviation of the realised beta from the requested one"),
    Metric("quality.full_scale_stretch", "largest requested weight over the range of the couplers"),
    Metric("quality.read_error_probability", "probability that one bit is read wrongly"),
    Metric("quality.colours", "colours of the graph: the groups of cells that latch together"),
    Metric("key_figures.samples_per_answer.value", "states that the host reads for one answer"),
    Metric("key_figures.single_sample_quality.value", "quality of a single read state; its meaning names the measure"),
    Metric("key_figures.mapping_cost.cells_per_spin", "cells of the chip per spin of the problem; 1 is native"),
    Metric("key_figures.mapping_cost.couplers_per_edge", "couplers of the chip per coupling of the problem"),
    Metric("key_figures.auxiliary_digital.time_share", "share of the time in which host, link or controller is busy"),
    Metric("key_figures.auxiliary_digital.energy_share", "share of energy_j taken by host, link and controller"),
    Metric("key_figures.*.meaning", "how a key figure is defined in this run, or why it is not"),
    Metric("run_id", "hash of the simulation and its prices"),
    Metric("activity_id", "hash of the simulation alone: runs that differ in prices share it"),
    Metric("command", "command that repeats the run"),
    *_of(
        machine="processor, operating system and Python that simulated the run",
        chip="name of the chip",
        chipsim_version="version that simulated the run",
        prices="name of the price table",
        scope="what every energy counts: fabric, chip or system",
        seed="seed of all random numbers",
        lanes="independent repetitions that were simulated",
        jobs_per_load="repetitions that share one load of the weights",
        chips="chips that share the repetitions",
    ),
    Metric("workload.name", "name of the workload"),
    Metric("workload.kind", "type of the workload"),
    Metric("fabric.*", "resolved key of the fabric"),
    Metric("technology.*", "resolved key of the technology, in SI"),
    Metric("components.*", "resolved parameter of a component, in SI"),
    Metric("workload_resolved.*", "resolved key of the workload, in SI"),
)  # fmt: skip


def unit_of_metric(metric: str) -> str:
    """SI unit of a metric, as its name says it: `energy_j`, `seconds_per_effective_sample`."""
    first, _, rest = metric.partition(".")
    return _unit_of_word(first) or _unit_of_word(rest.rpartition(".")[2])


def _unit_of_word(name: str) -> str:
    return _UNITS_BY_START.get(name.partition("_")[0]) or _UNITS.get(name.rpartition("_")[2], "")


def is_known(value: Any) -> bool:
    """Whether a metric is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
