"""What an image of `dtm_fashion.py` costs: scopes of the chip and of digital contenders, by accounting and mapping."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import chipsim
from chipsim.ledger.scopes import SCOPES, ScopeCost
from chipsim.results.contenders import Contender, boards_for, chip_scopes, contender_scopes, network
from chipsim.results.reprice import reprice
from chipsim.results.result import Run

CHIP, MODEL = "dtca-70", "fashion-dtm"
# Images that share a load, and images of a lane: a batch in the order of the schedule.
LOADS = (1, 100, 10_000)
BATCH = 10
ORDERS = ("mixed", "sorted")
ACCOUNTINGS = {"parts": "dtca-physical", "flat": "dtca-appendix", "Z1": "z1-spice"}
RELOADED, AHEAD, GATED = "one array, reloaded", "one array, loads ahead", "an array a layer, idle ones gated"
RUNNING, PIPELINED = "an array a layer, idle ones run on", "an array a layer, pipelined"
NAMES = [scope for scope, _ in SCOPES]
ARRAY, CHIP_ALONE, EVERYTHING = NAMES[0], NAMES[2], NAMES[-1]
LINKS, HOST = NAMES[3], NAMES[4]

PIXELS = 784


@dataclass(frozen=True)
class Energies:
    """Energy of an image by scope, and that of contenders in the same scopes, by contender and board.

    `rivals[contender][board][scope][images per load]` is in J. `link_bits` cross the link of the chip for an image,
    loads of weights left out; `read_bits` of them come from its read-out.
    """

    accounting: str
    mapping: str
    order: str
    latency_s: float
    interval_s: float
    scopes: dict[str, ScopeCost]
    rivals: dict[str, dict[str, dict[str, dict[int, float]]]]
    link_bits: float
    read_bits: float


def decoder_contender() -> Contender:
    """The decoder of a small variational autoencoder; its images were not measured."""
    return replace(network([20, 400, PIXELS]), name="decoder of a small autoencoder")


def mappings(layers: int) -> dict[str, dict[str, Any]]:
    """Settings of each mapping of layers onto arrays, with the images of a lane."""
    beside = {"generation.layers": "beside", "fabric.copies": layers}
    return {
        RELOADED: {"generation.images": BATCH},
        AHEAD: {"generation.images": BATCH, "weights.buffers": 2},
        GATED: {**beside, "generation.images": 1},
        RUNNING: {**beside, "generation.idle": "running", "generation.images": 1},
        PIPELINED: {**beside, "generation.images": 4 * layers},
    }


def energy_table(contenders: list[Contender]) -> list[Energies]:
    """Mappings, orders and accountings; the activity of a mapping is simulated once and priced with each table."""
    found: list[Energies] = []
    for mapping, settings in mappings(len(chipsim.plan(CHIP, MODEL).workload.model.noise)).items():
        for order in ORDERS:
            ordered = {**settings, "generation.order": order}
            run = chipsim.run(CHIP, MODEL, lanes=64, set=ordered)
            alone = chipsim.run(CHIP, MODEL, lanes=64, set={**ordered, "generation.images": 1})
            many = settings["generation.images"]
            latency, elapsed = alone.summary["elapsed_s"], run.summary["elapsed_s"]
            interval = (elapsed - latency) / (many - 1) if many > 1 else elapsed
            moved = moved_bits(run)
            found += [
                energies_of(run, mapping, order, name, (latency, interval), contenders, moved) for name in ACCOUNTINGS
            ]
    return found


def energies_of(
    run: Run,
    mapping: str,
    order: str,
    accounting: str,
    times_s: tuple[float, float],
    contenders: list[Contender],
    moved: tuple[float, float],
) -> Energies:
    """The energies of a run under an accounting. Jobs of a ledger are lanes, here of several images each."""
    priced = reprice(run, ACCOUNTINGS[accounting])
    rivals = {
        rival.name: {b.name: contender_scopes(priced, rival, b, LOADS) for b in boards_for(rival)}
        for rival in contenders
    }
    scopes = {cost.scope: cost for cost in chip_scopes(priced, LOADS)}
    return Energies(accounting, mapping, order, *times_s, scopes, rivals, *moved)


def moved_bits(run: Run) -> tuple[float, float]:
    """Bits an image that cross the link, without those that loads of weights cause, and those of them that are read."""
    priced = reprice(run, ACCOUNTINGS["parts"])
    counts = []
    for kind, action in (("link", "transfer"), ("readout", "sense")):
        rows = [row for row in priced.summary.priced.ledger if (row.kind, row.action) == (kind, action)]
        # Each count has the same price, so joules of the loads are in proportion to their counts.
        counts.append(sum(row.count * (1 - row.once_j / row.energy_j) for row in rows if row.energy_j))
    moved, read = (count / priced.summary.core.answers.answers_per_repetition for count in counts)
    return moved, read
