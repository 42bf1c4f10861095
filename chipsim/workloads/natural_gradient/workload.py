"""natural-gradient: training of a classifier; the chip solves (G + damping I) g = grad in every iteration.

The host computes gradient and curvature of a batch; the chip is loaded, driven, relaxes and is read; the host updates
the weights (arXiv 2405.13817). Training by SGD, Adam, Woodbury's identity or conjugate gradients does not use the
cells. A run is one training in one repetition; repeat it with other seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from chipsim.engine.cpu_time import PIXEL_S
from chipsim.engine.findings import Findings
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at, fail
from chipsim.workloads.base import ContinuousWorkload, WorkloadModel
from chipsim.workloads.descent import cosine_rate
from chipsim.workloads.labelled_images import PIXEL_BYTES, data_files, pixels_of
from chipsim.workloads.natural_gradient import costs
from chipsim.workloads.natural_gradient.data import Data, read_data
from chipsim.workloads.natural_gradient.optimizers import OPTIMIZERS, Batch
from chipsim.workloads.natural_gradient.perceptron import Perceptron
from chipsim.workloads.natural_gradient.spec import NaturalGradientModel
from chipsim.workloads.outcome import Outcome, Quality, Step
from chipsim.workloads.sections import Curve, Fact, Facts, Section, Series

# Pixels are fetched by the host as bytes, eight per word.
PIXELS_PER_WORD = 8
# Phases of the fetch of the first batch, which belongs to no iteration.
FIRST_FETCH = "first fetch"
# Keys without effect, by optimizer.
SOLVES = {"chip": ("start", "time", "delay", "curvature_every"), "conjugate-gradients": ("start", "products")}


# CPU seconds of a weight: by images of a gradient, by squared rows of a curvature, and by rows of a product with it.
GRADIENT_S, CURVATURE_S, PRODUCT_S = 0.7e-9, 2.8e-9, 0.7e-9


@dataclass(frozen=True, eq=False)
class TrainingFindings(Findings):
    """Findings of a training.

    Attributes:
        judged: (k,) iterations after which the accuracy was evaluated.
        accuracy: (k,) on the test images.
        loss: (iterations,) of each batch.
        weights: (N,) at the end.
        kappa0: (solves,) noise of each solve on the chip, or None for digital optimizers.
        rescalings: number of times that the chip's input was halved because readings clipped.
    """

    judged: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]
    weights: NDArray[np.float64]
    kappa0: NDArray[np.float64] | None
    rescalings: int


class NaturalGradient(ContinuousWorkload[NaturalGradientModel]):
    """Trains a classifier on a device."""

    model_type: ClassVar[type[WorkloadModel]] = NaturalGradientModel
    summary: ClassVar[str] = "train a classifier by natural gradient; the chip solves one linear system per iteration"
    merit: ClassVar[str] = "accuracy"
    meanings: ClassVar[Mapping[str, str]] = {
        "accuracy": "test accuracy after the last iteration",
        "best_accuracy": "best test accuracy during the training",
        "target_accuracy": "accuracy that counts as trained",
        "iterations_to_target": "iterations until target_accuracy was first reached",
        "iterations": "iterations of the training",
        "loss": "mean training loss since the last evaluation",
        "kappa0": "median noise kappa0 of the solves, dg = -(A g - grad) dt + sqrt(2 kappa0) dW",
        "rescalings": "times that the input was halved because a voltage left the full scale",
        "optimizer": "how each step is solved",
        "parameters": "weights of the network",
    }
    max_lanes: ClassVar[int | None] = 1

    @cached_property
    def data(self) -> Data:
        """Images and classes."""
        with errors_located_at(self.document, ("data",)):
            return read_data(self.model.data)

    @cached_property
    def perceptron(self) -> Perceptron:
        """The classifier."""
        return Perceptron((self.model.data.inputs, *self.model.network.hidden, self.model.data.classes))

    @property
    def total_sweeps(self) -> int:
        """Iterations, the unit of progress of this workload."""
        return int(self.model.training.iterations)

    def memory(self, lanes: int) -> dict[str, int]:
        """Images, and copies of the factors of a curvature."""
        factors = self.model.training.batch * self.perceptron.outputs * self.perceptron.weights
        return {"images": sum(self._pixels) * PIXEL_BYTES, "curvature": 3 * 8 * factors}

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of gradients, of solves by the optimizer, and of the tests."""
        spec, weights = self.model.training, self.perceptron.weights
        rows, tests = spec.batch * self.perceptron.outputs, self._pixels[1] // self.model.data.pixels
        solve = {"chip": CURVATURE_S * rows**2, "exact": PRODUCT_S * rows**2}.get(spec.optimizer, 0.0)
        if spec.optimizer == "conjugate-gradients":
            solve = 2 * self.model.solve.products * rows * PRODUCT_S
        iteration = 6 * spec.batch * GRADIENT_S + solve + tests * GRADIENT_S / spec.judge_every
        return spec.iterations * weights * iteration + sum(self._pixels) * PIXEL_S

    @cached_property
    def _pixels(self) -> tuple[int, int]:
        """Grey values for training and for tests."""
        with errors_located_at(self.document, ("data",)):
            return pixels_of(self.model.data)

    def extent(self) -> str:
        """Weights and iterations."""
        return f"{self.perceptron.weights:,} weights, up to {self.total_sweeps:,} iterations"

    def inert(self) -> dict[str, str]:
        """Keys of the solve that this optimizer does not use."""
        optimizer, solve = self.model.training.optimizer, self.model.solve
        used = SOLVES.get(optimizer, ())
        keys = [key for key in type(solve).model_fields if key not in used]
        out = {f"solve.{key}": f"optimizer {optimizer} does not use it" for key in keys}
        if optimizer in ("sgd", "adam"):
            out["training.damping"] = f"optimizer {optimizer} does not use it"
        return out

    def inputs(self) -> dict[str, Path]:
        """The data."""
        with errors_located_at(self.document, ("data",)):
            return data_files(self.model.data)

    def fixed_problem(self) -> Problem | None:
        """None: this is not an Ising problem."""
        return None

    def prepare(self, fabric: Fabric) -> None:
        """Check that there is a cell for each weight."""
        if self.model.training.optimizer == "chip" and self.perceptron.weights > fabric.sites:
            with errors_located_at(self.document, ("network", "hidden")):
                raise ProblemError(
                    f"{self.perceptron.weights:,} weights for {fabric.sites:,} cells; use a larger chip",
                    code="chip.too-small",
                )

    def check(self, netlist: Netlist) -> None:
        """Check also digital unit and routes, and that the couplers can store the curvature of a batch."""
        super().check(netlist)
        if not netlist.digital_units("multiply-adds"):
            complaint = f"{netlist.chip.model.name} has no digital multiply-add unit, such as a mac_unit"
            raise fail(self.document, ("workload",), complaint, code="chip.no-unit")
        if self.model.training.optimizer != "chip":
            return
        routes: tuple[Purpose, ...] = ("program", "input", "read")
        with errors_located_at(self.document, ("workload",)):
            for purpose in routes:
                netlist.route(purpose)
        couplers, rows = netlist.continuous.coupler, self.model.training.batch * self.perceptron.outputs
        with errors_located_at(self.document, ("training", "batch")):
            limit = couplers.kind.max_rank()
            if limit is None:
                raise ProblemError(
                    f"{couplers.name} cannot store the factors of a curvature; use a resistor_array",
                    code="chip.unsuitable",
                )
            if rows > limit:
                raise ProblemError(
                    f"{self.model.training.batch} images of {self.perceptron.outputs} classes require {rows:,} rows; "
                    f"{couplers.name} have {limit:,}",
                    code="chip.too-small",
                )

    def run(self, device: ContinuousDevice) -> None:
        """Train."""
        count = len(self.data.inputs)
        if self.model.training.batch > count:
            complaint = f"a batch of {self.model.training.batch} exceeds the {count:,} images; lower it"
            raise fail(self.document, ("training", "batch"), complaint, code="data.too-few")
        with errors_located_at(self.document, ("solve",)):
            Training(self, device).run()

    def outcome(self, program: ContinuousProgram, trace: Trace) -> Outcome:
        """Accuracy and speed of the training."""
        spec, found = self.model.training, TrainingFindings.of(trace.observations.findings)
        reached = found.judged[found.accuracy >= spec.target]
        figures = {
            "optimizer": spec.optimizer,
            "parameters": self.perceptron.weights,
            "iterations": len(found.loss),
            "accuracy": float(found.accuracy[-1]),
            "best_accuracy": float(found.accuracy.max()),
            "target_accuracy": spec.target,
            "iterations_to_target": int(reached[0]) if len(reached) else None,
            "loss": float(found.loss[-spec.judge_every :].mean()),
            "kappa0": None if found.kappa0 is None else float(np.median(found.kappa0)),
            "rescalings": found.rescalings,
        }
        arrays = {"judged": found.judged, "accuracy": found.accuracy, "loss": found.loss, "weights": found.weights}
        single = Quality(None, "not defined: each reading is one training step")
        step, load = Step("iteration", len(found.loss)), Step(FIRST_FETCH, 1, FIRST_FETCH)
        return Outcome(figures, arrays=arrays, single_sample=single, step=step, others=(load,), is_training=True)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Sections on accuracy and speed of the training."""
        return Facts(tuple(_facts(outcome.figures))), Curve(
            title="Training",
            x="iteration",
            y="accuracy on test images",
            right="loss",
            series=(
                Series("loss of the batch", "loss", right=True),
                Series("accuracy", "accuracy", x="judged"),
            ),
            levels=(("target", outcome.figures["target_accuracy"]),),
        )


def _facts(figures: dict[str, Any]) -> Iterator[Fact]:
    reached = figures["iterations_to_target"]
    target = f"{rounded(figures['target_accuracy'], '.1%')} " + (
        "not reached" if reached is None else f"reached after {reached:,}"
    )
    trained = f"{figures['parameters']:,} weights by {figures['optimizer']}, {figures['iterations']:,} iterations"
    yield Fact(
        "accuracy", figures["accuracy"], "%", f"(best {rounded(figures['best_accuracy'], '.1%')}): {trained}; {target}"
    )
    if figures["kappa0"] is not None:
        scaled = f"inputs halved {figures['rescalings']} times on clipping, each billed"
        yield Fact("kappa0", figures["kappa0"], "", f"(median of the solves); {scaled}", digits=3)


class Training:
    """One training on a device.

    Args:
        workload: prepared for the chip.
        device: in one repetition.
    """

    def __init__(self, workload: NaturalGradient, device: ContinuousDevice) -> None:
        self.spec = workload.model.training
        self.data = workload.data
        self.perceptron = workload.perceptron
        self.device = device
        self.macs = device.netlist.digital_units("multiply-adds")[0].name
        self.optimizer = OPTIMIZERS[self.spec.optimizer](device, self.perceptron, workload.model, self.macs)
        self.weights = self.perceptron.initial(self.spec.seed)
        self.losses: list[float] = []
        self.judged: list[tuple[int, float]] = []

    def run(self) -> None:
        """Run all iterations, or until the target is reached with `stop`."""
        self._fetch(phases=FIRST_FETCH)
        before: tuple[Operation, ...] = ()
        for number, chosen in zip(range(self.spec.iterations), self._batches(), strict=False):
            before = self._iteration(number, chosen, (self.fetched, *before))
            if (number + 1) % self.spec.judge_every == 0 or number + 1 == self.spec.iterations:
                self.judged.append((number + 1, self._accuracy()))
            if self.device.progress is not None:
                self.device.progress(1)
            if self.spec.stop and self.judged and self.judged[-1][1] >= self.spec.target:
                break
        numbers, accuracies = zip(*self.judged, strict=True)
        kappas = self.optimizer.kappas
        self.device.keep(
            TrainingFindings(
                judged=np.array(numbers),
                accuracy=np.array(accuracies),
                loss=np.array(self.losses),
                weights=np.array(self.weights),
                kappa0=None if kappas is None else np.array(kappas),
                rescalings=self.optimizer.rescalings,
            )
        )

    def _iteration(self, number: int, chosen: NDArray[np.int64], after: tuple[Operation, ...]) -> tuple[Operation, ...]:
        """Run one iteration; returns the operations that update the weights."""
        device, inputs = self.device, self.data.inputs[chosen]
        loss, gradient, probabilities = self.perceptron.gradient(self.weights, inputs, self.data.labels[chosen])
        if not np.isfinite(loss):
            raise ProblemError("the loss is not finite; lower training.rate", code="run.diverged")
        self.losses.append(loss)
        device.name_phases("gradient")
        ready = device.compute(costs.gradient(self.perceptron, len(chosen)), after, unit=self.macs)
        batch = Batch(number, self.weights, inputs, gradient, probabilities, ready)
        direction, found = self.optimizer.direction(batch, self._fetch)
        device.name_phases("update")
        updated = device.compute(self.perceptron.weights, found, unit=self.macs)
        self.weights = self.weights - self._rate(number) * direction
        return (updated,)

    def _rate(self, number: int) -> float:
        return cosine_rate(self.spec.rate, self.spec.last_rate, number, self.spec.iterations)

    def _fetch(self, *after: Operation, phases: str = "fetch") -> None:
        """Book the fetch of the next batch, which is independent of ongoing computations."""
        self.device.name_phases(phases)
        words = -(-self.spec.batch * self.perceptron.sizes[0] // PIXELS_PER_WORD)
        self.fetched = self.device.compute(words, after, working_set=self.data.inputs.size)

    def _batches(self) -> Iterator[NDArray[np.int64]]:
        """Indices of images, reshuffled in every epoch."""
        random, count = np.random.default_rng((self.spec.seed, 1)), len(self.data.inputs)
        while True:
            order = random.permutation(count)
            yield from (order[i : i + self.spec.batch] for i in range(0, count - self.spec.batch + 1, self.spec.batch))

    def _accuracy(self) -> float:
        """Accuracy on the test images; not part of the training and not billed."""
        guesses = self.perceptron.logits(self.weights, self.data.test_inputs).argmax(axis=1)
        return float((guesses == self.data.test_labels).mean())
