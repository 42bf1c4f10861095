"""Numbers for people: halves of the decimal away from zero, everywhere."""

from __future__ import annotations

import ast
import inspect
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import make_reports
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipsim
from chipsim.rounding import rounded
from chipsim.units import show, show_area, show_count, show_number, show_ratio

PACKAGE, REPORTS = Path(chipsim.__file__).parent, Path(make_reports.__file__).parent
SOURCES = sorted([*PACKAGE.rglob("*.py"), *REPORTS.glob("*.py")])
PAGES = sorted([*PACKAGE.rglob("*.j2"), *REPORTS.glob("*.j2")])
# A format of Python that rounds.
ROUNDS = re.compile(r"\.(?:[0-9]+|\{\})[feg%]$|^[+,]*%$")

HALVES = [
    (0.7045, ".1%", "70.5%"),
    (0.7915, ".1%", "79.2%"),
    (-0.7915, ".1%", "-79.2%"),
    (0.125, ".2f", "0.13"),
    (0.135, ".2f", "0.14"),
    (2.675, ".2f", "2.68"),
    (1.005, ".2f", "1.01"),
    (2.5, ",.0f", "3"),
    (1234.5, ",.0f", "1,235"),
    (-2.5, ".0f", "-3"),
    (0.5, "+.0f", "+1"),
    (0.00125, ".2g", "0.0013"),
    (99.95, ".3g", "100"),
    (1.25e-7, ".1e", "1.3e-07"),
    (9.995e20, ".3g", "1e+21"),
    (8.5e300, ".0e", "9e+300"),
    (5e-324, ".2g", "4.9e-324"),
    (-0.0004, ".3f", "0.000"),
    (-0.04, "+.1f", "-0.0"),
]


@pytest.mark.parametrize(("value", "spec", "said"), HALVES)
def test_halves_go_away_from_zero(value: float, spec: str, said: str) -> None:
    assert rounded(value, spec) == said


def test_what_is_not_rounded_is_as_python_has_it() -> None:
    numbers = ((0.0, ".3g"), (-0.0, ".1f"), (float("inf"), ".3g"), (float("nan"), ".1%"), (0.1, "g"), (7, ",d"))
    for value, spec in numbers:
        assert rounded(value, spec) == format(value, spec)
    assert rounded(None, ".3g") == "-"


@given(st.integers(-(10**7), 10**7), st.integers(0, 6), st.integers(0, 6))
def test_decimals_are_rounded_as_by_hand(number: int, places: int, digits: int) -> None:
    value = Decimal(number).scaleb(-places)
    by_hand = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert Decimal(rounded(float(value), f".{digits}f")) == by_hand
    assert rounded(float(value), f".{digits}f") == rounded(-float(value), f".{digits}f").removeprefix("-") or number < 0


@given(st.floats(-1e300, 1e300), st.sampled_from([".0f", ".3g", ".2e", ".1%", ",.1f"]))
def test_a_number_is_never_further_off_than_python_rounds_it(value: float, spec: str) -> None:
    ours, theirs = (Decimal(said.replace(",", "").rstrip("%")) for said in (rounded(value, spec), format(value, spec)))
    exact = Decimal(repr(value)) * (100 if spec.endswith("%") else 1)
    assert abs(ours - exact) <= abs(theirs - exact)


def test_all_that_shows_numbers_rounds_by_the_rule() -> None:
    assert show(1.0005e-9, "J") == "1.001 nJ"
    assert show(0.125, "s", 2) == "130 ms"
    assert show_area(1.0005e-4) == "100.1 mm^2"
    assert show_number(0.12345) == "0.1235"
    assert show_number(12344.5) == "12,345"
    assert show_ratio(2.665) == "2.67"
    assert show_ratio(1245.0) == "1,250"
    assert show_count(100.25) == "100.3"
    assert show_count(1.00025) == "1"
    assert show_count(1.0005) == "1.001"


def formats(source: str) -> list[str]:
    """Formats of f-strings, of `format` and of % that round by themselves."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            parts = node.format_spec.values
            found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            found += re.findall(r"%([+0-9.]*[feg])", str(node.left.value))
    return [spec for spec in found if ROUNDS.search(spec)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_rounds_by_itself(path: Path) -> None:
    assert not formats(path.read_text()), "write rounded(value, spec) of chipsim.rounding"


def test_no_page_rounds_by_itself() -> None:
    assert PAGES
    for path in PAGES:
        assert not re.findall(r"%[+0-9]*\.[0-9]+[feg]|round\(", path.read_text()), path


def test_a_format_that_rounds_is_found() -> None:
    source = inspect.cleandoc(
        """
        f"{a:.1%} {b:,.0f} {c:.{digits}g} {d:+.2e} {e:%}"
        f"{a:,} {b:g} {c:>3} {d!r} {rounded(e, '.1%')} {f:02d}"
        "%.3f" % a
        """
    )
    assert sorted(formats(source)) == sorted([".1%", ",.0f", ".{}g", "+.2e", "%", ".3f"])
