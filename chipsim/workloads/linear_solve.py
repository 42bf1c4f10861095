"""linear-solve: A x = b by the mean of relaxing voltages, compared with Cholesky and conjugate gradients.

b is applied as voltages u b at the inputs, and the cells relax to V = (g u / s) A^-1 b. The host averages the readings.
If they clip, it halves the input and solves again, all of which is billed.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import islice
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Purpose
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.errors import ProblemError
from chipsim.physics import die_errors, part_errors
from chipsim.physics.averages import Averages
from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.physics.held_matrix import FactorErrors
from chipsim.physics.low_rank import LowRank
from chipsim.spec.fields import Whole
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.matrices import MatrixFindings, MatrixModel, MatrixWorkload, relative
from chipsim.workloads.outcome import Method

MAX_RESCALINGS = 24
CG_LIMIT = 10_000


class SolveModel(MatrixModel):
    """A file of workload `linear-solve`; the right-hand side is seeded and standard normal."""

    workload: Literal["linear-solve"]
    right_side_seed: Annotated[int, Whole(ge=0, le=2**32)] = 0


class LinearSolve(MatrixWorkload[SolveModel]):
    """Solves A x = b by the mean of the voltages."""

    model_type: ClassVar[type[WorkloadModel]] = SolveModel
    summary: ClassVar[str] = "solve A x = b by the mean of relaxing voltages"
    routes: ClassVar[tuple[Purpose, ...]] = ("program", "input", "read")

    @cached_property
    def right_side(self) -> NDArray[np.float64]:
        """The vector b."""
        return np.random.default_rng(self.model.right_side_seed).standard_normal(self.unknowns)

    @cached_property
    def solution(self) -> NDArray[np.float64]:
        """The exact A^-1 b; not available to the chip."""
        return self.exact.mean(self.right_side)

    def average(self, readings: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return np.asarray(readings.mean(axis=0))

    def solve(self, device: ContinuousDevice) -> None:
        """Drive at full scale; while a reading of the first lane clips, halve the input and solve again."""
        full_scale = device.netlist.end("input", ContinuousInputKind).kind.full_scale
        drive, rescalings = full_scale / float(np.abs(self.right_side).max()), 0
        while True:
            device.discharge()
            device.drive(drive * self.right_side)
            seen = self.observe(device)
            # A reading and the sums that it is added to.
            device.compute(seen.samples * self.unknowns, after=seen.done, working_set=2 * 8 * self.unknowns)
            if not seen.clipped:
                break
            if rescalings == MAX_RESCALINGS:
                raise ProblemError(
                    f"readings clip even at {drive:.3g} V per unit of the right-hand side; raise the full scale",
                    code="chip.clips",
                )
            rescalings += 1
            drive /= 2
        unit = device.cell.reference * drive / device.network.scale
        answer = seen.volts.mean(axis=1) / unit
        errors = np.linalg.norm(answer - self.solution, axis=1)
        size = float(np.linalg.norm(self.solution))
        parts = relative(self._parts(device, unit, drive, seen.samples), size)
        variances = {name: v / size**4 for name, v in self._variances(device, unit, drive, seen.samples).items()}
        self.keep(device, answer, errors / size, MatrixFindings(seen.samples, parts, variances, rescalings))

    def _parts(self, device: ContinuousDevice, unit: float, drive: float, samples: int) -> dict[str, float]:
        """Expected squared error by cause."""
        exact, cell, averages = self.solution, device.cell, self.averages(device, samples)
        size = float(exact @ exact)
        mismatch, codes = self._part_errors(device)
        shown = cell.gain_error**2 * size + self.unknowns * (cell.offset / unit) ** 2
        driven = device.netlist.end("input", ContinuousInputKind).kind
        moved, reading = self._reading(device, averages)
        rounded = self.unknowns * reading / (samples if moved else 1)
        return {
            "mismatch": mismatch + shown,
            "quantisation": codes + self._inverse_squares() * (driven.error_v() / drive) ** 2 + rounded / unit**2,
            "noise": averages.mean_error() / unit**2,
            "settling": float((averages.mean_start(exact) ** 2).sum()),
            "disturbance": self.unknowns * (cell.common_mode / unit) ** 2 / samples,
            "temperature": device.netlist.temperature_deviation_k**2
            * (device.domain.coupler.kind.drift**2 * size + self.unknowns * (cell.offset_drift / unit) ** 2),
        }

    def _reading(self, device: ContinuousDevice, averages: Averages) -> tuple[bool, float]:
        """Whether readings of one voltage differ by more than a code, and the expected squared error of one in V^2."""
        converter = device.netlist.end("read", ContinuousReadKind).kind
        moved = averages.mean_error() > self.unknowns * (converter.step_v / 2) ** 2 / averages.readings.samples
        return moved, converter.error_v(device.netlist.chip.model.technology) ** 2

    def _variances(self, device: ContinuousDevice, unit: float, drive: float, samples: int) -> dict[str, float]:
        """Variances of the squared error: over dies, whose errors are drawn, and over lanes."""
        averages = self.averages(device, samples)
        moved, reading = self._reading(device, averages)
        of_dies = self._die_errors(device, unit, drive, 0.0 if moved else reading) - averages.mean_start(self.solution)
        squares = (of_dies**2).sum(axis=1)
        # Independent at each reading: common to all cells, and individual.
        alike, each = (device.cell.common_mode / unit) ** 2 / samples, reading / samples if moved else 0.0
        around, rest = averages.rest_error
        modes = (*((averages.mode_errors.real + each) / unit**2), self.unknowns * alike)
        lane = sum(variance**2 for variance in modes) + around * ((rest + each) / unit**2) ** 2
        crossed = (averages.mean_error_along(of_dies) + each * squares) / unit**2 + alike * of_dies.sum(axis=1) ** 2
        return {"die": float(squares.var()), "lane": 2 * float(lane) + 4 * float(crossed.mean())}

    def _die_errors(self, device: ContinuousDevice, unit: float, drive: float, reading: float) -> NDArray[np.float64]:
        """(dies, n) errors of the solution over dies, to first order; `reading`: squared error of a static voltage."""
        cell, exact, network, random = device.cell, self.solution, device.network, die_errors.generator()
        if isinstance(network.errors, FactorErrors):
            assert isinstance(self.matrix, LowRank)
            out = die_errors.factor_errors(self.exact.reduced(), self.matrix, exact, network.errors, random)
        else:
            variance = (network.errors.mismatch + network.errors.code) / network.scale**2
            out = die_errors.solution_errors(
                np.linalg.inv(np.asarray(self.matrix)), exact, variance, network.passive, random
            )
        dies, n = out.shape
        driven = device.netlist.end("input", ContinuousInputKind).kind
        warmer = device.netlist.temperature_deviation_k * random.standard_normal((dies, 1))
        offsets = np.sqrt(cell.offset**2 + reading + (cell.offset_drift * warmer) ** 2) / unit
        out += offsets * random.standard_normal((dies, n)) - warmer * device.domain.coupler.kind.drift * exact
        out += cell.gain_error * random.standard_normal((dies, n)) * exact
        # Only magnitudes of the input errors matter.
        inputs = math.sqrt(self._inverse_squares() / n) * driven.error_v() / drive
        return np.asarray(out + inputs * random.standard_normal((dies, n)))

    def _part_errors(self, device: ContinuousDevice) -> tuple[float, float]:
        """(mismatch, codes) of the couplers."""
        network, exact = device.network, self.solution
        if isinstance(network.errors, FactorErrors):
            assert isinstance(self.matrix, LowRank)
            of_factors = (part_errors.factor_mismatch_error, part_errors.factor_code_error)
            mismatch, codes = (law(self.exact.reduced(), self.matrix, exact, network.errors) for law in of_factors)
            return mismatch, codes
        inverse = np.linalg.inv(np.asarray(self.matrix))
        variances = network.errors.mismatch / network.scale**2, network.errors.code / network.scale**2
        mismatch, codes = (part_errors.solution_error(inverse, exact, v, network.passive) for v in variances)
        return mismatch, codes

    def _inverse_squares(self) -> float:
        """Trace of A^-2."""
        law = self.exact.reduced()
        rates = law.inside.rates().real
        outside = 0.0 if law.rest is None else (self.unknowns - len(rates)) / law.rest**2
        return float((rates**-2.0).sum() + outside)

    def digital(self, error: float, found: MatrixFindings) -> list[Method]:
        """Cholesky (Woodbury for a low-rank matrix), and conjugate gradients to the error of the chip."""
        n, matrix = self.unknowns, self.matrix
        if isinstance(matrix, LowRank):
            rank = len(matrix.middle)
            direct, product = rank**2 * n + rank**3 // 6 + 2 * rank * n, 2 * rank * n + rank**2
            name = "Woodbury"
        else:
            direct, product = n**3 // 6 + n**2, n**2
            name = "Cholesky"
        steps, reached = self._conjugate_gradients(error)
        return [
            Method(name, macs=direct, error=0.0),
            Method(f"conjugate gradients, {steps} steps", macs=steps * (product + 5 * n), error=reached),
        ]

    def _conjugate_gradients(self, error: float) -> tuple[int, float]:
        """(steps, relative error) of conjugate gradients from 0 until the error is at most this one."""
        size, reached, steps = float(np.linalg.norm(self.solution)), 1.0, 0
        for found in islice(conjugate_gradients(self._product, self.right_side, np.zeros(self.unknowns)), CG_LIMIT):
            steps += 1
            reached = float(np.linalg.norm(found - self.solution)) / size
            if reached <= error:
                break
        return steps, reached

    def _product(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.matrix.times(vector) if isinstance(self.matrix, LowRank) else self.matrix @ vector
