"""host: the computer next to the chip; it prepares data for the chip, processes its results and runs the workload.

A machine word comes from the smallest memory level that holds its working set, and takes a few instructions. The energy
per word of a cache follows from its size: figures of a 45 nm process (Horowitz, ISSCC 2014, figure 1.1.9), interpolated
linearly on logarithmic scales.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import model_validator

from chipsim.components.base import Action, Transfer
from chipsim.components.base import powered as powered_action
from chipsim.components.digital.base import DigitalRole
from chipsim.components.digital.controller import Controller
from chipsim.errors import RuleError
from chipsim.spec.fields import Quantity, Whole

KIB = 1024
CACHE_BYTES = (8 * KIB, 32 * KIB, 1024 * KIB)
CACHE_WORD_J = (10e-12, 20e-12, 100e-12)


def cache_word_j(size: float) -> float:
    """Joules to read 64 bits from a cache of `size` bytes in 45 nm, extrapolated beyond the published figures."""
    sizes, energies = np.log(CACHE_BYTES), np.log(CACHE_WORD_J)
    x = np.log(size)
    part = int(np.clip(np.searchsorted(sizes, x) - 1, 0, len(sizes) - 2))
    slope = (energies[part + 1] - energies[part]) / (sizes[part + 1] - sizes[part])
    return float(np.exp(energies[part] + slope * (x - sizes[part])))


class Host(Controller):
    """Parameters of the host: it processes one word of `word_bits` per `cycle`, with a number of instructions per word.

    `small_cache` and `large_cache` are sizes of its caches; a working set that fits neither resides in DRAM.
    """

    small_cache: Annotated[float, Quantity("B", gt=0, le=1e15)] = 32.0 * KIB
    large_cache: Annotated[float, Quantity("B", gt=0, le=1e15)] = 1024.0 * KIB
    instructions_per_word: Annotated[int, Whole(ge=0, le=10_000)] = 2

    role: ClassVar[DigitalRole] = "host"
    name: ClassVar[str] = "host"
    summary: ClassVar[str] = "host computer, counted in machine words by the memory level that serves them"

    def small_cache_j(self, technology: Any, magnitude: float) -> float:
        """A machine word of the small cache."""
        return cache_word_j(self.small_cache) * self.word_bits / 64

    def large_cache_j(self, technology: Any, magnitude: float) -> float:
        """A machine word of the large cache."""
        return cache_word_j(self.large_cache) * self.word_bits / 64

    actions: ClassVar[tuple[Action, ...]] = (
        Action(
            "small_cache",
            "digital",
            "word",
            "one machine word, working set in the small cache",
            small_cache_j,
        ),
        Action(
            "large_cache",
            "digital",
            "word",
            "one machine word, working set in the large cache",
            large_cache_j,
        ),
        Action("memory", "digital", "word", "one machine word, working set in no cache"),
        Action("instruction", "digital", "instruction", "one instruction"),
        powered_action("static", "standby power of the host"),
    )

    @model_validator(mode="after")
    def _by_size(self) -> Host:
        if self.large_cache < self.small_cache:
            sizes = f"large_cache is {self.large_cache:g} bytes, small_cache {self.small_cache:g}"
            raise RuleError(f"{sizes}; large_cache must be the larger one", code="spec.rule")
        return self

    def _handled(self, words: int, working_set: int) -> dict[str, int]:
        sizes = {"small_cache": self.small_cache, "large_cache": self.large_cache}
        home = next((name for name, size in sizes.items() if working_set <= size), "memory")
        return {home: words, "instruction": words * self.instructions_per_word}

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Values are packed into machine words; the working set is the transferred data."""
        words = self._words(transfer, transfer.words)
        return self._handled(words, words * self.word_bits // 8)

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One cycle per word; the working set defaults to the words themselves."""
        used = words * self.word_bits // 8 if working_set is None else working_set
        return super().compute(words)[0], self._handled(words, used)
