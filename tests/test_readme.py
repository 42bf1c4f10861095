"""Every command and figure of the README is run, and it stays short."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from support_documents import ROOT, blocks, call_all, run

import chipsim

PAGE = ROOT / "README.md"
README = PAGE.read_text()
FIRST = next(block.text.strip() for block in blocks(PAGE) if block.kind == "sh")
IN_TABLE = re.findall(r"\| `(chipsim [^`]*)` \|", README)


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 100
    assert len(README.split()) <= 900


def test_first_output_is_as_printed(tmp_path: Path) -> None:
    expected = next(block.text for block in blocks(PAGE) if block.kind == "text").splitlines()
    done = run(FIRST, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[: len(expected)] == expected


def test_commands_of_the_table_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(IN_TABLE) == len(re.findall(r"\(docs/[^)]*\) \|$", README, re.M))
    monkeypatch.chdir(tmp_path)
    # Fewer images than 64 take less time.
    call_all([FIRST, *IN_TABLE], {"fashion-dtm-small": ("--lanes", "4")})


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_python_example_runs(tmp_path: Path) -> None:
    (code,) = (block.text for block in blocks(PAGE) if block.kind == "python")
    done = run(f'"{sys.executable}" - <<"E"\n{code}E', tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run.h5").is_file()


def test_every_block_is_run() -> None:
    assert [block.kind for block in blocks(PAGE)] == ["sh", "text", "python"]


def test_figures_of_the_introduction_come_from_the_run() -> None:
    summary = json.loads((ROOT / "reports" / "dtca-70-spin-glass.json").read_text())
    found = re.search(r"takes ([\d.]+) nJ of a run whose total is ([\d.]+) uJ", README)
    assert found is not None
    assert float(found[1]) == pytest.approx(summary["energy_by_group_j"]["fabric"] * 1e9, rel=0.01)
    assert float(found[2]) == pytest.approx(summary["energy_j"] * 1e6, rel=0.01)


@pytest.mark.parametrize(
    ("peer", "benchmark"),
    [
        ("p-bit updates, all cores | thrml", "all_cores_against_thrml"),
        ("training step of a denoising model | thrml", "training_step_against_thrml"),
        ("samples of continuous cells | thermox", "ou_against_thermox"),
        ("natural-gradient iteration | Euler-Maruyama", "natural_gradient_against_euler"),
    ],
)
def test_ratios_come_from_the_benchmarks(peer: str, benchmark: str) -> None:
    measured = json.loads((ROOT / "reports" / "bench.json").read_text())["benchmarks"][benchmark]["ratio"]
    assert f"| {peer} | {measured:.0f} |" in README


def test_the_reference_report_is_what_the_code_gives_now() -> None:
    stored = json.loads((ROOT / "reports" / "dtca-70-spin-glass.json").read_text())
    now = chipsim.run("dtca-70", "spin-glass").summary
    assert now["toggles"] == stored["toggles"], "run make reports"
    assert now["energy_j"] == pytest.approx(stored["energy_j"], rel=1e-9), "run make reports"


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {chipsim.__version__}\n" in citation
    assert re.findall(r"- name: (.*)", citation) == ["the chipsim developers"]
