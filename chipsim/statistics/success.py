"""Time and energy to solution at 99 % (Ronnow et al. 2014), with intervals from the number of successful lanes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chipsim.statistics.intervals import NORMAL_95

WANTED = 0.99


@dataclass(frozen=True)
class Success:
    """Number of repetitions of a run with a read state that reached the target."""

    successes: int
    lanes: int

    def interval(self) -> tuple[float, float]:
        """95 % interval of the success probability (Wilson 1927)."""
        n, p, z = self.lanes, self.successes / self.lanes, NORMAL_95
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # At 0 and n successes the bound is exact, but the formula has a rounding error.
        low = 0.0 if self.successes == 0 else max(centre - half, 0.0)
        high = 1.0 if self.successes == n else min(centre + half, 1.0)
        return low, high


def repeats_to_solution(probability: float) -> float | None:
    """Repetitions of a run for one success with probability 99 %; None if it never succeeds."""
    if probability <= 0:
        return None
    if probability >= WANTED:
        return 1.0
    return math.log(1 - WANTED) / math.log(1 - probability)


def to_solution(success: Success, first: float, again: float) -> dict[str, float | None]:
    """Cost to solution: value and 95 % interval; None means unbounded.

    Args:
        success: of the repetitions.
        first: cost of a repetition with its load.
        again: cost of each restart: the same with a load, less if the load is kept.
    """
    low, high = success.interval()
    names = {"value": success.successes / success.lanes, "low": high, "high": low}
    repeats = {name: repeats_to_solution(p) for name, p in names.items()}
    return {name: None if many is None else first + (many - 1) * again for name, many in repeats.items()}
