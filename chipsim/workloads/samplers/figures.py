"""Figures and sections of samples of single cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chipsim.rounding import rounded
from chipsim.workloads.samplers.laws import Target, chi_square, tau_of_mean
from chipsim.workloads.samplers.spec import ReadingsSpec
from chipsim.workloads.sections import Column, Curve, Fact, Facts, Section, Series, Table

Array = NDArray[np.float64]

MEANINGS: Mapping[str, str] = {
    "cells": "cells that sample",
    "states": "states of each cell; 1 for cells with voltages alone",
    "samples": "readings of a cell in a lane",
    "tau_readings": "readings for each independent one, exact, by the slowest time constant",
    "tau_mean_readings": "readings for each independent one of the mean voltage, exact, mean over cells",
    "chi_square": "of the states that were read against softmax of the logits, as if readings were independent",
    "degrees_of_freedom": "its expectation if the law is right",
    "p_value": "probability of a larger one if the law is right; none if a state is expected fewer than 5 times",
    "p_value_held": "the same against the law of the inputs as converted",
    "law_error": "largest total variation, over cells, between the law of the inputs as converted and the wanted one",
    "read_margin": "half the distance of two levels, in rms errors of a reading",
    "mean_v": "mean of the voltages",
    "mean_wanted_v": "what it is to be",
    "mean_expected_v": "what it is with inputs as converted",
    "mean_se_v": "its standard error, exact",
    "mean_z": "their difference in standard errors",
    "variance_v2": "variance of the voltages, mean over cells",
    "variance_wanted_v2": "what it is to be: mixture with finite dwell",
    "variance_expected_v2": "what it is with inputs as converted and the noise of readings",
    "variance_se_v2": "its standard error, by the differences between lanes",
    "variance_z": "their difference in standard errors",
    "probabilities": "of the states, mean over cells: wanted, as converted, read",
}
WANTED, HELD, READ = "wanted", "as_converted", "read"


def figures_of(
    target: Target, schedule: ReadingsSpec, answers: Mapping[str, Array]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Figures, and arrays of the drawings."""
    law = target.law
    # Of the slowest variable: the mode, or where a voltage is slower, the voltage.
    tau = float(1 / np.tanh(schedule.spacing / (2 * law.slowest_s)))
    figures: dict[str, Any] = {
        **dict.fromkeys(MEANINGS),
        "cells": target.cells,
        "states": law.modes,
        "samples": schedule.samples,
        "tau_readings": tau,
        "law_error": float(np.abs(target.wanted.probabilities - target.held.probabilities).sum(axis=1).max() / 2),
    }
    found, arrays = (_states if law.levels is not None else _voltages)(target, schedule, answers)
    return {**figures, **found}, arrays


