"""`make sizes`: time, memory and disk of runs, trainings and sweeps against the estimates that `chipsim check` prints.

    python tests/benchmarks/sizes.py [CASE ...]    runs these cases, or all that are missing in reports/sizes.json

One axis at a time is varied from a common base of 10,000 cells with 12 neighbours, 64 lanes and 10 records; points of a
sweep, reads and 50,000 lanes from the chip `tiny`. Each case runs in a process of its own, with one thread, and is
written when it is done. A case that takes more than `LIMIT` is refused with the arithmetic, as by `--max-memory`. The
table is written into reports/sizes.txt. Ends with 1 where an estimate is off by more than a factor of 2, or of 3 for
disk.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chipsim.memory import show_bytes
from chipsim.units import show

REPORT = Path(__file__).parents[2] / "reports" / "sizes.json"
TABLE = REPORT.with_suffix(".txt")
LIMIT = 4 * 2**30
FACTORS = {"time": 2, "memory": 2, "disk": 3}

# Ends before it measures if it is to compile and cache kernels only.
MEASURE = """
import json, os, sys, time
from pathlib import Path
from chipsim.engine.cpu_time import command_s
from chipsim.runs.plan import planned
from chipsim.runs.simulate import simulate
from chipsim.runs.size import size_of
from chipsim.runs.train import size_of_its_training, train
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.size import size_of_sweep
from chipsim.sweeps.spec import read_sweep

case, limit, folder, compile_only = json.loads(sys.argv[1])
path, largest = Path(folder, "result"), []
if compile_only:
    small = {"fabric.size": [100, 100], "schedule.sweeps": 5, "schedule.record_every": 1}
    if case["do"] == "run":
        settings = case["set"] | small if case["chip"] == "dtca-70" else case["set"]
        simulate(planned(case["chip"], case["workload"], settings), lanes=1, threads=1)
    else:
        simulate(planned("tiny", "spin-glass", {"schedule.sweeps": 4}), lanes=1, threads=1)
    sys.exit()
if case["do"] == "sweep":
    spec = read_sweep(case["sweep"])
    size = size_of_sweep(spec)
    estimate, what = [max(size.memory, size.largest.total), size.disk], str(size)
    act = lambda: Sweep(spec, path, "inline").run()
elif case["do"] == "train":
    ready = planned(case["chip"], case["workload"], case["set"])
    size = size_of_its_training(ready)
    estimate, what = [size.total, size.disk], str(size)
    # Its file is largest before it is finished.
    act = lambda: train(ready, path, 0, 1, lambda _: largest.append(path.stat().st_size))
else:
    ready = planned(case["chip"], case["workload"], case["set"])
    size = size_of(ready, case["lanes"])
    estimate, what = [size.total, size.disk], str(size)
    act = lambda: simulate(ready, case["lanes"], threads=1).save(path)
found = {"estimate": [command_s(size.cpu_s), *estimate]}
if estimate[0] > limit:
    found["refused"] = what
else:
    act()
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    # `ru_maxrss` would begin with that of the process that started this one.
    peak = 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    # Since the process started, with its imports.
    found["measured"] = [time.process_time(), peak, max([sum(os.path.getsize(each) for each in files), *largest])]
