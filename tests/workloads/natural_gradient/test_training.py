"""Trainings on a chip against what the equation of motion says, and what they book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_classifier import BATCH, CELLS, CHIP, CLASSES, NETWORK, PERFECT, planned
from support_errors import refused

import chipsim
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.physics.low_rank import LowRank
from chipsim.report.headline import headline
from chipsim.report.page import html_page
from chipsim.results.result import Run
from chipsim.runs.plan import Plan
from chipsim.runs.simulate import simulate
from chipsim.units import show
from chipsim.workloads.natural_gradient import analog, costs
from chipsim.workloads.natural_gradient.analog import AnalogSolver
from chipsim.workloads.natural_gradient.curvature import curvature, hessians
from chipsim.workloads.natural_gradient.perceptron import Perceptron
from chipsim.workloads.natural_gradient.spec import SolveSpec
from chipsim.workloads.natural_gradient.workload import Training

TAU_S = 1e-6  # 1 nF over 1 mS, what 1 of the matrix stands for
LOADED = 24 * (24 + 2 * CELLS)


def weights(folder: Path, **settings: Any) -> np.ndarray:
    """Final weights of a training."""
    return simulate(planned(folder, **settings)).arrays["weights"]


def total(run: Run, component: str, action: str) -> int:
    """Count of an action in the ledger."""
    return sum(r["count"] for r in run.summary["ledger"] if (r["component"], r["action"]) == (component, action))


def test_no_time_is_gradient_descent_and_much_time_the_natural_gradient(tmp_path: Path) -> None:
    plain, exact = (weights(tmp_path, training__optimizer=name) for name in ("sgd", "exact"))
    assert weights(tmp_path, solve__time="0 s") == pytest.approx(plain, abs=1e-5)
    assert weights(tmp_path, solve__time="1 ms") == pytest.approx(exact, abs=1e-5)
    assert np.abs(plain - exact).max() > 0.05  # what the two lines above tell apart


def expected(ready: Plan, kappas: np.ndarray, start: str, time_s: float, delay_s: float) -> np.ndarray:
    """Weights by the matrix exponential of formed matrices, with the units that the run chose."""
    workload: Any = ready.workload
    training = Training(workload, ContinuousDevice(ready.program, 1))
    found, units = training.weights, 1 / np.sqrt(kappas)
    held = drift = mean = None
    for number, (chosen, unit) in enumerate(zip(training._batches(), units, strict=False)):
        inputs, labels = training.data.inputs[chosen], training.data.labels[chosen]
        _, gradient, probabilities = NETWORK.gradient(found, inputs, labels)
        if start == "zero":
            held = np.zeros_like(gradient)
        elif held is None or start == "gradient":
            held = gradient
        else:
            # What the cells hold are volts: another unit makes another vector of them.
            held = (mean + moved(drift, delay_s) @ (held - mean)) * units[number - 1] / unit
        matrix = curvature(NETWORK.jacobian(found, inputs), hessians(probabilities), 0.1)
        drift = matrix.times(np.eye(NETWORK.weights))
        mean = np.linalg.solve(drift, gradient)
        held = mean + moved(drift, time_s) @ (held - mean)
        found = found - 0.3 * held
    return found


def moved(drift: np.ndarray, time_s: float) -> np.ndarray:
    """e^(-A t)."""
    values, vectors = np.linalg.eigh(drift)
    return (vectors * np.exp(-values * time_s / TAU_S)) @ vectors.T


@pytest.mark.parametrize(("start", "delay"), [("gradient", 0), ("zero", 0), ("previous", 0), ("previous", 3)], ids=str)
def test_every_start_and_delay_follow_the_equation_of_motion(start: str, delay: int, tmp_path: Path) -> None:
    """A residual state acts like momentum: g_k = e^(-At) x_(k-1) + (1 - e^(-At)) A^-1 grad_k, arXiv 2405.13817."""
    # Inputs of 10 mV keep all readings inside the scale, so that no solve is done twice.
    chip = {**PERFECT, "inputs.full_scale": "10 mV"}
    settings = {"solve__start": start, "solve__time": "5 us", "solve__delay": f"{delay} us"}
    ready = planned(tmp_path, chip, **settings)
    run = simulate(ready)
    assert run.summary["rescalings"] == 0
    told = expected(ready, run.trace.observations.findings["kappa0"], start, 5e-6, delay * 1e-6)
    assert run.arrays["weights"] == pytest.approx(told, abs=2e-5)


def test_delay_changes_the_training_only_where_cells_remember(tmp_path: Path) -> None:
    apart = {}
    for start in ("gradient", "zero", "previous"):
        short = {"solve__time": "5 us", "solve__start": start}
        difference = weights(tmp_path, **short) - weights(tmp_path, **short, solve__delay="5 us")
        apart[start] = float(np.abs(difference).max())
    assert apart["previous"] > 1e-3
    assert max(apart["gradient"], apart["zero"]) < 1e-6  # the noise of a nanovolt is another


def test_noise_of_a_solve_has_the_covariance_of_its_kappa(tmp_path: Path) -> None:
    """Cov(g) = kappa0 A^-1 once settled: 400 solves of 40 unknowns, so 16,000 squares: 4 standard errors are 4.5 %."""
    random = np.random.default_rng(0)
    rows = random.standard_normal((5, 40))
    matrix = LowRank(rows.T, np.eye(5) / 8, rows, 0.5)
    right = random.standard_normal(40)
    ready = planned(tmp_path, {**PERFECT, "noise.sigma": "1 mV"})
    solver = AnalogSolver(ContinuousDevice(ready.program, 1), SolveSpec(start="zero", time="100 us"))
    solver.load(matrix, ())
    found = np.array([solver.solve(right, ())[0] for _ in range(400)])
    formed = matrix.times(np.eye(40))
    values, vectors = np.linalg.eigh(formed)
    whitened = (found - np.linalg.solve(formed, right)) @ vectors * np.sqrt(values)
    kappas = np.array(solver.kappas)
    assert len(set(kappas)) == 1
    assert (whitened**2).mean() / kappas[0] == pytest.approx(1, abs=0.045)
    assert (whitened[:, -5:] ** 2).mean() / kappas[0] == pytest.approx(1, abs=0.13)  # 2,000 squares in the range


def test_answers_beyond_full_scale_are_solved_again_and_billed(tmp_path: Path) -> None:
    run = simulate(planned(tmp_path, training__damping=0.001, solve__time="100 ms", training__iterations=1))
    exact = weights(tmp_path, training__damping=0.001, training__iterations=1, training__optimizer="exact")
    again = run.summary["rescalings"]
    assert again >= 1
    assert run.arrays["weights"] == pytest.approx(exact, rel=1e-3, abs=1e-3)
    for component in ("inputs", "readout"):
        assert total(run, component, "convert") == (again + 1) * NETWORK.weights
    assert run.trace.timing.busy_fs["cells"] == (again + 1) * 100 * 10**12


def test_the_limit_of_rescalings_is_that_of_one_solve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(analog, "MAX_RESCALINGS", 6)
    right = np.linspace(-1, 1, 40)
    matrix = LowRank(np.eye(40)[:, :2], np.eye(2), np.eye(40)[:2], 0.05)
    solver = AnalogSolver(ContinuousDevice(planned(tmp_path).program, 1), SolveSpec(start="zero", time="1 ms"))
    solver.load(matrix, ())
    answer = np.linalg.solve(matrix.times(np.eye(40)), right)
    for _ in range(3):
        solver.unit = np.inf
        assert solver.solve(right, ())[0] == pytest.approx(answer, abs=1e-4)
    assert solver.rescalings > 6
    monkeypatch.setattr(analog, "MAX_RESCALINGS", 2)
    solver.unit = np.inf
    with refused("chip.clips"):
        solver.solve(right, ())


@pytest.mark.parametrize(("every", "loads"), [(1, 6), (3, 2), (4, 2), (100, 1)])
def test_loads_and_host_work_by_hand(every: int, loads: int, tmp_path: Path) -> None:
    """Every load writes all resistors of the chip, 24 (24 + 2 x 150); every iteration has a gradient and an update."""
    run = simulate(planned(tmp_path, CHIP, solve__curvature_every=every))
    solves = 6 + run.summary["rescalings"]
    assert total(run, "weights", "write") == loads * LOADED * 16
    assert total(run, "link", "transfer") == loads * LOADED * 16 + 2 * solves * NETWORK.weights * 16
    made = loads * costs.jacobian(NETWORK, BATCH)
    assert total(run, "macs", "mac") == 6 * (costs.gradient(NETWORK, BATCH) + NETWORK.weights) + made
    assert run.trace.observations.reads == solves


@pytest.mark.parametrize(
    ("optimizer", "macs"),
    [
        ("sgd", 0),
        ("adam", costs.ADAM * NETWORK.weights),
        ("exact", costs.jacobian(NETWORK, BATCH) + costs.woodbury(NETWORK, BATCH)),
        ("conjugate-gradients", 4 * (costs.product(NETWORK, BATCH) + costs.CG_VECTORS * NETWORK.weights)),
    ],
)
def test_digital_optimizers_leave_the_cells_alone(optimizer: str, macs: int, tmp_path: Path) -> None:
    run = simulate(planned(tmp_path, CHIP, training__optimizer=optimizer, solve__products=4))
    assert total(run, "macs", "mac") == 6 * (costs.gradient(NETWORK, BATCH) + NETWORK.weights + macs)
    worked = {"integrate", "transfer", "write", "convert", "dissipate"}
    assert not worked & {row["action"] for row in run.summary["ledger"] if row["count"]}
    assert run.summary["kappa0"] is None


def test_conjugate_gradients_use_no_more_products_than_they_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product that a start other than 0 takes is one of them."""
    calls = []
    real = Perceptron.backward_product
    monkeypatch.setattr(Perceptron, "backward_product", lambda *given: calls.append(1) or real(*given))
    for start in ("zero", "gradient"):
        calls.clear()
        weights(tmp_path, training__optimizer="conjugate-gradients", solve__products=3, solve__start=start)
        assert len(calls) == 6 * 3


