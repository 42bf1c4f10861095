"""Reading a workload file: its `workload` key says which class runs it."""

from __future__ import annotations

import importlib

from chipsim.errors import did_you_mean
from chipsim.spec.document import Document
from chipsim.spec.model import fail, validate
from chipsim.workloads.base import Workload

BUILT_IN = {
    "ising": "chipsim.workloads.ising:Ising",
    "dtm": "chipsim.workloads.dtm.workload:Dtm",
    "linear-solve": "chipsim.workloads.linear_solve:LinearSolve",
    "inverse": "chipsim.workloads.covariance:Inverse",
    "gaussian-sample": "chipsim.workloads.covariance:GaussianSample",
    "natural-gradient": "chipsim.workloads.natural_gradient.workload:NaturalGradient",
}


def read_workload(document: Document) -> Workload:
    """Validate a workload document.

    Raises:
        SpecError, SpecErrors: it is not a workload, or a rule of its model is broken.
    """
    value = document.value
    if not isinstance(value, dict):
        raise fail(document, (), "a workload is a block of keys")
    name = value.get("workload")
    if not isinstance(name, str) or name not in BUILT_IN:
        complaint = (
            f'unknown workload "{name}"; {did_you_mean(str(name), BUILT_IN)}' if name else "the key workload is missing"
        )
        raise fail(document, ("workload",), complaint)
    found = workload_type(name)
    return found(document, validate(found.model_type, document))


def workload_type(name: str) -> type[Workload]:
    """The class of a workload that is known."""
    module, _, attribute = BUILT_IN[name].partition(":")
    found: type[Workload] = getattr(importlib.import_module(module), attribute)
    return found
