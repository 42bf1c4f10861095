"""Resolve `--set` paths to parameters of chip or workload: which are whole numbers, and which have units."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chipsim.components.registry import find_kind
from chipsim.errors import ChipsimError
from chipsim.prices.row import unit_of_price
from chipsim.spec.chip import ChipModel
from chipsim.spec.dicts import with_unit
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.fields import Quantity
from chipsim.spec.overrides import located_path, path_of, split_overrides
from chipsim.workloads.registry import workload_keys, workload_model


class Parameters:
    """Parameters of a chip and a workload, by the paths that lead to them.

    Args:
        chip: its document; None where only the other one is known.
        workload: likewise.
    """

    def __init__(self, chip: Document | None, workload: Document | None) -> None:
        self.chip: Any = None if chip is None else chip.value
        self.document = workload
        self.keys = set() if workload is None else workload_keys(workload)

    def is_whole(self, path: str) -> bool:
        """Whether the parameter is an integer; False if it is unknown, which planning reports."""
        found = set(_plain_types(self._types(path)))
        return int in found and float not in found

    def unit(self, path: str) -> str | None:
        """SI unit of the parameter, or of a price; None for what is no quantity, or unknown."""
        if path.startswith("prices."):
            return unit_of_price(path)
        return next((unit for kind in self._types(path) for unit in _units(kind)), None)

    def written(self, path: str) -> Any:
        """The value in the spec of chip or workload; None where neither writes it."""
        of_chip = bool(split_overrides({path: None}, self.keys)["chip"])
        block: Any = self.chip if of_chip or self.document is None else self.document.value
        try:
            for key in located_path(block, path, "chip" if of_chip else "workload"):
                block = block[key]
        except (ChipsimError, LookupError, TypeError):
            return None
        return block

    def _types(self, path: str) -> list[Any]:
        """Possible types of the parameter; none if it is unknown."""
        parts = split_overrides({path: None}, self.keys)
        try:
            if parts["chip"] and self.chip is not None:
                return _at(*self._in_chip(path))
            if parts["workload"] and self.document is not None:
                return _at(workload_model(self.document), path_of(path))
        except (ChipsimError, LookupError, TypeError):
            pass
        return []

    def _in_chip(self, path: str) -> tuple[Any, KeyPath]:
        """(model, path in it) of a parameter of a component, or of the chip itself."""
        where = located_path(self.chip, path, "chip")
        names = [place for place, key in enumerate(where) if key == "components"]
        if not names:
            return ChipModel, where
        block = self.chip
        for key in where[: names[-1] + 2]:
            block = block[key]
        return find_kind(block["kind"]), where[names[-1] + 2 :]


def with_units(changes: Mapping[str, Any], parameters: Parameters) -> dict[str, Any]:
    """Path -> value as a spec file would hold it, of values from Python: floats of quantities are in SI."""
    return {path: with_unit(value, parameters.unit(path)) for path, value in changes.items()}


def _at(kind: Any, path: KeyPath) -> list[Any]:
    """Possible types at a path of a model."""
    if not path:
        return [kind]
    out: list[Any] = []
    for choice in _choices(kind):
        if isinstance(path[0], int) and get_origin(choice) in (list, tuple):
            out += [found for item in get_args(choice) for found in _at(item, path[1:])]
        elif isinstance(choice, type) and issubclass(choice, BaseModel):
            fields = {field.alias or name: _annotated(field) for name, field in choice.model_fields.items()}
            if path[0] in fields:
                out += _at(fields[path[0]], path[1:])
    return out


def _annotated(field: FieldInfo) -> Any:
    """The type of a field with its metadata, which pydantic keeps apart."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _units(kind: Any) -> list[str]:
    """SI units of the quantities among the alternatives of a type, or of its items."""
    if get_origin(kind) is Annotated:
        inner, *metadata = get_args(kind)
        return [each.unit for each in metadata if isinstance(each, Quantity)] or _units(inner)
    if get_origin(kind) in (Union, types.UnionType, list, tuple):
        return [unit for each in get_args(kind) for unit in _units(each)]
    return []


def _choices(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [found for choice in get_args(kind) for found in _choices(choice)]
    return [kind]


def _plain_types(kinds: list[Any]) -> list[Any]:
    return [choice for kind in kinds for choice in _choices(kind)]
