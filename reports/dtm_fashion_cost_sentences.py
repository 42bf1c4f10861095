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
    GATED,
    HOST,
    NAMES,
    PIPELINED,
    PIXELS,
    RELOADED,
    Energies,
)
from dtm_fashion_sentences import Images, better, distances

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
    yield from assumption_sentences(best.name, energies)
    yield from one_image_sentences(best.name, energies)
    yield from traffic_sentences(best.name, chip["mixed"])


def one_image_sentences(contender: str, energies: Sequence[Energies]) -> Iterator[str]:
    """Which side takes less at one image per load, accounting by accounting."""
    for accounting, table in ACCOUNTINGS.items():
        found = pick(energies, accounting)
        ratios = spread(found, contender, UTILISATION, EVERYTHING, ONE)
        if ratios[2] < 1:
            verdict = "the GPU takes less than the chip at all prices of the chip within their bounds"
        elif ratios[0] > 1:
            verdict = "the chip takes less than the GPU at all prices of the chip within their bounds"
        else:
            verdict = "which side takes less depends on the prices of the chip within their bounds"
        yield (
            f"At one image per load and 10 % of the fp32 peak, everything counted, priced by {accounting} ({table}), "
            f"{verdict}: the GPU takes {told(ratios)} times as much."
        )


def assumption_sentences(contender: str, energies: Sequence[Energies]) -> Iterator[str]:
    """What the lead becomes under other prices and at the full peak of the GPU."""
    ratios = {}
    for accounting, table in ACCOUNTINGS.items():
        found = pick(energies, accounting)
        for board, how in ((UTILISATION, "at 10 %"), (FULL, "at 100 %")):
            if board in found.rivals.get(contender, {}):
                ratios[f"{accounting}, {table}, {how} of the peak"] = spread(found, contender, board, EVERYTHING, MANY)
    if not ratios:
        return
    each = "; ".join(f"{told(found)} by {how}" for how, found in ratios.items())
    above = sum(least > 1 for least, _, _ in ratios.values())
    below = sum(most < 1 for _, _, most in ratios.values())
    used = {how.rpartition(", ")[2] for how, (least, _, _) in ratios.items() if least > 1}
    where = f", each with the GPU {used.pop()}" if len(used) == 1 else ""
    yield (
        "How many times the energy of the chip the GPU takes, everything counted, at 10,000 images per load and mixed "
        f"labels, by the prices of the chip and the use of the GPU's fp32 peak: {each}. Of these {len(ratios)} cases "
        f"the chip takes less in {above}{where}, the GPU in {below}, and {len(ratios) - above - below} are not "
        "resolved."
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


def series_sentences(energies: Sequence[Energies], contender: str) -> Iterator[str]:
    """How many times as much the contender takes, scope by scope, one sentence an accounting."""
    for accounting, table in ACCOUNTINGS.items():
        found = pick(energies, accounting)
        ratios = {s: spread(found, contender, UTILISATION, s, MANY) for s in NAMES if found.scopes[s].energy_j}
        steps = ", ".join(f"{told(by)} ({s})" for s, by in ratios.items())
        # Neither holds what is always on, so they differ by links, host and controller alone.
        narrow, whole = ratios[CHIP_ALONE][1], ratios[HOST][1]
        grows = narrow / whole
        note = ""
        if grows > 1:
            verdict = (
                "the scopes without them flatter the chip, whose images need more of both"
                if grows >= FLATTERS
                else "at these prices they matter little"
            )
            note = (
                " With what is always on left out of both, leaving out links, host and controller multiplies the "
                f"nominal ratio by {show_ratio(grows)}: {verdict}."
            )
        yield (
            f"Priced by {accounting} ({table}), at 10,000 images per load and mixed labels, {contender} on the GPU at "
            f"10 % takes this many times the energy of the chip, by scope: {steps}. The GPU is a whole board in all of "
            f"them.{note}"
        )


def cost_sentences(energies: Sequence[Energies], cells: int, working: int, layers: int, sweeps: int) -> Iterator[str]:
    """What an image costs by itself: in the scope of the paper, by order, by mapping."""
    paper = pick(energies, "flat").scopes[ARRAY].energy_j[MANY]
    # A layer starts with a sweep of all cells; those of a label are clamped in the others.
    update_j = paper / layers / (sweeps * working + cells)
    yield (
        f"In the scope of the paper, sampling alone at {show(update_j, 'J')} per update, an image costs "
        f"{show(paper, 'J')}, which is {rounded(paper / layers * 1e9, '.3f')} nJ per layer: {sweeps:,} sweeps of the "
        f"{working:,} cells that are not clamped to a label, after one of all {cells:,}. With all cells in every sweep "
        f"it would be {rounded((sweeps + 1) * cells * update_j * 1e9, '.3f')} nJ (arXiv 2510.23972: 1.6)."
    )
    for order in ("mixed", "sorted"):
        cost = pick(energies, "parts", order=order).scopes[EVERYTHING]
        low, high = cost.range_j[MANY]
        how = "each told its label at each layer" if order == "mixed" else "one class per load, told once"
        yield (
            f"Everything counted and priced part by part, an image of a batch in the order {order} ({how}) costs "
            f"{show(cost.energy_j[ONE], 'J')} at one image per load, {show(cost.energy_j[100], 'J')} at 100 and "
            f"{show(cost.energy_j[MANY], 'J')} at 10,000 ({show(low, 'J', 3)} to {show(high, 'J', 3)} with the bounds "
            "of the prices)."
        )
    yield from mapping_sentences(energies)


def mapping_sentences(energies: Sequence[Energies]) -> Iterator[str]:
    """One reloaded array against an array a layer: energy and how often an image comes."""
    mappings = {
        "one reloaded array": pick(energies, "parts"),
        "an array a layer whose idle arrays are gated": pick(energies, "parts", GATED),
        "a pipelined array a layer": pick(energies, "parts", PIPELINED),
    }
    told = "; ".join(
        f"{name}: {show(e.scopes[EVERYTHING].energy_j[ONE], 'J')} at one image per load, "
        f"{show(e.scopes[EVERYTHING].energy_j[MANY], 'J')} at 10,000, an image every {show(e.interval_s, 's', 3)}"
        for name, e in mappings.items()
    )
    yield f"By mapping, mixed labels, everything counted, at nominal prices: {told}."


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
