"""A run in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from chipsim.ledger.core import Holding
from chipsim.ledger.ledger import LedgerRow
from chipsim.report.claims import claim_tables
from chipsim.report.fitting import FittedTable, shortened
from chipsim.report.headline import Line, brief, headline, percent, repetition, title
from chipsim.report.sections import cell, head
from chipsim.results.diff import Diff
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show, show_amount, show_area, show_chance, show_ratio
from chipsim.workloads import sections

NAME_WIDTH = 8
# Entries of ids that are named one by one.
MAX_ENTRIES = 12
# Lines of the short form, so that it fits on a screen of 24 together with what a command prints below it.
MAX_LINES = 20
# Columns of the claim tables that a narrow terminal leaves out, in this order; the page has all.
GIVING_WAY = ("passes at 100", "passes at 1", "at 100", "at 1", "low", "high")


def render(summary: Summary) -> RenderableType:
    """The long form: the whole headline, tables of the workload, the whole ledger, the claim tables and notes."""
    parts: list[RenderableType] = [_title(summary), *named_lines(headline(summary)), Text()]
    for section in summary.workload.sections:
        if isinstance(section, sections.Table):
            parts += [*titled_table(section), Text()]
    parts += [ledger_table(summary), Text(), groups_table(summary), Text()]
    for table in claim_tables(summary):
        names = {column.name for column in table.columns}
        parts += [*titled_table(table, tuple(name for name in GIVING_WAY if name in names)), Text()]
    parts += [Text(note, overflow="fold") for note in notes(summary)]
    return Group(*parts)


def render_brief(summary: Summary, width: int) -> RenderableType:
    """The short form, at most MAX_LINES lines unless narrow: the first figures and the largest rows of the ledger."""
    lines = [shortened(line, width) for line in (_title(summary), *named_lines(brief(summary)))]
    notes = [shortened(note, width) for note in (*_unpriced(summary), *_lint_rules(summary))]
    # Beside the lines: an empty one, the head of the table and its total.
    return Group(*lines, Text(), _largest_rows(summary, MAX_LINES - len(lines) - len(notes) - 3), *notes)


def _title(summary: Summary) -> Text:
    return Text(title(summary), style="bold", overflow="fold")


def _largest_rows(summary: Summary, most: int) -> FittedTable:
    """The largest rows of the ledger and how much the others take together."""
    names = ["component", "action", "count", "", "energy", "share", "grade"]
    table = FittedTable("", [(name, name in ("count", "energy", "share")) for name in names], ("grade", "share"))
    total = summary.priced.energy_j
    paid = sorted((row for row in summary.priced.ledger if row.energy_j), key=lambda row: -(row.energy_j or 0.0))
    shown = paid if len(paid) <= most else paid[: most - 1]
    for row in shown:
        cells = list(_ledger_cells(row, total))
        table.add_row(*cells[:6], row.grade)
    rest = sum(row.energy_j or 0.0 for row in paid[len(shown) :])
    if len(shown) < len(paid):
        table.add_row(f"{len(paid) - len(shown)} more (-v)", "", "", "", show(rest, "J"), percent(rest / total), "")
    table.add_row("total", "", "", "", show(total, "J"), "100.0%" if total else "", "", style="bold")
    return table


def _unpriced(summary: Summary) -> list[Text]:
    names = summary.priced.unpriced
    text = Text(f"unpriced, not in the total: {', '.join(names)}", style="yellow")
    return [text] if names else []


def _lint_rules(summary: Summary) -> list[Text]:
    rules = dict.fromkeys(finding.rule for finding in summary.priced.lint)
    text = Text(f"lint: {', '.join(rules)} (-v explains)", style="yellow")
    return [text] if rules else []


def named_lines(lines: list[Line]) -> list[Text]:
    """Lines with their names in a column."""
    width = max([NAME_WIDTH, *(len(name) for name, _ in lines)])
    return [Text(f"{name:{width}} {text}", overflow="fold") for name, text in lines]


def titled_table(section: sections.Table, optional: Sequence[str] = ()) -> Iterator[RenderableType]:
    """A table below its title, which may be wider; numbers are right-aligned, `optional` columns may give way."""
    yield Text(section.title, style="italic")
    if section.note:
        yield Text(section.note, overflow="fold")
    right = [all(not isinstance(row[index], str) for row in section.rows) for index, _ in enumerate(section.columns)]
    table = FittedTable("", [(head(c), r) for c, r in zip(section.columns, right, strict=True)], optional)
    for row in section.rows:
        table.add_row(*(cell(value, column) for value, column in zip(row, section.columns, strict=True)))
    yield table


def ledger_table(summary: Summary) -> FittedTable:
    """One line for each component and action."""
    names = ["component", "action", "count", "", "energy", "share", "busy", "grade", "seen"]
    columns = [(name, name in ("count", "energy", "share", "busy")) for name in names]
    title = f"ledger, {repetition(summary)}, scope {summary.priced.scope}"
    table = FittedTable(title, columns, ("seen", "grade", "busy", "share"))
    total = summary.priced.energy_j
    for row in summary.priced.ledger:
        style = "yellow" if row.note == "unpriced" else "dim" if row.note else ""
        table.add_row(*_ledger_cells(row, total), style=style)
    table.add_row("total", "", "", "", show(total, "J"), "100.0%" if total else "", "", "", "", style="bold")
    return table


def _ledger_cells(row: LedgerRow, total: float) -> Iterator[str]:
    included = row.note.startswith("included")
    yield f"{row.component} x{row.instances:,}" if row.instances > 1 else row.component
    yield row.action
    yield from show_amount(row.count, row.unit)
    yield ("included" if included else row.note) if row.energy_j is None else show(row.energy_j, "J")
    yield "" if row.energy_j is None or not total else percent(row.energy_j / total)
    yield show(row.busy_s, "s", 3)
    yield "" if included else row.grade
    yield "" if row.note else row.seen


def groups_table(summary: Summary) -> FittedTable:
    """Energy by group as a bar chart of characters."""
    columns = [("group", False), ("energy", True), ("share", True), ("bar", False)]
    table = FittedTable("energy by group", columns, ("bar",), show_header=False)
    total = summary.priced.energy_j
    for group, energy in summary.priced.energy_by_group_j.items():
        if energy:
            share = energy / total if total else 0.0
            # A forged total may be smaller than its parts.
            table.add_row(group, show(energy, "J"), percent(share), "#" * round(40 * min(share, 1.0)))
    return table


def notes(summary: Summary) -> Iterator[str]:
    """What the total rests on, what it leaves out, and how other tables and platforms compare."""
    priced, area = summary.priced, summary.priced.area
    shares = ", ".join(f"{percent(share)} {grade}" for grade, share in priced.share_by_grade.items())
    yield f"grade of prices: {shares} (of the energy)"
    if summary.core.work.quality is not None:
        yield from _holding(summary.core.work.quality)
    if priced.unpriced:
        yield f"unpriced, not in the total: {', '.join(priced.unpriced)}"
    without = f"; without {', '.join(area.without_area)}" if area.without_area else ""
    yield f"area: {show_area(area.area_m2)}{without}"
    for other in priced.flat_accounting:
        yield f"by prices {other.prices}: fabric {show(other.fabric_j, 'J')}, total {show(other.energy_j, 'J')}"
    known = [f"{p.name} {show_ratio(p.ratio)}x ({p.ratio_grade})" for p in priced.platforms if p.ratio]
    if known:
        yield (
            f"other platforms for the same updates and reads, {priced.scope} against {priced.scope}: "
            f"{', '.join(known)}; for the same answers by another model: chipsim gpu"
        )
    others = [p for p in priced.platforms if p.energy_j is not None and p.scope != priced.scope]
    elsewhere = [f"{p.name} ({p.scope})" for p in others]
    if elsewhere:
        yield f"other platforms, comparable with --scope: {', '.join(elsewhere)}"
    yield from (f"lint {found.rule}: {found.where}: {found.says}" for found in priced.lint)


def _holding(quality: Holding) -> Iterator[str]:
    yield (
        f"quality: largest weight error {rounded(quality.weight_error, '.3g')}, beta error "
        f"{rounded(quality.beta_error, '.3g')}; probability of a wrong read bit "
        f"{show_chance(quality.read_error_probability)}"
    )
    if quality.full_scale_stretch > 1:
        yield (
            f"the weights need {rounded(quality.full_scale_stretch, '.4g')} times the range of the couplers; "
            "the prices do not include a ladder of that range"
        )


def print_summary(summary: Summary, console: Console, verbose: bool = False) -> None:
    """Print to a console what fits on a screen, or all of it."""
    console.print(render(summary) if verbose else render_brief(summary, console.width), soft_wrap=False)


def diff_lines(found: Diff) -> Iterator[str]:
    """The difference of two runs, the largest changes first."""

    def change(value: float, unit: str) -> str:
        return f"{'-' if value < 0 else '+'}{show(abs(value), unit)}"

    def causes(parts: dict[str, float]) -> str:
        return ", ".join(f"{change(value, 'J')} by {name}" for name, value in parts.items() if value) or "no change"

    yield from _id_lines(found)
    totals = found.causes_j()
    totals = {"counts": totals["counts"], "powered time": totals["time"], "prices": totals["prices"]}
    before, after = show(found.energy_a_j, "J"), show(found.energy_b_j, "J")
    yield f"energy {before} -> {after} per repetition: {causes(totals)}"
    if found.ci95_j:
        verdict = "" if found.is_resolved else ": not resolved by sampling"
        difference = change(found.energy_b_j - found.energy_a_j, "J")
        yield f"  difference {difference} +- {show(found.ci95_j, 'J', 2)} (95 %, over lanes){verdict}"
    yield from _by_prices(found, change)
    for row in sorted(found.rows, key=lambda r: -abs(r.energy_b_j - r.energy_a_j)):
        parts = {"counts": row.counts_j, "powered time": row.time_j, "prices": row.prices_j}
        if any(parts.values()):
            ends = f"{show(row.energy_a_j, 'J')} -> {show(row.energy_b_j, 'J')}"
            yield f"  {row.component}.{row.action}: {ends}: {causes(parts)}"
    yield f"time {show(found.elapsed_a_s, 's')} -> {show(found.elapsed_b_s, 's')}"
    for phase in sorted(found.phases, key=lambda p: -abs(p.change_s)):
        if phase.change_s:
            ends = f"{show(phase.time_a_s, 's')} -> {show(phase.time_b_s, 's')}"
            yield f"  {phase.phase}: {ends}: {change(phase.change_s, 's')}"


def _by_prices(compared: Diff, change: Callable[[float, str], str]) -> Iterator[str]:
    """The difference over the ranges of the prices, and what could reverse it where sampling resolves it."""
    found = compared.by_prices
    if not (found.low_j or found.high_j):
        return
    times = (
        "" if found.ratio is None else f", {rounded(found.ratio[0], '.3g')} to {rounded(found.ratio[1], '.3g')} times"
    )
    difference = f"at any prices within their bounds {change(found.low_j, 'J')} to {change(found.high_j, 'J')}{times}"
    if compared.ci95_j is not None and not compared.is_resolved:
        yield f"  {difference}"
    elif found.certain:
        yield f"  {difference}: no price reverses which uses less"
    elif found.reversing:
        yield f"  {difference}: {' or '.join(found.reversing)} alone could reverse which uses less"
    else:
        yield f"  {difference}: several prices together could reverse which uses less, none alone"


def _id_lines(found: Diff) -> Iterator[str]:
    """Why the ids of two results differ."""
    entries = [
        f"{entry.name} {entry.a or 'absent'} -> {entry.b or 'absent'}" if entry.a or entry.b else entry.name
        for entry in found.ids
    ]
    more = f"; and {len(entries) - MAX_ENTRIES} more" if len(entries) > MAX_ENTRIES else ""
    if entries:
        yield f"ids differ in: {'; '.join(entries[:MAX_ENTRIES])}{more}"