def test_conjugate_gradients_with_enough_products_are_exact(tmp_path: Path) -> None:
    exact = weights(tmp_path, training__optimizer="exact")
    for start in ("zero", "gradient", "previous"):
        given = {"training__optimizer": "conjugate-gradients", "solve__products": 200, "solve__start": start}
        assert weights(tmp_path, **given) == pytest.approx(exact, abs=1e-6)


def test_host_work_overlaps_what_the_array_does_where_the_data_allow_it(tmp_path: Path) -> None:
    """The next batch is fetched while voltages relax; after the read they linger while the next gradient is taken."""
    run = simulate(planned(tmp_path, CHIP, solve__start="previous", solve__delay="20 us"))
    phases = run.trace.timing.phases
    named: dict[str, list[Any]] = {}
    for phase in phases:
        named.setdefault(phase.name, []).append(phase)
    relaxing, fetched = named["solve relax"][0], named["fetch compute"][0]
    assert relaxing.start_fs <= fetched.start_fs < fetched.end_fs < relaxing.end_fs
    lingering, following = named["delay relax"][0], named["gradient compute"][1]
    assert lingering.start_fs < following.start_fs < following.end_fs < lingering.end_fs
    assert named["solve input"][1].start_fs >= lingering.end_fs


@pytest.mark.parametrize("optimizer", ["chip", "adam", "exact", "conjugate-gradients"])
def test_trainings_learn(optimizer: str, tmp_path: Path) -> None:
    rate = 0.03 if optimizer == "adam" else 0.3
    run = simulate(planned(tmp_path, CHIP, training__optimizer=optimizer, training__rate=rate, training__iterations=40))
    assert run.summary["accuracy"] > 0.9
    assert run.summary["loss"] < 0.5
    assert run.arrays["judged"].tolist() == list(range(2, 41, 2))
    assert run.summary["iterations_to_target"] in run.arrays["judged"]


