"""How much faster is a sweep of 200 points on two processes than on one, and how long does repeating it take?

    python tests/benchmarks/sweep_speed.py
    python tests/benchmarks/sweep_speed.py large [ACTIVITIES [PRICES]]

`large` simulates 10,000 points with the smallest chip, prices each 10 times, and then repeats and reports the sweep:
seconds of the processor of all processes, and the memory of the largest.

Run it on a machine with two idle cores. The kernels are compiled before the clock starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWEEP = """chipsim: 1
name: speed
chip: dtca-70
workload: spin-glass
set: { schedule.sweeps: 700, schedule.beta: 0.15 }
axes:
  cells.relaxation_time: { from: 50 ns, to: 200 ns, points: 20, spacing: log }
  couplers.weight_bits: [3, 4, 5, 6, 8]
  couplers.swing: [0.1 V, 0.2 V]
metrics: [joules_per_effective_sample, seconds_per_effective_sample]
"""
LARGE = """chipsim: 1
name: large
chip: tiny
workload: spin-glass
set: {{ schedule.sweeps: 4 }}
axes:
  cells.relaxation_time: {{ from: 50 ns, to: 400 ns, points: {activities} }}
  prices.host.memory.energy: {{ from: 1.4 nJ, to: 2 nJ, points: {prices} }}
metrics: [energy_j, elapsed_s]
"""
LEAST_SPEEDUP = 1.7
LARGEST_REPEAT = 0.05  # of the time on one process


def timed(sweep: Path, folder: Path, jobs: int) -> float:
    """Wall time of the command."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "chipsim.cli", "sweep", str(sweep), "-o", str(folder), "--jobs", str(jobs)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def large(activities: int = 10_000, prices: int = 10) -> None:
    """A sweep of many points: made, planned and tabulated again, and reported."""
    with tempfile.TemporaryDirectory() as name:
        sweep, folder = Path(name) / "large.yaml", Path(name) / "out"
        sweep.write_text(LARGE.format(activities=activities, prices=prices))
        steps = {
            "made": ["sweep", str(sweep), "-o", str(folder), "--jobs", "2"],
            "repeated": ["sweep", str(sweep), "-o", str(folder)],
            "reported": ["report", str(folder), "--html", str(Path(name) / "page.html")],
        }
        for step, words in steps.items():
            process = subprocess.Popen([sys.executable, "-m", "chipsim.cli", *words], stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            spent = used.ru_utime + used.ru_stime
            each = f"{spent / (activities * prices) * 1e3:.2f} ms a point"
            print(f"{step}: {spent:.1f} s, {each}, {used.ru_maxrss / 2**20:.2f} GiB", flush=True)
            if status:
                sys.exit(f"{words[0]} failed")


def main() -> None:
    """Measure, print, and fail when it is slower than promised."""
    if sys.argv[1:2] == ["large"]:
        large(*map(int, sys.argv[2:]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm, sweep = folder / "warm.yaml", folder / "sweep.yaml"
        sweep.write_text(SWEEP)
        warm.write_text(SWEEP.replace("points: 20", "points: 2"))
        timed(warm, folder / "warm", 1)
        two, one = timed(sweep, folder / "two", 2), timed(sweep, folder / "one", 1)
        repeat = timed(sweep, folder / "two", 2)
        same = (folder / "one" / "sweep.csv").read_bytes() == (folder / "two" / "sweep.csv").read_bytes()
    print(
        f"200 points: {one:.1f} s on one process, {two:.1f} s on two: {one / two:.2f} times; repeated in {repeat:.2f} s"
    )
    if one / two < LEAST_SPEEDUP or repeat > LARGEST_REPEAT * one or not same:
        sys.exit(f"wanted {LEAST_SPEEDUP} times, a repeat in {LARGEST_REPEAT:.0%} of the time, equal tables ({same=})")


if __name__ == "__main__":
    main()
