"""Problems on fewer or more cells than they have spins: exact laws, exact bills, and refusals with their arithmetic."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_caches import checked
from support_cli import call
from support_errors import refused
from support_mapping import mapped_work

import chipsim
from chipsim.catalogue.metrics import all_metrics
from chipsim.mapping.chains import Chains, mapped
from chipsim.mapping.spec import MappingSpec
from chipsim.testing.exact import boltzmann, enumerate_states, moments
from chipsim.workloads.ising.mapped import readout_distance

TRIANGLE = np.array([[0, 1, -1], [1, 0, 1], [-1, 1, 0]])
SQUARE = chipsim.plan("tiny", "spin-glass").netlist.fabric
PLENTY = 64 * 8

FINE = {"couplers.weight_bits": 16, "couplers.weight_range": 4, "bias_dac.bits": 16, "bias_dac.full_scale": 16}


def path_problem(spins: int, seed: int) -> chipsim.Problem:
    """A chain of spins with random couplings and biases."""
    random = np.random.default_rng(seed)
    couplings = np.diag(random.normal(size=spins - 1), 1)
    return chipsim.Problem.from_arrays(couplings, random.normal(size=spins) / 2, offset=1.5)


def glass(spins: int, seed: int) -> chipsim.Problem:
    """A complete graph with random couplings."""
    random = np.random.default_rng(seed)
    couplings = np.triu(random.normal(size=(spins, spins)), 1)
    return chipsim.Problem.from_arrays(couplings, random.normal(size=spins) / 2, offset=-2)


def means(run: Any, spins: int) -> np.ndarray:
    from chipsim.engine.packing import lanes_of_words

    states = run.trace.observations.states[10:]
    return np.mean([lanes_of_words(words, PLENTY).mean(axis=0) for words in states], axis=0)[:spins]


@pytest.mark.system
@pytest.mark.parametrize("idle", ["gated", "running"])
@pytest.mark.parametrize("seed", range(3))
def test_a_placed_problem_has_the_law_of_its_file(seed: int, idle: str) -> None:
    problem = path_problem(6, seed)
    run = chipsim.run("tiny", mapped_work({"method": "place", "idle": idle}), problem=problem, set=FINE, lanes=PLENTY)
    law = boltzmann(problem, 0.8)
    exact, _ = moments(law)
    # 90 reads of 512 lanes, ten sweeps apart: an effective sample or more for each two of them.
    assert np.abs(means(run, 6) - exact).max() < 5 / np.sqrt(90 * PLENTY / 2) + 2e-3
    energies = problem.energy(enumerate_states(6))
    assert run.summary["best_energy"] == pytest.approx(energies.min(), abs=1e-12)
    assert run.best is not None
    assert problem.energy(run.best.spins) == pytest.approx(energies.min(), abs=1e-12)
    assert abs(run.summary["mean_energy"] - law @ energies) < 6 * energies.std() / np.sqrt(900 * PLENTY / 20)
    assert run.summary["stuck_cells"] == 0  # idle cells that are gated stay as they are
    assert run.summary["rhat"] < 1.05


@pytest.mark.system
def test_idle_cells_are_billed_as_they_run() -> None:
    """Six of sixteen cells are updated, drawn and read; running idle cells are updated as well."""
    for idle, updated in (("gated", 6), ("running", 16)):
        run = chipsim.run("tiny", mapped_work({"method": "place", "idle": idle}), problem=path_problem(6, 0), lanes=64)
        count = {(row["component"], row["action"]): row["count"] for row in run.summary["ledger"]}
        assert count["cells", "update"] == updated * 1000
        assert count["rng", "draw"] == updated * 1000
        assert run.summary["idle_cells"] == 10
        assert run.summary["cells_per_read"] == 6


@pytest.mark.system
def test_a_ring_that_fits_only_as_a_subgraph_is_found() -> None:
    """A ring of 8 spins numbered along it is no path of cell numbers."""
    pytest.importorskip("minorminer")
    ring = chipsim.Problem.from_arrays(np.diag(np.ones(7), 1) + np.diag([1.0], 7))
    ready = chipsim.plan("tiny", mapped_work({"method": "place"}), problem=ring)
    chains = ready.workload.mapped.chains
    assert chains.are_single
    assert len(set(chains.cells.tolist())) == 8
    held = ready.workload.held
    states = enumerate_states(8)
    whole = np.ones((len(states), 16), np.int8)
    whole[:, chains.cells] = states
    assert (held.energy(whole) == ring.energy(states)).all()


@pytest.mark.parametrize("bits", range(4))
def test_intact_chains_have_the_energy_of_the_problem(bits: int) -> None:
    problem = glass(3, bits)
    chains = Chains.of([[0], [1, 5], [4]])
    # 0-1, 1-5, 0-4, 4-5 are couplers: the chain of spin 1 touches both others.
    held = mapped(problem, SQUARE, chains, MappingSpec(method="given", file="x"))
    states = enumerate_states(3)
    whole = np.ones((8, 16), np.int8)
    whole[:, chains.cells] = np.repeat(states, [1, 2, 1], axis=1)
    assert held.problem.energy(whole) == pytest.approx(problem.energy(states), abs=1e-12)
    broken = whole.copy()
    broken[:, 5] *= -1
    decided, wrong = held.decided(broken[:, held.read_cells])
    assert (decided == states).all()  # a tie: the first cell decides
    assert wrong.sum() == len(states) == wrong[:, 1].sum()


def touching() -> chipsim.Problem:
    """Four spins for chains of which 0 touches 1, 1 touches 2 and 3, 2 touches 3; 0-2 and 0-3 have no coupler."""
    problem = glass(4, 1)
    couplings = np.zeros((4, 4))
    for i, j in ((0, 1), (1, 2), (1, 3), (2, 3)):
        k = np.flatnonzero((problem.edges == (i, j)).all(axis=1))[0]
        couplings[i, j] = problem.couplings[k]
    return chipsim.Problem.from_arrays(couplings, problem.biases, offset=-2)


@pytest.mark.system
@pytest.mark.parametrize(("read", "clamp"), [("majority", []), ("single", [[0, -1]])])
def test_last_states_tell_the_law_of_a_mapped_problem_on_a_larger_chip(
    read: str, clamp: list[list[int]], tmp_path: Path
) -> None:
    """Records of 36 cells do not tell the states of ten; clamps hold whole chains."""
    problem, listed = touching(), [[0, 6, 12], [1, 7, 13], [2, 8], [14, 15]]
    (tmp_path / "chains.json").write_text(json.dumps(dict(enumerate(listed))))
    mapping = {"method": "given", "file": str(tmp_path / "chains.json"), "chain": {"strength": 0.7}, "read": read}
    chip = {"fabric.pattern": "square", "fabric.size": [6, 6], "rng.law": "ideal"}
    changes = {**FINE, **chip, **({"inputs.coupling": "set"} if clamp else {})}
    spec = mapped_work(mapping, sweeps=200, read_every=200) | ({"clamp": clamp} if clamp else {})
    ready = chipsim.plan("dtca-70", spec, changes, problem=problem)
    figures = chipsim.run("dtca-70", spec, problem=problem, set=changes, lanes=2**13).summary.workload.figures
    assert figures["embedded_total_variation"] <= figures["embedded_total_variation_floor_high"] < 0.15
    assert figures["total_variation_samples"] > 2**12
    if not clamp:
        distance = readout_distance(problem, ready.workload.mapped, 0.8)
        floor = figures["total_variation_floor_high"]
        assert 3 * floor < distance
        assert figures["total_variation"] == pytest.approx(distance, abs=floor)
        assert not figures["fitted_beta_low"] <= 0.8 <= figures["fitted_beta_high"]


@pytest.mark.system
@pytest.mark.parametrize("read", ["majority", "single"])
@pytest.mark.parametrize("strength", [0.7, 2.0])
def test_chains_sample_the_embedded_model(read: str, strength: float, tmp_path: Path) -> None:
    """The reads follow the exact law of the chains, whose distance from that of the problem is reported."""
    chains = {"0": [0, 4, 8], "1": [1, 5, 9], "2": [2, 6], "3": [10, 11]}
    listed = [chains[str(spin)] for spin in range(4)]
    problem = touching()
    (tmp_path / "chains.json").write_text(json.dumps(chains))
    spec = {"method": "given", "file": str(tmp_path / "chains.json"), "chain": {"strength": strength}, "read": read}
    run = chipsim.run("tiny", mapped_work(spec), problem=problem, set=FINE, lanes=PLENTY)
    figures = run.summary.metrics()
    assert {"mapping_method", "longest_chain", "embedded_mean_energy", "readout_distance"} <= figures.keys()
    assert [name for name in figures if not any(metric.matches(name) for metric in all_metrics())] == []
    held = mapped(problem, SQUARE, Chains.of(listed), MappingSpec.model_validate(spec))
    used = held.chains.cells
    whole = np.ones((1 << len(used), 16), np.int8)
    whole[:, used] = enumerate_states(len(used))
    weights = np.exp(-0.8 * held.problem.energy(whole))
    law = weights / weights.sum()
    decided, wrong = held.decided(whole[:, held.read_cells])
    from chipsim.engine.packing import lanes_of_words

    states = [lanes_of_words(words, PLENTY) for words in run.trace.observations.states[10:]]
    seen = np.mean([held.decided(cells)[0].mean(axis=0) for cells in states], axis=0)
    tolerance = 5 / np.sqrt(90 * PLENTY / 4) + 2e-3
    assert np.abs(seen - law @ decided).max() < tolerance
    index = ((decided > 0) * (1 << np.arange(4))).sum(axis=1)
    distance = np.abs(np.bincount(index, law, 16) - boltzmann(problem, 0.8)).sum() / 2
    assert run.summary["readout_distance"] == pytest.approx(distance, rel=1e-9)
    assert distance > 0.01
    # The cells are those of the embedded model, and the decided spins are as far from the problem as the exact reads.
    assert figures["embedded_total_variation"] <= figures["embedded_total_variation_floor_high"]
    assert figures["total_variation"] == pytest.approx(distance, abs=figures["total_variation_floor_high"])
    assert run.summary["best_energy"] == pytest.approx(problem.energy(enumerate_states(4)).min(), abs=1e-12)
    if read == "majority":
        assert abs(run.summary["chain_break_fraction"] - (law @ wrong).mean()) < tolerance
    else:
        assert "chain_break_fraction" not in run.summary.workload.figures
        assert run.summary["cells_per_read"] == 4


@pytest.mark.system
def test_an_embedded_triangle_is_found_cached_and_billed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minorminer = pytest.importorskip("minorminer")
    problem = chipsim.Problem.from_arrays(TRIANGLE)
    calls = []
    search = minorminer.find_embedding
    monkeypatch.setattr(minorminer, "find_embedding", lambda *a, **k: calls.append(1) or search(*a, **k))
    monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path))
    spec = mapped_work({"method": "embed", "seed": 3})
    ready = [chipsim.plan("tiny", spec, problem=problem) for _ in range(2)]
    assert len(calls) == 1
    assert (ready[0].workload.mapped.chains.cells == ready[1].workload.mapped.chains.cells).all()
    monkeypatch.undo()
    run = chipsim.run("tiny", spec, problem=problem, lanes=64)
    figures = run.summary.workload.figures
    assert figures["mapped_cells"] >= 4  # a square lattice holds no triangle
    assert figures["mapped_cells"] + figures["idle_cells"] == 16
    assert figures["chain_strength"] == pytest.approx(2.0)  # sqrt(2) x 1 x sqrt(2)
    assert figures["chain_share_of_range"] == pytest.approx(0.5)
    assert run.summary["best_energy"] == problem.energy(enumerate_states(3)).min() == -1


def test_other_chains_are_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed may find others under another version of minorminer, or on a slower machine."""
    pytest.importorskip("minorminer")
    problem, spec = chipsim.Problem.from_arrays(TRIANGLE), mapped_work({"method": "embed", "seed": 3})
    ids = []
    for number, found in enumerate(([[0], [1], [4, 5]], [[0], [1, 5], [4]], [[0], [1], [4, 5]])):
        monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path / str(number)))
        monkeypatch.setattr("chipsim.mapping.search._searched", lambda *a, found=found: found)
        ids.append(chipsim.plan("tiny", spec, problem=problem).ids(0)[0])
    assert ids[0] == ids[2] != ids[1]


