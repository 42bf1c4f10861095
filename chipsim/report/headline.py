"""The headline of a run: what a person wants to know first, as named lines."""

from __future__ import annotations

from collections.abc import Iterator

from chipsim.ledger.core import Bounds
from chipsim.ledger.priced import PricedMethod
from chipsim.report.sections import fact_text
from chipsim.results.explain import limit_step
from chipsim.results.summary import Summary
from chipsim.units import show, show_count
from chipsim.workloads.sections import Facts

# Limits that a line has room for.
MAX_LIMITS = 3

Line = tuple[str, str]


def title(summary: Summary) -> str:
    """What ran, at which prices, how often."""
    request = summary.core.request
    lanes = f"{request.lanes} lane{'' if request.lanes == 1 else 's'}"
    of = f"prices {summary.priced.prices}, {lanes}, seed {request.seed}"
    return f"{request.chip} on {summary.workload.name}, {of}"


def headline(summary: Summary) -> list[Line]:
    """(name, text): cost per repetition, time, samples, what the workload says, cost of an answer, limits."""
    return [
        ("energy", _energy(summary)),
        ("time", _time(summary)),
        *_samples(summary),
        *_workload_lines(summary),
        *_step(summary),
        *(("method", _method(method)) for method in summary.priced.methods),
        *_solution(summary),
        ("answer", _answers(summary)),
        ("limit", _limit(summary)),
        *key_lines(summary),
    ]


def _energy(summary: Summary) -> str:
    priced = summary.priced
    ci, (low, high) = priced.energy_ci95_j, priced.energy_price_range_j
    interval = f" +- {show(ci, 'J', 2)} (95 %, lanes)" if ci is not None else ""
    bounds = f"{show(low, 'J', 3)} to {show(high, 'J', 3)} (prices)"
    rest = f"; the system takes {show(priced.outside_scope_j, 'J')} more" if priced.scope != "system" else ""
    return f"{show(priced.energy_j, 'J')} per repetition{interval}, {bounds}; scope {priced.scope}{rest}"


def _time(summary: Summary) -> str:
    work = summary.core.work
    share = f"{work.toggles / work.updates:.1%}" if work.updates else ""
    done = f"{work.updates:,} updates, {share} of them toggles" if work.updates else "relaxation"
    return f"{show(work.elapsed_s, 's')} simulated; {done}"


def _samples(summary: Summary) -> Iterator[Line]:
    """Effective and delivered samples with their energies, or why there are none; nothing of what draws none."""
    answers, cost = summary.core.answers, summary.priced.sample
    told = []
    if answers.effective_samples:
        ci = cost.joules_per_effective_sample_ci95_j
        interval = f" +- {show(ci, 'J', 2)}" if ci is not None else ""
        each = f"{show(cost.joules_per_effective_sample, 'J')}{interval} each"
        each += _by_prices(cost.joules_per_effective_sample_price_range_j)
        least, most = ("at least ", "at most ") if answers.sampling == "at least" else ("", "")
        count = show_count(round(answers.effective_samples))
        told.append(f"{least}{count} effective on the chip, {most}{each}")
    elif answers.sampling != "not defined":
        told.append(f"effective samples {answers.sampling}")
    if answers.delivered_samples:
        each = f"{show(cost.joules_per_delivered_sample, 'J')} each"
        told.append(f"{show_count(round(answers.delivered_samples))} delivered to the host, {each}")
    if told:
        yield "samples", "; ".join(told)


