"""What `fabric.py` concludes, each sentence from the figures that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fabric_runs import LAWS, Bits, Order, Point

from chipsim.units import show

# Error of the moments, in standard deviations of a sample, below which an operating point counts as right.
RIGHT = 0.05


def law_sentences(points: Sequence[Point]) -> Iterator[str]:
    """Where each law is at the floor, and how far it is off where it is not."""
    for law in LAWS:
        mine = [point for point in points if point.law == law]
        off = [p for p in mine if p.small["total_variation"] > p.small["total_variation_floor_high"]]
        if not off:
            yield f"{law}: at the floor of a perfect sampler at every phase, on nine cells."
            continue
        worst = max(off, key=lambda p: p.small["total_variation"])
        last = max(off, key=lambda p: p.phase)
        value, beta = worst.small["total_variation"], worst.small["fitted_beta"]
        text = f"{law}: furthest from Boltzmann's law at a phase of {worst.phase:g} tau0 (total variation {value:.3f}"
        text += f", floor {worst.small['total_variation_floor']:.3f}; beta 0.8 fits as {beta:.3f})"
        ends = "at no phase at the floor" if last.phase == mine[-1].phase else f"off up to {last.phase:g} tau0"
        yield f"{text}, {ends}."


def best_point(points: Sequence[Point]) -> Point | None:
    """The point with the least joules per effective sample among those whose error is below `RIGHT`."""
    fit = [
        point
        for point in points
        if point.joules is not None and point.error is not None and point.error.error.high < RIGHT
    ]
    return min(fit, key=lambda point: point.joules or 0.0, default=None)


def operating_sentences(points: Sequence[Point]) -> Iterator[str]:
    """The best phase of the chip under the law that it assumes, and why; and under the telegraph law."""
    for law in ("redraw", "telegraph"):
        mine = [point for point in points if point.law == law]
        best = best_point(mine)
        if best is None or best.joules is None:
            yield f"dtca-70 with {law} noise: no phase has an error surely below {RIGHT} deviations of a sample."
            continue
        known = [point for point in mine if point.joules is not None]
        cheapest = min(known, key=lambda point: point.joules or 0.0)
        text = (
            f"dtca-70 with {law} noise is best at {best.phase:g} tau0: {show(best.joules, 'J', 3)} per effective sample"
        )
        text += f" at an error surely below {RIGHT} (tau_int {best.tau or 0.0:.3g} sweeps)"
        if cheapest is best:
            side = [point for point in known if point.phase != best.phase]
            dearer = max(side, key=lambda point: point.joules or 0.0) if side else best
            text += f"; at {dearer.phase:g} tau0 a sample takes {show(dearer.joules or 0.0, 'J', 3)}"
            text += ", since " + (
                "noise repeats itself in shorter phases" if dearer.phase < best.phase else "cells draw power for longer"
            )
        else:
            text += f"; {cheapest.phase:g} tau0 is cheaper ({show(cheapest.joules or 0.0, 'J', 3)}), and wrong"
        yield f"{text}."


def bit_sentences(rows: Sequence[Bits]) -> Iterator[str]:
    """The fewest bits that are not told from 16."""
    lost = [row for row in rows if row.error is not None and row.error.is_resolved]
    fine = [row for row in rows if row.error is not None and not row.error.is_resolved]
    enough = next((row for row in fine if all(row.bits > other.bits for other in lost)), None)
    if lost and lost[0].error is not None:
        yield (
            f"Gaussian weights of {lost[0].bits} bits are off by {lost[0].error.error.value:.2f} standard deviations "
            f"of a sample; those of {lost[-1].bits} bits are the finest that are told from 16 bits."
        )
    if enough is not None and enough.error is not None:
        high = enough.error.error.high
        yield f"{enough.bits} bits suffice: their error is below {high:.2g} standard deviations of a sample."


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
