"""What commands print in a terminal of 40 columns: all numbers of a wide one, none of them cut, units beside them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console
from support_cli import PROGRAM, call

from chipsim.report.fitting import FittedTable, folded
from chipsim.results.store import load
from chipsim.units import show, show_amount

SHORT = ("--set", "schedule.sweeps=40")
SWEEP = """
chipsim: 1
name: two
chip: tiny
workload: spin-glass
set: { schedule.sweeps: 20 }
axes: { cells.gain: [0.123456789, 1], clock.phase: [100 ns, 123.456 ns] }
metrics: [energy_j, joules_per_effective_sample, elapsed_s]
"""
NARROW, WIDE = 40, 400
# A number with what is written beside it, and its unit.
NUMBER = re.compile(r"[^\s()]*\d[^\s()]*(?: (?:[afpnumkMGT]?(?:J|s|W|F|V|m|B|Hz)|%)\b)?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two results, a sweep and a chip whose name is short wherever the clone lies."""
    made = tmp_path_factory.mktemp("narrow")
    for name, gain in (("a", 1), ("b", 0.5)):
        assert call("run", "tiny", "spin-glass", *SHORT, "--set", f"cells.gain={gain}", "-o", made / f"{name}.h5")
    (made / "s.yaml").write_text(SWEEP)
    (made / "t.yaml").write_text((Path(__file__).parents[2] / "chips/tiny.yaml").read_text())
    assert call("sweep", made / "s.yaml", "--executor", "inline", "-o", made / "s").exit_code == 0
    return made


def printed(words: str, columns: int, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """What a command prints in a terminal of so many columns."""
    patch.chdir(folder)
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": str(columns)}.items():
        patch.setenv(name, value)
    result = call(*words.split())
    assert result.exit_code == 0, result.output
    return plain(result.stdout)


def plain(text: str) -> str:
    """Without the commands to the terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "")


def numbers(text: str) -> set[str]:
    return {" ".join(found.split()).strip(",;:.") for found in NUMBER.findall(text)}


COMMANDS = [
    "check tiny spin-glass",
    "check s.yaml",
    "elaborate t.yaml",
    "list",
    "kinds",
    "kinds pbit",
    "metrics",
    "report a.h5",
    "report a.h5 b.h5",
    "report s",
    "diff a.h5 b.h5",
    "explain a.h5",
    "explain a.h5 couplers.toggle",
    "ablate dtca-70 spin-glass --set fabric.size=[4,4] --set schedule.sweeps=20",
    "run tiny spin-glass --set schedule.sweeps=20 --replicates 3 -o r.h5 --force",
    "gpu a.h5 --mixture 3,16",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_no_number_is_cut(words: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, wide = (printed(words, columns, folder, monkeypatch) for columns in (NARROW, WIDE))
    assert max(map(len, wide.splitlines())) > NARROW
    # Names longer than a line are folded.
    long = {word for word in numbers(wide) if len(word) > NARROW - 4}
    # The share of a row gives way.
    shares = {number for number in numbers(wide) if number.endswith("%")} if words == "report a.h5" else set()
    assert numbers(narrow) | numbers(" ".join(narrow.split())) >= numbers(wide) - long - shares
    assert {piece for number in numbers(wide) for piece in number.split()} >= set().union(
        *(number.split() for number in numbers(narrow))
    )
    assert "\N{HORIZONTAL ELLIPSIS}" not in narrow
    # Commands to be copied stay in one piece.
    assert all(len(line) <= NARROW or "next: chipsim" in line for line in narrow.splitlines())


@pytest.mark.parametrize("length", range(1, 50, 7))
def test_long_names_are_folded(length: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a place is lost, however long the name of its file is."""
    (folder / f"{length * 'n'}.yaml").write_text((folder / "t.yaml").read_text())
    narrow, wide = (
        printed(f"elaborate {length * 'n'}.yaml", columns, folder, monkeypatch) for columns in (NARROW, WIDE)
    )
    assert "".join(narrow.split()) == "".join(wide.split())
    assert all(len(line) <= NARROW for line in narrow.splitlines())


def test_the_whole_ledger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares, busy times, grades and sources give way; counts and energies stay, with their units."""
    narrow = printed("report a.h5 -v", NARROW, folder, monkeypatch)
    for row in load(folder / "a.h5").summary.priced.ledger:
        assert " ".join(show_amount(row.count, row.unit)).strip() in " ".join(narrow.split())
        assert row.energy_j is None or show(row.energy_j, "J") in narrow
    assert all(len(line) <= NARROW for line in narrow.splitlines())


def test_a_terminal_is_asked_for_its_width(folder: Path) -> None:
    """Of the system, not of the environment."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm"}
        os.environ.pop("COLUMNS", None)
        os.execv(PROGRAM[0], [*PROGRAM, "explain", "a.h5"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, NARROW, 0, 0))
    out = b""
    with suppress(OSError):  # the other end is closed
        while read := os.read(terminal, 2**16):
            out += read
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, out
    assert 30 < max(len(line) for line in plain(out.decode()).splitlines()) <= NARROW


def test_a_table_gives_way_step_by_step() -> None:
    """Whole, without optional columns, with texts of several lines, at last as lists."""
    table = FittedTable("", [("name", False), ("energy", True), ("of", True)], ("of",))
    table.add_row("one rather long name", "1.234 nJ to 5.678 nJ", "7.00%")
    shown = {}
    for width in (60, 44, 24, 13):
        console = Console(width=width, force_terminal=False)
        with console.capture() as captured:
            console.print(table)
        shown[width] = [line.split() for line in captured.get().splitlines()]
    assert shown[60][1] == ["one", "rather", "long", "name", "1.234", "nJ", "to", "5.678", "nJ", "7.00%"]
    assert shown[44][1] == ["one", "rather", "long", "name", "1.234", "nJ", "to", "5.678", "nJ"]
    assert [line[-2:] for line in shown[24][1:3]] == [["nJ", "to"], ["5.678", "nJ"]]
    assert shown[13] == [["one", "rather"], ["long", "name"], ["energy"], ["1.234", "nJ", "to"], ["5.678", "nJ"]]


def test_units_stay_beside_numbers() -> None:
    assert folded("  total 2.767 nJ, from 1 J", 13) == "  total\n  2.767 nJ,\n  from 1 J"
    assert folded("a  b", 4) == "a  b"
