"""Scopes of totals: the array, the chip, or the complete system.

    fabric    the array of cells: rows of group fabric
    chip      all on-chip components: inputs, read-out, weights and their loads, controller, and static power
    system    the chip, its links, the host, and digital units next to the host

Every total, metric and ratio of a run refers to one of them.
"""

from __future__ import annotations

from typing import Literal, get_args

Scope = Literal["fabric", "chip", "system"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


def is_inside(scope: Scope, group: str, on_chip: bool) -> bool:
    """Whether a scope includes an action of a component.

    Args:
        scope: to test.
        group: of the action in the energy breakdown.
        on_chip: whether the component is part of the chip.
    """
    if scope == "system":
        return True
    return on_chip if scope == "chip" else group == "fabric"
