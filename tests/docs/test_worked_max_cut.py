"""The Max-Cut of `bring-your-problem.md` that fits its chip only by chains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support_cli import call
from support_documents import ROOT
from support_errors import refused

import chipsim

PAGE = (ROOT / "docs" / "howto" / "bring-your-problem.md").read_text()


@pytest.mark.system
def test_the_worked_max_cut_is_solved_by_chains_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("minorminer")
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"```\{file\} (\S+)\n(.*?)```", PAGE, re.DOTALL):
        Path(name).write_text(text)
    (command,) = re.findall(r"chipsim (run tiny embedded\.yaml -o embedded\.h5)", PAGE)
    done = call(*command.split())
    assert done.exit_code == 0, done.output
    run = chipsim.load("embedded.h5")
    assert run.best is not None
    assert (run.best.objective, run.best.value) == ("cut", 4)  # of four vertices, all joined: 2 x 2
    with refused("chip.no-coupler", "embed"):
        chipsim.plan("tiny", "embedded.yaml", set={"mapping.method": "place"})
