"""Every key that names a file, with what is no such file in its place: one line, with the place, soon."""

from __future__ import annotations

import os
import re
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from support_cli import call
from support_readers import READERS

from chipsim.spec.chip import ChipModel
from chipsim.spec.named_files import file_keys
from chipsim.sweeps.spec import SweepModel
from chipsim.workloads.registry import BUILT_IN, find_workload

pytestmark = pytest.mark.system
MAX_CPU_S = 5.0
MAX_KIB = 2**20


def _unreadable(path: Path) -> None:
    path.touch(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads every file")


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


# What stands there, and what the message tells of it.
HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (lambda path: os.mkfifo(path), "not a regular file"),
    "device": (_link_to("/dev/zero"), "not a regular file"),
    "memory": (_link_to("/proc/self/mem"), "Input/output error"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "unreadable": (_unreadable, "Permission denied"),
    "missing": (lambda path: None, "no such file|not found"),
    "dangling": (_link_to("nowhere"), "no such file"),
    "loop": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    "empty": (lambda path: path.touch(), ""),
    "random": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(2**20)), ""),
}


def test_every_key_has_a_reader() -> None:
    """A new key that names a file belongs here."""
    models = {name: find_workload(name).model_type for name in BUILT_IN} | {"chip": ChipModel, "sweep": SweepModel}
    keys = {f"{name}.{'.'.join(map(str, path))}" for name, model in models.items() for path in file_keys(model)}
    assert keys == {key.removesuffix(reader.suffix) for key, reader in READERS.items()}


def hang(_: int, __: FrameType | None) -> None:
    raise AssertionError("it hangs")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("key", READERS)
def test_what_is_no_such_file_is_refused_in_a_line(
    key: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader, (make, told) = READERS[key], HOSTILE[kind]
    (tmp_path / "r.txt").write_text("2 1\n1 2 1\n")
    random = np.random.default_rng(0)
    np.save("a.npy", random.random((24, 2, 2)))
    np.save("c.npy", np.arange(24) % 2)
    bad = f"bad{reader.suffix}"
    make(tmp_path / bad)
    (tmp_path / "spec.yaml").write_text(reader.spec.replace("FILE", bad))
    before = set(tmp_path.iterdir())
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGPROF, hang)
    signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_S)
    signal.alarm(60)
    try:
        words = reader.command.replace("SPEC", "spec.yaml").split()
        result = call(*words, *([] if words[0] == "check" else ["-o", "out.h5"]))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    # Errors inside a spec file name that file.
    assert result.stderr.startswith(("spec.yaml:", "bad.yaml: "))
    assert bad in result.stderr
    assert re.search(told, result.stderr)
    assert set(tmp_path.iterdir()) == before
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < MAX_KIB
