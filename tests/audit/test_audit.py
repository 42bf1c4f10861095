"""An audit that knows nothing of chipsim's code makes every figure of twelve runs and of the table of a sweep again.

Only this file makes runs, by the command line; the audit stands beside it and imports numpy, scipy, h5py and yaml.
It is shown to fail on what is planted.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support_cli import call
from support_figures import audit
from support_quantities import Figure
from support_results import put_text
from support_sweep_table import Point, audit_table

HERE = Path(__file__).parent

# A problem, a chip that extends a preset and includes a fragment, and prices of its own.
FILES = {
    "edges.txt": "0 1 2\n1 2 -1\n2 3 4\n3 4 -4\n4 0 3\n0 2 -2\n1 3 1.2\n0 0 0.8\n3 3 -1.6\n",
    "parts.yaml": "components:\n  link: { rate: 10 Gbit/s }\n  clock: { tree: free }\n",
    "chip.yaml": """chipsim: 1
name: mine
extends: any-graph
include: [parts.yaml]
components:
  readout: { mode: adc, bits: 6, time: 20 ns }
prices:
  link.transfer: { energy: 3 pJ, low: 1 pJ, high: 9 pJ, grade: assumed, seen: none, source: of this chip }
  bias_dac.convert: { model: true, low: 0.1, high: 3, grade: derived, seen: none, source: of this component }
""",
    "solver.yaml": """chipsim: 1
name: solver
extends: ou-256
prices:
  host.on: { power: 5 W, high: 10 W, grade: assumed, seen: none, source: a computer at work }
  macs.on: { power: 100 mW, low: 0 W, grade: assumed, seen: none, source: a unit at work }
""",
    "sweep.yaml": """chipsim: 1
name: audited
chip: tiny
workload: spin-glass
set: { jobs_per_load: 5, chips: 3, schedule.beta: 0.3 }
lanes: 64
axes:
  schedule.sweeps: [400, 600]
  prices.link.transfer.energy: [2 pJ, 4 pJ]
  couplers.swing: [0.1034 V, 0.5 V]
metrics: [energy_j, effective_samples, joules_per_effective_sample, seconds_per_effective_sample, total_energy_j,
  energy_per_answer_j, best_energy]
maximise: [effective_samples]
reference: { schedule.sweeps: 600, prices.link.transfer.energy: 4 pJ, couplers.swing: 0.5 V }
""",
}

# What is run, and the least number of figures of it.
RUNS: dict[str, tuple[int, str]] = {
    "a grid of 70 x 70": (1900, "dtca-70 spin-glass schedule.sweeps=700 schedule.beta=0.15 schedule.read_every=100"),
    "clamped cells": (1900, "tiny clamped target.value=-17 --lanes 16"),
    "a target and a load that is kept": (
        1900,
        "torus-2d gset problem.graph=null problem.rudy=torus.txt fabric.size=[8,10] schedule.sweeps=200 "
        "schedule.beta.steps=20 target.value=50 target.fraction=0.98 target.restart=keep jobs_per_load=13 chips=3 "
        "--lanes 40",
    ),
    "cores": (2000, "z1 spin-glass fabric.size=[32,16] schedule.sweeps=300 schedule.beta=0.1 --lanes 16"),
    "files and a chip of its own": (
        1800,
        "chip.yaml spin-glass problem.native=null problem.seed=0 problem.edge_list=edges.txt schedule.sweeps=400 "
        "schedule.beta=0.1 problem.scale=auto --lanes 32",
    ),
    "a linear system": (1300, "solver.yaml linear-solve --lanes 4"),
    "an inverse": (1200, "spu-8 inverse --lanes 4"),
    "low rank": (1400, "tngd-array low-rank --lanes 1"),
    "images": (1900, "dtca-70 fashion-dtm-small generation.sweeps=100 --lanes 32"),
    "images one after another": (
        1900,
        "dtca-70 fashion-dtm-small fabric.copies=4 generation.layers=beside generation.images=3 generation.sweeps=50 "
        "--lanes 16",
    ),
    "replicas side by side": (2000, "torus-replicas temper schedule.sweeps=1000 --lanes 16"),
    "replicas on chips": (2000, "torus-chips temper schedule.sweeps=1000 --lanes 16"),
    "replicas in turn": (
        1900,
        "tiny temper problem.native=plus-minus schedule.temper.replicas=in_turn schedule.temper.energies=host "
        "schedule.sweeps=3000 --lanes 16",
    ),
    "the chip alone": (
        1600,
        "tiny spin-glass prices.pbit.on.power=2nW platforms.this-cpu.tdp=65W schedule.sweeps=1000 --scope chip "
        "--prices host-flat --lanes 32",
    ),
}

# Numbers of a summary that no count, price and spec says, or that say what was asked.
NOT_AUDITED = re.compile(
    r"seed|lanes|set\..*|workload_resolved\..*|technology\..*|fabric\..*|fabric_shape\..*|components\..*"
    r"|limit\..*"  # the timeline is played again, and only its end is stored
    r"|lint\..*|workload\.sections\..*"  # rules of their own, and figures once more
    r"|ledger\.\d+\.instances|quality\.colours"
    r"|workload\.figures\.(problem|cells|couplers|samples|unknowns|images|layers|rescalings|dtm|best_known_cut).*"
    # States at swaps, from which these follow, are not stored.
    r"|workload\.figures\.(betas|swap_acceptance|mean_energy_by_beta)\..*|workload\.figures\.(least_swap_acceptance|round_trips)"
    # Against enumeration and pseudo-likelihood in tests/workloads/test_law_of_samples.py.
    r"|workload\.figures\.(distance|(embedded_)?total_variation.*|fitted_beta.*|law_.*)"
    r"|workload\.figures\.(predicted_parts|predicted_error_of_one_die)\..*"  # laws of a chip's physics
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are called, with the files that they name."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "torus.txt").write_text(torus(8, 10))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def torus(rows: int, columns: int) -> str:
    """A Max-Cut problem of weights +-1 on a torus, as rudy has it."""
    random, lines = np.random.default_rng(5), [f"{rows * columns} {2 * rows * columns}"]
    for cell in range(rows * columns):
        y, x = divmod(cell, columns)
        for other in (y * columns + (x + 1) % columns, (y + 1) % rows * columns + x):
            lines.append(f"{cell + 1} {other + 1} {random.choice([-1, 1])}")
    return "\n".join(lines) + "\n"


def run(folder: Path, words: str) -> Path:
    """A result: chip, workload, what is set, and options."""
    path = folder / "run.h5"
    chip, workload, *rest = words.split()
    options = rest[rest.index(next(word for word in rest if word.startswith("--"))) :] if "--" in words else []
    changes = [part for word in rest[: len(rest) - len(options)] for part in ("--set", word)]
    done = call("run", chip, workload, *changes, *options, "-o", path)
    assert done.exit_code == 0, done.output
    return path


def wrong(figures: list[Figure]) -> list[str]:
    """Names of figures that differ."""
    return [figure.name for figure in figures if not figure.agrees]


def numbers(value: Any, path: str = "") -> Iterator[str]:
    """Paths of all numbers of a summary."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