def test_a_training_ends_at_its_target_where_it_shall(tmp_path: Path) -> None:
    given = {"training__optimizer": "exact", "training__iterations": 40, "training__target": 0.9}
    whole, ended = (simulate(planned(tmp_path, CHIP, **given, training__stop=stop)).summary for stop in (False, True))
    assert ended["iterations"] == ended["iterations_to_target"] == whole["iterations_to_target"] < whole["iterations"]
    assert ended["elapsed_s"] < whole["elapsed_s"]


def test_the_rate_falls_to_its_last_value(tmp_path: Path) -> None:
    """Steps of SGD by hand: 6 rates on half a cosine from 0.3 to a tenth of it."""
    ready = planned(tmp_path, training__optimizer="sgd", training__last_rate=0.1)
    workload: Any = ready.workload
    training = Training(workload, ContinuousDevice(ready.program, 1))
    found = training.weights
    for number, chosen in zip(range(6), training._batches(), strict=False):
        rate = 0.3 * (0.1 + 0.9 * (1 + np.cos(np.pi * number / 6)) / 2)
        found = found - rate * NETWORK.gradient(found, training.data.inputs[chosen], training.data.labels[chosen])[1]
    assert simulate(ready).arrays["weights"] == pytest.approx(found, abs=1e-12)


