"""The training of a denoising model for `chipsim train`: a unit is one layer in one epoch."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.components.digital.base import MemoryKind
from chipsim.engine.device import Device
from chipsim.errors import RunError
from chipsim.workloads.dtm.examples import read_examples
from chipsim.workloads.dtm.images import as_bytes, grey_of
from chipsim.workloads.dtm.training import Trainer, TrainingState, new_state, state_of
from chipsim.workloads.training import Training, Unit

if TYPE_CHECKING:
    from chipsim.workloads.dtm.workload import Dtm

# Images shown per epoch.
STRIP = 8


class DtmTraining(Training["Dtm", Program]):
    """Trains the layers in turn, epoch by epoch, and shows some images after each epoch."""

    unit_name: ClassVar[str] = "layer"
    trained_key: ClassVar[str] = "generation.weights"
    state: TrainingState

    def __init__(self, workload: Dtm, program: Program, seed: int, threads: int) -> None:
        super().__init__(workload, program, seed, threads)
        self.strips: list[NDArray[np.uint8]] = []
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

    @property
    def starts_from(self) -> Path | None:
        """The weights that `training.start` names."""
        return self.workload.start_path

    @cached_property
    def trainer(self) -> Trainer:
        """The trainer; reads the examples on first use, since a completed training does not need them."""
        examples = read_examples(self.workload.model)
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

    def unit(self, number: int) -> Unit:
        """Train one layer for one epoch; the last layer also generates images of the epoch."""
        epoch, layer = divmod(number, self.workload.layers)
        trace, entry = self.trainer.unit(self.state, epoch, layer)
        look = self._strip(epoch) if layer == self.workload.layers - 1 else None
        if look is not None:
            self.strips.append(look)
        line = (
            f"epoch {epoch + 1} layer {entry['layer']}: r_yy[K] {entry['r_yy']:.3f}, "
            f"split R-hat {entry['split_rhat']:.3f}, penalty {entry['penalty']:.3g}"
        )
        return Unit(trace, entry, line, look)

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """The state and the images so far; without Adam's moments at the end."""
        shape = (len(self.strips), STRIP, *self.workload.model.images.size)
        arrays = {**self.state.arrays(), "strips": np.array(self.strips, np.uint8).reshape(shape)}
        return {key: array for key, array in arrays.items() if not (complete and key.startswith("adam_"))}

    def figures(self) -> dict[str, Any]:
        """The model of the weights."""
        return {"dtm": json.loads(json.dumps(self.workload.meaning()))}

    def _strip(self, epoch: int) -> NDArray[np.uint8]:
        device = Device(self.program, STRIP, seed=epoch, threads=1)
        return as_bytes(grey_of(self.workload.draw(device, self.state.weights)[0], self.workload.model.images))
