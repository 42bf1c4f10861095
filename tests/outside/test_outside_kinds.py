"""Kinds from other packages: found through their entry points, conforming, fast, priced, never mistaken for old ones.

`dwell_noise` brings a stage of the kernel; `price_only_block` only counts and prices. Both are installed for child
processes (see conftest.py); nothing in this process or in chipsim knows them.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support_outside import HERE, PACKAGES, Run

import chipsim

CHIP = str(HERE / "chip.yaml")
RUN = ("run", CHIP, "spin-glass", "--set", "schedule.sweeps=50", "--lanes", "100", "--seed", "3", "--json")


@pytest.fixture(scope="module")
def summary(python: Run, site: Path) -> dict[str, Any]:
    """Summary of a run of chip.yaml by the command line."""
    done = python(site, "-m", "chipsim.cli", *RUN)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def rows(summary: dict[str, Any], component: str) -> dict[str, dict[str, Any]]:
    return {row["action"]: row for row in summary["ledger"] if row["component"] == component}


@pytest.mark.parametrize(("package", "least"), [("dwell_noise", 45), ("price_only_block", 39)])
def test_its_own_tests_pass(python: Run, site: Path, package: str, least: int) -> None:
    """The conformance suite, the exact law, the reference bit for bit, and at least half of the built-in speed."""
    done = python(site, "-m", "pytest", "-p", "no:cacheprovider", cwd=HERE / package)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed in", done.stdout)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= least
    assert "skipped" not in done.stdout


def test_chipsim_itself_names_neither() -> None:
    sources = {path: path.read_text() for path in Path(chipsim.__file__).parent.rglob("*.py")}
    assert len(sources) > 50
    assert [path for path, text in sources.items() if any(name in text for name in PACKAGES)] == []


def test_without_installation_they_are_unknown(python: Run) -> None:
    done = python(None, "-m", "chipsim.cli", "check", CHIP)
    assert done.returncode == 2
    assert re.search(r'chip.yaml:10:\d+: codec.kind: unknown kind "price_only_block"', done.stderr)
    assert re.search(r'chip.yaml:15:\d+: rng.kind: unknown kind "dwell_noise"', done.stderr)


def test_they_are_listed_and_checked(python: Run, site: Path) -> None:
    listed = python(site, "-m", "chipsim.cli", "list").stdout
    assert re.search(r"dwell_noise +two-state noise source", listed)
    assert re.search(r"price_only_block +error-correcting codec", listed)
    checked = python(site, "-m", "chipsim.cli", "check", CHIP)
    assert checked.returncode == 0, checked.stderr
    assert "route program: host -> link -> codec -> controller -> weights" in checked.stdout
    assert "inert: cells.relaxation_time (rng does not depend on it)" in checked.stdout


def test_their_errors_have_a_place(python: Run, site: Path) -> None:
    done = python(site, "-m", "chipsim.cli", "check", CHIP, "--set", "rng.dwell_time=300", "--set", "codec.words=1")
    assert done.returncode == 2
    assert 'rng.dwell_time: 300 has no unit; write for example "100 ns"' in done.stderr
    assert 'codec.words: unknown key "words"; did you mean "word_bits"?' in done.stderr


def test_the_noise_source_runs_and_is_priced(summary: dict[str, Any]) -> None:
    """16 cells, 50 sweeps: 800 draws, and each source powered 100 ns an update at 2 nW.

    The component is called `rng`, but does not get the prices that the chip's table has for the kind of that name.
    """
    own = rows(summary, "rng")
    assert own["draw"]["kind"] == "dwell_noise"
    assert own["draw"]["count"] == 800
    assert own["draw"]["note"] == "included in dwell_noise.on"
    assert own["on"]["energy_j"] == pytest.approx(800 * 100e-9 * 2e-9)
    assert own["on"]["high_j"] == pytest.approx(800 * 100e-9 * 4e-9)
    assert summary["updates"] == 80_000
    assert 0 < summary["toggles"] < 80_000


def test_the_block_counts_words_and_costs_its_price(summary: dict[str, Any]) -> None:
    """48 directed couplings and 16 biases of 6 bits are 6 words of 64; one beta and one read are a word each."""
    own = rows(summary, "codec")
    assert own["word"]["count"] == 6 + 1 + 1
    assert own["word"]["energy_j"] == pytest.approx(8e-12)
    assert (own["word"]["low_j"], own["word"]["high_j"]) == pytest.approx((4e-12, 16e-12))
    assert own["word"]["once_j"] == pytest.approx(6e-12)
    assert own["word"]["grade"] == "assumed"
    assert summary["energy_by_group_j"]["digital"] > 8e-12


def test_what_they_do_not_price_is_unpriced(summary: dict[str, Any]) -> None:
    assert "codec.on" in summary["unpriced"]
    assert rows(summary, "codec")["on"]["energy_j"] is None
    assert rows(summary, "codec")["on"]["count"] == pytest.approx(summary["elapsed_s"])


@pytest.mark.slow
def test_an_edited_stage_is_never_run_from_the_cache(
    python: Run, site: Path, summary: dict[str, Any], tmp_path: Path
) -> None:
    """The same name, the same types, another line in the stage: other counts, another id; put back, the old ones."""
    edited = tmp_path / "site"
    shutil.copytree(site, edited, ignore=shutil.ignore_patterns("__pycache__"))
    source = edited / "dwell_noise" / "noise.py"
    before = source.read_text()
    after = before.replace("vectors.fma(odds, -rate, -rate)", "vectors.fma(odds, rate, -rate)")
    assert after != before
    results = {}
    for text in (after, before):
        source.write_text(text)
        done = python(edited, "-m", "chipsim.cli", *RUN)
        assert done.returncode == 0, done.stderr
        results[text] = json.loads(done.stdout)
    assert results[after]["toggles"] != summary["toggles"]
    assert results[after]["activity_id"] != summary["activity_id"]
    assert results[before]["toggles"] == summary["toggles"]
    assert results[before]["activity_id"] == summary["activity_id"]


KEYS = """
import sys
from chipsim.kernels.cache import cache_folder
from chipsim.runs.plan import plan
from chipsim.sweeps.points import points_of
from chipsim.sweeps.spec import read_sweep
print(cache_folder().name, plan(sys.argv[1], "spin-glass").ids(0)[0], points_of(read_sweep(sys.argv[2]))[0].activity)
"""
SWEEP = """
chipsim: 1
name: dwell
chip: {chip}
workload: spin-glass
axes: {{ rng.dwell_time: [300 ns, 400 ns] }}
metrics: [energy_j]
"""


def test_an_edited_kind_has_another_name_and_its_docstring_none(python: Run, site: Path, tmp_path: Path) -> None:
    """In the key of compiled kernels, the id of a run and the key of a sweep's point."""
    sweep, edited = tmp_path / "sweep.yaml", tmp_path / "site"
    sweep.write_text(SWEEP.format(chip=CHIP))
    shutil.copytree(site, edited, ignore=shutil.ignore_patterns("__pycache__"))
    source = edited / "dwell_noise" / "noise.py"
    before = source.read_text()

    def names(text: str) -> list[str]:
        source.write_text(text)
        done = python(edited, "-c", KEYS, CHIP, str(sweep))
        assert done.returncode == 0, done.stderr
        found: list[str] = done.stdout.split()
        return found

    first = names(before)
    assert len(first) == 3
    assert names(before.replace('"""', '"""Once more. ', 1) + "\n# A comment.\n") == first
    assert not {*names(before + "\nLEAST = 1\n")} & {*first}


def test_a_broken_package_harms_only_those_who_use_it(python: Run, site: Path, tmp_path: Path) -> None:
    """An entry point whose package is gone, and one whose module cannot be imported."""
    broken = tmp_path / "site"
    shutil.copytree(site, broken, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(broken / "price_only_block")
    noise = broken / "dwell_noise" / "noise.py"
    noise.write_text(noise.read_text() + "\nimport a_module_that_is_not_there\n")
    fine = python(broken, "-m", "chipsim.cli", "check", "tiny", "spin-glass")
    assert fine.returncode == 0, fine.stderr
    done = python(broken, "-m", "chipsim.cli", "check", CHIP)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No module named 'price_only_block'" in done.stderr
    assert "No module named 'a_module_that_is_not_there'" in done.stderr
