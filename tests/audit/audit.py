"""An audit of a result: each figure as it is stored and as it follows from counts, spec and prices.

    python tests/audit/audit.py RESULT.h5 [FOLDER]

FOLDER holds the chip, workload and price files that the command of the result names, where they are no presets. Nothing
here knows chipsim's code: it is written from docs/physics.md, docs/ledger.md and the docstring of
chipsim/results/layout.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from support_figures import audit


def main(arguments: list[str]) -> int:
    """Print every figure; 1 where one differs."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    figures = audit(Path(arguments[0]), Path(arguments[1] if len(arguments) > 1 else "."))
    for figure in figures:
        word = "OK     " if figure.agrees else "DIFFERS"
        sys.stdout.write(f"{word} {figure.name}: stored {figure.stored!r}, recomputed {figure.audited!r}\n")
    wrong = sum(not figure.agrees for figure in figures)
    sys.stdout.write(f"{len(figures)} figures, {wrong} differ\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
