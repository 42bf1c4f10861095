"""Each sentence of "what it says", flipped by planted data."""

from __future__ import annotations

import io
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support_sweeps import inline_workers, write_sweep

from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_page import sweep_page
from chipsim.report.sweep_terminal import headline, print_sweep, show_with_interval
from chipsim.report.tables import plain_json
from chipsim.sweeps import driver
from chipsim.sweeps.constraints import read_constraints
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import build_table, pareto_front

A, B = (50, 100, 200), ("x", "y")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


def planted(costs: dict[tuple[Any, Any], float | None], problems: dict[Any, str] | None = None, **more: Any) -> Any:
    """A table of two axes with these energies."""
    rows = [
        {
            "point": i, "a": a, "b": b, "energy_j": cost, "elapsed_s": 1.0, "status": "done", "lanes": 64,
            "problem": (problems or {}).get(a, "p"),
        }
        for i, ((a, b), cost) in enumerate(costs.items())
    ]  # fmt: skip
    known = [i for i, row in enumerate(rows) if row["energy_j"] is not None]
    axes = [
        {"path": path, "numbers": {json.dumps(value): None for value in dict.fromkeys(row[path] for row in rows)}}
        for path in ("a", "b")
    ]
    table = {
        "name": "s", "chip": "c", "workload": "w", "scope": "system", "total": len(rows), "axes": axes, "rows": rows,
        "metrics": ["energy_j", "elapsed_s"], "maximise": [], "constraints": [], "left_out": {}, "by_prices": None,
        "fit": list(range(len(rows))), "best": min(known, key=lambda i: rows[i]["energy_j"], default=None),
        "front": pareto_front(rows, ["energy_j", "elapsed_s"], []),
    }  # fmt: skip
    return {**table, **more}


def what_moves(table: Any) -> str:
    return next(sentence for sentence in findings(table) if sentence.startswith("Effect on energy_j"))


def test_values_are_compared_where_all_of_them_are_known() -> None:
    """Least at 50 in each pair; the mean over all that is known would say 200."""
    costs: dict[tuple[Any, Any], float | None] = {(a, b): cost for a, b, cost in (
        (50, "x", 1.0), (100, "x", 2.0), (200, "x", 3.0), (50, "y", 100.0), (100, "y", None), (200, "y", None),
    )}  # fmt: skip
    assert "a 3 times (least at 50, most at 200, over 1 of 2 combinations of the others)" in what_moves(planted(costs))
    assert "No effect on energy_j is given for b" not in " ".join(findings(planted(costs)))
    costs[50, "y"] = None
    costs[50, "x"] = 9.0
    assert "least at 100, most at 50" in what_moves(planted(costs))
    costs[100, "x"] = None
    said = " ".join(findings(planted(costs)))
    assert "No effect on energy_j is given for a (no combination of the other axes has a result at all" in said


def test_axes_that_change_the_problem_are_not_compared() -> None:
    costs: dict[tuple[Any, Any], float | None] = {(a, b): 1.0 + i for i, (a, b) in enumerate(itertools.product(A, B))}
    assert "a " in what_moves(planted(costs))
    other = planted(costs, {50: "p", 100: "q", 200: "r"})
    assert "No effect on energy_j is given for a (its values have different problems)" in " ".join(findings(other))
    assert "a " not in what_moves(other).partition(": ")[2]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"t_s.value": None, "t_s.value_low": 2.0, "t_s.value_high": None}, "more than 2.00 s"),
        ({"t_s.value": 3.0, "t_s.value_low": 2.0, "t_s.value_high": None}, "3.000 s (2.00 s to unbounded)"),
        ({"t_s.value": 3.0, "t_s.value_low": 2.0, "t_s.value_high": 9.0}, "3.000 s (2.00 s to 9.00 s)"),
        ({"t_s.value": None, "t_s.value_low": None, "t_s.value_high": None}, "-"),
    ],
)
def test_values_with_intervals(row: dict[str, Any], told: str) -> None:
    assert show_with_interval(row, "t_s.value") == told


def test_small_intervals_are_shown_and_none_where_there_is_none() -> None:
    row = {"energy_j": 1e-9, "energy_j_ci95": 1.234e-15}
    assert show_with_interval(row, "energy_j") == "1.000 nJ +- 0.00012 %"
    assert show_with_interval({**row, "energy_j_ci95": 0.0}, "energy_j") == "1.000 nJ"


def test_the_reference_is_not_compared_with_itself(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"couplers.swing": "[0.1 V, 0.2 V]"}, metrics="energy_j, elapsed_s")
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    assert (table["best"], table["by_prices"]) == (0, None)
    assert not any(line.startswith("best against reference") for line in headline(table))


