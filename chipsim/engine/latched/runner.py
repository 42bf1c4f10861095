"""Runs the kernel over groups of lanes in threads, in short calls, and measures kernel time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

from chipsim.files import write_cache
from chipsim.kernels.cache import cache_folder
from chipsim.kernels.update import advance
from chipsim.sources.cache import cache_root, wanted_root

# Target duration of a kernel call, so that progress and Ctrl-C are responsive.
CALL_S = 0.25

# Callback with the number of sweeps just completed.
Progress = Callable[[int], None]


class Runner:
    """Threads and times of the kernels of one array."""

    def __init__(self, threads: int) -> None:
        self.pool: Executor | None = ThreadPoolExecutor(threads) if threads > 1 else None
        self.kernel_s = 0.0
        self.updates_per_s = 3e8
        self._warm: set[Any] = set()

    def close(self) -> None:
        """Shut down the threads."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def warm_up(self, arguments: tuple[Any, ...]) -> None:
        """Compile the kernel for these argument types, or load it from the cache; announces a compilation."""
        types = _types(arguments)
        if types in self._warm:
            return
        self._warm.add(types)
        marker = cache_folder() / f"compiled-{'-'.join(_type_names(arguments))}"
        known = marker.exists()
        if not known:
            print(_announcement(), file=sys.stderr, flush=True)
        advance(*arguments, 0, 0)
        if not known:
            write_cache(marker, b"")

    def run(self, groups: Sequence[tuple[Any, ...]], start: int, stop: int, updates_per_tick: float) -> Iterator[int]:
        """Run ticks `start` to `stop` of each group, given by its arguments; yields the tick reached by each call.

        `updates_per_tick` is the total over all lanes.
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


def _announcement() -> str:
    """That kernels are being compiled, and where they are kept if not in the user's cache folder."""
    root, wanted = cache_root(), wanted_root()
    if root == wanted:
        return "compiling kernels for this machine (once)..."
    reason = f"{wanted} cannot be written or is not yours alone" if wanted else "there is no home folder"
    return f"compiling kernels for this machine (kept in {root}, as {reason}; set CHIPSIM_CACHE)..."


def _types(value: Any) -> Any:
    """The properties that determine numba's argument types. Cheap, since it runs before each stretch."""
    if isinstance(value, tuple):
        return (type(value), *map(_types, value))
    return value.dtype.num if hasattr(value, "dtype") else type(value)


def _type_names(arguments: Sequence[Any]) -> list[str]:
    """Names of the parameter types that select the compiled kernel, with the width of their first integers."""
    names = []
    for each in arguments:
        if isinstance(each, tuple):
            inner = _type_names([part for part in each if isinstance(part, tuple)])
            widths = {part.dtype.name for part in each if hasattr(part, "dtype") and part.dtype.kind == "i"}
            names.append("".join([type(each).__name__, *inner, *(["i16"] if "int16" in widths else [])]))
    return names
