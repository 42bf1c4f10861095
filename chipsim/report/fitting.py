"""Texts and tables that fit the width of a terminal without cutting a number or its unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

# Narrower terminals wrap lines instead of shortening them.
MIN_WIDTH = 80
_GAP = 2
# Longer words of texts may be folded, unless they hold digits.
_FOLDED = 12
# A word, or a number with its unit, and the space before it.
_PIECES = re.compile(r"\s*(?:[-+<(]*\d\S* (?:[^\W\d]|%)\S*|\S+)")


def shortened(text: Text, width: int) -> Text:
    """A line without the words that exceed the width, nor numbers before them; in a narrow terminal the whole text."""
    if width < MIN_WIDTH or cell_len(text.plain) <= width:
        return text
    words = text.plain.split(" ")
    while len(words) > 1 and (cell_len(" ".join(words)) > width - 2 or any(letter.isdigit() for letter in words[-1])):
        words.pop()
    return Text(f"{' '.join(words)} \N{HORIZONTAL ELLIPSIS}", style=text.style, overflow="ellipsis", no_wrap=True)


def folded(text: str, width: int) -> str:
    """A text with lines of at most this width, but for longer words; units stay beside their numbers."""
    indent = text[: len(text) - len(text.lstrip())]
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1].strip() and cell_len(lines[-1] + piece) > width:
            lines.append(indent + piece.lstrip())
        else:
            lines[-1] += piece
    return "\n".join(lines)


class FittedTable:
    """A table without lines. In a narrow terminal, optional columns give way, then texts wrap, then each row becomes a
    list of its cells; no number is ever cut.

    Args:
        title: above it; "" for none.
        columns: (head, whether it is right-aligned, which numbers are).
        optional: heads of columns that give way, in this order.
        show_header: whether heads are shown.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[tuple[str, bool]],
        optional: Sequence[str] = (),
        show_header: bool = True,
    ) -> None:
        self._title, self._columns, self._optional, self._show_header = title, columns, optional, show_header
        self._rows: list[tuple[tuple[str, ...], str]] = []

    def add_row(self, *cells: str, style: str = "") -> None:
        """Add a row; `style` is that of rich."""
        self._rows.append((cells, style))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table at the width of the console."""
        shown = list(range(len(self._columns)))
        for head in self._optional:
            if _total(map(self._whole, shown)) <= options.max_width:
                break
            shown = [index for index in shown if self._columns[index][0] != head]
        least = list(map(self._least, shown))
        if _total(least) > options.max_width:
            yield from self._listed(shown, options.max_width)
            return
        table = Table(
            title=self._title or None, title_justify="left", pad_edge=False, box=None, show_header=self._show_header
        )
        widths = _shared(least, list(map(self._whole, shown)), options.max_width)
        for index, width in zip(shown, widths, strict=True):
            name, right = self._columns[index]
            table.add_column(name, justify="right" if right else "left", width=width, overflow="fold")
        for cells, style in self._rows:
            table.add_row(*(folded(cells[i], width) for i, width in zip(shown, widths, strict=True)), style=style)
        yield table

    def _listed(self, shown: Sequence[int], width: int) -> Iterator[Text]:
        """A line for each cell, below the first of its row."""
        if self._title:
            yield Text(self._title, style="italic", overflow="fold")
        for cells, style in self._rows:
            first = next((index for index in shown if cells[index]), shown[0])
            for index in [first, *(index for index in shown if cells[index] and index != first)]:
                head, right = self._columns[index]
                # What a row is about needs no head, unless it is a number.
                named = f"{head} " if head and self._show_header and (right or index != first) else ""
                line = f"{'' if index == first else '  '}{named}{cells[index]}"
                yield Text(folded(line, width), style=style, overflow="fold")

    def _cells(self, index: int) -> list[str]:
        return [*([self._columns[index][0]] if self._show_header else []), *(cells[index] for cells, _ in self._rows)]

    def _whole(self, index: int) -> int:
        """Width of a column whose cells take one line each."""
        return max(map(cell_len, self._cells(index)), default=0)

    def _least(self, index: int) -> int:
        """The least width of a column: numbers and their units stay together, long words may be folded."""
        pieces = [piece.strip() for cell in self._cells(index) for piece in _PIECES.findall(cell)]
        lengths = (cell_len(p) if any(map(str.isdigit, p)) else min(cell_len(p), _FOLDED) for p in pieces)
        return max(lengths, default=0)


def _total(widths: Iterable[int]) -> int:
    each = list(widths)
    return sum(each) + _GAP * (len(each) - 1)


def _shared(least: list[int], whole: list[int], width: int) -> list[int]:
    """The widths of columns in a table of this width: narrow columns first get what they lack."""
    out, left = list(least), width - _total(least)
    for index in sorted(range(len(out)), key=lambda index: whole[index] - least[index]):
        more = min(left, max(0, whole[index] - least[index]))
        out[index], left = out[index] + more, left - more
    return out
