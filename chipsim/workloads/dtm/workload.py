"""dtm: a chain of Boltzmann machines on a chip that turns noise into images (arXiv 2510.23972).

`chipsim train` trains the weights, `chipsim run` generates images with them: from noise towards the data, each layer
biases its data cells towards the image so far, runs K sweeps and is read. A lane is one image, or several that follow
one another. A batch passes a layer before the next is loaded, so a load counts once for all its jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import Program
from chipsim.components.converters.base import BiasKind
from chipsim.components.digital.base import InputKind
from chipsim.components.facts import Finding
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.mapping.layout import data_sites, fabric_id, label_sites
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at, fail
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.dtm.assessment import assessment
from chipsim.workloads.dtm.curves import curve_sections
from chipsim.workloads.dtm.examples import example_files
from chipsim.workloads.dtm.fit import noise_bits
from chipsim.workloads.dtm.forward import input_coupling
from chipsim.workloads.dtm.generation import Generator, kept, rounds
from chipsim.workloads.dtm.images import as_bytes, grey_of
from chipsim.workloads.dtm.labels import label_spins, requested_classes
from chipsim.workloads.dtm.lint import too_large
from chipsim.workloads.dtm.modes import mode_facts, mode_tables
from chipsim.workloads.dtm.sampler import LayerSampler
from chipsim.workloads.dtm.spec import DtmModel
from chipsim.workloads.dtm.training import PROJECTIONS
from chipsim.workloads.dtm.training_units import DtmTraining
from chipsim.workloads.dtm.weights import DtmWeights, read_weights
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Assessment, Fact, Facts, Images, Section
from chipsim.workloads.trained import lacking, trained_path
from chipsim.workloads.training import Training

# Number of images whose intermediate layers are stored.
SEQUENCES = 16


class Dtm(LatchedWorkload[DtmModel]):
    """Draws images on a device."""

    model_type: ClassVar[type[WorkloadModel]] = DtmModel
    summary: ClassVar[str] = "generate images with a chain of denoising models, or train them"
    meanings: ClassVar[Mapping[str, str]] = {
        "images": "images generated in all lanes",
        "layers": "denoising layers of the model",
        "stopped_early": "whether a training ended by training.patience before its last epoch",
        "dtm.*": "model for which the weights were trained",
    }
    training_type: ClassVar[type[Training[Any, Any]] | None] = DtmTraining
    data_sites: NDArray[np.int64]
    label_sites: NDArray[np.int64]
    fabric: str
    sizes: tuple[int, int]  # couplers and cells of the fabric of one layer

    @property
    def noise(self) -> NDArray[np.float64]:
        """Noise gamma t of each step, from the data outwards."""
        return np.array(self.model.noise, float)

    @property
    def layers(self) -> int:
        """Number T of steps, each with its own Boltzmann machine."""
        return len(self.model.noise)

    @property
    def total_sweeps(self) -> int:
        """K sweeps per round, plus those that generate the noise of each image."""
        generation = self.model.generation
        stages = len(rounds(self.layers, generation.images, generation.layers == "beside"))
        return int(generation.sweeps * stages + self.model.training.restart_sweeps * generation.images)

    def fixed_problem(self) -> Problem | None:
        """A denoising model takes the graph of the chip."""
        return None

    def inputs(self) -> dict[str, Path]:
        """The weights; without any, the inputs of a training: images, labels, initial weights."""
        if self.weights_path is not None:
            return {"weights": self.weights_path}
        start = {} if self.start_path is None else {"start": self.start_path}
        return example_files(self.model, self.document) | start

    @cached_property
    def weights_path(self) -> Path | None:
        """The file that `generation.weights` names."""
        return trained_path(self.document, ("generation", "weights"), self.model.generation.weights)

    @cached_property
    def start_path(self) -> Path | None:
        """The file that `training.start` names."""
        return trained_path(self.document, ("training", "start"), self.model.training.start)

    def check(self, netlist: Netlist) -> None:
        """Check also the number of copies, and that the input latches realise the coupling of each step."""
        super().check(netlist)
        layers, copies = self.model.generation.layers, netlist.fabric.copies
        wanted = self.layers if layers == "beside" else 1
        if copies != wanted:
            complaint = f"layers {layers} requires fabric.copies {wanted}; this chip has {copies}"
            raise fail(self.document, ("generation", "layers"), complaint, code="chip.unsuitable")
        with errors_located_at(self.document, ("workload",)):
            latches = netlist.end("clamp", InputKind).kind
            converter = netlist.end("bias", BiasKind)
        if not converter.kind.realised(self.model.beta):
            complaint = f"{converter.name} rounds {self.model.beta:g} to 0, and latches cannot bias cells at beta 0"
            raise fail(self.document, ("beta",), complaint, code="chip.unsuitable")
        for layer in range(self.layers):
            with errors_located_at(self.document, ("noise", layer)):
                latches.realised(self.input_coupling(netlist, layer))

    def prepare(self, fabric: Fabric) -> None:
        """Place the bits of an image on the fabric."""
        with errors_located_at(self.document, ("images",)):
            self.data_sites = data_sites(fabric, self.model.images.grid, self.model.placement)
        self.label_sites = np.zeros(0, np.int64)
        labels = self.model.labels
        if labels is not None:
            with errors_located_at(self.document, ("labels",)):
                self.label_sites = label_sites(
                    fabric, self.data_sites, labels.classes, labels.spots, self.model.placement
                )
        self.fabric = fabric_id(fabric)
        self.sizes = len(fabric.edges) // fabric.copies, fabric.sites // fabric.copies

    def lint(self, netlist: Netlist) -> Iterable[Finding]:
        """An array that is far larger than the images need."""
        return too_large(self.model, netlist.fabric)

    def start_weights(self) -> DtmWeights | None:
        """Initial weights of a training, or None for zero."""
        if self.start_path is None:
            return None
        with errors_located_at(self.document, ("training", "start")):
            return read_weights(self.start_path, self.meaning(), *self.sizes)

    def untrained(self, fabric: Fabric) -> Dtm:
        """The same without weights."""
        plain = {"weights": None, "layers": "reloaded", "idle": "gated", "images": 1, "classes": None, "order": "mixed"}
        generation = self.model.generation.model_copy(update=plain)
        bare = Dtm(self.document, self.model.model_copy(update={"generation": generation}))
        bare.prepare(fabric)
        return bare

    def lacks(self) -> str:
        """Weights, if the file names none or those of another chip or model."""
        return lacking(self.weights, "generation.weights")

    def meaning(self) -> dict[str, Any]:
        """The model and chip for which weights are valid."""
        named = {"images", "noise", "placement", "labels", "beta"}
        return {"fabric": self.fabric, **self.model.model_dump(include=named, exclude={"labels": {"names"}})}

    def run(self, device: Device) -> None:
        """Draw the images of each lane."""
        self.draw(device, self.weights())

    def weights(self) -> DtmWeights:
        """The weights for generation.

        Raises:
            SpecError: the file names no weights, or those of another model.
        """
        path = self.weights_path
        if path is None:
            complaint = "no weights; set generation.weights=FILE, written by chipsim train"
            raise fail(self.document, ("generation", "weights"), complaint, code="data.missing")
        with errors_located_at(self.document, ("generation", "weights")):
            return read_weights(path, self.meaning(), *self.sizes)

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """The images of all lanes, and intermediate layers of the first images."""
        spec, lanes, generation = self.model.images, trace.lanes, self.model.generation
        many = generation.images
        figures = {"images": lanes * many, "layers": self.layers, "dtm": self.meaning()}
        place = {meeting: index for index, meeting in enumerate(kept(self.layers, many, generation.layers == "beside"))}
        states = trace.observations.states
        last = states[[place[0, image] for image in range(many)]]
        images = grey_of(lanes_of_words(last, lanes).reshape(many * lanes, -1), spec)
        way = states[[place[layer, 0] for layer in range(self.layers, -1, -1)], :, : -(-SEQUENCES // 64)]
        ways = [grey_of(spins[:SEQUENCES], spec) for spins in lanes_of_words(way, min(lanes, SEQUENCES))]
        arrays = {"images": as_bytes(images), "sequence": as_bytes(np.stack(ways))}
        requested = self.model.requested_classes()
        if requested:
            arrays["classes"] = requested_classes(requested, lanes, many, generation.order).ravel().astype(np.uint16)
            figures["class_names"] = list(self.model.class_names)
        return Outcome(figures, arrays=arrays, answers=many)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Generated images, or the course of a training."""
        figures = outcome.figures
        if "training" in figures:
            images = Images("Images during the training, one row per epoch", "strips")
            tables = mode_tables(figures.get("modes", ()))
            return _training_facts(figures), *curve_sections(outcome.arrays), *tables, images
        facts = Facts((Fact("images", figures["images"], note=f"through {figures['layers']} layers"),))
        sequence = Images("From noise (top) to image, one row per layer", "sequence")
        names = tuple(figures.get("class_names", ()))
        return facts, Images("Images", "images", classes="classes" if names else "", names=names), sequence

    @classmethod
    def assess(cls, figures: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Assessment | None:
        """Compare images with the data of the model; None for a training."""
        return assessment(figures, arrays) if "images" in arrays else None

    def draw(self, device: Device, weights: DtmWeights) -> list[NDArray[np.int8]]:
        """Spins of the data cells of each image, (lanes, data cells)."""
        couplings = [self.input_coupling(device.program.netlist, layer) for layer in range(self.layers)]
        sites = device.program.cells // device.program.netlist.fabric.copies
        labels = self._requested_labels(device.lanes, device.first_lane)
        return Generator(self.sampler(device), self.model.generation, weights, couplings, labels, sites).draw()

    def _requested_labels(self, lanes: int, first: int) -> list[NDArray[np.int8]]:
        """Spins of the label cells of each image of a lane, (lanes, label cells); none without labels."""
        spec = self.model.labels
        if spec is None:
            return []
        generation = self.model.generation
        classes = requested_classes(self.model.requested_classes(), lanes, generation.images, generation.order, first)
        return [label_spins(of_image, spec) for of_image in classes]

    def sampler(self, device: Device) -> LayerSampler:
        """Sampler that runs layers on a device."""
        restart = self.model.training.restart_sweeps
        return LayerSampler(device, self.data_sites, self.label_sites, self.model.beta, restart)

    def input_coupling(self, netlist: Netlist, layer: int) -> float:
        """Coupling of the input latches of a layer at the realised beta."""
        beta = netlist.end("bias", BiasKind).kind.realised(self.model.beta)
        return input_coupling(float(self.noise[layer]), beta)


def _training_facts(figures: dict[str, Any]) -> Facts:
    """Fit and mixing of the layers after the last unit of each."""
    history = figures["training"]
    last = {entry["layer"]: entry for entry in history}
    slowest = max(last.values(), key=lambda entry: float(entry["r_yy"]), default=None)
    early = ", stopped early" if figures.get("stopped_early") else ""
    units = Fact("trained", len(history), note=f"units of one layer and epoch, {len(last)} layers{early}")
    if slowest is None:
        return Facts((units,))
    note = (
        f"at K sweeps in layer {slowest['layer']}: slowest of {PROJECTIONS} random projections; "
        f"split R-hat {rounded(slowest['split_rhat'], '.3f')}"
    )
    mixing = Fact("r_yy[K]", slowest["r_yy"], note=note, digits=3)
    modes = mode_facts(figures.get("modes", ()))
    return Facts((units, *_fit_facts(last, figures["dtm"]["noise"]), mixing, *modes))


def _fit_facts(last: dict[int, dict[str, Any]], noise: list[float]) -> Iterator[Fact]:
    """Mean fit of the trained layers; nothing for trainings of earlier versions, which have none."""
    fits = {layer: entry["fit"] for layer, entry in last.items() if "fit" in entry}
    if fits:
        alone = float(np.mean([noise_bits(noise[layer - 1]) for layer in fits]))
        note = (
            f"bit per pixel to reconstruct held-out images, mean of layers; {rounded(alone, '.4f')} by the noise alone"
        )
        yield Fact("fit", float(np.mean(list(fits.values()))), note=note)
