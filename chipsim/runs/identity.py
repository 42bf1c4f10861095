"""What names a run: everything that could change a count, and nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

from numpy.typing import NDArray

from chipsim.components.registry import BUILT_IN, find_kind
from chipsim.kernels.jit import hash_of_files, kernel_version, package_sources
from chipsim.ledger.cost import run_id, short_hash
from chipsim.problems.problem import Problem
from chipsim.runs.plan import Plan
from chipsim.workloads.registry import outside_sources


def physics(ready: Plan) -> dict[str, Any]:
    """What decides the activity, as plain values: parameters, graph, nets, workload, problem; no prices.

    Names of components are in it (they name the rows of the activity); names and descriptions of files are not.
    """
    netlist = ready.netlist
    model = ready.chip.model
    problem: Problem | None = ready.workload.fixed_problem()
    return {
        "technology": model.technology.model_dump(exclude={"node"}),
        "fabric": [netlist.fabric.sites, _hash_arrays(netlist.fabric.edges, netlist.fabric.lengths)],
        "colours": [model.fabric.colours, model.fabric.coupled_updates],
        "components": {c.name: [c.count, c.container, c.kind.model_dump()] for c in netlist.components.values()},
        "nets": sorted([a, b] for a, b, _ in ready.chip.nets),
        "workload": ready.workload.model.model_dump(exclude={"name", "description", "jobs_per_load", "chips"}),
        "problem": None if problem is None else _hash_arrays(problem.edges, problem.couplings, problem.biases),
        "inputs": ready.workload.inputs(),
        "outside": _outside_versions(ready),
    }


def _outside_versions(ready: Plan) -> dict[str, str]:
    """Hash of the sources of each kind, and of the workload, that is not built in."""
    kinds = {c.spec.kind for c in ready.netlist.components.values()} - set(BUILT_IN)
    sources = {name: package_sources(find_kind(name).__module__) for name in sorted(kinds)}
    workload = ready.workload.model.workload
    if outside_sources(workload):
        sources[f"workload {workload}"] = outside_sources(workload)
    return {name: hash_of_files(paths) for name, paths in sources.items()}


def _hash_arrays(*arrays: NDArray[Any]) -> str:
    """Of type, shape and content. Millions of edges would be gigabytes as Python numbers."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:16]


def ids(ready: Plan, seed: int) -> tuple[str, str]:
    """(activity_id, run_id): what was simulated; and what it was priced with."""
    activity = short_hash([physics(ready), seed, kernel_version()])
    return activity, run_id(activity, ready.prices)
