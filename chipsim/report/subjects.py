"""What `chipsim report` shows: a run, a sweep, or several runs side by side; each in the terminal and as files."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipsim.errors import RunError
from chipsim.files import write_atomically
from chipsim.report.tables import ledger_csv, plain_json, summary_json
from chipsim.results.result import Run
from chipsim.results.store import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from chipsim.report.comparison import Comparison


def _start_drawing() -> None:
    """Load matplotlib; that it has no folder for its cache is no matter for a report.

    Raises:
        RunError: the environment names a backend that it does not know.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        import matplotlib.figure  # noqa: F401
    except ValueError as error:
        cause = " ".join(str(error).partition(";")[0].split())
        raise RunError(f"matplotlib: {cause}; correct MPLBACKEND, or unset it", code="run.environment") from None
    finally:
        log.setLevel(level)


class Subject(ABC):
    """Something that can be reported. Drawing loads matplotlib, so only pages and figures do."""

    @abstractmethod
    def show(self, console: Console, verbose: bool = False) -> None:
        """Print it: what fits on a screen, or all of it."""

    @abstractmethod
    def html(self) -> str:
        """One self-contained page."""

    @abstractmethod
    def csv(self) -> str:
        """Its table, raw SI values."""

    @abstractmethod
    def json(self) -> str:
        """Everything that is known."""

    @abstractmethod
    def figures(self) -> dict[str, Figure]:
        """All figures, by name."""


class OneRun(Subject):
    """A run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def show(self, console: Console, verbose: bool = False) -> None:
        """Print the ledger."""
        from chipsim.report.terminal import print_summary

        print_summary(self.run.summary, console, verbose)

    def html(self) -> str:
        """The page of the run."""
        _start_drawing()
        from chipsim.report.page import html_page

        return html_page(self.run)

    def csv(self) -> str:
        """The ledger."""
        return ledger_csv(self.run.summary)

    def json(self) -> str:
        """The summary."""
        return summary_json(self.run.summary)

    def figures(self) -> dict[str, Figure]:
        """Those of the page."""
        _start_drawing()
        from chipsim.report.figures import figures_of

        return figures_of(self.run)


class OneSweep(Subject):
    """A sweep: its table, as plain values and as CSV."""

    def __init__(self, table: dict[str, Any], table_csv: str) -> None:
        self.table, self.table_csv = table, table_csv

    def show(self, console: Console, verbose: bool = False) -> None:
        """Print the points."""
        from chipsim.report.sweep_terminal import print_sweep

        print_sweep(self.table, console)

    def html(self) -> str:
        """The page of the sweep."""
        _start_drawing()
        from chipsim.report.sweep_page import sweep_page

        return sweep_page(self.table)

    def csv(self) -> str:
        """The points."""
        return self.table_csv

    def json(self) -> str:
        """The table."""
        return plain_json(self.table)

    def figures(self) -> dict[str, Figure]:
        """Those of the page."""
        _start_drawing()
        from chipsim.report.sweep_figures import figures_of

        return figures_of(self.table)


class SideBySide(Subject):
    """Several runs."""

    def __init__(self, compared: Comparison) -> None:
        self.compared = compared

    def show(self, console: Console, verbose: bool = False) -> None:
        """Print their figures, and why energies differ."""
        from chipsim.report.comparison_terminal import print_comparison

        print_comparison(self.compared, console)

    def html(self) -> str:
        """The page that compares them."""
        _start_drawing()
        from chipsim.report.comparison_page import comparison_page

        return comparison_page(self.compared)

    def csv(self) -> str:
        """Their ledgers."""
        from chipsim.report.comparison import ledgers_csv

        return ledgers_csv(self.compared)

    def json(self) -> str:
        """Their summaries, in a list."""
        return plain_json([run.summary.to_json() for run in self.compared.runs.values()])

    def figures(self) -> dict[str, Figure]:
        """Those of the page."""
        _start_drawing()
        from chipsim.report.comparison_figures import figures_of

        return figures_of(self.compared)


def subject_of(paths: list[str]) -> Subject:
    """The subject of these results: a run, or several runs.

    Raises:
        RunError: one cannot be read, or one is a folder.
    """
    if len(paths) > 1:
        folders = [path for path in paths if Path(path).is_dir()]
        if folders:
            raise RunError(
                f"{folders[0]}: is a folder; only runs can be compared, name their files",
                code="result.not-comparable",
            )
        from chipsim.report.comparison import read_runs

        return SideBySide(read_runs(paths))
    return OneRun(load(paths[0]))


def write_figures(subject: Subject, folder: Path) -> Iterator[Path]:
    """Write each figure as SVG and as PNG; the paths, as they are written.

    Raises:
        RunError: the folder cannot be made, or a file not written.
    """
    from chipsim.report.drawing import files

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder}: the folder cannot be made: {error.strerror}", code="file.not-writable") from None
    for name, content in files(subject.figures()):
        write_atomically(folder / name, content)
        yield folder / name
