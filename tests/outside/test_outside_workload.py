"""A workload from another package: it runs, reports, sweeps, reprices and trains, and nothing in chipsim knows it.

`field_scan` is installed for child processes (see conftest.py).
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support_outside import HERE, Run, install

import chipsim

SCAN = str(HERE / "field-scan.yaml")
RUN = ("-m", "chipsim.cli", "run", "tiny", SCAN, "--seed", "3", "--json")
SWEEP = f"""chipsim: 1
name: couplings
chip: tiny
workload: {SCAN}
axes: {{ coupling: [0, 0.3] }}
metrics: [susceptibility, energy_j]
"""


@pytest.fixture(scope="module")
def result(python: Run, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored run."""
    path = tmp_path_factory.mktemp("runs") / "scan.h5"
    done = python(site, *RUN, "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def summary(result: Path) -> dict[str, Any]:
    """Its summary as JSON, read by this process, in which the package is not installed."""
    found: dict[str, Any] = chipsim.load(result).summary.to_json()
    return found


def copy_of(site: Path, folder: Path) -> Path:
    return Path(shutil.copytree(site, folder / "site", ignore=shutil.ignore_patterns("__pycache__")))


def rows(summary: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(row["component"], row["action"]): row["count"] for row in summary["ledger"]}


def test_its_own_tests_pass(python: Run, site: Path) -> None:
    done = python(site, "-m", "pytest", "-p", "no:cacheprovider", cwd=HERE / "field_scan")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b6 passed in", done.stdout), done.stdout


def test_it_is_counted_by_hand(summary: dict[str, Any]) -> None:
    """5 fields: each a load of 40 weights (24 of them for both directions), 4 times 20 sweeps and a reading."""
    count = rows(summary)
    assert count["bias_dac", "convert"] == 1
    assert count["weights", "write"] == 5 * (2 * 24 + 16) * 6
    assert count["cells", "update"] == 5 * 4 * 20 * 16
    assert count["readout", "sense"] == 5 * 4 * 16
    assert {"field 1 program", "field 5 read"} <= {phase["name"] for phase in summary["phases"]}


def test_it_is_reported(python: Run, result: Path, tmp_path: Path) -> None:
    page, plain = tmp_path / "page.html", tmp_path / "run.json"
    done = python(None, "-m", "chipsim.cli", "report", str(result), "--html", str(page), "--json", str(plain))
    assert done.returncode == 0, done.stderr
    shown = python(None, "-m", "chipsim.cli", "report", str(result), "-v")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("tiny on scan")
    assert re.search(
        r"^slope +[01]\.\d+ steepest of 5 fields; at the last the mean spin is 0\.\d+$", shown.stdout, re.M
    )
    assert re.search(r"^field +mean spin\n +-1 +-0\.\d+$", shown.stdout, re.M), shown.stdout
    assert "<svg" in page.read_text()
    assert "Mean spin by field" in page.read_text()
    block = json.loads(plain.read_text())["workload"]
    assert (block["name"], block["kind"], block["figures"]["fields"]) == ("scan", "field-scan", 5)
    assert [section["form"] for section in block["sections"]] == ["facts", "curve", "table"]


def test_it_is_swept_over_its_own_key_by_its_own_figure(python: Run, site: Path, tmp_path: Path) -> None:
    """Coupled spins follow a field more steeply. The key is not in the file: the workload has it by default."""
    assert "coupling" not in Path(SCAN).read_text()
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    command = ("-m", "chipsim.cli", "sweep", str(tmp_path / "sweep.yaml"), "-o", str(tmp_path / "out"), "--jobs", "1")
    first = python(site, *command)
    assert first.returncode == 0, first.stderr
    table = tmp_path / "table.csv"
    done = python(site, "-m", "chipsim.cli", "report", str(tmp_path / "out"), "--csv", str(table))
    assert done.returncode == 0, done.stderr
    found = [float(row["susceptibility"]) for row in csv.DictReader(table.read_text().splitlines())]
    assert found[1] > 1.3 * found[0] > 0
    assert "2 points planned: 2 cached;" in python(site, *command).stdout
    edited = copy_of(site, tmp_path)
    source = edited / "field_scan" / "reading.py"
    source.write_text(source.read_text().replace("np.full(fabric.sites, field)", "np.full(fabric.sites, -field)"))
    assert "2 points planned: 2 computed;" in python(edited, *command).stdout


def test_it_is_priced_again_where_it_is_not_installed(python: Run, result: Path, summary: dict[str, Any]) -> None:
    prices = ("--set", "prices.link.transfer.energy=3 pJ", "--json")
    done = python(None, "-m", "chipsim.cli", "reprice", str(result), *prices)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["activity_id"] == summary["activity_id"]
    assert again["energy_j"] - summary["energy_j"] == pytest.approx(rows(summary)["link", "transfer"] * 1e-12)


def test_it_is_trained_and_says_what_is_next(python: Run, site: Path, tmp_path: Path) -> None:
    path = tmp_path / "field.h5"
    done = python(site, "-m", "chipsim.cli", "train", "tiny", SCAN, "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert re.search(r"^2/2  field 0\.500: mean spin \+0\.\d+$", done.stderr, re.M), done.stderr
    assert f"chipsim run tiny {SCAN} --set centre={path}" in done.stdout
    assert chipsim.load(path).arrays["field"].tolist() == [0.75]


def test_an_edit_of_its_package_changes_the_id(
    python: Run, site: Path, summary: dict[str, Any], tmp_path: Path
) -> None:
    """In any file of the package, not only that of the class."""
    edited = copy_of(site, tmp_path)
    source = edited / "field_scan" / "reading.py"
    source.write_text(source.read_text() + "\nONE = 1\n")
    done = python(edited, *RUN, "-o", str(tmp_path / "run.h5"))
    assert done.returncode == 0, done.stderr
    other = json.loads(done.stdout)
    assert other["activity_id"] != summary["activity_id"]
    assert rows(other) == rows(summary)


def test_it_is_listed_described_and_suggested(python: Run, site: Path, tmp_path: Path) -> None:
    listed = python(site, "-m", "chipsim.cli", "list").stdout
    assert re.search(r"workload types\n(  .*\n)*  field-scan +mean spin of an array against a field\n", listed)
    schema = json.loads(python(site, "-m", "chipsim.cli", "schema", "workload").stdout)
    assert schema["$defs"]["workload field-scan"]["properties"]["reads"]["default"] == 4
    page = python(site, "-c", "from chipsim.catalogue.presets import workloads_page; print(workloads_page())")
    assert "| field-scan | mean spin of an array against a field | latched |" in page.stdout, page.stderr
    (tmp_path / "typo.yaml").write_text(Path(SCAN).read_text().replace("field-scan\n", "field-scam\n"))
    done = python(site, "-m", "chipsim.cli", "check", "tiny", str(tmp_path / "typo.yaml"))
    assert done.returncode == 2
    assert 'typo.yaml:3:11: workload: unknown workload "field-scam"; did you mean "field-scan"?' in done.stderr


def test_its_mistakes_have_a_place(python: Run, site: Path) -> None:
    done = python(site, "-m", "chipsim.cli", "check", "tiny", SCAN, "--set", "reads=0", "--set", "fields.point=3")
    assert done.returncode == 2
    assert "--set: reads: 0: must be greater than or equal to 1" in done.stderr
    assert 'fields.point: unknown key "point"; did you mean "points"?' in done.stderr


def test_without_installation_it_is_unknown(python: Run) -> None:
    done = python(None, "-m", "chipsim.cli", "check", "tiny", SCAN)
    assert done.returncode == 2
    assert re.search(r'field-scan.yaml:3:11: workload: unknown workload "field-scan"; known: ', done.stderr)


def test_a_broken_one_is_one_line_and_harms_no_other(python: Run, site: Path, tmp_path: Path) -> None:
    broken = copy_of(site, tmp_path)
    source = broken / "field_scan" / "scan.py"
    before = source.read_text()
    for fault in ("import a_module_that_is_not_there", "raise RuntimeError('no licence')", "x = ("):
        source.write_text(f"{before}\n{fault}\n")
        done = python(broken, "-m", "chipsim.cli", "check", "tiny", SCAN)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert 'scan.yaml:3:11: workload: workload "field-scan" (field_scan.scan:FieldScan) cannot be' in done.stderr
    listed = python(broken, "-m", "chipsim.cli", "list")
    assert listed.returncode == 0, listed.stderr
    assert "cannot be loaded: SyntaxError" in listed.stdout


def test_what_is_no_workload_and_a_built_in_name_are_refused(python: Run, tmp_path: Path) -> None:
    """`field-scan` of this package is a function, and its `ising` never takes the place of the built-in one."""
    site = tmp_path / "site"
    site.mkdir()
    install("field_scan", site)
    points = next(site.glob("*.dist-info")) / "entry_points.txt"
    points.write_text(
        "[chipsim.workloads]\nfield-scan = field_scan.reading:readings\nising = field_scan.reading:readings\n"
    )
    done = python(site, "-m", "chipsim.cli", "check", "tiny", SCAN)
    assert (done.returncode, "is not a class" in done.stderr) == (2, True)
    assert python(site, "-m", "chipsim.cli", "check", "tiny", "spin-glass").returncode == 0
