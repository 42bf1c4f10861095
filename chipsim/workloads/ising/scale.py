"""A common factor for all weights of a problem, with beta divided by it.

P(s) ~ exp(-beta E(s)) is invariant if E is multiplied by a factor and beta divided by it; the codes of a chip are not.
`auto` is the largest factor for which all couplings and biases fit the nominal range of the chip.
"""

from __future__ import annotations

import math

import numpy as np

from chipsim.components.couplers.base import CouplerKind
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.ising.spec import LEAST_SCALE, MOST_SCALE, Scale


def factor_of(scale: Scale, problem: Problem, schedule: ScheduleSpec, coupler: CouplerKind) -> float:
    """Factor by which couplings and biases are multiplied before they are written.

    Raises:
        ProblemError: `auto` with couplers that have no range, or a factor out of bounds.
    """
    if scale == "none":
        return 1.0
    if scale != "auto":
        return float(scale)
    full, peak = coupler.largest_weight(), largest_written(problem, schedule)
    if full is None:
        raise ProblemError(
            f"{coupler.name} has no weight range to which auto could scale; set scale to a number",
            code="chip.unsuitable",
        )
    if not peak:
        return 1.0
    factor = full / peak
    if not LEAST_SCALE <= factor <= MOST_SCALE:
        weight, limit, gives = (rounded(value, ".4g") for value in (peak, full, factor))
        complaint = f"the largest weight is {weight}, the range {limit}: auto gives a factor of {gives}"
        raise ProblemError(
            f"{complaint}, outside {LEAST_SCALE:g} to {MOST_SCALE:g}; rescale the problem",
            code="data.bad-number",
        )
    # The product is rounded: the largest weight must not exceed the range by its last bit.
    while peak * factor > full:
        factor = math.nextafter(factor, 0.0)
    return factor


def largest_written(problem: Problem, schedule: ScheduleSpec) -> float:
    """The largest coupling or bias ever written, before scaling.

    A chip that rewrites its weights stores them times beta over the last beta, which exceeds the original values if the
    schedule starts colder than it ends.
    """
    peak = max(float(np.abs(values).max(initial=0.0)) for values in (problem.couplings, problem.biases))
    betas = schedule.betas
    if schedule.beta_by != "rewrite" or not betas[-1] > 0:
        return peak
    return peak * max(1.0, float(betas.max() / betas[-1]))


def scale_note(factor: float) -> str:
    """Description of the scaling; "" if there is none."""
    return "" if factor == 1 else f"weights scaled by {rounded(factor, '.6g')}, beta divided by it"
