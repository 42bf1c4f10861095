"""Lookup of classes by name: built-in ones and those of other packages' entry points."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from chipsim.errors import ChipsimError, did_you_mean


def registered(group: str, built_in: Mapping[str, str]) -> dict[str, str]:
    """All known names -> "module:Class". Built-in names cannot be overridden."""
    outside = {point.name: point.value for point in importlib.metadata.entry_points(group=group)}
    return {**outside, **built_in}


def load_class(what: str, name: str, known: Mapping[str, str]) -> type[Any]:
    """The class behind a name.

    Args:
        what: the type of class, for errors: "kind".
        name: its name.
        known: from `registered`.

    Raises:
        ChipsimError: unknown name, or the entry point of an external package is broken.
    """
    if name not in known:
        raise ChipsimError(f'unknown {what} "{name}"; {did_you_mean(name, known)}', code="kind.unknown")
    module, _, attribute = known[name].partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # importing an external module may raise anything
        cause = str(error) if isinstance(error, ImportError | AttributeError) else f"{type(error).__name__}: {error}"
        raise ChipsimError(f'{what} "{name}" ({known[name]}) cannot be loaded: {cause}', code="kind.broken") from error
    if not isinstance(found, type):
        raise ChipsimError(f'{what} "{name}" ({known[name]}) is not a class', code="kind.broken")
    return found
