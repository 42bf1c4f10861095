"""What a component kind is: parameters, actions and their price equations, latency, and for array kinds a kernel stage.

A kind is one class in one file. Which base it takes says where it stands on a chip; the bases stand in the folder of
their kinds, those of arrays twice, for cells that latch and for continuous ones:

    cells/       CellKind, ContinuousCellKind          the cells of an array       stage `activation`; law of motion
    noise/       NoiseKind, ContinuousNoiseKind        the noise in each cell      stage `noise`; diffusion
    couplers/    CouplerKind, ContinuousCouplerKind    wires and weights           stage `field`; network
    digital/     ClockKind                             what makes cells latch      phases
                 StaticKind                            what is there and draws power
                 MemoryKind, InputKind, DigitalKind    route kinds: weight memory, input latches, units that compute
    converters/  BiasKind, ContinuousInputKind, ReadoutKind, ContinuousReadKind    route kinds at the array

Here are `Kind`, the base of all, and `RouteKind`, that of everything that data passes through: it says the service time
and the latency of a `Transfer`, and what is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from chipsim.components.facts import Sampling, Settling
from chipsim.errors import ChipsimError
from chipsim.spec.chip import Technology
from chipsim.spec.model import SpecModel

EnergyGroup = Literal["fabric", "program", "clamp", "readout", "link", "memory", "digital", "static"]
ENERGY_GROUPS: tuple[EnergyGroup, ...] = get_args(EnergyGroup)

Gating = Literal["phase", "run", "never"]

Purpose = Literal["program", "clamp", "bias", "input", "read"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

# (kind, technology, magnitude) -> joules of one count, or None where a parameter that the equation needs is not given.
# The magnitude is what the count was measured on, for example the farads of a wire class; 1 where it has none.
Equation = Callable[[Any, Technology, float], float | None]


@dataclass(frozen=True)
class Action:
    """Something a component does that is counted.

    Attributes:
        name: the word used in ledgers and price tables.
        group: the part of the energy breakdown that it belongs to.
        unit: what one count is.
        meaning: one sentence for people.
        energy: the kind's own equation, for price rows that say `model: true`; None where it has none.
    """

    name: str
    group: EnergyGroup
    unit: str
    meaning: str
    energy: Equation | None = None


def powered(group: EnergyGroup, meaning: str = "being powered", unit: str = "s") -> Action:
    """The action `on`, which every kind has: counted in seconds times what `Netlist.units` says, priced in watts."""
    return Action("on", group, unit, meaning)


@dataclass(frozen=True)
class Transfer:
    """Data on its way along a route.

    Attributes:
        purpose: why it moves.
        words: number of values (weights, clamp values, DAC codes, cells read).
        bits: bits of one value.
        distance_um: mean way on the die, for wires that are priced by length.
        cells: number of cells that the words belong to.
        parts: the same by container of cells, where the array stands in containers.
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
    # Actions that the engine counts by itself, so every kind of this base declares them.
    counted_by_engine: ClassVar[tuple[str, ...]] = ()

    def modelled_energy_j(self, action: str, technology: Technology, magnitude: float = 1.0) -> float | None:
        """Joules of one count by the action's own equation; None where it has none.

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
        """Resolution of a converter, less what noise takes; None for what converts nothing."""
        return None

    def swing_v(self, technology: Technology) -> float | None:
        """Voltage between the two levels of its wires; None where it drives none. A parameter `swing` states it."""
        return None

    def wire_m(self) -> float | None:
        """Length of its wire across the array; None where it has none. A parameter `wire_length` states it."""
        return None

    def placed(self, side_m: float) -> Self:
        """Itself at an array whose longer side is so long: a length across the array that was left out is that."""
        return self

    def settling(self) -> Settling | None:
        """What must settle in a time that the spec states; None where its resistance is not known."""
        return None

    def sampling(self, technology: Technology) -> Sampling | None:
        """What is sampled on a capacitor; None where nothing is."""
        return None

    @property
    def is_auxiliary(self) -> bool:
        """Whether it is digital machinery around the array: host, controller, link."""
        return any(action.group in ("digital", "link") for action in self.actions)

    def inert(self) -> dict[str, str]:
        """Parameters that change nothing with the present settings, and why."""
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
    """What an array kind may look at when it makes its kernel parameters.

    Attributes:
        cells: number of cells, in update order ("slots").
        technology: process and temperature.
        since_latch_s: time since the same cell latched before; infinite before the first latch.
        pause_s: the part of it in which the array stood still.
        relaxation_time_s: time constant of the cell's noise.
        tick_s: time between two ticks of the schedule; a clocked one latches one colour a tick.
        ticks_since_rest: ticks since the array last stood still or was settled; below the number of colours, some cells
            have not latched since.
        rest_tick: the tick that came next then.
        colours: (cells,) int64, colour of each cell.
        first: (cells + 1,) int64, where the couplings of each cell begin in `neighbour`.
        neighbour: (directed couplings,) int32, slots of the cells that each cell sees.
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
    """Something that data passes through.

    `serves` names the purpose of the routes that begin or end at the array through this kind, if it is such an end;
    `MemoryKind`, `InputKind`, `BiasKind` and `ReadoutKind` are those ends.
    A transfer occupies an instance for `service_fs` of its share of the words; a word leaves `latency_fs` after it
    came. Along a route the words follow each other at the pace of the slowest component.
    """

    serves: ClassVar[Purpose | None] = None

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Femtoseconds that one instance needs for `share` words of the transfer."""
        return 0

    def latency_fs(self, transfer: Transfer) -> int:
        """Femtoseconds from a word's arrival to its departure: its service, and more where it is under way for long."""
        return self.service_fs(transfer, 1)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Counts of all instances together, by action."""
        return {}

    def throughput_parameters(self) -> tuple[str, ...]:
        """Parameters that say only how fast many words go: inert where another component of the route is slower."""
        return ()
