"""Parallel tempering: replicas at different betas, which swap them.

Copies on one array have their betas by converters, one for each, or by weights that are scaled by beta over the largest
beta. On the chip a swap exchanges the betas, or the weights, of two copies. Cells of copies are equal, so the simulator
leaves betas in place and exchanges states instead, lane by lane; it books the codes or the weights that the chip writes
after each decision, whatever that was. One after the other, states wait in the memory of the host, where they are
exchanged, and are loaded through the input latches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chipsim.components.converters.base import BiasKind
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.timeline import Operation
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.demands import words_of_an_energy
from chipsim.workloads.ising.replicas import Replicas
from chipsim.workloads.ising.schedule import ScheduleSpec

# Words that a decision takes: two energies and a random number.
WORDS_PER_PAIR = 3
SWAPS = 2**32 + 2  # stream of random numbers


class Ladder:
    """Betas, swaps and their statistics, in all lanes of a device.

    Args:
        betas: (R,) that the chip realises, hot to cold, in units of the problem.
        device: whose seed and lanes decide.
        after: rounds that are not counted.
    """

    def __init__(self, betas: NDArray[np.float64], device: Device, after: int) -> None:
        self.betas, self._seed, self.lanes = betas, device.seed, device.lanes
        self._groups = range(device.first_lane // 64, device.first_lane // 64 - (-device.lanes // 64))
        self._after, self._round = after, 0
        replicas = len(betas)
        self._tried = np.zeros(replicas - 1, np.int64)
        self._taken = np.zeros((device.lanes, replicas - 1), np.int64)
        self._sums, self._counted = np.zeros((device.lanes, replicas)), 0
        # Of each replica: its number at each beta, and whether it comes from the coldest beta, the hottest or neither.
        self._who = np.tile(np.arange(replicas), (device.lanes, 1))
        self._from = np.zeros((device.lanes, replicas), np.int8)
        self._trips = np.zeros(device.lanes, np.int64)

    def decide(self, energies: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which neighbours r, r + 1 swap, (R - 1, lanes), from energies (R, lanes)."""
        replicas = len(self.betas)
        pairs = np.arange(self._round % 2 if replicas > 2 else 0, replicas - 1, 2)
        draws = np.concatenate([self._draws(group) for group in self._groups], axis=1)[:, : self.lanes]
        gain = np.diff(-self.betas)[:, None] * -np.diff(energies, axis=0)
        swapped = np.zeros(gain.shape, bool)
        swapped[pairs] = np.log(draws[pairs]) < gain[pairs]
        self._note(energies, pairs, swapped)
        return swapped

    def _draws(self, group: int) -> NDArray[np.float64]:
        """(R - 1, 64) in (0, 1], which do not depend on the other lanes."""
        random = np.random.default_rng((self._seed, 0, group, SWAPS, self._round))
        drawn: NDArray[np.float64] = 1 - random.random((len(self.betas) - 1, 64))
        return drawn

    def _note(self, energies: NDArray[np.float64], pairs: NDArray[np.int64], swapped: NDArray[np.bool_]) -> None:
        if self._round >= self._after:
            self._tried[pairs] += 1
            self._taken += swapped.T
            self._sums += energies.T
            self._counted += 1
        for pair in pairs:
            lanes = np.flatnonzero(swapped[pair])
            self._who[lanes, pair], self._who[lanes, pair + 1] = self._who[lanes, pair + 1], self._who[lanes, pair]
        lanes, hottest, coldest = np.arange(self.lanes), self._who[:, 0], self._who[:, -1]
        self._trips += self._from[lanes, coldest] == 2
        self._from[lanes, coldest] = 1
        self._from[lanes, hottest] = np.where(self._from[lanes, hottest] == 1, 2, self._from[lanes, hottest])
        self._round += 1

    def tell(self, device: Device) -> None:
        """Store the statistics in the trace."""
        tried = np.maximum(self._tried, 1)
        device.answer("swap_acceptance", np.where(self._tried > 0, self._taken / tried, np.nan))
        device.answer("temper_energy", self._sums / max(self._counted, 1))
        device.answer("round_trips", self._trips.astype(np.float64))


