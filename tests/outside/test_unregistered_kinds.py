"""Kinds of packages that are not imported, and kinds that no package registers (a test's, a notebook's)."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import Rng
from chipsim.engine.device import Device
from chipsim.testing.trial import BIASES, COUPLINGS, trial_program

PROBE = """
from chipsim.kernels import COMPONENT_ENTRY_POINTS
from chipsim.sources.modules import outside_modules, package_sources
from chipsim.components.registry import kind_names
assert "spread" in kind_names()
print(*sorted(name for module in outside_modules(COMPONENT_ENTRY_POINTS) for name in package_sources(module)))
import sys
assert "spread" not in sys.modules
"""


def test_all_files_of_a_package_count_and_none_is_imported(tmp_path: Path) -> None:
    """A kind may be spread over files: an edit of any of them must lead to another cache folder."""
    package = tmp_path / "spread"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "kind.py").write_text("from spread.parts import *\n")
    (package / "parts.py").write_text("ONE = 1\n")
    info = tmp_path / "spread-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spread\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[chipsim.components]\nspread = spread.kind:Spread\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["__init__.py", "kind.py", "parts.py"]


class Patient(Rng):
    """A noise that has a clock of its own, so the cells' relaxation time means nothing to it."""

    pauses_seen: ClassVar[list[float]] = []

    def uses_relaxation(self) -> bool:
        return False

    def noise(self, context: ArrayContext) -> Any:
        self.pauses_seen.append(context.since_latch_s)
        return super().noise(context)


def test_a_noise_with_its_own_time_constant_hears_of_pauses() -> None:
    """Before the first latch an infinite time has passed; after a pause of the array, the pause."""
    Patient.pauses_seen.clear()
    device = Device(trial_program(Patient(kind="rng", law="redraw")), lanes=1)
    device.write(COUPLINGS, BIASES)
    device.sample(3)
    assert math.inf in Patient.pauses_seen
    Patient.pauses_seen.clear()
    reading = device.read()
    device.sample(3, after=[reading.done])
    sweep_s = 200e-9
    pauses = [time_s for time_s in Patient.pauses_seen if time_s != pytest.approx(sweep_s)]
    assert pauses
    duration_s = (reading.done.end_fs - reading.done.start_fs) * 1e-15
    assert pauses == pytest.approx([sweep_s + duration_s] * len(pauses))
    assert device.program.netlist.inert()["cells.relaxation_time"]
