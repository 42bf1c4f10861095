"""What `natural_gradient.py` concludes, sentence by sentence, each from the figures that it is given.

Accuracies are shares of the test images: two of them differ where their difference is outside its 95 % interval over
those images. A single training says nothing of other seeds, so no sentence rests on a smaller difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from natural_gradient_trials import EVEN, METHODS, SPEEDS, TARGET, Race, Refusal, Row, Step, section

from chipsim.statistics.intervals import NORMAL_95, mean_ci95
from chipsim.units import show

Rows = list[Row | Refusal]

# Digital methods whose accuracy is that of the exact natural gradient, in words.
DIGITAL = {"exact": "Woodbury's identity", "conjugate-gradients": "conjugate gradients"}
# Published level of the noise below which it has no effect.
PUBLISHED_KAPPA0 = 0.01


def told(rows: Rows, name: str) -> str:
    """Accuracies of a section in words."""
    return ", ".join(row.told for row in rows if row.section == name)


def half_width(first: Row, second: Row) -> float:
    """Of the 95 % interval of a difference of two accuracies, over the test images."""
    return NORMAL_95 * sum(row.accuracy * (1 - row.accuracy) / row.tested for row in (first, second)) ** 0.5


def differ(first: Row, second: Row) -> bool:
    """Whether two accuracies differ by more than the interval of their difference."""
    return abs(first.accuracy - second.accuracy) > half_width(first, second)


def slope(steps: Iterable[Step], method: str, part: str | None = None) -> float:
    """Exponent of N in the seconds of a method, or of a part of it, by a straight line through the logarithms."""
    points = [(s.weights, s.elapsed_s if part is None else s.seconds[part]) for s in steps if s.method == method]
    weights, seconds = np.log(np.array(points)).T
    return float(np.polyfit(weights, seconds, 1)[0])


def setting_sentences(rows: Rows) -> Iterator[str]:
    """What all trainings have in common."""
    method = section(rows, "method")
    exact = method["exact natural gradient"]
    summary = exact.run.summary
    even = [row for row in rows if row.section not in ("method", "mismatch")]
    assert EVEN["couplers.mismatch"] == 0
    yield (
        f"Everything below is a network of {summary['parameters']:,} weights on Fashion-MNIST, batches of "
        f"{summary['workload_resolved']['training']['batch']}, {summary['iterations']} iterations unless said "
        f"otherwise; one training each. Accuracies are shares of {exact.tested:,} test images: a difference of less "
        f"than {half_width(exact, exact):.1%} is not resolved. Without the chip: {told(rows, 'method')}."
    )
    yield (
        f"The {len(even)} trainings on the chip run without mismatch (couplers.mismatch=0), except those of the "
        "section on mismatch; the preset ships with 0.1 %."
    )


def time_sentences(rows: Rows, first: float, last: float) -> Iterator[str]:
    """What analog time does; `first` and `last` are distances of final weights from the exact natural gradient's."""
    time, exact = section(rows, "time"), section(rows, "method")["exact natural gradient"]
    names = list(time)
    none, most = time[names[0]], time[names[-1]]
    if differ(none, most) and none.accuracy < most.accuracy and not differ(most, exact):
        yield (
            f"Longer relaxation moves the result from gradient descent to the natural gradient: {told(rows, 'time')}. "
            f"From {names[first_like(list(time.values()))]} on no difference from the last is resolved. The last "
            "differs from the exact natural gradient by less than the interval of the test images. The distance of the "
            f"final weights from those of the exact natural gradient is {first:.2f} ({names[0]}) and {last:.3f} "
            f"({names[-1]}) of the "
            "distance that these have moved in training."
        )
    else:
        yield f"Accuracy by analog time: {told(rows, 'time')}; exact natural gradient {exact.accuracy:.1%}."


def first_like(rows: Sequence[Row]) -> int:
    """Place from which on no row differs from the last."""
    return next(place for place in range(len(rows)) if not any(differ(row, rows[-1]) for row in rows[place:]))


