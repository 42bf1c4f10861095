"""What a component kind is: parameters, actions and their price equations, latency, and for array kinds a kernel stage.

A kind is one class in one file. Its base determines its role on a chip; the bases are in the folder of their kinds.
Array kinds have two bases, for latched and for continuous cells:

    cells/       CellKind, ContinuousCellKind          the cells of an array       stage `activation`; law of motion
    noise/       NoiseKind, ContinuousNoiseKind        the noise in each cell      stage `noise`; diffusion
    couplers/    CouplerKind, ContinuousCouplerKind    wires and weights           stage `field`; network
    digital/     ClockKind                             latches the cells           phases
                 StaticKind                            static power only
                 MemoryKind, InputKind, DigitalKind    route kinds: weight memory, input latches, digital units
    converters/  BiasKind, ContinuousInputKind, ReadoutKind, ContinuousReadKind    route kinds at the array

This module defines `Kind`, the base of all, and `RouteKind`, the base of everything that data passes through: it gives
the service time and the latency of a `Transfer`, and its counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from chipsim.components.facts import Sampling, Settling
from chipsim.errors import ChipsimError
from chipsim.spec.chip import Technology
from chipsim.spec.model import SpecModel

# In the order of the scopes of an answer, each of which includes those before it.
EnergyGroup = Literal["fabric", "clamp", "readout", "program", "memory", "link", "digital", "static"]
ENERGY_GROUPS: tuple[EnergyGroup, ...] = get_args(EnergyGroup)

Gating = Literal["phase", "run", "never"]

Purpose = Literal["program", "clamp", "bias", "input", "read", "count", "energy"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

# (kind, technology, magnitude) -> joules per count, or None if a required parameter is not given.
# The magnitude scales the count, for example the capacitance (F) of a wire class; 1 by default.
Equation = Callable[[Any, Technology, float], float | None]


@dataclass(frozen=True)
class Action:
    """A counted action of a component.

    Attributes:
        name: as used in ledgers and price tables.
        group: its group in the energy breakdown.
        unit: of one count.
        meaning: one-line description.
        energy: the kind's own equation, for price rows with `model: true`; None if it has none.
    """

    name: str
    group: EnergyGroup
    unit: str
    meaning: str
    energy: Equation | None = None


def powered(group: EnergyGroup, meaning: str = "standby power", unit: str = "s") -> Action:
    """The action `on`, required for every kind: counted in seconds times `Netlist.units`, priced in watts."""
    return Action("on", group, unit, meaning)


@dataclass(frozen=True)
class Transfer:
    """A transfer of data along a route.

    Attributes:
        purpose: of the transfer.
        words: number of values (weights, clamp values, DAC codes, cells read, energies).
        bits: per value.
        distance_um: mean distance on the die, for wires priced by length.
        cells: number of cells that the words belong to.
        parts: the same by container of cells, if the array is divided into containers.
    """

    purpose: Purpose
    words: int
    bits: int
    distance_um: int = 0
    cells: int = 0
    parts: tuple[Transfer, ...] = ()


class Kind(SpecModel):
    """Base of all kinds: a frozen set of validated parameters."""

    kind: str
    gated: Gating = "never"

    name: ClassVar[str]
    summary: ClassVar[str]
    actions: ClassVar[tuple[Action, ...]]
    # Parameter -> value at which it makes the part no worse than ideal; `chipsim ablate` sets them one by one.
    ideal: ClassVar[Mapping[str, Any]] = {}
    # Actions that the engine counts; every kind of this base must declare them.
    counted_by_engine: ClassVar[tuple[str, ...]] = ()

    def modelled_energy_j(self, action: str, technology: Technology, magnitude: float = 1.0) -> float | None:
        """Joules per count by the action's own equation; None if it has none.

        Raises:
            ChipsimError: the equation fails with these parameters.
        """
        equation = self.action(action).energy
        try:
            energy = None if equation is None else equation(self, technology, magnitude)
            return None if energy is None else float(energy)
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
            raise ChipsimError(
                f"the price equation of {self.name}.{action} fails: {cause}", code="kind.broken"
            ) from error

    def effective_bits(self, technology: Technology) -> float | None:
        """Effective resolution of a converter, noise included; None for other kinds."""
        return None

    def swing_v(self, technology: Technology) -> float | None:
        """Voltage swing of its wires, set by a parameter `swing`; None if it drives none."""
        return None

    def wire_m(self) -> float | None:
        """Length of its wire across the array, set by a parameter `wire_length`; None if it has none."""
        return None

    def placed(self, side_m: float) -> Self:
        """This kind placed at an array with this longer side, the default of lengths across the array."""
        return self

    def settling(self) -> Settling | None:
        """The node that must settle within a time given in the spec; None if its resistance is not known."""
        return None

    def sampling(self, technology: Technology) -> Sampling | None:
        """The voltage that is sampled on a capacitor; None if there is none."""
        return None

    @property
    def is_auxiliary(self) -> bool:
        """Whether it is an auxiliary digital part around the array: host, controller, link."""
        return any(action.group in ("digital", "link") for action in self.actions)

    def inert(self) -> dict[str, str]:
        """Parameters without effect at the present settings, with the reason."""
        return {}

    @classmethod
    def action(cls, name: str) -> Action:
        """The action of that name."""
        return next(a for a in cls.actions if a.name == name)


def half_cv2_j(capacitance_f: float, swing_v: float) -> float:
    """Energy of one transition of a wire: C V**2 / 2."""
    return 0.5 * capacitance_f * swing_v**2


@dataclass(frozen=True)
class ArrayContext:
    """Context from which an array kind computes its kernel parameters.

    Attributes:
        cells: number of cells, in update order ("slots").
        technology: process and temperature.
        since_latch_s: time since the previous latch of the same cell; infinite before the first latch.
        pause_s: the part of it in which the array was paused.
        relaxation_time_s: time constant of the cell's noise.
        tick_s: time between two ticks of the schedule; a clocked schedule latches one colour per tick.
        ticks_since_rest: ticks since the array was last paused or settled; below the number of colours, some cells have
            not latched since.
        rest_tick: the first tick after that.
        colours: (cells,) int64, colour of each cell.
        first: (cells + 1,) int64, where the couplings of each cell begin in `neighbour`.
        neighbour: (directed couplings,) int32, slots of the neighbours of each cell.
    """

    cells: int
    technology: Technology
    since_latch_s: float
    pause_s: float
    relaxation_time_s: float
    tick_s: float
    ticks_since_rest: int
    rest_tick: int
    colours: NDArray[np.int64]
    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]


class RouteKind(Kind):
    """A component that data passes through.

    `serves` is the purpose of the routes that this kind terminates at the array, if any; `MemoryKind`, `InputKind`,
    `BiasKind` and `ReadoutKind` terminate routes.
    A transfer occupies an instance for `service_fs` of its share of the words; a word leaves `latency_fs` after its
    arrival. The slowest component of a route sets its throughput.
    """

    serves: ClassVar[Purpose | None] = None

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Femtoseconds for which `share` words of the transfer occupy one instance."""
        return 0

    def latency_fs(self, transfer: Transfer) -> int:
        """Femtoseconds from a word's arrival to its departure: its service, plus any propagation delay."""
        return self.service_fs(transfer, 1)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Counts summed over all instances, by action."""
        return {}

    def throughput_parameters(self) -> tuple[str, ...]:
        """Parameters that affect only the throughput: inert if another component of the route is slower."""
        return ()
