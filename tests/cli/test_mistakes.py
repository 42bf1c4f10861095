"""Some seventy seeded mistakes: each ends with its code, its place and exit code 2, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from support_chips import chip_text, where, workload_text, write_files
from support_cli import call
from support_errors import code_of, error_of

from chipsim.errors import SpecErrors


def found(result: Result, place: str) -> set[str]:
    """The codes of what is said to be wrong at a place."""
    error = error_of(result)
    errors = error.errors if isinstance(error, SpecErrors) else [error]
    return {one.code for one in errors if str(one).startswith(place)}


# --- mistakes in chip files: (what to replace, by what, the fragment that the place points at, the code) ---------

CHIP_MISTAKES = {
    "typo in a key": (
        "relaxation_time",
        "relaxation_tmie",
        "relaxation_tmie",
        "spec.unknown-key",
    ),
    "missing unit": ("settle_time: 1 us", "settle_time: 1", "1 }", "spec.no-unit"),
    "wrong dimension": ("settle_time: 1 us", "settle_time: 1 um", "1 um", "spec.wrong-unit"),
    "unknown unit": ("latency: 20 ns", "latency: 20 nsx", "20 nsx", "spec.unknown-unit"),
    "duplicate key": (
        "bits: 8, full",
        "bits: 8, bits: 9, full",
        "bits: 9",
        "spec.duplicate",
    ),
    "unknown kind": ("kind: dac", "kind: dacs", "dacs", "kind.unknown"),
    "dangling net": (
        "-> inputs -> cells",
        "-> input -> cells",
        "controller -> input ",
        "spec.bad-net",
    ),
    "loose component": ("  - clock -> cells\n", "", "{ kind: clock", "spec.bad-net"),
    "no net at all": ("rng -> cells", "rng cells", "rng cells", "spec.bad-net"),
    "tab indentation": ("  host: {", "\thost: {", "\thost", "spec.not-yaml"),
    "alias": ("vdd: 1 V", "vdd: *v", "*v", "spec.not-in-language"),
    "anchor": ("vdd: 1 V", "vdd: &v 1 V", "&v", "spec.not-in-language"),
    "tag": ("vdd: 1 V", "vdd: !!str 1 V", "!!str", "spec.not-in-language"),
    "octal": ("buffers: 1", "buffers: 010", "010", "spec.bad-number"),
    "infinity": ("full_scale: 4", "full_scale: .inf", ".inf", "spec.bad-number"),
    "out of bounds": ("weight_bits: 8", "weight_bits: 1", "1, weight_range", "spec.out-of-range"),
    "negative": ("time: 10 ns", "time: -10 ns", "-10 ns", "spec.out-of-range"),
    "fraction": ("channels: 1\n", "channels: 1.5\n", "1.5", "spec.wrong-type"),
    "not one of": ("mode: sense", "mode: sens", "sens\n", "spec.unknown-word"),
    "odd torus with two colours": (
        "size: [4, 4]",
        "size: [5, 4], borders: torus, colours: 2",
        "2 }",
        "spec.colour-clash",
    ),
    "wrong number of cells": (
        "cells[*]",
        "cells[0..9]",
        "{ kind: pbit",
        "spec.array-parts",
    ),
    "bad range": ("cells[*]", "cells[1..16]", "{ kind: pbit", "spec.bad-name"),
    "unknown pattern": (
        "pattern: square",
        "pattern: squar",
        "squar,",
        "spec.unknown-word",
    ),
    "missing key": (
        "cycle: 1 ns, word_bits: 64 }\n  link",
        "word_bits: 64 }\n  link",
        "{ kind: host",
        "spec.missing-key",
    ),
    "another version": ("chipsim: 1", "chipsim: 2", "2\n", "spec.unknown-word"),
    "unknown price table": (
        "dtca-physical",
        "dtca-fysical",
        "dtca-fysical",
        "spec.unknown-preset",
    ),
    "price of nothing": (
        "price_table: dtca-physical",
        "price_table: dtca-physical\nprices:\n  cells.wrte: { power: 1 W }",
        "{ power",
        "price.unknown-action",
    ),
    "negative price": (
        "price_table: dtca-physical",
        "price_table: dtca-physical\nprices:\n  rng.on: { power: -1 nW, grade: assumed, seen: none, source: mine }",
        "-1 nW",
        "spec.out-of-range",
    ),
}


@pytest.mark.parametrize("mistake", CHIP_MISTAKES)
def test_mistakes_in_chips(mistake: str, tmp_path: Path) -> None:
    old, new, fragment, code = CHIP_MISTAKES[mistake]
    text = chip_text()
    assert text.count(old) >= 1
    text = text.replace(old, new, 1)
    chip, work = write_files(tmp_path, text)
    result = call("check", chip, work)
    assert found(result, f"{chip}:{where(text, fragment)}: ") == {code}, result.stderr
    assert result.stdout == ""


# --- mistakes in workloads ------------------------------------------------------------------------------------------

SCHEDULE = "mode: sample, beta: 0.5, sweeps: 20"
WORKLOAD_MISTAKES = {
    "typo in a key": ("sweeps", "sweps", "sweps", "spec.unknown-key"),
    "a word for a number": ("sweeps: 20", "sweeps: many", "many", "spec.wrong-type"),
    "true for a number": ("sweeps: 20", "sweeps: true", "true", "spec.wrong-type"),
    "nothing to do": ("sweeps: 20", "sweeps: 0", "0 }", "spec.out-of-range"),
    "mode without its beta": (
        "mode: sample",
        "mode: anneal",
        "{ mode",
        "spec.rule",
    ),
    "two problems": (
        "native: plus-minus",
        "native: plus-minus, graph: G11",
        "{ native",
        "spec.one-of",
    ),
    "unknown workload": ("workload: ising", "workload: isig", "isig", "kind.unknown"),
    "unknown graph": ("native: plus-minus, seed: 1", "graph: G99", "G99", "problem.unknown-graph"),
    "missing problem file": (
        "native: plus-minus, seed: 1",
        "rudy: nowhere.txt",
        "nowhere",
        "file.unreadable",
    ),
    "problem larger than the chip": (
        "native: plus-minus, seed: 1",
        "graph: G11",
        "{ graph",
        "chip.too-small",
    ),
    "no target known": ("sweeps: 20 }", "sweeps: 20 }\ntarget: {}", "{}", "problem.no-best-known"),
    "clamp of a missing cell": (
        "sweeps: 20 }",
        "sweeps: 20 }\nclamp: [[16, 1]]",
        "16",
        "spec.out-of-range",
    ),
    "clamped twice": ("sweeps: 20 }", "sweeps: 20 }\nclamp: [[3, 1], [3, -1]]", "3, -1", "spec.duplicate"),
    "clamp to zero": ("sweeps: 20 }", "sweeps: 20 }\nclamp: [[1, 0]]", "0]]", "spec.unknown-word"),
}


@pytest.mark.parametrize("mistake", WORKLOAD_MISTAKES)
def test_mistakes_in_workloads(mistake: str, tmp_path: Path) -> None:
    old, new, fragment, code = WORKLOAD_MISTAKES[mistake]
    text = workload_text()
    assert text.count(old) == 1
    text = text.replace(old, new)
    chip, work = write_files(tmp_path, None, text)
    result = call("run", chip, work, "-o", tmp_path / "run.h5")
    assert found(result, f"{work}:{where(text, fragment)}: ") == {code}, result.stderr
    assert not (tmp_path / "run.h5").exists()


# --- mistakes in price tables ---------------------------------------------------------------------------------------

TABLE = """chipsim: 1
name: mine
extends: dtca-physical
prices:
  rng.on: { power: 4 nW, low: 3 nW, high: 5 nW, grade: assumed, seen: none, source: mine }