def noise_sentences(rows: Rows) -> Iterator[str]:
    """Up to which kappa0 noise makes no difference that the test images resolve."""
    time, noise = section(rows, "time"), section(rows, "noise")
    levels = ", ".join(
        f"{row.accuracy:.1%} at kappa0 {row.kappa0:.1e} ({name.split(', ')[-1]})" for name, row in noise.items()
    )
    found = []
    for many in (50, 1):
        quiet = time[f"{many} tau"]
        same = sorted((r for s, r in noise.items() if s.endswith(f" {many} tau")), key=lambda r: r.kappa0 or 0.0)
        harmful = next((place for place, r in enumerate(same) if differ(r, quiet)), len(same))
        word = f"up to kappa0 = {same[harmful - 1].kappa0:.0e}" if harmful else "at none of these levels"
        found.append(f"after {many} tau no difference is resolved {word}")
    harmful_below = any(
        differ(r, time[f"{many} tau"]) and (r.kappa0 or 0.0) < PUBLISHED_KAPPA0
        for many in (50, 1)
        for s, r in noise.items()
        if s.endswith(f" {many} tau")
    )
    published = f"arXiv 2405.13817 reports, with other rates, no effect below {PUBLISHED_KAPPA0}"
    here = ", which does not hold here" if harmful_below else ""
    yield f"Noise of the cells: {levels}; {'; '.join(found)}. {published[0].upper()}{published[1:]}{here}."


def hardware_sentences(rows: Rows) -> Iterator[str]:
    """Bits, mismatch, disturbances, and curvature that is kept."""
    refused = any(isinstance(row, Refusal) for row in rows if row.section in ("converters", "couplers", "mismatch"))
    why = (
        " Refused means that the network would run away: errors of the stored matrix can make it indefinite."
        if refused
        else ""
    )
    yield f"Bits of both converters: {told(rows, 'converters')}; of the couplers: {told(rows, 'couplers')}.{why}"
    yield (
        f"Mismatch of the resistors: {told(rows, 'mismatch')}; a disturbance of all readings at once: "
        f"{told(rows, 'disturbance')}."
    )
    kept = section(rows, "reload")
    fresh = kept["every 1"]
    rest = [row for name, row in kept.items() if name != "every 1"]
    plain = section(rows, "method")["gradient descent"]
    worse = all(differ(row, fresh) and row.accuracy < fresh.accuracy for row in rest)
    below = all(differ(row, plain) and row.accuracy < plain.accuracy for row in rest)
    same = any(not differ(row, fresh) for row in rest)
    verdict = "; reusing it costs accuracy" if worse else "; reusing it need cost no accuracy" if same else ""
    verdict += f", down to less than gradient descent without any ({plain.accuracy:.1%})" if worse and below else ""
    yield f"A curvature that is loaded every n batches: {told(rows, 'reload')}{verdict}."


def settings_of(race: Race, start: str) -> list[tuple[str, int, list[int | None]]]:
    """Settings of the methods whose names begin like that."""
    return [entry for entry in race if entry[0].startswith(start)]


def quickest(race: Race, start: str) -> tuple[str, int, list[int]] | None:
    """(method, length, iterations by seed) with the lowest mean among settings that always reach the target."""
    whole = [(n, length, [k for k in by_seed if k]) for n, length, by_seed in settings_of(race, start) if all(by_seed)]
    return min(whole, key=lambda entry: float(np.mean(entry[2])), default=None)


def race_sentences(race: Race) -> Iterator[str]:
    """Natural gradient against Adam by iterations, where both had the same budget of tuning."""
    tries = {name: len(settings_of(race, start)) for name, start in (("Adam", "Adam"), ("exact", "exact"))}
    goal = f"{TARGET:.0%} test accuracy"
    if tries["Adam"] != tries["exact"]:
        yield (
            f"Iterations to {goal} of Adam and of the exact natural gradient are not compared: Adam had "
            f"{tries['Adam']} settings of rate and length, the natural gradient {tries['exact']}, with damping and "
            "rate chosen before on seed 0."
        )
        return
    adam, natural = quickest(race, "Adam"), quickest(race, "exact")
    if adam is None or natural is None:
        return
    ratios = np.array(natural[2], float) / np.array(adam[2], float)
    mean, wide = float(ratios.mean()), mean_ci95(ratios) or 0.0
    verdict = "fewer" if mean + wide < 1 else "more" if mean - wide > 1 else "no difference is resolved"
    yield (
        f"To {goal}, with {tries['Adam']} setting{'s' if tries['Adam'] > 1 else ''} each, the exact natural gradient "
        f"takes {mean:.2f} +- {wide:.2f} times "
        f"the iterations of Adam (means of {len(ratios)} paired seeds, 95 %): {verdict}."
    )


