"""Files whose header `n m` gives the numbers of spins and of entries: rudy, Biq Mac, MQLib."""

from __future__ import annotations

from collections.abc import Iterable

from chipsim.problems.entries import MAX_SPINS, Entries, entries_of, is_number, number
from chipsim.problems.problem_file import Line, ProblemFile


def spins_of(file: ProblemFile, header: Line) -> range:
    """The indices of all spins of a file whose header starts with their number.

    Raises:
        ProblemError: no number of spins.
    """
    many = number(file, header, 0, "the number of vertices")
    if not 1 <= many <= MAX_SPINS:
        file.fail(f"{many} vertices; a graph has 1 to {MAX_SPINS}", header.row, code="problem.too-large")
    first = 1 if file.first_index is None else file.first_index
    return range(first, first + many)


def counted_entries(
    file: ProblemFile, header: Line, lines: Iterable[Line], pair_only: float | None, expected: str
) -> tuple[range, Entries]:
    """The indices of all spins, and the entries, as many as the header `n m` states.

    Raises:
        ProblemError: with the line.
    """
    spins = spins_of(file, header)
    if len(header.words) < 2:
        file.fail("expected the header `n m`", header.row, code="data.bad-header")
    many = number(file, header, 1, "the number of edges")
    if len(header.words) > 2 and is_number(header.words[2]):
        # Otherwise the first entry of a file that lost its header would pass as one, and be missing from the graph.
        complaint = "expected the header `n m`, found a third number; is the header missing?"
        file.fail(complaint, header.row, code="data.bad-header")
    entries = entries_of(file, lines, pair_only, expected)
    if many != len(entries.values):
        complaint = f"the header specifies {many} edges, but the file has {len(entries.values)}"
        file.fail(complaint, header.row, code="data.bad-header")
    return spins, entries
