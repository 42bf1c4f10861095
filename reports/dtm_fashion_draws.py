"""Images and mixing of the models of `dtm_fashion.py`, each kept in runs/reports-dtm-fashion under the id of its run.

A report that was cut off goes on, and one whose models and code did not change draws nothing again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from dtm_fashion_costs import BATCH, CHIP, MODEL
from dtm_fashion_small import KEPT, SMALL, trained
from numpy.typing import NDArray

import chipsim
from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.runs.plan import Plan
from chipsim.runs.simulate import available_cores
from chipsim.workloads.dtm.examples import read_examples
from chipsim.workloads.dtm.forward import noised
from chipsim.workloads.dtm.labels import label_spins
from chipsim.workloads.dtm.modes import SlowModes
from chipsim.workloads.dtm.quality import MAX_IMAGES, Bits
from chipsim.workloads.dtm.training import Trainer

MONOLITH = "fashion-monolith"
# Held-out images by which the slow modes of a layer are measured.
INPUTS = 64

Settings = dict[str, Any] | None


@dataclass(frozen=True)
class Drawn:
    """Images of a model in the order in which their classes come in turn.

    Attributes:
        bits: (images, pixels).
        requested: (images,) class asked for; no entries of a model that is told none.
        size: rows and columns.
        parameters: couplers and biases of all layers.
        sweeps: of an image, heating left out.
    """

    bits: Bits
    requested: NDArray[np.uint16]
    size: tuple[int, int]
    parameters: int
    sweeps: int

    @property
    def images(self) -> NDArray[np.uint8]:
        """(images, rows, columns), black and white."""
        return np.uint8(255) * self.bits.reshape(-1, *self.size)


def kept(name: str, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of that name, made if there are none yet."""
    path = KEPT / f"{name}.npz"
    if not path.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        arrays = make()
        with path.open("wb") as file:
            np.savez_compressed(file, **dict[str, Any](arrays))
    with np.load(path, allow_pickle=False) as held:
        return dict(held)


def images_of(workload: str, settings: Settings = None) -> Drawn:
    """As many images as are compared, with the weights that ship, in the batches that are billed.

    A monolith needs no reload between images, so that each starts from a heated array.
    """
    batch = 1 if workload == MONOLITH else BATCH
    ready = chipsim.plan(CHIP, workload, {"generation.images": batch, **(settings or {})})
    held = kept(f"{ready.ids(0)[0]}-{MAX_IMAGES}", lambda: _images(ready))
    # Stored image by image of a lane; classes come in turn from lane to lane, or image to image of a lane.
    order = np.arange(MAX_IMAGES).reshape(batch, -1).T.ravel()
    requested = held["classes"][order] if len(held["classes"]) else held["classes"]
    dtm: Any = ready.workload
    size = dtm.model.images.size
    bits = np.unpackbits(held["bits"], axis=1, count=size[0] * size[1]).astype(bool)
    return Drawn(bits[order], requested, size, dtm.layers * sum(dtm.sizes), dtm.layers * dtm.model.generation.sweeps)


def _images(ready: Plan) -> dict[str, NDArray[Any]]:
    run = chipsim.simulate(ready, lanes=MAX_IMAGES // ready.workload.model.generation.images)
    bits = run.arrays["images"].reshape(MAX_IMAGES, -1) > 127
    return {"bits": np.packbits(bits, axis=1), "classes": run.arrays.get("classes", np.zeros(0, np.uint16))}


def small_images(seed: int) -> Drawn:
    """Images of a training of the small model."""
    return images_of(SMALL, {"generation.weights": str(trained(seed))})


def from_data(real: Bits, classes: NDArray[np.uint8], layers: int) -> Bits:
    """Images of the last layers of the model, given real images with the noise of the layers before.

    Args:
        real: (images, pixels).
        classes: (images,) of these.
        layers: how many layers work, each from a heated array.
    """
    ready = chipsim.plan(CHIP, MODEL)
    made = kept(f"{ready.ids(0)[0]}-last-{layers}", lambda: {"bits": _last(ready, real, classes, layers)})
    return made["bits"]


def _last(ready: Plan, real: Bits, classes: NDArray[np.uint8], layers: int) -> Bits:
    dtm: Any = ready.workload
    assert isinstance(ready.program, Program)
    assert dtm.model.labels is not None
    sampler = dtm.sampler(Device(ready.program, len(real), seed=layers, threads=available_cores()))
    clean = np.where(real, 1, -1).astype(np.int8)
    spins = noised(clean, float(dtm.noise[:layers].sum()), np.random.default_rng(layers))
    weights = dtm.weights()
    for layer in reversed(range(layers)):
        sampler.load(weights.couplings[layer], weights.biases[layer])
        sampler.label(label_spins(classes.astype(np.int64), dtm.model.labels))
        sampler.pull(spins, dtm.input_coupling(ready.netlist, layer))
        sampler.heat()
        sampler.set_beta(sampler.beta)
        sampler.sample(dtm.model.generation.sweeps)
        spins = sampler.read(dtm.data_sites, keep=False).spins
    return spins > 0


def layer_mixing(workload: str, settings: Settings = None) -> list[float]:
    """r_yy[K] of each layer's slowest random projection, from the data outwards."""
    ready, trainer = _trainer(workload, settings)
    dtm: Any = ready.workload
    weights = dtm.weights()

    def measured() -> dict[str, NDArray[Any]]:
        return {"r_yy": np.array([trainer.mixing_of(weights, layer)["r_yy"] for layer in range(dtm.layers)])}

    return kept(f"{ready.ids(0)[0]}-projections", measured)["r_yy"].tolist()


def layer_modes(workload: str) -> list[SlowModes]:
    """Slow modes of each layer, from the data outwards."""
    ready, trainer = _trainer(workload, None)
    dtm: Any = ready.workload

    def measured(layer: int) -> SlowModes:
        name = f"{ready.ids(0)[0]}-modes-{layer + 1}"
        return SlowModes(**kept(name, lambda: vars(trainer.modes_of(dtm.weights(), layer, INPUTS))))

    return [measured(layer) for layer in range(dtm.layers)]


def _trainer(workload: str, settings: Settings) -> tuple[Plan, Trainer]:
    ready = chipsim.plan(CHIP, workload, settings)
    dtm: Any = ready.workload
    assert isinstance(ready.program, Program)
    return ready, Trainer(dtm, ready.program, read_examples(dtm.model, dtm.document), 0, available_cores())
