"""Random sweeps against single runs and a brute-force front: types, ranges, units, orders, prices, what cannot be."""

from __future__ import annotations

import operator
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support_sweeps import brute_force_front, inline_workers, write_sweep

import chipsim
from chipsim import units
from chipsim.errors import ChipsimError
from chipsim.sweeps import driver
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

# Path -> ways to write it, and how many different values each has; None where points are drawn from a range.
AXES: dict[str, list[tuple[str, int]]] = {
    "cells.relaxation_time": [
        ("[50 ns, 0.05 us, 5e-8 s, 100 ns]", 2),
        ("[200 ns, 100 ns]", 2),
        ("{from: 50 ns, to: 400 ns, points: 3, spacing: log}", 3),
        ("{from: 0.05 us, to: 0.4 us, points: 2}", 2),
    ],
    "couplers.swing": [("[0.1 V, 100 mV, 0.3 V]", 2), ("{from: 0.1 V, to: 0.3 V, points: 3}", 3)],
    "readout.time": [("[0.02 us, 20 ns, 10 ns]", 2), ("{from: 10 ns, to: 30 ns, points: 2}", 2)],
    "prices.coupler.toggle.energy": [("[1 fJ, 0.001 pJ, 5 fJ]", 2), ("{from: 1 fJ, to: 5 fJ, points: 3}", 3)],
    "prices.rng.on.power": [("[3 nW, 4 nW]", 2)],
    "fabric.size": [("[[4, 4], [2, 4]]", 2)],
    "fabric.pattern": [("[square, kings]", 2)],
    "schedule.sweeps": [("[40, 60]", 2), ("{from: 5, to: 60, points: 3}", 3), ("[5, 40, 5]", 2)],
    "cells.gain": [("[1, 2.5, 1.0]", 2), ("{from: 1, to: 4, points: 3}", 3)],
}
STEPS = {"schedule.beta.steps": [("[4, 20]", 2), ("{from: 2, to: 20, points: 3}", 3), ("[10, 4]", 2)]}
DRAWN = {
    "cells.relaxation_time": "{from: 50 ns, to: 400 ns, spacing: log}",
    "prices.coupler.toggle.energy": "{from: 1 fJ, to: 5 fJ}",
    "schedule.sweeps": "{from: 5, to: 8}",
    "cells.gain": "{from: 1, to: 2}",
}
METRICS = [
    "energy_j", "elapsed_s", "area_m2", "joules_per_effective_sample", "seconds_per_effective_sample",
    "mean_energy", "energy_by_group_j.fabric", "total_energy_j",
]  # fmt: skip
CONSTRAINTS = {"energy_j": "10 pJ", "elapsed_s": "8 us", "mean_energy": "-9"}
RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


