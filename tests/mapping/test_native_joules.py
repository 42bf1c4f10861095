"""Joules of the native chip beside a mapped one: those of a run of its own, and by hand from counts and prices."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import h5py
import pytest
from support_errors import refused

import chipsim
from chipsim.engine.joining import merge_lanes
from chipsim.engine.trace import Trace
from chipsim.ledger.sheet import Sheet
from chipsim.prices.table import PriceTable
from chipsim.report.headline import headline
from chipsim.results.layout import from_json, put_json
from chipsim.runs.plan import plan
from chipsim.runs.simulate import conclude, drive
from chipsim.spec.document import read_document
from chipsim.spec.presets import preset_root

pytestmark = pytest.mark.system

# A triangle of which spin 0 is a chain of two cells of a ring of four.
TRIANGLE, CHAINS = "0 1 1\n0 2 1\n1 2 1\n", {"0": [0, 1], "1": [4], "2": [5]}
SWEEPS, LANES = 2000, 100
WORK = {
    "chipsim": 1,
    "workload": "ising",
    "name": "w",
    "problem": {"edge_list": "p.txt", "scale": 15 / 31},  # weights and chains are codes of 6 bits
    "schedule": {"mode": "sample", "sweeps": SWEEPS, "beta": 0.6, "read_every": 500, "record_every": 1},
    "jobs_per_load": 10,
}


def close(value: float) -> Any:
    """Within rounding, also where a value is less than a picojoule."""
    return pytest.approx(value, rel=1e-9, abs=0)


def work(folder: Path, mapping: dict[str, Any] | None = None) -> dict[str, Any]:
    (folder / "p.txt").write_text(TRIANGLE)
    (folder / "m.json").write_text(json.dumps(CHAINS))
    problem = {**WORK["problem"], "edge_list": str(folder / "p.txt")}  # type: ignore[dict-item]
    return {**WORK, "problem": problem, "mapping": mapping or {"method": "native"}}


def compared(folder: Path, native: str | None = "native") -> dict[str, Any]:
    given = {"method": "given", "file": str(folder / "m.json"), "chain": {"strength": 2}}
    return work(folder, {**given, "compare": native})


def native_run(folder: Path) -> chipsim.Run:
    """A run of its own of the same parts on the graph of the problem."""
    document = read_document(preset_root() / "chips/tiny.yaml").value
    parts = {name.replace("[0..15]", "[*]"): part for name, part in document["components"].items()}
    chip = {**document, "components": parts, "fabric": {"from": "problem"}}
    return chipsim.run(chip, work(folder), lanes=LANES, seed=4)


def energies_by_hand(trace: Trace, sheet: Sheet, prices: PriceTable) -> dict[bool, float]:
    """Energy of a repetition, without the load (False) and of the load (True), row by row."""
    sums = {False: 0.0, True: 0.0}
    for row in trace.activity.rows:
        component = sheet.components[row.component]
        price = prices.find(row.component, component.kind, row.action)
        if price is None or price.form == "included_in":
            continue
        each = [price.value] if price.form != "model" else list(component.action(row.action).model_j)
        counts = row.by_class.tolist() if row.by_class is not None and len(each) > 1 else [row.count]
        joules = math.fsum(count * value for count, value in zip(counts, each, strict=True))
        sums[row.once] += joules / trace.lanes * (1e-15 if row.action == "on" else 1)  # power by femtoseconds
    return sums


def test_the_native_chip_costs_what_a_run_of_its_own_costs(tmp_path: Path) -> None:
    both, alone = chipsim.run("tiny", compared(tmp_path), lanes=LANES, seed=4), native_run(tmp_path)
    native = both.summary.priced.native
    assert native is not None
    assert native.energy_j == close(alone.energy_j)
    assert native.joules_per_effective_sample == close(alone.summary["joules_per_effective_sample"])
    assert both.summary["native_samples"]["native"] == close(alone.summary["effective_samples"])
    assert both.energy_j == chipsim.run("tiny", compared(tmp_path, native=None), lanes=LANES, seed=4).energy_j


def test_energies_of_both_chips_by_hand(tmp_path: Path) -> None:
    run = chipsim.run("tiny", compared(tmp_path), lanes=LANES, seed=4)
    native, figures = run.summary.priced.native, run.summary["workload"]["figures"]
    assert native is not None
    assert run.trace.beside is not None
    assert run.native is not None
    own = energies_by_hand(run.trace.beside, run.native, run.prices)
    mapped = energies_by_hand(run.trace, run.sheet, run.prices)
    assert min(*own.values(), *mapped.values()) > 0
    assert native.energy_j == close(sum(own.values()))
    assert native.energy_per_sweep_j == close(own[False] / SWEEPS)
    assert native.mapped_energy_per_sweep_j == close(mapped[False] / SWEEPS)
    # 100 repetitions share 10 loads; a fifth of the sweeps is warm-up.
    loads, kept = 10 / LANES, 0.8 * SWEEPS
    each = (own[False] + loads * own[True]) / (kept / figures["native_tau_int_sweeps"])
    its = (mapped[False] + loads * mapped[True]) / (kept / figures["spins_tau_int_sweeps"])
    assert native.joules_per_effective_sample == close(each)
    assert native.mapped_joules_per_effective_sample == close(its)
    assert native.times == close(its / each)
    # Energies of lanes hardly differ: the interval is that of the slowdown.
    assert native.times_ci95 / native.times == pytest.approx(figures["slowdown_ci95"] / figures["slowdown"], rel=0.02)


def test_a_stored_run_is_priced_again_with_its_native_chip(tmp_path: Path) -> None:
    run = chipsim.run("tiny", compared(tmp_path), lanes=LANES, seed=4)
    run.save(tmp_path / "run.h5")
    held = chipsim.load(tmp_path / "run.h5")
    assert held.summary.priced.native == run.summary.priced.native
    dear = chipsim.reprice(held, set={"prices.link.transfer.energy": "4 pJ"})
    fresh = chipsim.run("tiny", compared(tmp_path), lanes=LANES, seed=4, set={"prices.link.transfer.energy": "4 pJ"})
    assert dear.summary.priced.native == fresh.summary.priced.native
    assert dear.summary.priced.native.energy_j > run.summary.priced.native.energy_j
    assert run.summary.metrics().keys() >= {f"native.{name}" for name in vars(run.summary.priced.native)}
    assert "an effective sample on the native chip" in dict(headline(run.summary))["native"]


def test_lanes_that_are_merged_cost_what_one_run_costs(tmp_path: Path) -> None:
    ready = plan("tiny", compared(tmp_path))
    parts = merge_lanes([drive(ready, 64, 5), drive(ready, LANES - 64, 5, first_group=1)])
    joined = conclude(ready, parts, ready.workload.outcome(ready.program, parts), 5)
    assert (
        joined.summary.priced.native
        == chipsim.run("tiny", compared(tmp_path), lanes=LANES, seed=5).summary.priced.native
    )


def test_without_known_samples_there_is_an_energy_by_the_sweep_alone(tmp_path: Path) -> None:
    short = chipsim.run("tiny", compared(tmp_path), lanes=8, set={"schedule.sweeps": 50, "schedule.read_every": "end"})
    native = short.summary.priced.native
    assert native is not None
    assert native.energy_per_sweep_j > 0
    assert native.joules_per_effective_sample is None
    assert "sample" not in dict(headline(short.summary))["native"]


@pytest.mark.parametrize("gone", ["beside", "pricing"])
def test_a_file_without_a_part_of_its_native_chip_is_damaged(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "run.h5"
    chipsim.run("tiny", compared(tmp_path), lanes=8, seed=4).save(path)
    with h5py.File(path, "r+") as file:
        if gone == "beside":
            del file["beside"]
        else:
            pricing = from_json(file, "pricing")
            del pricing["native"], file["pricing"]
            put_json(file, "pricing", pricing)
    with refused("result.damaged", "the native chip"):
        chipsim.load(path)
