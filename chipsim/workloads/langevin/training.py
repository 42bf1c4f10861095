"""Training for `chipsim train`: noising and gradients on the host; a unit is `CYCLES` cycles of one image each.

Every cycle has its own random numbers from (seed, cycle), so an interrupted training resumes after the last completed
unit and gives the same weights, bit by bit. The chip takes no part: a cycle costs multiply-adds on a digital unit.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import ContinuousProgram
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.rounding import rounded
from chipsim.workloads.langevin.learning import Weights, gradient, noising
from chipsim.workloads.langevin.prototypes import drives
from chipsim.workloads.outcome import Step
from chipsim.workloads.training import Training, TrainingSize, Unit

if TYPE_CHECKING:
    from chipsim.workloads.langevin.workload import LangevinImages

CYCLES = 25
# Multiply-adds per coupling and step: two for the forces on both ends, two for the gradient.
MACS = 4
# CPU seconds of a multiply-add of a step, and of a step of a cell.
MAC_S, NOISE_S = 0.04e-9, 12e-9


class LangevinTraining(Training["LangevinImages", ContinuousProgram]):
    """Trains couplings and biases."""

    unit_name: ClassVar[str] = "25 cycles"
    trained_key: ClassVar[str] = "generation.weights"
    weights: Weights

    def __init__(self, workload: LangevinImages, program: ContinuousProgram, seed: int, threads: int) -> None:
        super().__init__(workload, program, seed, threads)
        self.spec = workload.model.training
        self.machine = workload.machine(program.netlist)
        # In units of tau.
        self.step_time = workload.windows(program.netlist) / self.spec.steps

    @property
    def units(self) -> int:
        """Groups of cycles; the last may be shorter."""
        return -(-int(self.spec.cycles) // CYCLES)

    @cached_property
    def prototypes(self) -> NDArray[np.float32]:
        """(images, pixels), read on first use: a completed training needs none."""
        return self.workload.prototypes()

    def size(self) -> TrainingSize:
        """By couplings, cells and steps."""
        visible, hidden = self.workload.visible, self.workload.hidden
        couplings, cells = hidden * visible + hidden * hidden, visible + hidden
        steps = self.spec.steps
        return TrainingSize(
            lanes=1,
            memory={"paths": 6 * 4 * 2 * steps * cells, "weights": 12 * 4 * couplings},
            disk=4 * couplings,
            cpu_s=self.spec.cycles * steps * (MACS * couplings * MAC_S + 2 * cells * NOISE_S),
        )

    def start(self) -> None:
        """Begin without couplings."""
        visible, hidden = self.workload.visible, self.workload.hidden
        shapes = ((hidden, visible), (hidden, hidden), (hidden,))
        self.weights = Weights(*(np.zeros(shape, np.float32) for shape in shapes))

    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Resume from the weights."""
        self.weights = Weights(*(arrays[name].copy() for name in ("visible", "hidden", "biases")))

    def unit(self, number: int) -> Unit:
        """Noise the prototypes in turn, and follow the gradient of each path."""
        cycles = range(number * CYCLES, min((number + 1) * CYCLES, self.spec.cycles))
        pushes = drives(self.prototypes, self.workload.hidden, self.spec.hidden)
        losses = []
        for cycle in cycles:
            random = np.random.default_rng((self.seed, cycle))
            drive = pushes[cycle % len(pushes)]
            path = noising(self.machine, drive, self.spec.steps, self.step_time, random)
            found = gradient(self.machine, self.weights, path, self.step_time)
            losses.append(found.loss)
            rate = np.float32(self.spec.rate / self.spec.steps)
            self.weights.visible -= rate * found.visible
            self.weights.hidden -= rate * found.hidden
            self.weights.biases -= rate * found.biases
        if not np.isfinite(losses[-1]):
            raise ProblemError("the loss is not finite; lower training.rate", code="run.diverged")
        # Half the cells is what the noise alone costs, whatever the couplings.
        loss = float(np.mean(losses))
        entry = {"cycles": cycles[-1] + 1, "loss": loss, "floor": (self.workload.visible + self.workload.hidden) / 2}
        floor = rounded(entry["floor"], ".1f")
        line = f"cycle {entry['cycles']}: loss per step {rounded(loss, '.3f')}, of which noise {floor}"
        return Unit(self._cost(len(cycles)), entry, line)

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """The weights, with the prototypes that they remember."""
        weights = self.weights
        known = {"visible": weights.visible, "hidden": weights.hidden, "biases": weights.biases}
        return {**known, "prototypes": self.prototypes}

    def figures(self) -> dict[str, Any]:
        """The model of the weights."""
        return {"langevin-images": json.loads(json.dumps(self.workload.meaning()))}

    def step(self, units: int) -> Step:
        """Cycles of some units."""
        return Step("cycle", min(units * CYCLES, self.spec.cycles))

    def _cost(self, cycles: int) -> Trace:
        """Multiply-adds of so many cycles on the digital parts of the chip."""
        device = ContinuousDevice(self.program, lanes=1)
        units = device.netlist.digital_units("multiply-adds")
        couplings = len(self.program.netlist.fabric.edges)
        device.name_phases("gradient")
        macs = cycles * self.spec.steps * MACS * couplings
        device.compute(macs, unit=units[0].name if units else None, working_set=4 * couplings)
        return device.finish()
