"""What `fabric.py` concludes, each sentence from the figures that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fabric_runs import LARGE, LAWS, Bits, Order, Point

from chipsim.units import show

# Error of the moments, in standard deviations of a sample, below which samples count as right: a convention.
RIGHT = 0.05


def law_sentences(points: Sequence[Point]) -> Iterator[str]:
    """Where each law is at the floor, and how far it is off where it is not."""
    for law in LAWS:
        mine = [point for point in points if point.law == law]
        off = [p for p in mine if p.small["total_variation"] > p.small["total_variation_floor_high"]]
        if not off:
            yield f"{law}, on nine cells: at the floor of a perfect sampler at every phase."
            continue
        worst = max(off, key=lambda p: p.small["total_variation"])
        last = max(off, key=lambda p: p.phase)
        value, beta = worst.small["total_variation"], worst.small["fitted_beta"]
        text = f"{law}, on nine cells: furthest from Boltzmann's law at a phase of {worst.phase:g} tau0 "
        text += f"(total variation {value:.3f}, floor {worst.small['total_variation_floor']:.3f}; "
        text += f"beta 0.8 fits as {beta:.3f})"
        ends = "at no phase at the floor" if last.phase == mine[-1].phase else f"off up to {last.phase:g} tau0"
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
            f"Gaussian weights of {lost[0].bits} bits put {scope} off by {lost[0].error.error.value:.2f} standard "
            f"deviations of a sample; those of {lost[-1].bits} bits are the finest that are told from 16 bits."
        )
    if enough is not None and enough.error is not None:
        yield (
            f"{enough.bits} bits suffice for {scope}: their error is below {enough.error.error.high:.2g} "
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
        yield f"{text}, {best.cut:.1f} of {best.known:g}{also}; {worst.policy} least, {worst.cut:.1f}."
        fast, slow = min(mine, key=lambda row: row.seconds), max(mine, key=lambda row: row.seconds)
        times = f"{slow.policy} takes {show(slow.seconds, 's', 3)} for it, {fast.policy} {show(fast.seconds, 's', 3)}"
        yield f"On {graph} {times}."
