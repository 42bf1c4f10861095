"""The page of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from chipsim.ledger.ledger import LedgerRow
from chipsim.report.claims import claim_tables
from chipsim.report.drawing import drawings
from chipsim.report.figures import curve_name, figures_of
from chipsim.report.headline import bottleneck_sentence, headline, jobs_shown, repetition, settings
from chipsim.report.images import pictures
from chipsim.report.pages import render
from chipsim.report.phases import phase_groups
from chipsim.report.sections import cell, head
from chipsim.report.terminal import notes
from chipsim.report.tiles import tiles
from chipsim.results.result import Run
from chipsim.results.summary import Summary
from chipsim.units import show_amount
from chipsim.workloads.sections import Column, Curve, Table, Value

# Groups of phases in a table, which holds more than a figure.
MAX_PHASES = 40


def html_page(run: Run) -> str:
    """The page as text."""
    summary = run.summary
    sections = summary.workload.sections
    images = list(pictures(sections, run.arrays))
    return render(
        "page.html.j2",
        page_title=f"{summary.core.request.chip} on {summary.workload.name}",
        contents=list(_contents(bool(images), bool(summary.priced.platforms))),
        core=summary.core,
        priced=summary.priced,
        workload=summary.workload.name,
        settings=settings(summary),
        tiles=tiles(summary),
        bottleneck=bottleneck_sentence(summary),
        jobs=[int(jobs) for jobs in jobs_shown(summary)],
        repetition=repetition(summary),
        headline=headline(summary),
        notes=notes(summary),
        figures=drawings(figures_of(run)),
        curves=[(section.title, curve_name(section)) for section in sections if isinstance(section, Curve)],
        tables=[_table(section) for section in (*claim_tables(summary), *sections) if isinstance(section, Table)],
        pictures=images,
        ledger=ledger_parts(summary),
        phases=phase_groups(summary.priced.phases, MAX_PHASES),
        sources=run.sources,
        amount=show_amount,
    )


def _contents(images: bool, platforms: bool) -> Iterator[tuple[str, str]]:
    """(id, name) of each section."""
    yield "scopes", "Scopes"
    if images:
        yield "images", "Images"
    yield from (
        ("energy", "Energy"),
        ("time", "Time"),
        ("results", "Results"),
        ("ledger", "Ledger"),
        ("notes", "Prices"),
        *((("platforms", "Platforms"),) if platforms else ()),
        ("phases", "Phases"),
        ("again", "Reproduce"),
    )


@dataclass(frozen=True)
class LedgerPart:
    """The rows of one component and their sums."""

    name: str
    rows: tuple[LedgerRow, ...]

    @property
    def energy_j(self) -> float:
        """Energy of all of them."""
        return math.fsum(row.energy_j or 0.0 for row in self.rows)

    @property
    def low_j(self) -> float:
        """With all prices at their low bounds."""
        return math.fsum(row.low_j for row in self.rows)

    @property
    def high_j(self) -> float:
        """With all prices at their high bounds."""
        return math.fsum(row.high_j for row in self.rows)


def ledger_parts(summary: Summary) -> list[LedgerPart]:
    """The ledger by component, in its order."""
    rows: dict[str, list[LedgerRow]] = {}
    for row in summary.priced.ledger:
        name = f"{row.component} \N{MULTIPLICATION SIGN}{row.instances:,}" if row.instances > 1 else row.component
        rows.setdefault(name, []).append(row)
    return [LedgerPart(name, tuple(each)) for name, each in rows.items()]


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, its value to sort by, and whether it is a number."""

    text: str
    value: Value
    number: bool


def _table(section: Table) -> tuple[str, str, list[str], list[list[Cell]]]:
    """(title, note, heads, rows) of a workload's table."""
    rows = [[_cell(*pair) for pair in zip(row, section.columns, strict=True)] for row in section.rows]
    return section.title, section.note, [head(column) for column in section.columns], rows


def _cell(value: Value, column: Column) -> Cell:
    return Cell(cell(value, column), value, not isinstance(value, str))
