"""Ranges of differences and ratios, against every corner of the prices."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from chipsim.ledger.price_ranges import Paid, difference, of_plain, plain, ratio, reversing
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate


def paid(amount: float, price: float, low: float, high: float) -> Paid:
    return Paid(amount * price, amount * low, amount * high, ("energy", price, low, high))


def random_bills(random: np.random.Generator, prices: int) -> tuple[dict[str, Paid], dict[str, Paid]]:
    bills: tuple[dict[str, Paid], dict[str, Paid]] = ({}, {})
    for index in range(prices):
        price = float(random.uniform(0.5, 2))
        bounds = price * float(random.uniform(0.1, 1)), price * float(random.uniform(1, 10))
        for bill in bills:
            if random.random() < 0.8:
                bill[f"part{index}.act"] = paid(float(random.uniform(0, 5)), price, *bounds)
    bills[1]["own.act"] = paid(1.0, 1.0, 0.5, 2.0)
    return bills


def corners(a: dict[str, Paid], b: dict[str, Paid]) -> list[tuple[float, float]]:
    """(a, b) at each corner of the box of prices, each shared by both."""
    names = list(dict.fromkeys([*a, *b]))
    zero = Paid(0, 0, 0, ("", 0, 0, 0))
    out = []
    for ends in itertools.product(("low_j", "high_j"), repeat=len(names)):
        out.append(tuple(
            math.fsum(getattr(bill.get(name, zero), end) for name, end in zip(names, ends, strict=True))
            for bill in (a, b)
        ))  # fmt: skip
    return out


@pytest.mark.parametrize("seed", range(20))
def test_ranges_are_those_of_the_extreme_corners(seed: int) -> None:
    a, b = random_bills(np.random.default_rng(seed), 6)
    at = corners(a, b)
    found, of = difference(a, b), ratio(a, b)
    assert (found.low, found.high) == pytest.approx((min(x - y for x, y in at), max(x - y for x, y in at)))
    assert of is not None
    assert (of.low, of.high) == pytest.approx((min(x / y for x, y in at), max(x / y for x, y in at)))
    assert of.low <= of.value <= of.high
    assert found.low <= found.value <= found.high


def test_what_both_pay_alike_cancels() -> None:
    host = paid(100.0, 1.0, 0.1, 10.0)
    a, b = (
        {"host.word": host, "rng.on": paid(2.0, 1.0, 0.5, 2.0)},
        {"host.word": host, "rng.on": paid(1.0, 1.0, 0.5, 2.0)},
    )
    found = difference(a, b)
    assert (found.low, found.value, found.high) == (0.5, 1.0, 2.0)
    assert reversing(a, b) == ()


def test_a_price_that_differs_is_two_prices() -> None:
    a, b = {"rng.on": paid(1.0, 2.0, 1.0, 4.0)}, {"rng.on": paid(1.0, 1.5, 1.0, 3.0)}
    found = difference(a, b)
    assert (found.low, found.value, found.high) == (-2.0, 0.5, 3.0)
    assert reversing(a, b) == ("rng.on",)


def test_prices_that_reverse_are_named() -> None:
    a = {"x.act": paid(2.0, 1.0, 0.1, 10.0), "y.act": paid(1.0, 1.0, 0.9, 1.1), "z.act": paid(0.0, 1.0, 0.1, 10.0)}
    b = {"x.act": paid(1.0, 1.0, 0.1, 10.0), "y.act": paid(1.5, 1.0, 0.9, 1.1), "z.act": paid(0.0, 1.0, 0.1, 10.0)}
    # a takes 0.5 more; with x at a tenth it takes 0.1 - 0.5 less. y moves the difference by 0.05 only.
    assert reversing(a, b) == ("x.act",)
    assert reversing(b, a) == ("x.act",)


def test_bills_as_json() -> None:
    bill = {"x.act": paid(2.0, 1.0, 0.1, 10.0)}
    assert of_plain(plain(bill)) == bill


def test_ranges_of_what_is_derived() -> None:
    settings: dict[str, Any] = {"schedule.sweeps": 400, "target.value": 10, "jobs_per_load": 10}
    summary = simulate(plan("tiny", "spin-glass", settings), lanes=64).summary
    rows = [row for row in summary["ledger"] if row["energy_j"]]

    def at(bound: str, repetitions: float, loads: float) -> float:
        shares = [row["once_j"] / row["energy_j"] for row in rows]
        return math.fsum(row[bound] * ((1 - s) * repetitions + s * loads) for row, s in zip(rows, shares, strict=True))

    samples, loads = summary["effective_samples"], 7  # 64 repetitions, ten to a load
    expected = {
        "joules_per_effective_sample_price_range_j": (64 / samples, loads / samples),
        "joules_per_delivered_sample_price_range_j": tuple(n / summary["delivered_samples"] for n in (64, loads)),
        "energy_per_answer_price_range_j": (1, 0.1),
    }
    chance = summary["success_probability"]["value"]
    repeats = max(math.log(0.01) / math.log(1 - chance), 1) if chance < 1 else 1.0
    expected["energy_to_solution_price_range_j"] = (repeats, repeats)
    for name, multiple in expected.items():
        assert summary[name] == pytest.approx([at("low_j", *multiple), at("high_j", *multiple)], rel=1e-9), name
