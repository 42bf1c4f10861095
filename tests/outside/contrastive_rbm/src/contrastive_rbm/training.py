"""The training: contrastive divergence on a chip, an epoch a unit (Hinton, Neural Computation 14, 1771, 2002).

For each batch the host writes the weights, clamps the visible cells to images, reads the hidden ones after a sweep,
releases the visible cells, and reads all cells after `training.sweeps` more. A lane is one image of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.serial import serial
from chipsim.engine.timeline import Operation
from chipsim.workloads.outcome import Step
from chipsim.workloads.training import Training, Unit
from contrastive_rbm.model import correlations

if TYPE_CHECKING:
    from contrastive_rbm.workload import Rbm

SPINS_PER_WORD = 64


class ContrastiveDivergence(Training["Rbm", Program]):
    """Trains the machine, epoch by epoch."""

    unit_name: ClassVar[str] = "epoch"
    trained_key: ClassVar[str] = "weights"
    workload: Rbm
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    fits: list[float]

    @property
    def units(self) -> int:
        """Epochs."""
        return self.workload.model.training.epochs

    def start(self) -> None:
        """Small random couplings, no biases."""
        random = np.random.default_rng((self.seed, 2**32))
        self.weights = random.normal(0, 0.01, self.workload.shape).astype(np.float32)
        self.biases = np.zeros(sum(self.workload.shape), np.float32)
        self.fits = []

    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """The weights so far; every epoch has random numbers of its own."""
        self.weights, self.biases = arrays["weights"].copy(), arrays["biases"].copy()
        self.fits = arrays["fit"].tolist()

    def unit(self, number: int) -> Unit:
        """An epoch on a device of its own."""
        spec, data = self.workload.model.training, self.workload.data
        random = np.random.default_rng((self.seed, number))
        seed = int(random.integers(2**63))
        device = Device(self.program, spec.batch, seed, self.threads)
        once: list[Operation] = []
        last = device.set_beta(self.workload.model.beta)
        for _ in range(spec.steps):
            batch = data[random.integers(len(data), size=spec.batch)]
            last = self._step(device, batch, last, once)
        digital = {part.name for part in self.program.netlist.components.values() if part.kind.is_auxiliary}
        fit = float(self.workload.machine(self.program, self.weights, self.biases).log_probability(data).mean())
        self.fits.append(fit)
        entry = {"epoch": number + 1, "log_likelihood": fit}
        return Unit(serial(device.finish(), once, digital), entry, f"epoch {number + 1}: {fit:.3f} nats per image")

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """Weights, and the learning curve."""
        return {"weights": self.weights, "biases": self.biases, "fit": np.array(self.fits)}

    def figures(self) -> dict[str, Any]:
        """What the weights belong to."""
        return {"contrastive-rbm": self.workload.meaning()}

    def step(self, units: int) -> Step:
        """Steps of some epochs."""
        return Step("step", units * self.workload.model.training.steps)

    def _step(self, device: Device, batch: NDArray[np.int8], last: Operation, once: list[Operation]) -> Operation:
        """One batch: each operation waits for the one before it."""
        visible, rate = self.workload.shape[0], self.workload.model.training.rate
        sites = np.arange(visible)
        once.append(written := self.workload.write(device, self.weights, self.biases, [last]))
        packed = device.compute(-(-visible // SPINS_PER_WORD), after=[written])
        clamped = device.clamp(sites, batch, after=[packed])
        with_data, last = self._statistics(device, 1, [clamped])
        released = device.clamp(sites, batch, after=[last], coupling=0.0)
        by_itself, last = self._statistics(device, self.workload.model.training.sweeps, [released])
        self.weights += np.float32(rate) * (with_data[0] - by_itself[0]).astype(np.float32)
        self.biases += np.float32(rate) * (with_data[1] - by_itself[1]).astype(np.float32)
        # One word per weight, once for the batch.
        once.append(updated := device.compute(self.weights.size + self.biases.size, after=[last], shared=True))
        return updated

    def _statistics(
        self, device: Device, sweeps: int, after: Sequence[Operation]
    ) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], Operation]:
        """Products and spins of a reading after some sweeps, added up by the host."""
        sampled, _ = device.sample(sweeps, after=after)
        reading = device.read(after=[sampled], keep=False)
        summed = device.compute(self.weights.size + self.biases.size, after=[reading.done])
        return correlations(reading.spins, self.workload.shape[0]), summed
