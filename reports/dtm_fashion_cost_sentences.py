"""What an image of `dtm_fashion.py` costs beside digital contenders, sentence by sentence, from the figures given.

Ranges of ratios are by the bounds of the chip's prices; a ratio whose range holds 1 is not resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dtm_fashion_costs import (
    ACCOUNTINGS,
    ARRAY,
    CHIP_ALONE,
    EVERYTHING,
    HOST,
    NAMES,
    PIXELS,
    RELOADED,
    Energies,
)
from dtm_fashion_sentences import Images, better, distances
from readme import Table

from chipsim.rounding import rounded
from chipsim.units import show, show_ratio

MANY, ONE = 10_000, 1
# From this factor on a scope flatters the chip.
FLATTERS = 2.0
UTILISATION, FULL, TENSOR = "fp32, 10%", "fp32, 100%", "tensor, 10%"
RANGES = (
    "The ranges are by the prices of the chip, and a ratio whose range holds 1 is called not resolved; the GPU's side "
    "is at nominal prices and rests on the FLOP method, which is assumed."
)


def pick(energies: Sequence[Energies], accounting: str, mapping: str = RELOADED, order: str = "mixed") -> Energies:
    """The energies of one accounting, mapping and order."""
    (found,) = (e for e in energies if (e.accounting, e.mapping, e.order) == (accounting, mapping, order))
    return found


def spread(energies: Energies, contender: str, board: str, scope: str, images: int) -> tuple[float, float, float]:
    """(least, nominal, most) of how many times as much a contender takes in the same scope, by the chip's prices."""
    rival = energies.rivals[contender][board][scope][images]
    cost = energies.scopes[scope]
    low, high = cost.range_j[images]
    return rival / high, rival / cost.energy_j[images], rival / low


def told(ratios: tuple[float, float, float]) -> str:
    """A ratio with its range, and whether it is resolved from 1."""
    least, found, most = (show_ratio(value) for value in ratios)
    return f"{found} ({least} to {most}{', not resolved' if ratios[0] <= 1 <= ratios[2] else ''})"


def ratio(energies: Energies, contender: str, board: str, scope: str, images: int) -> str:
    """`told` in a sentence of its own: how many times as much."""
    return f"{told(spread(energies, contender, board, scope, images))} times as much"


def contender_sentences(images: Images, energies: Sequence[Energies]) -> Iterator[str]:
    """The comparison with a simple digital model that is at least as good."""
    ahead = [b for b in better(images) if UTILISATION in pick(energies, "parts").rivals.get(b.name, {})]
    if not ahead:
        return
    best, ours = ahead[0], images.ours
    yield (
        f"A simple digital model is better: {best.name} ({best.parameters:,} parameters; the denoising model has "
        f"{ours.parameters:,}) is at a distance of {distances(best)} from real images, the denoising model at "
        f"{distances(ours)}."
    )
    yield (
        f"So nothing below compares energy at equal quality: the images of that model, {best.name}, are nearer to the "
        "data on all sets of features. What either side takes for images as good as the other's is not known."
    )
    chip = {order: pick(energies, "parts", order=order) for order in ("mixed", "sorted")}
    cost = chip["mixed"].scopes[EVERYTHING]
    rival = chip["mixed"].rivals[best.name][UTILISATION][EVERYTHING]
    low, high = cost.range_j[MANY]
    yield (
        f"Everything counted on both sides, host and links included, and the chip priced by parts "
        f"({ACCOUNTINGS['parts']}), an image of that model on an A100 at 10 % of its fp32 peak takes "
        f"{show(rival[MANY], 'J', 3)} at 10,000 images per load of the parameters, and an image of the chip "
        f"{show(cost.energy_j[MANY], 'J', 3)} ({show(low, 'J', 3)} to {show(high, 'J', 3)} with the bounds of the "
        f"prices) with mixed labels: the GPU takes {ratio(chip['mixed'], best.name, UTILISATION, EVERYTHING, MANY)}, "
        f"with labels sorted by class {ratio(chip['sorted'], best.name, UTILISATION, EVERYTHING, MANY)}, and at one "
        f"image per load {ratio(chip['mixed'], best.name, UTILISATION, EVERYTHING, ONE)}. {RANGES}"
    )
    yield from price_sentences(best.name, energies)
    yield from traffic_sentences(best.name, chip["mixed"])


def cases(contender: str, energies: Sequence[Energies]) -> dict[tuple[str, int, str], tuple[float, float, float]]:
    """`spread` by prices of the chip, images per load and use of the GPU's peak, everything counted."""
    return {
        (accounting, images, board): spread(found, contender, board, EVERYTHING, images)
        for accounting in ACCOUNTINGS
        for images in (MANY, ONE)
        for board in (UTILISATION, FULL)
        if board in (found := pick(energies, accounting)).rivals.get(contender, {})
    }


