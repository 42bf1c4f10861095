"""`chipsim kinds`, `metrics` and `cite`: complete, and true to what runs report and take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support_cli import call
from support_images import small_native

import chipsim
from chipsim.catalogue.metrics import all_metrics, matching
from chipsim.catalogue.reference import parameters
from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError
from chipsim.ledger.priced import NativeCost
from chipsim.prices.table import read_rows
from chipsim.report.citations import citations, publications, rests_on
from chipsim.results.metric_names import unit_of_metric
from chipsim.spec.compose import read_spec
from chipsim.spec.document import read_document
from chipsim.spec.keys import keys_of
from chipsim.spec.presets import find, preset_names
from chipsim.workloads.registry import find_workload

SHORT = {"schedule.sweeps": 20}
FITTED = {"end": 0.6, "steps": 5, "swap_rate": 0.3}
ANNEAL = {"schedule.beta": {"start": 0.1, "end": 1, "steps": 4}, "schedule.sweeps": 8}
# Small runs of every type of workload.
RUNS: list[tuple[str, str, dict[str, Any]]] = [
    ("tiny", "spin-glass", SHORT),
    ("torus-2d", "spin-glass", {**SHORT, "fabric.size": [6, 6]}),  # more spins than are enumerated
    ("tiny", "spin-glass", {"schedule.mode": "anneal", **ANNEAL, "target.value": -10}),
    ("any-graph", "gset", ANNEAL),
    ("torus-replicas", "temper", {"schedule.sweeps": 40, "schedule.beta": FITTED}),
    ("spu-8", "inverse", {"schedule.samples": 100}),
    ("ou-256", "gaussian-sample", {"schedule.samples": 100}),
    ("ou-256", "linear-solve", {"schedule.samples": 100}),
    ("langevin-small", "shape-prototypes", {}),
    ("quartic-layer", "wide-layer", {"task.tokens": 1}),
    ("pdit-16", "four-states", {"schedule.samples": 40}),
    ("pmog-16", "four-gaussians", {"schedule.samples": 40}),
    ("dtca-70", "fashion-dtm-small", {"generation.sweeps": 5}),
    ("dtca-70", "fashion-native", {**small_native(), "inference.samples": 8}),
]
# Figures of runs that take too long here (a training), and of problems from files: directed, with offset, maximised.
OF_FILES = ("energy", "offset", "notes", "best_value", "target_value", "true_best_value_unbilled")
# Those of trainings, which tests/workloads/dtm/test_training_bill.py looks for.
OF_TRAININGS = (
    *(f"pieces.*.{name}" for name in ("count", "energy_j", "time_s")),
    *(f"use.{name}" for name in ("name", "energy_j", "time_s", "uses")),
    "is_training",
    "output",
    "stopped_early",
    "use_gives",
)
# Those of mapped problems, which tests/mapping looks for.
OF_MAPPINGS = (
    *("mapping_method", "mapping_idle", "mapped_cells", "idle_cells", "mapped_couplers", "problem_edges"),
    *("cells_per_spin", "couplers_per_edge", "cells_per_read", "longest_chain", "chain_couplers", "chain_strength"),
    *("chain_share_of_range", "chain_read", "chain_break_fraction", "reads_with_breaks", "readout_distance"),
    *("embedded_mean_energy", "embedded_mean_energy_ci95"),
    *(f"embedded_total_variation{end}" for end in ("", "_floor", "_floor_high", "_samples")),
    *("native_cells", "native_couplers", "native_sweep_s", "mapped_sweep_s", "slowdown_withheld"),
    *("slowdown", "slowdown_ci95", "slowdown_in_time", "spins_tau_int_sweeps", "native_tau_int_sweeps"),
    *(f"native_samples.{name}" for name in ("sweeps", "spins", "native")),
    *(f"native.{name}" for name in NativeCost.__dataclass_fields__),
    *(f"{side}_mean_energy{end}" for side in ("spins", "native") for end in ("", "_ci95")),
)
# Those of late fields that stand by measurement, which tests/workloads/test_law_of_samples.py looks for.
OF_LATE_FIELDS = ("law_stands_within", "law_in_doubt")
ELSEWHERE = ("natural-gradient", *OF_FILES, *OF_TRAININGS, *OF_MAPPINGS, *OF_LATE_FIELDS)


@pytest.mark.system
def test_every_metric_of_a_run_is_described_and_every_description_has_a_run() -> None:
    seen: set[str] = set()
    for chip, workload, changes in RUNS:
        seen |= set(chipsim.run(chip, workload, lanes=8, set=changes).summary.metrics())
    assert [name for name in seen if not any(metric.matches(name) for metric in all_metrics())] == []
    unused = [metric for metric in all_metrics() if not any(metric.matches(name) for name in seen)]
    assert all(metric.workload in ELSEWHERE or metric.name in ELSEWHERE for metric in unused), unused


def test_names_of_metrics_are_listed_once() -> None:
    names = [(metric.name, metric.workload) for metric in all_metrics()]
    assert len(names) == len(set(names))
    assert unit_of_metric("energy_per_job_j.100") == "J"
    assert unit_of_metric("limit.gain_s") == "s"
    assert unit_of_metric("key_figures.mapping_cost.cells_per_spin") == ""
    assert [metric.name for metric in matching("tau_int_sw*")] == ["tau_int_sweeps"]
    assert {metric.name for metric in matching("energy_to*")} == {
        f"energy_to_solution_j.{end}" for end in ("value", "low", "high")
    }


def test_the_commands_list_them() -> None:
    assert re.search(r"(?m)^area_m2 +m\^2 +area of", call("metrics").stdout)
    assert call("metrics", "area").stdout.startswith("area_m2")
    refused = call("metrics", "enrgy_j")
    assert refused.exit_code == 2
    assert 'no metric matches "enrgy_j"; did you mean "energy_j"' in refused.output
    assert call("kinds", "readuot").exit_code == 2
    assert set(re.findall(r"(?m)^(\w+)  ", call("kinds").stdout)) == set(kind_names())


@pytest.mark.parametrize("name", sorted(kind_names()))
def test_the_page_of_a_kind_has_all_of_its_parts(name: str) -> None:
    kind, text = find_kind(name), call("kinds", name).stdout
    for key in parameters(kind):
        assert re.search(rf"(?m)^  {key.path} ", text)
    for action in kind.actions:
        assert re.search(rf"(?m)^  {action.name} +per {re.escape(action.unit)} ", text)
    for table in preset_names("price table"):
        rows = read_rows(read_spec("price table", table), ("prices",))
        assert len(re.findall(rf" {table}  ", text)) == sum(key.partition(".")[0] == name for key in rows)


def test_keys_have_types_units_bounds_and_defaults() -> None:
    keys = {key.path: key for key in keys_of(find_workload("ising").model_type)}
    assert (keys["schedule.beta.steps"].takes, keys["schedule.beta.steps"].bounds) == (
        "whole number",
        ">= 1, <= 1,000,000",
    )
    assert keys["schedule.beta"].takes == "number or list of number"
    assert keys["problem.scale"].takes == "none, auto or number"
    assert (keys["target.restart"].takes, keys["target.restart"].default) == ("reload, keep", "reload")
    readout = {key.path: key for key in keys_of(find_kind("readout"))}
    assert (readout["figure_of_merit"].takes, readout["figure_of_merit"].default) == ("quantity in J", "6.00 fJ")
    assert (readout["resistance"].default, readout["mode"].default) == ("", "required")


@pytest.mark.parametrize("workload", preset_names("workload"))
def test_keys_of_presets_are_listed(workload: str) -> None:
    value = read_document(find("workload", workload)).value
    known = {key.path for key in keys_of(find_workload(value["workload"]).model_type)}

    def paths(block: dict[str, Any], above: str = "") -> set[str]:
        inner = (paths(v, f"{above}{k}.") if isinstance(v, dict) else {f"{above}{k}"} for k, v in block.items())
        return set().union(*inner)

    assert paths(value) - {"extends", "include"} <= known


@pytest.mark.system
def test_citations_are_those_of_prices_that_took_energy(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    assert call("run", "tiny", "spin-glass", "--set", "schedule.sweeps=20", "-o", path).exit_code == 0
    text = call("cite", path).stdout
    run = chipsim.load(path)
    found = rests_on(run.summary)
    assert sum(rest.energy_j for rest in found.values()) == pytest.approx(run.energy_j, rel=1e-12)
    assert "horowitz2014energy" in text
    assert "z1_2026" not in text
    # Of a Z1 table nothing but Z1.
    priced = chipsim.reprice(run, "z1-spice")
    assert "z1_2026" in "".join(citations(priced.summary))
    share = sum(rest.energy_j for source, rest in found.items() if "Horowitz" in source) / run.energy_j
    assert f"% {share:.2%} of the energy (host.instruction, host.small_cache) rests on" in text


def test_every_named_publication_is_known() -> None:
    """Sources that name a paper or a survey have its entry, and every entry has a source."""
    sources = {
        row.source
        for table in preset_names("price table")
        for row in read_rows(read_spec("price table", table), ("prices",)).values()
    }
    known = publications()
    for source in sources:
        named = re.findall(r"\d{4}\.\d{5}|Horowitz|Jouppi|ZigZag|Murmann|Dally", source)
        assert all(any(name in each.match for each in known) for name in named), source
    assert all(any(each.match in source for source in sources) for each in known)
    keys = [re.findall(r"^@\w+\{(\w+),", each.bibtex)[0] for each in known]
    assert len(keys) == len(set(keys))
    assert all(each.bibtex.count("{") == each.bibtex.count("}") for each in known)


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ChipsimError, match="did you mean"):
        find_kind("pbti")
