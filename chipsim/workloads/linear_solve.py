"""linear-solve: A X = B by the mean of relaxing voltages, compared with Cholesky and conjugate gradients.

The columns b of B are solved one after another, with A written once. b is applied as voltages u b at the inputs, and
the cells relax to V = (g u / s) A^-1 b. The host averages the readings. If they clip, it halves the input and solves
again, all of which is billed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import Purpose
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.physics import die_errors, part_errors
from chipsim.physics.averages import Averages
from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.physics.held_matrix import FactorErrors
from chipsim.physics.low_rank import LowRank
from chipsim.problems.matrix import read_right_side
from chipsim.rounding import rounded
from chipsim.spec.fields import FileName, Whole
from chipsim.spec.model import errors_located_at
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.matrices import MatrixFindings, MatrixModel, MatrixWorkload, relative
from chipsim.workloads.outcome import Method, Outcome

MAX_RESCALINGS = 24
CG_LIMIT = 10_000


class SolveModel(MatrixModel):
    """A file of workload `linear-solve`; the right-hand side is seeded and standard normal, or a file of one or more.

    A file is of the same formats as that of a matrix, with a column for each right-hand side.
    """

    workload: Literal["linear-solve"]
    right_side: Annotated[str, FileName()] | None = None
    right_side_seed: Annotated[int, Whole(ge=0, le=2**32)] = 0


@dataclass(frozen=True, eq=False)
class Solved:
    """One right-hand side on the chip.

    Attributes:
        exact: (n,) solution; not available to the chip.
        drive: V per unit of the right-hand side, in the end.
        unit: V per unit of the solution.
        samples: readings of each lane.
        averages: predicted properties of averages over them.
        answer: (lanes, n) averages of the host, in units of the solution.
        rescalings: number of times that the input was halved.
    """

    exact: NDArray[np.float64]
    drive: float
    unit: float
    samples: int
    averages: Averages
    answer: NDArray[np.float64]
    rescalings: int


class LinearSolve(MatrixWorkload[SolveModel]):
    """Solves A X = B by the mean of the voltages."""

    model_type: ClassVar[type[WorkloadModel]] = SolveModel
    summary: ClassVar[str] = "solve A x = b by the mean of relaxing voltages"
    routes: ClassVar[tuple[Purpose, ...]] = ("program", "input", "read")
    meanings: ClassVar[Mapping[str, str]] = {
        **MatrixWorkload.meanings,
        "right_sides": "right-hand sides solved with one matrix, each an answer",
        "samples": "readings taken, of all right-hand sides",
    }

    @cached_property
    def right_side(self) -> NDArray[np.float64]:
        """The right-hand sides B, (n, k)."""
        if self.model.right_side is None:
            return np.random.default_rng(self.model.right_side_seed).standard_normal((self.unknowns, 1))
        with errors_located_at(self.document, ("right_side",)):
            return read_right_side(self.model.right_side, self.unknowns)

    @cached_property
    def solution(self) -> NDArray[np.float64]:
        """The exact A^-1 B, (n, k); not available to the chip."""
        return np.stack([self.exact.mean(column) for column in self.right_side.T], axis=1)

    def inputs(self) -> dict[str, Path]:
        """Also the file of right-hand sides."""
        name = self.model.right_side
        return super().inputs() if name is None else {**super().inputs(), "right_side": Path(name)}

    def inert(self) -> dict[str, str]:
        """Also the seed beside a file of right-hand sides."""
        seed = {"right_side_seed": "right_side replaces the seeded one"} if self.model.right_side is not None else {}
        return {**super().inert(), **seed}

    @property
    def answer_values(self) -> int:
        """Those of the solutions."""
        return int(self.right_side.size)

    @property
    def total_sweeps(self) -> int:
        """Readings of the whole array for all right-hand sides."""
        return super().total_sweeps * self.right_side.shape[1]

    def extent(self) -> str:
        """Also the number of right-hand sides where there are several."""
        many = self.right_side.shape[1]
        return super().extent() if many == 1 else f"{super().extent()} for each of {many:,} right-hand sides"

    def prepare(self, fabric: Fabric) -> None:
        """Also read the right-hand sides."""
        super().prepare(fabric)
        _ = self.right_side

    def average(self, readings: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return np.asarray(readings.mean(axis=0))

    def solve(self, device: ContinuousDevice) -> None:
        """Solve one right-hand side after another."""
        solved = [self._solve_one(device, b, x) for b, x in zip(self.right_side.T, self.solution.T, strict=True)]
        # One right-hand side has a vector as its solution, as in numpy.
        answers = np.stack([one.answer for one in solved], axis=2)
        errors = np.linalg.norm(answers - self.solution, axis=(1, 2))
        size = float(np.linalg.norm(self.solution))
        parts = relative(self._parts(device, solved), size)
        variances = {name: v / size**4 for name, v in self._variances(device, solved).items()}
        samples, rescalings = (sum(getattr(one, name) for one in solved) for name in ("samples", "rescalings"))
        answer = answers[:, :, 0] if len(solved) == 1 else answers
        self.keep(device, answer, errors / size, MatrixFindings(samples, parts, variances, rescalings))

    def _solve_one(self, device: ContinuousDevice, right: NDArray[np.float64], exact: NDArray[np.float64]) -> Solved:
        """Drive at full scale; while a reading of the first lane clips, halve the input and solve again."""
        full_scale = device.netlist.end("input", ContinuousInputKind).kind.full_scale
        drive, rescalings = full_scale / float(np.abs(right).max()), 0
        while True:
            device.discharge()
            device.drive(drive * right)
            seen = self.observe(device)
            # A reading and the sums that it is added to.
            device.compute(seen.samples * self.unknowns, after=seen.done, working_set=2 * 8 * self.unknowns)
            if not seen.clipped:
                break
            if rescalings == MAX_RESCALINGS:
                raise ProblemError(
                    f"readings clip even at {rounded(drive, '.3g')} V per unit of the right-hand side; raise the full "
                    "scale",
                    code="chip.clips",
                )
            rescalings += 1
            drive /= 2
        unit = device.cell.reference * drive / device.network.scale
        answer, averages = seen.volts.mean(axis=1) / unit, self.averages(device, seen.samples)
        return Solved(exact, drive, unit, seen.samples, averages, answer, rescalings)

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """Each right-hand side is an answer."""
        plain, many = super().outcome(program, trace), self.right_side.shape[1]
        return replace(plain, figures={**plain.figures, "right_sides": many}, answers=many)

    def _parts(self, device: ContinuousDevice, solved: Sequence[Solved]) -> dict[str, float]:
        """Expected squared error by cause, of all right-hand sides."""
        each = [self._parts_of_one(device, one) for one in solved]
        return {cause: math.fsum(parts[cause] for parts in each) for cause in each[0]}

    def _parts_of_one(self, device: ContinuousDevice, one: Solved) -> dict[str, float]:
        exact, unit, samples, cell, averages = one.exact, one.unit, one.samples, device.cell, one.averages
        size = float(exact @ exact)
        mismatch, codes = self._part_errors(device, exact)
        shown = cell.gain_error**2 * size + self.unknowns * (cell.offset / unit) ** 2
        driven = device.netlist.end("input", ContinuousInputKind).kind
        moved, reading = self._reading(device, averages)
        cells = self.unknowns * reading / (samples if moved else 1)
        return {
            "mismatch": mismatch + shown,
            "quantisation": codes + self._inverse_squares() * (driven.error_v() / one.drive) ** 2 + cells / unit**2,
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

    def _variances(self, device: ContinuousDevice, solved: Sequence[Solved]) -> dict[str, float]:
        """Variances of the squared error: over dies, whose errors are drawn, and over lanes."""
        readings = [self._reading(device, one.averages) for one in solved]
        still = [0.0 if moved else reading for moved, reading in readings]
        of_dies = self._die_errors(device, solved, still)
        squares, lane = np.zeros(len(of_dies)), 0.0
        for column, (one, (moved, reading)) in enumerate(zip(solved, readings, strict=True)):
            averages, unit = one.averages, one.unit
            errors = of_dies[:, :, column] - averages.mean_start(one.exact)
            own = (errors**2).sum(axis=1)
            # Independent at each reading: common to all cells, and individual.
            alike = (device.cell.common_mode / unit) ** 2 / one.samples
            each = reading / one.samples if moved else 0.0
            around, rest = averages.rest_error
            modes = (*((averages.mode_errors.real + each) / unit**2), self.unknowns * alike)
            noise = sum(variance**2 for variance in modes) + around * ((rest + each) / unit**2) ** 2
            crossed = (averages.mean_error_along(errors) + each * own) / unit**2 + alike * errors.sum(axis=1) ** 2
            squares += own
            lane += 2 * float(noise) + 4 * float(crossed.mean())
        return {"die": float(squares.var()), "lane": lane}

    def _die_errors(
        self, device: ContinuousDevice, solved: Sequence[Solved], still: Sequence[float]
    ) -> NDArray[np.float64]:
        """(dies, n, k) errors of the solutions over dies, to first order; `still`: squared errors of static voltages.

        Couplers, gains, offsets and temperature of a die are the same for all right-hand sides.
        """
        cell, network, random = device.cell, device.network, die_errors.generator()
        exact, unit, drive = (np.array([getattr(one, name) for one in solved]) for name in ("exact", "unit", "drive"))
        exact = exact.T
        if isinstance(network.errors, FactorErrors):
            assert isinstance(self.matrix, LowRank)
            out = die_errors.factor_errors(self.exact.reduced(), self.matrix, exact, network.errors, random)
        else:
            inverse, variance = np.linalg.inv(np.asarray(self.matrix)), network.errors.mismatch / network.scale**2
            out = die_errors.solution_errors(inverse, exact, variance, network.passive, random)
            out -= inverse @ (network.errors.code / network.scale @ exact)
        dies, n, many = out.shape
        driven = device.netlist.end("input", ContinuousInputKind).kind
        warmer = device.netlist.temperature_deviation_k * random.standard_normal((dies, 1, 1))
        offsets = np.sqrt(cell.offset**2 + (cell.offset_drift * warmer) ** 2)
        out += offsets * random.standard_normal((dies, n, 1)) / unit - warmer * device.domain.coupler.kind.drift * exact
        out += cell.gain_error * random.standard_normal((dies, n, 1)) * exact
        # Only magnitudes of the errors of inputs and static readings matter; they differ between right-hand sides.
        inputs = self._inverse_squares() / n * (driven.error_v() / drive) ** 2
        return np.asarray(out + np.sqrt(inputs + np.array(still) / unit**2) * random.standard_normal((dies, n, many)))

    def _part_errors(self, device: ContinuousDevice, exact: NDArray[np.float64]) -> tuple[float, float]:
        """(mismatch, codes) of the couplers, of one solution (n,)."""
        network = device.network
        if isinstance(network.errors, FactorErrors):
            assert isinstance(self.matrix, LowRank)
            of_factors = (part_errors.factor_mismatch_error, part_errors.factor_code_error)
            mismatch, codes = (law(self.exact.reduced(), self.matrix, exact, network.errors) for law in of_factors)
            return mismatch, codes
        inverse, variance = np.linalg.inv(np.asarray(self.matrix)), network.errors.mismatch / network.scale**2
        coded = inverse @ (network.errors.code / network.scale @ exact)
        return part_errors.solution_error(inverse, exact, variance, network.passive), float(coded @ coded)

    def _inverse_squares(self) -> float:
        """Trace of A^-2."""
        law = self.exact.reduced()
        rates = law.inside.rates().real
        outside = 0.0 if law.rest is None else (self.unknowns - len(rates)) / law.rest**2
        return float((rates**-2.0).sum() + outside)

    def data_words(self, found: MatrixFindings) -> int:
        """Matrix, right-hand sides and solutions."""
        return self.matrix_words + 2 * self.right_side.size

    def digital(self, error: float, found: MatrixFindings) -> list[Method]:
        """Cholesky (Woodbury for a low-rank matrix), and conjugate gradients to the error of the chip."""
        n, many, matrix = self.unknowns, self.right_side.shape[1], self.matrix
        if isinstance(matrix, LowRank):
            rank = len(matrix.middle)
            factors, solve, product = rank**2 * n + rank**3 // 6, 2 * rank * n, 2 * rank * n + rank**2
            name = "Woodbury"
        else:
            factors, solve, product = n**3 // 6, n**2, n**2
            name = "Cholesky"
        steps, reached = self._conjugate_gradients(error)
        return [
            Method(name, macs=factors + many * solve, error=0.0),
            Method(f"conjugate gradients, {steps} steps", macs=steps * (product + 5 * n), error=reached),
        ]

    def _conjugate_gradients(self, error: float) -> tuple[int, float]:
        """(steps, relative error) of conjugate gradients from 0, each right-hand side until its error is at most this
        one.
        """
        steps, square = 0, 0.0
        for right, exact in zip(self.right_side.T, self.solution.T, strict=True):
            size = reached = float(np.linalg.norm(exact))
            for found in islice(conjugate_gradients(self._product, right, np.zeros(self.unknowns)), CG_LIMIT):
                steps += 1
                reached = float(np.linalg.norm(found - exact))
                if reached <= error * size:
                    break
            square += reached**2
        return steps, math.sqrt(square) / float(np.linalg.norm(self.solution))

    def _product(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.matrix.times(vector) if isinstance(self.matrix, LowRank) else self.matrix @ vector
