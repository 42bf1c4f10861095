"""Values that follow an axis, to compare designs at equal physics: `clock.phase: 2 x cells.relaxation_time`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chipsim.errors import did_you_mean
from chipsim.rounding import rounded
from chipsim.spec.document import Document
from chipsim.spec.model import fail
from chipsim.sweeps.axes import DIGITS, Axis

_RULE = re.compile(r"\s*(?:([0-9.eE+-]+)\s*[x*]\s*)?([A-Za-z_][\w.\[\]]*)\s*")


@dataclass(frozen=True)
class Follower:
    """A path set to a multiple of an axis."""

    path: str
    factor: float
    axis: Axis

    def value(self, of: Any) -> Any:
        """Its value for a value of the axis."""
        number = self.axis.number(of)
        assert number is not None
        if self.factor == 1:
            return of
        if self.axis.unit is not None:
            return f"{rounded(self.factor * number, f'.{DIGITS}g')} {self.axis.unit}"
        return float(f"{rounded(self.factor * number, f'.{DIGITS}g')}")


def read_follower(document: Document, path: str, axes: tuple[Axis, ...]) -> Follower:
    """A line of `follow`.

    Raises:
        SpecError: it is not a multiple of an axis.
    """
    where, rule = ("follow", path), document.value["follow"][path]
    match = _RULE.fullmatch(rule) if isinstance(rule, str) else None
    try:
        factor = float(match[1]) if match is not None and match[1] else 1.0
    except ValueError:
        match = None
    if match is None:
        complaint = f'{rule!r} is not a multiple of an axis; write for example "2 x cells.relaxation_time"'
        raise fail(document, where, complaint, code="spec.wrong-type")
    known = {axis.path: axis for axis in axes}
    if match[2] not in known:
        raise fail(document, where, f"no axis {match[2]}; {did_you_mean(match[2], known)}", code="spec.unknown-path")
    if path in known or path in document.value.get("set", {}):
        raise fail(document, where, "is also an axis or in set; remove one of the two", code="spec.duplicate")
    axis = known[match[2]]
    if any(axis.number(value) is None for value in axis.values):
        raise fail(document, where, f"{axis.path} has non-numeric values", code="spec.wrong-type")
    return Follower(path, factor, axis)
