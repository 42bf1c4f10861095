"""What `natural_gradient.py` concludes, sentence by sentence, each from the figures that it is given.

Accuracies are shares of the test images: two of them differ where their difference is outside its 95 % interval over
those images. These are conclusions on single trainings; other seeds are covered only where they were run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from natural_gradient_figures import Race, Refusal, Row, Rows, Solves, Step, section, seeds_of
from natural_gradient_trials import DAMPING, EVEN, METHODS, SPEEDS, TARGET, TAU_US
from readme import SIMULATED

from chipsim.rounding import rounded
from chipsim.statistics.intervals import NORMAL_95, mean_ci95
from chipsim.units import show

# Digital methods whose accuracy is that of the exact natural gradient, in words.
DIGITAL = {"exact": "Woodbury's identity", "conjugate-gradients": "conjugate gradients"}
# Trials before those that are counted.
SEARCHED = "Damping and rate of the natural gradient were chosen before, on seed 0; that search is not in the count."
# Published level of the noise below which it has no effect.
PUBLISHED_KAPPA0 = 0.01


def told(rows: Rows, name: str) -> str:
    """Accuracies of a section in words."""
    return ", ".join(row.told for row in rows if row.section == name)


def half_width(first: Row, second: Row) -> float:
    """Of the 95 % interval of a difference of two accuracies, over the test images."""
    return NORMAL_95 * sum(row.accuracy * (1 - row.accuracy) / row.tested for row in (first, second)) ** 0.5


def lower(first: Row, second: Row) -> bool:
    """Whether the first accuracy is lower by more than the interval of the difference."""
    return second.accuracy - first.accuracy > half_width(first, second)


def lowered(rows: Iterable[Row], reference: Row) -> list[Row]:
    """Those that have learnt something and are clearly lower than the reference."""
    return [row for row in rows if not row.stuck and lower(row, reference)]


def named(rows: Iterable[Row]) -> str:
    """Settings of rows, or none."""
    return ", ".join(row.setting for row in rows) or "none"


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
    even = [row for row in rows if row.section not in ("method", "mismatch")]
    refused = sum(isinstance(row, Refusal) for row in even)
    runs = [row.run_id for row in even if isinstance(row, Row) and row.setting != "gradient descent"]
    again = len(runs) - len(set(runs))
    assert EVEN["couplers.mismatch"] == 0
    yield (
        f"{SIMULATED} "
        "The natural gradient is the gradient times the inverse of the curvature (plus a damping). A "
        "chip of coupled analog cells finds it by relaxing: at first it holds the gradient, in the end the natural "
        f"gradient. Times are in tau, the time constant of an eigenvalue of 1 ({TAU_US:g} us); kappa0 is the "
        "noise of the cells, dg = -(A g - gradient) dt + sqrt(2 kappa0) dW (arXiv 2405.13817). "
        f"Everything below is a network of {exact.parameters:,} weights on Fashion-MNIST, batches of "
        f"{exact.batch}, {exact.iterations} iterations unless said otherwise. Accuracies are shares of "
        f"{exact.tested:,} test images. Without the chip: {told(rows, 'method')}."
    )
    yield from seed_sentences(rows)
    beside = [f"settings that are refused: {refused}"] if refused else []
    beside += [f"rows that repeat another: {again}"] if again else []
    note = f" Beside these, {'; '.join(beside)}." if beside else ""
    yield (
        f"The {len(set(runs))} different trainings on the chip outside the section on mismatch run without it "
        f"(couplers.mismatch=0); the preset ships with 0.1 %.{note}"
    )


def seed_sentences(rows: Rows) -> Iterator[str]:
    """What an accuracy from one training is worth."""
    exact = section(rows, "method")["exact natural gradient"]
    again = [row.accuracy for row in seeds_of(rows, "reload").get("every 1", [])]
    spread = (
        f" {len(again)} trainings of one setting (a load each batch, 50 tau) that differ in first weights and batches "
        f"reach {rounded(min(again), '.1%')} to {rounded(max(again), '.1%')}."
        if len(again) > 1
        else ""
    )
    points = rounded(100 * half_width(exact, exact), ".1f")
    yield (
        "Each accuracy is that of one training, with the same first weights and batches, unless several are named. "
        f"Near {rounded(exact.accuracy, '.0%')}, a difference of less than {points} points is within the 95 % interval "
        "of the test images and is called not resolved. A larger one is resolved for these two trainings, not for the "
        f"settings whatever the seed.{spread}"
    )


def time_sentences(rows: Rows, first: float, last: float) -> Iterator[str]:
    """What analog time does; `first` and `last` are distances of final weights from the exact natural gradient's."""
    time, exact = section(rows, "time"), section(rows, "method")["exact natural gradient"]
    names = list(time)
    none, most = time[names[0]], time[names[-1]]
    plain = section(rows, "method")["gradient descent"]
    if lower(none, most) and not differ(none, plain) and not differ(most, exact):
        yield (
            f"Longer relaxation moves the result from gradient descent to the natural gradient: {told(rows, 'time')}. "
            f"From {names[first_like(list(time.values()))]} on no difference from the last is resolved. The last "
            "differs from the exact natural gradient by less than the interval of the test images. The distance of the "
            f"final weights from those of the exact natural gradient is {rounded(first, '.2f')} ({names[0]}) and "
            f"{rounded(last, '.3f')} ({names[-1]}) of the distance that these have moved in training."
        )
    else:
        yield f"Accuracy by analog time: {told(rows, 'time')}; exact natural gradient {rounded(exact.accuracy, '.1%')}."


