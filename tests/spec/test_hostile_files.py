"""Every key that names a file, with what is no such file in its place: one line, with the place, soon."""

from __future__ import annotations

import os
import re
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import numpy as np
import pytest
from support_cli import call

from chipsim.spec.chip import ChipModel
from chipsim.spec.named_files import file_keys
from chipsim.sweeps.spec import SweepModel
from chipsim.workloads.registry import BUILT_IN, find_workload

pytestmark = pytest.mark.system
MAX_CPU_S = 5.0
MAX_KIB = 2**20

HEAD = "chipsim: 1\nname: x\n"
ISING = f"{HEAD}workload: ising\nschedule: {{mode: sample, sweeps: 4, beta: 1}}\n"
IMAGES = "source: null, images: a.npy, labels: c.npy, test_images: a.npy, test_labels: c.npy, size: [2, 2], classes: 2"
NET = (
    f"{HEAD}workload: feed-forward\ndata: {{{IMAGES}, threshold: 0.5}}\nplacement: {{order: image}}\n"
    "net: {hidden: [rest], outputs: 2}\ntraining: {epochs: 1, batch: 2, rate: 0.1, sharpness: 1}\n"
    "inference: {samples: 2}\n"
)
PERCEPTRON = f"{HEAD}extends: fashion-classifier\ndata: {{{IMAGES}, pool: 1}}\nnetwork: {{hidden: [3]}}\n"
DTM = (
    f"{HEAD}workload: dtm\nnoise: [0.3]\nbeta: 1\nimages: {{source: a.npy, size: [2, 2], thresholds: [0.5]}}\n"
    "training: {epochs: 1, steps: 1, batch: 2, warmup: 1, samples: 2, spacing: 1, rate: 0.1, inputs: 2, chains: 2}\n"
    "generation: {sweeps: 5}\n"
)
SMALL = "dtca-70 SPEC --set fabric.size=[4,4]"
LANGEVIN = f"{HEAD}extends: shape-prototypes\n"
CHIP = f"{HEAD}extends: tiny\n"
SWEEP = f"{HEAD}chip: tiny\nworkload: spin-glass\naxes: {{cells.gain: [1, 2]}}\nmetrics: [energy_j]\n"


class Reader(NamedTuple):
    """The command that reads a file, and the spec that names it; in it stands FILE, and for a spec, SPEC."""

    spec: str
    command: str = "check any-graph SPEC"
    suffix: str = ""


def _reader_of_data(text: str, key: str, chip: str) -> Reader:
    command = "run" if chip == "tngd-10k" else "train"
    own = {"images": ", images: a.npy", "labels": ", labels: c.npy"}
    old = own.get(key, f"{key}: {'a' if key == 'test_images' else 'c'}.npy")
    return Reader(text.replace(old, f"{', ' if key in own else ''}{key}: FILE"), f"{command} {chip} SPEC", ".npy")


def _matrix(workload: str) -> Reader:
    drop = "seeded: null, size: null, condition: null, seed: null"
    return Reader(f"{HEAD}extends: {workload}\nmatrix: {{{drop}, file: FILE}}\n", "check ou-256 SPEC", ".npy")


DATA = ("images", "labels", "test_images", "test_labels")
READERS = {
    "ising.problem.file": Reader(f"{ISING}problem: {{file: FILE}}\n"),
    "ising.problem.rudy": Reader(f"{ISING}problem: {{rudy: FILE}}\n"),
    "ising.problem.edge_list": Reader(f"{ISING}problem: {{edge_list: FILE}}\n"),
    "ising.mapping.file": Reader(
        f"{ISING}problem: {{rudy: r.txt}}\nmapping: {{method: given, file: FILE}}\n", "check tiny SPEC"
    ),
    **{f"ising.schedule.start.file{suffix}": Reader(
        ISING.replace("beta: 1", "beta: 1, start: {file: FILE}") + "problem: {rudy: r.txt}\n",
        "check any-graph SPEC", suffix) for suffix in (".csv", ".json", ".h5")},
    **{f"{name}.matrix.file": _matrix(name) for name in ("linear-solve", "inverse", "gaussian-sample")},
    "linear-solve.right_side": Reader(f"{HEAD}extends: linear-solve\nright_side: FILE\n", "check ou-256 SPEC", ".npy"),
    **{f"natural-gradient.data.{key}": _reader_of_data(PERCEPTRON, key, "tngd-10k") for key in DATA},
    **{f"feed-forward.data.{key}": _reader_of_data(NET, key, "tiny") for key in DATA},
    "feed-forward.inference.weights": Reader(
        NET.replace("samples: 2", "samples: 2, weights: FILE"), "check tiny SPEC", ".h5"
    ),
    "dtm.images.source": Reader(DTM.replace("source: a.npy", "source: FILE"), f"train {SMALL}", ".npy"),
    "dtm.labels.source": Reader(
        f"{DTM}labels: {{source: FILE, classes: 2, spots: 1}}\n", f"train {SMALL}", ".npy"
    ),
    "dtm.generation.weights": Reader(DTM.replace("sweeps: 5", "sweeps: 5, weights: FILE"), "check dtca-70 SPEC", ".h5"),
    "dtm.training.start": Reader(DTM.replace("epochs: 1", "epochs: 1, start: FILE"), f"train {SMALL}", ".h5"),
    "langevin-images.images.source": Reader(
        f"{LANGEVIN}images: {{source: FILE}}\ngeneration: null\n", "train langevin-small SPEC", ".npy"
    ),
    "langevin-images.generation.weights": Reader(
        f"{LANGEVIN}generation: {{weights: FILE}}\n", "check langevin-small SPEC", ".h5"
    ),
    "samplers.file": Reader(
        f"{HEAD}workload: samplers\nfile: FILE\nschedule: {{settle: 1 us, samples: 2, spacing: 1 us}}\n",
        "check pdit-16 SPEC", ".npy",
    ),
    "chip.fabric.colouring": Reader(
        f"{CHIP}fabric: {{pattern: square, size: [4, 4], colouring: FILE}}\n", "check SPEC spin-glass", ".npy"
    ),
    "chip.price_table": Reader(f"{CHIP}price_table: FILE\n", "check SPEC", ".yaml"),
    "chip.compare_prices.*": Reader(f"{CHIP}compare_prices: [FILE]\n", "check SPEC", ".yaml"),
    "sweep.chip": Reader(SWEEP.replace("chip: tiny", "chip: FILE"), "check SPEC", ".yaml"),
    "sweep.workload": Reader(SWEEP.replace("workload: spin-glass", "workload: FILE"), "check SPEC", ".yaml"),
    "sweep.prices": Reader(f"{SWEEP}prices: FILE\n", "check SPEC", ".yaml"),
}  # fmt: skip


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
