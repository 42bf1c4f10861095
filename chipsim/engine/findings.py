"""What a workload found out while it drove a device, the same in all lanes: typed there, plain in the trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from chipsim.errors import ChipsimError


@dataclass(frozen=True, eq=False)
class Findings:
    """Base of such a record: a workload derives a frozen dataclass with fields of its own.

    A field is an array of numbers, or anything that JSON holds. `Workload.run` hands the record to `device.keep`, and
    `Workload.outcome` takes it back from the trace; no other part of chipsim knows its fields.
    """

    def plain(self) -> dict[str, Any]:
        """The fields by name, as the trace holds them and a result stores them.

        What JSON makes another value of (a tuple, a key that is no text) is changed here, not first in a file.

        Raises:
            TypeError: a field is neither an array nor what JSON holds.
        """
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """The record of a trace (`trace.observations.findings`).

        Raises:
            ChipsimError: the trace is that of another workload, or of another version of this one.
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
    """Whether two plain records are equal; what is not a number equals itself."""
    return a.keys() == b.keys() and all(_equal(a[name], b[name]) for name in a)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    return type(a) is type(b) and bool(a == b or a != a)
