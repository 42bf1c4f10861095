"""Two packages that know chipsim only by what it publishes, installed for child processes as pip would install them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGES = ("dwell_noise", "price_only_block")

# Their own tests run in a child process in which they are installed; see test_outside_kinds.py.
collect_ignore = list(PACKAGES)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def install(package: str, site: Path) -> None:
    """Copy the package's modules, and write the metadata of an installed distribution from its pyproject.toml."""
    project = tomllib.loads((HERE / package / "pyproject.toml").read_text())["project"]
    shutil.copytree(HERE / package / "src" / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata)
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages that holds both."""
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
