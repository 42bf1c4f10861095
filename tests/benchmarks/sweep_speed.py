"""How much faster is a sweep of 200 points on two processes than on one, and how long does repeating it take?

    python tests/benchmarks/sweep_speed.py

Run it on a machine with two idle cores. The kernels are compiled before the clock starts.
"""

from __future__ import annotations

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
LEAST_SPEEDUP = 1.7
LONGEST_REPEAT_S = 2.0


def timed(sweep: Path, folder: Path, jobs: int) -> float:
    """Wall time of the command."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "chipsim.cli", "sweep", str(sweep), "-o", str(folder), "--jobs", str(jobs)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure, print, and fail when it is slower than promised."""
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
    if one / two < LEAST_SPEEDUP or repeat > LONGEST_REPEAT_S or not same:
        sys.exit(f"wanted {LEAST_SPEEDUP} times, {LONGEST_REPEAT_S} s, equal tables ({same=})")


if __name__ == "__main__":
    main()
