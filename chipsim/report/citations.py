"""BibTeX of the sources that the energy of a run rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from chipsim import __version__
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.spec.presets import preset_root


class Publication(NamedTuple):
    """A publication, and the text by which sources of prices name it."""

    match: str
    bibtex: str


class Rest(NamedTuple):
    """How much of a run's energy rests on a source, and through which prices."""

    energy_j: float
    prices: tuple[str, ...]


def publications() -> list[Publication]:
    """The publications behind the preset price tables."""
    held = yaml.safe_load((preset_root() / "chips/sources/publications.yaml").read_text())
    return [Publication(**entry) for entry in held]


def rests_on(summary: Summary) -> dict[str, Rest]:
    """Source -> what rests on it, the largest energy first; prices that took no energy are left out."""
    energy: defaultdict[str, float] = defaultdict(float)
    prices: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in summary.priced.ledger:
        if row.energy_j:
            energy[row.source] += row.energy_j
            prices[row.source][row.price] = None
    ordered = sorted(energy, key=lambda source: -energy[source])
    return {source: Rest(energy[source], tuple(prices[source])) for source in ordered}


def citations(summary: Summary) -> Iterator[str]:
    """BibTeX entries of chipsim and of every publication that a used price names, each with its prices and their share.

    A source that names several publications counts for each of them. Sources without a publication follow as comments.
    """
    yield _CHIPSIM
    found, known, total = rests_on(summary), publications(), summary.priced.energy_j
    for publication in known:
        used = {source: rest for source, rest in found.items() if publication.match in source}
        if used:
            yield _comment("rests on", used, total) + publication.bibtex
    for source, rest in found.items():
        if not any(publication.match in source for publication in known):
            yield _comment(f"rests on a source without a publication: {source}", {source: rest}, total)


def _comment(told: str, rests: dict[str, Rest], total: float) -> str:
    share = sum(rest.energy_j for rest in rests.values()) / total if total else 0.0
    prices = ", ".join(dict.fromkeys(name for rest in rests.values() for name in rest.prices))
    shown = rounded(share, ".2%") if share >= 0.0001 else "less than 0.01%"
    return f"% {shown} of the energy ({prices}) {told}\n"


_CHIPSIM = f"""@software{{chipsim,
  title = {{chipsim: simulator of probabilistic chips with energy, latency and sampling ledgers}},
  author = {{{{The chipsim developers}}}},
  version = {{{__version__}}},
  license = {{Apache-2.0}}
}}
"""