class Tempering:
    """A run of parallel tempering on a device.

    Args:
        problem: as given.
        replicas: on the cells of the chip.
        schedule: of the run.
        scale: of weights as written.
        device: to drive.
        record: request for records of this spacing.
        clamped: cells that are clamped.
    """

    def __init__(
        self,
        problem: Problem,
        replicas: Replicas,
        schedule: ScheduleSpec,
        scale: float,
        device: Device,
        record: Callable[[int], RecordRequest],
        clamped: NDArray[np.int64],
    ) -> None:
        self.problem, self.replicas, self.schedule, self.scale = problem, replicas, schedule, scale
        self.device, self._words, self._record = device, words_of_an_energy(problem), record
        self._free = np.setdiff1d(replicas.sites[0], clamped)
        self._by_host = schedule.tempering.energies == "host"
        self._rewrites = schedule.beta_by == "rewrite"
        self._ratios = schedule.betas / schedule.betas[-1]
        rounds = schedule.sweeps // schedule.tempering.swap_every
        self.ladder = Ladder(self._realised(), device, int(rounds * schedule.warmup_fraction))

    def run(self) -> None:
        """Sample all replicas, with reads of the coldest by the schedule."""
        if self.schedule.turns == 1:
            self._side_by_side()
        else:
            self._in_turn()
        self.ladder.tell(self.device)

    def load(self, after: Sequence[Operation] = ()) -> None:
        """Write the weights and betas with which the run begins."""
        if self._rewrites:
            self.device.hard_wire_beta(float(self.schedule.betas[-1] / self.scale))
        if self.schedule.turns == 1:
            self._set_all(after, begin=True)
        elif not self._rewrites:
            self._write(np.ones(1), after)

    # --- copies, side by side -----------------------------------------------------------------------------------

    def _side_by_side(self) -> None:
        schedule, device = self.schedule, self.device
        reads, swaps, fine = set(schedule.reads), set(schedule.swaps), schedule.fine_stretch
        for begin, end in pairwise(schedule.marks):
            device.sample(end - begin, self._record(1 if begin in fine else schedule.record_spacing))
            if end in swaps:
                energies, known = self._energies(keep=end in reads)
                self._exchange(self.ladder.decide(energies))
                self._set_all([self._decision(known)])
            elif end in reads:
                self._read_coldest()

    def _energies(self, keep: bool) -> tuple[NDArray[np.float64], Operation]:
        """Energies (R, lanes) of all copies as the deciding unit knows them, and when it knows them."""
        replicas, spins = self.replicas, self.problem.cells
        if not self._by_host:
            if keep:
                self._read_coldest()
            return self._summed()
        reading = self.device.read(replicas.sites.ravel(), keep=False)
        if keep:
            self.device.keep_read(reading.words[-spins:])
        by_replica = [reading.words[first : first + spins] for first in range(0, replicas.sites.size, spins)]
        energies = np.stack([self.problem.energy(lanes_of_words(words, self.device.lanes)) for words in by_replica])
        return energies, self.device.compute(len(by_replica) * self._words, after=[reading.done])

    def _summed(self, ratio: float = 1.0) -> tuple[NDArray[np.float64], Operation]:
        """The same by the unit on the chip, from the weights that it holds, which are scaled: by `ratio` in a turn."""
        energies, done = self.device.sum_energies(self.replicas.part_of)
        ratios = self._ratios if self._rewrites and len(energies) > 1 else np.full(len(energies), ratio)
        return energies / (self.scale * ratios)[:, None] + self.problem.offset, done

    def _exchange(self, swapped: NDArray[np.bool_]) -> None:
        sites = self.replicas.sites
        for pair in np.flatnonzero(swapped.any(axis=1)):
            self.device.exchange(sites[pair], sites[pair + 1], swapped[pair])

    def _set_all(self, after: Sequence[Operation], begin: bool = False) -> None:
        """Write the betas of all copies: codes of their converters, or their weights."""
        if self._rewrites:
            self._write(self._ratios, after)
            return
        if begin:
            self._write(np.ones(self.schedule.replicas), after)
        self.device.set_beta((self.schedule.betas / self.scale).tolist(), () if begin else after)

    # --- one after the other ------------------------------------------------------------------------------------

    def _in_turn(self) -> None:
        schedule, every = self.schedule, self.schedule.tempering.swap_every
        kept: list[NDArray[np.uint64]] = []
        for end in range(every, schedule.sweeps + 1, every):
            energies = []
            for turn in range(schedule.replicas):
                self._take_turn(turn, kept[turn] if turn < len(kept) else None)
                coldest = turn == schedule.replicas - 1
                records = coldest and schedule.record_spacing and end % schedule.record_spacing == 0
                self.device.sample(every, self._record(every if records else 0))
                energies.append(self._put_away(kept, turn, coldest and end in schedule.reads))
            if end < schedule.sweeps:
                swapped = self.ladder.decide(np.stack([each for each, _ in energies]))
                self._decision(energies[-1][1])
                self._exchange_kept(kept, swapped)

    def _take_turn(self, turn: int, state: NDArray[np.uint64] | None) -> None:
        """Set beta, and load the state of a replica: words (N, groups)."""
        if self._rewrites:
            self._write(self._ratios[turn : turn + 1])
        else:
            self.device.set_beta(float(self.schedule.betas[turn] / self.scale))
        if state is not None:
            free = np.isin(self.replicas.sites[0], self._free)
            self.device.clamp(self.replicas.sites[0][free], lanes_of_words(state[free], self.device.lanes))
            self.device.release(self._free)

    def _put_away(self, kept: list[NDArray[np.uint64]], turn: int, keep: bool) -> tuple[NDArray[np.float64], Operation]:
        """Read the state of a replica out; its energy (lanes,), and when the deciding unit knows it."""
        summed = None if self._by_host else self._summed(float(self._ratios[turn]) if self._rewrites else 1.0)
        reading = self.device.read(self.replicas.sites[0], keep=keep)
        kept[turn : turn + 1] = [reading.words]
        if summed is not None:
            return summed[0][0], summed[1]
        energy = self.problem.energy(lanes_of_words(reading.words, self.device.lanes))
        return energy, self.device.compute(self._words, after=[reading.done])

    def _exchange_kept(self, kept: list[NDArray[np.uint64]], swapped: NDArray[np.bool_]) -> None:
        for pair in np.flatnonzero(swapped.any(axis=1)):
            lanes = np.packbits(np.pad(swapped[pair], (0, -len(swapped[pair]) % 64)), bitorder="little").view(np.uint64)
            changed = (kept[pair] ^ kept[pair + 1]) & lanes
            kept[pair], kept[pair + 1] = kept[pair] ^ changed, kept[pair + 1] ^ changed

    # --- both ---------------------------------------------------------------------------------------------------

    def _decision(self, known: Operation) -> Operation:
        """Book the decisions of all pairs on the unit that knows the energies."""
        words = WORDS_PER_PAIR * (len(self.ladder.betas) - 1)
        at_host = self._by_host or "energy" in self.device.netlist.routes
        unit = None if at_host else self.device.netlist.digital_units("energies")[0].name
        return self.device.compute(words, after=[known], unit=unit)

    def _read_coldest(self) -> Operation:
        reading = self.device.read(self.replicas.coldest.read_cells, keep=True)
        return self.device.compute(self._words, after=[reading.done])

    def _write(self, ratios: NDArray[np.float64], after: Sequence[Operation] = ()) -> None:
        held, replicas = self.replicas.all.problem, self.replicas
        couplings = held.couplings * replicas.by_edge(ratios) * self.scale
        self.device.write(couplings, held.biases * replicas.by_site(ratios) * self.scale, after)

    def _realised(self) -> NDArray[np.float64]:
        betas = self.schedule.betas
        if self._rewrites:
            return betas
        converter = self.device.netlist.end("bias", BiasKind).kind
        return np.array([converter.realised(float(beta / self.scale)) * self.scale for beta in betas])