@pytest.mark.parametrize("name", RUNS)
def test_every_figure_of_a_run(name: str, folder: Path) -> None:
    least, words = RUNS[name]
    path = run(folder, words)
    figures = audit(path, folder)
    assert [figure for figure in figures if not figure.agrees] == []
    assert len(figures) >= least
    assert len({figure.name for figure in figures}) == len(figures)
    with h5py.File(path) as file:
        summary = json.loads(file["summary"].asstr()[()])
    audited = {figure.name for figure in figures}
    rows = {f"ledger.{i}": f"ledger.{r['component']}.{r['action']}" for i, r in enumerate(summary["ledger"])}
    missing = [path for path in numbers(summary) if not NOT_AUDITED.fullmatch(path) and not known(path, audited, rows)]
    assert missing == []


def known(path: str, audited: set[str], rows: dict[str, str]) -> bool:
    """Whether a number of a summary is a figure, or part of one."""
    parts = path.split(".")
    path = ".".join([rows.get(".".join(parts[:2]), ".".join(parts[:2])), *parts[2:]])
    price = re.sub(r"(methods)\.(\d+)\.(by_price_j)\.(.*)\.\d", r"\1/\2/\3/\4", path)  # has a point in its name
    return not audited.isdisjoint((path, path.rpartition(".")[0], path.replace(".", "/"), price))


def test_every_figure_of_the_table_of_a_sweep(folder: Path) -> None:
    done = call("sweep", "sweep.yaml", "-o", folder / "sweep", "--jobs", 1)
    assert done.exit_code == 0, done.output
    points = []
    for sweeps in (400, 600):
        for price in (2, 4):
            for swing in (0.1034, 0.5):
                varied = f"schedule.sweeps={sweeps} prices.link.transfer.energy={price}pJ couplers.swing={swing}V"
                path = run(folder, f"tiny spin-glass jobs_per_load=5 chips=3 schedule.beta=0.3 {varied} --lanes 64")
                points.append(Point.of(path, folder))
    figures = audit_table(folder / "sweep", points)
    assert [figure for figure in figures if not figure.agrees] == []
    assert len(figures) > 800
    found = {figure.name: figure.audited for figure in figures}
    assert (len(found["front"]), found["best"], found["by_prices.reversing"]) == (2, 0, ["link.transfer"])


