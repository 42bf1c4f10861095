"""Texts and tables that fit the width of a terminal without cutting a number or its unit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

# Narrower terminals wrap lines instead of shortening them.
MIN_WIDTH = 80
_GAP = 2


def shortened(text: Text, width: int) -> Text:
    """A line without the words that exceed the width, nor numbers before them; in a narrow terminal the whole text."""
    if width < MIN_WIDTH or cell_len(text.plain) <= width:
        return text
    words = text.plain.split(" ")
    while len(words) > 1 and (cell_len(" ".join(words)) > width - 2 or any(letter.isdigit() for letter in words[-1])):
        words.pop()
    return Text(f"{' '.join(words)} \N{HORIZONTAL ELLIPSIS}", style=text.style, overflow="ellipsis", no_wrap=True)


class FittedTable:
    """A table without lines. In a narrow terminal, optional columns give way, then texts wrap.

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
            if self._width(shown) <= options.max_width:
                break
            shown = [index for index in shown if self._columns[index][0] != head]
        wraps = self._width(shown) > options.max_width
        table = Table(
            title=self._title or None, title_justify="left", pad_edge=False, box=None, show_header=self._show_header
        )
        for index in shown:
            name, right = self._columns[index]
            table.add_column(name, justify="right" if right else "left", no_wrap=right or not wraps, overflow="fold")
        for cells, style in self._rows:
            table.add_row(*(cells[index] for index in shown), style=style)
        yield table

    def _width(self, shown: Sequence[int]) -> int:
        lines = [tuple(name for name, _ in self._columns) if self._show_header else (), *(row for row, _ in self._rows)]
        widths = (max(cell_len(line[index]) for line in lines if line) for index in shown)
        return sum(widths) + _GAP * (len(shown) - 1)
