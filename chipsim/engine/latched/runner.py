"""Running the kernel over groups: threads take groups, calls are short, and time in kernels is measured."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

from chipsim.kernels.cache import cache_folder
from chipsim.kernels.update import advance

# A call of the kernel lasts about this long, so that progress shows and Ctrl-C is heard.
CALL_S = 0.25

# Told the number of sweeps that were just done.
Progress = Callable[[int], None]


class Runner:
    """Threads and times of the kernels of one array."""

    def __init__(self, threads: int) -> None:
        self.pool: Executor | None = ThreadPoolExecutor(threads) if threads > 1 else None
        self.kernel_s = 0.0
        self.updates_per_s = 3e8
        self._warm: set[Any] = set()

    def close(self) -> None:
        """Let the threads go."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def warm_up(self, arguments: tuple[Any, ...]) -> None:
        """Compile, or load from the cache, the kernel for these argument types; say so when it will take a while."""
        types = _types(arguments)
        if types in self._warm:
            return
        self._warm.add(types)
        marker = cache_folder() / f"compiled-{'-'.join(_type_names(arguments))}"
        if not marker.exists():
            print("compiling kernels for this machine (once)...", file=sys.stderr, flush=True)
        advance(*arguments, 0, 0)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()

    def run(self, groups: Sequence[tuple[Any, ...]], start: int, stop: int, updates_per_tick: float) -> Iterator[int]:
        """Ticks `start` to `stop` of each group, given by its arguments; yields the tick that each call came to.

        `updates_per_tick` are those of all lanes together.
        """
        while start < stop:
            step = min(stop - start, max(1, int(CALL_S * self.updates_per_s / updates_per_tick)))
            began = time.perf_counter()
            self._call(groups, start, start + step)
            spent = time.perf_counter() - began
            self.kernel_s += spent
            self.updates_per_s = updates_per_tick * step / max(spent, 1e-9)
            start += step
            yield start

    def _call(self, groups: Sequence[tuple[Any, ...]], start: int, stop: int) -> None:
        if self.pool is None or len(groups) == 1:
            for arguments in groups:
                advance(*arguments, start, stop)
            return
        jobs = [self.pool.submit(partial(advance, *arguments, start, stop)) for arguments in groups]
        for job in jobs:
            job.result()


def _types(value: Any) -> Any:
    """What numba's types of some arguments depend on. Asked before each stretch of a run, so it does no more."""
    if isinstance(value, tuple):
        return (type(value), *map(_types, value))
    return value.dtype.num if hasattr(value, "dtype") else type(value)


def _type_names(arguments: Sequence[Any]) -> list[str]:
    """Names of the parameters that decide what is compiled, with the width of their first integers."""
    names = []
    for each in arguments:
        if isinstance(each, tuple):
            inner = _type_names([part for part in each if isinstance(part, tuple)])
            widths = {part.dtype.name for part in each if hasattr(part, "dtype") and part.dtype.kind == "i"}
            names.append("".join([type(each).__name__, *inner, *(["i16"] if "int16" in widths else [])]))
    return names
