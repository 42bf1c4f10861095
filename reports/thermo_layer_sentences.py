"""What `thermo_layer.py` concludes, sentence by sentence, each from the rows that it is given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chipsim.rounding import rounded
from chipsim.units import show, show_ratio

# Quantities that the demonstration leaves out: name, attribute of a row.
LEFT_OUT = (
    ("conversions", "conversions"),
    ("multiply-adds", "macs"),
    ("parameters", "parameters"),
    ("area of the cells", "area_m2"),
    ("energy", "energy_j"),
)
# A quantity counts as linear if its growth per cell deviates by no more than this share over the whole range.
LINEAR = 0.05


@dataclass(frozen=True)
class Row:
    """One width.

    Attributes:
        width: cells.
        error, same, digital: mean squared errors of the layer, of a digital layer of this width, and of the digital
            layer that it is compared with; None where no states were simulated.
        states: whether they were.
        physical_time: the published measure, in relaxation times.
        window_s, input_s, read_s, digital_s, token_s: time of a token and its parts.
        conversions, macs, parameters: of a token.
        area_m2, energy_j: of the priced area, and of a token.
        advantage: as published, (8 + W) / 72.
        energy_low_j, energy_high_j: of a token, by the bounds of the prices.
        digital_j, digital_low_j, digital_high_j: of a digital layer of this width, attention included.
        times, times_low, times_high: energy of a token over that; prices of both sides vary together.
    """

    width: int
    error: float | None
    same: float | None
    digital: float | None
    states: str
    physical_time: float
    window_s: float
    input_s: float
    read_s: float
    digital_s: float
    token_s: float
    conversions: int
    macs: int
    parameters: int
    area_m2: float
    energy_j: float
    advantage: float
    energy_low_j: float
    energy_high_j: float
    digital_j: float
    digital_low_j: float
    digital_high_j: float
    times: float
    times_low: float
    times_high: float


@dataclass(frozen=True)
class Converters:
    """What a token's time follows from: channels and rate (Hz) of both converters, bits of a code, rate of the link."""

    inputs: int
    readings: int
    rate_hz: float
    bits: int
    link_bits_s: float

    def slowest_s(self, width: int, windows: int) -> float:
        """Seconds of the slowest part of each transfer: ceil(W / channels) / rate, or the link."""
        link = width * self.bits / self.link_bits_s
        given = max(math.ceil(width / self.inputs) / self.rate_hz, link)
        return given + windows * max(math.ceil(width / self.readings) / self.rate_hz, link)


@dataclass(frozen=True)
class Crossbar:
    """A layer behind a crossbar, by token, and the load of its weights."""

    energy_j: float
    token_s: float
    load_j: float
    load_s: float
    weight_bits: int


def reading_sentences(tokens: int) -> Iterator[str]:
    """What the figures are of; a sequence has so many tokens."""
    yield "No such chip is published: its circuit, converters and their figures are assumed."
    yield (
        "A layer of W uncoupled cells in a quartic potential is observed after a window, the time in which the cells "
        "move under their currents and their noise; a read-out is fitted to what is read. Its published physical time "
        "counts the window alone. Here is the bill of a token, one of the "
        f"{tokens} vectors of a sequence: the host computes a current for each cell, converters set the currents, the "
        "cells move for a window at each of two temperatures, converters read them, and the host applies tanh and the "
        "read-out."
    )
    yield (
        "Digital is a layer of as many GELU units with random weights, on the same host, with the same attention "
        "before and a read-out fitted in the same way. By prices is the range when all prices vary within their "
        "bounds; a ratio whose range holds 1 does not tell which side takes less. The host takes its words from its "
        "small cache while they fit, else from the large one, which costs more: energies grow faster from some width "
        "on."
    )
    yield (
        "Errors are mean squared errors on 768 tests, after a fit by ridge regression to 1,536 tokens, of one draw of "
        "tokens and weights; those of other draws differ by some 6 %."
    )


def window_sentence(rows: Sequence[Row], windows: int) -> str:
    """Whether the window depends on the width; a token has so many."""
    first, last = rows[0], rows[-1]
    flat = all(row.window_s == first.window_s and row.physical_time == first.physical_time for row in rows)
    if not flat:
        return f"The window grows from {show(first.window_s, 's')} to {show(last.window_s, 's')}: it is not flat."
    return (
        f"The window is flat: from {first.width:,} to {last.width:,} cells a token takes {windows} windows of a "
        f"physical time of {first.physical_time:g} relaxation times, {show(first.window_s, 's')} in all. "
        "It is an input of the run, not a result."
    )


