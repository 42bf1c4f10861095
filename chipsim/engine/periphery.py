"""What every chip has around its array: routes on which data moves, digital units, power, counts and time.

The devices of the two sorts of arrays, latched (`device.py`) and continuous (`analog.py`), stand on it. A transfer is
booked on the route it uses: counts go to the trace, time to the timeline.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from chipsim.compiler.netlist import Component, Netlist
from chipsim.components.base import DigitalKind, Purpose, Transfer
from chipsim.engine.occupancy import Occupancy, occupancy
from chipsim.engine.timeline import Hold, Operation, Timeline
from chipsim.engine.trace import Row, TraceBuilder, in_order
from chipsim.errors import ChipsimError

ARRAY = "(array)"
RELOAD_WAIT = "reload wait"
LOADS = ("program", RELOAD_WAIT)


class Periphery:
    """Routes, digital units and power of one chip, in `lanes` independent repetitions with this seed."""

    def __init__(self, netlist: Netlist, lanes: int, seed: int) -> None:
        self.netlist = netlist
        self.lanes = lanes
        self.seed = seed
        self.timeline = Timeline()
        self._trace = TraceBuilder()
        self._began = time.perf_counter()

    def units_of(self, kind: str) -> list[str]:
        """Names of the components of a kind."""
        return [c.name for c in self.netlist.components.values() if c.spec.kind == kind]

    def compute(self, words: int, after: Sequence[Operation] = (), unit: str | None = None) -> Operation:
        """Have a digital unit (by default the host) handle so many machine words."""
        component = self._digital(unit)
        duration, counts = component.kind.compute(words)
        operation = self.timeline.book("compute", [Hold(component.name, 0, duration)], self._ready(after))
        self._count("compute", operation, {component: counts}, once=False)
        return operation

    def _ready(self, after: Sequence[Operation]) -> int:
        return max((op.end_fs for op in after), default=0)

    def _digital(self, unit: str | None) -> Component:
        units = [c for c in self.netlist.components.values() if isinstance(c.kind, DigitalKind)]
        wanted = [c for c in units if (c.spec.kind == "host" if unit is None else c.name == unit)]
        if not wanted:
            raise ChipsimError(f"{self.netlist.chip.document.source}: no {unit or 'host'} to compute on")
        return wanted[0]

    def _arrival_fs(self, route: Sequence[Component], transfer: Transfer) -> int:
        """From the start of a stream to the arrival of its first word at the last component."""
        return sum(component.kind.latency_fs(transfer) for component in route[:-1])

    def _stream(
        self,
        name: Purpose,
        route: Sequence[Component],
        transfer: Transfer,
        ready_fs: int,
        array_from: int | None,
        once: bool = False,
    ) -> Operation:
        """Book a transfer: each stage is held from when the first word reaches it until it has served the last.

        Words follow each other at the pace of the slowest stage, so everywhere the last comes as long after the first
        as there: its service of all words but one. A single word holds each stage for its own service only.

        `array_from` is the stage with which the array must stand still, or None. A read-out that senses all cells at
        once lets them go after its own service; everything else holds them to the end of the stream.
        """
        lag = max(component.lag_fs(transfer) for component in route)
        offset = 0
        holds = []
        for index, component in enumerate(route):
            single = component.kind.service_fs(transfer, 1)
            holds.append(Hold(component.name, offset, lag + single))
            if array_from is not None and index == array_from % len(route):
                sensed = name == "read" and component.kind.decides_at_once
                holds.append(Hold(ARRAY, offset, single if sensed else lag + single))
            offset += component.kind.latency_fs(transfer)
        operation = self.timeline.book(name, holds, ready_fs, length_fs=offset + lag)
        counts = {component: component.counts(transfer) for component in route}
        self._count(name, operation, counts, once)
        return operation

    def _count(self, name: str, operation: Operation, counts: dict[Component, dict[str, int]], once: bool) -> None:
        phase = self._trace.phase(name, operation.start_fs, operation.end_fs)
        held = {hold.resource: hold.duration_fs for hold in operation.holds}
        for component, actions in counts.items():
            for action, count in actions.items():
                self._trace.add(component.name, action, phase, count * self.lanes, once)
            if component.kind.gated == "phase":
                powered = self.netlist.units(component) * held[component.name] * self.lanes
                self._trace.add(component.name, "on", phase, powered, once)

    def _wait_for_reload(self, memory: Component, operation: Operation) -> None:
        """Keep the memory from another write until its reload interval is over; the array may sample meanwhile."""
        held = next(hold for hold in operation.holds if hold.resource == memory.name)
        began = operation.start_fs + held.offset_fs
        waiting = memory.kind.reload_fs() - held.duration_fs
        if waiting > 0:
            wait = self.timeline.book(RELOAD_WAIT, [Hold(memory.name, 0, waiting)], began + held.duration_fs)
            self._trace.phase(wait.name, wait.start_fs, wait.end_fs)

    def _book_while_running(self, phase: int, duration_fs: int) -> None:
        """Power of what is gated by the array's own work."""
        for component in self.netlist.components.values():
            if component.kind.gated == "run":
                self._trace.add(component.name, "on", phase, self.netlist.units(component) * duration_fs * self.lanes)

    def _book_always_on(self) -> None:
        """Power of what is never gated."""
        elapsed = self.timeline.elapsed_fs
        worked = max((op.end_fs for op in self.timeline.operations if op.name != RELOAD_WAIT), default=0)
        for component in self.netlist.components.values():
            if component.kind.gated == "never":
                powered = self.netlist.units(component) * self.lanes
                self._trace.add(component.name, "on", -1, powered * worked)
                # Waiting for the next load is the price of a load: jobs that share one share this too.
                self._trace.add(component.name, "on", -1, powered * (elapsed - worked), once=True)

    def _busy_fs(self) -> dict[str, int]:
        """Time that one instance of each component was held."""
        return {name: busy for name, busy in self.timeline.busy_fs.items() if name != ARRAY}

    def _occupancy(self, loads: Collection[str]) -> Occupancy:
        """Who was held when; `loads` are the operations that the next job need not repeat."""
        components = self.netlist.components.values()
        digital = [c.name for c in components if c.kind.is_auxiliary]
        return occupancy(
            self.timeline.operations, self.timeline.elapsed_fs, (c.name for c in components), digital, loads
        )

    def _rows(self, rewritten: bool) -> tuple[Row, ...]:
        """The activity. Weights serve the next job only where this one wrote them once and left them in place."""
        rows = self._trace.rows()
        return in_order(replace(row, once=False) for row in rows) if rewritten else rows
