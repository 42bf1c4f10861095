"""Parallel tempering against exact laws, and its bill by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2
from support_errors import refused
from support_tempering import (
    Seen,
    exact_acceptance,
    glass,
    largest_z,
    laws_of,
    replica_chip,
    tempered,
    torus_laws,
    workload,
)

import chipsim
from chipsim.components.converters.dac import Dac
from chipsim.engine.device import Device
from chipsim.engine.joining import merge_lanes
from chipsim.runs.plan import plan
from chipsim.runs.simulate import drive
from chipsim.testing.exact import enumerate_states
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.spec import ProblemSpec
from chipsim.workloads.ising.temper import Ladder

BETAS = [0.3, 0.6, 1.0, 1.6]
# Largest of some 60 deviations: beyond 4.5 standard errors of 128 lanes by chance once in a thousand runs.
LARGEST_Z = 4.5


def realised(betas: list[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    dac = Dac.model_validate({"kind": "dac", "bits": 16, "full_scale": 4, "settle_time": "1 us"})
    return np.array([dac.realised(beta) for beta in betas])


def glass_levels() -> tuple[Any, Any]:
    """Energies of all states, and how often each occurs."""
    energies = np.round(glass().energy(enumerate_states(10)) * 256) / 256
    levels, many = np.unique(energies, return_counts=True)
    return levels, np.log(many)


SHAPES: dict[str, tuple[Any, dict[str, Any]]] = {
    "converters": (replica_chip(4, **{"from": "problem"}), {}),
    "chips side by side": (replica_chip(4, "torus-chips", **{"from": "problem"}), {}),
    "energies by the host": (replica_chip(4, **{"from": "problem"}), {"temper": {"energies": "host"}}),
    "weights": (replica_chip(1, **{"from": "problem"}), {"beta_by": "rewrite"}),
    "in turn": (replica_chip(1, **{"from": "problem"}), {"temper": {"replicas": "in_turn"}}),
    "in turn, weights, host": (
        replica_chip(1, **{"from": "problem"}),
        {"beta_by": "rewrite", "temper": {"replicas": "in_turn", "energies": "host"}},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_beta_of_a_glass_has_its_law_and_swaps_as_often_as_exact(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip, keys = SHAPES[shape]
    seen = Seen(monkeypatch)
    run = tempered(chip, workload(BETAS, problem={"native": "ferromagnet"}, **keys), problem=glass())
    betas = np.array(BETAS) if "beta_by" in keys else realised(BETAS)
    levels, log_many = glass_levels()
    laws = laws_of(levels, log_many, betas)
    assert largest_z(seen.energies, levels, laws) < LARGEST_Z
    figures = run.summary["workload"]["figures"]
    taken = run.trace.observations.answers["swap_acceptance"]
    error = taken.std(axis=0, ddof=1) / np.sqrt(len(taken))
    assert (
        np.abs([*figures["swap_acceptance"].values()] - np.array(exact_acceptance(levels, laws, betas))) < 4 * error
    ).all()
    means = run.trace.observations.answers["temper_energy"]
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    assert (np.abs([*figures["mean_energy_by_beta"].values()] - laws @ levels) < 4 * error).all()


def test_a_wrong_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Swaps that are always taken leave each beta with a mixture of all laws."""
    monkeypatch.setattr(Ladder, "_draws", lambda ladder, group: np.full((3, 64), 1e-300))
    seen = Seen(monkeypatch)
    tempered(SHAPES["converters"][0], workload(BETAS, temper={"swap_every": 1}), problem=glass())
    levels, log_many = glass_levels()
    assert largest_z(seen.energies, levels, laws_of(levels, log_many, realised(BETAS))) > 10


def test_transfer_matrices_agree_with_enumeration() -> None:
    fabric = plan("torus-2d", "spin-glass", {"fabric.size": [4, 4]}).netlist.fabric
    problem = native_problem(ProblemSpec(native="plus-minus", seed=5), fabric)
    levels, laws = torus_laws(problem, 4, np.array([0.3, 1.0]))
    found, many = np.unique(problem.energy(enumerate_states(16)), return_counts=True)
    assert laws[:, np.isin(levels, found)] == pytest.approx(
        laws_of(found, np.log(many), np.array([0.3, 1.0])), abs=1e-9
    )


