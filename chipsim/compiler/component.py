"""Components of an elaborated chip.

Instances are ranges: a million cells are one `Component` with a count, and names of instances are generated on demand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from chipsim.components.base import Kind, RouteKind, Transfer
from chipsim.spec.chip import ComponentSpec

Kept = TypeVar("Kept", bound=Kind, covariant=True)


@dataclass(frozen=True, eq=False)
class Component(Generic[Kept]):
    """All instances of one entry of the chip spec.

    Attributes:
        name: dotted name without ranges.
        spec: as written.
        kind: validated parameters.
        count: instances on the whole chip.
        container: (name, instances) of the container around it, or None.
    """

    name: str
    spec: ComponentSpec
    kind: Kept
    count: int
    container: tuple[str, int] | None

    @property
    def is_range(self) -> bool:
        """Whether instances have an index."""
        return self.spec.count != 1

    @property
    def range_name(self) -> str:
        """All instances in one name: `core[0..7].cells[0..33695]`."""
        outer, many = self.container or ("", 1)
        inside = f"{outer}[0..{many - 1}]." if many > 1 else f"{outer}." if outer else ""
        inner = f"[0..{self.count // many - 1}]" if self.is_range else ""
        return inside + self.name.rsplit(".", 1)[-1] + inner

    def instance_name(self, index: int) -> str:
        """Hierarchical name of one instance, counted over the whole chip: `core[3].cells[17]`."""
        local = self.name.rsplit(".", 1)[-1]
        if self.container is None:
            return f"{local}[{index}]" if self.is_range else local
        outer, many = self.container
        around, inner = divmod(index, self.count // many)
        prefix = f"{outer}[{around}]" if many > 1 else outer
        return f"{prefix}.{local}[{inner}]" if self.is_range else f"{prefix}.{local}"

    def index_of(self, name: str) -> int | None:
        """The index of the instance with this hierarchical name; None if it belongs to another component."""
        numbers = [int(digits) for digits in re.findall(r"\[(\d+)\]", name)]
        inner = numbers.pop() if self.is_range and numbers else 0
        around = numbers.pop() if numbers else 0
        index = around * (self.count // self.containers) + inner
        return index if index < self.count and self.instance_name(index) == name else None

    def placed(self, side_m: float) -> Component[Kept]:
        """The component placed at an array with this longer side; the same object if nothing changes."""
        kind = self.kind.placed(side_m)
        return self if kind is self.kind else replace(self, kind=kind)

    @property
    def containers(self) -> int:
        """Instances of its container; 1 if there is none."""
        return 1 if self.container is None else self.container[1]

    def parts(self, transfer: Transfer) -> tuple[Transfer, ...]:
        """Transfers per container: one bias goes to every container, other words to that of their cells."""
        many = self.containers
        if many == 1:
            return (transfer,)
        if len(transfer.parts) == many:
            return transfer.parts
        if transfer.purpose == "bias":
            return (transfer,) * many
        return tuple(
            replace(transfer, words=_share(transfer.words, i, many), cells=_share(transfer.cells, i, many))
            for i in range(many)
        )

    def lag_fs(self: Component[RouteKind], transfer: Transfer) -> int:
        """Femtoseconds between the service of the first and the last word."""
        abreast = self.count // self.containers
        service = self.kind.service_fs
        return max(0, *(int(service(p, -(-p.words // abreast)) - service(p, 1)) for p in self.parts(transfer)))

    def counts(self: Component[RouteKind], transfer: Transfer) -> dict[str, int]:
        """Counts summed over all instances, by action."""
        total: dict[str, int] = {}
        for part in self.parts(transfer):
            for action, count in self.kind.counts(part).items() if part.words else ():
                total[action] = total.get(action, 0) + count
        return total


def _share(words: int, part: int, parts: int) -> int:
    """Words of one part of an even split."""
    return words * (part + 1) // parts - words * part // parts


# The components of a transfer, in order; one end is a host, the other is at the array.
Route = tuple[Component[RouteKind], ...]
