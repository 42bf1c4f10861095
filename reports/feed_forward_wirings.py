"""The dense net `fashion-dense` by wiring: first layer by the host, or chains of cells, which freeze."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feed_forward_measures import Setting, percent, priced_scopes, settings_of, told
from readme import Table

from chipsim.prices.scopes import Scope
from chipsim.rounding import rounded
from chipsim.units import show

CHIP, MODEL = "any-graph", "fashion-dense"
IMAGES, SAMPLES, DEGREE = 1000, 64, 12
SHOWN = (1, 16, 64)


def chained(coupling: float, warmup: int) -> dict[str, Any]:
    """Chains with K = coupling."""
    wiring = {"method": "chains", "degree": DEGREE, "coupling": coupling}
    return {"wiring": wiring, "inference.warmup": warmup}


# The first is the base of all comparisons.
WIRINGS: dict[str, dict[str, Any]] = {
    "first layer by the host, 6 bits": {},
    "first layer by the host, 3 bits": {"wiring.bits": 3},
    "chains, K = 1": chained(1, 0),
    "chains, K = 2": chained(2, 0),
    "chains, K = 3": chained(3, 0),
    "chains, K = 3, 500 sweeps of warm-up": chained(3, 500),
}


@dataclass(frozen=True)
class Wiring:
    """A wiring, with the energy of an answer by scope and its time; `coupling` is K of its chains."""

    setting: Setting
    energy_j: dict[Scope, float]
    elapsed_s: float
    coupling: float | None

    def row(self) -> dict[str, Any]:
        """Of the table."""
        names = ("cells_per_weight", "couplers_per_weight", "digital_mac_share", "longest_neuron", "weight_scale")
        return {
            "wiring": self.setting.name,
            **{f"accuracy_{k}": self.setting.at(k) for k in SHOWN},
            "output_correlation": self.setting.figures["output_correlation"],
            **{name: self.setting.figures[name] for name in names},
            **{str(scope): joules for scope, joules in self.energy_j.items()},
            "elapsed_s": self.elapsed_s,
        }


def wirings() -> list[Wiring]:
    """The same weights by each wiring, on the first 1,000 test images."""
    out = []
    for setting, changes in zip(settings_of(CHIP, MODEL, WIRINGS, IMAGES, SAMPLES), WIRINGS.values(), strict=True):
        energy, elapsed = priced_scopes(CHIP, MODEL, {**changes, "inference.samples": SAMPLES})
        out.append(Wiring(setting, energy, elapsed, changes.get("wiring", {}).get("coupling")))
    return out


def wiring_tables(found: Sequence[Wiring]) -> Iterator[Table]:
    """Accuracy, cells and energy by wiring."""
    base = found[0].setting
    yield Table(
        f"784-128-10 with the same weights on {base.images:,} test images, by wiring",
        (
            "wiring",
            *(f"{k} sample{'s' if k > 1 else ''}" for k in SHOWN),
            f"points against {base.name}",
            "correlation of outputs",
            "cells per weight",
            "digital",
            "weights scaled by",
            *found[0].energy_j,
            "time",
        ),
        tuple(_row(wiring, base) for wiring in found),
    )


def _row(wiring: Wiring, base: Setting) -> tuple[str, ...]:
    setting = wiring.setting
    lag = setting.figures["output_correlation"]
    return (
        setting.name,
        *(percent(setting.at(k), setting.images) for k in SHOWN),
        "-" if setting is base else told(setting),
        "-" if lag is None else rounded(lag, ".2f"),
        rounded(setting.figure("cells_per_weight"), ".3f"),
        rounded(setting.figure("digital_mac_share"), ".1%"),
        rounded(setting.figure("weight_scale"), ".3g"),
        *(show(joules, "J", 3) for joules in wiring.energy_j.values()),
        show(wiring.elapsed_s, "s", 3),
    )


def wiring_sentences(found: Sequence[Wiring]) -> Iterator[str]:
    """What chains lose, and why."""
    for wiring in found:
        if wiring.coupling is not None:
            yield f"With {wiring.setting.name}: {chain_words(wiring.coupling, wiring.setting)}."


def chain_words(coupling: float, setting: Setting) -> str:
    """What chains lose against the first wiring, and why: their law, their memory, and the range that they take from
    the weights.
    """
    cells, lag = setting.figure("longest_neuron"), setting.figures["output_correlation"]
    loose = cells * math.exp(-2 * coupling)
    words = f"{told(setting)} (points at {SAMPLES} samples); neurons of up to {cells:g} cells have cells * exp(-2 K) = "
    words += rounded(loose, ".2g")
    words += ", so their means are nearer to 0 than tanh of their fields" if loose > 0.1 else ""
    if lag is not None:
        words += f"; successive outputs have a correlation of {rounded(lag, '.2f')}"
    if (scale := setting.figure("weight_scale")) < 1:
        words += f"; weights have {rounded(scale, '.3g')} of the range of the couplers"
    return words
