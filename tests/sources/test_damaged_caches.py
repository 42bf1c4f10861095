"""Whatever stands in the place of a file of the cache, the answer is that without one, at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import chipsim
from chipsim.sources import modules
from chipsim.workloads.dtm.classifier_training import own_classifier
from chipsim.workloads.ising.ladder import fitted_betas
from chipsim.workloads.ising.schedule import BetaRamp

MAX_S = 60
TRIANGLE = np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]])


def facts(folder: Path) -> Any:
    source = folder / "source.py"
    source.write_text("x = 1\n")
    return modules.facts_of([source])


def betas(_: Path) -> Any:
    return fitted_betas(chipsim.Problem.from_arrays(TRIANGLE), BetaRamp(end=1.2, steps=2, swap_rate=0.6))


def chains(_: Path) -> Any:
    pytest.importorskip("minorminer")
    schedule = {"mode": "sample", "beta": 1, "sweeps": 4}
    spec = {
        "chipsim": 1,
        "name": "w",
        "workload": "ising",
        "mapping": {"method": "embed", "seed": 3},
        "schedule": schedule,
    }
    found = chipsim.plan("tiny", spec, problem=chipsim.Problem.from_arrays(TRIANGLE)).workload.mapped.chains
    return found.cells.tolist()


def classifier(_: Path) -> Any:
    bits = np.random.default_rng(0).random((64, 4)) < np.where(np.arange(64) % 2, 0.9, 0.1)[:, None]
    return [part.tolist() for part in own_classifier(bits, np.arange(64) % 2, 2).parts]


CACHES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "sources": (facts, "sources-*.json"),
    "betas": (betas, "betas/*.json"),
    "embeddings": (chains, "embeddings/*.json"),
    "features": (classifier, "features-*.npz"),
}


def flipped(path: Path) -> None:
    """The last digit is another one: still what a reader of numbers or names takes."""
    content = bytearray(path.read_bytes())
    last = max(place for place, byte in enumerate(content) if chr(byte).isdigit())
    content[last] ^= 1
    path.write_bytes(content)


def _in_its_place(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


DAMAGE: dict[str, Callable[[Path], object]] = {
    "flipped": flipped,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "of an earlier version": lambda path: path.write_bytes(path.read_bytes()[32:]),
    "random": lambda path: path.write_bytes(np.random.default_rng(0).bytes(10**5)),
    "pipe": _in_its_place(os.mkfifo),
    "folder": _in_its_place(os.mkdir),
    "loop": _in_its_place(lambda path: path.symlink_to(path.name)),
    "device": _in_its_place(lambda path: path.symlink_to("/dev/zero")),
}


@pytest.fixture
def _no_hang() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise AssertionError("it hangs")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(MAX_S)
    yield
    signal.alarm(0)


@pytest.mark.usefixtures("_no_hang")
@pytest.mark.parametrize("name", CACHES)
def test_a_damaged_file_changes_no_answer(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("CHIPSIM_CACHE", str(cache))
    monkeypatch.setattr(modules, "_remembered", modules._remembered.__wrapped__)
    ask, pattern = CACHES[name]
    answer = ask(tmp_path)
    for damage, make in DAMAGE.items():
        (held,) = cache.glob(pattern)
        make(held)
        assert ask(tmp_path) == answer, damage
        if held.is_dir():
            held.rmdir()
            assert ask(tmp_path) == answer
