"""Each sentence of docs/security.md, by a test of its own."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from support_cli import call
from support_documents import ROOT
from support_results import beside_the_block

PAGE = (ROOT / "docs" / "security.md").read_text()
WORKLOAD = "chipsim: 1\nworkload: ising\nname: x\nschedule: {mode: sample, sweeps: 5, beta: 1}\n"
CHIP = "chipsim: 1\nname: x\nextends: "


def refusal(*arguments: object) -> str:
    """The line of a command that is refused."""
    result = call(*arguments)
    assert (result.exit_code, result.stderr.count("\n"), result.stdout) == (2, 1, "")
    return result.stderr


def made(folder: Path) -> Path:
    assert call("run", "tiny", "spin-glass", "--set", "schedule.sweeps=10", "-o", folder / "run.h5").exit_code == 0
    return folder / "run.h5"


def runs_no_code(folder: Path) -> None:
    spec = folder / "chip.yaml"
    for value in ("!!python/object/apply:os.system [ls]", "&a x", "*a"):
        spec.write_text(f"chipsim: 1\nname: {value}\n")
        refusal("check", spec)


def reads_no_other_spec(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "secret.yaml").write_text("chipsim: 1\nname: secret\n")
    spec = folder / "inside" / "chip.yaml"
    for name in ("../secret.yaml", str(folder / "secret.yaml")):
        spec.write_text(CHIP + name)
        assert "secret.yaml" in refusal("check", spec)


def names_data_anywhere(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "e.txt").write_text("# secret words\n0 1 0.5\n")
    spec = folder / "inside" / "w.yaml"
    spec.write_text(f"{WORKLOAD}problem: {{edge_list: {folder / 'e.txt'}}}\n")
    assert call("run", "any-graph", spec, "-o", folder / "run.h5").exit_code == 0
    with h5py.File(folder / "run.h5") as file:
        texts: list[str] = []
        file.visititems(lambda _, held: texts.append(str(held[()])) if isinstance(held, h5py.Dataset) else None)
    assert texts
    assert not any("secret words" in text for text in texts)


def names_no_device(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    for name in ("/dev/zero", folder / "pipe"):
        spec = folder / "w.yaml"
        spec.write_text(f"{WORKLOAD}problem: {{edge_list: {name}}}\n")
        assert "not a regular file" in refusal("check", "any-graph", spec)


def takes_no_more_memory_than_there_is(folder: Path) -> None:
    settings = ["--set", "schedule.sweeps=1000000", "--set", "schedule.record_every=1", "--lanes", "1000000"]
    assert "available" in refusal("run", "tiny", "spin-glass", *settings, "-o", folder / "run.h5")


def sends_no_commands(folder: Path) -> None:
    spec = folder / "chip.yaml"
    spec.write_text('chipsim: 1\nname: "\\e[2J"\nextends: tiny\n')
    assert "\x1b" not in refusal("check", spec)


def reads_no_other_file(folder: Path) -> None:
    path = made(folder)
    content = path.read_bytes()
    for link in (h5py.SoftLink("/summary"), h5py.ExternalLink("other.h5", "/summary")):
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            file["arrays/x"] = link
        assert "link" in refusal("report", path)
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        file["arrays"].create_dataset("x", shape=(8,), dtype="u1", external=[("/etc/hostname", 0, 8)])
    assert "outside this file" in refusal("report", path)


def claims_no_memory(folder: Path) -> None:
    path = made(folder)
    with h5py.File(path, "r+") as file:
        file["arrays"].create_dataset("x", shape=(2**33,), dtype="i8", chunks=(2**16,), compression="gzip")
    assert "claims" in refusal("report", path)


def ends_in_a_line(folder: Path) -> None:
    path = made(folder)
    with h5py.File(path, "r+") as file:
        file["trace"].attrs["lanes"] = -1
    for command in ("report", "explain", "cite", "reprice", "quality"):
        assert "lanes" in refusal(command, path)


def holds_its_command(folder: Path) -> None:
    with h5py.File(made(folder)) as file:
        assert "chipsim run tiny spin-glass" in file["machine"].asstr()[()]


def names_folders_in_one_block(folder: Path) -> None:
    chip, path = folder / "chip.yaml", folder / "run.h5"
    chip.write_text("chipsim: 1\nname: mine\nextends: tiny\n")
    assert call("run", chip, "spin-glass", "--set", "schedule.sweeps=10", "-o", path).exit_code == 0
    assert str(folder).encode() in path.read_bytes()
    assert str(folder).encode() not in beside_the_block(path)


def is_shown_as_it_is(folder: Path) -> None:
    name = "[/] <b>x</b> $x^{$"
    chip, path, page = folder / "chip.yaml", folder / "run.h5", folder / "page.html"
    chip.write_text(f'chipsim: 1\nname: "{name}"\nextends: tiny\n')
    assert call("run", chip, "spin-glass", "--set", "schedule.sweeps=10", "-o", path).exit_code == 0
    assert f"{name} on spin-glass" in call("report", path).stdout
    assert call("report", path, "--html", page).exit_code == 0
    assert html.escape(name, quote=False) in page.read_text()
    assert "<b>x</b>" not in page.read_text()


def holds_no_formula(folder: Path) -> None:
    prices, path, table = folder / "p.yaml", folder / "run.h5", folder / "o.csv"
    row = '{energy: 1 fJ, grade: assumed, seen: none, source: "=1+1"}'
    prices.write_text(f"chipsim: 1\nname: p\nprices: {{pbit.update: {row}}}\n")
    settings = ["--set", "schedule.sweeps=10", "--prices", prices]
    assert call("run", "tiny", "spin-glass", *settings, "-o", path).exit_code == 0
    assert call("report", path, "--csv", table).exit_code == 0
    assert ",'=1+1," in table.read_text()


TESTS: dict[str, Callable[[Path], None]] = {
    "It cannot run code": runs_no_code,
    "It cannot read specs outside its own folder": reads_no_other_spec,
    "It can name data files anywhere": names_data_anywhere,
    "It cannot name a device or a pipe": names_no_device,
    "It cannot take more memory than there is": takes_no_more_memory_than_there_is,
    "It cannot send commands to a terminal": sends_no_commands,
    "It cannot read or write other files": reads_no_other_file,
    "It cannot take more than 1100 times its size": claims_no_memory,
    "It cannot end a command with a traceback": ends_in_a_line,
    "It names folders of the machine": names_folders_in_one_block,
    "It can contain wrong numbers": holds_its_command,
    "Names appear as they are": is_shown_as_it_is,
    "Cells of a CSV file": holds_no_formula,
}


def test_every_item_of_the_page_has_a_test() -> None:
    items = re.findall(r"(?m)^- (.*)$", PAGE)
    assert [sum(item.startswith(begin) for item in items) for begin in TESTS] == [1] * len(TESTS)
    assert len(items) == len(TESTS)


@pytest.mark.parametrize("sentence", TESTS)
def test_the_sentence_holds(sentence: str, tmp_path: Path) -> None:
    TESTS[sentence](tmp_path)
