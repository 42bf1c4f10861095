"""langevin-images: images from the relaxation of coupled cells in quartic potentials (Whitelam, arXiv 2506.15121).

`chipsim train` trains the couplings on the host, `chipsim run` draws images with them: a lane is one image. The phases
are prepare (relax without couplings), couple, generate (relax with them), uncouple, read the visible cells, discharge.
The cells memorise the images that they were trained on: what they draw is near one of them, or its negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram
from chipsim.components.base import Purpose
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.findings import Findings
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import Network, PartErrors
from chipsim.physics.quartic import QuarticLaw, Well
from chipsim.problems.problem import Problem
from chipsim.spec.model import errors_located_at, fail
from chipsim.units import show, to_seconds
from chipsim.workloads.base import ContinuousWorkload, WorkloadModel
from chipsim.workloads.langevin.drawing import figures_of, pictures, sections, training_sections
from chipsim.workloads.langevin.learning import Machine, Weights
from chipsim.workloads.langevin.prototypes import prototype_files, read_prototypes
from chipsim.workloads.langevin.spec import LangevinModel
from chipsim.workloads.langevin.training import LangevinTraining
from chipsim.workloads.outcome import Method, Outcome
from chipsim.workloads.sections import Section
from chipsim.workloads.trained import lacking, read_trained, trained_path
from chipsim.workloads.training import Training

# Looks at the cells on their way through the window of generation; probes, not billed.
LOOKS = 4
# CPU seconds of a value of a step: of its noise, and of a multiply-add of a coupled step; steps of a window.
STEP_S, MAC_S, STEPS = 3e-9, 0.04e-9, 50


@dataclass(frozen=True, eq=False)
class LangevinFindings(Findings):
    """The same in all lanes.

    Attributes:
        phases: names of those in which cells exchanged energy, in order.
        unit_j: kT of the process.
        scale_v: x = 1.
        prototypes: (images, pixels) that the weights remember.
    """

    phases: list[str]
    unit_j: float
    scale_v: float
    prototypes: NDArray[np.float32]


class LangevinImages(ContinuousWorkload[LangevinModel]):
    """Draws images on a device."""

    model_type: ClassVar[type[WorkloadModel]] = LangevinModel
    summary: ClassVar[str] = "images from heat: coupled cells in quartic potentials, or train them"
    needs_potential: ClassVar[bool] = True
    meanings: ClassVar[Mapping[str, str]] = {
        "images": "images drawn, one per lane",
        "prototypes": "images that the weights remember",
        "kt_j": "kT of the process, C sigma^2: that of the chip's temperature only if its noise is thermal",
        "heat_kt": "mean heat of the relaxation with couplings, in kT of the process",
        "heat_sd_kt": "its standard deviation over images",
        "work_on_kt": "mean work of connecting the couplers, in kT",
        "work_off_kt": "mean work of disconnecting them, in kT",
        "closed_cycle_kt": "mean work of the whole cycle, which is its heat, in kT",
        "correlation": "mean of the largest absolute correlation of an image with a prototype",
        "correlation_before": "the same before the couplers were connected",
        "negatives": "share of the images that are nearer to the negative of a prototype",
        "unlike": "share of the images whose correlation with each prototype is below 0.5: noise",
        "mixed": "share of the other images that hold a second prototype with half the size of the first or more",
        "shares.*": "share of the images that are nearest to this prototype or its negative",
        "langevin-images.*": "model for which the weights were trained",
    }
    training_type: ClassVar[type[Training[Any, Any]] | None] = LangevinTraining
    routes: ClassVar[tuple[Purpose, ...]] = ("program", "input", "read")
    hidden: int

    @property
    def visible(self) -> int:
        """Visible cells: the pixels."""
        return self.model.images.pixels

    @property
    def total_sweeps(self) -> int:
        """One reading per lane."""
        return 1

    def extent(self) -> str:
        """Visible and hidden cells."""
        return f"{self.visible:,} visible and {self.hidden:,} hidden cells"

    def memory(self, lanes: int) -> dict[str, int]:
        """States at each look, and the couplings with their modes."""
        cells = self.visible + self.hidden
        return {"states": 8 * 8 * lanes * cells, "couplings": 10 * 8 * cells**2}

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of the steps: noise and two products."""
        cells, blocks = fabric.sites, -(-lanes // 64) * 64
        return blocks * STEPS * cells * (2 * STEP_S + 2 * cells * MAC_S)

    def fixed_problem(self) -> Problem | None:
        """None: this is not an Ising problem."""
        return None

    def inputs(self) -> dict[str, Path]:
        """The weights; without any, the images of a training."""
        if self.weights_path is not None:
            return {"weights": self.weights_path}
        with errors_located_at(self.document, ("images", "source")):
            return prototype_files(self.model.images)

    def prototypes(self) -> NDArray[np.float32]:
        """The images of a training, (images, pixels)."""
        with errors_located_at(self.document, ("images",)):
            return read_prototypes(self.model.images)

    @cached_property
    def weights_path(self) -> Path | None:
        """The file that `generation.weights` names."""
        return trained_path(self.document, ("generation", "weights"), self.model.generation.weights)

    def prepare(self, fabric: Fabric) -> None:
        """Divide the cells: the first are visible, all others hidden."""
        self.hidden = fabric.sites - self.visible
        with errors_located_at(self.document, ("images", "size")):
            if self.hidden < 1:
                complaint = (
                    f"{self.visible:,} pixels for {fabric.sites:,} cells leave no hidden cell; use a larger chip"
                )
                raise ProblemError(complaint, code="chip.too-small")
            wanted = self.hidden * self.visible + self.hidden * (self.hidden - 1) // 2
            if int((fabric.edges.max(axis=1, initial=0) >= self.visible).sum()) != wanted:
                complaint = (
                    "hidden cells must be coupled with all cells; use fabric.complete, with apart up to the pixels"
                )
                raise ProblemError(complaint, code="chip.unsuitable")

    def check(self, netlist: Netlist) -> None:
        """Check also routes, and that the window holds a step of scheme euler."""
        super().check(netlist)
        with errors_located_at(self.document, ("workload",)):
            for purpose in self.routes:
                netlist.route(purpose)
            law, _ = self._alone(netlist)
        if law.scheme == "euler" and law.step_s > self.model.window:
            complaint = f"the window is shorter than a step of {show(law.step_s, 's')}; raise it, or lower cells.step"
            raise fail(self.document, ("window",), complaint, code="spec.rule")

    def _alone(self, netlist: Netlist) -> tuple[QuarticLaw, float]:
        """The law of a cell without couplings, and 1 / tau."""
        domain, none = netlist.continuous, np.zeros((1, 1))
        kind = domain.cells.kind
        network = Network(1.0, none, none, False, PartErrors(none, none))
        noise = domain.noise.kind.diffusion(network, kind, netlist.chip.model.technology)
        law, capacitance, unit = kind.law(network, noise), kind.capacitance_f(), kind.coupling_scale
        if not isinstance(law, QuarticLaw) or capacitance is None or unit is None:
            complaint = f"{domain.cells.name} have no quartic part, without which coupled cells run away; set j4"
            raise ProblemError(complaint, code="chip.unsuitable")
        return law, unit / capacitance

    def machine(self, netlist: Netlist) -> Machine:
        """Well and kT of the cells, dimensionless."""
        law, rate = self._alone(netlist)
        well = Well(float(law.drift[0, 0]) / rate, law.quadratic * law.unit / rate, law.cubic * law.unit**2 / rate)
        return Machine(well, law.diffusion / (2 * rate * law.unit**2))

    def windows(self, netlist: Netlist) -> float:
        """The window in units of tau."""
        return self.model.window * self._alone(netlist)[1]

    def untrained(self, fabric: Fabric) -> LangevinImages:
        """The same without weights."""
        generation = self.model.generation.model_copy(update={"weights": None})
        bare = LangevinImages(self.document, self.model.model_copy(update={"generation": generation}))
        bare.prepare(fabric)
        return bare

    def lacks(self) -> str:
        """Weights, if the file names none or those of another chip."""
        return lacking(self.weights, "generation.weights")

    def meaning(self) -> dict[str, Any]:
        """The cells and images for which weights are valid, in any well and at any temperature."""
        images = {"size": list(self.model.images.size), "images": len(self.model.images.chosen)}
        return {"visible": self.visible, "hidden": self.hidden, **images}

    def weights(self) -> tuple[Weights, NDArray[np.float32]]:
        """The weights, and the prototypes (images, pixels) that they remember.

        Raises:
            SpecError: the file names no weights, or those of another chip.
        """
        path = self.weights_path
        if path is None:
            complaint = "no weights; set generation.weights=FILE, written by chipsim train"
            raise fail(self.document, ("generation", "weights"), complaint, code="data.missing")
        shapes = {
            "visible": (self.hidden, self.visible),
            "hidden": (self.hidden, self.hidden),
            "biases": (self.hidden,),
            "prototypes": (len(self.model.images.chosen), self.visible),
        }
        with errors_located_at(self.document, ("generation", "weights")):
            *parts, prototypes = read_trained(path, "langevin-images", self.meaning(), shapes)
        return Weights(*parts), prototypes

    def run(self, device: ContinuousDevice) -> None:
        """Prepare, couple, generate, uncouple, read."""
        weights, prototypes = self.weights()
        law, rate = self._alone(device.netlist)
        with errors_located_at(self.document, ("generation", "weights")):
            device.write(weights.matrix(), connected=False)
        device.drive(np.concatenate([np.zeros(self.visible), -weights.biases]) * law.unit)
        device.name_phases("prepare")
        device.relax(self.model.window)
        device.name_phases("")
        looks = [self._look(device)]
        device.switch(True)
        device.name_phases("generate")
        for _ in range(LOOKS):
            device.relax(self.model.window / LOOKS)
            looks.append(self._look(device))
        device.name_phases("")
        device.switch(False)
        seen = device.read(cells=self.visible)
        device.discharge()
        phases = list(dict.fromkeys(exchange.phase for exchange in device.exchanges))
        heat, work = (np.zeros((device.lanes, len(phases))) for _ in range(2))
        for exchange in device.exchanges:
            heat[:, phases.index(exchange.phase)] += exchange.heat_j
            work[:, phases.index(exchange.phase)] += exchange.work_j
        unit = law.diffusion / (2 * rate) * (device.cell.capacitance_f() or 0.0)
        device.answer("heat", heat / unit)
        device.answer("work", work / unit)
        device.answer("images", seen.volts[:, 0] / law.unit)
        device.answer("way", np.stack(looks, axis=1) / law.unit)
        device.keep(LangevinFindings(phases, unit, law.unit, prototypes))

    def _look(self, device: ContinuousDevice) -> NDArray[np.float64]:
        """(lanes, pixels) voltages now, not billed."""
        return device.array.volts[-device.lanes :, : self.visible]

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """Images, heat and work."""
        found = LangevinFindings.of(trace.observations.findings)
        answers = trace.observations.answers
        figures = {
            **figures_of(answers, found.phases, found.prototypes, found.unit_j),
            "langevin-images": self.meaning(),
        }
        arrays = pictures(answers, found.phases, found.prototypes, self.model.images.size)
        return Outcome(figures, methods=(self._decoder(program),), arrays=arrays)

    def _decoder(self, program: ContinuousProgram) -> Method:
        """One pass of a digital network with as many weights."""
        macs, name = len(program.netlist.fabric.edges), "one pass of a digital decoder with as many weights"
        units = program.netlist.digital_units("multiply-adds")
        if not units:
            return Method(name, macs, None)
        duration_fs, _ = units[0].kind.compute(macs)
        return Method(name, macs, None, time_s=to_seconds(duration_fs), unit=units[0].name)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Images and their heat, or the course of a training."""
        if "training" in outcome.figures:
            return training_sections(outcome.figures)
        return sections(outcome.figures)
