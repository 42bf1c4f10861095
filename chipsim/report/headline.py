"""The headline of a run: its first figures as named lines, all of them or as many as a screen holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from chipsim.ledger.core import Bounds
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.priced import PricedMethod
from chipsim.report.sections import fact_text
from chipsim.results.explain import limit_step
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show, show_count, show_interval, show_number
from chipsim.workloads.sections import Facts

# Bottlenecks that a line has room for.
MAX_LIMITS = 3
# Facts of the workload that a screen has room for.
MAX_FACTS = 3

Line = tuple[str, str]


def title(summary: Summary) -> str:
    """Chip and workload, with the settings."""
    return f"{summary.core.request.chip} on {summary.workload.name}, {settings(summary)}"


def settings(summary: Summary) -> str:
    """Prices, lanes and seed."""
    request = summary.core.request
    lanes = f"{request.lanes} lane{'' if request.lanes == 1 else 's'}"
    return f"prices {summary.priced.prices}, {lanes}, seed {request.seed}"


def headline(summary: Summary) -> list[Line]:
    """(name, text): energy and time of a repetition, samples, facts of the workload, cost of an answer, bottlenecks."""
    return [
        ("energy", _energy(summary)),
        ("time", _time(summary)),
        *_samples(summary),
        *_workload_lines(summary),
        *_native(summary),
        *_pieces(summary),
        *(("method", _method(method)) for method in summary.priced.methods),
        *_solution(summary),
        *_answers(summary),
        ("bottleneck", _bottlenecks(summary)),
        *key_lines(summary),
    ]


def brief(summary: Summary) -> list[Line]:
    """The lines of the headline that a screen of 24 lines has room for, each short."""
    priced = summary.priced
    low, high = priced.energy_price_range_j
    interval = show_interval(priced.energy_ci95_j, priced.energy_j, "J")
    interval += " (95 %)" if interval else ""
    main = dominant_price(summary)
    owed = "" if main is None else f"; mostly {main.name} ({percent(main.share)} of the range)"
    return [
        ("energy", f"{show(priced.energy_j, 'J')} {repetition(summary)}{interval}, scope {priced.scope}"),
        ("by prices", f"{show(low, 'J')} to {show(high, 'J')}{owed}"),
        ("time", _time(summary)),
        ("bottleneck", _bottlenecks(summary, 1)),
        *((name, text.replace(" on the chip", "")) for name, text in _samples(summary, ranges=False)),
        *_workload_lines(summary, MAX_FACTS),
        *_pieces(summary, ranges=False),
        *_solution(summary, ranges=False),
        *_answers(summary, brief=True),
    ]


def repetition(summary: Summary) -> str:
    """What the energy and the time of a summary are those of."""
    return "for the training" if summary.core.answers.is_training else "per repetition"


def jobs_shown(summary: Summary) -> list[str]:
    """Numbers of jobs per load of the weights at which an answer has costs of its own; only 1 where none is shared."""
    energies, times = summary.priced.answer.energy_per_job_j, summary.core.work.time_per_job_s
    jobs = list(energies)
    shared = len({*energies.values()}) > 1 or len({*times.values()}) > 1
    return jobs if shared and not summary.core.answers.is_training else jobs[:1]


@dataclass(frozen=True)
class PriceSwing:
    """The price whose bounds move the energy most.

    Attributes:
        name: of the price, as the ledger names it.
        grade: of its source.
        low_j, high_j: energy of the ledger with this price at its ends, all others as they are.
        share: its range over the sum of the ranges of all prices, 0 to 1.
    """

    name: str
    grade: str
    low_j: float
    high_j: float
    share: float


def dominant_price(summary: Summary) -> PriceSwing | None:
    """The price that dominates the range of the energy; None where no price has bounds."""
    by_price: dict[str, list[LedgerRow]] = {}
    for row in summary.priced.ledger:
        if row.energy_j is not None:
            by_price.setdefault(row.price, []).append(row)
    swings = {name: math.fsum(row.high_j - row.low_j for row in rows) for name, rows in by_price.items()}
    widest = max(swings, key=lambda name: swings[name], default="")
    if not swings.get(widest):
        return None
    rows, total = by_price[widest], summary.priced.energy_j
    energy = math.fsum(row.energy_j or 0.0 for row in rows)
    ends = (total - energy + math.fsum(row.low_j for row in rows), total - energy + math.fsum(r.high_j for r in rows))
    return PriceSwing(widest, rows[0].grade, *ends, swings[widest] / math.fsum(swings.values()))


def _energy(summary: Summary) -> str:
    priced = summary.priced
    low, high = priced.energy_price_range_j
    interval = show_interval(priced.energy_ci95_j, priced.energy_j, "J")
    interval += " (95 %, lanes)" if interval else ""
    bounds = f"{show(low, 'J')} to {show(high, 'J')} (prices)"
    rest = f"; the rest of the system takes {show(priced.outside_scope_j, 'J')}" if priced.scope != "system" else ""
    return f"{show(priced.energy_j, 'J')} {repetition(summary)}{interval}, {bounds}; scope {priced.scope}{rest}"


def _time(summary: Summary) -> str:
    work = summary.core.work
    share = rounded(work.toggles / work.updates, ".1%") if work.updates else ""
    done = f"{work.updates:,} updates, {share} of them toggles" if work.updates else "no p-bit updates"
    one_chip = " on one chip" if summary.core.answers.is_training else ""
    return f"{show(work.elapsed_s, 's')} simulated{one_chip}; {done}"


def _samples(summary: Summary, ranges: bool = True) -> Iterator[Line]:
    """Effective and delivered samples with their energies, or why there are none; nothing where none are drawn."""
    answers, cost = summary.core.answers, summary.priced.sample
    parts = []
    if answers.effective_samples:
        energy = cost.joules_per_effective_sample
        interval = show_interval(cost.joules_per_effective_sample_ci95_j, energy, "J")
        each = f"{show(energy, 'J')}{interval} each"
        each += _by_prices(cost.joules_per_effective_sample_price_range_j) if ranges else ""
        least, most = ("at least ", "at most ") if answers.sampling == "at least" else ("", "")
        count = show_count(round(answers.effective_samples))
        parts.append(f"{least}{count} effective on the chip, {most}{each}")
    elif answers.sampling != "not defined":
        parts.append(f"effective samples {answers.sampling}")
    if answers.delivered_samples:
        each = f"{show(cost.joules_per_delivered_sample, 'J')} each"
        where = " to the host" if ranges else ""
        parts.append(f"{show_count(round(answers.delivered_samples))} delivered{where}, {each}")
    if parts:
        yield "samples", "; ".join(parts)


def _by_prices(bounds: tuple[float, float] | None, digits: int = 4) -> str:
    """The range of a value that is printed with as many digits, so that rounding moves none beyond the other."""
    if bounds is None:
        return ""
    return f" ({show(bounds[0], 'J', digits)} to {show(bounds[1], 'J', digits)} by prices)"


def _workload_lines(summary: Summary, most: int | None = None) -> Iterator[Line]:
    """The facts that the workload states: all of them, or so many and beyond them the vital ones."""
    stated = [fact for section in summary.workload.sections if isinstance(section, Facts) for fact in section.facts]
    for place, fact in enumerate(stated):
        if most is None or place < most or fact.vital:
            yield fact.name, fact_text(fact)


def _pieces(summary: Summary, ranges: bool = True) -> Iterator[Line]:
    """Cost of a step and of the other pieces of a repetition, and of one use of the result of a training."""
    request, priced = summary.core.request, summary.priced
    use = priced.use
    for number, (name, piece) in enumerate(priced.pieces.items()):
        prices = _by_prices(piece.energy_price_range_j) if ranges else ""
        uses = f"{show_number(piece.energy_j / use.energy_j)} {use.name}s" if use and use.energy_j else ""
        equal = f", as much energy as {uses}" if uses else ""
        cost = f"{show(piece.energy_j, 'J')}{prices}, {show(piece.time_s, 's')} per {name}{equal}"
        yield name if number else "step", f"{cost}; {piece.count:,} of them" if piece.count > 1 else cost
    if use is not None and use.uses is not None:
        prices = _by_prices(use.energy_price_range_j) if ranges else ""
        each = f"{show(use.energy_j, 'J')}{prices}, {show(use.time_s, 's')} at {request.jobs_per_load:,} per load"
        yield use.name, f"{each}; the training takes as much energy as {show_number(use.uses)} of them"


def _native(summary: Summary) -> Iterator[Line]:
    """Energy of the native chip of a comparison, beside that of the mapped one."""
    native = summary.priced.native
    if native is None:
        return
    own, mapped = (show(joules, "J") for joules in (native.energy_per_sweep_j, native.mapped_energy_per_sweep_j))
    if native.joules_per_effective_sample is None or native.times is None:
        yield "native", f"{own} a sweep on the native chip, {mapped} with the mapping, reads included"
        return
    error = "" if native.times_ci95 is None else f" +- {rounded(native.times_ci95, '.2g')} (95 %)"
    each = f"{own} a sweep, {show(native.joules_per_effective_sample, 'J')} an effective sample on the native chip"
    its = f"{mapped} and {show(native.mapped_joules_per_effective_sample, 'J')} with the mapping"
    yield "native", f"{each}; {its}, {rounded(native.times, '.3g')}{error} times"


def _method(method: PricedMethod) -> str:
    parts = [f"error {rounded(method.error, '.3g')}"] if method.error is not None else []
    if method.energy_j is not None:
        parts.append(f"{show(method.energy_j, 'J')} ({method.covers})")
    parts += [show(method.time_s, "s")] if method.time_s is not None else []
    parts += [f"{method.macs:,} multiply-adds"] if method.macs is not None else []
    return f"{method.method}: {', '.join(parts)}"


def _solution(summary: Summary, ranges: bool = True) -> Iterator[Line]:
    chance, time = summary.core.answers.success_probability, summary.core.answers.time_to_solution_s
    energy = summary.priced.answer.energy_to_solution_j
    if chance is None or time is None or energy is None:
        return
    solved = (
        f"{rounded(chance.value, '.1%')} of repetitions ({rounded(chance.low, '.1%')} to {rounded(chance.high, '.1%')})"
    )
    if not ranges:
        yield "solved", solved
        yield "solution", f"{show_bounds(time, 's')}, {show_bounds(energy, 'J')} for one at 99 %"
        return
    policy = {"keep": ", restarts keep the load", "reload": ", each restart loads again"}
    prices = _by_prices(summary.priced.answer.energy_to_solution_price_range_j, 3)
    costs = (
        f"{show_bounds(time, 's')}, {show_bounds(energy, 'J')}{prices}{policy.get(summary.core.answers.restart, '')}"
    )
    yield "solved", f"{solved}; to solution at 99 %: {costs}"


def _middle(cost: Bounds, unit: str) -> str:
    return f"more than {show(cost.low, unit, 3)}" if cost.value is None else show(cost.value, unit, 3)


def show_bounds(cost: Bounds, unit: str) -> str:
    """A cost to solution with its 95 % interval, or its lower bound where it was never reached."""
    if cost.value is None:
        return _middle(cost, unit)
    high = "unbounded" if cost.high is None else show(cost.high, unit, 3)
    return f"{show(cost.value, unit, 3)} ({show(cost.low, unit, 3)} to {high})"


def _answers(summary: Summary, brief: bool = False) -> Iterator[Line]:
    """Energy with its range, and time, of one answer at each number of jobs per load, or at the largest; a training
    gives none.
    """
    cost, times = summary.priced.answer, summary.core.work.time_per_job_s
    if summary.core.answers.is_training:
        return
    shown, parts = jobs_shown(summary), []
    for jobs in shown[-1:] if brief else shown:
        low, high = cost.energy_per_job_range_j[jobs]
        span = "" if brief else f" ({show(low, 'J')} to {show(high, 'J')})"
        count = f" at {int(jobs):,}" if len(shown) > 1 else ""
        parts.append(f"{show(cost.energy_per_job_j[jobs], 'J')}{span}, {show(times[jobs], 's')}{count}")
    loads = "jobs per load of the weights" if brief else "jobs per load"
    yield "answer", f"{'; '.join(parts)} {loads if len(shown) > 1 else ''}".strip()


def _bottlenecks(summary: Summary, most: int = MAX_LIMITS) -> str:
    """The bottleneck and those behind it; the page has all of them."""
    work = summary.core.work
    if not work.limit.steps:
        return "not known: this result sums separate runs" if work.elapsed_s else "none: nothing takes time"
    return "; then ".join(limit_step(step) for step in work.limit.steps[:most])


def bottleneck_sentence(summary: Summary) -> str:
    """The first bottleneck in one sentence, with the one behind it."""
    work = summary.core.work
    if not work.limit.steps:
        return f"Bottleneck: {_bottlenecks(summary)}."
    first, *rest = work.limit.steps
    where = f"{' and '.join(first.resources)} ({', '.join(first.operations)})"
    saved = f"removing {'it' if len(first.resources) == 1 else 'them'} saves {show(first.gain_s, 's')} of "
    then = f"; the next bottleneck is {' and '.join(rest[0].resources)}" if rest else ""
    return f"Bottleneck: {where}; {saved}{show(work.elapsed_s, 's')} ({show(first.elapsed_s, 's')} remain){then}."


def key_lines(summary: Summary) -> Iterator[Line]:
    """The four figures without which a low-power claim means little: values with what they mean, or why not."""
    figures = summary.priced.key_figures
    reads, single = figures.samples_per_answer, figures.single_sample_quality
    mapping, digital = figures.mapping_cost, figures.auxiliary_digital
    yield "reads", reads.meaning if reads.value is None else f"{show_number(reads.value)} ({reads.meaning})"
    yield "single", single.meaning if single.value is None else f"{rounded(single.value, '.4g')} ({single.meaning})"
    cells, couplers = mapping.cells_per_spin, mapping.couplers_per_edge
    known = cells is not None and couplers is not None
    native = (
        f"{rounded(cells, '.3g')} cells a spin, {rounded(couplers, '.3g')} couplers an edge ({mapping.meaning})"
        if known
        else ""
    )
    yield "mapping", native or mapping.meaning
    energy, time = digital.energy_share, digital.time_share
    if energy is None or time is None:
        yield "digital", digital.meaning
    else:
        yield "digital", f"{percent(energy)} of energy, {percent(time)} of time ({digital.meaning})"


def percent(share: float) -> str:
    """A share of one; small ones keep their digits, and are never shown as 0."""
    if share == 0 or share >= 0.1:
        return rounded(share, ".1%")
    return rounded(share, ".2%") if share >= 0.0001 else "<0.01%"
