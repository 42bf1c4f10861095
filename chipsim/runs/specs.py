"""Chips and workloads as Python objects: a preset, a file or a dict, and what is set in it.

>>> from chipsim import Chip
>>> Chip("tiny")
Chip('tiny')
>>> strong = Chip("tiny", set={"couplers.swing": "0.5 V"})
>>> strong.to_dict()["components"]["couplers"]["swing"]
'0.5 V'
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeAlias

from chipsim.errors import Place, SpecError, did_you_mean
from chipsim.spec.chip import read_chip
from chipsim.spec.compose import Given, SpecSource, as_source, read_spec
from chipsim.spec.dicts import plain_set, plain_value
from chipsim.spec.document import Document
from chipsim.spec.overrides import apply_overrides, path_of, split_overrides
from chipsim.workloads.parameters import Parameters, with_units
from chipsim.workloads.registry import read_workload, workload_keys


class Spec(ABC):
    """A spec that is read and checked, with changes to it.

    Args:
        spec: preset name, file, dict with the keys of a file, or a spec of the same sort.
        set: path -> value, as `--set` takes them; quantities with units, `"0.5 V"`, or floats in SI.

    Attributes:
        source: preset name or file, or the document of a dict.
        overrides: path -> value, all that is set.

    Raises:
        SpecError, SpecErrors, ChipsimError: with place, rule and remedy.
    """

    what: ClassVar[str]

    def __init__(self, spec: Given | Self, set: Mapping[str, Any] | None = None) -> None:
        own = spec.overrides if isinstance(spec, type(self)) else {}
        self.source: SpecSource = source_of(self.what, spec)
        document = read_spec(self.what, self.source)
        known = Parameters(document, None) if self.what == "chip" else Parameters(None, document)
        self.overrides: dict[str, Any] = {**own, **with_units(plain_set(set), known)}
        self._document = self._checked(document)

    @abstractmethod
    def _checked(self, document: Document) -> Document:
        """The document with what is set in it, once it keeps the rules that can be checked without the other spec."""

    @property
    def name(self) -> str:
        """The name that the spec gives itself."""
        return str(self._document.value["name"])

    @property
    def description(self) -> str:
        """What the spec says about itself; "" where it says nothing."""
        return str(self._document.value.get("description", ""))

    def to_dict(self) -> dict[str, Any]:
        """A copy of the whole spec, with everything that it extends and includes, and what is set."""
        copied: dict[str, Any] = plain_value(self._document.value, self.what)
        return copied

    def __repr__(self) -> str:
        given = repr(self.source) if isinstance(self.source, str) else f"{{'name': {self.name!r}, ...}}"
        changes = f", set={self.overrides!r}" if self.overrides else ""
        return f"{type(self).__name__}({given}{changes})"


class Chip(Spec):
    """A chip: a preset, a file or a dict, with changes to it.

    A result calls a chip that is given as a dict `NAME.yaml`; `run.sources` holds its text.

        >>> from chipsim import Chip
        >>> chip = Chip({"extends": "torus-2d", "name": "mine", "fabric": {"size": [6, 6]}})
        >>> chip
        Chip({'name': 'mine', ...})
        >>> chip.to_dict()["fabric"]
        {'pattern': 'square', 'size': [6, 6], 'borders': 'torus'}
        >>> Chip(chip, set={"cells.gain": 2}).overrides
        {'cells.gain': 2}
    """

    what = "chip"

    def _checked(self, document: Document) -> Document:
        parts = split_overrides(self.overrides)
        for path in parts["workload"]:
            raise SpecError(
                Place("--set"),
                path,
                "belongs to a workload; set it in the Workload or in the run",
                code="spec.unknown-path",
            )
        document = apply_overrides(document, parts["chip"], self.what)
        read_chip(document)
        return document


class Workload(Spec):
    """A workload: a preset, a file or a dict, with changes to it.

    >>> from chipsim import Workload
    >>> short = Workload("spin-glass", set={"schedule.sweeps": 50})
    >>> short
    Workload('spin-glass', set={'schedule.sweeps': 50})
    >>> short.to_dict()["schedule"]["sweeps"]
    50
    """

    what = "workload"

    def _checked(self, document: Document) -> Document:
        keys = workload_keys(document)
        parts = split_overrides(self.overrides, keys)
        for path in (path for path in self.overrides if path not in parts["workload"]):
            raise SpecError(
                Place("--set"),
                path,
                f"is not a key of this workload; set it in the Chip or in the run, or {_closest(path, keys)}",
                code="spec.unknown-path",
            )
        document = apply_overrides(document, parts["workload"], self.what)
        read_workload(document)
        return document


def _closest(path: str, keys: set[str]) -> str:
    """A hint at the keys of a workload, as a part of a sentence."""
    hint = did_you_mean(str(path_of(path)[0]), keys)
    return f"choose one of its keys, {hint}" if hint.startswith("known") else hint


ChipLike: TypeAlias = Given | Chip
WorkloadLike: TypeAlias = Given | Workload


def source_of(what: str, spec: Given | Spec) -> SpecSource:
    """Where a spec comes from: the name of a preset or a file, or the document of a dict."""
    return spec.source if isinstance(spec, Spec) else as_source(what, spec)


def overrides_of(chip: Given | Spec, workload: Given | Spec, set: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that is set, path -> value: in the chip, in the workload, and with `set=`, which goes before both."""
    own = [spec.overrides for spec in (chip, workload) if isinstance(spec, Spec)]
    return {path: value for changes in (*own, plain_set(set)) for path, value in changes.items()}
