"""A host finds its words where their working set lives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chipsim.components.base import Transfer
from chipsim.components.digital.host import Host, cache_word_j
from chipsim.errors import SpecErrors
from chipsim.ledger.multiples import Multiple, cost
from chipsim.results.reprice import reprice
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

KIB = 1024


def host(**values: Any) -> Host:
    return Host.model_validate({"kind": "host", "cycle": "1 ns", **values})


def test_published_figures_stand_at_their_sizes() -> None:
    for size, energy in ((8, 10e-12), (32, 20e-12), (1024, 100e-12)):
        assert cache_word_j(size * KIB) == pytest.approx(energy, rel=1e-12)
    # Between them a power law; beyond them the last one goes on.
    assert cache_word_j(16 * KIB) == pytest.approx(10e-12 * 2**0.5, rel=1e-12)
    slope = np.log(5) / np.log(32)
    assert cache_word_j(4096 * KIB) == pytest.approx(100e-12 * 4**slope, rel=1e-12)
    assert cache_word_j(2 * KIB) == pytest.approx(5e-12, rel=1e-12)


@pytest.mark.parametrize(
    ("working_set", "home"),
    [(32 * KIB, "small_cache"), (32 * KIB + 1, "large_cache"), (1024 * KIB, "large_cache"), (1024 * KIB + 1, "memory")],
)
def test_a_working_set_lives_in_the_smallest_memory_that_holds_it(working_set: int, home: str) -> None:
    duration, counts = host().compute(10, working_set)
    assert counts == {home: 10, "instruction": 20}
    assert duration == 10 * 10**6


def test_words_that_are_handled_once_are_their_own_working_set() -> None:
    assert host().compute(4 * KIB)[1] == {"small_cache": 4 * KIB, "instruction": 8 * KIB}
    assert host().compute(4 * KIB + 1)[1] == {"large_cache": 4 * KIB + 1, "instruction": 8 * KIB + 2}
    sent = Transfer("program", words=100, bits=6)
    assert host().counts(sent) == {"small_cache": 10, "instruction": 20}
    assert host(small_cache="8 B", large_cache="8 B").counts(sent) == {"memory": 10, "instruction": 20}


@pytest.mark.system
def test_sizes_are_those_of_the_spec() -> None:
    settings = {
        "schedule.sweeps": 20,
        "host.small_cache": "1 KiB",
        "host.large_cache": "40 kB",
        "host.instructions_per_word": 3,
    }
    run = simulate(plan("dtca-70", "spin-glass", settings), lanes=1)
    rows = {row["action"]: row for row in run.summary["ledger"] if row["component"] == "host"}
    # A bias and 77 words of spins, 616 bytes; the problem, 26,704 bytes; 42,808 bytes of weights.
    assert {name: row["count"] for name, row in rows.items() if name != "on"} == {
        "small_cache": 78, "large_cache": 3338, "memory": 5351, "instruction": 3 * 8767,
    }  # fmt: skip
    assert rows["memory"]["energy_j"] == pytest.approx(5351 * 1.95e-9)
    assert (rows["memory"]["low_j"], rows["memory"]["high_j"]) == pytest.approx((5351 * 1.3e-9, 5351 * 2.6e-9))
    assert rows["large_cache"]["energy_j"] == pytest.approx(3338 * cache_word_j(40_000))


def test_the_caches_are_in_order() -> None:
    with pytest.raises(
        SpecErrors, match="large_cache is 1000 bytes, small_cache 32768; large_cache must be the larger one"
    ):
        plan("tiny", "spin-glass", {"host.large_cache": "1 kB"})


@pytest.mark.system
def test_the_table_of_old_charges_a_nanojoule_a_word() -> None:
    run = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), lanes=2)
    flat = reprice(run, "host-flat")
    rows = [row for row in flat.summary.priced.ledger if row.component == "host"]
    words = sum(row.count for row in rows if row.action in ("small_cache", "large_cache", "memory"))
    paid = cost(rows, Multiple(1, 1))
    assert paid == pytest.approx((words * 1e-9, words * 0.1e-9, words * 10e-9))
