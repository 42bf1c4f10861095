"""Lint of mismatched parts: rules `ideal-noise`, `stale-noise`, `wire-length`, `slow-readout` and `adc-bits`.

Formulas and origins of their bounds: docs/lint.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from chipsim.compiler.netlist import LatchedDomain, Netlist
from chipsim.compiler.program import Cadence
from chipsim.components.base import Transfer
from chipsim.components.converters.base import ReadoutKind
from chipsim.components.facts import Finding
from chipsim.ledger.lint import WRITTEN_DIGITS
from chipsim.rounding import rounded
from chipsim.units import show, to_seconds

# The length of a wire across the array is between half its shorter side (mean distance to an edge) and the sum of its
# sides.
SHORTEST_OF_SIDE = 0.5
# Noise or fields from before the latches of the neighbours, as a share.
MOST_STALE = 0.01


def of_consistency(netlist: Netlist, cadence: Cadence | None) -> list[Finding]:
    """Findings about mismatched parts; `cadence` is that of the compiled array, None for continuous cells."""
    found = [*_of_wires(netlist)]
    if cadence is not None and isinstance(netlist.domain, LatchedDomain):
        found += _of_noise(netlist.domain, cadence)
        found += _of_fields(netlist.domain, cadence)
        found += _of_readout(netlist, cadence)
    return found


def _of_noise(domain: LatchedDomain, cadence: Cadence) -> Iterator[Finding]:
    """Noise that is modelled as independent at each latch although it relaxes slower than a phase, and noise that is
    not renewed between the latches of neighbours.
    """
    phase, relaxation = to_seconds(cadence.phase_fs), domain.cells.kind.relaxation_time
    stale = domain.noise.kind.stale_share(phase, to_seconds(cadence.sweep_fs), relaxation)
    if stale > MOST_STALE:
        text = (
            f"{rounded(stale, '.3g')} of the noise of a latch is from before its neighbours latched, so the array does "
            "not sample the Boltzmann distribution; lengthen the phase"
        )
        yield Finding("stale-noise", f"{domain.noise.name}.law", stale, MOST_STALE, text)
    if domain.noise.kind.is_fresh() and phase < relaxation * (1 - WRITTEN_DIGITS):
        short = f"the phase of {show(phase, 's')} is shorter than the noise relaxation time of {show(relaxation, 's')}"
        text = f"{short}, but law: ideal draws independent noise at each latch; use law: redraw or telegraph"
        yield Finding("ideal-noise", f"{domain.noise.name}.law", phase, relaxation, text)


def _of_fields(domain: LatchedDomain, cadence: Cadence) -> Iterator[Finding]:
    """Fields that have not followed the latest latches of neighbours."""
    if cadence.stale_share > MOST_STALE:
        text = (
            f"{rounded(cadence.stale_share, '.3g')} of a coupling is from before the latest latch of the neighbour, so "
            "the array does not sample the Boltzmann distribution; lengthen the phase"
        )
        yield Finding("stale-field", domain.coupler.name, cadence.stale_share, MOST_STALE, text)


def _of_wires(netlist: Netlist) -> Iterator[Finding]:
    """Wires across the array that are shorter or longer than the array allows."""
    sides_m = netlist.sides_m
    least, most = SHORTEST_OF_SIDE * min(sides_m), sum(sides_m)
    for component in netlist.components.values():
        wire = component.kind.wire_m()
        if wire is None or least * (1 - WRITTEN_DIGITS) <= wire <= most * (1 + WRITTEN_DIGITS):
            continue
        array = " x ".join(show(side, "m") for side in sides_m)
        how = "too short" if wire < least else "too long"
        text = f"{show(wire, 'm')} is {how} for an array of {array}; the default is {show(max(sides_m), 'm')}"
        yield Finding("wire-length", f"{component.name}.wire_length", wire, least if wire < least else most, text)


def _of_readout(netlist: Netlist, cadence: Cadence) -> Iterator[Finding]:
    """A read-out that is slower than a sweep, or has more bits than a cell."""
    if "read" not in netlist.routes:
        return
    readout = netlist.end("read", ReadoutKind)
    bits = readout.kind.bits_per_cell
    decision, sweep = (to_seconds(t) for t in (readout.kind.service_fs(Transfer("read", 1, bits), 1), cadence.sweep_fs))
    if decision > sweep * (1 + WRITTEN_DIGITS):
        text = f"{show(decision, 's')} per cell is longer than a sweep of {show(sweep, 's')}: states are skipped"
        yield Finding("slow-readout", f"{readout.name}.time", decision, sweep, text)
    if bits > 1:
        text = f"{bits} bits for cells that hold one: the others cost energy and carry no information"
        yield Finding("adc-bits", f"{readout.name}.bits", bits, 1, text)
