"""chips/README.md and workloads/README.md are what the presets say now, and every command in them runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support_cli import call

from chipsim.catalogue.presets import chips_page, workloads_page
from chipsim.prices.table import load_prices
from chipsim.problems.images import FASHION_MNIST
from chipsim.spec.presets import preset_names, preset_root

PAGES = {"chips": chips_page, "workloads": workloads_page}
TEXTS = {name: (preset_root() / name / "README.md").read_text() for name in PAGES}
COMMANDS = sorted({line for text in TEXTS.values() for block in re.findall(r"```sh\n(.*?)```", text, re.S)
                   for line in block.strip().splitlines()})  # fmt: skip


# A training is cut short, and needs images that not every machine has; the largest chip would take two minutes.
SHORT = {"fashion-classifier": ("--set", "training.iterations=2"), "z1": ("--set", "schedule.sweeps=100")}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_what_the_presets_say_now(name: str) -> None:
    assert PAGES[name]() == TEXTS[name], "run make docs"


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command)
    assert program == "chipsim"
    if "fashion-classifier" in arguments and not FASHION_MNIST.is_dir():
        pytest.skip("Fashion-MNIST is not installed")
    more = [word for name, words in SHORT.items() if name in arguments for word in words]
    assert call(*arguments, *more, "-o", tmp_path / "run.h5", "--threads", 2).exit_code == 0


def test_every_preset_and_every_price_is_listed() -> None:
    for chip in preset_names("chip"):
        assert f"\n## {chip}\n" in TEXTS["chips"]
    for workload in preset_names("workload"):
        assert f"\n## {workload}\n" in TEXTS["workloads"]
    for table in preset_names("price table"):
        for key, row in load_prices(table).rows.items():
            assert f"| {key} | " in TEXTS["chips"]
            assert row.source in TEXTS["chips"]
