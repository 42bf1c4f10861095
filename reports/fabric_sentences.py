"""What `fabric.py` concludes, each sentence from the figures that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fabric_late import CAUSES, Late
from fabric_runs import LARGE, LAWS, Bits, Order, Point

from chipsim.rounding import rounded
from chipsim.units import show

# Error of the moments, in standard deviations of a sample, below which samples count as right: a convention.
RIGHT = 0.05


def reading_sentences() -> Iterator[str]:
    """What the figures are of."""
    yield (
        "Distance is the total variation from Boltzmann's law on 3 x 3 cells at beta 0.8, by enumeration; the floor is "
        "that of a perfect sampler with as many samples. Error is that of the moments of a large array against one "
        "with ideal noise and no delay, in standard deviations of a sample; at most: the upper end of its 95 % "
        "interval."
    )
    yield (
        "Joules are of the fabric alone, per effective sample of the slowest observable; a sample of a wrong law costs "
        "joules, too. +- is half a 95 % interval, by jackknife over blocks of lanes. A dash: effective samples are "
        "withheld."
    )


def law_sentences(points: Sequence[Point]) -> Iterator[str]:
    """Where each law is at the floor, and how far it is off where it is not."""
    for law in LAWS:
        mine = [point for point in points if point.law == law]
        off = [p for p in mine if p.small["total_variation"] > p.small["total_variation_floor_high"]]
        if not off:
            yield f"With {law} noise, nine cells are at the floor of a perfect sampler at every phase."
            continue
        worst = max(off, key=lambda p: p.small["total_variation"])
        last = max(off, key=lambda p: p.phase)
        value, beta = worst.small["total_variation"], worst.small["fitted_beta"]
        text = f"With {law} noise, nine cells are furthest from Boltzmann's law at a phase of {worst.phase:g} tau0 "
        text += (
            f"(total variation {rounded(value, '.3f')}, floor {rounded(worst.small['total_variation_floor'], '.3f')}; "
        )
        text += f"beta 0.8 fits as {rounded(beta, '.3f')})"
        ends = "and at no phase at the floor" if last.phase == mine[-1].phase else f"and off up to {last.phase:g} tau0"
        yield f"{text}, {ends}."


def right_points(points: Sequence[Point]) -> list[Point]:
    """The points with an error surely below `RIGHT` and known joules per effective sample, cheapest first."""
    fit = [p for p in points if p.joules is not None and p.error is not None and p.error.error.high < RIGHT]
    return sorted(fit, key=lambda point: point.joules or 0.0)


def told_apart(first: Point, second: Point) -> bool:
    """Whether the 95 % intervals of joules per effective sample are known and do not overlap."""
    if first.joules is None or second.joules is None or first.half is None or second.half is None:
        return False
    return abs(first.joules - second.joules) > first.half + second.half


def operating_sentences(points: Sequence[Point]) -> Iterator[str]:
    """The phases of the chip with a small error, the cheapest of them, and those that are not told from it."""
    for law in ("redraw", "telegraph"):
        fit = right_points([point for point in points if point.law == law])
        text = f"dtca-70 with {law} noise"
        if not fit:
            yield f"{text}: no phase of the grid has an error surely below {RIGHT} deviations of a sample."
            continue
        best, *others = fit
        if not others:
            yield (
                f"{text}: {best.phase:g} tau0 is the only phase of the grid whose error is surely below {RIGHT} "
                f"deviations of a sample, at {_joules(best)} per effective sample."
            )
            continue
        alike = sorted((p for p in others if not told_apart(best, p)), key=lambda point: point.phase)
        dearer = sorted((p for p in others if told_apart(best, p)), key=lambda point: point.phase)
        text += f", phases whose error is surely below {RIGHT} deviations of a sample: "
        text += f"the least found is {_joules(best)} per effective sample at {_phase(best)}"
        text += f", not told from {_list(alike)}" if alike else ", below all others"
        text += f"; more at {_list(dearer)}" if dearer and alike else f": {_list(dearer)}" if dearer else ""
        yield f"{text} (95 % intervals)."


def reason_sentences(points: Sequence[Point]) -> Iterator[str]:
    """Which part of the ledger rises, and which falls, from the cheapest phase of dtca-70 to either side.

    On each side to the nearest phase that is told from it, else to the end of the grid.
    """
    fit = right_points([point for point in points if point.law == "redraw"])
    for shorter in (True, False) if fit else ():
        best = fit[0]
        side = [p for p in fit if (p.phase < best.phase if shorter else p.phase > best.phase)]
        if not side:
            yield f"dtca-70: the grid ends at the cheapest, {_phase(best)}; what a {_way(shorter)} phase costs is open."
            continue
        side.sort(key=lambda point: abs(point.phase - best.phase))
        other = next((p for p in side if told_apart(best, p)), side[-1])
        text = f"dtca-70, why: from {_phase(best)} to a {_way(shorter)} phase of {_phase(other)}, tau_int goes from "
        text += f"{rounded(best.tau, '.3g')} to {rounded(other.tau, '.3g')} sweeps; per effective sample "
        text += " and ".join(_moved(best, other)) or "no part of the ledger changes"
        alike = "" if told_apart(best, other) else "not told apart, "
        yield f"{text} (in all {alike}{_joules(best)} to {_joules(other)})."


def _way(shorter: bool) -> str:
    return "shorter" if shorter else "longer"


def _moved(best: Point, other: Point) -> Iterator[str]:
    """The part that rises most between two points, and the one that falls most."""
    change = {name: other.parts.get(name, 0.0) - joules for name, joules in best.parts.items()}
    for sign, verb in ((1, "rises"), (-1, "falls")):
        name = max(change, key=lambda part: sign * change[part], default=None)
        if name is not None and sign * change[name] > 0:
            ends = " to ".join(show(point.parts.get(name, 0.0), "J", 3) for point in (best, other))
            yield f"{name} {verb} most, {ends}"


def late_sentences(rows: Sequence[Late]) -> Iterator[str]:
    """For each cause: up to which ratio samples stand, what they cost, and where the law is seen to be off."""
    for cause in CAUSES:
        mine = sorted((row for row in rows if row.cause == cause), key=lambda row: row.ratio)
        fit = [row for row in mine if row.stands]
        text = f"Late fields, {cause}: "
        if fit:
            text += f"samples stand up to {fit[-1].ratio:g} of the update time of those tried"
            cheapest = min(fit, key=lambda row: row.joules or 0.0)
            half = "an interval that is not known" if cheapest.half is None else show(cheapest.half, "J", 2)
            text += f", cheapest at {cheapest.ratio:g} ({show(cheapest.joules or 0.0, 'J', 3)} +- {half} per sample)"
        else:
            text += "samples are withheld at every ratio tried"
        off = [row for row in mine if row.is_off]
        if not off:
            yield f"{text}; nine cells are at the floor at every ratio."
            continue
        first, worst = off[0], max(off, key=lambda row: row.small["total_variation"])
        text += f"; nine cells leave the floor at {first.ratio:g}"
        text += f" and are off by {rounded(worst.small['total_variation'], '.3f')} at {worst.ratio:g} (total variation)"
        wrong = [f"{row.ratio:g}" for row in fit if row.is_off]
        yield f"{text}{'; samples stand although they are off at ' + ', '.join(wrong) if wrong else ''}."


def _phase(point: Point) -> str:
    return f"{point.phase:g} tau0"


def _joules(point: Point) -> str:
    """Joules per effective sample with half the interval."""
    half = "an interval that is not known" if point.half is None else show(point.half, "J", 2)
    return f"{show(point.joules or 0.0, 'J', 3)} +- {half}"


def _list(points: Sequence[Point]) -> str:
    return ", ".join(f"{_phase(point)} ({_joules(point)})" for point in points)


def bit_sentences(rows: Sequence[Bits]) -> Iterator[str]:
    """The fewest bits that are not told from 16, by the moments that were compared."""
    lost = [row for row in rows if row.error is not None and row.error.is_resolved]
    fine = [row for row in rows if row.error is not None and not row.error.is_resolved]
    enough = next((row for row in fine if all(row.bits > other.bits for other in lost)), None)
    scope = f"moments of sums over the array at beta {LARGE['schedule.beta']:g}"
    if lost and lost[0].error is not None:
        yield (
            f"Gaussian weights of {lost[0].bits} bits put {scope} off by {rounded(lost[0].error.error.value, '.2f')} "
            f"standard deviations of a sample; those of {lost[-1].bits} bits are the finest that are told from 16 bits."
        )
    if enough is not None and enough.error is not None:
        yield (
            f"{enough.bits} bits suffice for {scope}: their error is below {rounded(enough.error.error.high, '.2g')} "
            "standard deviations of a sample. Correlations of single cells and lower temperatures were not compared."
        )


def order_sentences(rows: Sequence[Order]) -> Iterator[str]:
    """The best order on each graph at equal joules, and what the inexact ones lose."""
    for graph in dict.fromkeys(row.graph for row in rows):
        mine = [row for row in rows if row.graph == graph]
        best = max(mine, key=lambda row: row.cut)
        equal = [row.policy for row in mine if row is not best and best.cut - row.cut <= best.half + row.half]
        worst = min(mine, key=lambda row: row.cut)
        also = f", not told from {', '.join(equal)}" if equal else ""
        text = f"{graph} at {show(best.joules, 'J', 3)} an anneal: {best.policy} cuts most"
        most, least = rounded(best.cut, ".1f"), rounded(worst.cut, ".1f")
        yield f"{text}, {most} of {best.known:g}{also}; {worst.policy} least, {least}."
        fast, slow = min(mine, key=lambda row: row.seconds), max(mine, key=lambda row: row.seconds)
        times = f"{slow.policy} takes {show(slow.seconds, 's', 3)} for it, {fast.policy} {show(fast.seconds, 's', 3)}"
        yield f"On {graph} {times}."
