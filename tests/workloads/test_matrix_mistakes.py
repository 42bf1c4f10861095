"""What no chip of continuous cells can do is refused with the place, the value and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import call

WORK = """\
chipsim: 1
name: mine
workload: linear-solve
matrix: { file: MATRIX }
schedule: { settle: 100 us, samples: 5, spacing: 10 us }
"""
MATRICES = {
    "indefinite": ("1 2\n2 1\n", "indefinite: its smallest eigenvalue is -1; a network would run away"),
    "not square": ("1 2 3\n2 1 3\n", "a matrix of shape (2, 3); a square one of 2 or more rows is needed"),
    "not symmetric": ("2 1\n0.5 2\n", "not symmetric: [0, 1] is 1, [1, 0] is 0.5"),
    "not finite": ("2 nan\nnan 2\n", "not all elements are finite"),
    "no numbers": ("2 one\n", "not a matrix of numbers"),
}


@pytest.mark.parametrize("mistake", MATRICES)
def test_matrices_that_are_no_potential_of_a_network(mistake: str, tmp_path: Path) -> None:
    text, complaint = MATRICES[mistake]
    (tmp_path / "matrix.txt").write_text(text)
    work = tmp_path / "work.yaml"
    work.write_text(WORK.replace("MATRIX", str(tmp_path / "matrix.txt")))
    result = call("check", "ou-256", work)
    assert result.exit_code == 2
    assert f"{work}:4:17: matrix.file: " in result.stderr
    assert complaint in result.stderr


MISTAKES = {
    "too many unknowns": (
        ("ou-256", "linear-solve", "matrix.size=300"),
        "matrix: 300 unknowns for 256 cells; use a larger chip",
    ),
    "couplers of 0 bits": (
        ("ou-256", "linear-solve", "couplers.bits=0"),
        "couplers.bits: 0: input should be greater than or equal to 1",
    ),
    "converters of 0 bits": (
        ("ou-256", "linear-solve", "readout.bits=0"),
        "readout.bits: 0: input should be greater than or equal to 2",
    ),
    "a passive network of both signs": (
        ("spu-8", "inverse", "matrix.seeded=spectrum"),
        "a passive network realises M-matrices only",
    ),
    "an unstable network": (
        ("ou-256", "linear-solve", "matrix.condition=1e6", "couplers.bits=4"),
        "use a better conditioned matrix, more coupler bits, or less mismatch",
    ),
    "samples too close": (
        ("ou-256", "linear-solve", "schedule.spacing=1 ns"),
        "are too close: raise schedule.spacing, or use more channels",
    ),
    "an Ising chip": (("dtca-70", "linear-solve"), "linear-solve needs continuous cells; dtca-70 has latched ones"),
    "a problem of spins": (("ou-256", "spin-glass"), "ising needs latched cells; ou-256 has continuous ones"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_refused(mistake: str, tmp_path: Path) -> None:
    (chip, work, *settings), complaint = MISTAKES[mistake]
    changes = [part for setting in settings for part in ("--set", setting)]
    result = call("run", chip, work, *changes, "--lanes", 1, "-o", tmp_path / "run.h5")
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert not (tmp_path / "run.h5").exists()
