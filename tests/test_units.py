"""Quantity strings: what they mean in SI, and what is refused with which remedy."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_errors import refused

from chipsim.units import (
    EXAMPLES,
    _registry,
    parse,
    show,
    show_amount,
    show_chance,
    show_count,
    show_interval,
    show_number,
    show_ratio,
    to_fs,
    to_seconds,
)

GOOD = [
    ("100 ns", "s", 1e-7),
    ("100ns", "s", 1e-7),
    ("0.1 us", "s", 1e-7),
    ("1e-3 s", "s", 1e-3),
    ("1 µs", "s", 1e-6),
    ("1 μs", "s", 1e-6),
    ("1 min", "s", 60.0),
    ("350 aF/um", "F/m", 350e-12),
    ("0.35 fF/um", "F/m", 350e-12),
    ("2 pJ", "J", 2e-12),
    ("3.5 nW", "W", 3.5e-9),
    ("36 um^2", "m**2", 36e-12),
    ("36 um**2", "m**2", 36e-12),
    ("50 Gbit/s", "bit/s", 5e10),
    ("300 K", "K", 300.0),
    ("26.85 degC", "K", 300.0),
    ("0.1034 V", "V", 0.1034),
    ("-2 V", "V", -2.0),
    ("100 MHz", "Hz", 1e8),
    ("1 eV", "J", 1.602176634e-19),
]


@pytest.mark.parametrize(("text", "unit", "value"), GOOD)
def test_quantities(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == value


BAD = [
    (100, "s", "spec.no-unit"),
    (1e-9, "s", "spec.no-unit"),
    ("100", "s", "spec.no-unit"),
    ("1e-9", "s", "spec.no-unit"),
    ("100 nF", "s", "spec.wrong-unit"),
    ("5 parsec/fortnight", "s", "spec.wrong-unit"),
    ("5 blorg", "s", "spec.unknown-unit"),
    ("ns 100", "s", "spec.wrong-type"),
    ("1 + 1 ns", "s", "spec.wrong-type"),
    ("two ns", "s", "spec.wrong-type"),
    ("", "s", "spec.wrong-type"),
    (None, "s", "spec.wrong-type"),
    (True, "s", "spec.wrong-type"),
    ([1], "s", "spec.wrong-type"),
    ("1 ns**", "s", "spec.unknown-unit"),
    ("1e999 s", "s", "spec.bad-number"),
    ("1 " + "n" * 60 + "s", "s", "spec.wrong-type"),
    ("1 __import__('os')", "s", "spec.wrong-type"),
    ("nan s", "s", "spec.wrong-type"),
]


@pytest.mark.parametrize(("text", "unit", "code"), BAD)
def test_refused_with_a_remedy(text: object, unit: str, code: str) -> None:
    with refused(code) as caught:
        parse(text, unit)
    assert "write for example" in str(caught.value) or "finite" in str(caught.value)


@pytest.mark.parametrize(("unit", "example"), EXAMPLES.items())
def test_every_example_can_be_written(unit: str, example: str) -> None:
    assert parse(example, unit) > 0


@given(st.integers(1, 10**9))
def test_decimals_are_read_exactly(nanoseconds: int) -> None:
    # "x ns" is the float nearest to x * 1e-9, which x * 1e-9 in floats is not always.
    assert parse(f"{nanoseconds} ns", "s") == float(f"{nanoseconds}e-9")
    assert to_fs(parse(f"{nanoseconds} ns", "s")) == nanoseconds * 10**6


@given(st.integers(0, 10**15))
def test_femtoseconds_survive_the_way_through_seconds(femtoseconds: int) -> None:
    assert to_fs(to_seconds(femtoseconds)) == femtoseconds


PREFIXES = ["", *"afpnumckMGT"]
SIMPLE = ["s", "J", "W", "V", "K", "F", "m", "A", "H", "S", "Hz", "ohm", "bit", "m**2", "F/m", "bit/s", "V/K", "W/m**2"]


@pytest.mark.parametrize("unit", SIMPLE)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_simple_units_are_those_of_pint(prefix: str, unit: str) -> None:
    registry = _registry()
    for under in PREFIXES if "/" in unit else [""]:
        name = prefix + unit.replace("**", "^").replace("/", f"/{under}")
        for number in ("1", "350", "0.1034", "7.3e-5"):
            expected = registry.Quantity(Decimal(number), registry.parse_units(name)).to(unit).magnitude
            assert parse(f"{number} {name}", unit) == float(expected), name


def test_parts_in_a_million_are_those_of_pint() -> None:
    registry = _registry()
    assert parse("30 ppm/K", "1/K") == float(registry.Quantity(Decimal(30), registry.parse_units("ppm/K")).to("1/K").m)


@pytest.mark.parametrize("name", ["m/", "/m", "m/m/m", "m//m", "m^3", "mm^2^2"])
def test_what_only_looks_simple_is_no_length(name: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        parse(f"1 {name}", "m")


SHOWN = [
    (1.6e-9, "J", 4, "1.600 nJ"),
    (1.5998e-9, "J", 4, "1.600 nJ"),
    (0.99999e-9, "J", 4, "1.000 nJ"),
    (999.96e-12, "J", 4, "1.000 nJ"),
    (5e-5, "s", 5, "50.000 us"),
    (2.45e-9, "J", 3, "2.45 nJ"),
    (0.0, "J", 4, "0 J"),
    (-3e-3, "V", 3, "-3.00 mV"),
    (1234.5, "J", 4, "1.235 kJ"),
    (1e-21, "J", 3, "0.00100 aJ"),
    (4e10, "bit/s", 3, "40.0 Gbit/s"),
    (None, "J", 4, "-"),
    (float("inf"), "s", 4, "inf s"),
]


@pytest.mark.parametrize(("value", "unit", "digits", "text"), SHOWN)
def test_shown_with_a_prefix(value: float | None, unit: str, digits: int, text: str) -> None:
    assert show(value, unit, digits) == text


@given(st.floats(1e-18, 1e14), st.integers(2, 6))
def test_what_is_shown_can_be_read_back(value: float, digits: int) -> None:
    assert parse(show(value, "J", digits), "J") == pytest.approx(value, rel=1.01 * 10 ** (1 - digits) / 2, abs=0)


def test_counts_for_people() -> None:
    assert show_count(1_225_000.0) == "1,225,000"
    assert show_count(801.5) == "801.5"
    assert show_count(123_456.7) == "123,457"
    assert show_count(2.9935e16) == "2.994e+16"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (show_amount(29_935_434_990_304_832.0, "aJ"), ("29.94 mJ", "")),
        (show_amount(4e-4, "s"), ("400.0 us", "")),
        (show_amount(408, "bit"), ("408", "bit")),
        (show_chance(1.16e-142), "below 1e-12"),
        (show_chance(0.0), "0"),
        (show_chance(0.0123), "0.0123"),
        (show_interval(0.0, 2.5e-6, "J"), ""),
        (show_interval(None, 2.5e-6, "J"), ""),
        (show_interval(1e-21, 2.5e-6, "J"), ""),
        (show_interval(8.9e-16, 3.5e-9, "J"), " +- 890 aJ"),
        (show_number(13_359.0), "13,359"),
        (show_number(13_345.25), "13,345"),
        (show_number(1_234.5678, 6), "1,234.57"),
        (show_number(0.012345, 3), "0.0123"),
        (show_ratio(112_345.0), "112,000"),
        (show_ratio(0.012345), "0.0123"),
        (show_ratio(99.94), "99.9"),
    ],
)
def test_numbers_for_people(shown: object, text: object) -> None:
    assert shown == text