def price_sentences(contender: str, energies: Sequence[Energies]) -> Iterator[str]:
    """Which side takes less in how many of the cases of `price_tables`."""
    for images in (MANY, ONE):
        found = {key: ratios for key, ratios in cases(contender, energies).items() if key[1] == images}
        if not found:
            continue
        above = [board for (_, _, board), (least, _, _) in found.items() if least > 1]
        below = [board for (_, _, board), (_, _, most) in found.items() if most < 1]
        open_ = len(found) - len(above) - len(below)
        yield (
            f"At {images:,} image{'s' if images > 1 else ''} per load, by the prices of the chip and the use of the "
            f"GPU's fp32 peak in the table below, the chip takes less in {len(above)} of {len(found)} "
            f"cases{_where(above)}, the GPU in {len(below)}{_where(below)}, and {open_} "
            f"{'is' if open_ == 1 else 'are'} not resolved."
        )


def _where(boards: Sequence[str]) -> str:
    """The use of the GPU, where all cases share it."""
    used = {board.rpartition(", ")[2].replace("%", " %") for board in boards}
    return f" (with the GPU at {used.pop()})" if len(used) == 1 else ""


def price_tables(contender: str, energies: Sequence[Energies]) -> Iterator[Table]:
    """The lead under other prices and at the full peak of the GPU."""
    found = cases(contender, energies)
    if found:
        rows: dict[tuple[str, int], list[str]] = {(accounting, images): [] for accounting, images, _ in found}
        for (accounting, images, _), ratios in found.items():
            rows[accounting, images].append(told(ratios))
        yield Table(
            "How many times the energy of the chip the GPU takes for an image, everything counted, labels mixed",
            ("prices of the chip", "images per load", "GPU at 10 % of its fp32 peak", "GPU at 100 %"),
            tuple((f"{a} ({ACCOUNTINGS[a]})", f"{images:,}", *ratios) for (a, images), ratios in rows.items()),
        )


def traffic_sentences(contender: str, energies: Energies) -> Iterator[str]:
    """What links and host are of either bill, and how much each side moves for an image."""
    chip = {name: cost.energy_j[MANY] for name, cost in energies.scopes.items()}
    rival = {name: by_images[MANY] for name, by_images in energies.rivals[contender][UTILISATION].items()}
    ours, theirs = (side[HOST] - side[CHIP_ALONE] for side in (chip, rival))
    yield (
        f"Priced by {energies.accounting} ({ACCOUNTINGS[energies.accounting]}), links, host and controller are "
        f"{rounded(ours / chip[EVERYTHING], '.1%')} of the chip's bill at 10,000 images per load "
        f"({show(ours, 'J', 3)} an image) and {rounded(theirs / rival[EVERYTHING], '.1%')} of the GPU's "
        f"({show(theirs, 'J', 3)}), at the same prices of a bit and of a word on both sides."
    )
    if energies.link_bits > PIXELS:
        rest = energies.link_bits - energies.read_bits
        yield (
            f"The chip moves more: {rounded(energies.link_bits, ',.0f')} bits an image cross its link, "
            f"{rounded(energies.read_bits, ',.0f')} from its {rounded(energies.read_bits / PIXELS, '.3g')} read-outs "
            f"of {PIXELS} pixels and {rounded(rest, ',.0f')} to inputs and labels, loads of weights left out. The "
            f"image of the GPU is {PIXELS} bits."
        )


def scope_tables(energies: Sequence[Energies], contender: str) -> Iterator[Table]:
    """How many times as much the contender takes, scope by scope, an accounting a column."""
    found = {accounting: pick(energies, accounting) for accounting in ACCOUNTINGS}
    yield Table(
        "How many times the energy of the chip the GPU takes for an image, scope by scope",
        ("scope", *(f"{accounting} ({table})" for accounting, table in ACCOUNTINGS.items())),
        tuple(
            (scope, *(told(spread(each, contender, UTILISATION, scope, MANY)) for each in found.values()))
            for scope in NAMES
        ),
    )


