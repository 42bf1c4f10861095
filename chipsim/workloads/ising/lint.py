"""Lint of range and resolution: whether a chip can represent the weights and betas of a problem and its schedule.

Rules and their formulas: docs/lint.md. Weights are in the units in which they are written, after `problem.scale`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import BiasKind
from chipsim.components.facts import Finding
from chipsim.rounding import rounded
from chipsim.workloads.ising.distortion import SHOWN_ERROR, Distortion, Held
from chipsim.workloads.ising.schedule import ScheduleSpec

# Relative deviation of beta above which a finding is reported.
MAX_BETA_OFF = SHOWN_ERROR


def of_range(found: Distortion, schedule: ScheduleSpec, netlist: Netlist) -> Iterator[Finding]:
    """Weights and betas that are lost, clipped, stretched or rounded."""
    for what, held in (("couplings", found.couplings), ("biases", found.biases)):
        yield from _lost(what, held)
        yield from _outlier(what, held)
        yield from _clipped(what, held)
    yield from _stretched(found, netlist)
    if schedule.beta_by == "global_bias":
        yield from _beta(found, netlist)
        yield from _coarse(found, schedule, netlist)


def _lost(what: str, held: Held) -> Iterator[Finding]:
    if held.lost:
        part = f"{held.lost:,} of {held.asked:,} {what} ({rounded(held.lost / held.asked, '.1%')}) are rounded to 0"
        step, error = rounded(held.step, ".4g"), rounded(held.error, ".1%")
        text = f"{part}: below half a step of {step}; rms error over all {what} {error}"
        yield Finding("lost-weights", f"problem.{what}", held.lost, 0, text)


def _outlier(what: str, held: Held) -> Iterator[Finding]:
    """The largest size of weights is so large that a range which fits it rounds all others to 0."""
    if held.lost and held.next_largest < held.step / 2 and held.asked > held.lost and held.largest > held.step:
        times = held.largest / held.next_largest
        largest, often, after = (rounded(value, ".4g") for value in (held.largest, times, held.next_largest))
        sizes = f"{largest} is {often} times the next largest of the {what}, {after}"
        text = f"{sizes}: a range that fits it rounds all others to 0"
        yield Finding("outlier-weight", f"problem.{what}", held.largest, held.next_largest, text)


def _clipped(what: str, held: Held) -> Iterator[Finding]:
    if held.clipped:
        part = f"{held.clipped:,} of {held.asked:,} {what} ({rounded(held.clipped / held.asked, '.1%')}) are clipped"
        largest, error = rounded(held.largest, ".4g"), rounded(held.error, ".1%")
        text = f"{part}: the largest is {largest}; rms error over all {what} {error}"
        yield Finding("clipped-weights", f"problem.{what}", held.clipped, 0, text)


def _stretched(found: Distortion, netlist: Netlist) -> Iterator[Finding]:
    if found.stretch > 1:
        many = found.couplings.asked + found.biases.asked
        text = (
            f"all {many:,} weights are stored on a ladder stretched to {rounded(found.stretch, '.4g')} times its "
            f"range, with proportionally coarser steps; rms error of couplings {rounded(found.couplings.error, '.1%')}"
        )
        yield Finding("stretched-weights", netlist.latched.coupler.name, found.stretch, 1, text)


def _beta(found: Distortion, netlist: Netlist) -> Iterator[Finding]:
    """Error of the last beta of a schedule; an anneal passes through the others."""
    if found.beta_error <= MAX_BETA_OFF:
        return
    converter, wanted = netlist.end("bias", BiasKind), found.beta / found.scale
    made = converter.kind.realised(wanted)
    at_its_end = 0 < made < wanted and converter.kind.realised(2 * wanted) == made
    off = f"beta {rounded(wanted, '.4g')} is set as {rounded(made, '.4g')}, {rounded(found.beta_error, '.1%')} off"
    if at_its_end:
        text = f"{off}: full scale of the converter"
        yield Finding("beta-clipped", f"{converter.name}.full_scale", wanted, made, text)
    else:
        text = f"{off}: between two codes of {converter.kind.bits} bits"
        yield Finding("beta-rounded", f"{converter.name}.bits", found.beta_error, MAX_BETA_OFF, text)


def _coarse(found: Distortion, schedule: ScheduleSpec, netlist: Netlist) -> Iterator[Finding]:
    """Steps of an anneal that do not change the code of the converter."""
    converter = netlist.end("bias", BiasKind)
    asked = np.unique(schedule.betas)
    codes = len({converter.kind.realised(float(beta) / found.scale) for beta in asked})
    if codes < len(asked):
        text = f"{len(asked):,} steps of beta map to {codes:,} codes: {len(asked) - codes:,} steps have no effect"
        yield Finding("coarse-bias", f"{converter.name}.bits", codes, len(asked), text)