def time_sentence(rows: Sequence[Row], scaled: Sequence[Row], same: str) -> str:
    """What a token takes with converters fixed in number, `same` says which, and in proportion."""
    parts = []
    for name, some in ((f"with {same}", rows), ("with converters in proportion to the width", scaled)):
        first, last = some[0], some[-1]
        parts.append(
            f"{show(first.token_s, 's', 3)} to {show(last.token_s, 's', 3)} {name}, of which the windows are "
            f"{rounded(first.window_s / first.token_s, '.0%')} and {rounded(last.window_s / last.token_s, '.2%')}"
        )
    grows = scaled[-1].token_s > 2 * scaled[0].token_s
    verdict = "the times of host and link still grow with the width" if grows else "the time is then flat"
    return f"A token takes {'; '.join(parts)}: {verdict}."


def sum_sentence(rows: Sequence[Row], converters: Converters, windows: int) -> str:
    """Whether the time is window + conversions or link + digital work, up to a constant latency."""
    rest = [r.token_s - r.window_s - r.digital_s - converters.slowest_s(r.width, windows) for r in rows]
    law = "windows + host + for each transfer the longer of ceil(W / channels) / rate and the time of the link"
    if max(rest) - min(rest) > 0.02 * rows[-1].token_s or min(rest) < 0:
        return f"The time of a token is not {law}: what remains is {show(min(rest), 's')} to {show(max(rest), 's', 3)}."
    low, high = show(min(rest), "s", 3), show(max(rest), "s", 3)
    left = low if low == high else f"{low} to {high}"
    return f"The time of a token is {law}; what remains, {left}, is fixed delays of host, link and converters."


def linear_sentence(rows: Sequence[Row]) -> str:
    """What grows with the width, and how."""
    linear, others = [], []
    for name, key in LEFT_OUT:
        values = [float(getattr(row, key)) for row in rows]
        slopes = [
            (later - sooner) / (b.width - a.width)
            for a, b, sooner, later in zip(rows, rows[1:], values, values[1:], strict=False)
        ]
        straight = _straight(slopes)
        if straight == len(slopes):
            linear.append(name)
        else:
            faster = "faster" if slopes[straight] > slopes[0] else "more slowly"
            others.append(f"{name} only up to {rows[straight].width:,} cells, then {faster}")
    text = f"{_listed(linear)} grow linearly with the width" if linear else "Nothing grows linearly with the width"
    rest = f"; {_listed(others)}" if others else ""
    return f"{text[0].upper()}{text[1:]}{rest}."


def readings_sentence(rows: Sequence[Row], scaled: Sequence[Row], converters: Converters, windows: int) -> str:
    """What more read-out converters save: nothing where the link is slower than they are."""
    few, many = rows[-1], scaled[-1]
    link_s = windows * many.width * converters.bits / converters.link_bits_s
    saved = 1 - many.read_s / few.read_s
    text = (
        f"At {few.width:,} cells readings take {show(few.read_s, 's', 3)} with {converters.readings} ADCs and "
        f"{show(many.read_s, 's', 3)} with one for each cell"
    )
    if saved < LINEAR:
        return (
            f"{text}: more ADCs save nothing, since the link alone takes {show(link_s, 's', 3)} for their "
            f"{windows * many.width:,} codes of {converters.bits} bits. What is saved is the time of inputs, "
            f"{show(few.input_s, 's', 3)} with {converters.inputs} DACs and {show(many.input_s, 's', 3)} with one for "
            "every four cells."
        )
    return f"{text}: more ADCs save {rounded(saved, '.0%')}."


def energy_sentence(rows: Sequence[Row]) -> str:
    """The energy of a token beside that of a digital layer of the same width, over the bounds of the prices."""
    above = [row.width for row in rows if row.times_low > 1]
    below = [row.width for row in rows if row.times_high < 1]
    ends = "; ".join(
        f"{show(row.energy_j, 'J', 3)} ({show(row.energy_low_j, 'J', 3)} to {show(row.energy_high_j, 'J', 3)}) against "
        f"{show(row.digital_j, 'J', 3)} ({show(row.digital_low_j, 'J', 3)} to {show(row.digital_high_j, 'J', 3)}) at "
        f"{row.width:,} cells, {show_ratio(row.times)} times as much ({show_ratio(row.times_low)} to "
        f"{show_ratio(row.times_high)})"
        for row in dict.fromkeys((rows[0], max(rows, key=lambda row: row.times), rows[-1]))
    )
    rest = len(rows) - len(above) - len(below)
    counts = ((len(above), "more"), (len(below), "less"), (rest, "not resolved"))
    told = "; ".join(
        f"{word} at {'all' if many == len(rows) else f'{many} of'} {len(rows)} widths" for many, word in counts if many
    )
    return (
        f"Energy of a token beside a digital layer of the same width: {told}, {ends}. The digital layer has the same "
        "attention and read-out, computes the same products and looks GELU up on the same host. Ranges are by prices; "
        "prices that both sides share vary together."
    )


