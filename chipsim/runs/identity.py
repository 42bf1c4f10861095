"""Identity of a run: all inputs that could change a count, and nothing else.

`activity_id` is the hash of the `identity` of a simulation: resolved physics, seed, the content of every file read, and
the syntax trees of all code that a simulation can reach. `run_id` adds the prices. Neither depends on the machine, on
the version of Python, or on paths of files.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist
from chipsim.components.registry import BUILT_IN as BUILT_IN_KINDS
from chipsim.components.registry import find_kind
from chipsim.files import read_bounded
from chipsim.problems.problem import Problem
from chipsim.sources.modules import package_facts, package_hash
from chipsim.spec.named_files import without_files
from chipsim.workloads.base import AnyWorkload
from chipsim.workloads.registry import BUILT_IN as BUILT_IN_WORKLOADS
from chipsim.workloads.registry import find_workload

# Code that runs only after counting, or that a simulation never reaches. All other modules are hashed.
SHOWING = ("chipsim.report", "chipsim.catalogue", "chipsim.cli", "chipsim.testing")
PRICING = ("chipsim.prices", "chipsim.ledger", "chipsim.results", "chipsim.runs.summary")
AROUND = (
    "chipsim.files",
    "chipsim.hdf5",
    "chipsim.memory",
    "chipsim.sources",
    "chipsim.engine.cpu_time",
    "chipsim.runs.identity",
    "chipsim.runs.size",
    "chipsim.sweeps",
    "chipsim.workloads.parameters",
)


def identity(netlist: Netlist, workload: AnyWorkload) -> dict[str, Any]:
    """Everything except the seed that determines the activity, as plain JSON: without prices, names and descriptions.

    Includes names of components, which key the rows of the activity.
    """
    fabric, model, problem = netlist.fabric, netlist.chip.model, workload.fixed_problem()
    return {
        "technology": model.technology.model_dump(mode="json", exclude={"node"}),
        "fabric": {
            "cells": fabric.sites,
            "graph": _hash_of_arrays(fabric.edges, fabric.lengths),
            "colours": model.fabric.colours,
            "coupled_updates": model.fabric.coupled_updates,
        },
        "components": {
            c.name: {"instances": c.count, "container": c.container, "parameters": c.kind.model_dump(mode="json")}
            for c in netlist.components.values()
        },
        "nets": sorted([a, b] for a, b, _ in netlist.chip.nets),
        "workload": _workload(workload),
        "problem": None if problem is None else _hash_of_problem(problem),
        "inputs": {**_hash_of_colours(fabric.colouring), **input_hashes(workload, {})},
        "searched": {name: _hash_of_arrays(found) for name, found in workload.searched().items()},
        "code": code(),
        "outside": outside_code(frozenset(c.spec.kind for c in netlist.components.values()), workload.model.workload),
    }


@cache
def code(but: tuple[str, ...] = (*SHOWING, *PRICING, *AROUND)) -> dict[str, str]:
    """Hashes of the syntax trees of chipsim's modules by dotted name, without some packages and modules.

    Excludes the top-level package, which only re-exports and holds the version.
    """
    return {
        name: facts.tree
        for name, facts in package_facts().items()
        if name != "chipsim" and not any(name == one or name.startswith(f"{one}.") for one in but)
    }


@cache
def outside_code(kinds: frozenset[str], workload: str) -> dict[str, str]:
    """Hashes of the packages of external kinds and workloads.

    Raises:
        ChipsimError: unknown kind or workload.
    """
    kinds_here = sorted(kinds - set(BUILT_IN_KINDS))
    found = {f"kind {name}": package_hash(find_kind(name).__module__) for name in kinds_here}
    if workload not in BUILT_IN_WORKLOADS:
        found[f"workload {workload}"] = package_hash(find_workload(workload).__module__)
    return found


def input_hashes(workload: AnyWorkload, known: dict[Path, str]) -> dict[str, str]:
    """Hashes of the files that a workload reads, by role.

    Args:
        workload: that names the files.
        known: cache of hashes, updated in place.

    Raises:
        ChipsimError: a file is missing.
    """
    return {name: hash_of_file(path, known) for name, path in workload.inputs().items()}


def hash_of_file(path: Path, known: dict[Path, str]) -> str:
    """Hash of a file; `known` is a cache, updated in place.

    Raises:
        ChipsimError, OSError: it cannot be read.
    """
    if path not in known:
        known[path] = hashlib.sha256(read_bounded(path)).hexdigest()[:16]
    return known[path]


def _workload(workload: AnyWorkload) -> Any:
    """Keys of the workload without file names; the content of files is in `inputs`."""
    held = workload.model.model_dump(mode="json", exclude={"name", "description", "jobs_per_load", "chips"})
    return without_files(held, workload.model_type)


def _hash_of_colours(colours: NDArray[np.int32] | None) -> dict[str, str]:
    """Hash of the colours that a file gives the cells."""
    return {} if colours is None else {"colouring": _hash_of_arrays(colours)}


def _hash_of_problem(problem: Problem) -> str:
    return _hash_of_arrays(problem.edges, problem.couplings, problem.biases, np.array([problem.offset]))


def _hash_of_arrays(*arrays: NDArray[Any]) -> str:
    """Hash of type, shape and content, without conversion to Python numbers, which would take gigabytes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:16]