"""
TABLE_MISTAKES = {
    "negative": ("4 nW", "-4 nW", "-4 nW", "spec.out-of-range"),
    "energy for power": (
        "power: 4 nW, low: 3 nW, high: 5 nW",
        "energy: 4 nJ",
        "4 nJ",
        "price.bad-row",
    ),
    "bounds the wrong way": ("low: 3 nW", "low: 6 nW", "{ power", "price.bad-bounds"),
    "bound without unit": ("low: 3 nW", "low: 3", "{ power", "spec.no-unit"),
    "no source": (", source: mine", "", "{ power", "spec.missing-key"),
    "unknown grade": ("grade: assumed", "grade: guessed", "guessed", "spec.unknown-word"),
    "unknown action": ("rng.on", "rng.off", "{ power", "price.unknown-action"),
    "unknown kind": ("rng.on", "rgn.on", "{ power", "price.unknown-action"),
    "two forms": ("power: 4 nW", "power: 4 nW, energy: 1 fJ", "{ power", "spec.one-of"),
    "in a circle": (
        "extends: dtca-physical",
        "extends: prices.yaml",
        "prices.yaml",
        "spec.bad-include",
    ),
}


@pytest.mark.parametrize("mistake", TABLE_MISTAKES)
def test_mistakes_in_price_tables(mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, fragment, code = TABLE_MISTAKES[mistake]
    text = TABLE.replace(old, new)
    assert text != TABLE
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text(text)
    result = call("check", "tiny", "clamped", "--prices", "prices.yaml")
    assert found(result, f"prices.yaml:{where(text, fragment)}: ") == {code}, result.stderr


# --- mistakes in --set ----------------------------------------------------------------------------------------------

SET_MISTAKES = [
    ("sweeps=5", "spec.unknown-key"),
    ("cell.gain=2", "spec.unknown-path"),
    ("cells.gian=2", "spec.unknown-key"),
    ("cells.relaxation_time=5", "spec.no-unit"),
    ("schedule.sweeps=1e3", "spec.wrong-type"),
    ("schedule.sweeps=010", "spec.bad-number"),
    ("schedule.sweeps", "spec.bad-set"),
    ("prices.rng.onn.power=4 nW", "price.unknown-row"),
    ("prices.rng.on.power=4 nJ", "spec.wrong-unit"),
    ("technology.temperature=-1 K", "spec.out-of-range"),
]


@pytest.mark.parametrize(("assignment", "code"), SET_MISTAKES)
def test_mistakes_in_set(assignment: str, code: str) -> None:
    result = call("check", "tiny", "clamped", "--set", assignment)
    assert code_of(result) == code
    assert result.stderr.startswith("--set")
    assert assignment.partition("=")[0] in result.stderr


# --- files that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (b"", ": ", "spec.not-yaml"),
        (b"# nothing\n", ": ", "spec.not-yaml"),
        (b"\x89HDF\r\n\xff\x00", ": ", "file.unreadable"),
        (b"- a\n- b\n", ":1:1: ", "spec.wrong-type"),
        (b"just words\n", ":1:1: ", "spec.wrong-type"),
    ],
)
@pytest.mark.parametrize("what", ["chip", "workload", "prices"])
def test_files_that_are_no_specs(what: str, content: bytes, place: str, code: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(content)
    arguments = {
        "chip": ["check", bad, "clamped"],
        "workload": ["check", "tiny", bad],
        "prices": ["check", "tiny", "clamped", "--prices", bad],
    }[what]
    result = call(*arguments)
    assert code_of(result) == code
    assert result.stderr.startswith(f"{bad}{place}")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "tinny", "clamped"], "spec.unknown-preset"),
        (["check", "tiny", "clampd"], "spec.unknown-preset"),
        (["check", "tiny", "--prices", "dtca"], "spec.unknown-preset"),
        (["check", "nowhere.yaml"], "file.missing"),
        (["check", "/tmp"], "file.is-folder"),
        (["check", "../tiny"], "spec.unknown-preset"),
        (["elaborate", "tiny", "--expand", "cell[0]"], "result.no-such-row"),
        (["report", "nowhere.h5"], "file.missing"),
        (["run", "tiny", "clamped", "-o", "/nowhere/run.h5"], "file.missing"),
        (["run", "tiny", "clamped", "-o", "/proc/run.h5"], "file.not-writable"),
        (["run", "tiny", "clamped", "-o", "/tmp"], "file.is-folder"),
        (["run", "any-graph", "spin-glass", "-o", "/tmp/x.h5"], "spec.needs-problem"),
    ],
)
def test_arguments_that_name_nothing(arguments: list[str], code: str) -> None:
    assert code_of(call(*arguments)) == code


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run", "tiny", "clamped", "--lanes", "0"], "0 is not in the range"),
        (["run", "tiny", "clamped", "--seed", "-1"], "-1 is not in the range"),
        (["run", "tiny"], "Missing argument 'WORKLOAD'"),
    ],
)
def test_arguments_that_no_command_takes(arguments: list[str], complaint: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


# --- the whole first line, word for word ----------------------------------------------------------------------------

# What is changed in the preset `tiny`, and the first line of the answer after the name of the file.
FIRST_LINES = [
    (
        "pattern: square",
        "pattern: squares",
        ':12:12: fabric.pattern: unknown pattern "squares"; did you mean "square"?',
    ),
    (
        "pattern: square",
        "pattern: cubic",
        ":12:12: fabric.pattern: [1, 0, 0] has 3 components, but the size has 2 dimensions",
    ),
    ("size: [4, 4]", "size: 4", ":13:9: fabric.size: expected a list in brackets, got 4"),
    (
        "borders: open",
        "borders: no",
        ":14:12: fabric.borders: \"no\" is not one of 'open' or 'torus'; known: open, torus",
    ),
    ("phase: 100 ns", "phase: 1e-9", ':34:12: clock.phase: 1e-09 has no unit; write for example "100 ns"'),
    ("phase: 100 ns", "phase:", ':34:11: clock.phase: is empty; write for example "100 ns"'),
    ("phase: 100 ns", "phase: [1]", ':34:12: clock.phase: [1] is not a quantity; write for example "100 ns"'),
    ("0.1293 V", "0.1293 A", ':8:8: technology.vdd: "0.1293 A" cannot be converted to V; write for example "0.1 V"'),
    ("name: tiny", "name: 5", ":3:7: name: expected a word, got 5; quote it if it is meant as a word"),
    ("name: tiny", "name: tiny\nextend: tiny", ':4:1: extend: unknown key "extend"; did you mean "extends"?'),
    (
        "kind: dac, bits: 8",
        "kind: DAC, bits: 8",
        ':21:21: bias_dac.kind: unknown kind "DAC"; did you mean "dac"?',
    ),
    (
        "kind: dac, bits: 8",
        "bits: 8",
        ':21:13: components.bias_dac: needs a kind, for example {kind: pbit}; "chipsim list" shows all kinds',
    ),
    (
        "price_table: dtca-physical",
        "price_table: dtca-fysical",
        ':59:14: price_table: unknown price table "dtca-fysical"; did you mean "dtca-physical"?',
    ),
    (
        "price_table: dtca-physical",
        "price_table: dtca-physical\nprices: 5",
        ":60:9: prices: expected a block of keys, got 5",
    ),
    (
        "price_table: dtca-physical",
        "price_table: dtca-physical\nprices: { rng.on: 5 }",
        ":60:19: prices.rng.on: expected a block of keys, got 5",
    ),
]


@pytest.mark.parametrize(("old", "new", "line"), FIRST_LINES)
def test_first_line_of_the_answer(old: str, new: str, line: str, tmp_path: Path) -> None:
    chip = tmp_path / "chip.yaml"
    text = (Path(__file__).parents[2] / "chips" / "tiny.yaml").read_text()
    assert text.count(old) >= 1
    chip.write_text(text.replace(old, new, 1))
    result = call("check", chip)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == f"{chip}{line}"


DATA_MISTAKES = [
    (b"0 1 nan\n", "1: expected a finite number, found nan"),
    (b"0 1 inf\n", "1: expected a finite number, found inf"),
    (b"0 1 1e999\n", "1: expected a finite number, found inf"),
    (b"0 1 x\n", '1: expected a number, found "x"'),
    (b"0 0 1\n0 0 2\n", "2: duplicate bias of 0; first given on line 1"),
    (
        b"0 1\n",
        "1: expected `i j J`, or `i i b` for a bias (pairs of spins only; format: hubo reads longer terms), "
        "found 2 fields",
    ),
    (b"", "1: the file is empty"),
]


@pytest.mark.parametrize(("content", "line"), DATA_MISTAKES)
def test_mistakes_in_data_files(content: bytes, line: str, tmp_path: Path) -> None:
    data, work = tmp_path / "data.txt", tmp_path / "work.yaml"
    data.write_bytes(content)
    work.write_text(workload_text(problem=f"edge_list: {data}"))
    result = call("run", "any-graph", work, "-o", tmp_path / "run.h5")
    assert result.exit_code == 2
    column = len("problem: { edge_list: ") + 1
    assert result.stderr == f"{work}:4:{column}: problem.edge_list: {data}:{line}\n"
    assert not (tmp_path / "run.h5").exists()


def test_a_sparse_file_of_100_mb_is_not_read(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate(100 * 2**20)
    assert call("check", big).stderr == f"{big}: larger than 16 MiB; put large data into a separate file\n"


def test_nesting_stops_before_anything_is_built(tmp_path: Path) -> None:
    deep = tmp_path / "deep.yaml"
    deep.write_text("a: " + "[" * 100_000)
    result = call("check", deep)
    assert code_of(result) == "spec.too-large"
    # 35 where the YAML library has no bound of its own.
    assert result.stderr.startswith((f"{deep}:1:35: ", f"{deep}:1:1003: "))


@pytest.mark.parametrize("content", [b"", b"words", b"\x89HDF\r\n\x1a\n" + bytes(2000)])
def test_what_is_no_result(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(content)
    result = call("report", path)
    assert (result.exit_code, result.stderr) == (2, f"{path}: not a chipsim result, or damaged; run it again\n")


def test_a_device_is_not_replaced_by_a_result(tmp_path: Path) -> None:
    import os

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = call("run", "tiny", "clamped", "-o", pipe)
    assert (result.exit_code, result.stderr) == (2, f"{pipe}: is not a regular file; choose another output\n")
    assert pipe.is_fifo()


def test_an_alias_bomb_does_not_go_off(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    bomb.write_text("\n".join(lines))
    result = call("check", bomb)
    assert result.exit_code == 2
    assert result.stderr == f"{bomb}:1:5: anchors (&name) are not part of the spec language; write the value out\n"
