"""linear-solve, inverse, gaussian-sample: linear algebra by cells that relax, beside the same by digital methods.

A symmetric positive definite A becomes conductances G = s A, a right side b voltages u b, and the cells relax to V =
(g u / s) A^-1 b. White noise of equal strength in all cells spreads them by Cov(V) = sigma^2 g / s A^-1. The host
averages the readings. Measured errors are relative (root mean square over lanes; Frobenius norm for matrices) and stand
beside what `averages.py` predicts, part by part. (Aifer et al., npj Unconv. Comput. 1, 13, 2024.)
"""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.compiler.fabric import Fabric
from chipsim.engine.analog import AnalogDevice, Observation
from chipsim.errors import ProblemError
from chipsim.problems.matrix import m_matrix, read_matrix, spectrum_matrix
from chipsim.problems.problem import Problem
from chipsim.spec.model import SpecModel, complaints_at, number, quantity, whole
from chipsim.units import to_seconds
from chipsim.workloads import averages
from chipsim.workloads.base import Outcome, Workload, WorkloadModel

MOST_RESCALINGS = 24
MOST_BYTES = 2 * 2**30
CG_LIMIT = 10_000


class MatrixSpec(SpecModel):
    """Which matrix: seeded with a size and a condition, or a file."""

    seeded: Literal["spectrum", "m-matrix"] | None = None
    size: whole(ge=2, le=10_000) | None = None  # type: ignore[valid-type]
    condition: number(gt=1, le=1e9) = 10.0  # type: ignore[valid-type]
    seed: whole(ge=0, le=2**32) = 0  # type: ignore[valid-type]
    file: str | None = None

    @model_validator(mode="after")
    def _one(self) -> MatrixSpec:
        if (self.seeded is None) == (self.file is None):
            raise ValueError("needs exactly one of seeded, file")
        if (self.seeded is None) != (self.size is None):
            raise ValueError("a seeded matrix needs a size, a file has its own")
        return self


class ReadingSpec(SpecModel):
    """How long the cells settle, and how often they are read."""

    settle: quantity("s", ge=0, le=1e3)  # type: ignore[valid-type]
    samples: whole(ge=1, le=10**7)  # type: ignore[valid-type]
    spacing: quantity("s", gt=0, le=1e3)  # type: ignore[valid-type]


class LinearModel(WorkloadModel):
    """A file of workload `inverse` or `gaussian-sample`."""

    workload: Literal["inverse", "gaussian-sample"]
    matrix: MatrixSpec
    schedule: ReadingSpec


class SolveModel(WorkloadModel):
    """A file of workload `linear-solve`; the right side is seeded and standard normal."""

    workload: Literal["linear-solve"]
    matrix: MatrixSpec
    right_side_seed: whole(ge=0, le=2**32) = 0  # type: ignore[valid-type]
    schedule: ReadingSpec


class _Linear(Workload):
    """What the three have in common: a matrix on a chip, observed."""

    needs: ClassVar[Literal["latched", "continuous"]] = "continuous"

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """The matrix A, read or made once."""
        spec = self.model.matrix
        if spec.file is not None:
            with complaints_at(self.document, ("matrix", "file")):
                return read_matrix(spec.file)
        make = spectrum_matrix if spec.seeded == "spectrum" else m_matrix
        return make(spec.size, spec.condition, spec.seed)

    def fixed_problem(self) -> Problem | None:
        """None: an Ising problem is something else."""
        return None

    def data(self) -> tuple[NDArray[Any], ...]:
        """The matrix."""
        return (self.matrix,)

    def extent(self) -> str:
        """Unknowns and samples."""
        return f"{len(self.matrix):,} unknowns, {self.model.schedule.samples:,} samples"

    def prepare(self, fabric: Fabric) -> None:
        """Check that there are enough cells."""
        if len(self.matrix) > fabric.sites:
            with complaints_at(self.document, ("matrix",)):
                raise ProblemError(f"{len(self.matrix):,} unknowns for {fabric.sites:,} cells; use a larger chip")

    def run(self, device: AnalogDevice) -> Outcome:
        """Write, relax, observe, average."""
        size = device.lanes * self.model.schedule.samples * len(self.matrix) * 8 * 3
        with complaints_at(self.document, ("schedule", "samples")):
            if size > MOST_BYTES:
                raise ProblemError(f"{size / 2**30:.1f} GiB of readings; use fewer samples or lanes")
        with complaints_at(self.document, ("matrix",)):
            device.write(self.matrix)
        with complaints_at(self.document, ("schedule",)):
            figures = self.solve(device)
        name = self.model.matrix.file or f"{self.model.matrix.seeded}, seed {self.model.matrix.seed}"
        chip = {"method": "chip", "macs": None, "error": figures["error"]}
        return Outcome(
            {
                "matrix": name,
                "unknowns": len(self.matrix),
                "chip_time_s": to_seconds(device.timeline.elapsed_fs),
                **figures,
                "methods": [chip, *self.digital(figures["error"])],
            },
            sampling="not defined",
        )

    @abstractmethod
    def solve(self, device: AnalogDevice) -> dict[str, Any]:
        """Figures: `error`, `predicted_error`, `predicted_parts`, all relative; and what else there is to say."""

    @abstractmethod
    def digital(self, error: float) -> list[dict[str, Any]]:
        """Digital methods with their multiply-adds and the error that they reach."""

    def observe(self, device: AnalogDevice) -> Observation:
        """Settle, then read."""
        schedule = self.model.schedule
        settled = device.relax(schedule.settle)
        return device.observe(schedule.samples, schedule.spacing, [settled])

    def average_words(self) -> int:
        """Machine words that the host handles to average the readings."""
        return int(self.model.schedule.samples * len(self.matrix))


