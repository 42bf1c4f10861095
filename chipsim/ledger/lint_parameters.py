"""Physics lint of a chip's parameters: rules `swing`, `sampled-noise`, `white-noise` and `settling` of `lint.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chipsim.compiler.component import Component
from chipsim.compiler.netlist import ContinuousDomain, Netlist
from chipsim.components.base import Kind
from chipsim.components.facts import Finding
from chipsim.components.noise.base import ContinuousNoiseKind
from chipsim.ledger.lint import WRITTEN_DIGITS
from chipsim.spec.chip import Technology
from chipsim.units import show

THERMAL_VOLTAGES = 4.0


def of_parameters(netlist: Netlist) -> list[Finding]:
    """Findings about parameters."""
    technology = netlist.chip.model.technology
    return [f for c in netlist.components.values() for f in _of_component(c, netlist, technology)]


def _of_component(component: Component[Kind], netlist: Netlist, technology: Technology) -> Iterator[Finding]:
    if isinstance(component.kind, ContinuousNoiseKind):
        yield from _of_noise(netlist.continuous, technology)
    yield from _of_swing(component, technology)
    yield from _of_sampling(component, technology)
    yield from _of_settling(component)


def _of_noise(domain: ContinuousDomain, technology: Technology) -> Iterator[Finding]:
    noise, capacitance_f = domain.noise.kind, domain.cells.kind.capacitance_f()
    if capacitance_f is None:
        return
    least = technology.sampled_noise_v(capacitance_f)
    if noise.law == "injected" and noise.sigma < least:
        text = f"{show(noise.sigma, 'V')} is below the cell's own sqrt(kT/C) = {show(least, 'V')}"
        yield Finding("white-noise", f"{domain.noise.name}.sigma", noise.sigma, least, text)


def _of_swing(component: Component[Kind], technology: Technology) -> Iterator[Finding]:
    swing, bound = component.kind.swing_v(technology), THERMAL_VOLTAGES * technology.thermal_voltage_v
    if swing is not None and swing < bound * (1 - WRITTEN_DIGITS):
        text = f"{show(swing, 'V')} is below 4 kT/q = {show(bound, 'V')}"
        yield Finding("swing", f"{component.name}.swing", swing, bound, text)


def _of_sampling(component: Component[Kind], technology: Technology) -> Iterator[Finding]:
    sampling = component.kind.sampling(technology)
    if sampling is None:
        return
    noise, bound = technology.sampled_noise_v(sampling.capacitance_f), sampling.step_v / math.sqrt(12)
    if noise > bound:
        text = f"kT/C noise {show(noise, 'V')} is above the {show(bound, 'V')} of {sampling.bits} bits"
        yield Finding("sampled-noise", f"{component.name}.{sampling.stated}", noise, bound, text)


def _of_settling(component: Component[Kind]) -> Iterator[Finding]:
    settling = component.kind.settling()
    if settling is None or settling.time_s >= settling.needed_s * (1 - WRITTEN_DIGITS):
        return
    time, needed, constant = (show(t, "s") for t in (settling.time_s, settling.needed_s, settling.time_constant_s))
    text = f"{time} is too short: with R C = {constant}, settling to half a step of {settling.bits} bits takes {needed}"
    yield Finding("settling", f"{component.name}.{settling.stated}", settling.time_s, settling.needed_s, text)
