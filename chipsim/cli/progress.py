"""Progress on stderr: sweeps of a run, points of a parameter sweep."""

from __future__ import annotations

from typing import Any

from chipsim.cli.common import (
    console,
)
from chipsim.rounding import rounded

# Seconds between progress lines without a terminal.
PLAIN_LINE_S = 5.0
# And in a terminal: a point may take less time than writing a line.
MOVING_LINE_S = 0.1


class SweepsProgress:
    """A progress bar on stderr: sweeps, simulated time, updates per nanosecond. Silent without a terminal."""

    def __init__(self, sweeps: int, updates_per_sweep: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.sweeps, self.updates_per_sweep, self.done = sweeps, updates_per_sweep, 0
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("sweeps {task.fields[more]}", markup=False),
            TimeRemainingColumn(),
        )
        terminal = console(stderr=True)
        self.bar = Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)
        self.task = self.bar.add_task("", total=sweeps or None, more="")

    def __enter__(self) -> Any:
        self.bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, device: Any, sweeps: int) -> None:
        """Called after each call of the kernel."""
        from chipsim.units import show, to_seconds

        self.done += sweeps
        rate = self.done * self.updates_per_sweep / max(device.kernel_s, 1e-9) * 1e-9
        simulated = show(to_seconds(device.timeline.elapsed_fs), "s", 3)
        self.bar.update(self.task, advance=sweeps, more=f"{simulated} simulated, {rounded(rate, '.2f')} updates/ns")


class PointsProgress:
    """Points done, the best so far and the time left: a live line in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self.terminal = console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("points {task.fields[more]}", markup=False))
        self.bar = Progress(*columns, console=self.terminal, transient=True, disable=not self.terminal.is_terminal)
        self.task = self.bar.add_task("", total=None, more="")
        self.shown_at = -PLAIN_LINE_S

    def __enter__(self) -> Any:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def tell(self, text: str) -> None:
        """Print a line that stays."""
        self.terminal.print(text, markup=False, soft_wrap=True)

    def show(self, job: Any) -> None:
        """Called with the sweep after each point."""
        import time

        from chipsim.report.sweep_terminal import progress_line

        status, now = job.status, time.monotonic()
        last = len(status.records) == status.total
        if not last and now - self.shown_at < (MOVING_LINE_S if self.terminal.is_terminal else PLAIN_LINE_S):
            return
        self.shown_at = now
        line = progress_line(job.best(), status.left_s, status.records.failed)
        self.bar.update(self.task, completed=len(status.records), total=status.total, more=line)
        if not self.terminal.is_terminal:
            self.tell(f"{len(status.records)} of {status.total} points{line}")
