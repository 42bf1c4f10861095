"""Records of the points of a sweep: status and figures in memory, full records in the folder.

A record contains energies of lanes and bills, about ten kilobytes. For 100,000 points that is too much memory, so full
records are read from the folder on access.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chipsim.errors import RunError
from chipsim.results.metric_names import is_known
from chipsim.sweeps.points import Point
from chipsim.sweeps.store import SweepFolder


class Records(Mapping[str, dict[str, Any]]):
    """Records of finished and failed points by key.

    Args:
        folder: in which they are stored.
        metric: the first metric of the sweep, whose best value is tracked.
        largest: whether the best value is the largest.

    Attributes:
        failed: number of failed points.
        names: of all figures in any record.
        best: the best value so far and its point; None before the first one.
    """

    def __init__(self, folder: SweepFolder, metric: str, largest: bool) -> None:
        self._folder, self._metric, self._sign = folder, metric, -1.0 if largest else 1.0
        self._status: dict[str, str] = {}
        self.failed = 0
        self.names: set[str] = set()
        self.best: tuple[float, Point] | None = None

    def note(self, point: Point, record: dict[str, Any]) -> None:
        """Register a record that is stored in the folder."""
        before = self._status.get(point.key)
        self.failed += (record["status"] == "failed") - (before == "failed")
        self._status[point.key] = "failed" if record["status"] == "failed" else "done"
        figures = record.get("figures", {})
        self.names.update(figures)
        value = figures.get(self._metric)
        if value is not None and is_known(value):
            known = self.best
            if known is None or (self._sign * value, point.index) < (self._sign * known[0], known[1].index):
                self.best = value, point

    def __getitem__(self, key: str) -> dict[str, Any]:
        if key not in self._status:
            raise KeyError(key)
        record = self._folder.point(key)
        if record is None:
            self._folder.drop_point(key)
            raise RunError(
                f"{self._folder.root}/points/{key}.json was deleted or changed by others; repeat the sweep",
                code="result.damaged",
            )
        return record

    def __contains__(self, key: object) -> bool:
        return key in self._status

    def __iter__(self) -> Iterator[str]:
        return iter(self._status)

    def __len__(self) -> int:
        return len(self._status)