def _states(
    target: Target, schedule: ReadingsSpec, answers: Mapping[str, Array]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    counts, levels = answers["counts"].sum(axis=0), cast("Array", target.law.levels)
    tau = tau_of_mean(target.law, schedule.spacing, schedule.samples)
    statistic, degrees, p = chi_square(counts, target.wanted, tau)
    shares = {
        WANTED: target.wanted.probabilities.mean(axis=0).tolist(),
        HELD: target.held.probabilities.mean(axis=0).tolist(),
        READ: (counts.sum(axis=0) / counts.sum()).tolist(),
    }
    figures = {
        "chi_square": statistic,
        "degrees_of_freedom": degrees,
        "p_value": p,
        "p_value_held": chi_square(counts, target.held, tau)[2],
        "read_margin": float((levels[1] - levels[0]) / 2 / np.sqrt(target.read_v2)),
        "probabilities": shares,
    }
    # Bars: each state is as wide as 1.
    edges = (np.arange(target.law.modes)[:, None] + [-0.5, 0.5]).ravel()
    bars = {f"state_{name}": np.repeat(values, 2) for name, values in shares.items()}
    return figures, {"state": edges, **bars}


def _voltages(
    target: Target, schedule: ReadingsSpec, answers: Mapping[str, Array]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    law, lanes = target.law, len(answers["mean"])
    taus = law.voltage_tau_int(target.held, schedule.spacing)
    own = law.variance(target.held) * taus + target.read_v2 - target.common_v2
    readings = lanes * schedule.samples
    mean_se = float(np.sqrt((own.mean() / target.cells + target.common_v2) / readings))
    each = answers["square"].mean(axis=1)
    expected = float((law.variance(target.held)).mean() + target.read_v2)
    variance_se = float(each.std(ddof=1) / np.sqrt(lanes)) if lanes > 1 else None
    mean, mean_expected = float(answers["mean"].mean()), float(target.held.mean().mean())
    figures = {
        "tau_mean_readings": float(taus.mean()),
        "mean_v": mean,
        "mean_wanted_v": float(target.wanted.mean().mean()),
        "mean_expected_v": mean_expected,
        "mean_se_v": mean_se,
        "mean_z": (mean - mean_expected) / mean_se,
        "variance_v2": float(each.mean()),
        "variance_wanted_v2": float(law.variance(target.wanted).mean()),
        "variance_expected_v2": expected,
        "variance_se_v2": variance_se,
        "variance_z": (float(each.mean()) - expected) / variance_se if variance_se else None,
    }
    edges = target.edges()
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    measured = answers["histogram"].sum(axis=0) / (readings * target.cells * width)
    return figures, {"voltage": middles, "density_read": measured, "density_wanted": target.density(middles)}


def sections(figures: Mapping[str, Any]) -> tuple[Section, ...]:
    """How the samples compare with the law."""
    if figures["probabilities"] is not None:
        return _of_states(figures)
    columns = tuple(map(Column, ("", "wanted", "expected as converted", "read", "standard error", "in errors")))
    rows = tuple(
        (name, *(figures[f"{key}_{part}"] for key, part in keys), figures[z])
        for name, z, keys in (
            ("mean, V", "mean_z", (("mean", "wanted_v"), ("mean", "expected_v"), ("mean", "v"), ("mean", "se_v"))),
            (
                "variance, V^2",
                "variance_z",
                (("variance", "wanted_v2"), ("variance", "expected_v2"), ("variance", "v2"), ("variance", "se_v2")),
            ),
        )
    )
    off = "" if figures["variance_z"] is None else f", {_in_errors(figures['variance_z'])}"
    title = "Voltages read and wanted" + ("" if figures["states"] == 1 else ", for dwells that are long")
    series = (Series("read", "density_read", "voltage"), Series("wanted", "density_wanted", "voltage"))
    return (
        Facts(
            (
                Fact("mean", figures["mean_v"], "V", _in_errors(figures["mean_z"])),
                Fact("deviation", float(np.sqrt(figures["variance_v2"])), "V", f"of the voltages{off}"),
                Fact("tau_int", figures["tau_readings"], "readings", "for each independent one, exact"),
            )
        ),
        Table("Mean and variance", columns, rows),
        Curve(title, "voltage (V)", "density (1/V)", series),
    )


def _in_errors(z: float) -> str:
    return f"{rounded(z, '+.1f')} standard errors from the law"


def _of_states(figures: Mapping[str, Any]) -> tuple[Section, ...]:
    shares = figures["probabilities"]
    columns = tuple(map(Column, ("state", "wanted", "as converted", "read")))
    rows = tuple(
        (number, *values) for number, values in enumerate(zip(shares[WANTED], shares[HELD], shares[READ], strict=True))
    )
    p = figures["p_value"]
    chances = (
        "too few samples for p"
        if p is None
        else f"p = {rounded(p, '.2g')}, {rounded(figures['p_value_held'], '.2g')} for the law as converted"
    )
    note = f"with {figures['degrees_of_freedom']:,} degrees of freedom; {chances}"
    series = (Series("read", "state_read", "state"), Series("softmax", "state_wanted", "state"))
    return (
        Facts(
            (
                Fact("chi-square", figures["chi_square"], "", note),
                Fact("margin", figures["read_margin"], "rms errors", "of a reading to the next state", 3),
                Fact("law", figures["law_error"], "", "largest total variation by converted inputs", digits=2),
                Fact("tau_int", figures["tau_readings"], "readings", "for each independent one, exact"),
            )
        ),
        Table("Probabilities of the states", columns, rows),
        Curve("States read and wanted", "state", "probability", series),
    )
