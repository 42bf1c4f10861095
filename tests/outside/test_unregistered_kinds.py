"""Kinds that no package registers (a test's, a notebook's): they run, but leave nothing behind in the kernel cache."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import IdealNoise, Rng
from chipsim.engine.device import Device
from chipsim.kernels.jit import hash_of_files, kernel, package_sources
from chipsim.testing.trial import BIASES, COUPLINGS, trial_program


class Stranger(NamedTuple):
    """Kernel parameters that other processes cannot import."""

    one: NDArray[np.float32]


@kernel
def first_of(params):  # type: ignore[no-untyped-def]
    """A small kernel that takes parameters of any kind."""
    return params.one[0]


def test_kernels_of_unregistered_kinds_are_not_cached() -> None:
    """No later process would notice an edit of this file; built-in kinds are kept."""
    files = Path(first_of.stats.cache_path)
    one = np.ones(1, np.float32)

    def kept() -> list[Path]:
        return list(files.glob("test_unregistered_kinds.first_of-*"))

    for path in kept():
        path.unlink()
    assert first_of(Stranger(one)) == 1
    assert kept() == []
    assert first_of(IdealNoise(one)) == 1
    assert len(kept()) == 1


PROBE = """
from chipsim.kernels.jit import kernel_version, outside_sources
from chipsim.components.registry import kind_names
assert "spread" in kind_names()
print(*sorted(path.name for path in outside_sources()))
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


def test_sources_of_a_single_module_and_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "lonely_kind_module.py"
    module.write_text("ONE = 1\n")
    assert package_sources("lonely_kind_module") == [module]
    before = hash_of_files([module])
    module.write_text("ONE = 2\n")
    assert hash_of_files([module]) != before
    assert package_sources("there_is_no_such_package.at_all") == []


class Patient(Rng):
    """A noise that has a clock of its own, so the cells' relaxation time means nothing to it."""

    pauses_seen: ClassVar[list[float]] = []

    def uses_relaxation(self) -> bool:
        return False

    def remembers(self) -> bool:
        return True

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
