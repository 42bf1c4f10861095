"""What the commands print and write, and how they refuse damaged results."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import h5py
import pytest
from support_chips import chip_text, where, write_files
from support_cli import PROGRAM, call, start

from chipsim.results.store import load


@pytest.fixture(scope="module")
def result_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "run.h5"
    assert call("run", "tiny", "clamped", "--set", "schedule.sweeps=20", "-o", path, "--threads", 1).exit_code == 0
    return path


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def without_its_head(data: bytes) -> bytes:
    return b"\0" * 512 + data[512:]


def text(_: bytes) -> bytes:
    return b"energy: 3 J\n"


def nothing(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [half, without_its_head, text, nothing])
def test_damaged_results_are_refused(damage: Callable[[bytes], bytes], result_file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.h5"
    broken.write_bytes(damage(result_file.read_bytes()))
    for form in ([], ["--html", tmp_path / "r.html"], ["--json", tmp_path / "r.json"]):
        result = call("report", broken, *form)
        assert result.exit_code == 2
        assert result.stderr == f"{broken}: not a chipsim result, or damaged; run it again\n"
    assert not (tmp_path / "r.html").exists()


def test_a_result_of_another_schema_or_without_its_parts_is_refused(result_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file.attrs["schema"] = "chipsim-run-99"
    assert "use a newer chipsim" in call("report", other).stderr
    for part in ("summary", "trace/row_count", "sources/names", "ledger", "trace"):
        other.write_bytes(result_file.read_bytes())
        with h5py.File(other, "r+") as file:
            del file[part]
            if part == "summary":
                file.create_group("summary")
        result = call("report", other)
        if part != "ledger":  # written for others; chipsim reads the summary
            assert (result.exit_code, result.stderr.startswith(f"{other}: not a chipsim result")) == (2, True)


def test_reports_go_where_they_can_and_say_where_they_cannot(result_file: Path, tmp_path: Path) -> None:
    result = call("report", result_file, "--html", tmp_path / "r.html", "--csv", tmp_path / "r.csv")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"wrote {tmp_path / 'r.html'}", f"wrote {tmp_path / 'r.csv'}"]
    refusals = {
        "/nowhere/r.html": "the folder /nowhere does not exist; create it or choose another output",
        "/proc/r.html": "the folder /proc cannot be written: ",
        tmp_path: "is a folder",
    }
    for target, why in refusals.items():
        refused = call("report", result_file, "--html", target)
        assert refused.exit_code == 2
        assert f"{target}: {why}" in refused.stderr


def test_an_interruption_before_the_work_has_the_same_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    # Not a function of chipsim: modules that are first imported here would keep what stands in its place.
    monkeypatch.setattr(click.Group, "invoke", interrupted)
    for command in ("run", "check", "ablate"):
        done = call(command, "tiny", "spin-glass")
        assert (done.exit_code, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_json_on_stdout_is_json_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    result = call("run", "tiny", "clamped", "--set", "schedule.sweeps=20", "-o", path, "--json", "--threads", 1)
    summary = json.loads(result.stdout)
    assert summary["result"] == str(path)
    assert summary == {**load(path).summary.to_json(), "result": str(path)}


def test_run_names_its_result_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("run", "tiny", "clamped", "--set", "schedule.sweeps=20", "--threads", 1)
    assert result.exit_code == 0
    (path,) = Path("runs").iterdir()
    run_id = load(path).summary["run_id"]
    assert path.name == f"tiny-clamped-{run_id}-64.h5"
    assert f"next: chipsim report {path} --html report.html" in result.stdout


def test_names_in_specs_make_no_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ("--set", "schedule.sweeps=20", "--set", "name=../up/a b")
    assert call("run", "tiny", "clamped", *settings, "--threads", 1).exit_code == 0
    (path,) = tmp_path.rglob("*.h5")
    assert path.parent == tmp_path / "runs"
    assert path.name.startswith("..-up-a-b-clamped-")


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_one(tmp_path: Path) -> None:
    code = (
        "from chipsim.kernels.cache import cache_folder; folder = cache_folder(); assert folder.is_dir(); print(folder)"
    )
    environment = {**os.environ, "CHIPSIM_CACHE": "/proc/nowhere", "TMPDIR": str(tmp_path)}
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    (own,) = tmp_path.iterdir()
    assert Path(finished.stdout.strip()).parent == own


def test_check_elaborate_and_list(tmp_path: Path) -> None:
    checked = call("check", "dtca-70").stdout
    assert "4,900 cells (70 x 70), 26,088 couplers" in checked
    assert "2 colours, 100.0 ns a phase, 200.0 ns a sweep" in checked
    assert "inert: readout.channels" in checked
    assert "its size comes from the problem" in call("check", "torus-2d").stdout
    elaborated = call("elaborate", "tiny").stdout
    assert "cells[0..15]: pbit, 16 on the chip\n" in elaborated
    assert re.search(r"\n  cells\.relaxation_time = 1e-07 s  # .*tiny\.yaml:\d+:\d+\n", elaborated)
    assert "\n  dac" not in elaborated
    assert "\n  bias_dac.unit_capacitance = 5e-14 F  # default\n" in elaborated
    assert "route program: host -> link -> controller -> weights" in elaborated
    cell = call("elaborate", "tiny", "--expand", "cells[5]").stdout
    assert cell == "cells[5]: pbit, site 5 at column 1 row 1, colour 0, wires 8.400 fF, neighbours [1, 4, 6, 9]\n"
    listed = call("list").stdout
    for name in ("dtca-70", "tiny", "any-graph", "gset", "dtca-physical", "pbit"):
        assert f"  {name} " in listed


def test_a_mistake_in_a_process_of_its_own(tmp_path: Path) -> None:
    chip, work = write_files(tmp_path, chip_text().replace("settle_time: 1 us", "settle_time: 1"))
    process = start("run", chip, work, "-o", tmp_path / "run.h5")
    output, complaint = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert complaint.splitlines() == [
        f"{chip}:{where(Path(chip).read_text(), '1 us'.replace(' us', ' }'))}: "
        'bias_dac.settle_time: 1 has no unit; write for example "100 ns"'
    ]


def test_a_closed_pipe_is_no_error() -> None:
    command = " ".join([*PROGRAM, "elaborate", "dtca-70", "--expand", "'cells[*]'", "|", "head", "-1"])
    finished = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert finished.stdout.startswith("cells[0]: pbit")
    assert "Traceback" not in finished.stderr
    assert "Exception" not in finished.stderr
