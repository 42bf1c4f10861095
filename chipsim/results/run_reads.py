"""All states that the host read, with the objective of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.results.columns import optional
from chipsim.workloads.outcome import READ_STATES, READ_VALUES, Answer

if TYPE_CHECKING:
    import dimod
    import xarray


class RunReads:
    """States of an Ising problem as the host holds them after a run, chains decided.

    Attributes:
        labels: (N,) name of each spin in the source of its problem.
        spins: (reads, lanes, N) int8, -1 or +1.
        values: (reads, lanes) float64, the objective of each state.
        objective: what the values are: "energy" (minimised), "cut" or "value" (maximised).

    Example:
        >>> import chipsim
        >>> problem = chipsim.Problem.from_arrays([[0, 1], [1, 0]], labels=["left", "right"])
        >>> reads = chipsim.run("any-graph", problem=problem, lanes=8).reads
        >>> reads.spins.shape, float(reads.values.min())
        ((1, 8, 2), -1.0)
        >>> float(reads.to_sampleset().first.energy)
        -1.0
    """

    def __init__(self, best: Answer, trace: Trace, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.labels, self.objective, self.values = best.labels, best.objective, arrays[READ_VALUES]
        self.spins = lanes_of_words(arrays.get(READ_STATES, trace.observations.states), trace.lanes)

    def to_xarray(self) -> xarray.Dataset:
        """`spins` (read, lane, spin) and the objective under its name, (read, lane); `spin` holds the labels.

        Raises:
            RunError: xarray is not installed.
        """
        both = ("read", "lane")
        variables = {
            "spins": ((*both, "spin"), self.spins, {"units": "1", "long_name": "state as the host holds it"}),
            self.objective: (both, self.values, {"units": "1", "long_name": f"{self.objective} of the state"}),
        }
        lanes = ("lane", np.arange(self.values.shape[1]), {"long_name": "independent repetition"})
        coordinates = {"read": np.arange(len(self.values)), "lane": lanes, "spin": self.labels}
        dataset: xarray.Dataset = optional("xarray").Dataset(variables, coordinates)
        return dataset

    def to_sampleset(self) -> dimod.SampleSet:
        """A row for each read and lane, with both numbers; energies are minus the objective where it is maximised.

        Raises:
            RunError: dimod is not installed.
        """
        reads, lanes = self.values.shape
        sign = 1.0 if self.objective == "energy" else -1.0
        samples: dimod.SampleSet = optional("dimod", "dimod").SampleSet.from_samples(
            (self.spins.reshape(-1, len(self.labels)), self.labels.tolist()),
            energy=sign * self.values.ravel(),
            vartype="SPIN",
            info={"objective": self.objective},
            read=np.repeat(np.arange(reads), lanes),
            lane=np.tile(np.arange(lanes), reads),
        )
        return samples

    def __repr__(self) -> str:
        reads, lanes = self.values.shape
        return f"<RunReads: {reads} reads of {lanes} lanes, {len(self.labels):,} spins>"


def reads_of(best: Answer | None, trace: Trace, arrays: Mapping[str, NDArray[Any]]) -> RunReads:
    """The reads of a result.

    Raises:
        RunError: nothing was read, no energy is defined, or the result is of an earlier version.
        ValueError: the parts, of a file of anyone, do not fit.
    """
    if best is None or READ_VALUES not in arrays:
        raise RunError(
            "this result holds no states with an objective; p-bit workloads read with schedule.read_every, and results "
            "of sweeps and of earlier versions do not hold them",
            code="result.no-records",
        )
    return RunReads(best, trace, arrays)


def check_reads(best: Answer | None, trace: Trace, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check what a file says of its reads.

    Raises:
        ValueError: names the part.
    """
    if READ_VALUES not in arrays:
        return
    values, words = arrays[READ_VALUES], arrays.get(READ_STATES, trace.observations.states)
    groups = -(-trace.lanes // 64)
    spins = -1 if best is None else len(best.spins)
    if words.dtype != np.uint64 or words.ndim != 3 or words.shape[1:] != (spins, groups):
        raise ValueError("what does not fit: states read and spins of the best one")
    if values.dtype != np.float64 or values.shape != (len(words), trace.lanes) or not np.isfinite(values).all():
        raise ValueError("what does not fit: values of the states read")
