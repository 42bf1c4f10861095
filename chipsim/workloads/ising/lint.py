"""Lint of range and resolution: what a problem and its schedule ask of a chip, and how much of it the chip can hold.

Rules and their formulas: docs/lint.md. Weights are told in the units in which they are written, after `problem.scale`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import BiasKind
from chipsim.components.facts import Finding
from chipsim.workloads.ising.distortion import SHOWN_ERROR, Distortion, Held
from chipsim.workloads.ising.schedule import ScheduleSpec

# Relative deviation of beta that is worth a line.
MAX_BETA_OFF = SHOWN_ERROR


def of_range(found: Distortion, schedule: ScheduleSpec, netlist: Netlist) -> Iterator[Finding]:
    """What is lost, clipped, stretched or rounded when this problem is written and this schedule is run."""
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
        part = f"{held.lost:,} of {held.asked:,} {what} ({held.lost / held.asked:.1%}) are held as 0"
        says = f"{part}: they are below half a step of {held.step:.4g}; all together are {held.error:.1%} off"
        yield Finding("lost-weights", f"problem.{what}", held.lost, 0, says)


def _outlier(what: str, held: Held) -> Iterator[Finding]:
    """One value, or several of one size, so large that even a range that fits them rounds all others to 0."""
    if held.lost and held.next_largest < held.step / 2 and held.asked > held.lost and held.largest > held.step:
        times = held.largest / held.next_largest
        sizes = f"{held.largest:.4g} is {times:.4g} times the next of the {what}, {held.next_largest:.4g}"
        says = f"{sizes}: a step fine enough for one is too coarse for the others, and all of them round to 0"
        yield Finding("outlier-weight", f"problem.{what}", held.largest, held.next_largest, says)


def _clipped(what: str, held: Held) -> Iterator[Finding]:
    if held.clipped:
        part = f"{held.clipped:,} of {held.asked:,} {what} ({held.clipped / held.asked:.1%}) are clipped"
        says = f"{part}: the largest is {held.largest:.4g}; all together are {held.error:.1%} off"
        yield Finding("clipped-weights", f"problem.{what}", held.clipped, 0, says)


def _stretched(found: Distortion, netlist: Netlist) -> Iterator[Finding]:
    if found.stretch > 1:
        many = found.couplings.asked + found.biases.asked
        says = (
            f"all {many:,} weights are held on a ladder stretched to {found.stretch:.4g} times its range, "
            f"with steps as much coarser; couplings are {found.couplings.error:.1%} off"
        )
        yield Finding("stretched-weights", netlist.latched.coupler.name, found.stretch, 1, says)


def _beta(found: Distortion, netlist: Netlist) -> Iterator[Finding]:
    """The last beta of a schedule: at the others an anneal only passes by."""
    if found.beta_error <= MAX_BETA_OFF:
        return
    converter, wanted = netlist.end("bias", BiasKind), found.beta / found.scale
    made = converter.kind.realised(wanted)
    at_its_end = 0 < made < wanted and converter.kind.realised(2 * wanted) == made
    off = f"beta {wanted:.4g} is set as {made:.4g}, {found.beta_error:.1%} off"
    if at_its_end:
        says = f"{off}: the converter ends there"
        yield Finding("beta-clipped", f"{converter.name}.full_scale", wanted, made, says)
    else:
        says = f"{off}: it lies between two codes of {converter.kind.bits} bits"
        yield Finding("beta-rounded", f"{converter.name}.bits", found.beta_error, MAX_BETA_OFF, says)


def _coarse(found: Distortion, schedule: ScheduleSpec, netlist: Netlist) -> Iterator[Finding]:
    """Steps of an anneal that change no code of the converter."""
    converter = netlist.end("bias", BiasKind)
    asked = np.unique(schedule.betas)
    codes = len({converter.kind.realised(float(beta) / found.scale) for beta in asked})
    if codes < len(asked):
        says = f"{len(asked):,} steps of beta are {codes:,} codes: {len(asked) - codes:,} steps change nothing"
        yield Finding("coarse-bias", f"{converter.name}.bits", codes, len(asked), says)