print(json.dumps(found))
"""


def grid(side: int) -> dict[str, Any]:
    """A square of cells."""
    return {"fabric.size": [side, side]}


def ball(neighbours: int) -> dict[str, Any]:
    """A torus whose cells are coupled to so many nearest neighbours."""
    half = [(x, y) for y in range(50) for x in range(-49, 50) if y or x > 0]
    steps = sorted(half, key=lambda step: (step[0] ** 2 + step[1] ** 2, step))[: neighbours // 2]
    fabric = {"pattern": None, "displacements": [list(step) for step in steps], "borders": "torus"}
    return {f"fabric.{key}": value for key, value in fabric.items()}


def recorded(number: int) -> dict[str, Any]:
    """So many records, one a sweep."""
    return {"schedule.sweeps": number, "schedule.record_every": 1}


def run(settings: dict[str, Any], lanes: int = 64, chip: str = "dtca-70", workload: str = "spin-glass") -> Any:
    """A run."""
    return {"do": "run", "chip": chip, "workload": workload, "set": settings, "lanes": lanes}


def train(chip: str, workload: str, **settings: int) -> Any:
    """A training of two epochs."""
    named = {"training.epochs": 2, **{f"training.{key}": value for key, value in settings.items()}}
    return {"do": "train", "chip": chip, "workload": workload, "set": named}


def sweep(simulations: int, prices: int) -> Any:
    """A sweep of so many simulations, each at so many prices."""
    axes = {
        "cells.relaxation_time": {"from": "50 ns", "to": "400 ns", "points": simulations},
        "prices.host.memory.energy": {"from": "1.4 nJ", "to": "2 nJ", "points": prices},
    }
    spec = {"chipsim": 1, "name": "points", "chip": "tiny", "workload": "spin-glass", "set": {"schedule.sweeps": 4}}
    return {"do": "sweep", "sweep": {**spec, "axes": axes, "metrics": ["energy_j", "elapsed_s"]}}


# Simulations and prices of each: with 10 prices each, 100,000 points would take an hour of simulations.
POINTS = ((5, 2), (10, 10), (100, 10), (1000, 10), (200, 500))
BASE = {**grid(100), "schedule.sweeps": 200, "schedule.record_every": 20, "problem.native": "gaussian"}
CASES: dict[str, Any] = {
    **{f"{side**2:,} cells": run({**BASE, **grid(side)}) for side in (32, 100, 316, 1000, 3162)},
    **{f"{number:,} neighbours": run({**BASE, **ball(number)}) for number in (12, 100, 1000, 5000)},
    **{f"{lanes:,} lanes": run(BASE, lanes) for lanes in (64, 640, 2000, 10_000)},
    **{f"{number:,} records": run({**BASE, **recorded(number)}) for number in (10, 100, 1000, 10_000, 100_000)},
    "640 lanes, 200 records": run({**BASE, **recorded(200)}, 640),
    "50,000 lanes, 16 cells": run({"schedule.sweeps": 20}, 50_000, "tiny"),
    "10,000 reads, 16 cells": run({"schedule.sweeps": 10_000, "schedule.read_every": 1}, 64, "tiny"),
    **{f"{many * prices:,} points": sweep(many, prices) for many, prices in POINTS},
    "matrix of 8": run({"schedule.samples": 10_000}, 64, "spu-8", "inverse"),
    "matrix of 256": run({"schedule.samples": 1000, "matrix.size": 256}, 64, "ou-256", "gaussian-sample"),
    "natural gradients": run({"training.iterations": 8}, 1, "tngd-10k", "fashion-classifier"),
    "training of dtca-70": train("dtca-70", "fashion-dtm-small", steps=4),
    "training of a net": train("any-graph", "fashion-dense"),
}


def measured(name: str) -> dict[str, Any]:
    """A case in a process of its own: seconds, bytes of memory and of disk, estimated and measured.

    A process before it caches the kernels, so that what is measured is what a user waits for from the second time on.
    """
    for compile_only in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-c", MEASURE, json.dumps([CASES[name], LIMIT, folder, compile_only])]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip() or done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def misfits(found: dict[str, Any]) -> list[str]:
    """What is off by more than its factor."""
    if "refused" in found:
        return []
    out = []
    for (what, factor), estimate, value in zip(FACTORS.items(), found["estimate"], found["measured"], strict=True):
        if not value / factor <= estimate <= value * factor:
            out.append(what)
    return out


def table(known: dict[str, Any]) -> Table:
    """Estimates with what was measured."""
    out = Table("case", "time", "measured", "memory", "measured", "disk", "measured", box=None)
    for name in (name for name in CASES if name in known):
        found = known[name]
        time, memory, disk = found["estimate"]
        spent = found.get("measured")
        cells = ("refused", "", "") if spent is None else (show(spent[0], "s", 2), *map(show_bytes, spent[1:]))
        out.add_row(name, show(time, "s", 2), cells[0], show_bytes(memory), cells[1], show_bytes(disk), cells[2])
    return out


def main(names: list[str]) -> int:
    """Run what is missing or named, and write the table."""
    known: dict[str, Any] = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name in names or [name for name in CASES if name not in known]:
        known[name] = measured(name)
        REPORT.write_text(json.dumps(known, indent=1) + "\n")
        print(name, known[name], *misfits(known[name]), flush=True)
    with TABLE.open("w") as file:
        Console(width=110, file=file).print(table(known))
    print(TABLE.read_text())
    off = {name: wrong for name, found in known.items() if (wrong := misfits(found))}
    print("\n".join(f"{name}: {' and '.join(wrong)} off by too much" for name, wrong in off.items()))
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
