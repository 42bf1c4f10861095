"""Training of a denoising model with the chip as the sampler.

The layers are independent Boltzmann machines. A unit of training is one layer in one epoch: gradient steps, then a test
on held-out images, of r_yy[K], which controls the penalty, and of the fit. Every unit has its own device and random
numbers from (seed, epoch, layer), so an interrupted training resumes after the last completed unit and gives the same
weights, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.joining import join_in_time, labelled
from chipsim.engine.latched.observers import PROJECTION_SEED
from chipsim.engine.latched.reading import Reading
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.serial import serial
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.kernels.moments import lane_projections
from chipsim.statistics.convergence import autocorrelation, split_rhat
from chipsim.workloads.descent import adam, cosine_rate
from chipsim.workloads.dtm.examples import Examples
from chipsim.workloads.dtm.fit import Reconstruction
from chipsim.workloads.dtm.forward import noised
from chipsim.workloads.dtm.images import spins_of
from chipsim.workloads.dtm.modes import CHAINS, INPUTS, SlowModes, slow_modes
from chipsim.workloads.dtm.penalty import next_penalty
from chipsim.workloads.dtm.sampler import COUNTERS_PER_WORD, SPINS_PER_WORD, LayerSampler, gradient
from chipsim.workloads.dtm.weights import DtmWeights

if TYPE_CHECKING:
    from chipsim.workloads.dtm.workload import Dtm

Pairs = tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int8]]

# Words before the names of phases.
STEP, TEST = "step", "test"
PROJECTIONS = 32
# r_yy is measured at this many times per K, over two K: as many pairs of times are K apart.
READS_PER_K = 5
# Words processed by the host per weight and Adam step: weight, gradient and two moments of 4 bytes.
ADAM_WORDS = 2


@dataclass(eq=False)
class TrainingState:
    """State of a training.

    Attributes:
        weights: before rounding to the codes of the chip.
        first, second: Adam's moments, shaped like couplings and biases side by side, (T, edges + cells) float32.
        penalties, correlations: (T,) total-correlation penalty and last r_yy[K] of each layer.
    """

    weights: DtmWeights
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    penalties: NDArray[np.float64]
    correlations: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All parts that are stored as arrays."""
        return {
            "couplings": self.weights.couplings,
            "biases": self.weights.biases,
            "adam_first": self.first,
            "adam_second": self.second,
            "penalties": self.penalties,
            "correlations": self.correlations,
        }


def new_state(program: Program, penalties: Sequence[float], start: DtmWeights | None = None) -> TrainingState:
    """Initial state with these penalties of the layers, from given weights or from zero."""
    edges, cells, layers = len(program.netlist.fabric.edges), program.cells, len(penalties)
    weights = start or DtmWeights(np.zeros((layers, edges), np.float32), np.zeros((layers, cells), np.float32))
    moments = np.zeros((2, layers, edges + cells), np.float32)
    return TrainingState(weights, moments[0], moments[1], np.array(penalties, float), np.ones(layers))


def state_of(arrays: dict[str, NDArray[Any]]) -> TrainingState:
    """The inverse of `TrainingState.arrays`."""
    names = ("adam_first", "adam_second", "penalties", "correlations")
    first, second, penalties, correlations = (arrays[name] for name in names)
    weights = DtmWeights(arrays["couplings"], arrays["biases"])
    return TrainingState(weights, first, second, penalties, correlations)


