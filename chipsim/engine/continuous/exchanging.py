"""What continuous cells and their couplers exchange with their surroundings: heat and work, counted in the trace.

Base of `ContinuousDevice`, which says what happens when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import ContinuousDomain, Netlist
from chipsim.components.cells.base import ContinuousCellKind
from chipsim.engine.continuous.array import ContinuousArray
from chipsim.engine.periphery import ARRAY, Periphery
from chipsim.engine.timeline import Operation, Service, Stream
from chipsim.physics.held_matrix import Network

ATTOJOULES, ZEPTOJOULES = 1e18, 1e21


@dataclass(frozen=True, eq=False)
class Exchange:
    """What cells with a potential exchanged in a phase, (lanes,) joules: heat into their bath, work done on them."""

    phase: str
    heat_j: NDArray[np.float64]
    work_j: NDArray[np.float64]


class Exchanging(Periphery):
    """Routes and an array whose exchanges are counted.

    Args:
        netlist: of the chip.
        lanes: number of repetitions.
        seed: of the die and of all noise.
        array: with a lane for each repetition, the last of its lanes.
    """

    def __init__(self, netlist: Netlist, lanes: int, seed: int, array: ContinuousArray) -> None:
        super().__init__(netlist, lanes, seed)
        self.array = array
        # What the cells exchanged, phase by phase; a probe.
        self.exchanges: list[Exchange] = []
        # (lanes,) J into the bath by phase, of which a run may simulate a phase in several stretches.
        self._bath: dict[int, NDArray[np.float64]] = {}
        # (lanes,) W in the lines of a crossbar while the cells run.
        self._line_w: NDArray[np.float64] = np.zeros(lanes)

    @property
    def domain(self) -> ContinuousDomain:
        """Cells, noise and couplers."""
        return self.netlist.continuous

    @property
    def cell(self) -> ContinuousCellKind:
        """Parameters of the cells."""
        kind: ContinuousCellKind = self.domain.cells.kind
        return kind

    @property
    def network(self) -> Network:
        """The network of the couplers.

        Raises:
            ChipsimError: the couplers have not been written yet.
        """
        return self.array.network

    def _book_heat(
        self, before: NDArray[np.float64], states: NDArray[np.float64], weights_s: NDArray[np.float64]
    ) -> None:
        """Book the heat in couplers and cells: the integral of their power by quadrature."""
        volts = np.concatenate([before[:, None], states], axis=1)[-self.lanes :, :, : self.network.cells]
        watts = {
            self.domain.coupler: self.domain.coupler.kind.heat_w(self.network, volts),
            self.domain.cells: self.cell.heat_w(volts),
        }
        phase = len(self._trace.phases) - 1
        for component, power in watts.items():
            heat_j = power @ weights_s
            self._trace.add(component.name, "dissipate", phase, sum(round(heat * ATTOJOULES) for heat in heat_j))

    def _instant(self, name: str, after: Sequence[Operation]) -> Operation:
        """Book something that happens to the array at once."""
        return self.timeline.book(name, Stream((Service(self.domain.coupler.name, 0, 0, 0, (ARRAY,)),)), after)

    def _stored_j(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        force = self.array.force
        return self.cell.stored_j(
            self.network, force if force.ndim == 1 else force[-self.lanes :], volts[-self.lanes :]
        )

    def _working(self, change: Callable[[], None], booked: Operation) -> Operation:
        """Change inputs or couplers in an operation; the rise of the potential at these voltages is work."""
        known = self.cell.has_potential and self.array.volts.shape[1] > 0
        before = self._stored_j(self.array.volts) if known else np.zeros(self.lanes)
        change()
        if known:
            work = self._stored_j(self.array.volts) - before
            self.exchanges.append(Exchange(self._trace.phases[-1].name, np.zeros(self.lanes), work))
        return booked

    def _book_potential(self, before: NDArray[np.float64], now: NDArray[np.float64]) -> None:
        """Note the fall of the potential as heat into the bath, its rise as heat from it, lane by lane."""
        heat = self._stored_j(before) - self._stored_j(now)
        phase = len(self._trace.phases) - 1
        self._bath[phase] = self._bath.get(phase, 0.0) + heat
        self.exchanges.append(Exchange(self._trace.phases[phase].name, heat, np.zeros(self.lanes)))

    def _count_bath(self) -> None:
        """Count the heat of each lane over each phase: looks on the way, which are free, must not change a count."""
        name = self.domain.cells.name
        for phase, heat in self._bath.items():
            self._trace.add(name, "dissipate", phase, sum(round(q * ZEPTOJOULES) for q in heat if q > 0))
            self._trace.add(name, "absorb", phase, sum(round(-q * ZEPTOJOULES) for q in heat if q < 0))

    def _book_lines(self, time_s: float) -> None:
        """Book the heat in a crossbar, whose voltages are those of the inputs."""
        if self._line_w.any():
            phase, count = len(self._trace.phases) - 1, sum(round(w * time_s * ATTOJOULES) for w in self._line_w)
            self._trace.add(self.domain.coupler.name, "dissipate", phase, count)
