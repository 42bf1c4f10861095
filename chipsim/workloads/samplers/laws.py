"""What cells are to sample, and what they sample with inputs as their converters hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.physics.held_matrix import FactorErrors, Network
from chipsim.physics.low_rank import LowRankLaw, uncoupled
from chipsim.physics.switching import Modes, SwitchingLaw

Array = NDArray[np.float64]
# A chi-square needs as many expected independent samples in every state: a convention.
FEWEST = 5
# Standard deviations that a histogram and a converter should hold.
REACH = 4
BINS = 60


@dataclass(frozen=True, eq=False)
class Target:
    """What the cells of a chip sample.

    Attributes:
        law: of their switching; that of a cell with voltages alone has one state.
        wanted: law of the workload file.
        volts: (cells * inputs,) at the inputs, before conversion.
        held: the law with inputs as converted.
        read_v2: variance that a reading adds: quantisation and noise of the converter, and the cells' disturbance.
        common_v2: that of the disturbance, which is common to all cells.
        code_v: of one code of the converter that reads.
    """

    law: SwitchingLaw
    wanted: Modes
    volts: Array
    held: Modes
    read_v2: float
    common_v2: float
    code_v: float

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.law.cells

    def states(self, volts: Array) -> NDArray[np.int64]:
        """The states that readings of cells with levels stand for: the nearest."""
        levels = cast("Array", self.law.levels)
        step = levels[1] - levels[0]
        return np.clip(np.rint((volts - levels[0]) / step), 0, len(levels) - 1).astype(np.int64)

    def edges(self) -> Array:
        """V, of a histogram of some `BINS` bars, each of as many codes."""
        low = (self.wanted.means - REACH * self.wanted.deviations).min()
        high = (self.wanted.means + REACH * self.wanted.deviations).max()
        many = max(1, round((high - low) / BINS / self.code_v))
        first, last = np.floor(low / self.code_v), np.ceil(high / self.code_v)
        return np.asarray((np.arange(first, last + many, many) - 0.5) * self.code_v)

    def density(self, volts: Array) -> Array:
        """1/V at these voltages, mean over cells: the mixture that cells have if they dwell long in each state."""
        w = self.wanted
        parts = norm.pdf(volts[:, None, None], w.means, w.deviations) * w.probabilities
        return np.asarray(parts.sum(axis=2).mean(axis=1))


def own_law(netlist: Netlist, cells: int) -> SwitchingLaw | LowRankLaw:
    """The law of so many cells without couplings.

    Raises:
        ProblemError: cells or noise do not allow it.
    """
    domain = netlist.continuous
    alone = uncoupled(cells, domain.cells.kind.reference)
    network = Network(1.0, alone, alone, False, FactorErrors(0.0, 0.0, 0.0))
    noise = domain.noise.kind.diffusion(network, domain.cells.kind, netlist.chip.model.technology)
    return cast("SwitchingLaw | LowRankLaw", domain.cells.kind.law(network, noise))


def target_of(netlist: Netlist, logits: Array, means: Array, deviations: Array) -> Target:
    """The target for logits (cells, states), means (states,) and deviations (states,) V; without effect where the cells
    have no such inputs.
    """
    cell, cells = netlist.continuous.cells.kind, len(logits)
    converter = netlist.end("input", ContinuousInputKind).kind
    found = own_law(netlist, cells)
    # Softmax is unchanged by a common number; around 0, converters need the least range.
    centred = logits - (logits.max(axis=1) + logits.min(axis=1))[:, None] / 2
    levels = [np.tile(row, (cells, 1)) for row in (means, deviations)]
    if isinstance(found, SwitchingLaw):
        parts = {"logits": centred * found.logit_v, "means": levels[0], "deviations": levels[1]}
        volts = np.stack([parts[name] for name in cell.input_names], axis=1).ravel()
        law, wanted, held = found, found.set_by(volts), found.set_by(converter.realised(volts))
    else:
        tau = float(1 / found.rates().real.min())
        spread = np.full((cells, 1), np.sqrt(found.diffusion * tau / 2))
        law = SwitchingLaw(cells, 1, tau, 1.0, float(spread[0, 0]), tau)
        volts = levels[0].ravel()
        wanted = Modes(centred, levels[0], spread)
        held = Modes(centred, converter.realised(levels[0]), spread)
    disturbance = cell.common_mode**2
    reader = netlist.end("read", ContinuousReadKind).kind
    error = reader.error_v(netlist.chip.model.technology)
    return Target(law, wanted, volts, held, error**2 + disturbance, disturbance, reader.step_v)


def tau_of_mean(law: SwitchingLaw, spacing_s: float, samples: int) -> float:
    """Variance of the frequency of a state among so many readings, over that of independent ones: tau_int without the
    pairs that a finite number lacks.
    """
    kept = float(np.exp(-spacing_s / law.dwell_s))
    lacking = kept * (1 - kept**samples) / (samples * (1 - kept) ** 2)
    return 1 + 2 * (kept / (1 - kept) - lacking)


def chi_square(counts: Array, law: Modes, tau: float) -> tuple[float, int, float | None]:
    """(statistic, degrees of freedom, p) of counts (cells, states) of readings, tau of them for each independent one.

    Any two states have the same autocorrelation, so the statistic of correlated readings is tau times that of
    independent ones. p is None where a state is expected too rarely.
    """
    expected = law.probabilities * counts.sum(axis=1, keepdims=True)
    statistic = float(((counts - expected) ** 2 / expected).sum() / tau)
    degrees = counts.shape[0] * (counts.shape[1] - 1)
    enough = bool(expected.min() / tau >= FEWEST)
    return statistic, degrees, float(chi2.sf(statistic, degrees)) if enough else None