def series_sentences(energies: Sequence[Energies], contender: str) -> Iterator[str]:
    """What the ratios of `scope_tables` hold, and what links, host and controller make of them."""
    yield (
        f"The table is of {contender} on the GPU at 10 % of its fp32 peak, at 10,000 images per load with labels "
        "mixed. Each scope holds those above it; the GPU is a whole board in all of them."
    )
    for accounting, table in ACCOUNTINGS.items():
        # Neither holds what is always on, so they differ by links, host and controller alone.
        narrow, whole = (
            spread(pick(energies, accounting), contender, UTILISATION, scope, MANY)[1] for scope in (CHIP_ALONE, HOST)
        )
        grows = narrow / whole
        if grows > 1:
            verdict = (
                "the scopes without them flatter the chip, whose images need more of both"
                if grows >= FLATTERS
                else "at these prices they matter little"
            )
            yield (
                f"Priced by {accounting} ({table}), with what is always on left out of both, leaving out links, host "
                f"and controller multiplies the nominal ratio by {show_ratio(grows)}: {verdict}."
            )


def cost_sentences(energies: Sequence[Energies], cells: int, working: int, layers: int, sweeps: int) -> Iterator[str]:
    """What an image costs by itself: in the scope of the paper, and by order."""
    paper = pick(energies, "flat").scopes[ARRAY].energy_j[MANY]
    # A layer starts with a sweep of all cells; those of a label are clamped in the others.
    update_j = paper / layers / (sweeps * working + cells)
    yield (
        f"In the scope of the paper, sampling alone at {show(update_j, 'J')} per update, an image costs "
        f"{show(paper, 'J')}, which is {rounded(paper / layers * 1e9, '.3f')} nJ per layer: {sweeps:,} sweeps of the "
        f"{working:,} cells that are not clamped to a label, after one of all {cells:,}. With all cells in every sweep "
        f"it would be {rounded((sweeps + 1) * cells * update_j * 1e9, '.3f')} nJ (arXiv 2510.23972: 1.6)."
    )
    mixed, ordered = (pick(energies, "parts", order=order).scopes[EVERYTHING] for order in ("mixed", "sorted"))
    if mixed.energy_j[MANY] > ordered.energy_j[MANY]:
        yield (
            "Batches sorted by class are told their label once, mixed ones at each layer: priced by parts "
            f"({ACCOUNTINGS['parts']}), everything counted, an image takes {show(ordered.energy_j[MANY], 'J')} in "
            f"place of {show(mixed.energy_j[MANY], 'J')} at 10,000 images per load."
        )


def mapping_tables(energies: Sequence[Energies]) -> Iterator[Table]:
    """Energy and time of an image by prices, mapping of layers onto arrays, and order of labels."""
    yield Table(
        "An image by mapping of layers onto arrays, everything counted; the range is that of the prices at 10,000 "
        "images per load",
        (
            "prices of the chip",
            "mapping",
            "labels",
            "1 image per load",
            "100",
            "10,000",
            "range",
            "noise to image",
            "an image every",
        ),
        tuple(_mapping_row(each) for each in energies),
    )


def _mapping_row(energies: Energies) -> tuple[str, ...]:
    cost = energies.scopes[EVERYTHING]
    low, high = (show(value, "J") for value in cost.range_j[MANY])
    times = (show(value, "s", 3) for value in (energies.latency_s, energies.interval_s))
    each = (show(energy, "J") for energy in cost.energy_j.values())
    return energies.accounting, energies.mapping, energies.order, *each, f"{low} to {high}", *times


def history_sentences(energies: Sequence[Energies], decoder: str, best: str) -> Iterator[str]:
    """The published comparison, and what it becomes where both sides count the same."""
    flat = pick(energies, "flat")
    published = flat.rivals[decoder][UTILISATION][CHIP_ALONE][MANY] / flat.scopes[ARRAY].energy_j[MANY]
    # The claim of the paper is a factor of ten thousand; a ratio of another order explains nothing of it.
    if not 10**3.5 < published < 10**4.5 or published < spread(flat, decoder, UTILISATION, EVERYTHING, MANY)[2]:
        return
    yield (
        f"History: the ratio grows where the sides count different things. The {decoder} (its images were not "
        f"measured) on a whole board at 10 % of its fp32 peak takes {show_ratio(published)} times what sampling alone "
        f"takes in the array, of the order of the published ten thousand (arXiv 2510.23972). "
        f"At these prices of the chip ({ACCOUNTINGS['flat']}), everything counted on both sides, it is "
        f"{ratio(flat, decoder, UTILISATION, EVERYTHING, MANY)} at 10,000 images per load, and at 10 % of the peak of "
        f"its tensor cores {ratio(flat, decoder, TENSOR, EVERYTHING, MANY)}. {best} in place of it, at 10 % of the "
        f"fp32 peak: {ratio(flat, best, UTILISATION, EVERYTHING, MANY)}. {RANGES}"
    )
