"""Distortion of a problem on a chip: weights rounded to 0 or clipped, and deviations of beta."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.lateness import Late
from chipsim.compiler.netlist import Netlist
from chipsim.components.cells.base import MAX_DECISION_ERROR, CellKind
from chipsim.components.cells.fields import Fields
from chipsim.components.converters.base import BiasKind
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.workloads.ising.scale import scale_note
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.sections import Fact

# Effective samples are withheld above these.
MAX_LOST = 0.5
MAX_BETA_ERROR = 0.1
# Relative deviations above this are shown.
SHOWN_ERROR = 0.01
# More than half a step off is clipped, less is rounded; a little more for the last bits of the sum.
ROUNDED = 1 + 1e-9


@dataclass(frozen=True)
class Held:
    """Rounding of the couplings or the biases, in the units in which they are written.

    Attributes:
        asked: number of nonzero values.
        lost: number of them rounded to 0: below half a step.
        clipped: number of them stored more than half a step too small, but not as 0: beyond the range.
        largest: largest magnitude.
        next_largest: next largest magnitude; 0 if there is none.
        error: rms deviation relative to the rms of the requested values; 0 if all are 0.
        step: distance between codes.
    """

    asked: int
    lost: int
    clipped: int
    largest: float
    next_largest: float
    error: float
    step: float

    @classmethod
    def of(cls, asked: NDArray[np.float64], held: NDArray[np.float64], step: float) -> Held:
        """From requested and stored values; `step` is the distance between codes."""
        size = np.abs(asked)
        largest = float(size.max(initial=0.0))
        unit = largest or 1.0  # squares of small weights would be 0
        # In place: the weights of a large chip take most of the memory there is.
        work = held - asked
        work /= unit
        off = float(np.linalg.norm(work))
        wanted = float(np.linalg.norm(np.divide(asked, unit, out=work)))
        short = np.subtract(size, np.abs(held, out=work), out=work)
        return cls(
            asked=int(np.count_nonzero(asked)),
            lost=int(np.count_nonzero((asked != 0) & (held == 0))),
            clipped=int(np.count_nonzero((short > 0.5 * step * ROUNDED) & (held != 0))),
            largest=largest,
            next_largest=float(np.max(size, initial=0.0, where=size < largest)),
            error=off / wanted if wanted else 0.0,
            step=step,
        )


@dataclass(frozen=True)
class Distortion:
    """Stored parameters compared with requested ones.

    Attributes:
        couplings, biases: their rounding.
        stretch: range required by the weights, relative to that of the couplers.
        beta, realised_beta: the last beta, requested and realised, in the units of the problem.
        fields: that cells can have, of the weights that the chip holds, times the realised beta.
        scale: factor by which weights were multiplied, and beta divided, before rounding.
    """

    couplings: Held
    biases: Held
    stretch: float
    beta: float
    realised_beta: float
    fields: Fields
    scale: float = 1.0

    @classmethod
    def of(cls, problem: Problem, schedule: ScheduleSpec, scale: float, netlist: Netlist) -> Distortion:
        """Distortion of a problem on a chip, with weights multiplied, and beta divided, by `scale`."""
        couplings, biases = problem.couplings * scale, problem.biases * scale
        held = netlist.latched.coupler.kind.quantise(couplings, biases)
        beta = realised = float(schedule.betas[-1])
        if schedule.beta_by == "global_bias":
            realised = netlist.end("bias", BiasKind).kind.realised(beta / scale) * scale
        return cls(
            couplings=Held.of(couplings, held.couplings, held.step),
            biases=Held.of(biases, held.biases, held.bias_step),
            stretch=held.stretch,
            beta=beta,
            realised_beta=realised,
            fields=Fields(problem.edges, held.couplings, held.biases, realised / scale),
            scale=scale,
        )

    def format_bias(self, cells: CellKind) -> str:
        """Why the number format of the fields changes the law; "" if it does not."""
        return cells.bias(self.fields)

    def late_bias(self, late: Late | None, flips: NDArray[np.float64]) -> str:
        """Why fields that are late change the law; "" if they do so by a negligible amount.

        Args:
            late: what cells do not see yet; None if they see everything.
            flips: (cells,) the share of the latches of each cell that change it, or more.
        """
        error = 0.0 if late is None else self.fields.largest_sum(lambda size, other: late.moved(size, flips[other]))
        if error <= MAX_DECISION_ERROR:
            return ""
        moved = rounded(min(error, 1.0), ".2g")
        return f"fields are late, which moves the probability of a decision by up to {moved} on average"

    @property
    def beta_error(self) -> float:
        """Relative error of beta."""
        return abs(self.realised_beta - self.beta) / self.beta if self.beta else 0.0

    def figures(self) -> dict[str, Any]:
        """Figures for the block of the workload."""
        return {
            "lost_couplings": self.couplings.lost,
            "lost_biases": self.biases.lost,
            "relative_coupling_error": self.couplings.error,
            "relative_bias_error": self.biases.error,
            "beta_realised": self.realised_beta,
            "relative_beta_error": self.beta_error,
            "weight_scale": self.scale,
        }

    def doubts(self) -> str:
        """Reason why the samples do not belong to the requested problem; "" if they do."""
        for what, held in (("couplings", self.couplings), ("biases", self.biases)):
            if held.lost > MAX_LOST * held.asked:
                step = "they are below half a step; use more weight_bits, or problem.scale: auto if all are small"
                return f"{held.lost:,} of {held.asked:,} {what} are rounded to 0: {step}"
        if self.beta_error > MAX_BETA_ERROR:
            found = rounded(self._set(), ".3g")
            return f"the bias converter rounds beta {self._wanted()} to {found}; change its full_scale"
        return ""

    def _set(self) -> float:
        """Beta realised by the converter."""
        return self.realised_beta / self.scale

    def _wanted(self) -> str:
        """Beta requested from the converter, with its derivation."""
        whole = (
            f" ({rounded(self.beta, '.3g')} divided by the scale {rounded(self.scale, '.4g')})"
            if self.scale != 1
            else ""
        )
        return f"{rounded(self.beta / self.scale, '.3g')}{whole}"


def distortion_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """Scale and distortion of the weights, if any."""
    scaled = scale_note(figures.get("weight_scale", 1.0))
    if scaled:
        yield Fact("scale", None, note=scaled)
    lost = ((figures.get(f"lost_{what}"), what) for what in ("couplings", "biases"))
    notes = [f"{many:,} {what} rounded to 0" for many, what in lost if many]
    for what in ("coupling", "bias"):
        error = figures.get(f"relative_{what}_error", 0.0)
        notes += [f"{what} error {rounded(error, '.1%')} (rms, relative)"] if error > SHOWN_ERROR else []
    if figures.get("relative_beta_error", 0.0) > SHOWN_ERROR:
        notes.append(
            f"beta {rounded(figures['beta_realised'], '.4g')}, {rounded(figures['relative_beta_error'], '.1%')} off"
        )
    if notes:
        yield Fact("held", None, note="; ".join(notes))
