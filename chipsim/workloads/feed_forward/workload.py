"""feed-forward: a net of p-bits, laid out on the chip's own graph or on one of its own, that classifies images.

`chipsim train` trains the weights on the host, `chipsim run` classifies the test images with them: a lane is one image.
Couplers act from each layer on the next, so a sweep draws a new sample of every layer from the last sample of the layer
before. Samples follow one another through the layers, one entering per sweep; the host adds up the output spins that it
reads (arXiv 2607.00170; sigmoid belief nets: Neal 1992).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colouring import colour_cells
from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import Program
from chipsim.components.digital.base import CounterKind
from chipsim.engine.device import Device
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.mapping.layout import ImageGrid, fabric_id
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.model import errors_located_at, fail
from chipsim.statistics.success import Success
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.feed_forward.layout import NetLayout, checkerboard, lay_out
from chipsim.workloads.feed_forward.pixels import pixel_spins
from chipsim.workloads.feed_forward.readings import accuracies, output_correlation, votes
from chipsim.workloads.feed_forward.spec import FeedForwardModel
from chipsim.workloads.feed_forward.training import FeedForwardTraining
from chipsim.workloads.feed_forward.wiring import Wired, arrival_sweeps, field_bits, wire
from chipsim.workloads.feed_forward.writing import first_fields, written_net
from chipsim.workloads.labelled_images import Labelled, data_files, testing_images
from chipsim.workloads.outcome import Outcome, Quality, Step
from chipsim.workloads.sections import Curve, Fact, Facts, Section, Series
from chipsim.workloads.trained import lacking, read_trained, trained_path
from chipsim.workloads.training import Training

SPINS_PER_WORD = 64
# Of the operations of a read, in memory.
READ_BYTES = 14_000


class FeedForward(LatchedWorkload[FeedForwardModel]):
    """Classifies images on a device."""

    model_type: ClassVar[type[WorkloadModel]] = FeedForwardModel
    summary: ClassVar[str] = "classify images by sampling a feed-forward net on the chip's graph, or train it"
    merit: ClassVar[str] = "accuracy"
    meanings: ClassVar[Mapping[str, str]] = {
        "images": "test images, one per lane",
        "samples": "samples read per image",
        "accuracy": "share of the images whose class is right",
        "accuracy_low": "lower end of its 95 % interval over images (Wilson)",
        "accuracy_high": "upper end of its 95 % interval over images (Wilson)",
        "single_sample_accuracy": "accuracy from a single sample, mean over samples",
        "output_correlation": "correlation of an output spin with that of the previous sample of the same image",
        "fill_sweeps": "sweeps until the first sample reaches the outputs",
        "weights": "weights of the net, one per directed coupling",
        "cells_per_weight": "cells of all layers per weight",
        "couplers_per_weight": "couplers of the fabric in use per weight",
        "digital_mac_share": "share of the multiply-adds of the net that digital units do",
        "longest_neuron": "cells of the neuron that takes most",
        "weight_scale": "factor by which weights are multiplied, and beta divided, so that all couplers are in range",
        "feed-forward.*": "model for which the weights were trained",
    }
    training_type: ClassVar[type[Training[Any, Any]] | None] = FeedForwardTraining
    layout: NetLayout
    fabric: str
    # Edges of the fabric and the turns of its cells, set by `check`.
    turns: tuple[NDArray[np.int32], NDArray[np.int32]]

    @cached_property
    def fill_sweeps(self) -> int:
        """Sweeps until the first sample reaches the outputs."""
        return arrival_sweeps(self.layout, *self.turns)

    @property
    def total_sweeps(self) -> int:
        """Sweeps until the last sample reaches the outputs."""
        inference = self.model.inference
        return int(self.fill_sweeps + inference.warmup + inference.samples - 1)

    def extent(self) -> str:
        """Weights and samples."""
        return f"{self.layout.weights:,} weights, {self.model.inference.samples:,} samples per image"

    @cached_property
    def data(self) -> Labelled:
        """The test images."""
        with errors_located_at(self.document, ("data",)):
            return testing_images(self.model.data)

    def inputs(self) -> dict[str, Path]:
        """The data, and the weights of a run."""
        with errors_located_at(self.document, ("data",)):
            files = data_files(self.model.data)
        return files if self.weights_path is None else files | {"weights": self.weights_path}

    @cached_property
    def weights_path(self) -> Path | None:
        """The file that `inference.weights` names."""
        return trained_path(self.document, ("inference", "weights"), self.model.inference.weights)

    @cached_property
    def wired(self) -> Wired | None:
        """The net on a graph of its own, unless it takes that of the chip."""
        model, method = self.model, self.model.wiring.method
        if method == "native":
            return None
        outputs = model.data.classes * model.net.outputs
        sizes = [int(np.prod(model.data.size)), *(size for size in model.net.hidden if size != "rest"), outputs]
        with errors_located_at(self.document, ("wiring",)):
            wiring, net = model.wiring, model.net
            return wire(sizes, method, wiring.degree, wiring.bits, net.fan_in, net.seed)

    def fixed_problem(self) -> Problem | None:
        """The graph of the net, unless it takes that of the chip."""
        return None if self.wired is None else self.wired.problem

    def prepare(self, fabric: Fabric) -> None:
        """Lay the net out on the fabric."""
        model = self.model
        self.fabric = fabric_id(fabric)
        if self.wired is not None:
            self.layout = self.wired.layout
            return
        with errors_located_at(self.document, ("net",)):
            if fabric.copies > 1:
                raise ProblemError("a net uses one array; set fabric.copies to 1", code="chip.unsuitable")
            image = ImageGrid(*model.data.size, 1)
            outputs = model.data.classes * model.net.outputs
            self.layout = lay_out(fabric, image, model.placement, model.net.hidden, outputs, model.net.seed)

    def check(self, netlist: Netlist) -> None:
        """Check also that the chip has the graph that the wiring takes, and when its cells latch."""
        super().check(netlist)
        self._check_counters(netlist)
        chip, fabric = netlist.chip, netlist.fabric
        colours = colour_cells(chip, fabric)
        if self.wired is None:
            if (colours != checkerboard(fabric)).any():
                complaint = f"a net requires a checkerboard whose two colours latch in turn; {chip.model.name} has none"
                raise fail(self.document, ("workload",), complaint, code="chip.unsuitable")
        elif chip.model.fabric.source != "problem":
            complaint = (
                f"method {self.model.wiring.method} makes a graph of its own, and {chip.model.name} has another; use a "
                "chip with fabric.from: problem, such as any-graph"
            )
            raise fail(self.document, ("wiring", "method"), complaint, code="chip.unsuitable")
        self.turns = fabric.edges, colours

    def _check_counters(self, netlist: Netlist) -> None:
        """Check that the chip has a counter for each output cell, with bits for all samples."""
        inference = self.model.inference
        if inference.readout == "spins":
            return
        with errors_located_at(self.document, ("inference", "readout")):
            counters = netlist.end("count", CounterKind)
        if inference.samples > counters.kind.capacity:
            complaint = (
                f"{counters.name}: {counters.kind.bits} bits count {counters.kind.capacity:,} samples, not "
                f"{inference.samples:,}; give them more bits, or take fewer samples"
            )
            raise fail(self.document, ("inference", "samples"), complaint, code="chip.out-of-range")
        own = self.model.data.classes * self.model.net.outputs
        cells = own if self.wired is None else len(self.wired.layout.layers[-1])
        if cells > counters.count:
            complaint = (
                f"{counters.name}: {counters.count:,} counters for {cells:,} output cells; write "
                f"{counters.name}[0..{cells - 1}]"
            )
            raise fail(self.document, ("inference", "readout"), complaint, code="chip.too-small")

    def untrained(self, fabric: Fabric) -> FeedForward:
        """The same without weights."""
        inference = self.model.inference.model_copy(
            update={"weights": None, "samples": 1, "back_action": 0.0, "warmup": 0, "readout": "spins"}
        )
        bare = FeedForward(self.document, self.model.model_copy(update={"inference": inference}))
        bare.prepare(fabric)
        bare.turns = self.turns
        return bare

    def lacks(self) -> str:
        """Weights, if the file names none or those of another chip or net."""
        return lacking(self.weights, "inference.weights")

    def meaning(self) -> dict[str, Any]:
        """The net and chip for which weights are valid, at any temperature."""
        data = {"size": list(self.model.data.size), "classes": self.model.data.classes}
        # All wirings of dense layers take the same weights.
        graph = {"fabric": self.fabric} if self.wired is None else {"graph": "own"}
        named = self.model.model_dump(
            include={"placement", "net"} if self.wired is None else {"net"}, exclude_none=True
        )
        return {**graph, **data, "threshold": self.model.data.threshold, **named}

    def inert(self) -> dict[str, str]:
        """What only nets on the chip's own graph use, or only those of limited fan-in."""
        if self.wired is None:
            return {}
        reason = f"wiring.method: {self.model.wiring.method} makes a graph of its own"
        out = dict.fromkeys(("placement.order", "placement.seed"), reason)
        return out if self.model.net.fan_in is not None else {**out, "net.seed": "every neuron has all inputs"}

    def weights(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights (weights,) and biases (neurons after the pixels,).

        Raises:
            SpecError: the file names no weights, or those of another net.
        """
        path = self.weights_path
        if path is None:
            complaint = "no weights; set inference.weights=FILE, written by chipsim train"
            raise fail(self.document, ("inference", "weights"), complaint, code="data.missing")
        with errors_located_at(self.document, ("inference", "weights")):
            shapes = {"weights": (self.layout.weights,), "biases": (self.layout.biases,)}
            weights, biases = read_trained(path, "feed-forward", self.meaning(), shapes)
        return weights, biases

    def memory(self, lanes: int) -> dict[str, int]:
        """Reads of the outputs with their operations, and spins of one sample."""
        outputs, samples = len(self.layout.layers[-1]), self.model.inference.samples
        # Pixels as float32 and as spins, and the values of the cells that are clamped.
        inputs = lanes * (5 * self.layout.neurons[0] + 2 * len(self.layout.layers[0]))
        states = samples * outputs * -(-lanes // 64) * 8
        # A second copy of the states while votes are counted.
        reads = samples * READ_BYTES + states
        return {"reads": reads, "states read": states, "images": lanes * outputs * 3, "inputs": inputs}

    def run(self, device: Device) -> None:
        """Classify one test image per lane."""
        self.classify(device, *self.weights())

    def classify(self, device: Device, weights: NDArray[np.float32], biases: NDArray[np.float32]) -> None:
        """Classify one test image per lane with weights (weights,) and biases (neurons after the pixels,)."""
        layout, inference = self.layout, self.model.inference
        with errors_located_at(self.document, ("wiring",)):
            written = written_net(layout, weights, biases, self.model, device.program.netlist)
        outputs = layout.layers[-1]
        device.name_phases("weights")
        ready = device.write(written.couplings, written.biases)
        device.name_phases("input")
        ready = device.set_beta(self.model.beta * written.scale, (ready,))
        pixels = self._pixels(device)
        if layout.host_weights:
            fields = first_fields(layout, weights, biases, pixels)
            ready = self._enter_fields(device, fields, written.bond, ready)
        else:
            ready = self._enter_pixels(device, pixels, ready)
        device.gate(layout.unused)
        device.name_phases("inference")
        first, _ = device.sample(self.fill_sweeps + inference.warmup, after=(ready,))
        if inference.readout == "counters":
            ready = self._counted(device, outputs, first)
        else:
            ready = self._read(device, outputs)
        device.name_phases("answer")
        device.compute(self.model.data.classes, (ready,))

    def _read(self, device: Device, outputs: NDArray[np.int64]) -> Operation:
        """Read the outputs after each sample; the host adds them up while the array samples."""
        for number in range(self.model.inference.samples):
            if number:
                device.sample(1)
            reading = device.read(outputs, keep=True)
            # One population count per word, added to the sums of the classes.
            ready = device.compute(-(-len(outputs) // SPINS_PER_WORD), (reading.done,))
        return ready

    def _counted(self, device: Device, outputs: NDArray[np.int64], sampled: Operation) -> Operation:
        """Count the outputs beside their cells, and read the counters once; the host adds up those of a class."""
        device.count(outputs, keep=True)
        for _ in range(self.model.inference.samples - 1):
            sampled, _ = device.sample(1)
            device.count(outputs, keep=True)
        return device.compute(len(outputs), (device.read_counts((sampled,)).done,))

    def _pixels(self, device: Device) -> NDArray[np.float32]:
        """Pixels of the lanes, (pixels, lanes)."""
        chosen = self._images(device.first_lane, device.lanes)
        return pixel_spins(self.data.grey[chosen], self.model.data.threshold)

    def _enter_pixels(self, device: Device, pixels: NDArray[np.float32], ready: Operation) -> Operation:
        """Clamp the cells of each pixel."""
        layout = self.layout
        ready = device.compute(-(-len(pixels) // SPINS_PER_WORD), (ready,))
        return device.clamp(layout.layers[0], layout.cells_of(pixels.T.astype(np.int8), 0), (ready,))

    def _enter_fields(self, device: Device, fields: NDArray[np.float64], scale: float, ready: Operation) -> Operation:
        """Bill the products of the first layer to the host, and clamp the bits of their sums."""
        layout, bits = self.layout, self.model.wiring.bits
        assert bits is not None
        units = device.netlist.digital_units("multiply-adds")
        unit = units[0].name if units else None
        ready = device.compute(layout.host_weights, (ready,), unit=unit, working_set=4 * layout.host_weights)
        return device.clamp(layout.layers[0], field_bits(fields, scale, bits), (ready,))

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """Accuracy of the lanes."""
        model, layout = self.model, self.layout
        classes = self.data.classes[self._images(0, trace.lanes)]
        states = list(trace.observations.states)
        by_class = votes(states, trace.lanes, model.data.classes)
        by_samples, single = accuracies(by_class, classes)
        found = Success(round(float(by_samples[-1]) * trace.lanes), trace.lanes)
        low, high = found.interval()
        cells = sum(len(layer) for layer in layout.layers)
        figures = {
            "images": trace.lanes,
            "samples": len(states),
            "accuracy": float(by_samples[-1]),
            "accuracy_low": low,
            "accuracy_high": high,
            "single_sample_accuracy": single,
            "output_correlation": output_correlation(states, trace.lanes),
            "fill_sweeps": self.fill_sweeps,
            "weights": layout.weights,
            "cells_per_weight": cells / layout.weights,
            "couplers_per_weight": layout.couplers / layout.weights,
            "digital_mac_share": layout.host_weights / layout.weights,
            "longest_neuron": layout.longest,
            "weight_scale": 1 / written_net(layout, *self.weights(), model, program.netlist).scale,
            "feed-forward": self.meaning(),
        }
        arrays = {"samples_used": np.arange(1, len(states) + 1), "accuracy_by_samples": by_samples}
        quality = Quality(single, "accuracy of a single sample")
        return Outcome(figures, single_sample=quality, step=Step("sample", len(states)), arrays=arrays)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Accuracy and the four items of a claim, or the course of a training."""
        figures = outcome.figures
        if "training" in figures:
            return (_training_facts(figures["training"]),)
        return _facts(figures), Curve(
            title="Accuracy by number of samples",
            x="samples",
            y=f"accuracy on {figures['images']:,} images",
            series=(Series("accuracy", "accuracy_by_samples", x="samples_used"),),
        )

    def _images(self, first: int, number: int) -> NDArray[np.int64]:
        """The test image of each lane: all in turn."""
        return np.arange(first, first + number) % len(self.data.grey)


def _facts(figures: dict[str, Any]) -> Facts:
    low, high, many = figures["accuracy_low"], figures["accuracy_high"], figures["images"]
    least, most = rounded(low, ".1%"), rounded(high, ".1%")
    interval = f"({least} to {most}, 95 % over {many:,} images) from {figures['samples']:,} samples each"
    embedding = (
        f"at {rounded(figures['cells_per_weight'], '.3f')} cells and {rounded(figures['couplers_per_weight'], '.3g')} "
        f"coupler each; {rounded(figures['digital_mac_share'], '.1%')} of the multiply-adds are digital"
    )
    lag = figures["output_correlation"]
    facts = [
        Fact("accuracy", figures["accuracy"], "%", interval),
        Fact("single sample", figures["single_sample_accuracy"], "%", "accuracy from one sample"),
        Fact("net", figures["weights"], "weights", embedding),
    ]
    if lag is not None:
        facts.append(Fact("lag 1", lag, "", "correlation of output spins of successive samples", digits=3))
    return Facts(tuple(facts))


def _training_facts(history: list[dict[str, Any]]) -> Facts:
    last = history[-1]
    trained, loss = rounded(last["training_accuracy"], ".1%"), rounded(last["loss"], ".3f")
    note = f"after {len(history)} epochs; {trained} on training images, loss {loss}"
    return Facts((Fact("test accuracy", last["test_accuracy"], "%", note),))