def test_one_repetition_a_run(tmp_path: Path) -> None:
    ready = planned(tmp_path, CHIP)
    assert ready.lanes() == 1
    with refused("run.too-many-lanes"):
        simulate(ready, lanes=2)
    assert simulate(ready).trace.lanes == 1


def test_the_same_seed_gives_the_same_training_and_dies_differ(tmp_path: Path) -> None:
    runs = [simulate(planned(tmp_path, CHIP), seed=seed) for seed in (0, 0, 1)]
    first, second, other = (run.arrays["weights"] for run in runs)
    assert np.array_equal(first, second)
    assert 1e-6 < np.abs(first - other).max() < 0.1


def test_the_headline_and_the_page_say_how_the_training_went(tmp_path: Path) -> None:
    run = simulate(planned(tmp_path, CHIP, training__target=0.9, training__iterations=40))
    s = run.summary
    lines = dict(headline(s))
    accuracies = f"{s['accuracy']:.1%} (best {s['best_accuracy']:.1%}): 123 weights by chip, 40 iterations"
    reached = f"90.0% reached after {s['iterations_to_target']}"
    assert lines["accuracy"] == f"{accuracies}; {reached}"
    each = s["pieces"]["iteration"]
    assert lines["step"].startswith(f"{show(each['energy_j'], 'J')} (")
    assert lines["step"].endswith(f", {show(each['time_s'], 's')} per iteration; 40 of them")
    assert lines["kappa0"].startswith(f"{s['kappa0']:.3g} ")
    assert f"inputs halved {s['rescalings']} times" in lines["kappa0"]
    assert "samples" not in lines
    page = html_page(run)
    assert "<h3>Training</h3>" in page
    assert "accuracy on test images" in page
    assert "Sampling quality" not in page
    digital = simulate(planned(tmp_path, CHIP, training__optimizer="sgd", training__rate=1e-6))
    lines = dict(headline(digital.summary))
    assert "85.0% not reached" in lines["accuracy"]
    assert "kappa0" not in lines


def test_results_keep_the_training(tmp_path: Path) -> None:
    run = simulate(planned(tmp_path, CHIP))
    run.save(tmp_path / "run.h5")
    again = chipsim.load(tmp_path / "run.h5")
    for name in ("weights", "accuracy", "judged", "loss"):
        assert np.array_equal(again.arrays[name], run.arrays[name])
    assert CELLS > NETWORK.weights == len(again.arrays["weights"])
    assert again.summary["parameters"] == NETWORK.weights
    assert NETWORK.outputs == CLASSES
