"""Figures of published digital machines, predicted from their stated inputs alone and set beside what was published.

Nothing is fitted. Each prediction has its range and what went in; a published figure outside it stands as a miss.
Inputs and published figures: reference of this project on p-bit machines, seen as each says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import chipsim
from chipsim.compiler.program import Program
from chipsim.prices.row import PriceRow
from chipsim.prices.table import load_prices
from chipsim.rounding import rounded
from chipsim.units import show

# KV260 lattice of ferrotherm's ledger: 0.4675 W run minus halt (quoted), 1,024 p-bits, 100 MHz, two clocks a sweep.
KV260_W, KV260_PBITS, KV260_HZ, KV260_CLOCKS = 0.4675, 1024, 100e6, 2
# The other design on the same board.
OTHER_PBITS, OTHER_CLOCKS = 256, 4
# arXiv 2609.07907: clock, spins of a chip, updates a clock and chip (30.24e9 / 140e6 / 4).
PEGASUS_HZ, PEGASUS_SPINS, PEGASUS_UPDATES, PEGASUS_CHIPS = 140e6, 6912, 54, 4


@dataclass(frozen=True)
class Prediction:
    """A figure and what is known of it.

    Attributes:
        what: is predicted.
        unit: of all values.
        value, low, high: prediction and its range.
        inputs: what went in.
        published: (value, where from) pairs; none where no figure is known here.
    """

    what: str
    unit: str
    value: float
    low: float
    high: float
    inputs: str
    published: tuple[tuple[float, str], ...] = ()

    @property
    def verdict(self) -> str:
        """Whether all that is published lies in the range."""
        if not self.published:
            return "no published figure known"
        outside = sum(not self.low <= value <= self.high for value, _ in self.published)
        return "holds" if not outside else "misses" if outside == len(self.published) else "holds for some"

    @property
    def factor(self) -> float:
        """High over low end of the range."""
        return self.high / self.low


def predictions() -> Iterator[Prediction]:
    """All of them."""
    yield from _kv260()
    yield _pegasus_sweep()
    yield _pegasus_update()


def _kv260() -> Iterator[Prediction]:
    """Another design on the KV260: all power in generators and registers that toggle every clock, or all in updates."""
    per_clock = KV260_W / KV260_PBITS / KV260_HZ
    # At least none of the power depends on updates, at most all of it: then it falls with updates per clock.
    least = per_clock * KV260_CLOCKS / OTHER_CLOCKS
    inputs = (
        "0.4675 W run minus halt, 1,024 p-bits, 100 MHz, 2 clocks a sweep; low: all energy in updates, not in clocks"
    )
    watts = OTHER_PBITS * KV260_HZ
    yield Prediction(
        f"KV260, {OTHER_PBITS} p-bits, {OTHER_CLOCKS} clocks a sweep: power, run minus halt",
        *("W", per_clock * watts, least * watts, per_clock * watts, inputs),
    )
    yield Prediction(
        f"KV260, {OTHER_PBITS} p-bits, {OTHER_CLOCKS} clocks a sweep: energy per flip",
        *("J", per_clock * OTHER_CLOCKS, least * OTHER_CLOCKS, per_clock * OTHER_CLOCKS, inputs),
    )


def _pegasus_sweep() -> Prediction:
    """Time of a sweep by arithmetic; the range has no stall in it, so it is a point."""
    seconds = PEGASUS_SPINS / PEGASUS_UPDATES / PEGASUS_HZ
    inputs = "140 MHz, 54 updates a clock, 6,912 spins a chip; chips run side by side; no stalls"
    published = ((0.985e-6, "an author's page, quoted"),)
    return Prediction(
        f"Pegasus ASIC, {PEGASUS_CHIPS} chips: time of a sweep", "s", seconds, seconds, seconds, inputs, published
    )


def _pegasus_update() -> Prediction:
    """Energy of an update from the price table of survey prices, wires and clock left out."""
    rows = load_prices("survey-28nm").rows
    parts = [rows["digital_pbit.update"], rows["bit_generator.draw"]]
    value, low, high = (sum(_ends(part)[end] for part in parts) for end in range(3))
    inputs = (
        "survey prices at 28 nm: adders, comparison, generator, 150 bits of weights from SRAM; no wires, clock, I/O"
    )
    published = ((1.2e-12, "abstract, at peak, I/O included"), (4.81e-12, "an author's page, sustained"))
    return Prediction("Pegasus ASIC: energy per update", "J", value, low, high, inputs, published)


def _ends(row: PriceRow) -> tuple[float, float, float]:
    """Value, low and high of a price in joules."""
    low, high = row.bound(row.low), row.bound(row.high)
    assert row.energy is not None
    assert low is not None
    assert high is not None
    return row.energy, low, high


def sentences(found: list[Prediction]) -> Iterator[str]:
    """Each prediction beside what is published."""
    for one in found:
        span = "" if one.low == one.high else f" ({show(one.low, one.unit, 3)} to {show(one.high, one.unit, 3)})"
        known = "; ".join(f"{show(value, one.unit, 3)} ({where})" for value, where in one.published)
        text = f"{one.what}: predicted {show(one.value, one.unit, 3)}{span}"
        if not known:
            yield f"{text}; {one.verdict}, so it waits for a measurement."
        elif one.verdict == "misses" and one.low == one.high:
            off = one.published[0][0] / one.value - 1
            yield f"{text}, published {known}: a miss: published is {rounded(off, '+.1%')} from predicted."
        else:
            wide = f"; a range of a factor of {rounded(one.factor, '.2g')} is a weak test" if one.factor > 3 else ""
            yield f"{text}, published {known}: it {one.verdict}{wide}."


def pegasus_preset_sweep_s() -> float:
    """Time of a sweep of the preset, which the arithmetic must give."""
    ready = chipsim.plan("pegasus-28nm", "spin-glass", set={"schedule.beta_by": "hard_wired"})
    assert isinstance(ready.program, Program)
    return ready.program.sweep_fs * 1e-15