def first_like(rows: Sequence[Row]) -> int:
    """Place from which on no row differs from the last."""
    return next(place for place in range(len(rows)) if not any(differ(row, rows[-1]) for row in rows[place:]))


def delay_sentences(rows: Rows) -> Iterator[str]:
    """What it costs that cells relax on towards the old solution while the host works."""
    delays = list(section(rows, "delay").values())
    worse = lowered(delays[1:], delays[0])
    verdict = f"lower than without delay: {named(worse)}" if worse else "no loss is resolved"
    yield (
        "Cells that start from their previous answer, and after they are read relax on towards it for a delay in which "
        f"the host computes the next gradient: {told(rows, 'delay')}; {verdict}."
    )


def noise_sentences(rows: Rows) -> Iterator[str]:
    """Up to which kappa0 noise costs nothing that the test images resolve."""
    time, noise = section(rows, "time"), section(rows, "noise")
    levels = ", ".join(
        f"{rounded(row.accuracy, '.1%')} at kappa0 {rounded(row.kappa0, '.1e')} ({name.split(', ')[-1]})"
        for name, row in noise.items()
    )
    found = []
    for many in (50, 1):
        quiet = time[f"{many} tau"]
        same = sorted((r for s, r in noise.items() if s.endswith(f" {many} tau")), key=lambda r: r.kappa0 or 0.0)
        harmful = next((place for place, r in enumerate(same) if lower(r, quiet)), len(same))
        if not harmful:
            found.append(f"after {many} tau a loss is resolved at each level")
            continue
        least, after = rounded(same[harmful - 1].kappa0, ".0e"), ""
        if harmful < len(same):
            after = f", the next level tried, {rounded(same[harmful].kappa0, '.0e')}, costs accuracy"
        if harmful == 1:
            found.append(f"after {many} tau no loss is resolved at the lowest level tried, kappa0 = {least}{after}")
        else:
            found.append(f"after {many} tau no loss is resolved up to kappa0 = {least}{after}")
    scales = {name.split(", ")[1] for name in noise}
    confounded = (
        f" The levels differ in the range of the inputs as well ({len(scales)} ranges), so "
        "they do not separate noise from range, and say nothing of the level of "
        f"{PUBLISHED_KAPPA0} below which arXiv 2405.13817 reports no effect with other rates."
        if len(scales) > 1
        else ""
    )
    yield f"Noise of the cells: {levels}; {'; '.join(found)}.{confounded}"


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
    goal = f"{rounded(TARGET, '.0%')} test accuracy"
    if tries["Adam"] != tries["exact"]:
        yield (
            f"Iterations to {goal} of Adam and of the exact natural gradient are not compared: Adam had "
            f"{tries['Adam']} settings of rate and length, the natural gradient {tries['exact']}. {SEARCHED}"
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
        f"takes {rounded(mean, '.2f')} +- {rounded(wide, '.2f')} times the iterations of Adam (means of {len(ratios)} "
        f"paired seeds, 95 %; both at the best of their settings by these seeds): {verdict}. {SEARCHED}"
    )


def cost_sentences(steps: list[Step]) -> Iterator[str]:
    """How costs grow with N."""
    slopes = ", ".join(
        f"{DIGITAL.get(method, method)} {rounded(slope(steps, method), 'z.2f')}"
        + (f" (its solve alone {rounded(slope(steps, method, 'solve'), 'z.2f')})" if method in DIGITAL else "")
        for method in METHODS
    )
    parts = ", ".join(
        f"{part} {rounded(slope(steps, 'chip', part), 'z.2f')}" for part in ("load", "input", "relax", "read")
    )
    chip = {s.weights: s for s in steps if s.method == "chip"}
    weights = max(chip)
    analog = chip[weights]
    digital = [next(s for s in steps if (s.method, s.weights) == (method, weights)) for method in DIGITAL]
    yield (
        f"Time of an iteration grows with the number N of weights ({min(chip):,} to {weights:,}) as N to the power of: "
        f"{slopes}; the parts of the chip: {parts}. An exponent of 1 is linear, of 0 free of N."
    )
    yield from fetch_sentences(steps)
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
        f"At {weights:,} weights an iteration with the chip takes {show(analog.elapsed_s, 's')} ({split}, and the "
        f"digital work) and {show(analog.energy_j, 'J')} ({energy}, and the digital work); "
        f"on the digital unit beside it {others}. The whole system counted, "
        f"at nominal prices, the chip's is {verdicts}."
    )