def test_a_cache_that_cannot_be_used_is_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is a file cannot hold one; content that is no list of chains for all spins is not taken."""
    pytest.importorskip("minorminer")
    problem, spec = chipsim.Problem.from_arrays(TRIANGLE), mapped_work({"method": "embed", "seed": 3})
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "cache"):
        monkeypatch.setenv("CHIPSIM_CACHE", str(folder))
        assert len(chipsim.plan("tiny", spec, problem=problem).workload.mapped.chains.lengths) == 3
    monkeypatch.setattr("chipsim.files.os.replace", lambda *a: (_ for _ in ()).throw(OSError("no space")))
    (held,) = (tmp_path / "cache" / "embeddings").glob("*.json")
    texts = (
        *("null", "{}", "[[0], [1]]", '[[0], [1], ["4"]]', "[[0], [1], []]"),
        *("[[0], [1], [99999999999999999999]]", "[[0], [1], [999]]", "[[0], [1], [-1]]", "[[0], [1], [1]]"),
        *("[[0], [1], [4, 15]]", "[[0], [1], [10]]"),  # a chain apart, spins without a coupler
    )
    for text in texts:
        held.write_bytes(checked(text))
        assert len(chipsim.plan("tiny", spec, problem=problem).workload.mapped.chains.lengths) == 3
        assert held.read_bytes() == checked(text)
    held.unlink()
    os.mkfifo(held)
    assert len(chipsim.plan("tiny", spec, problem=problem).workload.mapped.chains.lengths) == 3


@pytest.mark.system
def test_clamped_spins_hold_whole_chains_and_have_no_distance(tmp_path: Path) -> None:
    """With spin 0 held up, the others follow; the law without clamps says nothing of it."""
    problem = chipsim.Problem.from_arrays([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    (tmp_path / "c.json").write_text('{"0": [0, 4], "1": [1, 5], "2": [2]}')
    spec = mapped_work({"method": "given", "file": str(tmp_path / "c.json")}, beta=2) | {"clamp": [[0, -1]]}
    run = chipsim.run("tiny", spec, problem=problem, set={**FINE, "inputs.coupling": "set"}, lanes=64)
    assert "readout_distance" not in run.summary.workload.figures
    assert "chain_break_fraction" in run.summary.workload.figures
    assert run.best.spins.tolist() == [-1, -1, -1]


@pytest.mark.system
def test_resolving_chains_is_host_work(tmp_path: Path) -> None:
    """A read by majority takes the host one word more for each cell of a chain, and the chip as many more cells."""
    problem = chipsim.Problem.from_arrays([[0, 1], [0, 0]])
    (tmp_path / "c.json").write_text('{"0": [0, 1, 2], "1": [3]}')
    words, cells = {}, {}
    for read in ("majority", "single"):
        spec = {"method": "given", "file": str(tmp_path / "c.json"), "read": read}
        run = chipsim.run("tiny", mapped_work(spec), problem=problem, lanes=64)
        rows = [row for row in run.summary["ledger"] if row["component"] == "host" and row["unit"] == "word"]
        words[read] = sum(row["count"] for row in rows)
        cells[read] = run.summary["cells_per_read"]
    assert words["majority"] - words["single"] == 3 * 100
    assert cells == {"majority": 4, "single": 2}


def test_limits_are_answered_with_the_arithmetic() -> None:
    # K7: a spin of degree 6 needs (6 - 2) / (4 - 2) = 2 cells; K9: 3 cells each, 27 in all.
    with refused("chip.too-small", "of 9 spins needs at least 27 cells with 4 couplers each"):
        chipsim.plan("tiny", mapped_work({"method": "embed"}), problem=glass(9, 0))
    with refused("chip.too-small", "mapping: {method: place} or embed"):
        chipsim.plan("tiny", mapped_work({"method": "native"}), problem=glass(4, 0))


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ('{"0": [0], "1": [1]}', "data.wrong-values", "no cells for spin 2"),
        ('{"0": [0], "1": [1], "2": [4], "3": [5]}', "data.wrong-values", "no spin 3"),
        ('{"0": [0], "1": [1, 0], "2": [4]}', "spec.duplicate", "cell 0 is in the chains of 0 and 1"),
        ('{"0": [0], "1": [1, 16], "2": [4]}', "spec.out-of-range", "spin 1: no cell 16"),
        ('{"0": [0], "1": [1, 11], "2": [4]}', "chip.no-coupler", "chain of spin 1: no couplers join cell 11"),
        ('{"0": [0], "1": [1], "2": [4]}', "chip.no-coupler", "couples spins 1 and 2"),
        ('{"0": [0], "1": [1.5], "2": [4]}', "data.malformed", "c.json: spin 1: 1.5 is no cell; write whole numbers"),
        ('{"0": [0], "1": [1], "2": [4, true]}', "data.malformed", "c.json: spin 2: true is no cell"),
        ('{"0": [0], "1": ["1"], "2": [4]}', "data.malformed", 'c.json: spin 1: "1" is no cell'),
        ('{"0": [0], "1": [1], "2": [NaN]}', "data.malformed", "c.json: spin 2: NaN is no cell"),
        ('{"0": [0], "1": [1], "2": [9999999999]}', "data.malformed", "c.json: spin 2: 9999999999 is no cell"),
        ('{"0": [0], "1": [1], "2": []}', "data.malformed", "c.json: spin 2: expected a list of cells, such as [4, 5]"),
        ('{"0": [0], "1": 1, "2": [4]}', "data.malformed", "c.json: spin 1: expected a list of cells"),
        ('{"0": [0], "1": null, "2": [4]}', "data.malformed", "such as [4, 5], not null"),
        ('{"0": [0], "1": [1], "2": [-1]}', "spec.out-of-range", "c.json: spin 2: no cell -1"),
        ('{"0": [0], "1": [1], "2": [4, 5, 4]}', "spec.duplicate", "c.json: cell 4 is in the chain of 2 twice"),
        ('{"0": [0], "1": [1], "1": [5], "2": [4]}', "data.malformed", "c.json: key '1' stands twice"),
        (f'{{"0": [{"9" * 5000}]}}', "data.malformed", "c.json: not JSON of plain values: a number with thousands"),
        ("[[0], [1], [4]]", "data.malformed", 'c.json: expected {"label": [cell, ...], ...}'),
        ("", "data.malformed", "c.json: not JSON: line 1"),
        ("[", "data.malformed", "not JSON"),
    ],
)
def test_chains_that_cannot_be(text: str, code: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(text)
    spec = {"method": "given", "file": str(tmp_path / "c.json")}
    with refused(code, message):
        chipsim.plan("tiny", mapped_work(spec), problem=chipsim.Problem.from_arrays(TRIANGLE))


@pytest.mark.parametrize(
    "spec", [{"seed": 1}, {"method": "place", "read": "single"}, {"method": "given", "file": "c", "seed": 1}]
)
def test_keys_without_effect_are_refused(spec: dict[str, Any]) -> None:
    with refused("spec.no-effect", "remove it"):
        chipsim.plan("tiny", mapped_work(spec), problem=chipsim.Problem.from_arrays(TRIANGLE))


def test_couplings_of_0_need_no_coupler_and_no_colour() -> None:
    ring = np.diag(np.ones(7), 1) + np.diag([1.0], 7)
    problem = chipsim.Problem.from_arrays(ring)
    with_zeros = chipsim.Problem(
        "zeros",
        np.concatenate([problem.edges, [[0, 2], [2, 4], [0, 4]]]).astype(np.int32),
        np.concatenate([problem.couplings, np.zeros(3)]),
        problem.biases,
    )
    programs = [chipsim.plan("any-graph", "anneal", problem=one).program for one in (problem, with_zeros)]
    assert [(len(p.netlist.fabric.edges), p.colours) for p in programs] == [(8, 2), (8, 2)]


@pytest.mark.system
def test_the_bill_is_in_terminal_page_and_json(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"7": [0, 1, 5], "9": [4]}')
    (tmp_path / "p.txt").write_text("7 9 1\n")
    spec = mapped_work({"method": "given", "file": "c.json"})
    spec["problem"] = {"edge_list": "p.txt", "scale": "auto"}
    (tmp_path / "w.yaml").write_text(json.dumps(spec))
    done = call("run", "tiny", tmp_path / "w.yaml", "-o", tmp_path / "r.h5", "--lanes", 64)
    assert done.exit_code == 0, done.output
    shown = " ".join(done.output.split())
    assert "given: 4 cells for 2 spins, 12 cells idle (gated)" in shown
    assert "at most 3 cells, strength 1.414 of the largest weight" in shown
    # Two couplers share the one edge, so half a weight is left beside 1.414.
    assert "64.6% of" in shown
    assert call("report", tmp_path / "r.h5", "--html", tmp_path / "r.html").exit_code == 0
    page = (tmp_path / "r.html").read_text()
    assert "Mapping" in page
    assert "cells per read" in page
    figures = chipsim.load(tmp_path / "r.h5").summary.workload.figures
    assert (figures["mapped_cells"], figures["mapped_couplers"], figures["longest_chain"]) == (4, 4, 3)
    assert figures["chain_couplers"] == 2


def test_the_distance_of_intact_chains_vanishes() -> None:
    problem = glass(3, 0)
    spec = MappingSpec.model_validate({"method": "given", "file": "x", "chain": {"strength": 40.0}})
    held = mapped(problem, SQUARE, Chains.of([[0], [1, 5], [4]]), spec)
    assert readout_distance(problem, held, 1.0) < 1e-9
    weak = MappingSpec.model_validate({"method": "given", "file": "x", "chain": {"strength": 0.5}})
    assert readout_distance(problem, mapped(problem, SQUARE, Chains.of([[0], [1, 5], [4]]), weak), 1.0) > 1e-3
