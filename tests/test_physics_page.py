"""Figures of docs/physics.md are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chipsim.components.digital.host import CACHE_BYTES, CACHE_WORD_J, KIB, Host
from chipsim.engine.device import CLAMP_BITS
from chipsim.statistics.effective_samples import MAX_RHAT, SHORTEST_CHAIN
from chipsim.statistics.success import WANTED
from chipsim.workloads.covariance import MAX_SHORT
from chipsim.workloads.ising.distortion import MAX_BETA_ERROR, MAX_LOST
from chipsim.workloads.ising.schedule import FINE_SWEEPS

PAGE = (Path(__file__).parent.parent / "docs" / "physics.md").read_text()


HOST = Host.model_validate({"kind": "host", "cycle": "1 ns"})
SIZES = ", ".join(f"{size // KIB}" for size in CACHE_BYTES[:-1])
ENERGIES = ", ".join(f"{energy * 1e12:g}" for energy in CACHE_WORD_J[:-1])


@pytest.mark.parametrize(
    "said",
    [
        f"**clamp**: {CLAMP_BITS} bits a cell",
        f"the small cache ({HOST.small_cache / KIB:g} KiB), the large one\n  ({HOST.large_cache / KIB:g} KiB)",
        f"takes {HOST.instructions_per_word} instructions",
        f"costs {ENERGIES} and {CACHE_WORD_J[-1] * 1e12:g} pJ at {SIZES} and {CACHE_BYTES[-1] // KIB} KiB",
        f"shorter than {SHORTEST_CHAIN} tau_int",
        f"split R-hat over lanes is above {MAX_RHAT}",
        f"come from {FINE_SWEEPS:,} sweeps",
        f"log(1 - {WANTED}) / log(1 - p)",
        f"lacks more than {MAX_SHORT:.0%}".replace("%", " %"),
        f"beta is more than {MAX_BETA_ERROR:.0%}".replace("%", " %") + " off",
    ],
)
def test_figures(said: str) -> None:
    assert said in PAGE
    assert MAX_LOST == 0.5  # "more than half"


def test_modules_that_are_named_exist() -> None:
    names = re.findall(r"`([\w/]+\.py)`", PAGE)
    assert len(names) >= 4
    assert all((Path(__file__).parent.parent / "chipsim" / name).exists() for name in names)
