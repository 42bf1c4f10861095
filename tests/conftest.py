"""For all tests: which tier each belongs to, and what their processes inherit."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# A suite that a script starts in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Workers share the cores already. Threads of numerical libraries would wait for each other there; this module is loaded
# before numpy, in every worker.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

TESTS = Path(__file__).parent

# The tier of a file is that of its folder; a test that differs from its neighbours says so with a marker of its own.
UNIT, KERNEL, PHYSICS, SYSTEM = "unit", "kernel", "physics", "system"
TIERS = (UNIT, KERNEL, PHYSICS, SYSTEM)
FOLDERS = {
    "audit": SYSTEM,
    "catalogue": SYSTEM,
    "cli": SYSTEM,
    "compiler": UNIT,
    "components": UNIT,
    "docs": SYSTEM,
    "engine": KERNEL,
    "kernels": KERNEL,
    "ledger": SYSTEM,
    "outside": SYSTEM,
    "physics": PHYSICS,
    "prices": UNIT,
    "problems": UNIT,
    "report": SYSTEM,
    "results": SYSTEM,
    "runs": SYSTEM,
    "sampling": PHYSICS,
    "spec": UNIT,
    "statistics": PHYSICS,
    "sweeps": SYSTEM,
    "testing": KERNEL,
    "workloads": SYSTEM,
    "test_readme.py": SYSTEM,
}


def folder_tier(path: Path) -> str:
    """The tier of the files in a folder of tests; of a file beside the folders, unit."""
    first = path.relative_to(TESTS).parts[0]
    return FOLDERS.get(first, SYSTEM if (TESTS / first).is_dir() else UNIT)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its tier."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in TIERS):
            item.add_marker(folder_tier(item.path))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m unit` imports no file of another tier: all unit tests stand in folders of units."""
    other = collection_path.suffix == ".py" and folder_tier(collection_path) != UNIT
    return True if other and config.option.markexpr == UNIT else None


@pytest.fixture(autouse=True)
def _unit_tests_run_no_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither compiled nor loaded, so that they take as long with a cold cache as with a warm one."""
    if request.node.get_closest_marker(UNIT):
        from chipsim.kernels.jit import KernelCache

        def refuse(*_: object) -> None:
            raise AssertionError("a test that needs a kernel is no unit test: mark it with its tier")

        monkeypatch.setattr(KernelCache, "load_overload", refuse)
