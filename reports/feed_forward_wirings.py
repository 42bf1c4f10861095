"""The dense net `fashion-dense` by wiring: first layer by the host, or chains of cells, which freeze."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feed_forward_measures import Setting, difference, measure, percent, priced_scopes

from chipsim.prices.scopes import Scope
from chipsim.rounding import rounded

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


@dataclass(frozen=True, eq=False)
class Wiring:
    """A wiring, with the energy of an answer by scope and its time; `coupling` is K of its chains."""

    setting: Setting
    energy_j: dict[Scope, float]
    elapsed_s: float
    coupling: float | None

    @property
    def figures(self) -> Any:
        """Of its run."""
        return self.setting.run.summary

    def row(self) -> dict[str, Any]:
        """Of the table."""
        names = ("cells_per_weight", "couplers_per_weight", "digital_mac_share", "longest_neuron", "weight_scale")
        return {
            "wiring": self.setting.name,
            **{f"accuracy_{k}": self.setting.at(k) for k in SHOWN},
            "output_correlation": self.figures["output_correlation"],
            **{name: self.figures[name] for name in names},
            **{str(scope): joules for scope, joules in self.energy_j.items()},
            "elapsed_s": self.elapsed_s,
        }


def wirings() -> list[Wiring]:
    """The same weights by each wiring, on the first 1,000 test images."""
    out = []
    for name, changes in WIRINGS.items():
        setting = measure(name, CHIP, MODEL, changes, IMAGES, SAMPLES)
        energy, elapsed = priced_scopes(CHIP, MODEL, {**changes, "inference.samples": SAMPLES})
        out.append(Wiring(setting, energy, elapsed, changes.get("wiring", {}).get("coupling")))
    return out


def wiring_sentences(found: Sequence[Wiring]) -> Iterator[str]:
    """What the wirings say."""
    base = found[0]
    many = len(base.setting.right)
    yield (
        f"Dense 784-128-10 with {base.setting.name}, {many:,} images: "
        + ", ".join(f"{percent(base.setting.at(k), many)} at {k}" for k in SHOWN)
        + f" samples; {rounded(base.figures['digital_mac_share'], '.1%')} of the multiply-adds are digital."
    )
    for wiring in found[1:]:
        setting, figures = wiring.setting, wiring.figures
        reached = percent(setting.at(SAMPLES), many)
        text = f"With {setting.name}: {reached} at {SAMPLES} samples, {difference(setting, base.setting)}"
        if wiring.coupling is not None:
            text += chain_words(wiring.coupling, figures)
        yield text + "."


def chain_words(coupling: float, figures: Any) -> str:
    """Why chains lose: their law, their memory, and the range that they take from the weights."""
    cells, lag = figures["longest_neuron"], figures["output_correlation"]
    loose = cells * math.exp(-2 * coupling)
    words = f"; neurons of up to {cells} cells have cells * exp(-2 K) = {rounded(loose, '.2g')}"
    words += ", so their means are nearer to 0 than tanh of their fields" if loose > 0.1 else ""
    if lag is not None:
        words += f"; successive outputs have a correlation of {rounded(lag, '.2f')}"
    if figures["weight_scale"] < 1:
        words += f"; weights have {rounded(figures['weight_scale'], '.3g')} of the range of the couplers"
    return words
