"""Words for keys: what axes of figures and headings of tables call a metric, or a path of a spec."""

from __future__ import annotations

# Metrics whose key does not read as words; those of workloads follow the general rule.
METRICS = {
    "energy_j": "energy per repetition",
    "elapsed_s": "time per repetition",
    "joules_per_effective_sample": "energy per effective sample",
    "seconds_per_effective_sample": "time per effective sample",
    "joules_per_delivered_sample": "energy per delivered sample",
    "energy_to_solution_j.value": "energy to solution",
    "time_to_solution_s.value": "time to solution",
    "success_probability.value": "success probability",
    "updates_per_ns": "simulated updates per ns",
    "area_m2": "area",
}
GROUPS = {
    "energy_by_group_j": "energy of {}",
    "energy_per_job_j": "energy of an answer, {} jobs per load",
    "time_per_job_s": "time of an answer, {} jobs per load",
    "share_by_grade": "share of {} prices",
}
_UNITS = ("j", "s", "w", "m2")


def metric_words(metric: str) -> str:
    """`energy per effective sample` for `joules_per_effective_sample`; a metric of no known form loses its unit."""
    if metric in METRICS:
        return METRICS[metric]
    group, _, last = metric.rpartition(".")
    if group in GROUPS:
        return GROUPS[group].format(last)
    stem, _, unit = last.rpartition("_")
    words = (stem if stem and unit in (*_UNITS, "sweeps") else last).replace("_", " ")
    return f"{words} (sweeps)" if stem and unit == "sweeps" else words


def path_words(path: str) -> str:
    """`relaxation time of cells` for the path `cells.relaxation_time` of a spec."""
    where, _, last = path.rpartition(".")
    return f"{last} of {where}".replace("_", " ") if where else last.replace("_", " ")
