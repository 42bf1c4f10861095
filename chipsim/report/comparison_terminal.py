"""Several runs side by side in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from chipsim.report.comparison import Comparison, Line, change_lines, figure_lines, spec_lines
from chipsim.report.comparison_findings import findings
from chipsim.report.fitting import FittedTable


def print_comparison(compared: Comparison, console: Console) -> None:
    """Print what they show, their figures, why energies differ from the first, and what differs in the specs."""
    names = list(compared.runs)
    for sentence in findings(compared):
        console.print(Text(sentence, overflow="fold"))
    console.print()
    console.print(_table(names, figure_lines(compared)))
    console.print(Text(f"\nwhy the energy differs from {compared.first}", style="italic"))
    console.print(_table(names, change_lines(compared)))
    differences = spec_lines(compared)
    if differences:
        console.print(Text("\nwhat differs in the specs, in SI units", style="italic"))
        console.print(_table(names, differences))


def _table(names: list[str], lines: list[Line]) -> FittedTable:
    table = FittedTable("", [("", False), *((name, True) for name in names)])
    for line in lines:
        table.add_row(line.label, *line.cells)
    return table
