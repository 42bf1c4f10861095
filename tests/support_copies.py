"""A copy of the package that a test may edit: looked at by this process, or run by others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import chipsim
from chipsim.kernels import cache
from chipsim.runs import identity
from chipsim.sources import modules
from chipsim.spec.presets import preset_root

CACHES = (
    modules.package_modules,
    modules.package_facts,
    identity.code,
    identity.outside_code,
    cache.kernel_modules,
    cache.cache_folder,
)


def copy_of_chipsim(folder: Path) -> Path:
    """The package in a folder, with its presets beside it."""
    package = Path(chipsim.__file__).parent
    shutil.copytree(package, folder / "chipsim", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("chips", "workloads"):
        shutil.copytree(preset_root() / name, folder / name)
    return folder / "chipsim"


def forget() -> None:
    """Have this process look at the sources again."""
    for held in CACHES:
        held.cache_clear()


@contextmanager
def named_by(package: Path) -> Iterator[None]:
    """Ids and the key of compiled kernels of this process are those of another copy of the sources."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modules, "PACKAGE", package)
        forget()
        yield
    forget()


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first place where something stands in a file, or add to its end."""
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1) if old else text + new)


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """The file is edited for a while, and this process sees it."""
    text = path.read_text()
    edit(path, old, new)
    forget()
    try:
        yield
    finally:
        path.write_text(text)
        forget()


def python_of(folder: Path, *arguments: str) -> str:
    """What Python prints when it imports the copy in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout
