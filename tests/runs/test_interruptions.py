"""Ctrl-C ends a run within a second or so, however long the chip is left alone, on one thread or several."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The first run compiles the kernels; the second one would take days.
PROGRAM = """
import sys
import chipsim
chip, workload, key, threads = sys.argv[1:]
chipsim.run(chip, workload, lanes=128, threads=int(threads))
print("begins", flush=True)
chipsim.run(chip, workload, set={key: "1000 s"}, lanes=128, threads=int(threads)).save("run.h5")
"""
MAX_S = 8  # on a busy machine


@pytest.mark.system
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("chip", "workload", "key"),
    [
        ("quartic-layer", "layer-stack", "window"),
        ("pdit-16", "four-states", "schedule.settle"),
        ("pmog-16", "four-gaussians", "schedule.spacing"),
    ],
)
def test_a_long_time_of_the_chip_is_interrupted(
    chip: str, workload: str, key: str, threads: int, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", PROGRAM, chip, workload, key, str(threads)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=tmp_path, text=True, **pipes)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=MAX_S)[1]
    finally:
        process.kill()
    assert process.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n")
    assert list(tmp_path.iterdir()) == []
