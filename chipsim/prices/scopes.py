"""What a total counts: the array alone, the chip, or the chip with everything that it takes to use it.

    fabric    what the array of cells does: rows of group fabric
    chip      everything on the chip: inputs, read-out, weights and their loads, controller, and what is always on
    system    the chip, its links, the host, and digital units beside the host

Every total, metric and ratio of a run is in one of them.
"""

from __future__ import annotations

from typing import Literal, get_args

Scope = Literal["fabric", "chip", "system"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


def is_inside(scope: Scope, group: str, on_chip: bool) -> bool:
    """Whether a scope holds what a component does.

    Args:
        scope: which one.
        group: of the energy breakdown that the action belongs to.
        on_chip: whether the component is part of the chip.
    """
    if scope == "system":
        return True
    return on_chip if scope == "chip" else group == "fabric"
