"""Accumulates activity and phases while a device runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.activity import Row, summed
from chipsim.engine.timing import Phase


@dataclass
class TraceBuilder:
    """Rows and phases so far; names of phases have a prefix set by the workload."""

    counts: dict[tuple[str, str, int, bool], int] = field(default_factory=dict)
    classes: dict[tuple[str, str, int, bool], NDArray[np.int64]] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    prefix: str = ""

    def phase(self, name: str, start_fs: int, end_fs: int) -> int:
        """Index of the phase of an operation; consecutive operations of the same name share a phase."""
        name = f"{self.prefix} {name}".strip()
        if self.phases and self.phases[-1].name == name:
            last = self.phases[-1]
            self.phases[-1] = Phase(name, min(last.start_fs, start_fs), max(last.end_fs, end_fs))
        else:
            self.phases.append(Phase(name, start_fs, end_fs))
        return len(self.phases) - 1

    def add(
        self,
        component: str,
        action: str,
        phase: int,
        count: int,
        once: bool = False,
        by_class: NDArray[np.int64] | None = None,
    ) -> None:
        """Add to a row; zero counts create no row."""
        if count == 0:
            return
        key = (component, action, phase, once)
        self.counts[key] = self.counts.get(key, 0) + count
        if by_class is not None:
            self.classes[key] = self.classes[key] + by_class if key in self.classes else by_class

    def rows(self) -> tuple[Row, ...]:
        """The rows so far."""
        return summed(Row(*key, count, self.classes.get(key)) for key, count in self.counts.items())
