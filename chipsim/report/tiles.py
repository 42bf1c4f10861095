"""The four tiles that open the page of a run: energy, time, quality, and what dominates the uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chipsim.report.headline import dominant_price, jobs_shown, percent, repetition
from chipsim.report.sections import fact_text, show_value
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show, show_chance, show_count, show_interval
from chipsim.workloads.sections import Facts


@dataclass(frozen=True)
class Tile:
    """A tile: what it is about, its figure, and lines below."""

    name: str
    figure: str
    lines: tuple[str, ...]


def tiles(summary: Summary) -> list[Tile]:
    """The tiles, from left to right."""
    return [_energy(summary), _time(summary), _quality(summary), _uncertainty(summary)]


def _energy(summary: Summary) -> Tile:
    priced = summary.priced
    low, high = priced.energy_price_range_j
    interval = show_interval(priced.energy_ci95_j, priced.energy_j, "J")
    lines = [f"{repetition(summary)}, scope {priced.scope}", f"{show(low, 'J')} to {show(high, 'J')} by prices"]
    if interval:
        lines.append(f"{interval.strip()} over {summary.core.request.lanes:,} lanes (95 %)")
    elif priced.energy_ci95_j is not None:
        lines.append(f"the same in all {summary.core.request.lanes:,} lanes, to these digits")
    return Tile("Energy", show(priced.energy_j, "J"), tuple(lines))


def _time(summary: Summary) -> Tile:
    work = summary.core.work
    lines, jobs = [f"simulated, {repetition(summary)}"], jobs_shown(summary)
    if len(jobs) > 1:
        lines.append(f"{show(work.time_per_job_s[jobs[-1]], 's')} per answer at {int(jobs[-1]):,} jobs per load")
    lines += [f"{show(piece.time_s, 's')} per {name}" for name, piece in list(summary.priced.pieces.items())[:1]]
    if work.updates:
        lines.append(f"{work.updates:,} updates in all lanes, {rounded(work.toggles / work.updates, '.1%')} toggles")
    return Tile("Time", show(work.elapsed_s, "s"), tuple(lines))


def _quality(summary: Summary) -> Tile:
    """The first of these that the run has: success, effective samples, error of the answer, a fact of the workload."""
    answers, block = summary.core.answers, summary.workload
    facts = [f for section in block.sections if isinstance(section, Facts) for f in section.facts]
    notes = tuple(f"{fact.name}: {fact_text(fact)}" for fact in facts)
    chance = answers.success_probability
    if chance is not None and chance.value is not None:
        bounds = (
            f"of repetitions reach the target ({rounded(chance.low, '.1%')} to {rounded(chance.high, '.1%')}, 95 %)"
        )
        return Tile("Quality", rounded(chance.value, ".1%"), (bounds, *notes[:1]))
    if answers.effective_samples:
        least = "at least " if answers.sampling == "at least" else ""
        lines = ["effective samples in all lanes", *notes[:1], *_held(summary)]
        return Tile("Quality", least + show_count(round(answers.effective_samples)), tuple(lines))
    known = next((fact for fact in facts if fact.value is not None), None)
    if known is not None:
        figure = show_value(known.value, known.unit, known.digits)
        rest = known.note.lstrip(",; ")
        return Tile("Quality", figure, (f"{known.name} {rest}".strip(), *_sampling(summary), *_held(summary)))
    return Tile("Quality", "not defined", (*_sampling(summary), *notes[:1], *_held(summary)))


def _sampling(summary: Summary) -> Iterator[str]:
    sampling = summary.core.answers.sampling
    if sampling != "not defined":
        yield f"effective samples {sampling}"


def _held(summary: Summary) -> Iterator[str]:
    quality = summary.core.work.quality
    if quality is not None:
        wrong = show_chance(quality.read_error_probability)
        yield f"largest weight error {rounded(quality.weight_error, '.3g')}; wrong read bit {wrong}"


def _uncertainty(summary: Summary) -> Tile:
    """Prices or sampling, whichever is wider; and how much rests on assumed prices."""
    priced, main = summary.priced, dominant_price(summary)
    assumed = f"{percent(priced.share_by_grade['assumed'])} of the energy rests on assumed prices"
    low, high = priced.energy_price_range_j
    sampling_j = 2 * (priced.energy_ci95_j or 0.0)
    if sampling_j > high - low:
        return Tile(
            "Largest uncertainty", "sampling", (f"{show(sampling_j, 'J', 2)} wide, wider than by prices", assumed)
        )
    if main is None:
        return Tile("Largest uncertainty", "unknown", ("no price has bounds", assumed))
    alone = f"alone it moves the energy from {show(main.low_j, 'J')} to {show(main.high_j, 'J')}"
    lines = (f"{percent(main.share)} of the range by prices; grade {main.grade}", alone, assumed)
    return Tile("Largest uncertainty", f"price {main.name}", lines)
