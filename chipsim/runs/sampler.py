"""A chip as a sampler of dimod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chipsim.errors import ChipsimError
from chipsim.problems.problem import Problem
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.runs.specs import ChipLike, WorkloadLike
from chipsim.workloads.ising.workload import Ising

try:
    import dimod
except ImportError:
    raise ChipsimError("chipsim.Sampler needs dimod: pip install 'chipsim[dimod]'", code="run.no-package") from None


class Sampler(dimod.Sampler):  # type: ignore[misc]
    """A `dimod.Sampler` that runs a workload of kind `ising` on a chip and returns the last read of each lane.

    Args:
        chip: preset name, file, dict or `Chip`.
        workload: preset name, file, dict or `Workload`; its betas must suit the weights.

    Example:
        >>> import chipsim, dimod
        >>> bqm = dimod.BinaryQuadraticModel.from_ising({"a": 1.0}, {"ab": -1.0})
        >>> found = chipsim.Sampler("any-graph").sample(bqm, num_reads=64)
        >>> float(found.first.energy), [int(found.first.sample[name]) for name in "ab"]
        (-2.0, [-1, -1])
    """

    def __init__(self, chip: ChipLike = "any-graph", workload: WorkloadLike = "anneal") -> None:
        self._chip, self._workload = chip, workload

    @property
    def properties(self) -> dict[str, Any]:
        """Chip and workload."""
        return {"chip": self._chip, "workload": self._workload}

    @property
    def parameters(self) -> dict[str, list[str]]:
        """Parameters of `sample`, none of which depends on a property."""
        return {"num_reads": [], "seed": [], "set": []}

    def sample(
        self, bqm: Any, num_reads: int = 64, seed: int = 0, set: Mapping[str, Any] | None = None, **parameters: Any
    ) -> Any:
        """Sample a binary quadratic model.

        Args:
            bqm: `dimod.BinaryQuadraticModel`.
            num_reads: independent repetitions (lanes), one sample each.
            seed: of all random numbers.
            set: path -> value, as in `chipsim.run`.
            parameters: others are ignored with a warning, as dimod's own samplers do.

        Returns:
            A `dimod.SampleSet` with energies of the model; `info` holds joules and seconds of a repetition, the whole
            summary and its ledger. It is empty for a model without variables.

        Raises:
            ChipsimError: the chip cannot run the model, or the workload reads nothing.
        """
        self.remove_unknown_kwargs(**parameters)
        if not bqm.num_variables:
            return dimod.SampleSet.from_samples_bqm([], bqm)
        ready = plan(self._chip, self._workload, set, problem=Problem.from_bqm(bqm))
        ising = ready.workload
        if not isinstance(ising, Ising):
            complaint = f"workload {ising.model.workload} has no spins of a model; use one of kind ising"
            raise ChipsimError(complaint, code="run.argument")
        run = simulate(ready, num_reads, seed)
        states = run.trace.observations.states
        if not len(states):
            raise ChipsimError("the workload reads no states; set schedule.read_every", code="run.argument")
        spins = ising.spins_of(states[-1], run.trace.lanes)
        variables = list(bqm.variables)
        samples = spins if bqm.vartype is dimod.SPIN else (spins + 1) // 2
        info = {
            "energy_j": run.energy_j,
            "time_per_job_s": run.summary.core.work.time_per_job_s,
            "summary": run.summary.to_json(),
        }
        return dimod.SampleSet.from_samples_bqm((samples, variables), bqm, info=info)
