"""A result says nothing of the folders of the machine that made it, and two machines give the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import pytest
from support_cli import call
from support_documents import ROOT

CHIP = "chipsim: 1\nname: mine\nextends: any-graph\ninclude: [parts/gain.yaml]\n"
WORKLOAD = (
    "chipsim: 1\nworkload: ising\nname: x\nproblem: {edge_list: e.txt}\nschedule: {mode: sample, sweeps: 9, beta: 1}\n"
)
PRICES = "chipsim: 1\nname: p\nprices: {pbit.update: {energy: 1 fJ, grade: assumed, seen: none, source: a guess}}\n"
# What the simulating machine adds.
TIMES = ("wall_s", "kernel_s", "updates_per_ns")


def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The result of specs of the user in a folder, by the names that they have there."""
    (folder / "parts").mkdir(parents=True)
    for name, text in (
        ("chip.yaml", CHIP),
        ("w.yaml", WORKLOAD),
        ("p.yaml", PRICES),
        ("e.txt", "0 1 0.5\n1 2 1\n"),
        ("parts/gain.yaml", 'components: {"cells[*]": {gain: 0.9}}\n'),
    ):
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    result = call("run", "chip.yaml", "w.yaml", "--prices", "p.yaml", "-o", "run.h5")
    assert result.exit_code == 0, result.output
    return folder / "run.h5"


def content(path: Path) -> dict[str, Any]:
    """All entries of a file but the times of the machine."""
    out: dict[str, Any] = {}

    def add(name: str, held: Any) -> None:
        attributes = {key: value for key, value in held.attrs.items() if key not in TIMES}
        value = held[()] if isinstance(held, h5py.Dataset) else None
        if name == "summary":
            value = {key: inner for key, inner in json.loads(value).items() if key not in TIMES}
        out[name] = (repr(value if isinstance(value, dict | bytes | None) else value.tolist()), attributes)

    with h5py.File(path) as file:
        file.visititems(add)
        out["/"] = dict(file.attrs)
    return out


def test_two_machines_give_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (made(tmp_path / name, monkeypatch) for name in ("a", "b/c"))
    assert content(first) == content(second)
    for path in (first, second):
        for folder in (str(tmp_path), str(ROOT)):
            assert folder.encode() not in path.read_bytes()


def test_a_file_named_by_its_whole_path_is_stored_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a", monkeypatch)
    with h5py.File(path) as file:
        summary = json.loads(file["summary"].asstr()[()])
        assert summary["workload_resolved"]["problem"]["edge_list"] == "e.txt"
        names = file["sources/names"].asstr()[:].tolist()
    presets = ["chips/any-graph.yaml", "chips/dtca-70.yaml"]
    assert sorted(names) == sorted([*presets, "chip.yaml", "gain.yaml", "w.yaml"])