class Trainer:
    """Trains the layers of a workload on a compiled chip.

    Args:
        workload: prepared for the chip.
        program: the chip.
        examples: all images; some are held out for the tests.
        seed: of all random numbers.
        threads: threads that share the groups of 64 lanes.
    """

    def __init__(self, workload: Dtm, program: Program, examples: Examples, seed: int, threads: int) -> None:
        self.workload = workload
        self.spec = workload.model.training
        self.program = program
        self.examples, self.held_out = examples.split(self.spec.held_out)
        self.seed = seed
        self.threads = threads

    def unit(self, state: TrainingState, epoch: int, layer: int) -> tuple[Trace, dict[str, Any]]:
        """Train one layer for one epoch and update the state; returns its cost on one chip and its history entry."""
        random = np.random.default_rng((self.seed, epoch, layer))
        learner = self._sampler(epoch, layer, 0, self.spec.batch)
        for step in range(self.spec.steps):
            self._step(state, layer, epoch * self.spec.steps + step, learner, random)
        if not np.isfinite(state.weights.couplings[layer]).all():
            raise ProblemError(f"layer {layer + 1}: weights are not finite; lower training.rate", code="run.diverged")
        judge = self._sampler(epoch, layer, 1, self.spec.inputs * self.spec.chains)
        figures = self.tested(state.weights, layer, judge, random)
        before = float(state.correlations[layer])
        state.correlations[layer] = figures["r_yy"]
        penalty = self.spec.penalty.of(layer)
        entry = {"epoch": epoch, "layer": layer + 1, "penalty": float(state.penalties[layer]), **figures}
        state.penalties[layer] = next_penalty(
            float(state.penalties[layer]), figures["r_yy"], before, penalty.target, penalty.change, penalty.smallest
        )
        parts = self.program.netlist.components.values()
        digital = {part.name for part in parts if part.kind.is_auxiliary}
        pieces = ((learner, STEP), (judge, TEST))
        traces = (labelled(serial(s.device.finish(), s.once, digital), word) for s, word in pieces)
        return join_in_time(traces), entry

    def _sampler(self, epoch: int, layer: int, purpose: int, lanes: int) -> LayerSampler:
        seed = int(np.random.SeedSequence((self.seed, epoch, layer, purpose)).generate_state(1, np.uint64)[0] >> 1)
        device = Device(self.program, lanes, seed, self.threads)
        return self.workload.sampler(device)

    def _pairs(self, examples: Examples, layer: int, inputs: int, chains: int, random: np.random.Generator) -> Pairs:
        """(x^(t-1), x^t, label) of some images, each for `chains` adjacent lanes."""
        chosen = random.integers(0, len(examples.grey), inputs)
        noise = self.workload.noise
        clean = spins_of(examples.grey[chosen], self.workload.model.images, random)
        if layer:
            clean = noised(clean, float(noise[:layer].sum()), random)
        noisy = noised(clean, float(noise[layer]), random)
        labels = examples.labels[chosen]
        return clean.repeat(chains, axis=0), noisy.repeat(chains, axis=0), labels.repeat(chains, axis=0)

    def _step(
        self, state: TrainingState, layer: int, number: int, sampler: LayerSampler, random: np.random.Generator
    ) -> None:
        spec, weights = self.spec, state.weights
        clean, noisy, labels = self._pairs(self.examples, layer, spec.batch // 2, 2, random)
        sampler.load(weights.couplings[layer], weights.biases[layer])
        self._label(sampler, labels)
        positive = sampler.positive(clean, spec.warmup, spec.samples, spec.spacing)
        coupling = self.workload.input_coupling(self.program.netlist, layer)
        negative = sampler.negative(noisy, coupling, spec.warmup, spec.samples, spec.spacing)
        parts = gradient(positive, negative, self.workload.model.beta, float(state.penalties[layer]))
        change = adam(np.concatenate(parts), state.first[layer], state.second[layer], number, self._rate(number))
        edges = weights.couplings.shape[1]
        weights.couplings[layer] += change[:edges]
        weights.biases[layer] += change[edges:]
        sampler.compute(ADAM_WORDS * len(change), shared=True)

    def _label(self, sampler: LayerSampler, labels: NDArray[np.int8]) -> None:
        if self.workload.model.labels is not None:
            sampler.device.name_phases("labels")
            sampler.label(labels)

    def _rate(self, number: int) -> float:
        spec = self.spec
        return cosine_rate(spec.rate, spec.last_rate, number, spec.epochs * spec.steps)

    def mixing_of(self, weights: DtmWeights, layer: int) -> dict[str, float]:
        """Mixing and fit of given weights of a layer at K, measured as during training."""
        sampler = self._sampler(self.spec.epochs, layer, 1, self.spec.inputs * self.spec.chains)
        return self.tested(weights, layer, sampler, np.random.default_rng((self.seed, self.spec.epochs, layer)))

    def modes_of(self, weights: DtmWeights, layer: int, inputs: int = INPUTS, chains: int = CHAINS) -> SlowModes:
        """Slow modes of given weights of a layer at K, from reads that no training is billed.

        Args:
            weights: of all layers.
            layer: counted from 0.
            inputs: held-out images that the layer is given.
            chains: of each input, a multiple of 64.
        """
        sampler = self._sampler(self.spec.epochs, layer, 2, inputs * chains)
        random = np.random.default_rng((self.seed, self.spec.epochs, layer))
        pairs = self._pairs(self.held_out, layer, inputs, chains, random)
        readings = [reading.words for reading in self._reads(weights, layer, sampler, pairs)]
        each = chains // SPINS_PER_WORD
        by_input = (
            lanes_of_words(np.array([words[:, i * each : (i + 1) * each] for words in readings]), chains)
            for i in range(inputs)
        )
        return slow_modes(by_input, READS_PER_K)

    def _reads(self, weights: DtmWeights, layer: int, sampler: LayerSampler, pairs: Pairs) -> Iterator[Reading]:
        """Reads of all cells, `READS_PER_K` in K sweeps and over two K, of chains that K sweeps have warmed up."""
        _, noisy, labels = pairs
        sampler.load(weights.couplings[layer], weights.biases[layer])
        self._label(sampler, labels)
        sampler.device.name_phases("mixing")
        sampler.pull(noisy, self.workload.input_coupling(self.program.netlist, layer))
        sweeps = self.workload.model.generation.sweeps
        yield from sampler.chain(sweeps, 2 * READS_PER_K + 1, sweeps // READS_PER_K)

    def tested(
        self, weights: DtmWeights, layer: int, sampler: LayerSampler, random: np.random.Generator
    ) -> dict[str, float]:
        """r_yy[K] of the worst projection, the worst split R-hat, and the fit, from billed reads of held-out images."""
        spec, data = self.spec, self.workload.data_sites
        pairs = self._pairs(self.held_out, layer, spec.inputs, spec.chains, random)
        signs = _signs(self.program.cells)
        found = Reconstruction(spec.inputs, spec.chains, len(data))
        rows = []
        for reading in self._reads(weights, layer, sampler, pairs):
            sums = np.zeros((reading.words.shape[1], len(signs) * 64), np.int64)
            lane_projections(signs, np.ascontiguousarray(reading.words.T), sums)
            by_lane = sums.reshape(-1, len(signs), 64).transpose(1, 0, 2).reshape(len(signs), -1)
            rows.append(by_lane[:, : sampler.device.lanes])
            found.add(reading.words[data])
            words = -(-self.program.cells // SPINS_PER_WORD) * len(signs) - (-len(data) // COUNTERS_PER_WORD)
            sampler.compute(words)
        series = np.array(rows, float).reshape(len(rows), len(signs), spec.inputs, spec.chains)
        lags = [autocorrelation(series[:, k], READS_PER_K) for k in range(len(signs))]
        # A frozen layer has no finite R-hat, which JSON cannot represent.
        rhat = max(split_rhat(series[:, k]) for k in range(len(signs)))
        fit = found.bits(pairs[0][:: spec.chains])
        return {"r_yy": max(lags), "split_rhat": rhat if math.isfinite(rhat) else 1e9, "fit": fit}


def _signs(cells: int) -> NDArray[np.int16]:
    random = np.random.default_rng(PROJECTION_SEED).integers(0, 2, (PROJECTIONS, cells)) * 2 - 1
    return random.astype(np.int16)
