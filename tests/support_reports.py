"""Planted figures of the reports on denoising and natural gradients, by which tests turn their sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dtm_fashion_cost_sentences import FULL, TENSOR, UTILISATION
from dtm_fashion_costs import GATED, NAMES, PIPELINED, RELOADED, Energies, decoder_contender
from dtm_fashion_curves import Curves
from dtm_fashion_quality import FEATURES, Judged, Measured
from dtm_fashion_sentences import Images

from chipsim.ledger.scopes import ScopeCost
from chipsim.workloads.dtm.modes import SlowModes

MIXTURE, DECODER = "Bernoulli mixture, 100 components", decoder_contender().name


def judged(name, distance, parameters=100, told=False, apart=0.8, half_width=0.2):
    by_features = {key: Measured(distance, half_width) for key in FEATURES}
    return Judged(name, parameters, told, 1, by_features, Measured(apart, 0.02), 0.8 if told else None)


def images(ours=2.9, mixture=1.2, monoliths=(12.0, 14.0), means=9.1, fine=2.8, size=100, apart=0.87):
    return Images(
        judged("denoising model", ours, 120, told=True, apart=apart),
        {"the same with couplers of 16 bits": judged("the same", fine, 120)},
        [judged(f"monolith {n}", d, 30, told=True) for n, d in enumerate(monoliths)],
        judged("monolith, told no class", 35.0, 30),
        judged("small denoising model", 30.0, 120),
        [judged(MIXTURE, mixture, size), judged("class means", means, 10, told=True)],
        judged("real images (floor)", 0.2, 0),
    )


def energies(chip=1e-7, rival=1e-6, load=1e-6, gated=2e-7, tensor=1e-8, array=1e-10, full=1e-7, bits=15_000):
    """The chip takes `chip` at 10,000 images a load, within a factor of two, and 80 times that at one."""
    found = []
    for accounting in ("parts", "flat", "Z1"):
        for mapping in (RELOADED, GATED, PIPELINED):
            for order in ("mixed", "sorted"):
                whole = gated if mapping == GATED else chip
                scopes = {}
                for name in NAMES:
                    energy = array if name == NAMES[0] else whole
                    by_images = {1: 80 * energy, 100: 2 * energy, 10_000: energy}
                    ranges = {n: (e / 2, 2 * e) for n, e in by_images.items()}
                    scopes[name] = ScopeCost(name, (), by_images, ranges)
                rivals = {
                    key: {name: {n: each + load / n for n in (1, 100, 10_000)} for name in NAMES}
                    for key, each in (
                        ((MIXTURE, UTILISATION), rival),
                        ((MIXTURE, FULL), full),
                        ((DECODER, UTILISATION), 1e-4),
                        ((DECODER, TENSOR), tensor),
                    )
                }
                interval = 5e-5 if mapping == PIPELINED else 2e-4
                found.append(Energies(accounting, mapping, order, 2e-4, interval, scopes, rivals, bits, 3136))
    return found


def modes(worst=0.8, chance=0.3):
    """Of two layers and three inputs; the second is slower."""
    slow, fast = np.array([0.1, worst, 0.2]), np.array([0.0, 0.05, 0.1])
    return [SlowModes(fast, fast, np.full(3, 0.2)), SlowModes(slow, slow / 2, np.array([0.0, chance, 0.1]))]


def curves(longest=2.9, third=2.5, small=30.0):
    """A model at 3.2 with 250 sweeps, whose layers 1 and 2 add 0.9, and a mixture at 1.2."""
    sweeps = {62: 17.0, 250: 3.2, 2000: longest}
    last = {1: 0.3, 2: 0.9, 3: third, 4: 3.2}
    several = replace(judged("small denoising model", small, 120), fits=3)
    return Curves(250, {k: at(d) for k, d in sweeps.items()}, {n: at(d) for n, d in last.items()}, several)


def at(distance):
    return {key: Measured(distance, 0.2) for key in FEATURES}


def text(found):
    return " ".join(found)
