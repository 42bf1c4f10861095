"""Training of a net for `chipsim train`: backpropagation on the host; a unit is one epoch.

Every epoch has its own random numbers from (seed, epoch), so an interrupted training resumes after the last completed
epoch and gives the same weights, bit by bit. The chip takes no part in it: a step costs multiply-adds on a digital
unit, and words of the host for the update of the weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.cpu_time import PIXEL_S
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.problems.images import check_thresholds
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at
from chipsim.workloads.descent import adam, cosine_rate
from chipsim.workloads.feed_forward.network import Floats, Net
from chipsim.workloads.feed_forward.pixels import pixel_spins
from chipsim.workloads.labelled_images import PIXEL_BYTES, data_files, pixels_of, testing_images, training_images
from chipsim.workloads.outcome import Step, Use
from chipsim.workloads.training import Training, TrainingSize, Unit

if TYPE_CHECKING:
    from chipsim.workloads.feed_forward.workload import FeedForward

# Multiply-adds of a step per weight and image: forward, gradient by weight, gradient by spin.
PASSES = 3
# Words of the host per weight or bias and Adam step: weight, gradient and two moments of 4 bytes.
ADAM_WORDS = 2
# Test images are classified in parts of this size.
TEST_BATCH = 1000
# CPU seconds of a weight: of an image in a step, of a sample of a test image, of a step.
IMAGE_S, SAMPLE_S, STEP_S = 4.5e-9, 0.3e-9, 40e-9
# Bytes of a weight or bias with its moments.
STATE_BYTES = 12


@dataclass(eq=False)
class State:
    """Weights, biases and Adam's moments, float32; the moments are of weights and biases side by side."""

    weights: Floats
    biases: Floats
    first: Floats
    second: Floats


