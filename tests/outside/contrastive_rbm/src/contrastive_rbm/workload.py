"""contrastive-rbm: a restricted Boltzmann machine on a chip with a coupler between each visible and each hidden cell.

`chipsim train` learns the weights, `chipsim run` draws images with them: a lane is one image. The machine is small, so
that its exact law is known: what is drawn is compared with what the weights imply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.program import Program
from chipsim.components.converters.base import BiasKind
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel, errors_located_at, fail
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.outcome import Outcome, Quality
from chipsim.workloads.sections import Curve, Fact, Facts, Images, Section, Series
from chipsim.workloads.trained import read_trained, trained_path
from chipsim.workloads.training import Training
from contrastive_rbm.model import Machine
from contrastive_rbm.training import ContrastiveDivergence


class TrainingSpec(SpecModel):
    """Epochs of `steps` batches; `sweeps` between the two readings of a batch."""

    epochs: Annotated[int, Whole(ge=1, le=10**6)]
    steps: Annotated[int, Whole(ge=1, le=10**6)]
    batch: Annotated[int, Whole(ge=1, le=10**6)]
    sweeps: Annotated[int, Whole(ge=1, le=10**6)] = 1
    rate: Annotated[float, Number(gt=0, le=1)]


class RbmModel(WorkloadModel):
    """A file of workload `contrastive-rbm`; `data` are images (N, rows, columns), dark up to 0.5 and bright above."""

    workload: Literal["contrastive-rbm"]
    data: Annotated[str, FileName()]
    hidden: Annotated[int, Whole(ge=1, le=16)]
    beta: Annotated[float, Number(gt=0, le=10)] = 1.0
    sweeps: Annotated[int, Whole(ge=1, le=10**6)]
    training: TrainingSpec
    weights: Annotated[str, FileName()] | None = None


class Rbm(LatchedWorkload[RbmModel]):
    """Draws images with a trained machine."""

    model_type: ClassVar[type[WorkloadModel]] = RbmModel
    summary: ClassVar[str] = "a restricted Boltzmann machine, trained by contrastive divergence"
    training_type: ClassVar[type[Training[Any, Any]] | None] = ContrastiveDivergence
    meanings: ClassVar[Mapping[str, str]] = {
        "images": "images drawn, one per lane",
        "learnt_share": "share of the drawn images that are among the training images",
        "expected_share": "the same by the exact law of the weights as the chip stores them",
        "log_likelihood": "mean log probability of the training images in nats, by that law",
        "contrastive-rbm.*": "model for which the weights were trained",
    }

    @cached_property
    def images(self) -> NDArray[np.bool_]:
        """(N, rows, columns) training images, whether each pixel is bright."""
        with errors_located_at(self.document, ("data",)):
            try:
                found = np.load(self.model.data, allow_pickle=False)
            except (OSError, ValueError) as error:
                raise ProblemError(f"{self.model.data}: no images: {error}", code="data.malformed") from None
            if found.ndim != 3 or not found.size:
                raise ProblemError(
                    f"{self.model.data}: shape {found.shape}; (N, rows, columns) is required", code="data.wrong-shape"
                )
            return np.asarray(found > 0.5)

    @property
    def data(self) -> NDArray[np.int8]:
        """(N, visible) the same as spins."""
        return np.where(self.images.reshape(len(self.images), -1), 1, -1).astype(np.int8)

    @property
    def shape(self) -> tuple[int, int]:
        """Visible and hidden cells."""
        return self.images[0].size, self.model.hidden

    @property
    def total_sweeps(self) -> int:
        """Sweeps of a run."""
        return self.model.sweeps

    def inputs(self) -> dict[str, Path]:
        """Images and weights."""
        path = self.weights_path
        return {"data": Path(self.model.data)} | ({} if path is None else {"weights": path})

    @property
    def weights_path(self) -> Path | None:
        """The file that `weights` names."""
        return trained_path(self.document, ("weights",), self.model.weights)

    def fixed_problem(self) -> Problem:
        """The graph, visible cells first; every coupler is there, whatever its weight."""
        visible, hidden = self.shape
        first, second = np.divmod(np.arange(visible * hidden), hidden)
        edges = np.stack([first, visible + second], axis=1).astype(np.int32)
        return Problem("rbm", edges, np.ones(len(edges)), np.zeros(visible + hidden))

    def prepare(self, fabric: Fabric) -> None:
        """Check that the chip has this graph and no other."""
        if not np.array_equal(fabric.edges, self.fixed_problem().edges):
            with errors_located_at(self.document, ("hidden",)):
                raise ProblemError(
                    "the chip's couplers do not join every visible cell with every hidden one; use any-graph",
                    code="chip.no-coupler",
                )

    def untrained(self, fabric: Fabric) -> Rbm:
        """The same without weights."""
        return Rbm(self.document, self.model.model_copy(update={"weights": None}))

    def lacks(self) -> str:
        """The weights, where the file names none."""
        return "weights (`weights`)" if self.model.weights is None else ""

    def meaning(self) -> dict[str, Any]:
        """The model for which weights are valid."""
        return {"size": list(self.images.shape[1:]), "hidden": self.model.hidden, "beta": self.model.beta}

    def trained(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights (visible, hidden) and biases (cells,).

        Raises:
            SpecError: the file names none, or those of another model.
        """
        path = self.weights_path
        if path is None:
            raise fail(self.document, ("weights",), "no weights; write them with chipsim train", code="data.missing")
        with errors_located_at(self.document, ("weights",)):
            shapes = {"weights": self.shape, "biases": (sum(self.shape),)}
            weights, biases = read_trained(path, "contrastive-rbm", self.meaning(), shapes)
        return weights, biases

    def write(
        self, device: Device, weights: NDArray[np.float32], biases: NDArray[np.float32], after: Sequence[Operation]
    ) -> Operation:
        """Write the weights; one load serves a whole batch."""
        return device.write(weights.ravel().astype(np.float64), biases.astype(np.float64), after, shared=True)

    def machine(self, program: Program, weights: NDArray[np.float32], biases: NDArray[np.float32]) -> Machine:
        """The machine that a chip holds: weights and beta as rounded to its codes."""
        visible, _ = self.shape
        held = program.netlist.latched.coupler.kind.quantise(
            weights.ravel().astype(np.float64), biases.astype(np.float64)
        )
        beta = program.netlist.end("bias", BiasKind).kind.realised(self.model.beta)
        return Machine(held.couplings.reshape(self.shape), held.biases[:visible], held.biases[visible:], beta)

    def run(self, device: Device) -> None:
        """Draw an image in each lane."""
        written = self.write(device, *self.trained(), [device.set_beta(self.model.beta)])
        sampled, _ = device.sample(self.model.sweeps, after=[written])
        device.read(np.arange(self.shape[0]), after=[sampled], keep=True)

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """What was drawn, and what the weights imply."""
        spins = lanes_of_words(trace.observations.states, trace.lanes)[0]
        learnt, machine = np.unique(self.data, axis=0), self.machine(program, *self.trained())
        among = (spins[:, None] == learnt).all(axis=2).any(axis=1)
        figures = {
            "images": trace.lanes,
            "learnt_share": float(among.mean()),
            "expected_share": float(np.exp(machine.log_probability(learnt)).sum()),
            "log_likelihood": float(machine.log_probability(self.data).mean()),
            "contrastive-rbm": self.meaning(),
        }
        drawn = np.where(spins > 0, 255, 0).astype(np.uint8).reshape(-1, *self.images.shape[1:])
        quality = Quality(figures["learnt_share"], "share of the images that are among the training images")
        return Outcome(figures, single_sample=quality, arrays={"drawn": drawn})

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """The images and how many of them are right, or the learning curve."""
        figures = outcome.figures
        if "training" not in figures:
            note = f"of {figures['images']:,} images were learnt; {figures['expected_share']:.1%} by the exact law"
            facts = Facts((Fact("learnt", figures["learnt_share"], "%", note),))
            return facts, Images("Images drawn", "drawn")
        history = figures["training"]
        fit = Fact("fit", history[-1]["log_likelihood"], "nats", f"per image, after {len(history)} epochs")
        return Facts((fit,)), Curve("Learning", "epoch", "log likelihood / nats", (Series("training images", "fit"),))
