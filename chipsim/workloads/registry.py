"""Lookup of workloads by name: built-in ones and those registered by other packages; reading of workload files.

An external package registers a workload through the entry point group `chipsim.workloads`:

    [project.entry-points."chipsim.workloads"]
    my-workload = "my_package.my_workload:MyWorkload"
"""

from __future__ import annotations

from functools import cache
from typing import get_args

from chipsim.errors import ChipsimError
from chipsim.spec.document import Document
from chipsim.spec.entry_points import load_class, registered
from chipsim.spec.model import errors_located_at, fail, validate
from chipsim.spec.named_files import check_named, located
from chipsim.workloads.base import AnyWorkload, Workload, WorkloadModel

WORKLOAD_ENTRY_POINTS = "chipsim.workloads"

BUILT_IN = {
    "ising": "chipsim.workloads.ising.workload:Ising",
    "dtm": "chipsim.workloads.dtm.workload:Dtm",
    "feed-forward": "chipsim.workloads.feed_forward.workload:FeedForward",
    "linear-solve": "chipsim.workloads.linear_solve:LinearSolve",
    "inverse": "chipsim.workloads.covariance:Inverse",
    "gaussian-sample": "chipsim.workloads.covariance:GaussianSample",
    "langevin-images": "chipsim.workloads.langevin.workload:LangevinImages",
    "thermo-layer": "chipsim.workloads.thermo_layer.workload:ThermoLayer",
    "samplers": "chipsim.workloads.samplers.workload:Samplers",
    "natural-gradient": "chipsim.workloads.natural_gradient.workload:NaturalGradient",
}


@cache
def workload_names() -> dict[str, str]:
    """All known workloads: name -> "module:Class". Built-in names cannot be overridden."""
    return registered(WORKLOAD_ENTRY_POINTS, BUILT_IN)


def find_workload(name: str) -> type[AnyWorkload]:
    """The class of a workload.

    Raises:
        ChipsimError: unknown workload, or the entry point of an external package is broken.
    """
    found = load_class("workload", name, workload_names())
    if not issubclass(found, Workload):
        raise ChipsimError(f'workload "{name}" ({workload_names()[name]}) is not a workload', code="kind.broken")
    own = get_args(found.model_type.model_fields["workload"].annotation)
    if name not in own:
        raise ChipsimError(
            f'workload "{name}" ({workload_names()[name]}) has a model with workload: {", ".join(own) or "any"}; '
            "register it under that name",
            code="kind.broken",
        )
    return found


def workload_keys(document: Document) -> set[str]:
    """Known keys of a workload file: those in it, and those of the workload that it names."""
    if not isinstance(document.value, dict):
        return set()
    fields = workload_model(document).model_fields
    known = {field.alias or name for name, field in fields.items()}
    return (known | set(document.value)) - {"name", "description", "chipsim"}


def workload_model(document: Document) -> type[WorkloadModel]:
    """The model of a workload file, or that of the common keys if the workload is unknown."""
    name = str(document.value.get("workload")) if isinstance(document.value, dict) else ""
    with errors_located_at(document, ("workload",)):
        return find_workload(name).model_type if name in workload_names() else WorkloadModel


def read_workload(document: Document) -> AnyWorkload:
    """Validate a workload document.

    Raises:
        SpecError, SpecErrors: it is not a workload, or violates a rule of its model.
    """
    value = document.value
    if not isinstance(value, dict):
        raise fail(document, (), "expected a block of keys", code="spec.wrong-type")
    name = value.get("workload")
    if not name:
        raise fail(document, ("workload",), "workload is required and missing", code="spec.missing-key")
    with errors_located_at(document, ("workload",)):
        found = find_workload(str(name))
    model = validate(found.model_type, located(document, found.model_type))
    check_named(document, found.model_type)
    return found(document, model)
