"""A machine that says no: environments, full disks, long names. One line and exit code 2, no traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support_cli import PROGRAM, call
from support_errors import refused

from chipsim.files import write_atomically
from chipsim.spec.presets import find

SHORT = ("--set", "schedule.sweeps=4")


def started(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("NUMBA_NUM_THREADS", "0"), ("NUMBA_NUM_THREADS", "two"), ("NUMBA_DISABLE_JIT", "1"), ("NUMBA_OPT", "x")],
)
def test_numba_settings_that_cannot_work_are_named(name: str, value: str, tmp_path: Path) -> None:
    done = started("run", "tiny", "spin-glass", *SHORT, "-o", str(tmp_path / "r.h5"), **{name: value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} is ")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


FULL = ["list", "check dtca-70", "kinds", "metrics", "schema sweep", "--help", "--version", "run -h"]


@pytest.mark.parametrize("words", FULL)
def test_a_full_disk_behind_stdout(words: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, *words.split()], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (2, "standard output: No space left on device\n")


@pytest.mark.parametrize(("words", "code"), [(("list",), 0), (("run", "tiny", "spin-glass", *SHORT), 0), (("run",), 2)])
def test_a_full_disk_behind_stderr_changes_no_outcome(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """Whoever drops the messages still wants the result, and the code that tells whether there is one."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, *words], stdout=subprocess.PIPE, stderr=full, text=True, cwd=tmp_path, check=False
        )
    assert (done.returncode, bool(done.stdout)) == (code, code == 0)


def test_settings_and_folders_of_matplotlib(tmp_path: Path) -> None:
    """An unknown backend is named; a cache that cannot be written is no matter for a page."""
    result, page = str(tmp_path / "r.h5"), str(tmp_path / "p.html")
    assert call("run", "tiny", "spin-glass", *SHORT, "-o", result).exit_code == 0
    done = started("report", result, "--html", page, MPLBACKEND="nonsense")
    assert done.returncode == 2
    assert "'nonsense' is not a valid value for backend; correct MPLBACKEND" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    done = started("report", result, "--html", page, MPLCONFIGDIR="/dev/null")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("home", ["/dev/null", "/proc", ""])
def test_homes_that_cannot_be_written(home: str, tmp_path: Path) -> None:
    """No user can write there, not even root: each command works, and kernels are kept for the next in a folder of
    this user for temporary files."""
    kept = {"HOME": home, "XDG_CACHE_HOME": f"{home}/.cache" if home else "", "MPLCONFIGDIR": ""}
    kept |= {"CHIPSIM_CACHE": "", "TMPDIR": str(tmp_path)}
    result, page = str(tmp_path / "r.h5"), str(tmp_path / "p.html")
    run = ("run", "tiny", "spin-glass", *SHORT, "-o", result)
    said = []
    for words in (("check", "dtca-70"), ("check", "dtca-70"), run, run, ("report", result, "--html", page)):
        done = started(*words, **kept)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr)
    assert f"(kept in {tmp_path}/chipsim-{os.geteuid()}, as " in said.pop(2)
    assert said == [""] * 4


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    refused = call("run", "tiny", "spin-glass", *SHORT, "-o", tmp_path / ("a" * 300))
    assert refused.exit_code == 2
    assert refused.output.endswith(": File name too long\n")


def test_memory_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from chipsim.runs import simulate

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(simulate, "simulate", full)
    refused = call("run", "tiny", "spin-glass", *SHORT, "-o", "r.h5")
    assert refused.exit_code == 2
    assert refused.output.startswith("out of memory: use fewer lanes")


