"""Two machines give the same result, byte by byte, but for one block; outside it, no folder of a machine is named."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest
from support_cli import call
from support_documents import ROOT
from support_results import beside_the_block

from chipsim.results.store import load

CHIP = "chipsim: 1\nname: mine\nextends: any-graph\ninclude: [parts/gain.yaml]\n"
WORKLOAD = (
    "chipsim: 1\nworkload: ising\nname: x\nproblem: {edge_list: e.txt}\nschedule: {mode: sample, sweeps: 9, beta: 1}\n"
)
PRICES = "chipsim: 1\nname: p\nprices: {pbit.update: {energy: 1 fJ, grade: assumed, seen: none, source: a guess}}\n"


RELATIVE = ["chip.yaml", "w.yaml", "--prices", "p.yaml"]


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, whole: bool = False) -> Path:
    """The result of specs of the user in a folder, by the names that they have there, or by their whole paths."""
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
    names = [*(folder / name for name in ("chip.yaml", "w.yaml")), "--prices", folder / "p.yaml"] if whole else RELATIVE
    settings = ["--set", "platforms.this-cpu.tdp=65 W"]
    settings += ["--set", f"problem.edge_list={folder / 'e.txt'}"] if whole else []
    result = call("run", *names, *settings, "-o", "run.h5")
    assert result.exit_code == 0, result.output
    return folder / "run.h5"


@pytest.mark.parametrize("whole", [False, True])
def test_two_machines_give_the_same_bytes_but_for_one_block(
    whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(tmp_path / "a", monkeypatch, whole)
    monkeypatch.setattr("chipsim.runs.summary.cpu_model", lambda: "another processor")
    second = made(tmp_path / "b/c", monkeypatch, whole)
    assert "another processor" in load(second).summary["machine"]
    assert load(first).summary["wall_s"] != load(second).summary["wall_s"]
    assert first.read_bytes() != second.read_bytes()
    assert beside_the_block(first) == beside_the_block(second)
    for path in (first, second):
        for folder in (str(tmp_path), str(ROOT)):
            assert folder.encode() not in beside_the_block(path)


def test_the_block_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a", monkeypatch, whole=True)
    run = load(path)
    assert run.summary["command"].startswith(f"chipsim run {tmp_path}/a/chip.yaml {tmp_path}/a/w.yaml --set ")
    assert f"--prices {tmp_path}/a/p.yaml" in run.summary["command"]
    assert run.prices.requested_name == f"{tmp_path}/a/p.yaml"
    assert run.trace.machine.wall_s == run.summary["wall_s"] > run.trace.machine.kernel_s > 0
    (cpu,) = [row for row in run.summary["platforms"] if row["wall_time"]]
    assert cpu["energy_j"] == pytest.approx(65 * run.summary["wall_s"] / 64)


def test_a_file_named_by_its_whole_path_is_stored_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a", monkeypatch)
    with h5py.File(path) as file:
        summary = json.loads(file["summary"].asstr()[()])
        assert summary["workload_resolved"]["problem"]["edge_list"] == "e.txt"
        names = file["sources/names"].asstr()[:].tolist()
    presets = ["chips/any-graph.yaml", "chips/dtca-70.yaml"]
    assert sorted(names) == sorted([*presets, "chip.yaml", "gain.yaml", "w.yaml"])
