"""Conclusions about several runs, derived from their numbers; each names the runs it compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chipsim.ledger.core import Bounds
from chipsim.report.comparison import Comparison
from chipsim.report.headline import dominant_price, percent, show_bounds
from chipsim.results.diff import diff
from chipsim.rounding import rounded
from chipsim.units import show, show_ratio


def findings(compared: Comparison) -> list[str]:
    """Energy, time and cost of a sample: the least, by how much, and whether prices could change the answer."""
    summaries = {name: run.summary for name, run in compared.runs.items()}
    out = []
    if len({s.workload.name for s in summaries.values()}) > 1:
        out.append("The runs have different workloads, so a lower energy or time is not a better chip.")
    energies = {name: (s.priced.energy_j, s.priced.energy_ci95_j or 0.0) for name, s in summaries.items()}
    times = {name: (s.core.work.elapsed_s, 0.0) for name, s in summaries.items()}
    costs = {name: s.priced.sample for name, s in summaries.items()}
    samples = {
        name: (cost.joules_per_effective_sample, cost.joules_per_effective_sample_ci95_j or 0.0)
        for name, cost in costs.items()
        if cost.joules_per_effective_sample is not None
    }
    out += _solutions({name: s.priced.answer.energy_to_solution_j for name, s in summaries.items()})
    out.append(_least(energies, "J", "energy per repetition", len(summaries)))
    out += _certainty(compared)
    out.append(_least(times, "s", "time per repetition", len(summaries)))
    if len(samples) > 1:
        out.append(_least(samples, "J", "energy per effective sample", len(summaries)))
    return out + list(_prices(compared))


def _least(values: Mapping[str, tuple[float, float]], unit: str, what: str, runs: int) -> str:
    """Which of the runs that know a figure has the least of it, and how far off the most is.

    Args:
        values: (figure, half width of its 95 % interval or 0) by run.
        unit: SI unit of the figure.
        what: the figure in words.
        runs: number of all runs.
    """
    among = f"Of the {runs} runs" if len(values) == runs else f"Of the {len(values)} of {runs} runs that have one"
    low, high = min(values, key=lambda name: values[name]), max(values, key=lambda name: values[name])
    (least, below), (most, _) = values[low], values[high]
    if not least or most <= least * (1 + 1e-9):
        return f"{among}, all have the same {what}, {show(least, unit)}."
    more = (
        f"{rounded(100 * (most / least - 1), '.2g')} % more"
        if most < 1.995 * least
        else f"{show_ratio(most / least)} times as much"
    )
    tied = [n for n, (value, width) in values.items() if n != low and value - width <= least + below]
    overlap = f"; its 95 % interval overlaps that of {', '.join(tied)}" if tied else ""
    return f"{among}, {low} has the least {what}, {show(least, unit)}, and {high} the most, {more}{overlap}."


def _solutions(costs: Mapping[str, Bounds | None]) -> Iterator[str]:
    """Which run takes the least energy to solution, what overlaps it, and which runs did not reach the target."""
    solved = {name: cost for name, cost in costs.items() if cost is not None and cost.value is not None}
    if len(solved) > 1:
        best = min(solved, key=lambda name: solved[name].value or 0.0)
        high = solved[best].high
        close = [name for name, cost in solved.items() if name != best and (high is None or (cost.low or 0.0) <= high)]
        overlap = f"; its 95 % interval overlaps that of {', '.join(close)}" if close else ""
        among = f"Of the {len(solved)} runs that reach their target"
        yield f"{among}, {best} takes the least energy to solution, {show_bounds(solved[best], 'J')}{overlap}."
    for name, cost in costs.items():
        if cost is not None and cost.value is None:
            yield f"{name} did not reach its target: its energy to solution is {show_bounds(cost, 'J')}."


def _certainty(compared: Comparison) -> Iterator[str]:
    """Which differences of energy to the first run are certain at any prices within their bounds."""
    first = compared.runs[compared.first]
    for name, run in list(compared.runs.items())[1:]:
        changed = diff(first, run)
        found = changed.by_prices
        if not (found.low_j or found.high_j):
            continue
        if changed.ci95_j is not None and not changed.is_resolved:
            yield f"The energies of {compared.first} and {name} differ by less than the 95 % interval over lanes."
            continue
        less = name if found.high_j <= 0 or run.energy_j < first.energy_j else compared.first
        other = compared.first if less == name else name
        if found.certain:
            yield f"At any prices within their bounds, {less} uses less energy than {other}."
        elif found.reversing:
            which = " or ".join(found.reversing)
            yield f"{less} uses less energy than {other}, but the price of {which} alone could reverse that."
        else:
            yield f"{less} uses less energy than {other}, but several prices together could reverse that."


def _prices(compared: Comparison) -> Iterator[str]:
    """The price that dominates the range of the energy of each run; runs with the same one are listed together."""
    found: dict[str, list[str]] = {}
    for name, run in compared.runs.items():
        main = dominant_price(run.summary)
        if main is not None:
            found.setdefault(main.name, []).append(f"{name} ({percent(main.share)})")
    for price, runs in found.items():
        yield f"The price of {price} has the largest share of the price range in {', '.join(runs)}."