def fetch_sentences(steps: Sequence[Step]) -> Iterator[str]:
    """Exponents that fetching the images makes smaller, since it takes as long at any number of weights."""
    smallest = min(s.weights for s in steps)
    for method in DIGITAL:
        whole, alone = slope(steps, method), slope(steps, method, "solve")
        small = next(s for s in steps if (s.method, s.weights) == (method, smallest))
        if alone - whole > 0.1 and abs(slope(steps, method, "fetch")) < 0.05:
            share = rounded(small.seconds["fetch"] / small.elapsed_s, ".0%")
            yield (
                f"The exponent of a whole iteration by {DIGITAL[method]}, {rounded(whole, '.2f')}, is no law of its "
                f"solve ({rounded(alone, '.2f')}): fetching the images, beside which it solves, takes as long at any "
                f"N, at {smallest:,} weights {share} of the iteration."
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
    reloads = {name: kept for name, kept in seeds_of(rows, "reload").items() if name != "gradient descent"}
    trained = section(rows, "method")["exact natural gradient"].parameters
    lines = []
    for weights, step in chip.items():
        for every, kept in reloads.items():
            spared = int(every.removeprefix("every "))
            pays = [speed for speed in SPEEDS if faster_load(step, speed, spared) < rivals[weights].elapsed_s]
            if pays:
                mean = float(np.mean([row.accuracy for row in kept]))
                accuracy = f" (with {trained:,} weights {rounded(mean, '.1%')} accurate)"
                lines.append(f"{weights:,} weights from x{min(pays)} on, loaded {every}{accuracy}")
    quickest_digital = "the quickest digital one (Woodbury's identity or conjugate gradients)"
    path = f"the path of the weights {', '.join(f'x{s}' for s in SPEEDS)} as fast as for 50 Gb/s, all else as simulated"
    if lines:
        yield f"With {path}, the chip's iteration is shorter than {quickest_digital} only at: {'; '.join(lines)}."
        return
    weights = max(chip)
    step, rival = chip[weights], rivals[weights]
    rest = step.elapsed_s - step.seconds["load"]
    verdict = "longer by themselves" if rest > rival.elapsed_s else "shorter, so a load that is faster still would pay"
    yield (
        f"With {path}, and weights loaded {', '.join(reloads)} batches, the chip's iteration is nowhere shorter than "
        f"{quickest_digital}: at {weights:,} weights the parts beside the load take {show(rest, 's', 3)}, "
        f"{DIGITAL[rival.method]} {show(rival.elapsed_s, 's', 3)}; they are {verdict}."
    )


def solve_sentences(solves: Solves, rows: Rows) -> Iterator[str]:
    """Errors of one solve: conjugate gradients against a network, and which error a training needs."""
    many, time, by_products, relaxed = next(p for p in solves.products if p[0] == 50)
    verdict = "larger than" if relaxed > by_products else "smaller than" if relaxed < by_products else "equal to"
    yield (
        f"One solve with a real curvature (damping {DAMPING:g}), from the gradient as start: conjugate gradients have "
        f"a relative error of {rounded(by_products, '.1e')} after {many} products with the matrix. A network that "
        f"relaxes for {rounded(time, '.2g')} tau, {many} steps of one over the largest eigenvalue, has one of "
        f"{rounded(relaxed, '.2g')}, which is {verdict} that; tau is the time constant of an eigenvalue of 1, as "
        "above. The network makes no products: the two stand side by side by this step alone."
    )
    yield from error_sentences(solves, rows)


def error_sentences(solves: Solves, rows: Rows) -> Iterator[str]:
    """Which error of a solve a training needs, as far as the times of relaxing tell."""
    time = list(section(rows, "time").values())
    errors = list(solves.relaxed.items())
    enough = first_like(time)
    (tau, error), (longest, least) = errors[enough], errors[-1]
    if enough == len(errors) - 1:
        yield f"Which error is small enough for a training is not known: no time below {longest} tau was."
        return
    lost = [
        f"{t} tau ({rounded(e, '.2g')}, {rounded(row.accuracy, '.1%')})"
        for (t, e), row in zip(errors, time, strict=True)
        if lower(row, time[-1])
    ]
    too_short = f" A loss is resolved after {' and '.join(lost)}." if lost else ""
    yield (
        f"These trainings need no small error: with solves of {tau} tau, whose error is {rounded(error, '.2g')}, a "
        f"training reaches {rounded(time[enough].accuracy, '.1%')}, and no loss against {longest} tau "
        f"({rounded(least, '.2g')}, {rounded(time[-1].accuracy, '.1%')}) is resolved.{too_short} One training each."
    )
