"""Planted figures of the reports on denoising and natural gradients, by which tests turn their sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dtm_fashion_cost_sentences import FULL, TENSOR, UTILISATION
from dtm_fashion_costs import GATED, NAMES, PIPELINED, RELOADED, Energies, decoder_contender
from dtm_fashion_curves import Curves
from dtm_fashion_quality import FEATURES, Judged, Measured
from dtm_fashion_sentences import Images
from natural_gradient_figures import Refusal, Rounding, Row, Solves, Step
from natural_gradient_trials import METHODS, PLAIN

from chipsim.ledger.scopes import ScopeCost
from chipsim.workloads.dtm.modes import SlowModes

TESTED = 10_000
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
                each_j = {MIXTURE: {UTILISATION: rival, FULL: full}, DECODER: {UTILISATION: 1e-4, TENSOR: tensor}}
                rivals = {
                    who: {
                        board: {name: {n: e + load / n for n in (1, 100, 10_000)} for name in NAMES}
                        for board, e in by.items()
                    }
                    for who, by in each_j.items()
                }
                interval = 5e-5 if mapping == PIPELINED else 2e-4
                found.append(Energies(accounting, mapping, order, 2e-4, interval, scopes, rivals, bits, 3136))
    return found


def modes(worst=0.8, chance=0.3):
    """Of two layers and twelve inputs; five inputs of the second are slow."""
    slow = np.repeat([0.1, worst, 0.2], [4, 5, 3])
    fast = np.linspace(0.0, 0.1, 12)
    unrelated = np.append(np.zeros(11), chance)
    return [SlowModes(fast, fast, np.full(12, 0.2)), SlowModes(slow, slow / 2, unrelated)]


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


def row(section, setting, accuracy, kappa0=None, stuck=False, run_id=None, seed=0):
    """A training; `stuck` if its accuracy never changed. Runs are the same where their ids are."""
    own = run_id or f"{section} {setting} {seed}"
    costs = (0.54, kappa0, 0, 100, 0.5, 0.2, 9946, 32)
    return Row(section, setting, seed, accuracy, TESTED, *costs, own, stuck, [10, 100], [0.1, accuracy])


def rows(last=0.792, noisy=0.70, kept=0.70, refused=True, delayed=0.79, stuck=True, few=0.7, shared=False, rarer=0.71):
    network = Refusal("couplers", "3 bits", "the network is unstable") if refused else row("couplers", "3 bits", 0.7)
    wide = "500 mV" if shared else "20 mV"
    return [
        row("method", "exact natural gradient", 0.791),
        row("method", "gradient descent", 0.76),
        row("time", "0 tau", 0.76),
        row("time", "1 tau", 0.779),
        row("time", "50 tau", last, run_id="long"),
        row("delay", "0 tau", 0.79),
        row("delay", "5 tau", delayed),
        row("noise", "sigma 1 mV, inputs to 500 mV, 50 tau", 0.792, 1e-6),
        row("noise", f"sigma 9 mV, inputs to {wide}, 50 tau", noisy, 1e-2),
        row("noise", f"sigma 9 mV, inputs to {wide}, 1 tau", noisy, 2e-2),
        row("converters", "4 bits", 0.138, stuck=stuck),
        row("converters", "8 bits", few),
        row("couplers", "2 bits", 0.65),
        network,
        row("mismatch", "0.1%", 0.791),
        row("disturbance", "1 mV", 0.79),
        *[row("reload", PLAIN, 0.76 + 0.001 * seed, seed=seed) for seed in range(3)],
        *[
            row("reload", "every 1", 0.792 + e, run_id=None if n else "long", seed=n)
            for n, e in enumerate((0, 0.002, 0))
        ],
        *[row("reload", "every 3", kept + e, seed=n) for n, e in enumerate((0, 0.004, -0.004))],
        *[row("reload", "every 10", rarer + e, seed=n) for n, e in enumerate((0.002, 0, -0.002))],
    ]


def roundings(fewest=0, more=15):
    """Blocks with a negative eigenvalue with 2 and with 3 bits."""
    return [Rounding(2, 1, 320, fewest, 0.1), Rounding(3, 3, 320, more, -0.12)]


def solves(by_products=1e-10, relaxed=0.3):
    """Errors after 50 products, and of the times of `rows`."""
    return Solves([(50, 2.5, by_products, relaxed)], {0: 0.9, 1: 0.6, 50: 0.001})


def steps(load=1e-3, digital=1e-4, iterative=2e-4, fetch=1e-9):
    """A load of `load` and iterations of digital methods of so many seconds at 10,000 weights. Loads and solves are
    linear in the number of weights, a fetch is free of it.
    """
    for weights in (1000, 10_000):
        share = weights / 10_000
        for method in METHODS:
            if method == "chip":
                seconds = dict.fromkeys(("load", "input", "relax", "read"), 1e-6) | {"load": load * share}
            else:
                whole = iterative if method == "conjugate-gradients" else digital
                seconds = {"fetch": fetch, "solve": (whole - fetch) * share}
            elapsed = sum(seconds.values())
            yield Step(method, weights, seconds, dict.fromkeys(seconds, 1e-6), elapsed, 10 * elapsed)