class FeedForwardTraining(Training["FeedForward", Program]):
    """Trains a net, epoch by epoch."""

    unit_name: ClassVar[str] = "epoch"
    trained_key: ClassVar[str] = "inference.weights"
    state: State

    def __init__(self, workload: FeedForward, program: Program, seed: int, threads: int) -> None:
        super().__init__(workload, program, seed, threads)
        model = workload.model
        self.spec = model.training
        self.net = Net(workload.layout, model.data.classes, model.beta)
        self.coupler = program.netlist.latched.coupler.kind
        self.largest = self.coupler.largest_weight()

    @property
    def units(self) -> int:
        """Epochs."""
        return int(self.spec.epochs)

    def size(self) -> TrainingSize:
        """By numbers of weights, images and steps."""
        data, layout = self.workload.model.data, self.workload.layout
        training, testing = pixels_of(data)
        images, tests = training // data.pixels, testing // data.pixels
        epoch = images * IMAGE_S + tests * self.spec.test_samples * SAMPLE_S + images / self.spec.batch * STEP_S
        parameters = layout.weights + layout.biases
        return TrainingSize(
            lanes=1,
            memory={"images": (training + testing) * PIXEL_BYTES, "weights": 10 * STATE_BYTES * parameters},
            disk=STATE_BYTES * parameters,
            cpu_s=self.units * layout.weights * epoch + (training + testing) * PIXEL_S,
        )

    @cached_property
    def examples(self) -> tuple[Floats, NDArray[np.int64]]:
        """Spins (pixels, images) and classes for training; read on first use: a completed training needs none."""
        spec = self.workload.model.data
        with errors_located_at(self.workload.document, ("data",)):
            data = training_images(spec)
            check_thresholds(data_files(spec)["images"], data.grey, [spec.threshold])
        if self.spec.batch > len(data.grey):
            complaint = f"a batch of {self.spec.batch} exceeds the {len(data.grey):,} images; lower training.batch"
            raise ProblemError(complaint, code="data.too-few")
        return pixel_spins(data.grey, spec.threshold), data.classes

    @cached_property
    def tests(self) -> tuple[Floats, NDArray[np.int64]]:
        """The same for testing."""
        with errors_located_at(self.workload.document, ("data",)):
            data = testing_images(self.workload.model.data)
        return pixel_spins(data.grey, self.workload.model.data.threshold), data.classes

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.examples[0].shape[1] // self.spec.batch

    def start(self) -> None:
        """Begin with random weights."""
        weights, biases = self.net.initial(np.random.default_rng((self.seed, 2**32)))
        moments = np.zeros((2, len(weights) + len(biases)), np.float32)
        self.state = State(weights, biases, moments[0], moments[1])

    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Resume from weights and moments."""
        self.state = State(*(arrays[name].copy() for name in ("weights", "biases", "adam_first", "adam_second")))

    def unit(self, number: int) -> Unit:
        """Train for one epoch, then classify the test images."""
        # Both files are read before an epoch is spent on one of them.
        (pixels, classes), _ = self.examples, self.tests
        random = np.random.default_rng((self.seed, number))
        order = random.permutation(len(classes))
        losses, correct = [], 0
        for step in range(self.steps):
            chosen = order[step * self.spec.batch : (step + 1) * self.spec.batch]
            loss, right = self._step(number * self.steps + step, pixels[:, chosen], classes[chosen], random)
            losses.append(loss)
            correct += right
        if not np.isfinite(losses[-1]):
            raise ProblemError("the loss is not finite; lower training.rate", code="run.diverged")
        test = self._tested(random)
        entry = {
            "epoch": number + 1,
            "loss": float(np.mean(losses)),
            "training_accuracy": correct / (self.steps * self.spec.batch),
            "test_accuracy": test,
        }
        line = (
            f"epoch {number + 1}: loss {rounded(entry['loss'], '.3f')}, accuracy "
            f"{rounded(entry['training_accuracy'], '.1%')} on training, "
            f"{rounded(test, '.1%')} on test images with {self.spec.test_samples} samples"
        )
        return Unit(self._cost(), entry, line)

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """The state; after the last epoch, weights and biases as the chip stores them."""
        state = self.state
        if complete:
            weights, biases = self._rounded()
            return {"weights": weights, "biases": biases}
        moments = {"adam_first": state.first, "adam_second": state.second}
        return {"weights": state.weights, "biases": state.biases, **moments}

    def figures(self) -> dict[str, Any]:
        """The model of the weights."""
        return {"feed-forward": json.loads(json.dumps(self.workload.meaning()))}

    def step(self, units: int) -> Step:
        """Steps of some epochs."""
        return Step("step", units * self.steps)

    def use(self) -> Use:
        """Classify one image by a single sample: the weights do not depend on how many a run takes."""
        device = Device(self.program, lanes=1, threads=1)
        self.workload.classify(device, *self._rounded())
        trace = device.finish()
        return Use("sample", replace(trace, observations=trace.observations.without_states()))

    def _step(
        self, number: int, pixels: Floats, classes: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[float, int]:
        """One step of Adam; returns the loss and the number of correct images."""
        state, spec = self.state, self.spec
        found = self.net.gradient(*self._rounded(), pixels, classes, spec.sharpness, random)
        rate = cosine_rate(spec.rate, spec.last_rate, number, spec.epochs * self.steps)
        gradient = np.concatenate([found.weights, found.biases]).astype(np.float64)
        change = adam(gradient, state.first, state.second, number, rate)
        state.weights -= change[: len(state.weights)]
        state.biases -= change[len(state.weights) :]
        if self.largest is not None:
            np.clip(state.weights, -self.largest, self.largest, out=state.weights)
            np.clip(state.biases, -self.largest, self.largest, out=state.biases)
        return found.loss, found.correct

    def _rounded(self) -> tuple[Floats, Floats]:
        stored = self.coupler.quantise(self.state.weights.astype(float), self.state.biases.astype(float))
        return stored.couplings.astype(np.float32), stored.biases.astype(np.float32)

    def _tested(self, random: np.random.Generator) -> float:
        """Accuracy on the test images with the rounded weights; not part of the training and not billed."""
        pixels, classes = self.tests
        weights, correct = self._rounded(), 0
        for begin in range(0, len(classes), TEST_BATCH):
            part = slice(begin, begin + TEST_BATCH)
            scores = self.net.scores(*weights, pixels[:, part], self.spec.test_samples, random)
            correct += int((scores.argmax(axis=0) == classes[part]).sum())
        return correct / len(classes)

    def _cost(self) -> Trace:
        """The steps of an epoch on the digital parts of the chip."""
        device = Device(self.program, lanes=1)
        units = device.netlist.digital_units("multiply-adds")
        layout = self.workload.layout
        parameters = layout.weights + layout.biases
        macs = self.steps * self.spec.batch * PASSES * layout.weights
        device.name_phases("backpropagation")
        # The host takes one word per multiply-add: weight and activity of 4 bytes each.
        done = device.compute(macs, unit=units[0].name if units else None, working_set=8 * layout.weights)
        device.name_phases("update")
        device.compute(self.steps * ADAM_WORDS * parameters, (done,), working_set=16 * parameters)
        return device.finish()
