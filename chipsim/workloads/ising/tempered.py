"""What parallel tempering needs of a chip, and its results: acceptance of swaps, round trips, energies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import BiasKind
from chipsim.components.digital.base import InputKind
from chipsim.engine.observations import Observations
from chipsim.engine.trace import Trace
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.document import Document
from chipsim.spec.model import fail
from chipsim.workloads.ising.ladder import Fitted, Realised, four_digits
from chipsim.workloads.ising.scale import factor_of
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.ising.spec import IsingModel
from chipsim.workloads.sections import Column, Fact, Section, Table


def check_tempering(document: Document, model: IsingModel, netlist: Netlist) -> None:
    """Check that a chip can temper as the schedule says.

    Raises:
        SpecError: with what it lacks.
    """
    schedule = model.schedule
    keys = schedule.tempering
    if keys.energies == "chip" and not netlist.digital_units("energies"):
        complaint = f"{netlist.chip.model.name} has no unit that sums energies; add an energy_sum, or set host"
        raise fail(document, ("schedule", "temper", "energies"), complaint, code="chip.no-unit")
    if keys.energies == "chip":
        _check_units(document, model, netlist)
    if keys.replicas == "in_turn":
        if "clamp" not in netlist.routes or isinstance(netlist.end("clamp", InputKind).kind.coupling, float):
            complaint = "in_turn loads states through input latches that hold cells, which the chip does not have"
            raise fail(document, ("schedule", "temper"), f"{complaint}; use copies", code="chip.no-route")
        return
    noise = netlist.latched.noise
    if noise.kind.uses_relaxation():
        complaint = f"copies are simulated with noise that is fresh at each latch, but {noise.name} remembers"
        raise fail(document, ("schedule", "temper"), f"{complaint}; use law: ideal or in_turn", code="chip.unsuitable")
    if schedule.beta_by == "rewrite":
        return
    converters = netlist.end("bias", BiasKind)
    if (converters.containers, netlist.latched.cells.containers) != (schedule.replicas,) * 2:
        complaint = (
            f"{schedule.replicas} copies with betas of their own need a container each with a converter; "
            f"{converters.name} is there {converters.containers} times"
        )
        remedy = "divide the chip into containers, or set beta_by: rewrite, or temper.replicas: in_turn"
        raise fail(document, ("schedule", "beta_by"), f"{complaint}; {remedy}", code="chip.unsuitable")
    if model.mapping.method != "native":
        complaint = "copies with converters of their own fill their containers; use mapping: {method: native}"
        raise fail(document, ("mapping",), f"{complaint}, or beta_by: rewrite", code="chip.unsuitable")


def _check_units(document: Document, model: IsingModel, netlist: Netlist) -> None:
    """Units that sum energies in containers know those of their own replica, and a host must hear them all."""
    unit = netlist.digital_units("energies")[0]
    if unit.containers == 1:
        return
    path = ("schedule", "temper", "energies")
    if "energy" not in netlist.routes:
        complaint = f"each of {unit.containers} {unit.name} knows one energy, and none can tell the host"
        remedy = "add nets from the couplers through it to the host, or set host"
        raise fail(document, path, f"{complaint}; {remedy}", code="chip.no-route")
    many = model.schedule.copies
    if (unit.containers, netlist.latched.cells.containers) != (many, many) or model.mapping.method != "native":
        complaint = f"{unit.name} is there {unit.containers} times, each for the replica that fills its container"
        remedy = f"use {unit.containers} betas and replicas: copies with mapping: {{method: native}}, or set host"
        raise fail(document, path, f"{complaint}; {remedy}", code="chip.unsuitable")


def set_by(model: IsingModel, netlist: Netlist | None, problem: Problem) -> Realised:
    """The beta that a chip's converter sets for a wanted one, in units of the problem."""
    schedule = model.schedule
    if netlist is None or schedule.beta_by != "global_bias" or "bias" not in netlist.routes or schedule.fitted is None:
        return four_digits
    converter = netlist.end("bias", BiasKind).kind
    coldest = schedule.model_copy(update={"beta": schedule.fitted.end})
    scale = factor_of(model.problem.scale, problem, coldest, netlist.latched.coupler.kind)
    return lambda beta: float(converter.realised(beta / scale) * scale)


def in_own_sweeps(seen: Observations, schedule: ScheduleSpec) -> Observations:
    """Observations with the sweeps of the coldest replica in place of those of the array."""
    if seen.records is None:
        return seen
    return replace(seen, records=replace(seen.records, sweeps=schedule.own_sweeps(seen.records.sweeps)))


def temper_figures(schedule: ScheduleSpec, trace: Trace, fitted: tuple[float | None, Fitted] | None) -> dict[str, Any]:
    """Acceptance of each pair and mean energy at each beta over lanes, after the warm-up; round trips of a lane.

    Args:
        schedule: of the run.
        trace: of the run.
        fitted: the rate to which its betas were fitted, and what was found; or None.
    """
    answers = trace.observations.answers
    taken = answers["swap_acceptance"].mean(axis=0)
    known = [float(each) if np.isfinite(each) else None for each in taken]
    return {
        "betas": _numbered(schedule.betas.tolist()),
        **({} if fitted is None else {"fitted_swap_rate": fitted[0], "predicted_swaps": _numbered(fitted[1].rates)}),
        "temper_replicas": schedule.tempering.replicas,
        "temper_energies": schedule.tempering.energies,
        "swap_acceptance": _numbered(known),
        "least_swap_acceptance": min((each for each in known if each is not None), default=None),
        "mean_energy_by_beta": _numbered(answers["temper_energy"].mean(axis=0).tolist()),
        "round_trips": float(answers["round_trips"].mean()),
    }


def _numbered(values: Sequence[float | None]) -> dict[str, float | None]:
    """Values of the replicas by their number from 1, hot to cold."""
    return {str(number): value for number, value in enumerate(values, 1)}


def temper_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """How replicas are held, and how they move."""
    if "betas" not in figures:
        return
    how = "copies side by side" if figures["temper_replicas"] == "copies" else "one after the other on one array"
    by = "the host, from states that it reads" if figures["temper_energies"] == "host" else "adders beside the cells"
    yield Fact("tempering", None, note=f"{len(figures['betas'])} replicas, {how}; energies by {by}")
    least, trips = figures["least_swap_acceptance"], figures["round_trips"]
    if least is not None:
        fitted = (
            f" (betas fitted to {rounded(figures['fitted_swap_rate'], '.0%')})" if "fitted_swap_rate" in figures else ""
        )
        note = f"of swaps accepted by the worst pair{fitted}; {rounded(trips, '.3g')} round trips a repetition"
        yield Fact("swaps", least, "%", note, digits=3)


def temper_sections(figures: Mapping[str, Any]) -> Iterator[Section]:
    """Betas with their mean energies, and how often each swaps with the next."""
    if "betas" not in figures:
        return
    taken = [*figures["swap_acceptance"].values(), None]
    columns = [Column("beta"), Column("mean energy"), Column("swaps with next", "%")]
    values = [figures["betas"].values(), figures["mean_energy_by_beta"].values(), taken]
    if "predicted_swaps" in figures:
        columns.append(Column("predicted", "%"))
        values.append([*figures["predicted_swaps"].values(), None])
    yield Table("Temperatures", tuple(columns), tuple(zip(*values, strict=True)))
