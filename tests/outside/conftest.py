"""Packages that know chipsim only by what it publishes, installed for child processes as pip would install them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support_outside import PACKAGES, Run, install

# Their own tests run in a child process in which they are installed; see test_outside_kinds.py.
collect_ignore = list(PACKAGES)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages that holds them all."""
    folder = tmp_path_factory.mktemp("site")
    for package in PACKAGES:
        install(package, folder)
    return folder


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run Python in a child process that finds the packages of `site` (None: only what is really installed)."""
    home = tmp_path_factory.mktemp("home")

    def run(site: Path | None, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        folders = [str(site)] if site is not None else []
        path = os.pathsep.join([*folders, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=cwd or home, env=environment, capture_output=True, text=True, timeout=300
        )

    return run
