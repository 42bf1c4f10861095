"""What an image of `dtm_fashion.py` costs: scopes of the chip by accounting and mapping, and digital contenders.

A contender is priced by the FLOP method on the board of a GPU, operations / (peak x utilisation) x power. Its host and
its link move parameters and images at the prices of the chip's own, in the scopes that count those of the chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import chipsim
from chipsim.compiler.netlist import Netlist
from chipsim.components.base import Transfer
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.scopes import SCOPES, ScopeCost, scope_costs
from chipsim.prices.platforms import read_platforms
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

UTILISATIONS = (1.0, 0.1, 0.01)
# Matrix products may use the tensor cores of the same board: 312 TFLOP/s in fp16, recalled from its data sheet.
TENSOR_PEAK = 312e12
PIXELS = 784
# Philox4x32-10 (Salmon et al., SC 2011): ten rounds of four multiplications, four XORs and two additions make 16 bytes.
PHILOX_OPERATIONS, PHILOX_BYTES = 10 * (4 + 4 + 2), 16


@dataclass(frozen=True)
class Contender:
    """A digital generator of images.

    Attributes:
        name: of the generator.
        operations: of one image.
        products: whether they are matrix products, which tensor cores can do.
        parameters: of 8 bits, loaded once for all images of a load.
    """

    name: str
    operations: int
    products: bool
    parameters: int


@dataclass(frozen=True)
class Board:
    """A GPU at one of its peaks: operations per second, watts, utilisation."""

    name: str
    peak_per_s: float
    power_w: float
    utilisation: float

    def joules(self, operations: float) -> float:
        """Energy of operations by the FLOP method."""
        return operations / (self.peak_per_s * self.utilisation) * self.power_w


@dataclass(frozen=True)
class Energies:
    """Energy of an image by scope, and that of contenders in the same scopes, by contender and board.

    `rivals[contender, board][scope][images per load]` is in J.
    """

    accounting: str
    mapping: str
    order: str
    latency_s: float
    interval_s: float
    scopes: dict[str, ScopeCost]
    rivals: dict[tuple[str, str], dict[str, dict[int, float]]]


@cache
def chip() -> Netlist:
    """The components of the chip."""
    return chipsim.plan(CHIP, MODEL).netlist


def mixture_contender(name: str, components: int, parameters: int) -> Contender:
    """A Bernoulli mixture with 8-bit means: a byte and a comparison a pixel, and the choice of the component."""
    blocks = -(-(PIXELS + 4) // PHILOX_BYTES)
    choice = max(1, (components - 1).bit_length())
    operations = blocks * PHILOX_OPERATIONS + PIXELS + choice
    return Contender(name, operations, False, parameters)


def decoder_contender() -> Contender:
    """The decoder of a small variational autoencoder, 20 latent and 400 hidden units; its images were not measured."""
    macs = 20 * 400 + 400 * PIXELS
    return Contender("decoder of a small autoencoder", 2 * macs, True, macs + 400 + PIXELS)


def boards() -> list[Board]:
    """The A100 of the reference platforms at each utilisation, with fp32 units and with tensor cores."""
    spec = read_platforms()["gpu-a100-100"].flops
    assert spec is not None
    peaks = {"fp32": spec.peak_per_s, "tensor": TENSOR_PEAK}
    return [Board(f"{kind}, {u:.0%}", peak, spec.power, u) for kind, peak in peaks.items() for u in UTILISATIONS]


def rival_scopes(contender: Contender, board: Board, rows: Sequence[LedgerRow]) -> dict[str, dict[int, float]]:
    """Energy of an image of a contender by scope and images per load, with link and host at the prices of a run."""
    priced = {(row.component, row.action): row.energy_j / row.count for row in rows if row.energy_j}
    transfers = Transfer("program", contender.parameters, 8), Transfer("read", PIXELS, 1)
    netlist = chip()
    link = next(part for part in netlist.components.values() if part.spec.kind == "link")
    (host,) = netlist.digital_units("host")

    def joules(part: Any, transfer: Transfer) -> float:
        return sum(count * priced[part.name, action] for action, count in part.kind.counts(transfer).items() if count)

    own = board.joules(contender.operations)
    found = {}
    for place, scope in enumerate(NAMES):
        around = [part for part, first in ((link, LINKS), (host, HOST)) if place >= NAMES.index(first)]
        load, answer = (sum(joules(part, transfer) for part in around) for transfer in transfers)
        found[scope] = {images: own + answer + load / images for images in LOADS}
    return found


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
            found += [priced(run, mapping, order, name, (latency, interval), contenders) for name in ACCOUNTINGS]
    return found


def priced(
    run: Run, mapping: str, order: str, accounting: str, times_s: tuple[float, float], contenders: list[Contender]
) -> Energies:
    """The energies of a run under an accounting. Jobs of a ledger are lanes, here of several images each."""
    rows = reprice(run, ACCOUNTINGS[accounting]).summary.priced.ledger
    many = run.summary["answers_per_repetition"]
    scopes = {}
    for cost in scope_costs(rows, many, [images / many for images in LOADS]):
        energy_j = dict(zip(LOADS, cost.energy_j.values(), strict=True))
        range_j = dict(zip(LOADS, cost.range_j.values(), strict=True))
        scopes[cost.scope] = replace(cost, energy_j=energy_j, range_j=range_j)
    rivals = {
        (contender.name, board.name): rival_scopes(contender, board, rows)
        for contender in contenders
        for board in boards()
        if contender.products or board.peak_per_s != TENSOR_PEAK
    }
    return Energies(accounting, mapping, order, *times_s, scopes, rivals)
