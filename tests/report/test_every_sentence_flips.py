"""Every sentence of the reports on denoising and natural gradients is turned by planted figures.

It is then said in other words, or not at all. A new sentence, or a new function of sentences, without figures that turn
it fails here; what exactly each says is tested beside.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace

import dtm_fashion_cost_sentences as costs
import dtm_fashion_curves as layers
import dtm_fashion_sentences as quality
import natural_gradient_hardware_sentences as hardware
import natural_gradient_sentences as natural
import numpy as np
import pytest
from dtm_fashion_quality import FEATURES, Measured
from support_reports import (
    DECODER,
    MIXTURE,
    curves,
    energies,
    images,
    judged,
    modes,
    roundings,
    row,
    rows,
    solves,
    steps,
)

from chipsim.workloads.dtm.modes import SlowModes

MODULES = (quality, costs, layers, natural, hardware)
BEST = judged(MIXTURE, 1.2)
FAR, NEAR = np.arange(40, 81), np.arange(41)
ADAM, EXACT = "Adam, rate 0.003", "exact natural gradient"
FIRST, SECOND = images().monoliths
TURNED = replace(FIRST, distances={**FIRST.distances, FEATURES[1]: Measured(20.0, 0.2)})
UNLIKE = replace(images(), monoliths=[TURNED, SECOND])
FEW = [SlowModes(*(values[:2] for values in vars(found).values())) for found in modes()]


def without_links(share):
    """Energies whose chip takes this share of everything without links and host, and moves no more than an image."""
    found = energies()[0]
    alone = found.scopes[costs.CHIP_ALONE]
    less = replace(alone, energy_j={n: share * e for n, e in alone.energy_j.items()})
    return replace(found, scopes={**found.scopes, costs.CHIP_ALONE: less}, link_bits=784)


def scaled(cost, factor):
    return replace(cost, energy_j={n: factor * e for n, e in cost.energy_j.items()})


def heavy_links(share):
    """Energies whose chip takes this share of them without links, host and controller."""
    return [
        replace(e, scopes={**e.scopes, costs.CHIP_ALONE: scaled(e.scopes[costs.CHIP_ALONE], share)}) for e in energies()
    ]


def cheap_sorting(share):
    """Energies of which batches sorted by class take this share."""
    return [
        replace(e, scopes={name: scaled(cost, share) for name, cost in e.scopes.items()}) if e.order == "sorted" else e
        for e in energies()
    ]


# For each function: figures from which it makes its sentences, and figures that drop or change each of them.
PLANTED = {
    quality.reading_sentences: [(images(),), (replace(images(), floor=judged("real images", 0.4, 0)),)],
    quality.quality_sentences: [(images(),), (images(mixture=3.5, fine=1.0, ours=2.8),)],
    quality.monolith_sentences: [(images(),), (images(monoliths=(1.0, 14.0), means=20.0),), (UNLIKE,)],
    quality.test_sentences: [(images(),), (images(apart=0.51),), (images(apart=0.8),)],
    quality.class_sentences: [(images(), 0.88, 60_000, 10), (images(), 0.7, 60_000, 10)],
    quality.neighbour_sentences: [(FAR, NEAR), (NEAR, FAR)],
    quality.mixing_sentences: [([0.01, 0.04], modes()), ([0.05, 0.04], modes(worst=0.25)), ([0.01], FEW)],
    costs.contender_sentences: [(images(), energies()), (images(mixture=2.8), energies())],
    costs.price_sentences: [(MIXTURE, energies()), (MIXTURE, energies(full=1e-8)), ("other", energies())],
    costs.traffic_sentences: [(MIXTURE, energies()[0]), (MIXTURE, without_links(0.1))],
    costs.series_sentences: [(energies(), MIXTURE), (heavy_links(0.1), DECODER)],
    costs.cost_sentences: [(energies(), 100, 80, 4, 250), (energies(chip=2e-7, array=2e-10), 100, 80, 4, 250),
                           (cheap_sorting(0.5), 100, 80, 4, 250)],
    costs.history_sentences: [(energies(array=1e-8), DECODER, MIXTURE), (energies(), DECODER, MIXTURE)],
    layers.sweep_sentences: [(curves(), BEST), (curves(longest=1.5), BEST), (curves(longest=2.4), BEST),
                             (curves(), judged(MIXTURE, 3.1))],
    layers.layer_sentences: [(curves(),), (curves(third=1.0),), (curves(third=2.0),)],
    layers.fit_sentences: [(curves(), judged("untold", 35.0), images().baselines),
                           (curves(small=1.3), judged("untold", 1.2), images().baselines)],
    natural.setting_sentences: [(rows(),), ([row("method", EXACT, 0.9), *rows(refused=False)[1:]],)],
    natural.time_sentences: [(rows(), 0.6, 0.04), (rows(last=0.74), 0.6, 0.04)],
    natural.delay_sentences: [(rows(),), (rows(delayed=0.77),)],
    natural.noise_sentences: [(rows(),), (rows(noisy=0.785, shared=True),)],
    natural.seed_sentences: [(rows(),), ([r for r in rows() if r.section != "reload"],)],
    hardware.hardware_sentences: [(each, roundings()) for each in (
        rows(), rows(refused=False, stuck=False, few=0.9), rows(last=0.7))],
    hardware.rounding_sentences: [(rows(), roundings()), (rows(refused=False), roundings())],
    hardware.reload_sentences: [(rows(),), (rows(kept=0.79),)],
    natural.race_sentences: [([(ADAM, 1, [1500, 1600, 1690]), (EXACT, 1, exact)],) for exact in
                             ([700, 800, 750], [1500, 1600, 1700], [3000, 3100, 3200])]
                            + [([(ADAM, 1, [9] * 3), (ADAM, 2, [9] * 3), (EXACT, 1, [7] * 3)],)],
    natural.cost_sentences: [(list(steps()),), (list(steps(load=1e-2, digital=1e-2, fetch=4e-5)),)],
    natural.fetch_sentences: [(list(steps(fetch=4e-5)),), (list(steps()),)],
    natural.winning_sentences: [(list(steps()), rows()), (list(steps(digital=1e-6)), rows()),
                                (list(steps(load=1, digital=5e-6)), rows())],
    natural.solve_sentences: [(solves(), rows()), (solves(by_products=0.4), rows())],
    natural.error_sentences: [(solves(), rows()), (solves(), rows(last=0.78)), (solves(), rows(last=0.775))],
}  # fmt: skip


def functions():
    """Functions of sentences of all modules."""
    return {
        value
        for module in MODULES
        for name, value in vars(module).items()
        if name.endswith("_sentences") and inspect.isfunction(value)
    }


def sentences_of(function):
    """(first, last) lines of each `yield` of the function, those of functions that it calls left out."""
    lines, first = inspect.getsourcelines(function)
    for node in ast.walk(ast.parse("".join(lines))):
        if isinstance(node, ast.Yield):
            yield first + node.lineno - 1, first + node.end_lineno - 1


def said(function, arguments):
    """{line of the function: what it says there}."""
    found = {}
    generator = function(*arguments)
    for sentence in generator:
        if generator.gi_yieldfrom is None:
            line = generator.gi_frame.f_lineno
            found[line] = [*found.get(line, []), sentence]
    return found


def unturned(function, planted):
    """Sentences that are never said, or always in the same words."""
    every = [said(function, arguments) for arguments in planted]
    for first, last in sentences_of(function):
        texts = [[s for line, ss in each.items() if first <= line <= last for s in ss] for each in every]
        if all(text == texts[0] for text in texts):
            yield f"{function.__name__}, line {first}: {texts[0] or 'never said'}"


def test_all_functions_of_sentences_are_planted():
    assert functions() == set(PLANTED)


@pytest.mark.parametrize("function", PLANTED, ids=lambda f: f.__name__)
def test_every_sentence_is_turned_by_planted_figures(function):
    assert list(sentences_of(function))
    assert not list(unturned(function, PLANTED[function]))


def some_sentences(value):
    """One that turns, one that is always the same, one that is never said."""
    yield f"It is {value}."
    yield (
        "It is good, "
        "always."
    )  # fmt: skip
    if value > 5:
        yield "It is large."


def test_a_sentence_that_figures_do_not_turn_is_found():
    always, never = unturned(some_sentences, [(1,), (2,)])
    assert "It is good, always." in always
    assert "never said" in never
    (always,) = unturned(some_sentences, [(1,), (6,)])
    assert "It is good, always." in always