class TestOutputs:
    """Outputs never replace what is worth more than they are."""

    @pytest.fixture(autouse=True)
    def specs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        shutil.copy(find("chip", "tiny"), "chip.yaml")
        shutil.copy(find("workload", "spin-glass"), "work.yaml")

    def refused(self, *words: object) -> str:
        before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
        result = call(*words)
        assert result.exit_code == 2
        assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before
        return result.output

    @pytest.mark.parametrize("output", ["chip.yaml", "./work.yaml"])
    @pytest.mark.parametrize("force", [[], ["--force"]])
    def test_a_run_does_not_replace_its_specs(self, output: str, force: list[str]) -> None:
        assert "is an input of this command" in self.refused("run", "chip.yaml", "work.yaml", "-o", output, *force)

    def test_a_run_does_not_replace_what_a_spec_names(self) -> None:
        Path("base.yaml").write_text(Path("chip.yaml").read_text())
        Path("chip.yaml").write_text("chipsim: 1\nextends: base.yaml\nname: own\n")
        assert "is an input" in self.refused("run", "chip.yaml", "work.yaml", "-o", "base.yaml")
        Path("edges.txt").write_text("0 1 1\n")
        Path("work.yaml").write_text(
            "chipsim: 1\nworkload: ising\nname: w\nproblem: {edge_list: edges.txt}\n"
            "schedule: {mode: sample, beta: 0.3, sweeps: 4}\n"
        )
        assert "is an input" in self.refused("run", "any-graph", "work.yaml", "-o", "edges.txt")

    @pytest.mark.parametrize(
        ("content", "sort"),
        [("chipsim: 1\n", "spec"), ("<!DOCTYPE html>\n", "page"), ('{"a": 1}', "JSON"), ("a,b\n1,2\n", "CSV")],
    )
    def test_a_run_replaces_a_file_of_another_sort_by_force_alone(self, content: str, sort: str) -> None:
        Path("other").write_text(content)
        words = ("run", "chip.yaml", "work.yaml", *SHORT, "-o", "other")
        assert f"other: exists, and its content is {sort}, not result" in self.refused(*words)
        assert call(*words, "--force").exit_code == 0
        assert call(*words).exit_code == 0  # a result may be replaced by another

    def test_a_training_does_not_replace_its_specs(self) -> None:
        shutil.copy(find("workload", "fashion-dtm-small"), "train.yaml")
        assert "is an input" in self.refused("train", "dtca-70", "train.yaml", "-o", "train.yaml")

    def test_presets_are_no_files(self) -> None:
        Path("tiny").write_text("a,b\n")
        assert "exists, and its content is CSV" in self.refused("run", "./chip.yaml", "work.yaml", "-o", "tiny")

    @pytest.mark.parametrize("output", ["pipe", "to-pipe", ".", ""])
    def test_no_output_replaces_a_device_or_a_folder(self, output: str) -> None:
        """Renaming a file onto a device replaced it, where the user may do that: /dev/full became a page."""
        os.mkfifo("pipe")
        Path("to-pipe").symlink_to("pipe")
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.h5").exit_code == 0
        before = {path: path.lstat().st_ino for path in Path().iterdir()}
        for words in (
            *(("report", "r.h5", option) for option in ("--html", "--csv", "--json", "--answers")),
            *(("export", "r.h5", option) for option in ("--perfetto", "--ert", "--counts", "--parquet")),
            ("reprice", "r.h5", "-o"),
            ("run", "chip.yaml", "work.yaml", *SHORT, "-o"),
            ("train", "dtca-70", "fashion-dtm-small", "-o"),
        ):
            for force in ([], ["--force"]):
                said = self.refused(*words, output, *force)
                assert ("is not a regular file" if "pipe" in output else "is a folder") in said
        with refused("file.not-writable"):
            write_atomically(Path("pipe"), b"")
        assert {path: path.lstat().st_ino for path in Path().iterdir()} == before

    @pytest.mark.parametrize("bad", ["nowhere/x", "chip.yaml/x", "/proc/x"])
    def test_an_output_that_cannot_be_written_is_refused_before_any_work(self, bad: str) -> None:
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.h5").exit_code == 0
        for words in (
            *(("ablate", "chip.yaml", "work.yaml", *SHORT, option) for option in ("--html", "--csv", "--figures")),
            *(("report", "r.h5", "--html", "p.html", option) for option in ("--json", "--figures", "--answers")),
            ("export", "r.h5", "--parquet", "l.parquet", "--counts"),
            ("reprice", "r.h5", "-o"),
            ("reprice", ".", "-o"),
            ("run", "chip.yaml", "work.yaml", *SHORT, "-o"),
            ("run", "chip.yaml", "work.yaml", *SHORT, "--replicates", "2", "-o"),
            ("train", "dtca-70", "fashion-dtm-small", "-o"),
        ):
            result = call(*words, bad)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), words
            assert {path.name for path in Path().iterdir()} == {"chip.yaml", "work.yaml", "r.h5"}

    def test_figures_replace_no_other_file_of_the_command(self) -> None:
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.svg").exit_code == 0
        assert "could replace r.svg" in self.refused("report", "r.svg", "--figures", ".")
        ablate = ("ablate", "chip.yaml", "work.yaml", *SHORT, "--csv", "ablation.svg", "--figures")
        assert "could replace ablation.svg" in self.refused(*ablate, "./")
        assert "is a file; choose another folder" in self.refused(*ablate, "chip.yaml")
        assert call(*ablate, "drawn").exit_code == 0
        assert Path("ablation.svg").read_text().startswith("without,")

    def test_answers_replace_answers(self) -> None:
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.h5").exit_code == 0
        for name in ("a.csv", "a.json"):
            assert call("report", "r.h5", "--answers", name).exit_code == 0
            assert call("report", "r.h5", "--answers", name).exit_code == 0
        assert "its content is result, not answers" in self.refused("report", "r.h5", "--answers", self.copied("q.h5"))

    def test_a_folder_priced_again_replaces_neither_itself_nor_others(self) -> None:
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.h5").exit_code == 0
        assert "r.h5: is an input of this command" in self.refused("reprice", ".", "-o", "./")
        Path("out").mkdir()
        Path("out/r.h5").write_text("a,b\n")
        assert "its content is CSV, not result" in self.refused("reprice", ".", "-o", "out")
        assert Path("out/r.h5").read_text() == "a,b\n"
        assert call("reprice", ".", "-o", "out", "--force").exit_code == 0
        assert call("reprice", ".", "-o", "out").exit_code == 0

    def copied(self, name: str) -> str:
        shutil.copy("r.h5", name)
        return name

    def test_outputs_of_a_result(self) -> None:
        assert call("run", "chip.yaml", "work.yaml", *SHORT, "-o", "r.h5").exit_code == 0
        for words in (
            ("report", "r.h5", "--html", "r.h5"),
            ("reprice", "r.h5", "-o", "r.h5"),
            ("export", "r.h5", "--ert", "./r.h5"),
        ):
            assert "is an input of this command" in self.refused(*words)
        assert "is named for the CSV and the JSON" in self.refused("report", "r.h5", "--csv", "x", "--json", "./x")
        outputs = {"--perfetto": "p.json", "--ert": "e.yaml", "--counts": "c.yaml", "--parquet": "l.parquet"}
        written = ("export", "r.h5", *(word for pair in outputs.items() for word in pair))
        assert call(*written).exit_code == 0
        assert call(*written).exit_code == 0  # again: each replaces its own sort
        files = {"--html": "p.html", "--csv": "l.csv", "--json": "s.json"}
        reported = ("report", "r.h5", *(word for pair in files.items() for word in pair))
        assert call(*reported).exit_code == 0
        assert call(*reported).exit_code == 0
        for option, path in {**outputs, **files}.items():
            command = "report" if option in files else "export"
            for other in {"chip.yaml", *outputs.values(), *files.values()} - {path}:
                same = {path, other} <= {"p.json", "s.json"}
                assert same or "its content is" in self.refused(command, "r.h5", option, other)
