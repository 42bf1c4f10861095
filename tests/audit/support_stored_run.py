"""A result file as chipsim/results/layout.py describes it: counts, phases, records, states, and what was said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Count:
    """One count of a run: all lanes of one phase; `phase` -1 is all the time, `once` the load's, split over classes."""

    component: str
    action: str
    phase: int
    once: bool
    count: int
    by_class: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Stored:
    """Everything that the audit reads of a file."""

    summary: dict[str, Any]
    pricing: dict[str, Any]
    columns: dict[str, list[Any]]
    counts: tuple[Count, ...]
    lane_toggles: NDArray[np.int64]
    class_farads: list[float]
    cell_toggles: NDArray[np.int64]
    times_fs: dict[str, int]
    busy_fs: dict[str, int]
    phases: tuple[tuple[str, int, int], ...]
    reads: int
    machine: dict[str, float]
    records: dict[str, NDArray[Any]]
    states: NDArray[np.uint64]
    answers: dict[str, NDArray[np.float64]]
    findings: dict[str, Any]

    @property
    def lanes(self) -> int:
        """Repetitions."""
        return int(self.summary["lanes"])

    def total(self, action: str, component: str | None = None) -> int:
        """Counts of an action, of all components or of one."""
        return sum(c.count for c in self.counts if c.action == action and component in (None, c.component))

    def spins(self) -> NDArray[np.int8]:
        """States that the host read, (reads, sites, lanes): a bit a lane, 64 to a word, 1 for +1."""
        bits = np.arange(64, dtype=np.uint64)
        ups = (self.states[..., None] >> bits) & np.uint64(1)
        flat = ups.reshape(*self.states.shape[:2], -1)[:, :, : self.lanes]
        return (2 * flat.astype(np.int8) - 1).astype(np.int8)


def read(path: Path) -> Stored:
    """A result."""
    with h5py.File(path) as file:
        trace, attributes = file["trace"], dict(file["trace"].attrs)
        machine = json.loads(file["machine"].asstr()[()])
        texts = {name: _texts(trace, name) for name in trace if h5py.check_string_dtype(trace[name].dtype)}
        times = {name: int(attributes[f"{name}_fs"]) for name in ("elapsed", "loading", "digital")}
        ends = zip(texts["phase_name"], texts["phase_start_fs"], texts["phase_end_fs"], strict=True)
        busy = dict(zip(texts["busy_component"], map(int, texts["busy_fs"]), strict=True))
        return Stored(
            _summary(file, machine),
            json.loads(file["pricing"].asstr()[()]),
            {name: _plain(held) for name, held in file["ledger"].items()},
            _counts(trace, texts),
            trace["lane_toggles"][:],
            trace["class_capacitance_f"][:].tolist(),
            trace["cell_toggles"][:],
            times,
            busy,
            tuple((name, int(start), int(end)) for name, start, end in ends),
            int(attributes["reads"]),
            {name: machine[name] for name in ("wall_s", "kernel_s")},
            {name: held[:] for name, held in file.get("records", {}).items()},
            file["samples/states"][:],
            {name: held[:] for name, held in file.get("answers", {}).items()},
            {name: _plain(held) for name, held in file.get("findings", {}).items()},
        )


def _summary(file: Any, machine: dict[str, Any]) -> dict[str, Any]:
    """The summary with its entries in the block of the machine, whose `prices` is a name in the request."""
    moved = {name: value for name, value in machine.items() if name not in ("prices", "platforms")}
    if machine["platforms"] is not None:
        moved["platforms"] = machine["platforms"]
    return {**json.loads(file["summary"].asstr()[()]), **moved}


def _texts(group: Any, name: str) -> list[str]:
    held = group[name]
    return list(held.asstr()[:]) if held.shape else [held.asstr()[()]]


def _plain(held: Any) -> Any:
    if not h5py.check_string_dtype(held.dtype):
        return held[()].tolist()
    return list(held.asstr()[:]) if held.shape else json.loads(held.asstr()[()])


def _counts(trace: Any, texts: dict[str, list[str]]) -> tuple[Count, ...]:
    split = dict(zip(trace["class_rows"][:].tolist(), trace["class_counts"][:].tolist(), strict=True))
    columns = zip(
        texts["row_component"], texts["row_action"], trace["row_phase"][:], trace["row_once"][:], texts["row_count"],
        strict=True,
    )  # fmt: skip
    return tuple(
        Count(component, action, int(phase), bool(once), int(count), tuple(split[i]) if i in split else None)
        for i, (component, action, phase, once, count) in enumerate(columns)
    )
