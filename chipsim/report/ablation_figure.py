"""The figure of an ablation: error, time and energy of each variant, a row each."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from chipsim.report.drawing import COLOURS, WIDE, WIDTH, UnitFormatter, bare, hover, own_style
from chipsim.runs.ablation import AS_SPECIFIED, Ablation
from chipsim.units import show


@own_style()
def figure_of(found: Ablation) -> Figure:
    """A panel a quantity; the error is drawn where it is known, with its interval."""
    known = found.whole.deviation is not None
    figure = Figure(figsize=(WIDTH, 0.4 * len(found.variants) + 1.2), layout="constrained")
    panels = figure.subplots(1, 2 + known, sharey=True)
    if known:
        _errors(panels[0], found)
    summaries = [variant.run.summary for variant in found.variants]
    times, energies = [s.core.work.elapsed_s for s in summaries], [s.priced.energy_j for s in summaries]
    for axes, values, unit, label in (
        (panels[-2], times, "s", "time per repetition"),
        (panels[-1], energies, "J", f"energy per repetition, scope {summaries[0].priced.scope}"),
    ):
        for row, (variant, value) in enumerate(zip(found.variants, values, strict=True)):
            hover(axes.plot(value, -row, "o", color=COLOURS[0])[0], f"{variant.name}: {show(value, unit)}")
        if max(values) > WIDE * min(values):
            axes.set_xscale("log")
        else:
            axes.set_xlim(0, 1.1 * max(values))
        axes.xaxis.set_major_formatter(UnitFormatter(unit))
        axes.set_xlabel(label, fontsize=9)
    names = ["nothing" if v.name == AS_SPECIFIED else v.name for v in found.variants]
    panels[0].set_yticks([-row for row in range(len(names))], names, fontsize=9)
    panels[0].set_ylabel("without", fontsize=9)
    for axes in panels:
        axes.grid(axis="y", color="#999999", linewidth=0.3)
        axes.tick_params(axis="x", labelsize=8)
        bare(axes)
    return figure


def _errors(axes: Any, found: Ablation) -> None:
    """Errors on a logarithmic scale; one that noise explains is an arrow from its upper end."""
    for row, variant in enumerate(found.variants[:-1]):
        if variant.deviation is None:
            continue
        error = variant.deviation.error
        if error.low > 0:
            arms = [[error.value - error.low], [error.high - error.value]]
            axes.errorbar(error.value, -row, xerr=arms, fmt="o", color=COLOURS[0], capsize=3)
        else:
            axes.plot(error.high, -row, "<", color=COLOURS[0])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("error, standard deviations of a sample", fontsize=9)
