"""Constraints on designs of a front: `joules_per_effective_sample < 1 nJ`."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import Any

from chipsim import units
from chipsim.errors import RuleError
from chipsim.results.metric_names import is_known, unit_of_metric
from chipsim.spec.document import Document
from chipsim.spec.model import fail

_RULE = re.compile(r"\s*([A-Za-z_][\w.\[\]]*)\s*(<=|>=|<|>)\s*(.+?)\s*")
_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Constraint:
    """A bound of a metric, in SI and as written."""

    text: str
    metric: str
    relation: str
    bound: float

    def kept_by(self, value: Any) -> bool:
        """Whether a value satisfies it; unknown values do not."""
        return is_known(value) and bool(_HOLDS[self.relation](value, self.bound))


def read_constraints(document: Document, written: list[str]) -> tuple[Constraint, ...]:
    """All constraints of a sweep.

    Raises:
        SpecError: a constraint is not a bound of a metric.
    """
    return tuple(_constraint(document, index, text) for index, text in enumerate(written))


def _constraint(document: Document, index: int, text: str) -> Constraint:
    where, match = ("constraints", index), _RULE.fullmatch(text)
    if match is None:
        complaint = f'"{text}" is not a bound of a metric; write for example "joules_per_effective_sample < 1 nJ"'
        raise fail(document, where, complaint, code="spec.wrong-type")
    metric, relation, bound = match.groups()
    unit = unit_of_metric(metric).replace("^", "**")
    try:
        value = units.parse(bound, unit) if unit else float(bound)
    except RuleError as error:
        raise fail(document, where, f"{text}: {error}", code=error.code) from None
    except ValueError:
        complaint = f'"{bound}" is not a number, and {metric} has no unit'
        raise fail(document, where, complaint, code="spec.wrong-type") from None
    return Constraint(text, metric, relation, value)
