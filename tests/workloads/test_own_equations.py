"""Runs on matrices and right-hand sides of one's own: solutions against numpy, their bill, and their way out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import binom
from support_cli import call
from support_errors import code_of, refused

import chipsim
from chipsim.engine.joining import merge_lanes
from chipsim.runs.plan import plan
from chipsim.runs.simulate import drive

MATRIX = np.array([[2.0, -0.5, 0.0], [-0.5, 1.0, 0.25], [0.0, 0.25, 1.5]])
SIDES = np.array([[1.0, 0.0], [-2.0, 0.5], [0.25, 3.0]])
QUICK: dict[str, Any] = {"schedule.settle": "400 us", "schedule.samples": 200}


@pytest.mark.parametrize(("key", "code"), [("matrix.file", "problem.singular"), ("right_side", "data.wrong-shape")])
def test_faults_of_files_have_the_place_of_their_key(key: str, code: str, tmp_path: Path) -> None:
    np.save(tmp_path / "file.npy", np.zeros((2, 2)))
    done = call("check", "ou-256", "linear-solve", "--set", "matrix.size=3", "--set", f"{key}={tmp_path}/file.npy")
    assert code_of(done) == code
    assert f"--set: {key}: {tmp_path}/file.npy: " in done.stderr


def random_system(number: int) -> tuple[Any, NDArray[np.float64]]:
    """A system of 5 to 40 unknowns and a condition of 3 to 30: dense in random directions, or a sparse network."""
    random = np.random.default_rng((24, number))
    size, condition = int(random.integers(5, 41)), float(random.uniform(3, 30))
    sides = random.standard_normal((size, 3)) * random.uniform(0.01, 100, 3)
    if number % 2:
        rows = sparse.random(size, size, 0.1, random_state=number)
        network = -abs(rows + rows.T).toarray()
        np.fill_diagonal(network, 0)
        network -= np.diag(network.sum(axis=1))
        return sparse.csr_matrix(network + np.linalg.eigvalsh(network)[-1] / (condition - 1) * np.eye(size)), sides
    directions, _ = np.linalg.qr(random.standard_normal((size, size)))
    scale = 10.0 ** random.integers(-3, 4)
    return scale * (directions * np.geomspace(1, condition, size)) @ directions.T, sides


def run_of(system: Any, sides: NDArray[np.float64], seed: int, folder: Path, **own: Any) -> chipsim.Run:
    matrix = folder / ("A.npz" if sparse.issparse(system) else "A.npy")
    (sparse.save_npz if sparse.issparse(system) else np.save)(matrix, system)
    np.save(folder / "b.npy", sides)
    settings = {**QUICK, "matrix.file": str(matrix), "right_side": str(folder / "b.npy"), **own}
    return chipsim.run("ou-256", "linear-solve", lanes=1, seed=seed, set=settings)


@pytest.mark.parametrize("many", [1, 3])
def test_random_systems_agree_with_numpy_within_the_predicted_error(many: int, tmp_path: Path) -> None:
    """20 systems, half of them sparse, each on a die of its own. A range holds 95 % of dies: at least 16 of 20 but for
    0.3 %; and none is further off than three times its upper end.
    """
    inside = 0
    for number in range(20):
        system, sides = random_system(number)
        sides = sides[:, 0] if many == 1 else sides
        run = run_of(system, sides, number, tmp_path)
        dense = system.toarray() if sparse.issparse(system) else system
        exact = np.linalg.solve(dense, sides)
        assert run.solution.shape == exact.shape
        error = float(np.linalg.norm(run.solution - exact) / np.linalg.norm(exact))
        assert error == pytest.approx(run.summary["error"], rel=1e-9)
        one_die = run.summary["predicted_error_of_one_die"]
        assert error < 3 * one_die["high"] < 0.3, number
        inside += one_die["low"] <= error <= one_die["high"]
    assert binom.cdf(15, 20, 0.95) < 0.003
    assert inside >= 16


def test_elements_that_all_round_alike_are_predicted(tmp_path: Path) -> None:
    """A chain has two values, so codes of 10 bits err alike everywhere: more than twice as much in a smooth solution as
    errors of independent signs would. Ranges hold 95 % of dies; at least 16 of 20 but for 0.3 %.
    """
    size = 50
    chain = sparse.diags([-1.0, 2.2, -1.0], [-1, 0, 1], shape=(size, size), format="csr")
    sides = np.stack([np.ones(size), np.linspace(-1, 1, size)], axis=1)
    inside = 0
    for seed in range(20):
        run = run_of(chain, sides, seed, tmp_path)
        one_die = run.summary["predicted_error_of_one_die"]
        inside += one_die["low"] <= run.summary["error"] <= one_die["high"]
    assert inside >= 16
    step = 2.2 / (2**9 - 1)
    coded = np.linalg.solve(step * np.rint(chain.toarray() / step), sides)
    exact = np.linalg.solve(chain.toarray(), sides)
    told = run.summary["predicted_parts"]["quantisation"]
    assert told == pytest.approx(np.linalg.norm(coded - exact) / np.linalg.norm(exact), rel=0.05)


def test_several_right_sides_are_billed_one_after_another_on_one_load(tmp_path: Path) -> None:
    system, sides = random_system(0)
    wide = {"readout.full_scale": "100 V", "readout.bits": 24}
    alone, three = (run_of(system, sides[:, :many], 1, tmp_path, **wide) for many in (1, 3))

    def count(run: chipsim.Run, action: str) -> int:
        return run.trace.activity.total(action)

    assert three.summary["rescalings"] == alone.summary["rescalings"] == 0
    assert count(three, "write") == count(alone, "write") > 0
    for action in ("integrate", "convert", "inject"):
        assert count(three, action) == 3 * count(alone, action) > 0
    assert (three.summary["samples"], alone.summary["samples"]) == (600, 200)
    assert three.summary["right_sides"] == three.summary["answers_per_repetition"] == 3
    assert three.summary["key_figures"]["samples_per_answer"]["value"] == 200
    # One load serves three answers.
    assert three.summary["energy_per_answer_j"] < alone.summary["energy_per_answer_j"]
    size = len(sides)
    cholesky = three.summary["methods"][1]
    assert cholesky["macs"] == size**3 // 6 + 3 * size**2
    gradients = three.summary["methods"][2]
    assert gradients["error"] <= three.summary["error"]
    np.testing.assert_allclose(three.solution[:, 0], alone.solution, rtol=0.1, atol=0.02 * np.abs(alone.solution).max())


def test_lanes_in_parts_solve_the_same(tmp_path: Path) -> None:
    _, sides = random_system(0)
    np.save(tmp_path / "b.npy", sides)
    settings = {**QUICK, "schedule.samples": 5, "matrix.size": len(sides), "right_side": str(tmp_path / "b.npy")}
    for chip, workload, own in (("ou-256", "linear-solve", settings), ("spu-8", "gaussian-sample", MANY)):
        ready = plan(chip, workload, own)
        whole = ready.workload.outcome(ready.program, drive(ready, 70, 3))
        parts = merge_lanes([drive(ready, 64, 3), drive(ready, 6, 3, first_group=1)])
        joined = ready.workload.outcome(ready.program, parts)
        np.testing.assert_array_equal(joined.arrays["solution"], whole.arrays["solution"])


MANY: dict[str, Any] = {"matrix.size": 6, "matrix.seeded": "m-matrix", "schedule.samples": 4000}


def test_inverses_and_samples_are_given_back(tmp_path: Path) -> None:
    """5 x 5 on ideal parts: an inverse within three times the predicted error; 4,000 samples have its covariance."""
    matrix = np.linalg.inv(np.eye(5) + 0.2 * np.ones((5, 5)))
    np.save(tmp_path / "A.npy", matrix)
    settings = {"matrix.file": str(tmp_path / "A.npy"), "schedule.samples": 4000, "schedule.spacing": "20 us"}
    inverse = chipsim.run("spu-8", "inverse", lanes=2, set=settings)
    exact = np.linalg.inv(matrix)
    error = np.linalg.norm(inverse.solution - exact) / np.linalg.norm(exact)
    assert inverse.solution.shape == (5, 5)
    assert error < 3 * inverse.summary["predicted_error"] < 0.3
    drawn = chipsim.run("spu-8", "gaussian-sample", lanes=2, set=settings)
    assert drawn.solution.shape == (4000, 5)
    covariance = drawn.solution.T @ drawn.solution / 4000
    assert np.linalg.norm(covariance - exact) / np.linalg.norm(exact) < 3 * drawn.summary["predicted_error"]
    # The covariance of the first repetition is what the host averaged.
    np.testing.assert_allclose(covariance, drawn.trace.observations.answers["answer"][0], rtol=1e-9)


@pytest.mark.parametrize("many", [1, 3])
def test_a_solution_survives_every_form_of_file(many: int, tmp_path: Path) -> None:
    system, sides = random_system(1)
    run = run_of(system, sides[:, :many], 1, tmp_path)
    solution = run.solution
    assert solution.shape == ((len(sides),) if many == 1 else (len(sides), 3))
    path = tmp_path / "run.h5"
    run.save(path)
    np.testing.assert_array_equal(chipsim.load(path).solution, solution)
    np.testing.assert_array_equal(chipsim.load(path).arrays["solution"], solution)
    for suffix in ("json", "csv", "h5"):
        assert call("report", path, "--answers", tmp_path / f"x.{suffix}").exit_code == 0
    assert json.loads((tmp_path / "x.json").read_text()) == {"solution": solution.tolist()}
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(file["solution"][()], solution)
    header, *rows = csv.reader((tmp_path / "x.csv").read_text().splitlines())
    assert header == ["row", *(str(number + 1) for number in range(many))]
    assert [int(row[0]) for row in rows] == list(range(1, len(sides) + 1))
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], float), solution.reshape(len(sides), many))


def test_a_run_without_a_solution_says_so() -> None:
    run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 10}, lanes=1)
    with refused("result.no-records"):
        _ = run.solution


def test_a_file_replaces_the_seeded_matrix_of_a_preset(tmp_path: Path) -> None:
    """Also that of low rank; `check` says which keys that leaves without effect, and they have none."""
    np.save(tmp_path / "A.npy", MATRIX)
    np.save(tmp_path / "b.npy", SIDES)
    files = {"matrix.file": str(tmp_path / "A.npy"), "right_side": str(tmp_path / "b.npy")}
    other = {"matrix.condition": 3, "matrix.seed": 9, "matrix.size": 7, "right_side_seed": 5}
    few = {"schedule.samples": 3}
    plain, changed = (
        chipsim.run("ou-256", "linear-solve", lanes=1, set={**few, **files, **own}) for own in ({}, other)
    )
    np.testing.assert_array_equal(plain.solution, changed.solution)
    assert plain.summary["matrix"] == "A.npy"
    assert plain.summary["unknowns"] == 3
    low_rank = plan("ou-256", "low-rank", {**few, **files})
    np.testing.assert_array_equal(low_rank.workload.matrix, MATRIX)  # type: ignore[attr-defined]
    sets = [part for key, value in files.items() for part in ("--set", f"{key}={value}")]
    shown = call("check", "ou-256", "linear-solve", *sets).stdout
    assert "inert: matrix.seeded (matrix.file replaces the seeded matrix)" in " ".join(shown.split())
    assert "inert: right_side_seed (right_side replaces the seeded one)" in " ".join(shown.split())
    assert "3 unknowns, 1,000 samples for each of 2 right-hand sides" in " ".join(shown.split())


def test_the_content_of_both_files_names_a_run(tmp_path: Path) -> None:
    settings = {"matrix.file": str(tmp_path / "A.npy"), "right_side": str(tmp_path / "b.npy")}
    names = []
    for matrix, sides in ((MATRIX, SIDES), (MATRIX, 2 * SIDES), (2 * MATRIX, SIDES)):
        np.save(tmp_path / "A.npy", matrix)
        np.save(tmp_path / "b.npy", sides)
        names.append(plan("ou-256", "linear-solve", settings).ids(0)[0])
    assert len({*names}) == 3
