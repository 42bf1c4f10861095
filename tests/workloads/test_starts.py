"""Starts: random, up, from answers, from an earlier result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call
from support_errors import refused

import chipsim
from chipsim.errors import ProblemError
from chipsim.problems.reading import read_problem
from chipsim.runs.plan import plan
from chipsim.workloads.ising.start import read_start

# So cold that no cell leaves the state in which the run starts, which is one of the lowest.
COLD: dict[str, Any] = {
    "problem.native": "ferromagnet",
    "problem.seed": 0,
    "schedule.beta": 4.0,
    "schedule.sweeps": 3,
    "couplers.weight_bits": 8,
}


def first_read(chip: str = "tiny", **changes: Any) -> Any:
    run = chipsim.run(chip, "spin-glass", set={**COLD, **changes}, lanes=70)
    return run.trace.observations.states[-1]


def test_up_and_random() -> None:
    assert (first_read(**{"schedule.start": "up"}) == [[2**64 - 1, 63]]).all()
    assert len(np.unique(first_read())) > 2


@pytest.mark.parametrize("suffix", [".json", ".csv", ".h5", "result"])
def test_a_start_from_answers_and_from_a_result(suffix: str, tmp_path: Path) -> None:
    """Chosen for being a state that neither a random nor an ordered start gives: all down, by another run."""
    run = chipsim.run("tiny", "spin-glass", set={**COLD, "problem.bias": -2.0}, lanes=4)
    assert run.best is not None
    assert (run.best.spins == -1).all()
    result = tmp_path / "first.h5"
    run.save(result)
    file = result
    if suffix != "result":
        file = tmp_path / f"best{suffix}"
        assert call("report", result, "--answers", file).exit_code == 0
    start = {"schedule.start": {"file": str(file)}}
    assert (first_read(**start) == 0).all()


def test_a_file_names_every_spin_in_any_order(tmp_path: Path) -> None:
    """A chain of the embedding follows its spin, and the start is read beside the workload that names it."""
    spins = {str(label): -1 if label % 3 else 1 for label in reversed(range(16))}
    (tmp_path / "start.json").write_text(json.dumps(spins))
    weak = {"problem.native": "plus-minus", "schedule.beta": 1e-3, "schedule.sweeps": 1, "schedule.read_every": "end"}
    ready = plan("tiny", "spin-glass", {**weak, "schedule.start": {"file": str(tmp_path / "start.json")}})
    assert ready.workload._wanted.tolist() == [spins[str(label)] for label in range(16)]
    assert ready.workload.total_sweeps == 2
    assert "start" in ready.workload.inputs()


WRONG: list[tuple[str, str, str]] = [
    ("start.json", "[1]", "data.malformed"),
    ("start.json", "{", "data.malformed"),
    ("start.json", json.dumps(dict.fromkeys(map(str, range(15)), 1)), "data.wrong-values"),
    ("start.json", json.dumps(dict.fromkeys(map(str, range(17)), 1)), "data.wrong-values"),
    ("start.json", json.dumps(dict.fromkeys(map(str, range(16)), 0)), "data.wrong-values"),
    ("start.json", json.dumps(dict.fromkeys(map(str, range(16)), True)), "data.wrong-values"),
    ("start.csv", "label,bit\n0,1\n", "data.malformed"),
    ("start.h5", "no such file format", "data.malformed"),
    ("start.txt", "", "data.malformed"),
]


@pytest.mark.parametrize(("name", "text", "code"), WRONG)
def test_wrong_files_are_refused(name: str, text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with refused(code, name):
        plan("tiny", "spin-glass", {"schedule.start": {"file": str(tmp_path / name)}})
    with refused("file.missing"):
        plan("tiny", "spin-glass", {"schedule.start": {"file": str(tmp_path / f"not-{Path(name).stem}.json")}})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("s.json", '{"best_spins": {"0": 1, "0": -1}}', "key '0' stands twice"),
        ("s.csv", "label,spin\n0,1\n0,-1\n", "label '0' stands twice"),
        ("s.csv", "label,turn\n0,1\n", "expected the columns label and spin"),
        ("s.csv", "label,spin\n0\n", "line 2: 1 cells in 2 columns"),
        ("s.csv", "label,spin\n0,1,1\n", "line 2: 3 cells in 2 columns"),
        ("s.csv", "label,spin,of\n0,1,x\n", "expected the columns .* found label, spin, of"),
        ("s.csv", "label,spin,spin\n0,1,-1\n", "expected the columns .* found label, spin, spin"),
        ("s.csv", "label,spin,bit\n0,1,0\n", "line 2: bit 0 of spin 1"),
        ("s.csv", f"label,spin\n0,{'x' * 200_000}\n", "field larger than field limit"),
        ("s.csv", "label,spin\n0,up\n", "spin 0 is up, not -1 or 1"),
    ],
)
def test_a_start_that_says_a_spin_twice_or_not_at_all(name: str, text: str, told: str, tmp_path: Path) -> None:
    """Of two values of a key, the last one was taken in silence."""
    (tmp_path / name).write_text(text)
    (tmp_path / "edges.txt").write_text("0 1 1\n")
    with pytest.raises(ProblemError, match=told):
        read_start(tmp_path / name, read_problem(tmp_path / "edges.txt"))


@pytest.mark.parametrize("name", ["s.csv", "s.json"])
def test_a_start_that_is_no_text(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"label,spin\n\xff,1\n")
    (tmp_path / "edges.txt").write_text("0 1 1\n")
    with pytest.raises(ProblemError, match=r"not UTF-8$"):
        read_start(tmp_path / name, read_problem(tmp_path / "edges.txt"))
