"""Common part of the linear-algebra workloads: a matrix on a chip, its read-out, and measured and predicted errors.

A symmetric positive definite A is realised as a network of scale s, and the chip relaxes. Measured errors are relative
(root mean square over lanes; Frobenius norm for matrices). They are compared with predictions by cause, as rms over
dies with the range of 95 % of dies (`physics/die_errors.py`), and with digital methods by their multiply-adds. (Aifer
et al., npj Unconv. Comput. 1, 13, 2024.)
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import Purpose
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.continuous.observation import Observation
from chipsim.engine.findings import Findings
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError, RuleError
from chipsim.physics.averages import Averages, averages_of
from chipsim.physics.die_errors import range95
from chipsim.physics.held_matrix import Matrix
from chipsim.physics.laws import Law, law_of
from chipsim.physics.low_rank import LowRank, LowRankLaw, low_rank_law
from chipsim.problems.matrix import check_definite, low_rank_factor, m_matrix, read_matrix, spectrum_matrix
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.fields import FileName, Number, Quantity, Whole
from chipsim.spec.model import SpecModel, errors_located_at
from chipsim.units import to_seconds
from chipsim.workloads.base import ContinuousWorkload, WorkloadModel
from chipsim.workloads.outcome import Method, Outcome, Quality
from chipsim.workloads.sections import Column, Fact, Facts, Section, Table

# The matrix, its eigenvectors, its realisation on the chip, and the laws of both.
MATRIX_COPIES = 12
# Readings at the peak of memory, when they are averaged.
READING_COPIES = 6
# CPU seconds of the matrix, of a value of a reading, and of each unknown on which it depends.
MATRIX_S, VALUE_S, UNKNOWN_S = 0.3, 0.36e-6, 2e-9
# Number of block averages from which the host estimates the error for a target.
BLOCKS = 16


class MatrixSpec(SpecModel):
    """The matrix: seeded with a size and a condition number, or a file, which replaces the seeded one.

    A file is `.npy`, `.npz`, `.mat` or MatrixMarket, dense or sparse, or text with one row per line.
    """

    seeded: Literal["spectrum", "m-matrix", "low-rank"] | None = None
    size: Annotated[int, Whole(ge=2, le=10**6)] | None = None
    rank: Annotated[int, Whole(ge=1, le=10**5)] | None = None
    condition: Annotated[float, Number(gt=1, le=1e9)] = 10.0
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0
    file: Annotated[str, FileName()] | None = None

    @model_validator(mode="after")
    def _one(self) -> MatrixSpec:
        if self.file is not None:
            return self
        if self.seeded is None:
            raise RuleError("needs seeded or file", code="spec.one-of")
        if self.size is None:
            raise RuleError("size is required for a seeded matrix", code="spec.missing-key")
        if (self.seeded == "low-rank") != (self.rank is not None):
            raise ValueError("rank is required for seeded: low-rank, and not allowed otherwise")
        if self.rank is not None and self.size is not None and self.rank >= self.size:
            raise ValueError(f"rank {self.rank} must be below size {self.size}; use seeded: spectrum")
        return self

    @property
    def stored_rank(self) -> int | None:
        """Rank of a matrix that is stored as factors; None for a dense one."""
        return self.rank if self.file is None else None


class ReadingSpec(SpecModel):
    """Settling time and number of readings: `samples`, or fewer if `target_error` is reached."""

    settle: Annotated[float, Quantity("s", ge=0, le=1e3)]
    samples: Annotated[int, Whole(ge=1, le=10**7)]
    target_error: Annotated[float, Number(gt=0, le=1)] | None = None
    spacing: Annotated[float, Quantity("s", gt=0, le=1e3)]


class MatrixModel(WorkloadModel):
    """Keys common to all matrix workloads."""

    matrix: MatrixSpec
    schedule: ReadingSpec


MatrixModelT = TypeVar("MatrixModelT", bound=MatrixModel)


@dataclass(frozen=True, eq=False)
class MatrixFindings(Findings):
    """Findings of the host in addition to the answers.

    Attributes:
        samples: readings of each lane.
        predicted_parts: expected relative errors by cause, rms over dies.
        variances: of the squared relative error, over dies ("die") and over the lanes of one ("lane"); empty in results
            of earlier versions.
        rescalings: number of times that the input was halved because readings clipped.
    """

    samples: int
    predicted_parts: dict[str, float]
    variances: dict[str, float]
    rescalings: int = 0


class MatrixWorkload(ContinuousWorkload[MatrixModelT]):
    """A matrix on a chip of continuous cells."""

    findings_type: ClassVar[type[MatrixFindings]] = MatrixFindings
    merit: ClassVar[str] = "error"
    meanings: ClassVar[Mapping[str, str]] = {
        "error": "relative error of the answer against the exact one, on the simulated die",
        "predicted_error": "predicted relative error, rms over dies",
        "predicted_error_of_one_die.*": "end of the 95 % interval of the error of one die",
        "predicted_parts.*": "predicted relative error from one cause, rms over dies",
        "unknowns": "size of the matrix",
        "samples": "readings taken",
        "rescalings": "times that the input was halved because a voltage left the full scale",
        "matrix": "name of the matrix",
    }
    routes: ClassVar[tuple[Purpose, ...]] = ("program", "read")

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix A, read or made once."""
        spec = self.model.matrix
        if spec.file is not None:
            with errors_located_at(self.document, ("matrix", "file")):
                return read_matrix(spec.file)
        assert spec.size is not None  # required for seeded matrices
        if spec.rank is not None:
            factor = low_rank_factor(spec.size, spec.rank, spec.condition, spec.seed)
            return LowRank(factor.T, np.eye(spec.rank), factor, 1 / (spec.condition - 1))
        make = spectrum_matrix if spec.seeded == "spectrum" else m_matrix
        return make(spec.size, spec.condition, spec.seed)

    @cached_property
    def exact(self) -> Law | LowRankLaw:
        """The law dx = -(A x - b) dt + dW of the exact matrix: inverses and mean values without a chip."""
        if isinstance(self.matrix, LowRank):
            return low_rank_law(self.matrix, 1.0)
        return law_of(self.matrix, np.eye(len(self.matrix)))

    @property
    def unknowns(self) -> int:
        """Rows of the matrix."""
        # A seeded matrix may be too large to be made.
        size = self.model.matrix.size
        if self.model.matrix.file is None and size is not None:
            return int(size)
        return len(np.asarray(self.matrix))

    def memory(self, lanes: int) -> dict[str, int]:
        """The matrix with its factors, all readings, and the answer of each lane."""
        dense = 0 if self.model.matrix.stored_rank is not None else self.unknowns**2 * 8
        return {
            "matrix": MATRIX_COPIES * dense,
            "readings": READING_COPIES * 8 * self._values(lanes),
            "answers": 8 * lanes * self.answer_values,
        }

    @property
    @abstractmethod
    def answer_values(self) -> int:
        """Values of the answer of a lane."""

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of the readings."""
        return MATRIX_S + (VALUE_S + UNKNOWN_S * self.unknowns) * self._values(lanes)

    def _values(self, lanes: int) -> int:
        """Values of all readings; expected values take as many as a lane."""
        return int((lanes + 1) * self.model.schedule.samples * self.unknowns)

    def fixed_problem(self) -> Problem | None:
        """None: this is not an Ising problem."""
        return None

    def inputs(self) -> dict[str, Path]:
        """The matrix of a file."""
        return {} if self.model.matrix.file is None else {"matrix": Path(self.model.matrix.file)}

    def inert(self) -> dict[str, str]:
        """The keys of a seeded matrix beside a file."""
        if self.model.matrix.file is None:
            return {}
        seeded = ("seeded", "size", "rank", "condition", "seed")
        return {f"matrix.{key}": "matrix.file replaces the seeded matrix" for key in seeded}

    @property
    def total_sweeps(self) -> int:
        """Readings of the whole array, the unit of progress of these workloads."""
        return int(self.model.schedule.samples)

    def extent(self) -> str:
        """Unknowns and samples."""
        return f"{self.unknowns:,} unknowns, {self.model.schedule.samples:,} samples"

    def prepare(self, fabric: Fabric) -> None:
        """Check that there are enough cells, and that the matrix of a file has an inverse."""
        if self.unknowns > fabric.sites:
            with errors_located_at(self.document, ("matrix",)):
                raise ProblemError(
                    f"{self.unknowns:,} unknowns for {fabric.sites:,} cells; use a larger chip", code="chip.too-small"
                )
        if self.model.matrix.file is not None:
            with errors_located_at(self.document, ("matrix", "file")):
                check_definite(np.asarray(self.matrix), self.model.matrix.file)

    def check(self, netlist: Netlist) -> None:
        """Check also that the couplers support this type of matrix, and that the routes exist."""
        super().check(netlist)
        couplers = netlist.continuous.coupler
        by_factors = couplers.kind.max_rank() is not None
        with errors_located_at(self.document, ("matrix",)):
            if by_factors and self.model.matrix.stored_rank is None:
                raise ProblemError(
                    f"{couplers.name} store low-rank matrices only; use seeded: low-rank, with a rank",
                    code="chip.unsuitable",
                )
            if not by_factors and self.model.matrix.stored_rank is not None:
                raise ProblemError(
                    f"{couplers.name} cannot store factors; use seeded: spectrum or m-matrix, or a file",
                    code="chip.unsuitable",
                )
        with errors_located_at(self.document, ("workload",)):
            for purpose in self.routes:
                netlist.route(purpose)

    def run(self, device: ContinuousDevice) -> None:
        """Write, relax, observe, average."""
        with errors_located_at(self.document, ("matrix",)):
            device.write(self.matrix)
        with errors_located_at(self.document, ("schedule",)):
            self.solve(device)

    @abstractmethod
    def solve(self, device: ContinuousDevice) -> None:
        """Compute the answer on the host, and store it with its measured and predicted errors (`keep`)."""

    @abstractmethod
    def digital(self, error: float, found: MatrixFindings) -> list[Method]:
        """Digital methods with their multiply-adds and the error that they reach."""

    def observe(self, device: ContinuousDevice) -> Observation:
        """Settle, then read; in batches if the host has to check a target error."""
        schedule = self.model.schedule
        settled = device.relax(schedule.settle)
        batch = schedule.samples if schedule.target_error is None else min(schedule.samples, 2 * BLOCKS)
        seen = device.observe(batch, schedule.spacing, [settled])
        while schedule.target_error is not None and seen.samples < schedule.samples:
            if self.spread(seen.first) <= schedule.target_error:
                break
            batch = min(seen.samples, schedule.samples - seen.samples)
            seen = seen.joined(device.observe(batch, schedule.spacing, [device.compute(seen.samples, seen.done)]))
        return seen

    def spread(self, readings: NDArray[np.float64]) -> float:
        """Relative standard error of the host's averages, estimated from blocks of readings (samples, n)."""
        used = len(readings) // BLOCKS * BLOCKS
        blocks = np.array([self.average(block) for block in readings[:used].reshape(BLOCKS, -1, readings.shape[1])])
        errors = blocks.var(axis=0, ddof=1).sum() / BLOCKS
        return float(np.sqrt(errors) / np.linalg.norm(blocks.mean(axis=0)))

    @abstractmethod
    def average(self, readings: NDArray[np.float64]) -> NDArray[np.float64]:
        """The host's estimate from readings (samples, n)."""

    def averages(self, device: ContinuousDevice, samples: int) -> Averages:
        """Predicted properties of averages over this number of readings."""
        schedule = self.model.schedule
        return averages_of(device.law, self.unknowns, schedule.settle, schedule.spacing, samples)

    def keep(
        self,
        device: ContinuousDevice,
        answer: NDArray[np.float64],
        errors: NDArray[np.float64],
        findings: MatrixFindings,
    ) -> None:
        """Store in the trace the answer of each lane, its relative error, and the common findings."""
        device.answer("answer", answer)
        device.answer("error", errors)
        device.keep(findings)

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """Measured and predicted errors, and digital methods."""
        found = self.findings_type.of(trace.observations.findings)
        error = float(np.sqrt((trace.observations.answers["error"] ** 2).mean()))
        matrix = self.model.matrix
        name = f"{matrix.seeded}, seed {matrix.seed}" if matrix.file is None else Path(matrix.file).name
        square = sum(part**2 for part in found.predicted_parts.values())
        one_die = None
        if found.variances:
            low, high = range95(square, found.variances["die"] + found.variances["lane"] / trace.lanes)
            one_die = {"low": low, "high": high}
        chip = Method("chip", macs=None, error=error, time_s=to_seconds(trace.timing.elapsed_fs))
        figures = {
            "matrix": name,
            "unknowns": self.unknowns,
            "samples": found.samples,
            "rescalings": found.rescalings,
            "error": error,
            "predicted_error": math.sqrt(square),
            "predicted_error_of_one_die": one_die,
            "predicted_parts": found.predicted_parts,
        }
        single = Quality(None, "not defined: the answer is an average over samples")
        words = self.data_words(found)
        methods = (chip, *(_on_macs(program, method, words) for method in self.digital(error, found)))
        # That of one repetition, whose energy and time are reported.
        arrays = {"solution": trace.observations.answers["answer"][0]}
        return Outcome(figures, **self.independent(trace), methods=methods, single_sample=single, arrays=arrays)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """The measured error, and predictions by cause."""
        figures = outcome.figures
        facts = [Fact("error", figures["error"], "", _predicted(figures), digits=3)]
        if figures["rescalings"]:
            note = "readings clipped: the input was halved, each time billed"
            facts.append(Fact("scaled", figures["rescalings"], "times", note))
        parts = tuple((name, value) for name, value in figures["predicted_parts"].items() if value)
        columns = (Column("cause"), Column("relative error, rms over dies"))
        return Facts(tuple(facts)), Table("Predicted errors by cause, rms over dies", columns, parts)

    def data_words(self, found: MatrixFindings) -> int:
        """Input and output numbers of a digital method: matrix, right-hand side, answer."""
        return self.matrix_words + 2 * self.unknowns

    @property
    def matrix_words(self) -> int:
        """Numbers that define the matrix."""
        if isinstance(self.matrix, np.ndarray):
            return self.matrix.size
        return self.matrix.left.size + self.matrix.middle.size

    def independent(self, trace: Trace) -> dict[str, Any]:
        """`effective_samples` and related fields, for workloads that draw samples."""
        return {}


