"""dtm: a chain of Boltzmann machines on a chip that turns noise into images (arXiv 2510.23972).

`chipsim train` learns the weights, `chipsim run` draws images with them: from noise towards the data, each layer loads
its weights, pulls its data cells towards the image so far, runs K sweeps and is read. A lane is one image. The layers
share one fabric; a batch passes a layer before the next is loaded, so a load counts once for all jobs of a load.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace, lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.spec.model import complaints_at, fail
from chipsim.workloads.base import Outcome, Workload, WorkloadModel
from chipsim.workloads.dtm.forward import input_coupling
from chipsim.workloads.dtm.images import grey_of
from chipsim.workloads.dtm.layout import data_sites, fabric_id
from chipsim.workloads.dtm.sampler import SPINS_PER_WORD, LayerSampler
from chipsim.workloads.dtm.spec import DtmModel
from chipsim.workloads.dtm.weights import DtmWeights, read_weights

# Images whose way from noise to the last layer is kept.
SEQUENCES = 16


class Dtm(Workload):
    """Draws images on a device."""

    model_type: ClassVar[type[WorkloadModel]] = DtmModel
    data_sites: NDArray[np.int64]
    fabric: str

    @property
    def noise(self) -> NDArray[np.float64]:
        """Noise gamma t of each step, from the data outwards."""
        return np.array(self.model.noise, float)

    @property
    def layers(self) -> int:
        """Number T of steps, each with a machine of its own."""
        return len(self.model.noise)

    @property
    def total_sweeps(self) -> int:
        """K sweeps a layer."""
        return self.layers * int(self.model.generation.sweeps)

    def fixed_problem(self) -> Problem | None:
        """A denoising model takes the graph of the chip."""
        return None

    def inputs(self) -> dict[str, str]:
        """The weights, where the file names some."""
        path = self.weights_path
        return {} if path is None else {"weights": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}

    @cached_property
    def weights_path(self) -> Path | None:
        """The file that `generation.weights` names: as it stands, or beside the workload file."""
        name = self.model.generation.weights
        if name is None:
            return None
        beside = Path(self.document.source).parent / name
        for path in (Path(name), beside):
            if path.is_file():
                return path
        raise fail(
            self.document,
            ("generation", "weights"),
            f"there is no {name}, neither here nor at {beside}; train it first",
        )

    def prepare(self, fabric: Fabric) -> None:
        """Place the bits of an image on the fabric."""
        with complaints_at(self.document, ("images",)):
            self.data_sites = data_sites(fabric, self.model.images, self.model.placement)
        self.fabric = fabric_id(fabric)

    def untrained(self, fabric: Fabric) -> Dtm:
        """The same without weights: what a training starts from, and what its id is made of."""
        generation = self.model.generation.model_copy(update={"weights": None})
        bare = Dtm(self.document, self.model.model_copy(update={"generation": generation}))
        bare.prepare(fabric)
        return bare

    def lacks(self) -> str:
        """Weights, before a training."""
        return "weights (`generation.weights`)" if self.weights_path is None else ""

    def meaning(self) -> dict[str, Any]:
        """What weights are for: they make sense for nothing else."""
        return {"fabric": self.fabric, **self.model.model_dump(include={"images", "noise", "placement", "beta"})}

    def run(self, device: Device) -> None:
        """Draw one image a lane."""
        path = self.weights_path
        if path is None:
            complaint = "no weights; set generation.weights=FILE, as chipsim train writes it"
            raise fail(self.document, ("generation", "weights"), complaint)
        with complaints_at(self.document, ("generation", "weights")):
            weights = read_weights(path, self.meaning())
        self.draw(device, weights)

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """The images of all lanes, and the way of some of them from noise."""
        spec, lanes = self.model.images, trace.lanes
        figures = {"images": lanes, "layers": self.layers, "dtm": self.meaning()}
        images = grey_of(lanes_of_words(trace.states[-1], lanes), spec)
        some = trace.states[:, :, : -(-SEQUENCES // 64)]
        ways = [grey_of(spins[:SEQUENCES], spec) for spins in lanes_of_words(some, min(lanes, SEQUENCES))]
        return Outcome(figures, arrays={"images": as_bytes(images), "sequence": as_bytes(np.stack(ways))})

    def draw(self, device: Device, weights: DtmWeights) -> NDArray[np.int8]:
        """Spins of the data cells after the last layer, (lanes, data cells).

        The noise at the start is the chip's own, heated and read. A layer starts where the one before it left the
        latent cells.
        """
        sampler = self.sampler(device)
        device.begin_stage("noise")
        sampler.heat()
        spins = sampler.read(self.data_sites, keep=True).spins
        for layer in reversed(range(self.layers)):
            sampler.load(weights.couplings[layer], weights.biases[layer])
            device.begin_stage(f"layer {layer + 1}")
            sampler.pull(spins, self.input_coupling(device.program, layer))
            if layer == self.layers - 1:
                sampler.set_beta(self.model.beta)
            sampler.sample(self.model.generation.sweeps)
            spins = sampler.read(self.data_sites, keep=True).spins
            sampler.compute(-(-len(self.data_sites) // SPINS_PER_WORD))
        return spins

    def sampler(self, device: Device) -> LayerSampler:
        """What drives a device through the layers."""
        return LayerSampler(device, self.data_sites, self.model.beta, self.model.training.restart_sweeps)

    def input_coupling(self, program: Program, layer: int) -> float:
        """With which the input latches of a layer must pull at the beta that the chip really has."""
        beta = program.netlist.route("bias")[-1].kind.realised(self.model.beta)
        return input_coupling(float(self.noise[layer]), beta)


def as_bytes(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey values from 0 to 1 as bytes."""
    return np.rint(grey * 255).astype(np.uint8)
