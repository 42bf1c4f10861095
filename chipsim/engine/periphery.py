"""The periphery of an array: routes for data, digital units, power, counts and time.

Base of the devices of latched (`device.py`) and continuous (`continuous/device.py`) arrays. A transfer is booked on its
route: counts in the trace, time on the timeline.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.component import Component
from chipsim.compiler.netlist import Netlist
from chipsim.components.base import Kind, Purpose, RouteKind, Transfer
from chipsim.components.converters.base import ReadKind
from chipsim.components.digital.base import DigitalKind, MemoryKind
from chipsim.engine.activity import WHOLE_RUN, Row, summed
from chipsim.engine.builder import TraceBuilder
from chipsim.engine.findings import Findings
from chipsim.engine.limits import limits
from chipsim.engine.occupancy import Occupancy, loading_fs, occupancy
from chipsim.engine.timeline import Operation, Recovery, Service, Stream, Timeline
from chipsim.engine.timing import Timing
from chipsim.engine.trace import MachineTime
from chipsim.errors import ChipsimError

ARRAY = "(array)"
RELOAD_WAIT = "reload wait"


class Periphery:
    """Routes, digital units and power of one chip, in `lanes` independent repetitions with this seed."""

    def __init__(self, netlist: Netlist, lanes: int, seed: int) -> None:
        self.netlist = netlist
        self.lanes = lanes
        self.seed = seed
        self.timeline = Timeline()
        self._trace = TraceBuilder()
        self._findings: dict[str, Any] = {}
        self._answers: dict[str, NDArray[np.float64]] = {}
        self._writes = 0
        self._shared_loads = True
        self._once: list[int] = []
        self._weights_written: tuple[Operation, ...] = ()
        self._began = time.perf_counter()

    def keep(self, findings: Findings) -> None:
        """Store findings of the workload, common to all lanes, in the trace, where its `outcome` retrieves them."""
        self._findings = findings.plain()

    def compute(
        self,
        words: int | Sequence[int],
        after: Sequence[Operation] = (),
        unit: str | None = None,
        shared: bool = False,
        working_set: int | None = None,
        along: tuple[str, ...] = (),
    ) -> Operation:
        """Process a number of machine words on a digital unit (the host by default); once per batch if `shared`.

        A sequence has the words of the unit in each container; these work side by side.

        `working_set` is the size in bytes of the data from which the words are drawn; None if each is processed once.
        `along` names resources that are held meanwhile.
        """
        component = self._digital(unit)
        each = [component.kind.compute(own, working_set) for own in ((words,) if isinstance(words, int) else words)]
        duration = max(own for own, _ in each)
        counts: Counter[str] = Counter()
        for _, own in each:
            counts.update(own)
        operation = self.timeline.book("compute", Stream((Service(component.name, duration, 0, 0, along),)), after)
        self._count("compute", operation, {component: counts}, shared)
        return operation

    def answer(self, name: str, values: NDArray[np.float64]) -> None:
        """Store a result of the host, (lanes, ...), in the trace."""
        self._answers[name] = values

    def name_phases(self, name: str) -> None:
        """Prefix the names of phases from now on, for example with "negative sample"."""
        self._trace.prefix = name

    def _digital(self, unit: str | None) -> Component[DigitalKind]:
        if unit is None:
            wanted = self.netlist.digital_units("host")
        else:
            wanted = [c for c in self.netlist.digital_units() if c.name == unit]
        if not wanted:
            raise ChipsimError(
                f"{self.netlist.chip.document.source}: no {unit or 'host'} to compute on", code="chip.no-unit"
            )
        return wanted[0]

    def _load(self, after: Sequence[Operation], shared: bool = False, still: tuple[str, ...] = ()) -> Operation:
        """Book a write of all weights; `still` is held together with the buffer that is written.

        The buffer is free once the operations that use it have ended. With `shared`, a batch of jobs runs before the
        next write.
        """
        route = self.netlist.route("program")
        self._writes += 1
        held = (self._buffer(), *still)
        operation, stream = self._stream("program", route, self.netlist.weights, after, with_last=held, once=True)
        self._shared_loads &= shared
        self._weights_written = (operation,)
        self._wait_for_reload(self.netlist.end("program", MemoryKind), stream)
        return operation

    def _buffer(self) -> str:
        """The buffer that holds the weights written last."""
        if "program" not in self.netlist.routes:
            return "(buffer)"
        return f"(buffer {self._writes % self.netlist.end('program', MemoryKind).kind.buffers})"

    @property
    def _rewritten(self) -> bool:
        return self._writes > 1 and not self._shared_loads

    def _stream(
        self,
        name: Purpose,
        route: Sequence[Component[RouteKind]],
        transfer: Transfer,
        after: Sequence[Operation],
        with_first: tuple[str, ...] = (),
        with_last: tuple[str, ...] = (),
        once: bool = False,
    ) -> tuple[Operation, Stream]:
        """Book a transfer, with resources that are held together with the first or last component of its route.

        A read-out that senses all cells at once releases the array after its own service; otherwise paused resources
        are held until the end of the stream.
        """
        along: list[tuple[str, ...]] = [()] * len(route)
        along[0] += with_first
        along[-1] += with_last
        at_once = name == "read" and self.netlist.end("read", ReadKind).kind.decides_at_once
        services = tuple(
            Service(
                component.name,
                component.kind.service_fs(transfer, 1),
                component.lag_fs(transfer),
                component.kind.latency_fs(transfer),
                held,
                releases_early=at_once and bool(held),
            )
            for component, held in zip(route, along, strict=True)
        )
        stream = Stream(services)
        operation = self.timeline.book(name, stream, after)
        self._count(name, operation, {component: component.counts(transfer) for component in route}, once)
        return operation, stream

    def _count(
        self, name: str, operation: Operation, counts: dict[Component[Kind], dict[str, int]], once: bool
    ) -> None:
        if once:
            self._once.append(operation.index)
        phase = self._trace.phase(name, operation.start_fs, operation.end_fs)
        held = {hold.resource: hold.duration_fs for hold in operation.holds}
        for component, actions in counts.items():
            for action, count in actions.items():
                self._trace.add(component.name, action, phase, count * self.lanes, once)
            if component.kind.gated == "phase":
                powered = self.netlist.units(component) * held[component.name] * self.lanes
                self._trace.add(component.name, "on", phase, powered, once)

    def _wait_for_reload(self, memory: Component[MemoryKind], stream: Stream) -> None:
        """Block further writes of the memory for its reload interval; the array may sample meanwhile."""
        interval = memory.kind.reload_fs()
        if interval:
            wait = self.timeline.book(RELOAD_WAIT, Recovery(memory.name, stream, interval))
            self._once.append(wait.index)
            if wait.end_fs > wait.start_fs:
                self._trace.phase(wait.name, wait.start_fs, wait.end_fs)

    def _book_while_running(self, phase: int, duration_fs: int) -> None:
        """Book the power of components that are gated by the activity of the array."""
        for component in self.netlist.components.values():
            if component.kind.gated == "run":
                self._trace.add(component.name, "on", phase, self.netlist.units(component) * duration_fs * self.lanes)

    def _book_always_on(self) -> None:
        """Book static power. The part drawn while only a load runs, or waits, belongs to that load and is shared by its
        jobs.
        """
        elapsed, loading = self.timeline.elapsed_fs, loading_fs(self.timeline.operations, self._loads)
        for component in self.netlist.components.values():
            if component.kind.gated == "never":
                powered = self.netlist.units(component) * self.lanes
                self._trace.add(component.name, "on", WHOLE_RUN, powered * (elapsed - loading))
                self._trace.add(component.name, "on", WHOLE_RUN, powered * loading, once=True)

    def _timing(self) -> Timing:
        """Times of all operations."""
        components = self.netlist.components
        return Timing(
            elapsed_fs=self.timeline.elapsed_fs,
            phases=tuple(self._trace.phases),
            busy_fs={name: busy for name, busy in self.timeline.busy_fs.items() if name in components},
            occupancy=self._occupancy(),
            limits=limits(self.timeline, components),
        )

    def _machine_time(self, kernel_s: float) -> MachineTime:
        """Machine time of the simulation so far."""
        return MachineTime(time.perf_counter() - self._began, kernel_s)

    def _occupancy(self) -> Occupancy:
        """Occupancy; loading time is separate if the next job does not repeat the loads."""
        components = self.netlist.components.values()
        digital = [c.name for c in components if c.kind.is_auxiliary]
        elapsed = self.timeline.elapsed_fs
        return occupancy(self.timeline.operations, elapsed, (c.name for c in components), digital, self._loads)

    @property
    def _loads(self) -> frozenset[int]:
        """Indices of the operations that the next job does not repeat."""
        return frozenset() if self._rewritten else frozenset(self._once)

    def _rows(self) -> tuple[Row, ...]:
        """The activity. Weights serve the next job only if this one wrote them once and left them in place, or if a
        batch shares each load.
        """
        rows = self._trace.rows()
        return summed(replace(row, once=False) for row in rows) if self._rewritten else rows
