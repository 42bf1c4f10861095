"""Figures and sections of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.rounding import rounded
from chipsim.units import show
from chipsim.workloads.sections import Column, Fact, Facts, Section, Table
from chipsim.workloads.thermo_layer import task
from chipsim.workloads.thermo_layer.spec import ThermoLayerModel

MEANINGS: Mapping[str, str] = {
    "layers": "cells of each layer",
    "width": "cells of the widest layer",
    "currents": "whether the host computes the currents of the cells, or a crossbar",
    "states": "whether cells were simulated, or only billed",
    "steps": "steps of the simulation in a window",
    "parameters": "weights and biases of attention, currents, cells and read-out",
    "physical_time": "windows of all layers at one temperature, in relaxation times: what published figures count",
    "window_s": "windows of all layers at all temperatures",
    "token_s": "time of a token, from its first multiply-add to the last, without the load of a crossbar",
    "input_s": "time of that in which inputs are sent and converted",
    "read_s": "time of that in which voltages are converted and sent",
    "digital_s": "time of that in which the host computes",
    "crossbar_load_s": "time of that in which a crossbar is written, once for all tokens that share the load",
    "input_conversions": "conversions of inputs of a token",
    "read_conversions": "conversions of voltages of a token",
    "weight_bits": "bits in the crossbar",
    "macs": "multiply-adds of the host for a token",
    "published_advantage": "(8 + W) / 72: by how much operations have grown since a width of 64; the window has not",
    "error": "mean squared error of the test tokens; none if states were not simulated, or no lane is a test",
    "error_se": "its standard error over test sequences",
    "error_same": "mean squared error of a digital layer of the same width",
    "error_digital": "mean squared error of the digital layer with `digital` cells",
    "digital_width": "width of that layer",
    "state_sd": "standard deviation of x after the window, mean over temperatures, over cells and tokens",
    "fitted": "tokens of the fit",
    "tested": "test tokens",
}
# Largest tanh that is turned back into x.
INSIDE = 1 - 1e-12
NONE: dict[str, Any] = dict.fromkeys(("error", "error_se", "error_same", "error_digital", "state_sd"))


def errors_of(spec: ThermoLayerModel, answers: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Fit the read-outs of the layer and of digital layers, and test them."""
    mixed, wanted, inputs = answers["mixed"], answers["wanted"], answers["inputs"]
    sequence = np.arange(len(mixed)) // spec.task.tokens
    test = task.is_test(sequence)
    counts = {"fitted": int((~test).sum()), "tested": int(test.sum()), "digital_width": spec.digital}
    if "features" not in answers or not test.any():
        return {**counts, **NONE}
    rest = wanted - mixed

    def outputs(features: NDArray[np.float64]) -> NDArray[np.float64]:
        weights, biases = task.ridge(features[~test], rest[~test], spec.ridge)
        return mixed[test] + features[test] @ weights + biases

    found = outputs(answers["features"])
    losses = ((found - wanted[test]) ** 2).mean(axis=1)
    each = np.array([losses[sequence[test] == number].mean() for number in np.unique(sequence[test])])
    digital = {
        width: float(((outputs(task.digital_layer(spec.task.seed, width, inputs)) - wanted[test]) ** 2).mean())
        for width in {answers["features"].shape[1], spec.digital}
    }
    return {
        **counts,
        "error": float(losses.mean()),
        "error_se": float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else None,
        "error_same": digital[answers["features"].shape[1]],
        "error_digital": digital[spec.digital],
        "state_sd": float(np.arctanh(np.clip(answers["features"], -INSIDE, INSIDE)).std()),
    }


def sections(figures: Mapping[str, Any]) -> tuple[Section, ...]:
    """Errors, and what the window leaves out."""
    columns = (Column("layer"), Column("mean squared error of the tests"))
    rows = [
        ("this chip", figures["error"]),
        ("digital, same width", figures["error_same"]),
        (f"digital, width {figures['digital_width']:,}", figures["error_digital"]),
    ]
    bill = (
        ("physical time, the published measure, in relaxation times", figures["physical_time"]),
        ("windows, all temperatures, in seconds", figures["window_s"]),
        ("inputs sent and converted, in seconds", figures["input_s"]),
        ("voltages converted and sent, in seconds", figures["read_s"]),
        ("digital work, in seconds", figures["digital_s"]),
        ("load of the crossbar, in seconds", figures["crossbar_load_s"]),
        ("token, in seconds", figures["token_s"]),
        ("conversions of inputs", figures["input_conversions"]),
        ("conversions of voltages", figures["read_conversions"]),
        ("multiply-adds of the host", figures["macs"]),
        ("bits in the crossbar", figures["weight_bits"]),
        ("parameters", figures["parameters"]),
    )
    return (
        Facts((_error(figures), _window(figures))),
        *((Table("Errors", columns, tuple(rows)),) if figures["error"] is not None else ()),
        Table("What a token takes", (Column("item"), Column("value")), bill),
    )


def _error(figures: Mapping[str, Any]) -> Fact:
    if figures["states"] != "simulated":
        return Fact(
            "error", None, note=f"states {figures['states']}; the bill is complete but for the heat of the cells"
        )
    if figures["error"] is None:
        return Fact(
            "error", None, note="no test; every third sequence is one, so --lanes takes three sequences or more"
        )
    margin = "" if figures["error_se"] is None else f" +- {rounded(figures['error_se'], '.2g')}"
    note = (
        f"{margin} mean squared, {figures['tested']:,} test tokens after {figures['fitted']:,}; digital layers: "
        f"{rounded(figures['error_same'], '.3f')} at the same width, {rounded(figures['error_digital'], '.3f')} at "
        f"{figures['digital_width']:,}"
    )
    return Fact("error", figures["error"], note=note.strip(), digits=3)


def _window(figures: Mapping[str, Any]) -> Fact:
    share = figures["window_s"] / figures["token_s"]
    return Fact(
        "window", figures["window_s"], "s", f"of {show(figures['token_s'], 's')} a token: {rounded(share, '.2%')}"
    )