def cost_sentences(steps: list[Step]) -> Iterator[str]:
    """How costs grow with N."""
    slopes = ", ".join(f"{method} {slope(steps, method):z.2f}" for method in METHODS)
    parts = ", ".join(f"{part} {slope(steps, 'chip', part):z.2f}" for part in ("load", "input", "relax", "read"))
    chip = {s.weights: s for s in steps if s.method == "chip"}
    weights = max(chip)
    analog = chip[weights]
    digital = [next(s for s in steps if (s.method, s.weights) == (method, weights)) for method in DIGITAL]
    yield (
        f"Time of an iteration grows with the number N of weights ({min(chip):,} to {weights:,}) as N to the power of: "
        f"{slopes}; the parts of the chip: {parts}. An exponent of 1 is linear, of 0 free of N. Woodbury's identity is "
        "linear in N as well: its squares and cubes are of batch times outputs."
    )
    split = ", ".join(f"{part} {show(analog.seconds[part], 's', 3)}" for part in ("load", "input", "relax", "read"))
    energy = ", ".join(f"{part} {show(analog.joules[part], 'J', 3)}" for part in ("load", "input", "relax", "read"))
    others = " and ".join(
        f"{show(s.elapsed_s, 's')} and {show(s.energy_j, 'J')} by {DIGITAL[s.method]}" for s in digital
    )
    verdicts = "; ".join(
        f"{'shorter' if analog.elapsed_s < s.elapsed_s else 'longer'} and at "
        f"{'less' if analog.energy_j < s.energy_j else 'more'} energy than by {DIGITAL[s.method]}"
        for s in digital
    )
    yield (
        f"At {weights:,} weights an iteration with the chip takes {show(analog.elapsed_s, 's')} ({split}) and "
        f"{show(analog.energy_j, 'J')} ({energy}); on the digital unit beside it {others}. The whole system counted, "
        f"at nominal prices, the chip's is {verdicts}."
    )


def faster_load(step: Step, speed: int, every: int) -> float:
    """Seconds of an iteration with everything on the way of the weights so many times as fast, one load for many."""
    load = step.seconds["load"] / speed
    return step.elapsed_s - step.seconds["load"] + load / every


def winning_sentences(steps: list[Step], rows: Rows) -> Iterator[str]:
    """When the analog solve is quicker than the quickest digital method, as far as its accuracy was trained."""
    chip = {s.weights: s for s in steps if s.method == "chip"}
    digital = sorted((s for s in steps if s.method in DIGITAL), key=lambda s: -s.elapsed_s)
    rivals = {s.weights: s for s in digital}
    reloads = section(rows, "reload")
    lines = []
    for weights, step in chip.items():
        for every, kept in reloads.items():
            spared = int(every.removeprefix("every "))
            pays = [speed for speed in SPEEDS if faster_load(step, speed, spared) < rivals[weights].elapsed_s]
            if pays:
                lines.append(f"{weights:,} weights from x{pays[0]} on, loaded {every} ({kept.accuracy:.1%} accurate)")
    quickest_digital = "the quickest digital one (Woodbury's identity or conjugate gradients)"
    path = f"the path of the weights {', '.join(f'x{s}' for s in SPEEDS)} as fast as for 50 Gb/s, all else as simulated"
    if lines:
        yield f"With {path}, the chip's iteration is shorter than {quickest_digital} only at: {'; '.join(lines)}."
        return
    weights = max(chip)
    step, rival = chip[weights], rivals[weights]
    rest = step.elapsed_s - step.seconds["load"]
    yield (
        f"With {path}, and weights loaded {', '.join(reloads)} batches, the chip's iteration is nowhere shorter than "
        f"{quickest_digital}: at {weights:,} weights the parts beside the load alone take {show(rest, 's', 3)}, "
        f"{DIGITAL[rival.method]} {show(rival.elapsed_s, 's', 3)}."
    )


def product_sentences(products: Sequence[tuple[int, float, float]]) -> Iterator[str]:
    """Whether conjugate gradients beat a relaxing network at equal numbers of products."""
    many, by_products, relaxed = next(p for p in products if p[0] == 50)
    if by_products < relaxed:
        yield (
            "At equal numbers of products with a real curvature (damping 0.1), conjugate gradients beat the relaxing "
            f"network: after {many} their error is {by_products:.1e}, that of relaxing for {many} of the fastest time "
            f"constants {relaxed:.1e}."
        )
