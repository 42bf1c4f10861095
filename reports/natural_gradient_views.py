"""Figures and tables of `natural_gradient.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from natural_gradient_figures import Refusal, Rows, Solves, Step, section
from natural_gradient_trials import METHODS

from chipsim.report.drawing import COLOURS, bare
from chipsim.report.tables import csv_text
from chipsim.rounding import rounded


def curves(rows: Rows) -> Figure:
    """Accuracy by iteration at each analog time."""
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.add_subplot()
    time = section(rows, "time")
    for number, (name, row) in enumerate(time.items()):
        axes.plot(row.judged, row.accuracies, color=COLOURS[number], label=name, linewidth=1.2)
    for name, style in (("gradient descent", ":"), ("exact natural gradient", "--")):
        row = section(rows, "method")[name]
        axes.plot(row.judged, row.accuracies, "k", linestyle=style, label=name, linewidth=1.2)
    axes.set_xlabel("iteration", fontsize=9)
    axes.set_ylabel("accuracy on test images", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def cost_figure(steps: list[Step]) -> Figure:
    """Seconds and joules of an iteration against N."""
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    for place, what in enumerate(("seconds", "joules")):
        axes = figure.add_subplot(1, 2, place + 1)
        for number, method in enumerate(METHODS):
            mine = [s for s in steps if s.method == method]
            values = [s.elapsed_s if what == "seconds" else s.energy_j for s in mine]
            axes.plot([s.weights for s in mine], values, "o-", color=COLOURS[number], label=method, markersize=3)
        chip = [s for s in steps if s.method == "chip"]
        for style, part in ((":", "load"), ("--", "relax"), ("-.", "read")):
            values = [getattr(s, what)[part] for s in chip]
            axes.plot([s.weights for s in chip], values, style, color=COLOURS[3], linewidth=0.9, label=f"chip: {part}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("weights N", fontsize=9)
        axes.set_ylabel(f"{what} an iteration", fontsize=9)
        axes.tick_params(labelsize=8)
        bare(axes)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def product_figure(solves: Solves) -> Figure:
    """Error against products."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    many, _, by_products, relaxed = zip(*solves.products, strict=True)
    axes.plot(many, np.maximum(by_products, 1e-16), "o-", color=COLOURS[0], label="conjugate gradients")
    axes.plot(many, relaxed, "s-", color=COLOURS[1], label="relaxing network")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("products with the matrix, or steps of 1 / largest eigenvalue", fontsize=9)
    axes.set_ylabel("relative error", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
    bare(axes)
    return figure


def trainings_csv(rows: Rows) -> str:
    """One line a training."""
    measured = ("accuracy", "loss", "kappa0", "rescalings", "iterations", "energy_j", "elapsed_s")
    lines: list[tuple[Any, ...]] = []
    for row in rows:
        if isinstance(row, Refusal):
            lines.append((row.section, row.setting, "", row.why))
            continue
        told = (
            rounded(row.accuracy, ".4f"),
            rounded(row.loss, ".4f"),
            row.kappa0,
            row.rescalings,
            row.iterations,
        )
        lines.append((row.section, row.setting, row.seed, *told, row.energy_j, row.elapsed_s))
    return csv_text(("section", "setting", "seed", *measured), lines)


def iterations_csv(steps: list[Step]) -> str:
    """One line a method, number of weights and part."""
    lines: list[tuple[Any, ...]] = []
    for step in steps:
        lines.append((step.method, step.weights, "all", step.elapsed_s, step.energy_j))
        lines += [(step.method, step.weights, part, s, step.joules[part]) for part, s in step.seconds.items()]
    return csv_text(("method", "weights", "part", "seconds", "joules"), lines)
