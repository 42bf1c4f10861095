"""samplers: each cell of a chip samples a law of its own: categorical, Gaussian, or a mixture of Gaussians.

Cells are driven, run for `settle`, and are read every `spacing` by their converters, whose codes go to the host.
Readings t apart of a law with the autocorrelation exp(-t / T) are N tanh(t / (2 T)) effective samples, T the slowest
time constant of the cell. States are compared with softmax(logits) by chi-square, voltages by mean and variance
(`physics/switching.py`), with the law of the file and with that of the inputs as converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.cells.base import InputName
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.components.facts import Finding
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.trace import Trace
from chipsim.errors import SpecError
from chipsim.problems.matrix import read_rows
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at, fail
from chipsim.units import show
from chipsim.workloads.base import ContinuousWorkload, WorkloadModel
from chipsim.workloads.outcome import Outcome, Quality
from chipsim.workloads.samplers.figures import MEANINGS, figures_of, sections
from chipsim.workloads.samplers.laws import REACH, Target, target_of
from chipsim.workloads.samplers.spec import SamplersModel
from chipsim.workloads.sections import Section

# CPU seconds of a redraw or a reading of one cell.
EVENT_S = 60e-9
# The host looks codes up as bytes, eight per word.
CODES_PER_WORD = 8
# Readings count as stationary if at most this share of the start is left at the first of them.
MAX_LEFT = 0.01


class Samplers(ContinuousWorkload[SamplersModel]):
    """Reads cells that sample on their own."""

    model_type: ClassVar[type[WorkloadModel]] = SamplersModel
    summary: ClassVar[str] = "sample each cell on its own: categorical, Gaussian, mixture of Gaussians"
    takes_states: ClassVar[bool] = True
    meanings: ClassVar[Mapping[str, str]] = MEANINGS
    cells: int

    @property
    def total_sweeps(self) -> int:
        """Readings of a lane."""
        return self.model.schedule.samples

    def extent(self) -> str:
        """Readings and cells."""
        return f"{self.model.schedule.samples:,} readings of {self.cells:,} cells"

    def memory(self, lanes: int) -> dict[str, int]:
        """Variables of all readings, noise and codes."""
        return {"readings": 8 * 7 * lanes * self.model.schedule.samples * self.cells}

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of readings; redraws between them depend on the chip."""
        return lanes * self.cells * self.model.schedule.samples * 4 * EVENT_S

    def inputs(self) -> dict[str, Path]:
        """The file of logits."""
        return {} if self.model.file is None else {"logits": Path(self.model.file)}

    def fixed_problem(self) -> Problem | None:
        """None: this is not an Ising problem."""
        return None

    @cached_property
    def rows(self) -> NDArray[np.float64] | None:
        """The logits of a file, (cells, states)."""
        if self.model.file is None:
            return None
        with errors_located_at(self.document, ("file",)):
            return read_rows(self.model.file)

    def prepare(self, fabric: Fabric) -> None:
        """Check that there are cells, on their own."""
        self.cells = fabric.sites if self.rows is None else len(self.rows)
        if len(fabric.edges):
            complaint = "samples of single cells need cells without couplings; use fabric.uncoupled"
            raise fail(self.document, ("workload",), complaint, code="chip.unsuitable")
        if self.cells > fabric.sites:
            complaint = f"{self.cells:,} rows of logits for {fabric.sites:,} cells; use a larger chip"
            raise fail(self.document, ("file",), complaint, code="chip.too-small")

    def logits(self, fabric: Fabric) -> NDArray[np.float64]:
        """Of each cell, (cells, states); a zero for cells with one state."""
        if self.rows is not None:
            return self.rows
        own = np.log(self.model.weights) if self.model.weights is not None else np.array(self.model.logits or [0.0])
        return np.tile(own, (fabric.sites, 1))

    def target(self, netlist: Netlist) -> Target:
        """What the cells are to sample."""
        states = netlist.continuous.cells.kind.states_per_cell
        rest = [0.0] * states
        means, deviations = self.model.means or rest, self.model.deviations or rest
        return target_of(netlist, self.logits(netlist.fabric), np.array(means), np.array(deviations))

    def check(self, netlist: Netlist) -> None:
        """Check also that the law has the states and inputs of the cells, and fits the converters."""
        super().check(netlist)
        with errors_located_at(self.document, ("workload",)):
            netlist.route("input")
            netlist.route("read")
        coupler = netlist.continuous.coupler
        if coupler.kind.couples_cells or coupler.kind.input_lines():
            complaint = (
                f"{coupler.name} of kind {coupler.spec.kind} lead to the cells, which are to be on their own; use "
                "kind: crossbar with lines: 0"
            )
            raise fail(self.document, ("workload",), complaint, code="chip.unsuitable")
        self._check_keys(netlist)
        with errors_located_at(self.document, ("workload",)):
            target = self.target(netlist)
        self._check_ranges(netlist, target)
        step, spacing = target.law.grid_s, self.model.schedule.spacing
        for name, time in (("spacing", spacing), ("settle", self.model.schedule.settle)):
            if step and (time < step * (1 - 1e-9) or abs(time / step - round(time / step)) > 1e-6):
                complaint = (
                    f"{show(time, 's')} is not a whole number of the steps of {show(step, 's')} at which "
                    f"{netlist.continuous.cells.name} are redrawn; choose a multiple"
                )
                raise fail(self.document, ("schedule", name), complaint, code="spec.rule")

    def _check_keys(self, netlist: Netlist) -> None:
        cell, kind = netlist.continuous.cells, netlist.continuous.cells.kind
        given: dict[InputName, str | None] = {
            "logits": next((name for name in ("logits", "weights", "file") if getattr(self.model, name)), None),
            "means": "means" if self.model.means else None,
            "deviations": "deviations" if self.model.deviations else None,
        }
        for name, key in given.items():
            if name in kind.input_names and key is None:
                more = ", weights or file" if name == "logits" else ""
                complaint = f"cells of kind {cell.spec.kind} need {name}{more}; give {kind.states_per_cell} of them"
                raise fail(self.document, ("workload",), complaint, code="spec.missing-key")
            if name not in kind.input_names and key is not None:
                complaint = f"cells of kind {cell.spec.kind} have no {name}; remove it"
                raise fail(self.document, (key,), complaint, code="spec.no-effect")
            many = self._number(key)
            if key is not None and many != kind.states_per_cell:
                complaint = f"{many} for {cell.name} of {kind.states_per_cell} states each; give {kind.states_per_cell}"
                raise fail(self.document, (key,), complaint, code="data.wrong-shape")

    def _number(self, key: str | None) -> int:
        if key == "file" and self.rows is not None:
            return self.rows.shape[1]
        return 0 if key is None else len(getattr(self.model, key))

    def _check_ranges(self, netlist: Netlist, target: Target) -> None:
        given = netlist.end("input", ContinuousInputKind)
        largest = float(np.abs(target.volts).max())
        if largest > given.kind.full_scale * (1 + 1e-9):
            raise self._beyond(
                f"inputs need {show(largest, 'V')}, above the full scale of {show(given.kind.full_scale, 'V')} of "
                f"{given.name}; raise it, or bring logits, means and deviations closer to 0"
            )
        wanted, sigma = max(self.model.deviations or [0.0]), target.law.sigma
        if wanted > sigma * (1 + 1e-9):
            noise = netlist.continuous.noise.name
            raise self._beyond(
                f"a deviation of {show(wanted, 'V')} is above the {show(sigma, 'V')} of {noise}; lower it, or raise "
                f"{noise}.sigma"
            )
        reader = netlist.end("read", ContinuousReadKind)
        outermost = float(np.abs(target.wanted.means).max())
        if outermost > reader.kind.full_scale:
            raise self._beyond(
                f"means reach {show(outermost, 'V')}, above the full scale of {show(reader.kind.full_scale, 'V')} of "
                f"{reader.name}; raise it"
            )

    def _beyond(self, complaint: str) -> SpecError:
        return fail(self.document, ("workload",), complaint, code="chip.out-of-range")

    def lint(self, netlist: Netlist) -> Sequence[Finding]:
        """Converters that clip readings within four deviations of a mean."""
        target, reader = self.target(netlist), netlist.end("read", ContinuousReadKind)
        needed = float((np.abs(target.wanted.means) + REACH * target.wanted.deviations).max())
        if reader.kind.full_scale >= needed:
            return ()
        says = f"{reader.name} clip readings within {REACH} deviations of a mean; raise their full_scale"
        return (Finding("clipping", f"{reader.name}.full_scale", reader.kind.full_scale, needed, says),)

    def run(self, device: ContinuousDevice) -> None:
        """Drive, settle, read, and count."""
        target, schedule = self.target(device.netlist), self.model.schedule
        device.lay_out(self.cells)
        driven = device.drive(target.volts)
        settled = device.relax(schedule.settle, (driven,))
        with errors_located_at(self.document, ("schedule", "spacing")):
            seen = device.observe(schedule.samples, schedule.spacing, (settled,))
        device.compute(-(-schedule.samples * self.cells // CODES_PER_WORD), seen.done)
        if target.law.levels is not None:
            chosen = target.states(seen.volts)[..., None] == np.arange(target.law.modes)
            device.answer("counts", chosen.sum(axis=1).astype(np.float64))
            return
        means = target.held.mean()
        device.answer("mean", seen.volts.mean(axis=1))
        device.answer("square", ((seen.volts - means) ** 2).mean(axis=1))
        edges = target.edges()
        device.answer("histogram", np.stack([np.histogram(lane, edges)[0] for lane in seen.volts]).astype(np.float64))

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """What was sampled beside what was to be."""
        target, schedule = self.target(program.netlist), self.model.schedule
        figures, arrays = figures_of(target, schedule, trace.observations.answers)
        readings = trace.lanes * self.cells * schedule.samples
        effective = readings / figures["tau_readings"]
        doubt = _doubts(target, schedule.settle + schedule.spacing)
        single = Quality(None, "not defined: a law is compared by all samples")
        if doubt:
            return Outcome(figures, sampling=f"withheld: {doubt}", single_sample=single, arrays=arrays)
        return Outcome(
            figures,
            effective_samples=effective,
            delivered_samples=effective,
            sampling="resolved",
            single_sample=single,
            arrays=arrays,
        )

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Law and samples."""
        return sections(outcome.figures)


def _doubts(target: Target, first_s: float) -> str:
    """Why the first readings are not stationary, with a remedy; "" if they are."""
    slowest = target.law.slowest_s
    left = float(np.exp(-first_s / slowest))
    if left <= MAX_LEFT:
        return ""
    wanted = slowest * np.log(1 / MAX_LEFT)
    return (
        f"{rounded(left, '.2%')} of the start is left at the first reading (at most {rounded(MAX_LEFT, '.0%')}); "
        f"raise schedule.settle to {show(float(wanted), 's', 2)}"
    )