def _predicted(figures: dict[str, Any]) -> str:
    """Note on the predicted error over dies, and its range for a single die."""
    note = f"relative, this die; predicted {rounded(figures['predicted_error'], '.3g')} rms over dies"
    # Results of earlier versions have no range for a single die.
    one = figures.get("predicted_error_of_one_die")
    return (
        note
        if one is None
        else f"{note}, {rounded(one['low'], '.3g')} to {rounded(one['high'], '.3g')} for a single die (95 %)"
    )


def relative(squares: dict[str, float], size: float) -> dict[str, float]:
    """Errors from their squares, relative to the norm of the answer."""
    return {name: math.sqrt(max(square / size**2, 0.0)) for name, square in squares.items()}


def _on_macs(program: ContinuousProgram, method: Method, words: int) -> Method:
    """A digital method on the digital unit of this chip, if any, with the work of the host.

    Args:
        program: the chip.
        method: with its multiply-adds.
        words: transferred by the host.
    """
    unit = next(iter(program.netlist.digital_units("multiply-adds")), None)
    if unit is None or method.macs is None:
        return method
    host = next(iter(program.netlist.digital_units("host")), None)
    counts = {} if host is None else host.kind.compute(words)[1]
    duration_fs, _ = unit.kind.compute(method.macs)
    host_name = None if host is None else host.name
    return replace(method, time_s=to_seconds(duration_fs), unit=unit.name, host=host_name, host_counts=counts)