def test_a_torus_of_random_couplings_has_its_density_of_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 x 8 spins, couplings +-1: the laws of all betas, and acceptance, by transfer matrices."""
    betas = [0.2, 0.35, 0.5, 0.7, 1.0]
    chip = replica_chip(5, pattern="square", size=[8, 8], copies=5, borders="torus")
    work = workload(betas, sweeps=4000, problem={"native": "plus-minus", "seed": 5})
    ready = plan(chip, work)
    problem = native_problem(ProblemSpec(native="plus-minus", seed=5), ready.netlist.fabric.one_copy())
    levels, laws = torus_laws(problem, 8, realised(betas))
    seen = Seen(monkeypatch, skip=200)
    run = tempered(chip, work)
    assert largest_z(seen.energies, levels, laws) < LARGEST_Z
    taken = run.trace.observations.answers["swap_acceptance"]
    error = taken.std(axis=0, ddof=1) / np.sqrt(len(taken))
    exact = np.array(exact_acceptance(levels, laws, realised(betas)))
    assert (np.abs(taken.mean(axis=0) - exact) < 4 * error).all()


def test_tempering_gives_a_hundred_times_the_samples_per_joule_of_a_cold_ferromagnet() -> None:
    """10 x 10 spins at beta 0.6: plain sampling hardly leaves its mode, so its samples are bounded by reversals.

    A magnetisation that reverses k times a sweep has tau_int = 1/k sweeps; k is at most the 95 % bound of the reversals
    seen from a random start. The tempered chains begin at random, and their magnetisation sees both modes.
    """
    cold = {"fabric.size": [10, 10], "problem.native": "ferromagnet", "problem.seed": 0, "schedule.beta": 0.6}
    sweeps, lanes = 50_000, 128
    keys = {**cold, "schedule.sweeps": sweeps, "schedule.record_every": 100, "schedule.projections": 1}
    plain = chipsim.run(
        "torus-2d", "spin-glass", set={**keys, "schedule.read_every": "never"}, lanes=lanes, scope="chip"
    )
    records = plain.trace.observations.records
    assert records is not None
    reversals = sum(
        int((np.diff(np.sign(lane[np.abs(lane) > 50])) != 0).sum()) for lane in records.projections[50:, :, 0].T
    )
    most = chi2.ppf(0.95, 2 * (reversals + 1)) / 2 / (lanes * sweeps * 0.9)
    plain_j = plain.energy_j / (sweeps * most)  # at least, for each effective sample

    factors = {}
    for energies, scope in (("chip", "chip"), ("host", "system")):
        set_ = {"schedule.temper.energies": energies, "schedule.sweeps": 40_000}
        run = chipsim.run("torus-replicas", "temper", set=set_, lanes=64, scope=scope)
        answers = run.summary.core.answers
        assert answers.sampling == "resolved"
        assert answers.effective_samples is not None
        factors[energies] = plain_j / (run.energy_j * 64 / answers.effective_samples)
    assert factors["chip"] > 100
    assert factors["host"] < 0.1 * factors["chip"]


def test_round_trips_by_hand() -> None:
    """Two replicas that always swap: from cold to hot and back takes two rounds."""
    ready = plan(replica_chip(2, pattern="square", size=[2, 2], copies=2), workload([0.5, 1.0]))
    device = Device(ready.program, lanes=1)
    ladder = Ladder(np.array([0.5, 1.0]), device, 0)
    for _ in range(6):
        assert ladder.decide(np.array([[-9.0], [9.0]])).all()
    ladder.tell(device)
    answers = device.finish().observations.answers
    # Each of the two is back at the cold end after rounds 2, 4, 6 or 3, 5: the first visit there begins its way.
    assert answers["round_trips"].tolist() == [4.0]
    assert answers["swap_acceptance"].tolist() == [[1.0]]
    assert answers["temper_energy"].tolist() == [[-9.0, 9.0]]


def test_the_bill_by_hand() -> None:
    """Five copies of 100 cells, 200 couplers each; 4 decisions in 50 sweeps of 10."""
    run = tempered("torus-replicas", "temper", lanes=2, set={"schedule.sweeps": 50, "schedule.temper.swap_every": 10})
    done = {(row.component, row.action): row.count for row in run.trace.activity.rows if row.action != "on"}
    count = {key: sum(r.count for r in run.trace.activity.rows if (r.component, r.action) == key) for key in done}
    assert count["adder", "term"] == 2 * 4 * (5 * 200 + 3 * 4)
    assert count["copy.bias_dac", "convert"] == 2 * 5 * (1 + 4)
    assert count["copy.cells", "update"] == 2 * 50 * 500
    assert count["copy.readout", "sense"] == 2 * 100  # the coldest, at the end


def test_the_bill_of_two_chips_by_hand() -> None:
    """Two chips of 4 x 4 cells and 32 couplers, a code of 16 bits at each end; 2 decisions in 30 sweeps, every 10.

    A chip adds its 32 terms in 2 ns, both at once. An energy takes 16 bits of a code and 5 more for 32 of them.
    """
    chip = replica_chip(2, "torus-chips", pattern="square", size=[4, 4], copies=2, borders="torus")
    work = workload([0.5, 1.0], sweeps=30, temper={"swap_every": 10}, read_every="never")
    run = tempered(chip, work, lanes=1)
    count = {(r.component, r.action): 0 for r in run.trace.activity.rows}
    for row in run.trace.activity.rows:
        count[row.component, row.action] += row.count
    weights, decisions, code, energy = 2 * (2 * 32 + 16) * 16, 2, 16, 16 + 5
    assert count["copy.adder", "term"] == decisions * 2 * 32
    assert count["copy.bias_dac", "convert"] == 2 * (1 + decisions)
    assert count["copy.link", "transfer"] == weights + 2 * code * (1 + decisions) + 2 * energy * decisions
    assert count["copy.clock", "tick"] == count["copy.cells", "update"] == 30 * 32
    # Words of 64 bits at the host: weights, codes and energies of both chips, and the decisions on one pair.
    passed = -(-weights // 64) + 3 * -(-2 * code // 64) + decisions * -(-2 * energy // 64)
    assert count["host", "small_cache"] == passed + 3 * decisions
    # Power of both chips, all the time; the array works on all replicas at once: 30 sweeps of two phases of 100 ns.
    elapsed = run.trace.timing.elapsed_fs
    for part in ("adder", "bias_dac", "controller"):
        assert count[f"copy.{part}", "on"] == 2 * elapsed
    assert count["host", "on"] == elapsed
    phases = run.trace.timing.phases
    summed = [p for p in phases if p.name == "compute"][::2]
    assert [p.end_fs - p.start_fs for p in summed] == [2_000_000] * decisions
    sent = [p.end_fs - p.start_fs for p in phases if p.name == "energy"]
    # Through controller (1 ns), link (20 ns and 21 bits at 50 Gbit/s) and host (1 ns), for both chips at once.
    assert sent == [22_420_000] * decisions
    assert sum(p.end_fs - p.start_fs for p in phases if p.name == "sample") == 30 * 2 * 100_000_000


def test_the_bill_in_turn_by_hand() -> None:
    """One array of 100 cells, five turns in each of 5 rounds: states are loaded in all but the first, read in all."""
    settings = {"fabric.size": [10, 10], "schedule.sweeps": 50, "schedule.temper.swap_every": 10}
    keys = {"schedule.temper.replicas": "in_turn", "schedule.temper.energies": "host"}
    run = tempered("torus-2d", "temper", lanes=2, set={**settings, **keys})
    rows = run.trace.activity.rows
    count = {(r.component, r.action): 0 for r in rows}
    for row in rows:
        count[row.component, row.action] += row.count
    assert count["readout", "sense"] == 2 * 25 * 100
    assert count["inputs", "clamp"] == 2 * 20 * 100
    assert count["bias_dac", "convert"] == 2 * 25
    assert count["cells", "update"] == 2 * 5 * 50 * 100


def test_lanes_do_not_depend_on_others() -> None:
    ready = plan("torus-replicas", "temper", {"schedule.sweeps": 200})
    whole = drive(ready, 70, 1, 1)
    parts = merge_lanes([drive(ready, 64, 1, 1), drive(ready, 6, 1, 1, first_group=1)])
    for name, values in whole.observations.answers.items():
        assert np.array_equal(values, parts.observations.answers[name]), name
    assert np.array_equal(whole.observations.states, parts.observations.states)


def test_clamped_spins_are_clamped_in_all_replicas() -> None:
    chip = replica_chip(1, **{"from": "problem"})
    for temper in ({}, {"replicas": "in_turn"}):
        work = {
            **workload(BETAS, sweeps=100, beta_by="rewrite", read_every=5, temper=temper),
            "clamp": [[3, 1], [4, -1]],
        }
        run = tempered(chip, work, lanes=5, problem=glass())
        states = run.trace.observations.states
        assert len(states) == 20
        assert (states[:, 3] == 31).all()
        assert (states[:, 4] == 0).all()
        assert len(np.unique(states[:, 0])) > 1


def test_copies_are_placed_on_a_larger_fabric() -> None:
    """Two rings of four on a grid of 6 x 6; idle cells are gated, and swaps go by weights."""
    ring = chipsim.Problem.from_arrays([[0, 1, 0, -1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    chip = replica_chip(1, pattern="square", size=[6, 6])
    work = {**workload([0.5, 1.0], beta_by="rewrite"), "mapping": {"method": "place"}}
    run = tempered(chip, work, lanes=64, problem=ring)
    figures = run.summary["workload"]["figures"]
    assert (figures["mapped_cells"], figures["idle_cells"]) == (8, 28)
    states = enumerate_states(4)
    law = np.exp(-1.0 * ring.energy(states))
    exact = float((law / law.sum()) @ ring.energy(states))
    assert abs(figures["mean_energy"] - exact) < 4 * figures["mean_energy_ci95"] / 1.96


def test_chips_that_cannot_tell_the_host_are_refused() -> None:
    chip = replica_chip(2, "torus-chips", pattern="square", size=[4, 4], copies=2, borders="torus")
    block = chip["components"]["copy[0..1]"]
    silent = [net for net in block["nets"] if "adder" not in net] + ["controller -> adder"]
    mute = {**chip, "components": {**chip["components"], "copy[0..1]": {**block, "nets": silent}}}
    with refused("chip.no-route", "each of 2 copy.adder knows one energy"):
        plan(mute, workload([0.5, 1.0]))
    with refused("chip.unsuitable", "copy.adder is there 2 times"):
        plan(chip, workload([0.5, 0.7, 1.0], temper={"replicas": "in_turn"}))


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ("torus-replicas", {"schedule.beta": 0.5}, "spec.rule"),
    ("torus-replicas", {"schedule.beta": [0.5, 0.4]}, "spec.rule"),
    ("torus-replicas", {"schedule.beta_by": "hard_wired"}, "spec.rule"),
    ("torus-replicas", {"schedule.sweeps": 19_999}, "spec.rule"),
    ("torus-replicas", {"schedule.temper.replicas": "in_turn", "schedule.read_every": 7}, "spec.rule"),
    ("torus-replicas", {"schedule.mode": "sample", "schedule.beta": 1.0}, "spec.no-effect"),
    ("torus-replicas", {"schedule.beta": [0.2, 0.4, 0.6]}, "chip.unsuitable"),
    ("torus-2d", {"fabric.size": [10, 10], "schedule.temper.energies": "chip"}, "chip.no-unit"),
    ("torus-2d", {"fabric.size": [10, 10], "schedule.temper.energies": "host"}, "chip.unsuitable"),
    (
        "torus-2d",
        {"fabric.size": [9, 9], "schedule.beta_by": "rewrite", "schedule.temper.energies": "host"},
        "chip.too-small",
    ),
    (
        "dtca-70",
        {"schedule.beta_by": "rewrite", "schedule.temper.energies": "host"},
        "chip.unsuitable",
    ),
]


@pytest.mark.parametrize(("chip", "changes", "code"), REFUSED)
def test_what_cannot_temper_is_refused(chip: Any, changes: dict[str, Any], code: str) -> None:
    with refused(code):
        plan(chip, "temper", changes)


@pytest.mark.parametrize("how", ["copies", "in_turn"])
def test_the_coldest_of_placed_replicas_has_a_distance_from_boltzmann(how: str) -> None:
    """On tiny, 8 or 4 of 16 cells: at the floor with 16 bits and ideal noise, off with telegraph noise (in turn)."""
    ring = chipsim.Problem.from_arrays([[0, 0.6, 0, -0.7], [0, 0, 0.5, 0], [0, 0, 0, 0.4], [0, 0, 0, 0]])
    temper = {"replicas": how, "energies": "host"}
    given = workload([0.5, 1.0], 1500, temper=temper, beta_by="rewrite") | {"mapping": {"method": "place"}}
    off = {"rng.law": "telegraph"} if how == "in_turn" else {"couplers.weight_bits": 2}
    for changes, right in (({}, True), (off, False)):
        run = chipsim.run("tiny", given, problem=ring, set={"couplers.weight_bits": 16, **changes}, lanes=256, seed=1)
        found = run.summary.workload.figures
        assert found["mapped_cells"] == (8 if how == "copies" else 4)
        within = found["total_variation"] <= found["total_variation_floor_high"]
        assert within is right, found["total_variation"]
        assert found["total_variation_floor_high"] < 0.02
        fits = found["fitted_beta_low"] - 0.01 < 1.0 < found["fitted_beta_high"] + 0.01
        assert fits is right