def _by_prices(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f" ({show(bounds[0], 'J', 3)} to {show(bounds[1], 'J', 3)} by prices)"


def _workload_lines(summary: Summary) -> Iterator[Line]:
    """The facts that the workload states."""
    for section in summary.workload.sections:
        if isinstance(section, Facts):
            yield from ((fact.name, fact_text(fact)) for fact in section.facts)


def _step(summary: Summary) -> Iterator[Line]:
    step = summary.core.answers.step
    if step is not None:
        costs = ((summary.priced.energy_j, "J"), (summary.core.work.elapsed_s, "s"))
        yield "step", f"{', '.join(show(cost / step.count, unit) for cost, unit in costs)} per {step.name}"


def _method(method: PricedMethod) -> str:
    told = [f"error {method.error:.3g}"] if method.error is not None else []
    if method.energy_j is not None:
        told.append(f"{show(method.energy_j, 'J')} ({method.covers})")
    told += [show(method.time_s, "s")] if method.time_s is not None else []
    told += [f"{method.macs:,} multiply-adds"] if method.macs is not None else []
    return f"{method.method}: {', '.join(told)}"


def _solution(summary: Summary) -> Iterator[Line]:
    chance, time = summary.core.answers.success_probability, summary.core.answers.time_to_solution_s
    energy = summary.priced.answer.energy_to_solution_j
    if chance is None or time is None or energy is None:
        return
    solved = f"{chance.value:.1%} of repetitions ({chance.low:.1%} to {chance.high:.1%})"
    policy = {"keep": ", restarts keep the load", "reload": ", each restart loads again"}
    prices = _by_prices(summary.priced.answer.energy_to_solution_price_range_j)
    costs = f"{_span(time, 's')}, {_span(energy, 'J')}{prices}{policy.get(summary.core.answers.restart, '')}"
    yield "solved", f"{solved}; to solution at 99 %: {costs}"


def _span(cost: Bounds, unit: str) -> str:
    if cost.value is None:
        return f"more than {show(cost.low, unit, 3)}"
    high = "unbounded" if cost.high is None else show(cost.high, unit, 3)
    return f"{show(cost.value, unit, 3)} ({show(cost.low, unit, 3)} to {high})"


def _answers(summary: Summary) -> str:
    """Energy with its range, and time, of one answer at each number of jobs per load."""
    cost, times = summary.priced.answer, summary.core.work.time_per_job_s
    parts = []
    for jobs, energy in cost.energy_per_job_j.items():
        low, high = cost.energy_per_job_range_j[jobs]
        span = f"{show(energy, 'J')} ({show(low, 'J', 3)} to {show(high, 'J', 3)})"
        parts.append(f"{span}, {show(times[jobs], 's')} at {int(jobs):,}")
    return "; ".join(parts) + " jobs per load"


def _limit(summary: Summary) -> str:
    """What the run waits for, and the next limits; more than a line of them stand on the page."""
    work = summary.core.work
    if not work.limit.steps:
        return "not known: the bill was put together from parts" if work.elapsed_s else "nothing takes time"
    return "; then ".join(limit_step(step) for step in work.limit.steps[:MAX_LIMITS])


def key_lines(summary: Summary) -> Iterator[Line]:
    """The four figures without which a low-power claim means little: values with what they mean, or why not."""
    figures = summary.priced.key_figures
    reads, single = figures.samples_per_answer, figures.single_sample_quality
    mapping, digital = figures.mapping_cost, figures.auxiliary_digital
    yield "reads", reads.meaning if reads.value is None else f"{reads.value:,} ({reads.meaning})"
    yield "single", single.meaning if single.value is None else f"{single.value:.4g} ({single.meaning})"
    cells, couplers = mapping.cells_per_spin, mapping.couplers_per_edge
    known = cells is not None and couplers is not None
    native = f"{cells:.3g} cells a spin, {couplers:.3g} couplers an edge ({mapping.meaning})" if known else ""
    yield "mapping", native or mapping.meaning
    energy, time = digital.energy_share, digital.time_share
    if energy is None or time is None:
        yield "digital", digital.meaning
    else:
        yield "digital", f"{percent(energy)} of energy, {percent(time)} of time ({digital.meaning})"


def percent(share: float) -> str:
    """A share that is not rounded away while it is there."""
    if share == 0 or share >= 0.1:
        return f"{share:.1%}"
    return f"{share:.2%}" if share >= 0.0001 else "<0.01%"
