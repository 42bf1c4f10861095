"""Coordinate lists of dimod: lines `i j value`, `i i value` for linear terms, and a comment `# vartype=SPIN` or BINARY.

E = sum h_i s_i + sum J_ij s_i s_j over spins, or the same over bits; repeated entries are added up, as in dimod. dimod
skips lines that its pattern does not match, such as `0 1 1e-3`; here exponents are read, and malformed lines refused.
"""

from __future__ import annotations

import re

from chipsim.problems.conventions import Convention, problem_of
from chipsim.problems.entries import entries_of, holes, terms_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

_HEADER = re.compile(r"^[ \t\f]*#.*?vartype[ \t]*[:=][ \t]*([-\w.]+)", re.IGNORECASE | re.MULTILINE)
_CONVENTIONS: dict[str, Convention] = {"SPIN": "dimod", "BINARY": "qubo"}


def read(file: ProblemFile) -> Problem:
    """Read a binary quadratic model; `convention: dimod` or `qubo` stands in for a missing header.

    Raises:
        ProblemError: the file breaks the format, or neither header nor convention gives the type of its variables.
    """
    stated = vartype(file)
    convention = file.convention
    if stated is not None:
        row, word = stated
        if word.upper() not in _CONVENTIONS:
            file.fail(f'unknown vartype "{word}"; known: BINARY, SPIN', row, code="data.bad-header")
        found = _CONVENTIONS[word.upper()]
        if convention not in (None, found):
            complaint = f"the header states vartype {word}, that is convention: {found}, not {convention}"
            file.fail(complaint, row, code="data.bad-header")
        convention = found
    if convention is None:
        file.fail(
            "no line `# vartype=SPIN` or BINARY; state convention: dimod (spins) or qubo (bits)",
            1,
            code="data.bad-header",
        )
    entries = entries_of(file, file.lines(), None, "`i j value`, or `i i value` for a linear term")
    terms, labels = terms_of(entries, None, add=True)
    return problem_of(terms, convention, file.path.stem, labels=labels, notes=holes(labels))


def vartype(file: ProblemFile) -> tuple[int, str] | None:
    """Line and type of the variables of a header of dimod, if there is one."""
    found = _HEADER.search(file.text) if "#" in file.text else None
    return None if found is None else (file.text.count("\n", 0, found.start()) + 1, found[1])


def refuse_header(file: ProblemFile) -> None:
    """Refuse a file with such a header, which states another format.

    Raises:
        ProblemError: with its line.
    """
    stated = vartype(file)
    if stated is not None:
        complaint = (
            "a COO file of dimod, which defines E = + sum h s + sum J s s; use problem: {file: FILE, format: coo}"
        )
        file.fail(complaint, stated[0], code="data.bad-header")