def test_the_audit_imports_nothing_of_chipsim() -> None:
    allowed = {"numpy", "scipy", "h5py", "yaml", *sys.stdlib_module_names, *(path.stem for path in HERE.glob("*.py"))}
    for path in HERE.glob("*.py"):
        if path.name == Path(__file__).name:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path.name


def add_to_count(component: str, action: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        trace = file["trace"]
        rows = zip(trace["row_component"].asstr()[:], trace["row_action"].asstr()[:], strict=True)
        index = [*rows].index((component, action))
        trace["row_count"][index] = str(int(trace["row_count"].asstr()[index]) + 1)

    return change


def rewrite(name: str, change: Callable[[Any], None]) -> Callable[[Any], None]:
    def rewritten(file: Any) -> None:
        held = json.loads(file[name].asstr()[()])
        change(held)
        put_text(file, name, json.dumps(held))

    return rewritten


def dearer(held: Any) -> None:
    held["prices"]["rows"]["link.transfer"][1]["energy"] *= 1 + 1e-8


def less(held: Any) -> None:
    held["total_energy_j"] *= 1 - 1e-8


def better(held: Any) -> None:
    held["workload"]["figures"]["best_energy"] -= 1


def column(file: Any) -> None:
    file["ledger/energy_j"][0] *= 1 + 1e-8


LINK = [*(f"ledger.link.transfer.{name}" for name in ("count", "energy_j", "low_j", "high_j"))]
PLANTED: dict[str, tuple[Callable[[Any], None], list[str]]] = {
    # What is included elsewhere costs nothing, so its count alone is wrong.
    "a count": (add_to_count("rng", "draw"), ["ledger.rng.draw.count", "/ledger/count.rng.draw"]),
    "a price": (rewrite("pricing", dearer), ["pricing.dtca-physical.rows.link.transfer.value"]),
    "a total": (rewrite("summary", less), ["total_energy_j"]),
    "an energy": (rewrite("summary", better), ["workload.figures.best_energy"]),
    "a column": (column, ["/ledger/energy_j.host.small_cache"]),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A result to plant changes in."""
    return run(tmp_path_factory.mktemp("audit"), "tiny spin-glass schedule.sweeps=300 --lanes 32").read_bytes()


def planted(small: bytes, folder: Path, change: Callable[[Any], None]) -> Path:
    """The result with a change."""
    path = folder / "planted.h5"
    path.write_bytes(small)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(name: str, small: bytes, tmp_path: Path) -> None:
    change, expected = PLANTED[name]
    assert wrong(audit(planted(small, tmp_path, change), tmp_path)) == expected


def test_a_count_that_is_paid_for_is_found_in_all_that_it_is_part_of(small: bytes, tmp_path: Path) -> None:
    found = set(wrong(audit(planted(small, tmp_path, add_to_count("link", "transfer")), tmp_path)))
    assert {*LINK, "energy_j", "total_energy_j", "energy_by_group_j.link", "energy_per_job_j.100"} <= found
    assert not {name for name in found if re.search(r"fabric|readout|host\.|controller\.|scopes\.[012]\.", name)}


def test_a_toggle_that_no_cell_made_is_found(small: bytes, tmp_path: Path) -> None:
    def change(file: Any) -> None:
        file["trace/class_counts"][0, 0] += 1

    found = wrong(audit(planted(small, tmp_path, change), tmp_path))
    assert {"trace.class_counts", "ledger.couplers.toggle.energy_j", "energy_by_group_j.fabric"} <= set(found)
    assert "ledger.couplers.toggle.count" not in found


def test_a_state_that_was_not_read_is_found(small: bytes, tmp_path: Path) -> None:
    """Energies of a spin glass without biases do not know the sign, those of all its spins but one do."""

    def change(file: Any) -> None:
        file["samples/states"][0, 0, 0] = ~file["samples/states"][0, 0, 0]

    found = wrong(audit(planted(small, tmp_path, change), tmp_path))
    assert "key_figures.single_sample_quality.value" in found
    assert not {name for name in found if name.startswith("ledger")}


def test_the_script_prints_each_figure(small: bytes, tmp_path: Path) -> None:
    paths = {0: planted(small, tmp_path, lambda file: None)}
    paths[0] = paths[0].rename(tmp_path / "whole.h5")
    paths[1] = planted(small, tmp_path, PLANTED["a total"][0])
    for code, path in paths.items():
        done = subprocess.run(
            [sys.executable, str(HERE / "audit.py"), str(path)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (code, "")
        assert f"figures, {code} differ" in done.stdout
        assert ("DIFFERS total_energy_j: stored" in done.stdout) == bool(code)
        assert "OK      energy_j: stored" in done.stdout
