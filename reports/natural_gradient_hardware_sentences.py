"""What `natural_gradient.py` says of limits of the hardware: bits, mismatch, disturbances, curvatures that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from natural_gradient_figures import Refusal, Rounding, Row, Rows, section, seeds_of
from natural_gradient_sentences import half_width, lowered, named, told
from natural_gradient_trials import DAMPING, PLAIN

from chipsim.rounding import rounded
from chipsim.statistics.intervals import mean_ci95


def hardware_sentences(rows: Rows, roundings: Sequence[Rounding]) -> Iterator[str]:
    """Bits, mismatch and disturbances against the chip with none of these limits; and curvature that is kept."""
    reference = section(rows, "time")["50 tau"]
    titles = {
        "converters": "Bits of both converters",
        "couplers": "Bits of the couplers",
        "mismatch": "Mismatch of the resistors",
        "disturbance": "A disturbance of all readings at once",
    }
    for name, title in titles.items():
        found = section(rows, name).values()
        stuck = [row for row in found if row.stuck]
        refused = [r.setting for r in rows if isinstance(r, Refusal) and r.section == name and "unstable" in r.why]
        notes = [
            *([f"with {named(stuck)} the accuracy stays at {rounded(stuck[0].accuracy, '.1%')}"] if stuck else []),
            *([f"with {', '.join(refused)} the stored matrix is unstable, and the chip refuses it"] if refused else []),
        ]
        yield (
            f"{title}, 50 tau: {told(rows, name)}; resolved to be lower than the training without these limits, "
            f"{rounded(reference.accuracy, '.1%')}: "
            f"{named(lowered(found, reference))}{''.join(f'; {note}' for note in notes)}."
        )
        if name == "couplers":
            yield from rounding_sentences(rows, roundings)
    yield from reload_sentences(rows)


def rounding_sentences(rows: Rows, roundings: Sequence[Rounding]) -> Iterator[str]:
    """Why fewer bits of the couplers may work where more are refused."""
    refused = {row.setting for row in rows if isinstance(row, Refusal) and row.section == "couplers"}
    found = {f"{r.bits} bits": r for r in roundings}
    learnt = section(rows, "couplers")
    fewer = [n for n, more in pairwise(found) if n in learnt and more in refused and not learnt[n].stuck]
    more = [found[name] for name in found if name in refused]
    if not fewer or found[fewer[0]].indefinite or found[fewer[0]].kept > 1 or not all(r.indefinite for r in more):
        return
    few = found[fewer[0]]
    worse = "; ".join(f"with {r.bits} bits up to {r.kept} remain, and {r.indefinite} blocks have one" for r in more)
    rates = ", ".join(f"{rounded(r.slowest, '.2g')} ({r.bits} bits)" for r in roundings)
    yield (
        f"Why {fewer[0]} learn where {' and '.join(f'{r.bits}' for r in more)} bits are refused: each element is "
        "rounded to a code by itself, and zero is a code. H, the second derivatives of the loss by the outputs, is a "
        f"matrix of blocks. With {fewer[0]} at most {few.kept} element beside the diagonal remains in a row, no larger "
        f"than the diagonal, so no block has a negative eigenvalue; {worse} (of {few.blocks:,} blocks, an image each), "
        "since what is rounded away from 0 in a row adds up to more than its diagonal. The smallest rate of the stored "
        f"matrix of these batches, in 1/tau, is {rates}; unrounded it is {DAMPING:g}, the damping, and below 0 the "
        f"network is unstable. So {fewer[0]} are stable, not accurate."
    )


def reload_sentences(rows: Rows) -> Iterator[str]:
    """A curvature that several batches share."""
    several = seeds_of(rows, "reload")
    plain, fresh = several[PLAIN], several["every 1"]
    kept = {name: found for name, found in several.items() if name not in (PLAIN, "every 1")}
    means = ", ".join(f"{mean_of(found)} ({name})" for name, found in several.items() if name != PLAIN)
    worse = [f"{name} ({points(gap(fresh, found))})" for name, found in kept.items() if resolved(gap(fresh, found))]
    below = [f"{name} ({points(gap(plain, found))})" for name, found in kept.items() if resolved(gap(plain, found))]
    verdict = (
        f"lower than with one a batch, in percentage points: {', '.join(worse)}"
        if worse
        else ("no loss by reuse is resolved")
    )
    if below:
        verdict += f"; lower even than gradient descent without the chip ({mean_of(plain)}): {', '.join(below)}"
    pairs = [(a, b) for i, a in enumerate(kept) for b in list(kept)[i + 1 :]]
    apart = [f"{a} and {b}" for a, b in pairs if resolved(gap(kept[a], kept[b])) or resolved(gap(kept[b], kept[a]))]
    order = (
        f" Among these, {', '.join(apart)} differ."
        if apart
        else (f" No order of {', '.join(kept)} among themselves is resolved." if pairs else "")
    )
    yield (
        f"A curvature that is loaded every n batches, 50 tau, means of {len(fresh)} trainings that differ in first "
        f"weights and batches: {means}; {verdict}. Intervals are of 95 % over these trainings, those of differences "
        f"(between trainings with the same first weights and batches) also over the test images.{order}"
    )


def mean_of(trainings: Sequence[Row]) -> str:
    """Mean accuracy with its interval over the trainings."""
    values = np.array([row.accuracy for row in trainings])
    return f"{rounded(values.mean(), '.1%')} +- {rounded(mean_ci95(values) or 0.0, '.1%')}"


def gap(higher: Sequence[Row], lower: Sequence[Row]) -> tuple[float, float]:
    """(mean, half width of its 95 % interval) of how much lower accuracies of the same seeds are."""
    pairs = list(zip(higher, lower, strict=True))
    assert all(a.seed == b.seed for a, b in pairs)
    values = np.array([a.accuracy - b.accuracy for a, b in pairs])
    # All are judged by the same test images, over which a mean of trainings is no more certain than one.
    return float(values.mean()), float(np.hypot(mean_ci95(values) or 0.0, max(half_width(a, b) for a, b in pairs)))


def resolved(found: tuple[float, float]) -> bool:
    """Whether a gap is larger than its interval."""
    return found[0] > found[1]


def points(found: tuple[float, float]) -> str:
    """A gap in percentage points."""
    return f"by {rounded(100 * found[0], '.1f')} +- {rounded(100 * found[1], '.1f')}"
