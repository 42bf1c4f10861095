"""The training of a denoising model for `chipsim train`: a unit is one layer in one epoch."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.components.digital.base import MemoryKind
from chipsim.engine.cpu_time import PIXEL_S, sweep_s
from chipsim.engine.device import Device
from chipsim.errors import RunError
from chipsim.problems.images import stored_values
from chipsim.rounding import rounded
from chipsim.workloads.dtm.curves import Curves
from chipsim.workloads.dtm.examples import read_examples
from chipsim.workloads.dtm.features import PrincipalComponents, principal_components
from chipsim.workloads.dtm.fit import noise_bits
from chipsim.workloads.dtm.images import as_bytes, grey_of, images_path, spins_of
from chipsim.workloads.dtm.quality import MAX_IMAGES, frechet
from chipsim.workloads.dtm.training import READS_PER_K, TEST, Trainer, TrainingState, new_state, state_of
from chipsim.workloads.labelled_images import PIXEL_BYTES
from chipsim.workloads.outcome import Step, Use
from chipsim.workloads.training import Training, TrainingSize, Unit

if TYPE_CHECKING:
    from chipsim.workloads.dtm.workload import Dtm

# Images shown per epoch, and drawn for the distance from the data.
STRIP, DRAWN = 8, 128
# CPU seconds of a coupler or cell in a step, on the host, and bytes that are stored of its weight and moments.
STEP_S, STATE_BYTES = 100e-9, 12


class DtmTraining(Training["Dtm", Program]):
    """Trains the layers in turn, epoch by epoch, and shows some images after each epoch."""

    unit_name: ClassVar[str] = "layer"
    trained_key: ClassVar[str] = "generation.weights"
    start_key: ClassVar[str] = "training.start"
    state: TrainingState

    def __init__(self, workload: Dtm, program: Program, seed: int, threads: int) -> None:
        super().__init__(workload, program, seed, threads)
        self.strips: list[NDArray[np.uint8]] = []
        starts = [noise_bits(noise) for noise in workload.model.noise] if workload.start_path is None else []
        self.curves = Curves(workload.layers, starts)
        memory = program.netlist.end("program", MemoryKind)
        if memory.kind.reload_fs():
            # Lanes become sequential in time, but a reload wait overlaps with them.
            remedy = f"set {memory.name}.reload_interval to 0 s to ignore the wait"
            raise RunError(
                f"{memory.name}: training writes weights at every step, which a reload_interval forbids; {remedy}",
                code="chip.unsuitable",
            )

    @property
    def units(self) -> int:
        """Layers in all epochs."""
        return self.workload.layers * self.workload.model.training.epochs

    def size(self) -> TrainingSize:
        """By the sweeps of steps, tests and images of each epoch."""
        spec, fabric, values = self.workload.model.training, self.program.netlist.fabric, self._values
        weights, tested = len(fabric.edges) + fabric.sites, spec.inputs * spec.chains
        step = 2 * (spec.restart_sweeps + spec.warmup + spec.samples * spec.spacing) * sweep_s(fabric, spec.batch)
        sweeps = self.workload.model.generation.sweeps
        test = spec.restart_sweeps + sweeps + (2 * READS_PER_K + 1) * (sweeps // READS_PER_K)
        unit = spec.steps * (step + weights * STEP_S) + test * sweep_s(fabric, tested)
        images = self.workload.total_sweeps * sweep_s(fabric, DRAWN)
        return TrainingSize(
            lanes=max(spec.batch, tested, DRAWN),
            memory={"images": values * PIXEL_BYTES, "weights": 2 * STATE_BYTES * self.workload.layers * weights},
            disk=STATE_BYTES * self.workload.layers * weights,
            cpu_s=self.units * unit + spec.epochs * images + values * PIXEL_S,
        )

    @property
    def _values(self) -> int:
        """Grey values of all images."""
        return stored_values(images_path(self.workload.model.images))

    @property
    def starts_from(self) -> Path | None:
        """The weights that `training.start` names."""
        return self.workload.start_path

    @cached_property
    def trainer(self) -> Trainer:
        """The trainer; reads the examples on first use, since a completed training does not need them."""
        examples = read_examples(self.workload.model, self.workload.document)
        return Trainer(self.workload, self.program, examples, self.seed, self.threads)

    def start(self) -> None:
        """Start from zero, or from the weights of a file."""
        penalty = self.workload.model.training.penalty
        starts = [penalty.of(layer).start for layer in range(self.workload.layers)]
        self.state = new_state(self.program, starts, self.workload.start_weights())

    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Resume from weights, moments and penalties."""
        self.state = state_of(arrays)
        self.strips = list(arrays["strips"])
        self.curves.resume(arrays)

    def unit(self, number: int) -> Unit:
        """Train one layer for one epoch; the last layer also generates images of the epoch."""
        epoch, layer = divmod(number, self.workload.layers)
        trace, entry = self.trainer.unit(self.state, epoch, layer)
        self.curves.fits[layer].append(entry["fit"])
        line = (
            f"epoch {epoch + 1} layer {entry['layer']}: fit {rounded(entry['fit'], '.4f')} bit per pixel, "
            f"r_yy[K] {rounded(entry['r_yy'], '.3f')}, split R-hat {rounded(entry['split_rhat'], '.3f')}, penalty "
            f"{rounded(entry['penalty'], '.3g')}"
        )
        if layer < self.workload.layers - 1:
            return Unit(trace, entry, line)
        look, distance = self._drawn(epoch)
        self.strips.append(look)
        self.curves.distances.append(distance)
        return Unit(
            trace, {**entry, "distance": distance}, f"{line}, distance of images {rounded(distance, '.4g')}", look
        )

    @property
    def stops_early(self) -> bool:
        """Whether the fit has not improved for `training.patience` epochs."""
        patience, done = self.workload.model.training.patience, len(self.strips)
        whole = all(len(fits) == len(self.curves.fits[-1]) for fits in self.curves.fits)
        return patience is not None and done > 0 and whole and self.curves.stale_epochs() >= patience

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """The state and the images so far; without Adam's moments at the end."""
        shape = (len(self.strips), STRIP, *self.workload.model.images.size)
        strips = np.array(self.strips, np.uint8).reshape(shape)
        arrays = {**self.state.arrays(), "strips": strips, **self.curves.arrays()}
        return {key: array for key, array in arrays.items() if not (complete and key.startswith("adam_"))}

    def figures(self) -> dict[str, Any]:
        """The model of the weights, and at the end of a training the slow modes of its layers."""
        model = {"dtm": json.loads(json.dumps(self.workload.meaning()))}
        over = len(self.strips) == self.workload.model.training.epochs or self.stops_early
        return {**model, "modes": self._modes()} if over else model

    def _modes(self) -> list[dict[str, Any]]:
        """By layer, not billed."""
        weights = self.state.weights
        return [self.trainer.modes_of(weights, layer).figures() for layer in range(self.workload.layers)]

    def step(self, units: int) -> Step:
        """Steps of some units."""
        return Step("step", units * self.workload.model.training.steps)

    def billed_tests(self, units: int) -> Step:
        """A test of mixing per unit."""
        return Step("test", units, TEST)

    def use(self) -> Use:
        """One image."""
        device = Device(self.program, lanes=1, threads=1)
        self.workload.draw(device, self.state.weights)
        trace = device.finish()
        return Use("image", replace(trace, observations=trace.observations.without_states()))

    def _drawn(self, epoch: int) -> tuple[NDArray[np.uint8], float]:
        """Images drawn after an epoch, not billed, and their distance from the data."""
        device = Device(self.program, DRAWN, seed=epoch, threads=self.threads)
        spins = self.workload.draw(device, self.state.weights)[0]
        look = as_bytes(grey_of(spins[:STRIP], self.workload.model.images))
        components, goal = self._yardstick
        return look, frechet(components.features(spins > 0), goal)

    @cached_property
    def _yardstick(self) -> tuple[PrincipalComponents, NDArray[np.float32]]:
        """Features of the training images."""
        grey = self.trainer.examples.grey[:MAX_IMAGES]
        data = spins_of(grey, self.workload.model.images, np.random.default_rng(0)) > 0
        components = principal_components(data)
        return components, components.features(data)
