"""inverse, gaussian-sample: A^-1 by the covariance of voltages, and samples of the Gaussian whose precision is A.

White noise of equal strength in all cells gives Cov(V) = sigma^2 (r / s) A^-1, with r the reference of the cells
and s the scale of the network. The host averages products of readings; the mean of the voltages is known to be 0.
(Aifer et al., npj Unconv. Comput. 1, 13, 2024; arXiv 2312.04836.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.converters.base import ContinuousReadKind
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.physics import die_errors, part_errors
from chipsim.physics.averages import Averages
from chipsim.physics.held_matrix import FactorErrors
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at
from chipsim.units import show
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.matrices import MatrixFindings, MatrixModel, MatrixWorkload, relative
from chipsim.workloads.outcome import Method, Outcome

# Readings count as stationary if no direction lacks more of its variance at the first of them.
MAX_SHORT = 0.01


class CovarianceModel(MatrixModel):
    """A file of workload `inverse` or `gaussian-sample`."""

    workload: Literal["inverse", "gaussian-sample"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CovarianceFindings(MatrixFindings):
    """Adds the number of `independent_samples` per lane, or the reason why there are none in `doubts` (else "")."""

    independent_samples: float
    doubts: str


class Inverse(MatrixWorkload[CovarianceModel]):
    """Inverts A by the covariance of the voltages."""

    findings_type: ClassVar[type[MatrixFindings]] = CovarianceFindings
    model_type: ClassVar[type[WorkloadModel]] = CovarianceModel
    summary: ClassVar[str] = "invert A by the covariance of voltages"

    @cached_property
    def solution(self) -> NDArray[np.float64]:
        """The exact A^-1; not available to the chip."""
        return np.linalg.inv(np.asarray(self.matrix)).astype(np.float64)

    def average(self, readings: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean products."""
        return np.asarray(readings.T @ readings / len(readings))

    def check(self, netlist: Netlist) -> None:
        """Check also that the noise depends on the matrix, and that the inverse has a feasible size."""
        super().check(netlist)
        noise = netlist.continuous.noise
        with errors_located_at(self.document, ("workload",)):
            if noise.kind.law != "injected":
                complaint = "with thermal noise Cov(V) = kT/C for any matrix; use law: injected"
                raise ProblemError(f"{noise.name}: {complaint}", code="chip.unsuitable")
            if self.model.matrix.stored_rank is not None:
                raise ProblemError(
                    f"an inverse of {self.unknowns:,} by {self.unknowns:,} is too large; use workload: linear_solve",
                    code="run.too-large",
                )

    def solve(self, device: ContinuousDevice) -> None:
        """Observe the noise, and average products on a multiply-add unit (or on the host if there is none)."""
        seen, n = self.observe(device), self.unknowns
        if seen.clipped:
            name = device.netlist.route("read")[0].name
            raise ProblemError(f"noise exceeds the full scale of {name}; use a smaller sigma", code="chip.clips")
        units = device.netlist.digital_units("multiply-adds")
        sums = n * (n + 1) // 2
        multiplier = units[0].name if units else None
        device.compute(seen.samples * sums, seen.done, multiplier, working_set=8 * (n + sums))
        unit = device.domain.noise.kind.sigma**2 * device.cell.reference / device.network.scale
        answer = np.array([self.average(volts) / unit for volts in seen.volts])
        errors = np.linalg.norm(answer - self.solution, axis=(1, 2))
        size = float(np.linalg.norm(self.solution))
        parts = relative(self._parts(device, unit, seen.samples), size)
        variances = {name: v / size**4 for name, v in self._variances(device, unit, seen.samples).items()}
        independent, doubts = self._independent(device, seen.samples), _doubts(self.averages(device, seen.samples))
        found = CovarianceFindings(seen.samples, parts, variances, independent_samples=independent, doubts=doubts)
        self.keep(device, answer, errors / size, self.found(found, seen.first / math.sqrt(unit)))

    def found(self, findings: CovarianceFindings, drawn: NDArray[np.float64]) -> CovarianceFindings:
        """The findings; an inverse has no use for the `drawn` samples of the first repetition, (samples, n)."""
        return findings

    def _parts(self, device: ContinuousDevice, unit: float, samples: int) -> dict[str, float]:
        """Expected squared error by cause."""
        network, cell, inverse, n = device.network, device.cell, self.solution, self.unknowns
        assert not isinstance(network.errors, FactorErrors)
        mismatch = part_errors.inverse_error(inverse, network.errors.mismatch / network.scale**2, network.passive)
        codes = float(((inverse @ network.errors.code @ inverse / network.scale) ** 2).sum())
        averages, drift = self.averages(device, samples), device.domain.coupler.kind.drift
        # Both copies of a cell's gain act on its row and column; offsets add their own products.
        gain = cell.gain_error**2 * float((2 * (1 + np.eye(n)) * inverse**2).sum())
        offset = n * (n + 2) * (cell.offset**2 / unit) ** 2
        drifted = n * (n + 2) * ((cell.offset_drift * device.netlist.temperature_deviation_k) ** 2 / unit) ** 2
        converter = device.netlist.end("read", ContinuousReadKind).kind
        rounding = converter.error_v(device.netlist.chip.model.technology) ** 2 / unit
        disturbed = cell.common_mode**2 / unit
        seen, one, all_ = averages.covariance_mean() / unit, np.eye(n), np.ones((n, n))
        rounded, shaken = rounding * one, disturbed * all_
        return {
            "mismatch": mismatch + gain + offset,
            "quantisation": codes + n * rounding**2 + added_by_readings(seen, rounded) / samples,
            "noise": averages.covariance_error() / unit**2,
            "settling": averages.covariance_start() / unit**2,
            # The disturbance adds to the squares in addition to rounding.
            "disturbance": n * disturbed * (n * disturbed + 2 * rounding)
            + added_by_readings(seen + rounded, shaken) / samples,
            "temperature": (drift * device.netlist.temperature_deviation_k) ** 2 * float((inverse**2).sum()) + drifted,
        }

    def _variances(self, device: ContinuousDevice, unit: float, samples: int) -> dict[str, float]:
        """Variances of the squared error: over dies, whose errors are drawn, and over lanes."""
        averages, n, random = self.averages(device, samples), self.unknowns, die_errors.generator()
        converter = device.netlist.end("read", ContinuousReadKind).kind
        blurred = converter.error_v(device.netlist.chip.model.technology) ** 2 * np.eye(n) / unit
        blurred += device.cell.common_mode**2 / unit
        away = blurred - averages.covariance_missing() / unit
        own = self._die_errors(device, unit, random)
        seen = averages.covariance_mean() / unit + blurred
        error = averages.covariance_error() / unit**2 + added_by_readings(seen - blurred, blurred) / samples
        mixed = own @ seen
        # Errors of a die, common to all lanes, also enter in products with their noise.
        with_die = 8 * float((mixed * mixed.transpose(0, 2, 1)).sum(axis=(1, 2)).mean())
        lane = die_errors.spread_of_products(seen, away, error, random)
        lane += with_die / die_errors.independent_readings(seen, error)
        return {"die": float(((own + away) ** 2).sum(axis=(1, 2)).var()), "lane": lane}

    def _die_errors(self, device: ContinuousDevice, unit: float, random: np.random.Generator) -> NDArray[np.float64]:
        """(dies, n, n) errors of the inverse over dies, to first order, and products of offsets."""
        network, cell, inverse = device.network, device.cell, self.solution
        assert not isinstance(network.errors, FactorErrors)
        variance = network.errors.mismatch / network.scale**2
        out = die_errors.inverse_errors(inverse, variance, network.passive, random)
        out -= inverse @ network.errors.code @ inverse / network.scale
        dies, n = out.shape[:2]
        warmer = device.netlist.temperature_deviation_k * random.standard_normal((dies, 1))
        gains, still, drifting = random.standard_normal((3, dies, n))
        offsets = (cell.offset * still + cell.offset_drift * warmer * drifting) / math.sqrt(unit)
        out += cell.gain_error * (gains[:, :, None] + gains[:, None]) * inverse
        out += offsets[:, :, None] * offsets[:, None]
        return np.asarray(out - warmer[:, :, None] * device.domain.coupler.kind.drift * inverse)

    def _independent(self, device: ContinuousDevice, samples: int) -> float:
        """Effective number of independent readings per lane, by the slowest rate of the network."""
        spacing = self.model.schedule.spacing
        slowest = float(device.law.rates().real.min()) * spacing
        return samples * float(np.tanh(slowest / 2))

    @property
    def answer_values(self) -> int:
        """Those of the inverse."""
        return int(self.unknowns**2)

    def data_words(self, found: MatrixFindings) -> int:
        """The matrix and its inverse."""
        return 2 * self.matrix_words

    def digital(self, error: float, found: MatrixFindings) -> list[Method]:
        """The inverse from Cholesky's factors."""
        return [Method("Cholesky", macs=self.unknowns**3 // 2, error=0.0)]


@dataclass(frozen=True, eq=False, kw_only=True)
class SampleFindings(CovarianceFindings):
    """Adds the `drawn` samples of the first repetition, (samples, n)."""

    drawn: NDArray[np.float64]


class GaussianSample(Inverse):
    """Draws from N(0, A^-1); the error of the samples is that of their covariance."""

    findings_type: ClassVar[type[MatrixFindings]] = SampleFindings
    summary: ClassVar[str] = "sample the Gaussian with precision matrix A"

    def found(self, findings: CovarianceFindings, drawn: NDArray[np.float64]) -> SampleFindings:
        """Add the samples."""
        return SampleFindings(**vars(findings), drawn=drawn)

    def memory(self, lanes: int) -> dict[str, int]:
        """Also the samples that are given back, of the first lane, as a finding and as the solution."""
        return {**super().memory(lanes), "samples": 2 * 8 * self.model.schedule.samples * self.unknowns}

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """The solution are the samples."""
        drawn = SampleFindings.of(trace.observations.findings).drawn
        return replace(super().outcome(program, trace), arrays={"solution": drawn})

    def independent(self, trace: Trace) -> dict[str, Any]:
        """Effective samples by the slowest rate; all readings reach the host, so all samples are delivered."""
        found = SampleFindings.of(trace.observations.findings)
        if found.doubts:
            return {"sampling": f"withheld: {found.doubts}"}
        effective = trace.lanes * found.independent_samples
        return {"effective_samples": effective, "delivered_samples": effective, "sampling": "resolved"}

    def data_words(self, found: MatrixFindings) -> int:
        """The matrix and the samples."""
        assert isinstance(found, CovarianceFindings)
        return self.matrix_words + math.ceil(found.independent_samples) * self.unknowns

    def digital(self, error: float, found: MatrixFindings) -> list[Method]:
        """One factorisation, then a triangular solve for each effective sample."""
        assert isinstance(found, CovarianceFindings)
        if found.doubts:
            return []
        n = self.unknowns
        macs = n**3 // 6 + math.ceil(found.independent_samples) * n**2 // 2
        return [Method("Cholesky, as many independent samples", macs=macs, error=None)]


def added_by_readings(covariance: NDArray[np.float64], own: NDArray[np.float64]) -> float:
    """Increase of the squared error of products of readings with this `covariance` by independent noise of covariance
    `own` per reading; both (n, n). By Wick's theorem, (tr K)^2 + tr(K K) of their sum minus that of the first alone.
    """
    mixed = 2 * (np.trace(covariance) * np.trace(own) + (covariance * own).sum())
    return float(mixed + np.trace(own) ** 2 + (own**2).sum())


def _doubts(averages: Averages) -> str:
    """Reason why the readings are not stationary, with a remedy; "" if they are."""
    first, spacing = averages.readings.first, averages.readings.spacing
    short = averages.short_of_stationary(first)
    if short <= MAX_SHORT:
        return ""
    times = f"readings begin after {rounded(first * averages.slowest, '.2g')} relaxation times"
    lacks = (
        f"when a direction is {rounded(short, '.2%')} short of its stationary variance "
        f"(at most {rounded(MAX_SHORT, '.0%')})"
    )
    wanted = _rounded_up(averages.time_to(MAX_SHORT) - spacing)
    return f"{times}, {lacks.replace('%', ' %')}; raise schedule.settle to {show(wanted, 's', 2)}"


def _rounded_up(value: float) -> float:
    """Round up to two digits, so that the suggested value is sufficient."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value / step) * step