def _errors(parts: dict[str, float], size: float, found: NDArray[np.float64]) -> dict[str, Any]:
    """Relative errors: measured over lanes, and predicted from the expected squares of independent parts."""
    return {
        "error": float(np.sqrt((found**2).mean()) / size),
        "predicted_error": math.sqrt(sum(parts.values())) / size,
        "predicted_parts": {name: math.sqrt(square) / size for name, square in parts.items()},
    }


class LinearSolve(_Linear):
    """Solves A x = b by the mean of the voltages."""

    model_type: ClassVar[type[WorkloadModel]] = SolveModel

    @cached_property
    def right_side(self) -> NDArray[np.float64]:
        """The vector b."""
        return np.random.default_rng(self.model.right_side_seed).standard_normal(len(self.matrix))

    def solve(self, device: AnalogDevice) -> dict[str, Any]:
        """Drive at full scale; while a reading of the first lane clips, halve the input and solve again, all billed."""
        assert device.realised is not None
        converter = device.netlist.route("input")[-1].kind
        drive = converter.full_scale / float(np.abs(self.right_side).max())
        rescalings = 0
        while True:
            device.discharge()
            device.drive(drive * self.right_side)
            seen = self.observe(device)
            device.compute(self.average_words(), after=seen.done)
            if not seen.clipped[0]:
                break
            if rescalings == MOST_RESCALINGS:
                raise ProblemError(f"readings clip even at {drive:.3g} V for 1 of the right side; raise the full scale")
            rescalings += 1
            drive /= 2
        unit = device.cell.conductance * drive / device.realised.scale
        exact: NDArray[np.float64] = np.linalg.solve(self.matrix, self.right_side).astype(np.float64)
        found = np.linalg.norm(seen.volts.mean(axis=1) / unit - exact, axis=1)
        size = float(np.linalg.norm(exact))
        return {**_errors(self._parts(device, unit, drive, exact), size, found), "rescalings": rescalings}

    def _parts(self, device: AnalogDevice, unit: float, drive: float, exact: NDArray[np.float64]) -> dict[str, float]:
        """Expected squared error by cause."""
        held, schedule, cell = device.realised, self.model.schedule, device.cell
        assert held is not None
        inverse: NDArray[np.float64] = np.linalg.inv(self.matrix).astype(np.float64)
        converter, input_error = device.netlist.route("read")[0].kind, device.netlist.route("input")[-1].kind.error_v()
        modes, timing = device.modes, (schedule.spacing, schedule.samples)
        inside = modes.vectors.T @ _stationary(device) @ modes.vectors
        noise = averages.mean_error(modes.rates, np.diag(inside).copy(), *timing) / unit**2
        missing = averages.remaining(modes.rates, schedule.settle, *timing) * (modes.vectors.T @ exact)
        rounding = _rounding(converter, np.diag(_stationary(device)), schedule.samples)
        shown = (cell.gain_error * exact) ** 2 + (cell.offset / unit) ** 2
        return {
            "mismatch": averages.solution_error(inverse, exact, held.mismatch_variance / held.scale**2, held.resistors)
            + float(shown.sum()),
            "quantisation": averages.solution_error(inverse, exact, held.code_variance / held.scale**2, held.resistors)
            + float((inverse**2).sum()) * (input_error / drive) ** 2
            + rounding / unit**2,
            "noise": noise,
            "settling": float((missing**2).sum()),
        }

    def digital(self, error: float) -> list[dict[str, Any]]:
        """Cholesky, and conjugate gradients until they are as good as the chip."""
        n = len(self.matrix)
        exact: NDArray[np.float64] = np.linalg.solve(self.matrix, self.right_side).astype(np.float64)
        steps, reached = _conjugate_gradients(self.matrix, self.right_side, exact, error)
        return [
            {"method": "Cholesky", "macs": n**3 // 6 + n**2, "error": 0.0},
            {"method": f"conjugate gradients, {steps} steps", "macs": steps * (n**2 + 5 * n), "error": reached},
        ]


class Inverse(_Linear):
    """Inverts A by the covariance of the voltages."""

    model_type: ClassVar[type[WorkloadModel]] = LinearModel

    def solve(self, device: AnalogDevice) -> dict[str, Any]:
        """The host adds up products of readings; the mean of the voltages is known to be 0."""
        held, noise = device.realised, device.netlist.domain.noise.kind
        assert held is not None
        if noise.law != "injected":
            complaint = "thermal noise makes Cov(V) = kT/C whatever the matrix is; use law: injected"
            raise ProblemError(f"{device.netlist.domain.noise.name}: {complaint}")
        seen = self.observe(device)
        if seen.clipped.any():
            name = device.netlist.route("read")[0].name
            raise ProblemError(f"the noise clips at the full scale of {name}; use a smaller sigma")
        n, samples = len(self.matrix), self.model.schedule.samples
        device.compute(samples * n * (n + 1) // 2, after=seen.done)
        unit = noise.sigma**2 * device.cell.conductance / held.scale
        inverse: NDArray[np.float64] = np.linalg.inv(self.matrix).astype(np.float64)
        found = np.array([v.T @ v / samples / unit - inverse for v in seen.volts])
        errors = np.sqrt((found**2).sum(axis=(1, 2)))
        figures = _errors(self._parts(device, unit, inverse), float(np.linalg.norm(inverse)), errors)
        slowest = float(device.modes.rates.min())
        tau = 1 / math.tanh(slowest * self.model.schedule.spacing / 2)
        return {**figures, "independent_samples": device.lanes * samples / tau}

    def _parts(self, device: AnalogDevice, unit: float, inverse: NDArray[np.float64]) -> dict[str, float]:
        held, schedule, cell = device.realised, self.model.schedule, device.cell
        assert held is not None
        modes, timing = device.modes, (schedule.spacing, schedule.samples)
        inside = modes.vectors.T @ _stationary(device) @ modes.vectors
        variances = np.diag(inside) / unit
        gain = 2 * cell.gain_error**2 * (1 + np.eye(len(inverse)))
        rounding = (device.netlist.route("read")[0].kind.error_v() ** 2 + cell.offset**2) / unit
        start = averages.remaining(2 * modes.rates, schedule.settle, *timing) * variances
        return {
            "mismatch": averages.inverse_error(inverse, held.mismatch_variance / held.scale**2, held.resistors)
            + float((gain * inverse**2).sum()),
            "quantisation": averages.inverse_error(inverse, held.code_variance / held.scale**2, held.resistors)
            + len(inverse) * rounding**2,
            "noise": averages.covariance_error(modes.rates, variances, *timing),
            "settling": float((start**2).sum()),
        }

    def digital(self, error: float) -> list[dict[str, Any]]:
        """The inverse from Cholesky's factors."""
        return [{"method": "Cholesky", "macs": len(self.matrix) ** 3 // 2, "error": 0.0}]


class GaussianSample(Inverse):
    """Draws from N(0, A^-1); how good the samples are is told by their covariance."""

    def digital(self, error: float) -> list[dict[str, Any]]:
        """One factorisation, then a triangular solve a sample."""
        n = len(self.matrix)
        macs = n**3 // 6 + self.model.schedule.samples * n**2 // 2
        return [{"method": "Cholesky, as many independent samples", "macs": macs, "error": None}]


def _stationary(device: AnalogDevice) -> NDArray[np.float64]:
    """Covariance of the voltages, (n, n) V^2, in the modes of a symmetric network."""
    modes = device.modes
    inside = modes.vectors.T @ device.diffusion() @ modes.vectors
    return modes.vectors @ (inside / np.add.outer(modes.rates, modes.rates)) @ modes.vectors.T


def _rounding(converter: Any, variances: NDArray[np.float64], samples: int) -> float:
    """Expected squared error of averaged codes: it averages out where noise moves the voltage across codes."""
    moved = np.sqrt(variances + converter.noise**2) > converter.step_v / 2
    steady = np.where(moved, converter.step_v**2 / 12 / samples, converter.step_v**2 / 12)
    return float((steady + converter.noise**2 / samples).sum())


def _conjugate_gradients(
    matrix: NDArray[np.float64], target: NDArray[np.float64], exact: NDArray[np.float64], error: float
) -> tuple[int, float]:
    """(steps, relative error) of conjugate gradients from 0 until the error is at most this one."""
    found, residual = np.zeros_like(target), target.copy()
    direction, square, size = residual.copy(), float(residual @ residual), float(np.linalg.norm(exact))
    reached = 1.0
    for step in range(1, CG_LIMIT + 1):
        product = matrix @ direction
        length = square / float(direction @ product)
        found = found + length * direction
        residual = residual - length * product
        reached = float(np.linalg.norm(found - exact)) / size
        if reached <= error or not residual.any():
            return step, reached
        before, square = square, float(residual @ residual)
        direction = residual + square / before * direction
    return CG_LIMIT, reached
