"""The summary of a run: what does not depend on prices, what does, and a block of the workload's own.

Its JSON is flat: the fields of the parts stand side by side, `workload` is a block. A metric goes by its name in there,
nested ones by their path (`energy_by_group_j.fabric`); a figure of the workload goes by its bare name, unless the run
itself has a metric of that name: then by `workload.figures.NAME`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache, cached_property
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from chipsim.errors import RunError, did_you_mean
from chipsim.ledger.core import Answers, Core, Request, Specs, Work
from chipsim.ledger.lint import BY_PRICES
from chipsim.ledger.priced import AnswerCost, Area, Priced, SampleCost
from chipsim.workloads.sections import Section

# Parts whose fields stand side by side in the JSON.
FLAT = (Core, Request, Specs, Work, Answers, Priced, AnswerCost, SampleCost, Area)
# Entries that only some runs have.
OPTIONAL = (
    "success_probability",
    "time_to_solution_s",
    "restart",
    "energy_to_solution_j",
    "energy_to_solution_price_range_j",
    "methods",
    "step",
    "other_pieces",
    "is_training",
    "use_gives",
    "use",
    "native",
    "native_samples",
    "output",
    "pieces",
)


@dataclass(frozen=True)
class WorkloadBlock:
    """What the workload says.

    Attributes:
        name: of the workload file.
        kind: which workload it is.
        figures: plain values, by name.
        sections: what reports draw.
    """

    name: str
    kind: str
    figures: dict[str, Any]
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Everything that is reported of a run.

    `summary["energy_j"]` looks up an entry of the JSON, a metric, or a figure of the workload by its name.
    """

    core: Core
    priced: Priced
    workload: WorkloadBlock

    def to_json(self) -> dict[str, Any]:
        """Plain values: dicts, lists, strings, numbers, None."""
        out = {
            **_flat(self.core),
            **_flat(self.priced),
            "workload": _adapter(WorkloadBlock).dump_python(self.workload, mode="json"),
        }
        out["quality"] = out["quality"] or {}
        return {name: value for name, value in out.items() if value or name not in OPTIONAL}

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Summary:
        """The inverse of `to_json`.

        Raises:
            ValueError: an entry is missing, or not what it should be.
        """
        return cls(core_of(held), _built(Priced, held), block_of(held))

    def check_finite(self) -> None:
        """Check that every number is finite.

        Raises:
            RunError: names those that are not.
        """
        parts = ((self.core, ""), (self.priced, ""), (self.workload, "workload"))
        wrong = list(dict.fromkeys(path for part, name in parts for path in _not_finite(part, name)))
        if wrong:
            more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            raise RunError(
                f"{wrong[0]}{more} is not finite, so there is no result; parameters are too small or too large",
                code="run.not-finite",
            )

    def metrics(self) -> dict[str, Any]:
        """Single values by name: numbers, words, and None for what is not known."""
        block = self.workload
        own = {name: value for name, value in self.to_json().items() if name not in ("set", "workload")}
        out = {**dict(_leaves(own)), "workload.name": block.name, "workload.kind": block.kind}
        for name, value in _leaves(block.figures):
            out[f"workload.figures.{name}" if name in out else name] = value
        return out

    def __getitem__(self, name: str) -> Any:
        """An entry of the JSON, a metric, or a figure of the workload.

        Raises:
            KeyError: with the closest names.
        """
        if name not in self._entries:
            raise KeyError(f'there is no "{name}"; {did_you_mean(name, self._entries)}')
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is an entry of this name."""
        return name in self._entries

    @cached_property
    def _entries(self) -> dict[str, Any]:
        return {**self.workload.figures, **self.metrics(), **self.to_json()}


def core_of(held: Mapping[str, Any]) -> Core:
    """What the JSON of a summary says that does not depend on prices.

    Raises:
        ValueError: an entry is missing, or not what it should be.
    """
    physics = [finding for finding in held["lint"] if finding["rule"] not in BY_PRICES]
    return _built(Core, {**held, "quality": held["quality"] or None, "lint": physics})


def block_of(held: Mapping[str, Any]) -> WorkloadBlock:
    """What the JSON of a summary says for the workload.

    Raises:
        ValueError: an entry is missing, or not what it should be.
    """
    return _adapter(WorkloadBlock).validate_python(held["workload"])


def entry_names() -> set[str]:
    """Names of all entries of the JSON of a summary."""
    return {"workload", *(name for part in FLAT for name, kind in _types(part).items() if kind not in FLAT)}


def _leaves(block: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of single values; lists are none."""
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{key}.")
        elif not isinstance(value, list):
            yield f"{path}{key}", value


def _not_finite(value: Any, path: str = "") -> Iterator[str]:
    """Paths of the numbers that are not finite, as in the JSON; which writes them as null."""
    if isinstance(value, FLAT):
        for name, inner in vars(value).items():
            yield from _not_finite(inner, path if isinstance(inner, FLAT) else name)
    elif is_dataclass(value) or isinstance(value, Mapping):
        for name, inner in value.items() if isinstance(value, Mapping) else vars(value).items():
            yield from _not_finite(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _not_finite(inner, path)
    elif isinstance(value, float) and not math.isfinite(value):
        yield path


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _types(part: Any) -> dict[str, Any]:
    return get_type_hints(part)


def _flat(part: Any) -> dict[str, Any]:
    """The fields of a part, and of the parts in it, side by side."""
    out: dict[str, Any] = {}
    for name, kind in _types(part.__class__).items():
        value = getattr(part, name)
        out.update(_flat(value) if kind in FLAT else {name: _adapter(kind).dump_python(value, mode="json")})
    return out


def _built(part: Any, held: Mapping[str, Any]) -> Any:
    """The inverse of `_flat`: a field that is not there keeps its default."""
    given: dict[str, Any] = {}
    for name, kind in _types(part).items():
        if kind in FLAT:
            given[name] = _built(kind, held)
        elif name in held:
            given[name] = _adapter(kind).validate_python(held[name])
    try:
        return part(**given)
    except TypeError as error:
        raise ValueError(f"the summary is not complete: {error}") from None
