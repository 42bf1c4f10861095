"""Finding component kinds by name: the built-in ones, and those that other packages register.

An outside package offers a kind through the entry point group `chipsim.components`:

    [project.entry-points."chipsim.components"]
    my_noise = "my_package.my_noise:MyNoise"
"""

from __future__ import annotations

import importlib
import importlib.metadata
from functools import cache

from chipsim.components.base import Kind
from chipsim.errors import ChipsimError, did_you_mean
from chipsim.kernels import COMPONENT_ENTRY_POINTS

BUILT_IN = {
    "pbit": "chipsim.components.cells.pbit:PBit",
    "rng": "chipsim.components.noise.rng:Rng",
    "coupler": "chipsim.components.couplers.coupler:Coupler",
    "input_cell": "chipsim.components.digital.input_cell:InputCell",
    "weight_memory": "chipsim.components.digital.weight_memory:WeightMemory",
    "readout": "chipsim.components.converters.readout:Readout",
    "dac": "chipsim.components.converters.dac:Dac",
    "link": "chipsim.components.digital.link:Link",
    "controller": "chipsim.components.digital.controller:Controller",
    "host": "chipsim.components.digital.host:Host",
    "clock": "chipsim.components.digital.clock:Clock",
    "ou_cell": "chipsim.components.cells.ou_cell:OuCell",
    "rlc_cell": "chipsim.components.cells.rlc_cell:RlcCell",
    "conductance": "chipsim.components.couplers.conductance:Conductance",
    "capacitor": "chipsim.components.couplers.capacitor:Capacitor",
    "resistor_array": "chipsim.components.couplers.resistor_array:ResistorArray",
    "noise_source": "chipsim.components.noise.noise_source:NoiseSource",
    "input_dac": "chipsim.components.converters.input_dac:InputDac",
    "adc": "chipsim.components.converters.adc:Adc",
    "mac_unit": "chipsim.components.digital.mac_unit:MacUnit",
    "thermostat": "chipsim.components.digital.thermostat:Thermostat",
}


@cache
def kind_names() -> dict[str, str]:
    """All known kinds: name -> "module:Class". A built-in name cannot be taken over from outside."""
    outside = {point.name: point.value for point in importlib.metadata.entry_points(group=COMPONENT_ENTRY_POINTS)}
    return {**outside, **BUILT_IN}


def find_kind(name: str) -> type[Kind]:
    """The class of a kind.

    Raises:
        ChipsimError: no such kind, or an outside package's entry point is broken.
    """
    names = kind_names()
    if name not in names:
        raise ChipsimError(f'unknown kind "{name}"; {did_you_mean(name, names)}')
    module, _, attribute = names[name].partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ChipsimError(f'kind "{name}" ({names[name]}) cannot be loaded: {error}') from error
    if not (isinstance(found, type) and issubclass(found, Kind)):
        raise ChipsimError(f'kind "{name}" ({names[name]}) is not a component kind')
    return found
