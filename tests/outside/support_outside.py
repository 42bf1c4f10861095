"""Installing a package for child processes, as pip would leave it: modules beside the metadata of a distribution."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("contrastive_rbm", "dwell_noise", "field_scan", "lab_bench", "price_only_block")

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