def _straight(slopes: Sequence[float]) -> int:
    """How many slopes, from the first on, are positive and equal but for the share `LINEAR`."""
    for number in range(len(slopes)):
        some = slopes[: number + 1]
        if min(some) <= 0 or max(some) / min(some) > 1 + LINEAR:
            return number
    return len(slopes)


def advantage_sentence(rows: Sequence[Row]) -> str:
    """What the published advantage is."""
    exact = all(math.isclose(row.advantage, (8 + row.width) / 72, rel_tol=1e-12) for row in rows)
    chosen = [row for row in rows if row.width in (4096, 65_536)]
    values = ", ".join(f"{rounded(row.advantage, '.2f')} at {row.width:,}" for row in chosen)
    if not exact:
        return f"The advantage is not (8 + W) / 72: {values}."
    return (
        f"The published advantage is (8 + W) / 72 exactly ({values}): the published count of operations, which grows "
        "as 8 + W, over that of a width of 64, divided by the growth of the window, which is constant. It is not the "
        f"growth of the multiply-adds of a token here ({show_ratio(rows[-1].macs / rows[0].macs)} times from "
        f"{rows[0].width:,} to {rows[-1].width:,} cells), and says nothing of errors or energy."
    )


def error_sentences(rows: Sequence[Row]) -> Iterator[str]:
    """Whether a wide layer is worth it on the published task."""
    known = [row for row in rows if row.error is not None]
    if not known:
        yield "No states were simulated, so nothing is known about errors."
        return
    best = min(known, key=lambda row: row.error or math.inf)
    digital = best.digital or math.inf
    assert best.error is not None
    if best.error < digital:
        yield (
            f"At {best.width:,} cells the layer has an error of {rounded(best.error, '.3f')}, below "
            f"{rounded(digital, '.3f')} of the digital layer of width 128."
        )
    else:
        yield (
            f"None of the {len(known)} widths that were simulated, to {known[-1].width:,} cells, beats a digital layer "
            "of width 128 on the published task: the best error is "
            f"{rounded(best.error, '.3f')}, at {best.width:,} cells, against {rounded(digital, '.3f')}."
        )
    behind = [row for row in known if row.same is not None and row.error is not None and row.error > row.same]
    yield (
        f"A digital layer of the same width is better at {len(behind)} of {len(known)} widths. The largest error is at "
        f"{max(known, key=lambda row: row.error or 0).width:,} cells. Fits are known to be worst where they have about "
        "as many features as examples (double descent); here these are 1,536 tokens."
    )
    unknown = [row for row in rows if row.error is None]
    if unknown:
        yield (
            f"Layers wider than {known[-1].width:,} cells are billed without simulating states: {len(unknown)} widths "
            "have no error, and their bill lacks the heat of the cells."
        )


def crossbar_sentence(digital: Row, crossbar: Crossbar) -> str:
    """What a crossbar changes at the width of a row."""
    cheaper = "saves" if crossbar.energy_j < digital.energy_j else "adds"
    share = abs(1 - crossbar.energy_j / digital.energy_j)
    saved_j = digital.energy_j - crossbar.energy_j
    paid = f", which {math.ceil(crossbar.load_j / saved_j):,} tokens pay back" if saved_j > 0 else ""
    return (
        f"A crossbar of 32 lines {cheaper} {rounded(share, '.0%')} of the energy of a token at {digital.width:,} "
        f"cells, {show(crossbar.energy_j, 'J', 3)} instead of {show(digital.energy_j, 'J', 3)} at 10,000 tokens per "
        f"load, and takes {show(crossbar.token_s, 's', 3)} instead of {show(digital.token_s, 's', 3)}. Its "
        f"{crossbar.weight_bits:,} bits of weights take {show(crossbar.load_j, 'J', 3)} and "
        f"{show(crossbar.load_s, 's', 3)} to load{paid}. These are nominal prices; errors were not simulated."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
