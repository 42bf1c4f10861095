"""How far what a chip sampled is from what was asked: weights that were rounded to 0, a beta that it could not set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import BiasKind
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.scale import said
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.sections import Fact

# Effective samples are those of the problem that was asked for only below these.
MAX_LOST = 0.5
MAX_BETA_ERROR = 0.1
# A deviation of beta that is worth a line.
SHOWN_BETA_ERROR = 0.01


@dataclass(frozen=True)
class Distortion:
    """What the chip held, beside what was asked.

    Attributes:
        couplings, biases: how many are not 0.
        lost_couplings, lost_biases: how many of them the chip holds as 0: they are below half a step of its weights.
        beta, realised_beta: the last beta, as asked and as set, in the units of the problem.
        scale: by which weights were multiplied and beta divided on their way into the chip.
    """

    couplings: int
    biases: int
    lost_couplings: int
    lost_biases: int
    beta: float
    realised_beta: float
    scale: float = 1.0

    @classmethod
    def of(cls, problem: Problem, schedule: ScheduleSpec, scale: float, netlist: Netlist) -> Distortion:
        """That of a problem on a chip, with its weights multiplied by a factor and beta divided by it."""
        couplings, biases = problem.couplings * scale, problem.biases * scale
        held = netlist.latched.coupler.kind.quantise(couplings, biases)
        beta = realised = float(schedule.betas[-1])
        if schedule.beta_by == "global_bias":
            realised = netlist.end("bias", BiasKind).kind.realised(beta / scale) * scale
        return cls(*_count(couplings, held.couplings, biases, held.biases), beta, realised, scale)

    @property
    def beta_error(self) -> float:
        """Relative error of beta."""
        return abs(self.realised_beta - self.beta) / self.beta if self.beta else 0.0

    def figures(self) -> dict[str, Any]:
        """For the block of the workload."""
        return {
            "lost_couplings": self.lost_couplings,
            "lost_biases": self.lost_biases,
            "beta_realised": self.realised_beta,
            "relative_beta_error": self.beta_error,
            "weight_scale": self.scale,
        }

    def doubts(self) -> str:
        """Why samples are none of the problem that was asked for; "" where they are."""
        for what, lost, all_of_them in (
            ("couplings", self.lost_couplings, self.couplings),
            ("biases", self.lost_biases, self.biases),
        ):
            if lost > MAX_LOST * all_of_them:
                step = "they are below half a step; set problem.scale: auto, or use more weight_bits"
                return f"the chip holds 0 for {lost:,} of {all_of_them:,} {what}: {step}"
        if self.beta_error > MAX_BETA_ERROR:
            return f"the bias converter makes {self._set():.3g} of beta {self._wanted()}; change its full_scale"
        return ""

    def _set(self) -> float:
        """Beta as the converter is set."""
        return self.realised_beta / self.scale

    def _wanted(self) -> str:
        """Beta as the converter is asked for it, and where that comes from."""
        whole = f" ({self.beta:.3g} divided by the scale {self.scale:.4g})" if self.scale != 1 else ""
        return f"{self.beta / self.scale:.3g}{whole}"


def _count(
    couplings: NDArray[np.float64], held: NDArray[np.float64], biases: NDArray[np.float64], held_b: NDArray[np.float64]
) -> tuple[int, int, int, int]:
    lost = [int(((asked != 0) & (got == 0)).sum()) for asked, got in ((couplings, held), (biases, held_b))]
    return int(np.count_nonzero(couplings)), int(np.count_nonzero(biases)), lost[0], lost[1]


def distortion_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """By what the weights were scaled, and what was lost, where something was."""
    scaled = said(figures.get("weight_scale", 1.0))
    if scaled:
        yield Fact("scale", None, note=scaled)
    lost = ((figures.get(f"lost_{what}"), what) for what in ("couplings", "biases"))
    told = [f"{many:,} {what} held as 0" for many, what in lost if many]
    if figures.get("relative_beta_error", 0.0) > SHOWN_BETA_ERROR:
        told.append(f"beta {figures['beta_realised']:.4g}, {figures['relative_beta_error']:.1%} off")
    if told:
        yield Fact("held", None, note="; ".join(told))
