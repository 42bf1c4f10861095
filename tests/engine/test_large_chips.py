"""Chips of real size: z1 as a whole in a gigabyte, and a chip of a million cells."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support_cli import PROGRAM

from chipsim.compiler.netlist import elaborate
from chipsim.runs.plan import plan, read_chip_file
from chipsim.runs.simulate import simulate

GIGABYTE_KB = 10**6


def resident_kb(*arguments: str) -> int:
    """Largest resident memory of a chipsim command in a process of its own."""
    command = [*PROGRAM, *arguments]
    child = os.spawnv(os.P_NOWAIT, command[0], command)
    _, status, usage = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_maxrss


@pytest.mark.slow
def test_a_whole_run_of_z1_and_its_reports_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    result = str(tmp_path / "z1.h5")
    assert resident_kb("run", "z1", "spin-glass", "-o", result) < GIGABYTE_KB
    reports = [f"--{form}={tmp_path / 'z1'}.{form}" for form in ("html", "csv", "json")]
    assert resident_kb("report", result, *reports) < GIGABYTE_KB


@pytest.mark.slow
def test_a_chip_of_a_million_cells_runs() -> None:
    settings = {"fabric.size": [1000, 1000], "schedule.sweeps": 3, "schedule.record_every": "never"}
    run = simulate(plan("z1", "spin-glass", settings), lanes=64)
    assert run.summary["updates"] == 64 * 3 * 10**6
    netlist = elaborate(read_chip_file("z1", {"fabric.size": [1000, 1000]}))
    assert netlist.domain.cells.instance_name(10**6 - 1) == "core[7].cells[124999]"
