"""Kinds with an equation planted in place of their own."""

from __future__ import annotations

from dataclasses import replace

from chipsim.components.base import Action, Equation, Kind


def with_equation(kind: type[Kind], action: str, equation: Equation | None) -> tuple[Action, ...]:
    """The actions of a kind, one of them with this price equation."""
    return tuple(replace(each, energy=equation) if each.name == action else each for each in kind.actions)
