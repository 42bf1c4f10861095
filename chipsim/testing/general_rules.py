"""Rules for every kind: documentation, valid energies, and complete accounting of its actions."""

from __future__ import annotations

import inspect
import itertools
import math
import re
import sys
from typing import get_args

import numpy as np

from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import ENERGY_GROUPS, Gating
from chipsim.components.digital.base import CounterKind, DigitalKind, MemoryKind
from chipsim.components.registry import find_kind
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.table import PriceTable
from chipsim.spec.chip import Technology
from chipsim.testing.continuous_rules import matrix_for
from chipsim.testing.subject import Subject
from chipsim.testing.trial import ANALOG, place_of, trial_netlist

SWEEPS = 5


def is_documented(subject: Subject) -> None:
    """The module documents the kind, the class its parameters, and `summary` describes it in one line."""
    kind = subject.kind
    module = sys.modules[kind.__module__].__doc__ or ""
    own = kind.__dict__.get("__doc__") or ""
    subject.require(len(module.split()) >= 5, f"its module {kind.__module__} has no docstring with its equation")
    subject.require(bool(own.strip()), "its class has no docstring of its own")
    summary = getattr(kind, "summary", "")
    subject.require(bool(summary.strip()) and "\n" not in summary, "it has no summary of one line")


def has_a_name(subject: Subject) -> None:
    """The name is valid in a chip file and in the key of a price row."""
    name = getattr(subject.kind, "name", "")
    subject.require(re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None, f'"{name}" is not a valid name of a kind')


def is_found_by_its_name(subject: Subject) -> None:
    """The name in a chip file resolves to this class: built in, or registered by an entry point."""
    try:
        found = find_kind(subject.kind.name)
    except ChipsimError as error:
        subject.fail(str(error))
    subject.require(
        found is subject.kind, f'the name "{subject.kind.name}" is registered for {found.__module__}.{found.__name__}'
    )


def actions_are_described(subject: Subject) -> None:
    """Each action has a unit, a group of the energy breakdown and a meaning; `on` is one of them."""
    kind = subject.kind
    names = [action.name for action in kind.actions]
    subject.require(len(set(names)) == len(names), f"duplicate names of actions: {', '.join(names)}")
    subject.require("area" not in names, 'an action cannot be named "area", which price tables reserve')
    for action in kind.actions:
        subject.require(re.fullmatch(r"[a-z][a-z0-9_]*", action.name) is not None, f'"{action.name}" is not a name')
        subject.require(action.group in ENERGY_GROUPS, f"{action.name}: unknown group {action.group}")
        subject.require(bool(action.unit.strip()), f"{action.name} has no unit")
        subject.require(bool(action.meaning.strip()), f"{action.name} has no meaning")
    powered = [action for action in kind.actions if action.name == "on"]
    subject.require(bool(powered), "it has no action `on`; add powered(group, meaning)")
    units = ("s", "bit s") if issubclass(kind, MemoryKind | CounterKind) else ("s",)
    subject.require(powered[0].unit in units, "the unit of action `on` must be seconds of one instance")
    for name in kind.counted_by_engine:
        subject.require(name in names, f"it has no action `{name}`, which the engine counts for kinds of its base")


def gating_is_known(subject: Subject) -> None:
    """`gated` is one of phase, run, never."""
    subject.require(subject.made().gated in get_args(Gating), f"gated: {subject.made().gated} is unknown")


def energies_are_physical(subject: Subject) -> None:
    """Equations of actions give finite, non-negative energies."""
    made = subject.made()
    conditions = itertools.product((0.05, 0.5, 1.2), (4.0, 300.0, 400.0), (1e-18, 1e-15, 1e-12))
    for (vdd, temperature, magnitude), action in itertools.product(conditions, subject.kind.actions):
        technology = Technology.model_validate(
            {"node": "any", "vdd": f"{vdd} V", "temperature": f"{temperature} K"}, strict=False
        )
        where = f"{action.name} at {vdd} V, {temperature} K, magnitude {magnitude}"
        try:
            energy = made.modelled_energy_j(action.name, technology, magnitude)
        except ChipsimError as error:
            subject.fail(f"the energy of {where}: {error}")
        fine = energy is None or (math.isfinite(energy) and energy >= 0)
        subject.require(fine, f"the energy of {where} is {energy} J")


def analog_trial_run(subject: Subject, lanes: int) -> tuple[ContinuousDevice, Trace]:
    """A run of the trial chip of continuous cells that uses every route: write, drive, relax, read, compute."""
    netlist = trial_netlist(subject.made())
    device = ContinuousDevice(ContinuousProgram(netlist), lanes, seed=1)
    coupler, cell = netlist.continuous.coupler.kind, netlist.continuous.cells.kind
    if coupler.couples_cells:
        device.write(matrix_for(coupler))
    else:
        device.lay_out(4)
        if coupler.input_lines():
            device.write_lines(np.eye(4) * 1e-3)
    if cell.coupled_by == "S":
        device.drive(np.tile([0.1, 0.0, -0.1, 0.2], cell.states_per_cell * len(cell.input_names)))
    device.relax(1e-5)
    device.observe(5, 1e-6)
    device.compute(10)
    return device, device.finish()


def trial_run(subject: Subject, lanes: int = 70) -> tuple[Device | ContinuousDevice, Trace]:
    """A run of the trial chip that uses every route: write, set beta, clamp, sample, read, sum energies, compute."""
    if isinstance(subject.made(), ANALOG):
        return analog_trial_run(subject, lanes)
    device = Device(subject.program(), lanes, seed=1)
    device.write(subject.couplings, subject.biases)
    device.set_beta(1.0)
    device.clamp(np.array([0]), np.array([1], np.int8))
    device.sample(SWEEPS)
    device.count(np.arange(2))
    device.read_counts()
    device.read()
    device.sum_energies(np.zeros(device.program.cells, np.int64))
    device.compute(10)
    made = subject.made()
    if isinstance(made, DigitalKind):
        device.compute(10, unit=place_of(made))
    return device, device.finish()


def what_it_does_is_in_the_ledger(subject: Subject) -> None:
    """All counts are declared actions, non-negative integers, and reported as unpriced without a price."""
    device, trace = trial_run(subject)
    name = place_of(subject.made())
    declared = {action.name for action in subject.kind.actions}
    counts = {row.action: row.count for row in trace.activity.rows if row.component == name}
    for action, count in counts.items():
        subject.require(action in declared, f"it counts {action}, which it does not declare")
        subject.require(isinstance(count, int | np.integer) and count >= 0, f"its count of {action} is {count!r}")
    subject.require("on" in counts, "its powered time (`on`) is not counted")
    subject.require(len(counts) > 1 or declared == {"on"}, "it counted no action in a run that uses every route")
    ledger = price_trace(trace, sheet_of(device.netlist, trace.activity.class_capacitance_f), PriceTable("empty", {}))
    rows = {row.action: row for row in ledger.rows if row.component == name}
    for action in counts:
        subject.require(f"{name}.{action}" in ledger.unpriced, f"{action} has no price but is not reported as unpriced")
        subject.require(rows[action].energy_j is None, f"{action} has no price but costs {rows[action].energy_j} J")


def is_concrete(subject: Subject) -> None:
    """All abstract members of its base are implemented."""
    missing = sorted(getattr(subject.kind, "__abstractmethods__", ()))
    subject.require(not inspect.isabstract(subject.kind) and not missing, f"it does not implement {', '.join(missing)}")