def test_a_terminal_shows_a_bounded_number_of_lines() -> None:
    costs: dict[tuple[Any, Any], float | None] = {(a, "x"): 1.0 + a for a in range(5_000)}
    table = planted(costs)
    for row in table["rows"]:
        row["elapsed_s"] = 1 / row["energy_j"]
        row["failure"] = ""
    table["front"] = pareto_front(table["rows"], ["energy_j", "elapsed_s"], [])
    for row in table["rows"][4_000:]:
        row |= {"status": "skipped", "failure": f"reason {row['point'] % 30}"}
    console = Console(record=True, width=150, file=io.StringIO())
    print_sweep(table, console)
    said = console.export_text()
    assert "40 of 5000 points on the Pareto front" in said
    assert "skipped: a=4000, b=x (and 33 more): reason 10" in said
    assert "20 more reasons in sweep.csv" in said
    assert said.count("\n") < 60


def test_one_success_is_no_bare_number(tmp_path: Path) -> None:
    """Energy to solution has its interval in the table; what was never solved has a bound."""
    schedule = "mode: anneal, beta: {start: 0.1, end: 2, steps: 10}, sweeps: 20"
    axes = {"target.value": "[-16, -1000]"}
    path = write_sweep(tmp_path, axes, metrics="energy_to_solution_j.value, energy_j", schedule=schedule)
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    solved, never = table["rows"]
    metric = "energy_to_solution_j.value"
    assert solved[f"{metric}_low"] <= solved[metric] <= (solved[f"{metric}_high"] or math.inf)
    assert never[metric] is None
    assert never[f"{metric}_low"] > 0
    assert show_with_interval(never, metric).startswith("more than ")
    said = " ".join(findings(table))
    assert "1 point is left out: their energy_to_solution_j.value is not known; of 1 only a lower bound is." in said
    assert table["best"] == 0


def test_metrics_that_are_no_numbers_are_left_out_and_counted(tmp_path: Path) -> None:
    """Case 56: never best, never on a front, and files of it are JSON."""
    path = write_sweep(tmp_path, {"cells.gain": "[1, 2, 3, 4]"}, metrics="energy_j, elapsed_s")
    sweep = Sweep(read_sweep(str(path)), tmp_path / "out")
    sweep.run()
    records = {point.key: sweep.status.records[point.key] for point in sweep.points}
    for record, value in zip(records.values(), (math.nan, -math.inf, None, 5.0), strict=True):
        record["figures"]["energy_j"] = value
    table = build_table(sweep.spec, sweep.points, records, 0)
    assert table["best"] == 3
    assert table["front"] == [3]
    assert [row["energy_j"] for row in table["rows"]] == [None, None, None, 5.0]
    assert "3 points are left out: their energy_j is not known." in findings(table)
    assert json.loads(plain_json(table))["best"] == 3
    assert "nan" not in " ".join(headline(table)).lower()
    assert "<html" in sweep_page(table)


def test_designs_that_solve_another_problem_are_not_crowned(tmp_path: Path) -> None:
    """Fewer couplers make an easier problem, and the cheaper run."""
    axes = {"fabric.pattern": "[king, square]", "couplers.swing": "[0.1 V, 0.2 V]"}
    path = write_sweep(tmp_path, axes, "reference: {fabric.pattern: king}", metrics="energy_j, elapsed_s")
    text = path.read_text().replace("[king,", "[kings,").replace("pattern: king}", "pattern: kings}")
    path.write_text(text)
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    costs = [row["energy_j"] for row in table["rows"]]
    assert min(costs) == costs[2]
    assert table["best"] == 0
    assert {table["rows"][i]["fabric.pattern"] for i in table["front"]} == {"kings"}
    said = findings(table)
    assert "2 points are neither best nor on the front: their problem differs from the reference." in said
    assert any("for fabric.pattern (its values have different problems)" in sentence for sentence in said)
    assert "of 2 points that are compared" in headline(table)[1]


def test_designs_that_break_a_constraint_are_left_out(tmp_path: Path) -> None:
    bounded = "constraints: ['energy_by_group_j.fabric < 1 fJ']"
    path = write_sweep(tmp_path, {"couplers.swing": "[0.1 V, 0.2 V]"}, metrics="energy_j, elapsed_s")
    free = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    fabric = [free["rows"][0]["energy_j"], free["rows"][1]["energy_j"]]
    bound = f"energy_j > {sum(fabric) / 2} J"
    path.write_text(path.read_text() + f"constraints: ['{bound}']\n")
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    assert (free["best"], table["best"]) == (0, 1)
    assert table["front"] == [1]
    assert f"1 point is neither best nor on the front: they violate {bound}." in findings(table)
    path.write_text(path.read_text().replace(f"constraints: ['{bound}']", bounded))
    none = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    assert none["best"] is None
    assert findings(none)[0] == "No point has energy_j."


