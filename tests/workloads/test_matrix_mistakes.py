"""What no chip of continuous cells can do is refused with the place, the value and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import call
from support_errors import code_of

WORK = """\
chipsim: 1
name: mine
workload: linear-solve
matrix: { file: MATRIX }
schedule: { settle: 100 us, samples: 5, spacing: 10 us }
"""
MATRICES = {
    "indefinite": ("1 2\n2 1\n", "problem.indefinite"),
    "not square": ("1 2 3\n2 1 3\n", "problem.not-square"),
    "not symmetric": ("2 1\n0.5 2\n", "problem.not-symmetric"),
    "not finite": ("2 nan\nnan 2\n", "data.bad-number"),
    "no numbers": ("2 one\n", "data.bad-number"),
}


@pytest.mark.parametrize("mistake", MATRICES)
def test_matrices_that_are_no_potential_of_a_network(mistake: str, tmp_path: Path) -> None:
    text, code = MATRICES[mistake]
    (tmp_path / "matrix.txt").write_text(text)
    work = tmp_path / "work.yaml"
    work.write_text(WORK.replace("MATRIX", str(tmp_path / "matrix.txt")))
    result = call("check", "ou-256", work)
    assert code_of(result) == code
    assert f"{work}:4:17: matrix.file: " in result.stderr


MISTAKES = {
    "too many unknowns": (
        ("ou-256", "linear-solve", "matrix.size=300"),
        "chip.too-small",
    ),
    "couplers of 0 bits": (
        ("ou-256", "linear-solve", "couplers.bits=0"),
        "spec.out-of-range",
    ),
    "converters of 0 bits": (
        ("ou-256", "linear-solve", "readout.bits=0"),
        "spec.out-of-range",
    ),
    "a passive network of both signs": (
        ("spu-8", "inverse", "matrix.seeded=spectrum"),
        "chip.not-passive",
    ),
    "an unstable network": (
        ("ou-256", "linear-solve", "matrix.condition=1e6", "couplers.bits=4"),
        "chip.unstable",
    ),
    "samples too close": (
        ("ou-256", "linear-solve", "schedule.spacing=1 ns"),
        "chip.out-of-range",
    ),
    "an Ising chip": (("dtca-70", "linear-solve"), "chip.wrong-cells"),
    "a problem of spins": (("ou-256", "spin-glass"), "chip.wrong-cells"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_refused(mistake: str, tmp_path: Path) -> None:
    (chip, work, *settings), code = MISTAKES[mistake]
    changes = [part for setting in settings for part in ("--set", setting)]
    result = call("run", chip, work, *changes, "--lanes", 1, "-o", tmp_path / "run.h5")
    assert code_of(result) == code
    assert not (tmp_path / "run.h5").exists()
