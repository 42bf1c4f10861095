"""Compiled kernels on disk: found again while nothing that is in them was edited, and never when something was."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numba.extending import is_jitted
from numpy.typing import NDArray
from support_copies import copy_of_chipsim, edit, edited, named_by, python_of

import chipsim.kernels
from chipsim.components.digital.input_cell import PulledField
from chipsim.components.noise.rng import IdealNoise
from chipsim.kernels import cache, jit
from chipsim.kernels.cache import kernel_modules
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, for all tests that leave it as it was."""
    return copy_of_chipsim(tmp_path_factory.mktemp("copied"))


@pytest.fixture
def copy(copied: Path) -> Iterator[Path]:
    """The copy, which the cache is keyed by."""
    with named_by(copied):
        yield copied


KEPT = [
    ("engine/device.py", "CLAMP_BITS = 2\n", "CLAMP_BITS = 200\n"),
    ("ledger/ledger.py", "", "\nLEAST = 1\n"),
    ("components/digital/link.py", "", "\nLEAST = 1\n"),
    ("components/base.py", "", "\nLEAST = 1\n"),
    ("kernels/update.py", '"""', '"""Once more. '),
    ("components/noise/rng.py", "", "\n# A comment.\n"),
]
COMPILED_AGAIN = [
    ("kernels/vectors.py", "", "\nLEAST = 1\n"),
    ("components/noise/rng.py", "(drawn & ~kept)", "(drawn & kept)"),
    ("components/digital/input_cell.py", "np.float32(-1.0)", "np.float32(-2.0)"),
]


@pytest.mark.parametrize(("file", "old", "new"), [*KEPT, *COMPILED_AGAIN])
def test_an_edit_of_the_sources(copy: Path, file: str, old: str, new: str) -> None:
    before = kernel_modules()
    with edited(copy / file, old, new):
        assert (kernel_modules() == before) is ((file, old, new) in KEPT)


PLANTED = """
from chipsim.physics import laws

SHIFT = laws.SHIFT


@stage(stages.noise, Rng)
def planted(params):
    return SHIFT
"""


def test_what_a_stage_uses_from_elsewhere_is_in_it(copy: Path) -> None:
    """A constant of another room is frozen into the kernel, so an edit there must lead to another folder."""
    shifts = copy / "physics/shifts.py"
    shifts.write_text("SHIFT = 0\n")
    with (
        edited(copy / "components/noise/rng.py", "", PLANTED),
        edited(copy / "physics/laws.py", "", "\nfrom chipsim.physics.shifts import SHIFT\n"),
    ):
        before = kernel_modules()
        assert {"chipsim.physics.laws", "chipsim.physics.shifts"} <= set(before)
        with edited(shifts, "0", "1"):
            assert kernel_modules() != before
    shifts.unlink()


def test_all_that_is_compiled_is_in_a_module_that_the_folder_is_keyed_by() -> None:
    """Found from what numba was handed, not from the sources: compiled functions, and the globals that they name."""
    names = [f"chipsim.kernels.{found.name}" for found in pkgutil.iter_modules(chipsim.kernels.__path__)]
    modules = [importlib.import_module(name) for name in [*names, "chipsim.testing.trial"]]
    stages = [importlib.import_module(name) for name in kernel_modules() if name.startswith("chipsim.components.")]
    compiled = {value.py_func for module in modules for value in vars(module).values() if is_jitted(value)}
    functions = [value for module in stages for value in vars(module).values() if inspect.isfunction(value)]
    compiled |= {function for function in functions if function.__module__ in {module.__name__ for module in stages}}
    assert len(compiled) > 30
    for function in compiled:
        assert function.__module__ in kernel_modules()
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            module = getattr(value, "__module__", None) or getattr(value, "__name__", "")
            assert not str(module).startswith("chipsim.") or module in kernel_modules(), (function, name)


class Stranger(NamedTuple):
    """Parameters of a kind that no package registers."""

    one: NDArray[np.float32]


class Nest(NamedTuple):
    """Parameters that hold others."""

    inner: Any


def first_of(params):  # type: ignore[no-untyped-def]
    """A small kernel that takes parameters of any kind."""
    return params.inner.one[0]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kernel `first_of`, as if chipsim held this module's kernels, and an empty folder."""
    mine = (__name__,)
    monkeypatch.setattr(jit, "is_kept", lambda module: module in mine)
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    return jit.kernel(first_of)


ONE = np.ones(1, np.float32)


def test_kernels_of_unregistered_kinds_are_not_kept(kernel: Any, tmp_path: Path) -> None:
    """Wherever their parameters stand: other processes cannot import them, and would not notice an edit of a stage."""
    assert kernel(PulledField(Stranger(ONE), ONE)) == 1
    assert kernel(Nest(IdealNoise(ONE))) == 1
    assert list(tmp_path.iterdir()) == []
    assert kernel(PulledField(IdealNoise(ONE), ONE)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kernel_is_found_again(kernel: Any) -> None:
    arguments = PulledField(IdealNoise(ONE), ONE)
    assert kernel(arguments) == 1
    again = jit.kernel(first_of)
    assert again(arguments) == 1
    assert sum(again.stats.cache_hits.values()) == 1


def test_equal_names_of_other_classes_are_other_files(kernel: Any) -> None:
    """Two packages may both have a `Noise`, alone or inside other parameters."""
    namesake = type("IdealNoise", (IdealNoise,), {"__module__": "chipsim.components.noise.noise_source"})
    signatures = [(numba.typeof(PulledField(kind(ONE), ONE)),) for kind in (IdealNoise, namesake)]
    assert len({str(signature) for signature in signatures}) == 1
    assert len({kernel._cache._cache_file.path((signature, "machine")) for signature in signatures}) == 2


PROBE = """
import chipsim
from chipsim.kernels.update import advance
run = chipsim.run("tiny", "clamped", lanes=1, set={"schedule.sweeps": 20})
print(run.energy_j, sum(advance.stats.cache_hits.values()), sum(advance.stats.cache_misses.values()))
"""


def test_kernels_survive_an_edit_elsewhere_and_a_fresh_checkout(tmp_path: Path) -> None:
    """Another folder, other times of all files, an edited engine, moved lines of kernels: nothing is compiled."""
    package = copy_of_chipsim(tmp_path)
    simulate(plan("tiny", "clamped", {"schedule.sweeps": 20}), lanes=1)
    edit(package / "engine" / "device.py", "CLAMP_BITS = 2\n", "CLAMP_BITS = 200\n")
    for name in ("update", "clocked", "observers"):
        edit(package / "kernels" / f"{name}.py", "from __future__", "# One line more.\nfrom __future__")
    energy, hits, misses = python_of(tmp_path, "-c", PROBE).split()
    assert (int(misses), int(hits) > 0) == (0, True)
    assert float(energy) > simulate(plan("tiny", "clamped", {"schedule.sweeps": 20}), lanes=1).energy_j
