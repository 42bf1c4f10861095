"""Findings of a workload during a run, common to all lanes: typed in the workload, plain in the trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from chipsim.errors import ChipsimError


@dataclass(frozen=True, eq=False)
class Findings:
    """Base of such a record: a workload derives a frozen dataclass with its own fields.

    A field is an array of numbers, or any JSON value. `Workload.run` passes the record to `device.keep`, and
    `Workload.outcome` retrieves it from the trace; the rest of chipsim does not access its fields.
    """

    def plain(self) -> dict[str, Any]:
        """The fields by name, as stored in the trace and in a result.

        Values that JSON converts (tuples, non-string keys) are converted here already.

        Raises:
            TypeError: a field is neither an array nor a JSON value.
        """
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """The record of a trace (`trace.observations.findings`).

        Raises:
            ChipsimError: the trace belongs to another workload, or to another version of this one.
        """
        wanted = {field.name for field in fields(cls)}
        if plain.keys() != wanted:
            found = ", ".join(plain) or "nothing"
            raise ChipsimError(
                f"the trace holds {found}; {cls.__name__} requires {', '.join(sorted(wanted))}", code="result.other-run"
            )
        return cls(**plain)


def _plain(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else json.loads(json.dumps(value))


def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two plain records are equal; NaN equals NaN."""
    return a.keys() == b.keys() and all(_equal(a[name], b[name]) for name in a)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    return type(a) is type(b) and bool(a == b or a != a)
