"""Lookup of component kinds by name: built-in ones and those registered by other packages.

An external package registers a kind through the entry point group `chipsim.components`:

    [project.entry-points."chipsim.components"]
    my_noise = "my_package.my_noise:MyNoise"
"""

from __future__ import annotations

from functools import cache

from chipsim.components.base import Kind
from chipsim.errors import ChipsimError
from chipsim.kernels import COMPONENT_ENTRY_POINTS
from chipsim.spec.entry_points import load_class, registered

BUILT_IN = {
    "digital_pbit": "chipsim.components.cells.digital_pbit:DigitalPBit",
    "bit_generator": "chipsim.components.noise.bit_generator:BitGenerator",
    "pbit": "chipsim.components.cells.pbit:PBit",
    "rng": "chipsim.components.noise.rng:Rng",
    "coupler": "chipsim.components.couplers.coupler:Coupler",
    "input_cell": "chipsim.components.digital.input_cell:InputCell",
    "weight_memory": "chipsim.components.digital.weight_memory:WeightMemory",
    "counter": "chipsim.components.digital.counter:Counter",
    "readout": "chipsim.components.converters.readout:Readout",
    "dac": "chipsim.components.converters.dac:Dac",
    "link": "chipsim.components.digital.link:Link",
    "controller": "chipsim.components.digital.controller:Controller",
    "host": "chipsim.components.digital.host:Host",
    "clock": "chipsim.components.digital.clock:Clock",
    "free_running": "chipsim.components.digital.free_running:FreeRunning",
    "ou_cell": "chipsim.components.cells.ou_cell:OuCell",
    "quartic_cell": "chipsim.components.cells.quartic_cell:QuarticCell",
    "pdit": "chipsim.components.cells.pdit:PDit",
    "pmog": "chipsim.components.cells.pmog:PMog",
    "rlc_cell": "chipsim.components.cells.rlc_cell:RlcCell",
    "conductance": "chipsim.components.couplers.conductance:Conductance",
    "capacitor": "chipsim.components.couplers.capacitor:Capacitor",
    "crossbar": "chipsim.components.couplers.crossbar:Crossbar",
    "resistor_array": "chipsim.components.couplers.resistor_array:ResistorArray",
    "noise_source": "chipsim.components.noise.noise_source:NoiseSource",
    "input_dac": "chipsim.components.converters.input_dac:InputDac",
    "adc": "chipsim.components.converters.adc:Adc",
    "energy_sum": "chipsim.components.digital.energy_sum:EnergySum",
    "mac_unit": "chipsim.components.digital.mac_unit:MacUnit",
    "thermostat": "chipsim.components.digital.thermostat:Thermostat",
}


@cache
def kind_names() -> dict[str, str]:
    """All known kinds: name -> "module:Class". Built-in names cannot be overridden."""
    return registered(COMPONENT_ENTRY_POINTS, BUILT_IN)


def find_kind(name: str) -> type[Kind]:
    """The class of a kind.

    Raises:
        ChipsimError: unknown kind, or the entry point of an external package is broken.
    """
    found = load_class("kind", name, kind_names())
    if not issubclass(found, Kind):
        raise ChipsimError(f'kind "{name}" ({kind_names()[name]}) is not a component kind', code="kind.broken")
    if found.name != name:
        raise ChipsimError(
            f'kind "{name}" ({kind_names()[name]}) has the name "{found.name}"; register it under that name',
            code="kind.broken",
        )
    for action in found.counted_by_engine:
        if action not in {declared.name for declared in found.actions}:
            raise ChipsimError(
                f'kind "{name}" has no action "{action}", which its base class requires; add it to actions',
                code="kind.broken",
            )
    return found
