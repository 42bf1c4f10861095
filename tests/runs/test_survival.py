"""What is left when a run is killed or interrupted: the earlier result, whole, and nothing that looks like another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support_cli import call, start

from chipsim.results.store import load

LONG = ["--set", "schedule.sweeps=50000000", "--set", "schedule.record_every=never", "--lanes", "256", "--threads", "2"]


@pytest.fixture(scope="module")
def result_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "run.h5"
    assert call("run", "tiny", "clamped", "--set", "schedule.sweeps=20", "-o", path, "--threads", 1).exit_code == 0
    return path


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_it_simulates(process: subprocess.Popen[str]) -> None:
    """Until its kernel threads work: there are more threads than the main one, and they have used time."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 2 and cpu_seconds(process.pid) > 1.5:
            time.sleep(0.7)
            return
        time.sleep(0.05)
    raise AssertionError(f"it never began: {process.communicate()}")


@pytest.fixture
def earlier(tmp_path: Path, result_file: Path) -> Path:
    """An earlier result where the next one will go."""
    path = tmp_path / "run.h5"
    path.write_bytes(result_file.read_bytes())
    return path


def test_kill_9_leaves_the_earlier_result_and_nothing_else(earlier: Path, result_file: Path) -> None:
    process = start("run", "tiny", "spin-glass", "-o", earlier, *LONG)
    wait_until_it_simulates(process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert earlier.read_bytes() == result_file.read_bytes()
    assert [path.name for path in earlier.parent.iterdir()] == ["run.h5"]


def test_ctrl_c_says_what_was_kept(earlier: Path, result_file: Path) -> None:
    process = start("run", "tiny", "spin-glass", "-o", earlier, *LONG)
    wait_until_it_simulates(process)
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"interrupted: this run was not saved; {earlier} is unchanged" in complaint
    assert "Traceback" not in complaint
    assert output == ""
    assert earlier.read_bytes() == result_file.read_bytes()
    assert [path.name for path in earlier.parent.iterdir()] == ["run.h5"]


def test_ctrl_c_without_an_earlier_result(tmp_path: Path) -> None:
    process = start("run", "tiny", "spin-glass", "-o", tmp_path / "run.h5", *LONG)
    wait_until_it_simulates(process)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "no earlier result exists" in complaint
    assert list(tmp_path.iterdir()) == []


def test_killed_while_it_writes_the_result_is_not_there(tmp_path: Path, result_file: Path, earlier: Path) -> None:
    # A process that saves for ever: whenever it dies, the result is whole, and what is left of another has no name
    # that any command takes for one.
    code = (
        "import sys; from chipsim.results.store import load; from pathlib import Path\n"
        "run = load(sys.argv[1])\nprint('ready', flush=True)\n"
        "while True: run.save(Path(sys.argv[2]))"
    )
    for delay in (0.0, 0.013, 0.031):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(result_file), str(earlier)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.kill()
        process.communicate()
        assert load(earlier).summary == load(result_file).summary
        left = [path.name for path in tmp_path.iterdir() if path != earlier]
        assert all(name.startswith(".run.h5.") and name.endswith(".tmp") for name in left)
    assert call("run", "tiny", "clamped", "--set", "schedule.sweeps=20", "-o", earlier).exit_code == 0
    assert list(tmp_path.iterdir()) == [earlier]


def test_a_disk_that_takes_no_more_leaves_the_earlier_result(earlier: Path, result_file: Path) -> None:
    # The system refuses to let any file of this process grow beyond 4,096 bytes, as a full disk would.
    limited = (
        "import resource, sys\nsys.dont_write_bytecode = True\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from chipsim.cli.main import main; sys.argv = ['chipsim', *sys.argv[1:]]; main()"
    )
    command = [
        sys.executable,
        "-c",
        limited,
        "run",
        "tiny",
        "clamped",
        "--set",
        "schedule.sweeps=20",
        "-o",
        str(earlier),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{earlier}: cannot be written: ")
    assert "an earlier file is unchanged" in done.stderr
    assert earlier.read_bytes() == result_file.read_bytes()
    assert [path.name for path in earlier.parent.iterdir()] == ["run.h5"]


def test_a_truncated_result_is_refused_in_words(tmp_path: Path, result_file: Path) -> None:
    whole = result_file.read_bytes()
    for part in (0, 100, len(whole) // 2, len(whole) - 1):
        cut = tmp_path / "cut.h5"
        cut.write_bytes(whole[:part])
        result = call("report", cut)
        assert result.exit_code == 2
        assert result.stderr == f"{cut}: not a chipsim result, or damaged; run it again\n"
