"""Optimizers: each books its cost and returns the direction of a step.

sgd                  the gradient
adam                 Adam's update
exact                (G + damping I)^-1 grad by Woodbury's identity
conjugate-gradients  the same by products with G, which is never formed
chip                 the same by relaxing voltages
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.timeline import Operation
from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.workloads.descent import adam
from chipsim.workloads.natural_gradient import costs
from chipsim.workloads.natural_gradient.analog import AnalogSolver
from chipsim.workloads.natural_gradient.curvature import curvature, hessians, woodbury
from chipsim.workloads.natural_gradient.perceptron import Perceptron
from chipsim.workloads.natural_gradient.spec import NaturalGradientModel

Vector = NDArray[np.float64]
# Books the fetch of the next batch after an operation.
Fetch = Callable[[Operation], None]


class Batch(NamedTuple):
    """Inputs and gradient of one iteration.

    Attributes:
        number: of the iteration, from 0.
        weights: (N,).
        inputs: (b, pixels).
        gradient: (N,) of the mean loss.
        probabilities: (b, d) of the classes.
        ready: the operation after which the host has the gradient.
    """

    number: int
    weights: Vector
    inputs: Vector
    gradient: Vector
    probabilities: Vector
    ready: Operation


class Optimizer(ABC):
    """Computes directions on a device; multiply-adds are booked on the unit named `macs`."""

    def __init__(
        self, device: ContinuousDevice, perceptron: Perceptron, model: NaturalGradientModel, macs: str
    ) -> None:
        self.device = device
        self.perceptron = perceptron
        self.model = model
        self.macs = macs

    @abstractmethod
    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """((N,), operations after which the host has it). Books the fetch of the next batch at a suitable time."""

    @property
    def kappas(self) -> list[float] | None:
        """Noise of each solve on the chip, or None for digital optimizers."""
        return None

    @property
    def rescalings(self) -> int:
        """Number of times that the chip's input was halved."""
        return 0

    def compute(self, name: str, macs: int, after: Operation) -> Operation:
        """Book multiply-adds on the digital unit."""
        self.device.name_phases(name)
        return self.device.compute(macs, [after], unit=self.macs)


class Sgd(Optimizer):
    """The gradient itself."""

    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """See `Optimizer`."""
        fetch(batch.ready)
        return batch.gradient, (batch.ready,)


class Adam(Optimizer):
    """Adam's update of the gradient."""

    def __init__(
        self, device: ContinuousDevice, perceptron: Perceptron, model: NaturalGradientModel, macs: str
    ) -> None:
        super().__init__(device, perceptron, model, macs)
        self.first, self.second = np.zeros((2, perceptron.weights), np.float32)

    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """See `Optimizer`."""
        fetch(batch.ready)
        done = self.compute("moments", costs.ADAM * self.perceptron.weights, batch.ready)
        return adam(batch.gradient, self.first, self.second, batch.number, 1.0).astype(np.float64), (done,)


class Exact(Optimizer):
    """Woodbury's identity with the Jacobian and the curvature of the batch."""

    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """See `Optimizer`."""
        fetch(batch.ready)
        count = len(batch.inputs)
        made = self.compute("curvature", costs.jacobian(self.perceptron, count), batch.ready)
        done = self.compute("solve", costs.woodbury(self.perceptron, count), made)
        jacobian = self.perceptron.jacobian(batch.weights, batch.inputs)
        damping = self.model.training.damping
        return woodbury(jacobian, hessians(batch.probabilities), damping, batch.gradient), (done,)


class ConjugateGradients(Optimizer):
    """A fixed number of products with G, starting from `solve.start`."""

    def __init__(
        self, device: ContinuousDevice, perceptron: Perceptron, model: NaturalGradientModel, macs: str
    ) -> None:
        super().__init__(device, perceptron, model, macs)
        self.last: Vector | None = None

    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """See `Optimizer`."""
        fetch(batch.ready)
        perceptron, solve, count = self.perceptron, self.model.solve, len(batch.inputs)
        blocks, damping = hessians(batch.probabilities) / count, self.model.training.damping

        def times(vector: Vector) -> Vector:
            moved = perceptron.forward_product(batch.weights, batch.inputs, vector)
            bent = np.einsum("bij,bj->bi", blocks, moved)
            return perceptron.backward_product(batch.weights, batch.inputs, bent) + damping * vector

        start = np.zeros_like(batch.gradient) if solve.start == "zero" else batch.gradient
        if solve.start == "previous" and self.last is not None:
            start = self.last
        step = costs.product(perceptron, count) + costs.CG_VECTORS * perceptron.weights
        done = self.compute("solve", solve.products * step, batch.ready)
        self.last = start
        # For a nonzero start, the first product gives the residual.
        for found in islice(conjugate_gradients(times, batch.gradient, start), solve.products - int(start.any())):
            self.last = found
        return self.last, (done,)


class Chip(Optimizer):
    """Relaxing voltages; the host computes J and H, and loads them."""

    def __init__(
        self, device: ContinuousDevice, perceptron: Perceptron, model: NaturalGradientModel, macs: str
    ) -> None:
        super().__init__(device, perceptron, model, macs)
        self.solver = AnalogSolver(device, model.solve)

    def direction(self, batch: Batch, fetch: Fetch) -> tuple[Vector, tuple[Operation, ...]]:
        """See `Optimizer`."""
        after = batch.ready
        if batch.number % self.model.solve.curvature_every == 0:
            made = self.compute("curvature", costs.jacobian(self.perceptron, len(batch.inputs)), batch.ready)
            self.device.name_phases("load")
            jacobian = self.perceptron.jacobian(batch.weights, batch.inputs)
            after = self.solver.load(
                curvature(jacobian, hessians(batch.probabilities), self.model.training.damping), [made]
            )

        def meanwhile(driven: Operation) -> None:
            fetch(driven)
            self.device.name_phases("solve")

        self.device.name_phases("solve")
        found, seen = self.solver.solve(batch.gradient, [after], meanwhile)
        self.device.name_phases("delay")
        self.solver.linger(seen)
        return found, seen.done

    @property
    def kappas(self) -> list[float]:
        """Noise of all solves so far."""
        return self.solver.kappas

    @property
    def rescalings(self) -> int:
        """Total over all solves so far."""
        return self.solver.rescalings


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Sgd,
    "adam": Adam,
    "exact": Exact,
    "conjugate-gradients": ConjugateGradients,
    "chip": Chip,
}
