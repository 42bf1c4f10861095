"""Sheet: the properties of a chip that pricing requires: actions, instances, and energies by the kinds' equations.

A sheet is created once from the netlist and stored with the result, so that pricing is a function of (activity, sheet,
price table): repricing elaborates no chip and loads no kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import EnergyGroup, Kind
from chipsim.components.digital.base import DigitalKind
from chipsim.errors import ChipsimError
from chipsim.prices.table import PriceTable
from chipsim.spec.document import KeyPath, leaves
from chipsim.spec.model import errors_located_at
from chipsim.spec.presets import portable_place

if TYPE_CHECKING:
    from chipsim.compiler.component import Component
    from chipsim.compiler.netlist import Netlist


# (path, value, place) of values of a spec.
Written = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class PricedAction:
    """Properties of an action that its price requires.

    Attributes:
        name, group, unit, meaning: as declared by the kind.
        model_j: joules per count by the kind's own equation, one for each price class if the counts are split by class,
            else a single one; empty if the kind has no equation.
    """

    name: str
    group: EnergyGroup
    unit: str
    meaning: str
    model_j: tuple[float, ...]


@dataclass(frozen=True)
class PricedComponent:
    """Properties of a component that its prices require.

    Attributes:
        name, kind, instances: as on the chip.
        units: multiplier of its power and area, see `Netlist.units`.
        auxiliary: whether it is an auxiliary digital part or link.
        is_host: whether it is the host computer, which takes no area on the die.
        on_chip: whether it is part of the chip: not a host, a digital unit next to it, or a link.
        bits: resolution of a converter (effective bits if available), or None.
        actions: of the component.
        written: its parameters as written: (path, value, file:line:column or `--set`).
    """

    name: str
    kind: str
    instances: int
    units: int
    auxiliary: bool
    is_host: bool
    on_chip: bool
    bits: float | None
    actions: tuple[PricedAction, ...]
    written: Written

    def action(self, name: str) -> PricedAction:
        """The properties of an action."""
        return next(action for action in self.actions if action.name == name)


@dataclass(frozen=True)
class Sheet:
    """All components of a chip by name, in the order of the chip file, and kT at its temperature."""

    components: dict[str, PricedComponent]
    thermal_energy_j: float
    technology: Written

    def check_equations(self, table: PriceTable) -> None:
        """Reject prices by an equation that the kind does not define.

        Raises:
            ChipsimError: names the row.
        """
        for component in self.components.values():
            for action in component.actions:
                row = table.find(component.name, component.kind, action.name)
                if row is not None and row.form == "model" and not action.model_j:
                    key = f"{component.kind}.{action.name}"
                    complaint = f"{component.kind} defines no price equation for {action.name}; give an energy"
                    raise ChipsimError(f"prices {table.name}: {key}: {complaint}", code="price.no-equation")

    def actions_by_kind(self) -> dict[str, list[str]]:
        """Names of the actions of each kind on the chip."""
        return {component.kind: [action.name for action in component.actions] for component in self.components.values()}


def sheet_of(netlist: Netlist, class_capacitance_f: NDArray[np.float64]) -> Sheet:
    """The sheet of an elaborated chip.

    Args:
        netlist: the chip.
        class_capacitance_f: (classes,) capacitance charged per toggle of each price class.

    Raises:
        SpecError: a kind's own equation fails.
    """
    components = {c.name: _priced(netlist, c, class_capacitance_f) for c in netlist.components.values()}
    technology = _written(netlist, "technology", ("technology",))
    return Sheet(components, netlist.chip.model.technology.thermal_energy_j, technology)


def _written(netlist: Netlist, name: str, path: KeyPath) -> Written:
    document = netlist.chip.document
    block = document.value
    for key in path:
        block = block[key]
    found = [(".".join(map(str, inner)), value, document.place((*path, *inner))) for inner, value in leaves(block)]
    return tuple((f"{name}.{key}", str(value), portable_place(place)) for key, value, place in found if key != "kind")


def _is_on_chip(kind: Kind) -> bool:
    if isinstance(kind, DigitalKind):
        return kind.role in ("logic", "energies")
    return all(action.group != "link" for action in kind.actions)


def _priced(netlist: Netlist, component: Component[Kind], class_capacitance_f: NDArray[np.float64]) -> PricedComponent:
    kind, units = component.kind, netlist.units(component)
    technology = netlist.chip.model.technology

    def model_j(action: str) -> tuple[float, ...]:
        by_class = component is netlist.domain.coupler and action == "toggle"
        magnitudes = class_capacitance_f.tolist() if by_class else [1.0]
        energies = [kind.modelled_energy_j(action, technology, magnitude) for magnitude in magnitudes]
        return tuple(energy for energy in energies if energy is not None)

    with errors_located_at(netlist.chip.document, component.spec.path):
        actions = tuple(PricedAction(a.name, a.group, a.unit, a.meaning, model_j(a.name)) for a in kind.actions)
    return PricedComponent(
        component.name,
        component.spec.kind,
        component.count,
        units,
        kind.is_auxiliary,
        component in netlist.digital_units("host"),
        _is_on_chip(kind),
        kind.effective_bits(technology),
        actions,
        _written(netlist, component.name, component.spec.path),
    )
