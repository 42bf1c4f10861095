"""Several runs side by side, from Python."""

from __future__ import annotations

from collections import Counter
from os import PathLike, fspath
from pathlib import Path

from chipsim.errors import RunError
from chipsim.report.comparison import Comparison
from chipsim.results.diff import Diff, diff
from chipsim.results.notebook import html
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.units import show


class RunComparison(Comparison):
    """Runs by their names; the first is the one that others are compared with.

    Attributes:
        runs: by name.
    """

    def diffs(self) -> dict[str, Diff]:
        """The difference from the first run to each of the others, by name.

        Raises:
            RunError: energies are in different scopes.
        """
        first = self.runs[self.first]
        return {name: diff(first, run) for name, run in self.runs.items() if name != self.first}

    def __repr__(self) -> str:
        told = [f"{name} {show(run.energy_j, 'J')}" for name, run in self.runs.items()]
        return f"<RunComparison: {', '.join(told)} per repetition>"

    def _repr_html_(self) -> str:
        return html("comparison_html", self)


def compare(*runs: Run | str | PathLike[str], **named: Run | str | PathLike[str]) -> RunComparison:
    """Put runs side by side: figures, ledgers, and why their energies differ.

    Args:
        runs: results, or files of results; they are named by their files, or else by their chips.
        named: the same by names of your own, after the others.

    Raises:
        RunError: fewer than two runs, a name that is given twice, a result that cannot be read, or different scopes.

    Example:
        >>> import chipsim
        >>> short = {"schedule.sweeps": 50}
        >>> weak = chipsim.run("tiny", "spin-glass", set=short)
        >>> strong = chipsim.run("tiny", "spin-glass", set={**short, "couplers.swing": "0.5 V"})
        >>> compared = chipsim.compare(weak=weak, strong=strong)
        >>> compared.first, list(compared.diffs())
        ('weak', ['strong'])
        >>> change = compared.diffs()["strong"].causes_j()  # J per repetition
        >>> change["prices"] > 0 == change["time"]
        True
    """
    read = [(_name(run), run if isinstance(run, Run) else load(run)) for run in runs]
    counts = Counter(name for name, _ in read)
    order = Counter[str]()
    held: dict[str, Run] = {}
    for name, run in read:
        order[name] += 1
        held[name if counts[name] == 1 else f"{name} ({order[name]})"] = run
    for name, given in named.items():
        if name in held:
            raise RunError(f'two runs have the name "{name}"; give one another name', code="result.not-comparable")
        held[name] = given if isinstance(given, Run) else load(given)
    if len(held) < 2:
        raise RunError(f"a comparison takes at least two runs, not {len(held)}", code="result.not-comparable")
    scopes = {name: run.summary.priced.scope for name, run in held.items()}
    if len(set(scopes.values())) > 1:
        told = ", ".join(f"{name} the {scope}" for name, scope in scopes.items())
        complaint = f"energies have different scopes: {told}; price them again with chipsim.reprice(run, scope=...)"
        raise RunError(complaint, code="result.not-comparable")
    return RunComparison(held)


def _name(run: Run | str | PathLike[str]) -> str:
    return run.summary.core.request.chip if isinstance(run, Run) else Path(fspath(run)).stem
