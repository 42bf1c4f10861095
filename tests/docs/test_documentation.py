"""Every block of code in the documentation is executed: by the build (`make docs`), or here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support_documents import ROOT, blocks, call_all

from chipsim.problems.images import FASHION_MNIST

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "generated"} & set(path.parts))

EXECUTED_BY_THE_BUILD = {"{shell}", "{file}", "{code-cell}"}
LAYOUT = {"{toctree}", "{image}", "{eval-rst}", "{literalinclude}"}
# Commands that need Fashion-MNIST, which a build cannot count on. Trainings are cut short.
SHORT = {
    "fashion-dtm": ("--set", "training.steps=2", "--set", "training.epochs=1"),
    "fashion-dtm-small": ("--set", "training.steps=2", "--set", "training.epochs=1"),
    "fashion-native": ("--set", "data.test=64"),
    "fashion-classifier": ("--set", "training.iterations=2"),
}
OF_IMAGES = {"howto/train-a-model.md", "howto/natural-gradients.md", "howto/feed-forward-nets.md"}


def name_of(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_is_left_unexecuted(page: Path) -> None:
    tested = {"sh"} if name_of(page) in OF_IMAGES else set()
    assert {block.kind for block in blocks(page)} <= EXECUTED_BY_THE_BUILD | LAYOUT | tested


@pytest.mark.parametrize("page", sorted(OF_IMAGES))
@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="Fashion-MNIST is not installed")
@pytest.mark.slow
def test_commands_that_need_fashion_mnist_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [line for block in blocks(DOCS / page) if block.kind == "sh" for line in block.text.splitlines()]
    assert commands
    monkeypatch.chdir(tmp_path)
    call_all(commands, SHORT)


def test_the_price_table_of_hwcomponents_is_accepted(tmp_path: Path) -> None:
    pytest.importorskip("hwcomponents_adc")
    from chipsim.prices.table import load_prices

    (row,) = (row for key, row in load_prices(str(DOCS / "howto/hwcomponents.yaml")).rows.items()
              if key == "readout.convert")  # fmt: skip
    assert row.value > 0


@pytest.mark.slow
def test_the_build_is_green_and_needs_no_network(tmp_path: Path) -> None:
    """As `make docs`, in a copy: warnings are errors, and no page loads anything from elsewhere."""
    pytest.importorskip("myst_nb")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-E", "-q", "-j", "auto", DOCS, tmp_path / "html"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-5000:]
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="(https?://[^"]*)"', page.read_text())
        assert loaded == [], page
