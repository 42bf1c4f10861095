"""The folder of everything that chipsim caches: compiled kernels, facts about sources, embeddings, fitted betas."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path


def cache_root() -> Path:
    """The cache folder of chipsim, made if it is missing.

    `CHIPSIM_CACHE`, or `chipsim` in `XDG_CACHE_HOME` or `~/.cache`. Where that cannot be written, as in containers and
    service accounts, or is not of this user alone, it is a folder of this user for temporary files, so that later
    commands find what earlier ones compiled.
    """
    wanted = wanted_root()
    return _usable(wanted) if wanted else _temporary()


def wanted_root() -> Path | None:
    """The cache folder by the environment; None for a user without a home.

    A relative `XDG_CACHE_HOME` is ignored, as the XDG Base Directory Specification asks: kernels of whatever folder one
    works in would be executed.
    """
    if os.environ.get("CHIPSIM_CACHE"):
        return Path(os.environ["CHIPSIM_CACHE"])
    if os.path.isabs(os.environ.get("XDG_CACHE_HOME", "")):
        return Path(os.environ["XDG_CACHE_HOME"]) / "chipsim"
    if os.environ.get("HOME") == "":  # Path.home() would be the root folder
        return None
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "chipsim"
    return None


@cache
def _usable(wanted: Path) -> Path:
    with suppress(OSError, ValueError):
        wanted.mkdir(parents=True, exist_ok=True)
        if os.access(wanted, os.W_OK | os.X_OK) and _is_own(wanted.stat(), stat.S_IWOTH):
            return wanted
    return _temporary()


def _is_own(held: os.stat_result, denied: int) -> bool:
    """Whether this user owns a folder, and others have none of these permissions: kernels in it are executed."""
    return held.st_uid == os.geteuid() and not held.st_mode & denied


@cache
def _temporary() -> Path:
    """A folder that belongs to this user alone."""
    try:
        own = Path(tempfile.gettempdir(), f"chipsim-{os.geteuid()}")
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
        held = own.lstat()
        if stat.S_ISDIR(held.st_mode) and _is_own(held, 0o077):
            return own
        fresh = tempfile.mkdtemp(prefix="chipsim-")
    except OSError:
        # Nothing can be written anywhere: nothing is found there, and what fails to be kept is made again.
        return Path(os.devnull, "chipsim")
    atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    return Path(fresh)
