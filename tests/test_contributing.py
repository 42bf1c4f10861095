"""CONTRIBUTING.md names files that are there, and its code runs."""

from __future__ import annotations

import importlib.util
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from chipsim.kernels import stages
from chipsim.kernels.jit import stage

ROOT = Path(__file__).parent.parent


def named_files() -> set[str]:
    """Paths in backquotes, from the root or from the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return {name for name in re.findall(r"`([\w./-]+/[\w.-]*)`", text) if not name.startswith("/")}


def test_files_that_are_named_exist() -> None:
    names = named_files()
    assert len(names) > 25
    missing = [name for name in sorted(names) if not any((ROOT / room / name).exists() for room in ("", "chipsim"))]
    assert missing == []


HEAD = """
from typing import Any, NamedTuple
import numpy as np
from numpy.typing import NDArray
"""


def code_of(section: str) -> str:
    """The indented blocks of a section, one after the other."""
    text = (ROOT / "CONTRIBUTING.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"\n\n((?:(?: {4,}.*)?\n)+)", text)
    return "\n".join(textwrap.dedent(block) for block in blocks)


def written(folder: Path, name: str, *sections: str) -> ModuleType:
    """What some sections say, as a module."""
    path = folder / f"{name}.py"
    path.write_text(HEAD + "\n".join(code_of(section) for section in sections))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.physics
def test_an_array_is_tried_and_observed_as_it_says(tmp_path: Path) -> None:
    said = written(tmp_path, "tried_array", "Trying an array", "Adding an observer")
    assert said.spins.shape == (256, 4)
    counts = np.zeros((said.array.groups, 4), np.int64)

    class Mine:
        def parameters(self, group: int) -> Any:
            return said.Ups(counts[group])

    seen, sweep_fs = np.zeros(4, np.int64), said.program.sweep_fs
    for sweep in range(100, 120):
        said.array.advance(sweep * sweep_fs, (sweep + 1) * sweep_fs, [Mine()])
        seen += (said.lanes_of_words(said.array.words(said.program.slot_of), 256) > 0).sum(axis=0)
    assert counts.sum(axis=0)[said.program.slot_of].tolist() == seen.tolist()


@pytest.mark.physics
def test_a_schedule_samples_the_law_as_it_says(tmp_path: Path) -> None:
    said = written(tmp_path, "tried_schedule", "Trying an array", "Adding a schedule", "Adding an observer")
    program, order = said.program, said.program.slot_of[[3, 2, 1, 0]]

    class Reversed:
        parameters = said.Visits(order, program.cell_class)
        tick_fs, ticks_per_sweep = 10**8, 4

    array = said.LatchedArray(program, 4096, 5, schedule=Reversed())
    array.load(said.array.fields[0])
    array.set_beta(1.0)
    counts = np.zeros((array.groups, 4), np.int64)

    class Mine:
        def parameters(self, group: int) -> Any:
            return said.Ups(counts[group])

    array.advance(0, 20 * 4 * 10**8)
    array.advance(20 * 4 * 10**8, 220 * 4 * 10**8, [Mine()])
    states = 2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1) - 1
    means = 2 * counts.sum(axis=0)[program.slot_of] / (200 * 4096) - 1
    # 819,200 looks, no more than 8 sweeps to an independent one: a standard error of 0.003 at most.
    assert means == pytest.approx(said.law @ states, abs=0.012)


@pytest.mark.kernel
def test_observers_without_a_stage_and_stages_without_parameters_are_refused(tmp_path: Path) -> None:
    said = written(tmp_path, "tried_mistakes", "Trying an array")

    class Blind(NamedTuple):
        counts: Any

    class Mine:
        def parameters(self, group: int) -> Any:
            return Blind(np.zeros(4, np.int64))

    with pytest.raises(TypeError, match="Blind has neither a stage after_colour nor after_sweep"):
        said.array.advance(100 * said.program.sweep_fs, 101 * said.program.sweep_fs, [Mine()])
    with pytest.raises(TypeError, match="a stage takes a NamedTuple"):
        stage(stages.noise, Mine)