class Drawn:
    """A random sweep, and what is known of it without reading it."""

    def __init__(self, number: int, folder: Path) -> None:
        draw = random.Random(number)
        self.metrics = draw.sample(METRICS, draw.randint(1, 4))
        self.maximise = [metric for metric in self.metrics if draw.random() < 0.3]
        self.constraints = [
            (metric, draw.choice([*RELATIONS]), bound) for metric, bound in CONSTRAINTS.items() if draw.random() < 0.2
        ]
        self.seed, self.lanes = draw.randrange(100), draw.choice([None, 8, 64])
        more = [f"seed: {self.seed}", f"maximise: {self.maximise}"]
        more += [f"lanes: {self.lanes}"] if self.lanes else []
        more += [f"constraints: {[' '.join(each) for each in self.constraints]}"]
        annealed = draw.random() < 0.3
        if draw.random() < 0.25:
            self.count = draw.randint(1, 4)
            axes = {path: DRAWN[path] for path in draw.sample([*DRAWN], draw.randint(1, 2))}
            method = draw.choice(["independent", "latin-hypercube", "sobol"])
            more += [f"points: {{random: {self.count}, seed: {number}, method: {method}}}"]
        else:
            pool = {**AXES, **STEPS}
            # More steps than sweeps cannot be.
            both = [*STEPS, "schedule.sweeps"] if annealed else []
            paths = draw.sample(both, 2) if draw.random() < 0.7 and both else draw.sample([*AXES], draw.randint(1, 2))
            written = {path: draw.choice(pool[path]) for path in paths}
            axes = {path: text for path, (text, _) in written.items()}
            self.count = 1
            for _, different in written.values():
                self.count *= different
        schedule = (
            "mode: anneal, beta: {start: 0.1, end: 1, steps: 4}, sweeps: 40"
            if annealed
            else "mode: sample, beta: 0.3, sweeps: 60"
        )
        self.paths = [*axes]
        self.file = write_sweep(folder, axes, "\n".join(more), ", ".join(self.metrics), schedule=schedule)
        self.specs = str(folder / "chip.yaml"), str(folder / "work.yaml")

    def single(self, row: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
        """(figures, complaint) of the run that a row stands for."""
        overrides = {path: row[path] for path in self.paths}
        try:
            run = chipsim.run(*self.specs, seed=self.seed, lanes=self.lanes, set=overrides)
        except ChipsimError as error:
            return None, str(error)
        asked = repr((overrides.get("fabric.size"), overrides.get("fabric.pattern")))
        return {**run.summary.metrics(), "problem": asked}, ""

    def keeps(self, figures: dict[str, Any]) -> bool:
        """Whether all constraints hold."""
        for metric, relation, bound in self.constraints:
            limit = (
                float(bound) if metric == "mean_energy" else units.parse(bound, "J" if metric == "energy_j" else "s")
            )
            value = figures.get(metric)
            if value is None or not RELATIONS[relation](value, limit):
                return False
        return True


def agrees_with_single_runs(number: int, folder: Path) -> Counter[str]:
    """Compute a random sweep, and everything that it says of its rows again; what became of its points."""
    drawn = Drawn(number, folder)
    try:
        table = Sweep(read_sweep(str(drawn.file)), folder / "out").run()
    except ChipsimError as error:
        # Every point has the same fault, which a single run has too, or a metric is of another kind of run.
        if error.code != "sweep.unknown-metric" and "schedule.beta" not in str(error):
            raise
        return Counter(refused=1)
    rows = table["rows"]
    assert len(rows) == drawn.count
    known: list[dict[str, Any] | None] = []
    for row in rows:
        figures, complaint = drawn.single(row)
        known.append(figures)
        assert (row["status"], row["failure"]) == ("done" if figures else "skipped", complaint)
        for name in [*drawn.metrics, "lanes", "run_id", "activity_id"] if figures else ():
            assert row[name] == figures[name], (name, row)
    base = known[0]
    fit = [
        i
        for i, mine in enumerate(known)
        if mine is not None and drawn.keeps(mine) and (base is None or mine["problem"] == base["problem"])
    ]
    assert table["fit"] == fit
    held = [{metric: known[i][metric] for metric in drawn.metrics} for i in fit]
    assert table["front"] == [fit[i] for i in brute_force_front(held, drawn.metrics[:2], drawn.maximise)]
    first, sign = drawn.metrics[0], -1 if drawn.metrics[0] in drawn.maximise else 1
    values = [(sign * mine[first], i) for mine, i in zip(held, fit, strict=True) if mine[first] is not None]
    assert table["best"] == (min(values)[1] if values else None)
    again = Sweep(read_sweep(str(drawn.file)), folder / "out")
    assert again.run() == table
    return Counter(row["status"] for row in rows)


def check(numbers: range, folder: Path) -> None:
    seen: Counter[str] = Counter()
    for number in numbers:
        place = folder / str(number)
        place.mkdir()
        seen += agrees_with_single_runs(number, place)
    assert seen["done"] > 2 * len(numbers)
    assert seen["skipped"] > len(numbers) // 20
    assert seen["refused"] < len(numbers) // 3


def test_some_random_sweeps(tmp_path: Path) -> None:
    check(range(20), tmp_path)


@pytest.mark.slow
def test_two_hundred_random_sweeps(tmp_path: Path) -> None:
    check(range(1_000, 1_200), tmp_path)
