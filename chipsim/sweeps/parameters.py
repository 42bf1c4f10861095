"""Resolve `--set` paths to parameters of chip or workload, to find integer parameters."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from chipsim.components.registry import find_kind
from chipsim.errors import ChipsimError
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import SpecSource, read_spec
from chipsim.spec.document import KeyPath
from chipsim.spec.overrides import located_path, path_of, split_overrides
from chipsim.workloads.registry import workload_keys, workload_model


class Parameters:
    """Parameters of a chip and a workload, by the paths that lead to them."""

    def __init__(self, chip: SpecSource, workload: SpecSource) -> None:
        self.chip = read_spec("chip", chip).value
        self.document = read_spec("workload", workload)
        self.keys = workload_keys(self.document)

    def is_whole(self, path: str) -> bool:
        """Whether the parameter is an integer; False if it is unknown, which planning reports."""
        parts = split_overrides({path: None}, self.keys)
        try:
            if parts["chip"]:
                return _is_whole(*self._in_chip(path))
            if parts["workload"]:
                return _is_whole(workload_model(self.document), path_of(path))
        except ChipsimError:
            pass
        return False

    def written(self, path: str) -> Any:
        """The value in the spec of chip or workload; None where neither writes it."""
        of_chip = bool(split_overrides({path: None}, self.keys)["chip"])
        block = self.chip if of_chip else self.document.value
        try:
            for key in located_path(block, path, "chip" if of_chip else "workload"):
                block = block[key]
        except (ChipsimError, LookupError, TypeError):
            return None
        return block

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


def _is_whole(kind: Any, path: KeyPath) -> bool:
    found = set(_plain_types(_at(kind, path)))
    return int in found and float not in found


def _at(kind: Any, path: KeyPath) -> list[Any]:
    """Possible types at a path of a model."""
    if not path:
        return [kind]
    out: list[Any] = []
    for choice in _choices(kind):
        if isinstance(path[0], int) and get_origin(choice) in (list, tuple):
            out += [found for item in get_args(choice) for found in _at(item, path[1:])]
        elif isinstance(choice, type) and issubclass(choice, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in choice.model_fields.items()}
            if path[0] in fields:
                out += _at(fields[path[0]], path[1:])
    return out


def _choices(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [found for choice in get_args(kind) for found in _choices(choice)]
    return [kind]


def _plain_types(kinds: list[Any]) -> list[Any]:
    return [choice for kind in kinds for choice in _choices(kind)]