def test_bounds_have_the_unit_of_their_metric() -> None:
    from chipsim.errors import SpecError
    from chipsim.spec.document import Document

    document = Document("s.yaml", {"constraints": []})
    (one,) = read_constraints(document, ["area_m2 <= 2 mm^2"])
    assert (one.metric, one.bound) == ("area_m2", pytest.approx(2e-6))
    assert one.kept_by(2e-6)
    assert not one.kept_by(2.1e-6)
    assert not one.kept_by(math.nan)
    assert not one.kept_by(None)
    for wrong in ("area_m2 < 2", "area_m2 = 2 mm^2", "tau_int_sweeps < 2 ns", "area_m2 < 2 J"):
        with pytest.raises(SpecError):
            read_constraints(document, [wrong])


@pytest.mark.parametrize("seed", range(40))
def test_fronts_against_brute_force(seed: int) -> None:
    """Ties, mixed directions and missing values."""
    random = np.random.default_rng(seed)
    rows = [
        {"u": float(random.integers(6)), "v": float(random.integers(6))}
        if random.random() < 0.8
        else {"u": None, "v": 1.0}
        for _ in range(30)
    ]
    rows[3]["u"], rows[4]["v"] = math.nan, math.inf
    maximise = [metric for metric in ("u", "v") if random.random() < 0.5]
    signs = [-1 if metric in maximise else 1 for metric in ("u", "v")]

    def cost(row: Any) -> tuple[float, ...] | None:
        found = [row["u"], row["v"]]
        if any(value is None or not math.isfinite(value) for value in found):
            return None
        return tuple(sign * value for sign, value in zip(signs, found, strict=True))

    costs = {i: c for i, row in enumerate(rows) if (c := cost(row)) is not None}
    front = {
        i for i, mine in costs.items()
        if not any(all(o <= m for o, m in zip(other, mine, strict=True)) and other != mine for other in costs.values())
    }  # fmt: skip
    assert {*pareto_front(rows, ["u", "v"], maximise)} == front


def test_a_difference_within_its_interval_is_not_resolved() -> None:
    """Prices alone say which is better; sampling does not."""
    costs: dict[tuple[Any, Any], float | None] = {(50, "x"): 1.0, (100, "x"): 1.03, (200, "x"): 1.5}
    table = planted(costs, by_prices={"low": -0.05, "value": -0.03, "high": -0.01, "reversing": []}, reference=1)
    for row in table["rows"]:
        row |= {"energy_j_ci95": 0.04, "energy_j_minus_reference_ci95": 0.02}
    lines = headline(table)
    assert "best against reference: -30.0 mJ +- 20.0 mJ (95 %), -50.0 mJ to -10.0 mJ at any prices" in lines[2]
    assert lines[2].endswith("so no price reverses which is better")
    assert lines[3] == "not resolved from the best (95 %, unpaired): 1 other point"
    table["rows"][0]["energy_j_minus_reference_ci95"] = 0.05
    assert headline(table)[2].endswith("; not resolved by sampling")
    assert "no price reverses" not in " ".join(headline(table) + findings(table))
    table["rows"][0]["energy_j_ci95"] = table["rows"][1]["energy_j_ci95"] = 0.01
    assert not any("not resolved from the best" in line for line in headline(table))


def test_lint_of_points_and_delivered_samples_are_stated(tmp_path: Path) -> None:
    path = write_sweep(
        tmp_path, {"readout.wire_length": "[24 um, 24 mm]"}, schedule="mode: sample, beta: 0.3, sweeps: 400"
    )
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    assert "wire-length" in table["rows"][1]["lint"]
    assert any(line.startswith("lint wire-length: ") for line in headline(table))
    best = table["rows"][table["best"]]
    assert best["delivered_samples"] < best["effective_samples"]
    said = f"{best['delivered_samples']:,.0f} of {best['effective_samples']:,.0f} effective samples are delivered"
    assert said in " ".join(findings(table))


def test_a_point_with_two_reasons_is_left_out_once() -> None:
    costs: dict[tuple[Any, Any], float | None] = {(50, "x"): 1.0, (100, "x"): 2.0, (200, "x"): 3.0}
    rules = ["energy_j < 2 J", "elapsed_s < 0.5 s"]
    table = planted(costs, constraints=rules, left_out={rules[0]: 2, rules[1]: 1}, fit=[0], best=0)
    said = [line for line in findings(table) if "neither best nor on the front" in line]
    assert len(said) == 1
    assert said[0].startswith("2 points are neither best nor on the front: ")
    assert f"{rules[0]} (2)" in said[0]
    assert f"{rules[1]} (1)" in said[0]


def test_random_points_without_a_reference_are_not_compared_with_the_first(tmp_path: Path) -> None:
    axes = {"couplers.swing": "{from: 0.1 V, to: 0.3 V}"}
    path = write_sweep(tmp_path, axes, "points: {random: 3, seed: 1}", metrics="energy_j, elapsed_s")
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    assert table["by_prices"] is None


def test_exact_ties_are_counted() -> None:
    costs: dict[tuple[Any, Any], float | None] = {(50, "x"): 1.0, (100, "x"): 1.0, (200, "x"): 1.5}
    lines = headline(planted(costs))
    assert "not resolved from the best (95 %, unpaired): 1 other point" in lines
