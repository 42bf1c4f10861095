"""Memory that this process may still allocate."""

from __future__ import annotations

import resource
from pathlib import Path

from chipsim.rounding import rounded


def available_bytes() -> int | None:
    """Memory that this process may still allocate: of the machine, its container and its limits; None if unknown."""
    found = [_of_machine(), _of_container()]
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    found += [] if soft == resource.RLIM_INFINITY else [soft]
    return min((size for size in found if size is not None), default=None)


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # not Linux
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _of_container() -> int | None:
    try:
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
    except OSError:  # no container, or an older kernel
        return None
    return None if limit == "max" else max(0, int(limit) - int(used))


def show_bytes(size: int) -> str:
    """A number of bytes with a binary prefix and three digits."""
    value, prefixes = float(size), iter(("", "Ki", "Mi", "Gi", "Ti", "Pi"))
    prefix = next(prefixes)
    while value >= 1024 and prefix != "Pi":
        value, prefix = value / 1024, next(prefixes)
    return f"{rounded(value, '.3g')} {prefix}B" if value < 1000 else f"{rounded(value, '.0f')} {prefix}B"
