"""Texts that a terminal would obey are no part of a spec, from files, `--set` or Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_chips import chip_text
from support_cli import call

import chipsim
from chipsim.errors import ChipsimError, SpecError
from chipsim.spec.document import parse_document


@pytest.mark.parametrize("text", [r"\e[31mred", r"a\ab", r"\x9b2J", r"\x00", r"\x7f"])
def test_files_hold_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "chip.yaml"
    path.write_text(chip_text().replace("name: round", f'name: "{text}"'))
    refused = call("check", path)
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"{path}:2:7: ")
    assert "holds a control character" in refused.stderr
    assert not any((ord(letter) < 32 and letter != "\n") or 127 <= ord(letter) < 160 for letter in refused.stderr)


def test_tabs_lines_and_other_scripts_are_texts() -> None:
    text = 'a: "tab\\tline\\n"\nb: |\n  two\n  lines\nc: 低温 µ\n'
    assert parse_document(text, "f.yaml").value == {"a": "tab\tline\n", "b": "two\nlines\n", "c": "低温 µ"}


def test_python_passes_none() -> None:
    with pytest.raises(SpecError, match="holds a control character"):
        chipsim.Chip({"chipsim": 1, "extends": "tiny", "name": "\x1b[31mred"})
    with pytest.raises(ChipsimError, match="holds a control character"):
        chipsim.plan("tiny", "spin-glass", set={"problem.rudy": "\x1b"})
