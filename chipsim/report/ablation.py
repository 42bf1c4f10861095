"""What each non-ideality of a chip costs: table, sentences and figure of an ablation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from chipsim.report.fitting import FittedTable
from chipsim.report.sections import show_value
from chipsim.report.subjects import Subject
from chipsim.report.tables import csv_text, plain_json
from chipsim.rounding import rounded
from chipsim.runs.ablation import ALL, AS_SPECIFIED, Ablation, Variant
from chipsim.statistics.deviation import Interval
from chipsim.units import show, show_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEANING = (
    "error: root mean square difference of first and second moments of the energy, the magnetisation and random "
    "projections from the last row, in standard deviations of a sample, with its 95 % interval"
)
BETA = "beta: change of the inverse temperature that shifts the mean energy of the last row as much, to first order"


class AblationSubject(Subject):
    """An ablation in the terminal and as files."""

    def __init__(self, found: Ablation) -> None:
        self.found = found

    def show(self, console: Console, verbose: bool = False) -> None:
        """Print a row a variant, and what follows from them."""
        found, heads = self.found, _heads(self.found)
        first = found.whole.run.summary
        request, scope = first.core.request, first.priced.scope
        title = f"{request.chip} on {first.workload.name}, {request.lanes:,} lanes, scope {scope}"
        console.print(Text(title, style="bold", overflow="fold"))
        table = FittedTable("", [(head, index > 0) for index, head in enumerate(heads)])
        for variant in found.variants:
            table.add_row(*_cells(found, variant, heads))
        console.print(table)
        for sentence in [*notes(found), *findings(found)]:
            console.print(Text(sentence, overflow="fold"))

    def html(self) -> str:
        """The page that compares the runs."""
        from chipsim.report.comparison import Comparison
        from chipsim.report.comparison_page import comparison_page

        return comparison_page(Comparison({_label(v): v.run for v in self.found.variants}))

    def csv(self) -> str:
        """A line a variant, raw SI values."""
        lines = [_values(self.found, variant) for variant in self.found.variants]
        return csv_text(lines[0], [line.values() for line in lines])

    def json(self) -> str:
        """The same, with the values set and the summary of each run."""
        rows = [
            {**_values(self.found, v), "set": dict(v.set), "summary": v.run.summary.to_json()}
            for v in self.found.variants
        ]
        return plain_json({"variants": rows, "impossible": dict(self.found.impossible)})

    def figures(self) -> dict[str, Figure]:
        """Error, time and energy of each variant."""
        from chipsim.report.ablation_figure import figure_of

        return {"ablation": figure_of(self.found)}


def _label(variant: Variant) -> str:
    return variant.name if variant.name in (AS_SPECIFIED, ALL) else f"without {variant.name}"


def _heads(found: Ablation) -> list[str]:
    """Columns that at least one variant has a value for."""
    heads = ["without"]
    if any(v.deviation is not None for v in found.variants):
        heads += ["error", "beta"]
    if any(_merit(v, found.merit) is not None for v in found.variants):
        heads.append(found.merit.replace("_", " "))
    heads += ["time", "energy"]
    if any(v.run.summary.priced.sample.joules_per_effective_sample is not None for v in found.variants):
        heads.append("J per effective sample")
    return heads


def _cells(found: Ablation, variant: Variant, heads: list[str]) -> Iterator[str]:
    summary, apart, is_reference = variant.run.summary, variant.deviation, variant is found.reference
    cost = summary.priced.sample
    per_sample = cost.joules_per_effective_sample
    width = cost.joules_per_effective_sample_ci95_j
    temperature = None if apart is None else apart.temperature
    cells = {
        "without": "nothing" if variant.name == AS_SPECIFIED else variant.name,
        "error": "reference" if is_reference else "-" if apart is None else show_error(apart.error),
        "beta": "reference" if is_reference else "-" if temperature is None else _change(temperature),
        found.merit.replace("_", " "): show_value(_merit(variant, found.merit), "", 4),
        "time": show(summary.core.work.elapsed_s, "s"),
        "energy": show(summary.priced.energy_j, "J")
        + show_interval(summary.priced.energy_ci95_j, summary.priced.energy_j, "J"),
        "J per effective sample": show(per_sample, "J", 3) + show_interval(width, per_sample, "J"),
    }
    return (cells[head] for head in heads)


def show_error(error: Interval) -> str:
    """An error with its interval, or its upper end where noise explains it; none between equal samples."""
    if not error.high:
        return "none"
    return (
        f"{rounded(error.value, '.3g')} ({rounded(error.low, '.3g')} to {rounded(error.high, '.3g')})"
        if error.low > 0
        else f"below {rounded(error.high, '.2g')}"
    )


def _change(found: Interval) -> str:
    if found.low == found.high:
        return "none"
    return f"{rounded(found.value, '+.2%')} ({rounded(found.low, '+.2%')} to {rounded(found.high, '+.2%')})"


def _merit(variant: Variant, name: str) -> float | None:
    value = variant.run.summary.workload.figures.get(name)
    return float(value) if isinstance(value, int | float) else None


def notes(found: Ablation) -> Iterator[str]:
    """What the columns mean, and what could not be turned off."""
    if found.whole.deviation is not None:
        yield MEANING
        yield BETA
        if any(v.deviation is not None and v.deviation.temperature is None for v in found.variants):
            yield "beta is left out where the energy shifts by more than a standard deviation, or does not vary"
        short = [v.name for v in found.variants if v.run.summary.core.answers.sampling.startswith("unresolved")]
        if short:
            yield (
                f"chains too short or stuck in {len(short)} of {len(found.variants)} rows ({', '.join(short)}): "
                "errors may stem from the start, not from the law; raise schedule.sweeps"
            )
    else:
        yield "no error of a distribution: it needs a workload that samples one, with records of at least 4 lanes"
    if found.merit:
        yield f"{found.merit.replace('_', ' ')}: {found.meaning}"
    for name, why in found.impossible.items():
        yield f"{name} cannot be turned off: {why}"


def findings(found: Ablation) -> Iterator[str]:
    """What the error of the chip as specified comes from; nothing where no error is known."""
    whole = found.whole.deviation
    if whole is None:
        return
    if not whole.is_resolved:
        yield (
            f"The chip as specified is not told from one without all of these: its error is {show_error(whole.error)}. "
            "More lanes or sweeps would resolve less."
        )
        return
    better = [v for v in found.each if v.deviation is not None and v.deviation.error.high < whole.error.low]
    if not better:
        yield (
            f"The error as specified is {show_error(whole.error)}; turning off any one of these does not lower it "
            "beyond its interval."
        )
        return
    least = min(better, key=lambda v: 0.0 if v.deviation is None else v.deviation.error.value)
    assert least.deviation is not None
    yield (
        f"Most of the error comes from {least.name}: without it the error is {show_error(least.deviation.error)}, "
        f"with it {show_error(whole.error)}."
    )


def _values(found: Ablation, variant: Variant) -> dict[str, Any]:
    """The line of a variant."""
    summary, apart = variant.run.summary, variant.deviation
    error = None if apart is None else apart.error
    beta = None if apart is None else apart.temperature
    out: dict[str, Any] = {"without": variant.name}
    for name, interval in (("error", error), ("beta_change", beta)):
        for part in ("value", "low", "high"):
            out[name if part == "value" else f"{name}_{part}"] = None if interval is None else getattr(interval, part)
    out[found.merit or "merit"] = _merit(variant, found.merit)
    for metric in (
        *("elapsed_s", "energy_j", "energy_ci95_j", "joules_per_effective_sample"),
        *("joules_per_effective_sample_ci95_j", "sampling", "scope", "activity_id", "run_id"),
    ):
        out[metric] = summary[metric]
    return out
