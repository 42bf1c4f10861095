"""How good a result is beside its data, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray
from rich.console import Console, RenderableType
from rich.text import Text

from chipsim.report.sections import fact_text
from chipsim.report.terminal import named_lines, titled_table
from chipsim.report.training import braille
from chipsim.results.quality import quality
from chipsim.results.result import Run
from chipsim.workloads.sections import Facts, Images, Section, Table


def print_quality(run: Run, console: Console) -> None:
    """Print how a result compares with the data of its workload.

    Raises:
        RunError: it compares no such result.
        ChipsimError: the data are missing, or the result does not fit them.
    """
    found = quality(run)
    for section in found.sections:
        console.print(*_drawn(section, {**run.arrays, **found.arrays}), sep="\n")


def _drawn(section: Section, arrays: Mapping[str, NDArray[Any]]) -> Iterator[RenderableType]:
    if isinstance(section, Facts):
        yield from named_lines([(fact.name, fact_text(fact)) for fact in section.facts])
    elif isinstance(section, Table):
        yield from titled_table(section)
    elif isinstance(section, Images):
        yield Text(section.caption, style="italic")
        images = arrays[section.array]
        for line in images if images.ndim == 4 else [images[: section.across]]:
            yield from (Text(row, no_wrap=True, overflow="ignore") for row in braille(line))
