"""Conversion between quantity strings and SI numbers; the only module that knows unit names.

A quantity is a number, a space and a unit, such as `100 ns`, `350 aF/um`, `2 pJ/bit`. Expressions are not evaluated.
Numbers are parsed as decimals, so "100 ns" is the float nearest to 1e-7.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import cache
from typing import Any

from chipsim.errors import RuleError
from chipsim.rounding import rounded

FEMTOSECONDS = 10**15

# Units in which kinds count energies, in joules.
COUNTED_JOULES = {"aJ": 1e-18, "zJ": 1e-21}

# Example that messages give for each SI unit used in specs.
EXAMPLES = {
    "s": "100 ns",
    "J": "350 aJ",
    "W": "3.5 nW",
    "m": "6 um",
    "m**2": "36 um^2",
    "V": "0.1 V",
    "K": "300 K",
    "F": "1 fF",
    "ohm": "10 kohm",
    "F/m": "350 aF/um",
    "s/m": "7 ps/mm",
    "bit/s": "50 Gbit/s",
    "Hz": "100 MHz",
    "S": "1 mS",
    "A": "70 uA",
    "H": "1 mH",
    "1/K": "100 ppm/K",
    "V/K": "10 uV/K",
    "B": "32 KiB",
}

# A number and a unit; not a number alone, whose exponent would pass for a unit. JSON Schemas hold it too, so it uses
# only what regular expressions of Python and of ECMA-262 have in common.
QUANTITY_PATTERN = (
    r"^\s*(?![0-9.eE+-]+\s*$)"
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"\s*([A-Za-zµμΩ°%][A-Za-z0-9µμΩ°%/*^. ()-]{0,39})$"
)
_QUANTITY = re.compile(QUANTITY_PATTERN)
_PREFIXES = ((1e-18, "a"), (1e-15, "f"), (1e-12, "p"), (1e-9, "n"), (1e-6, "u"), (1e-3, "m"), (1.0, ""))
_LARGE_PREFIXES = ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))


# SI units with prefixes are all that most files hold: read here, without the second that loading pint takes.
_EXPONENTS = {"": 0} | dict(zip("afpnumckMGT", (-18, -15, -12, -9, -6, -3, -2, 3, 6, 9, 12), strict=True))
_SI_UNITS = ("A", "B", "F", "H", "Hz", "J", "K", "S", "V", "W", "bit", "m", "ohm", "s")
_TERMS = {
    f"{prefix}{unit}{square}": (unit + ("**2" if square else ""), exponent * (2 if square else 1))
    for prefix, exponent in _EXPONENTS.items()
    for unit in _SI_UNITS
    for square in ("", "^2", "**2")
} | {"1": ("1", 0), "ppm": ("1", -6)}


@cache
def _registry() -> Any:
    """All units that pint knows, read from its definitions: its cache on disk is not safe from a second process."""
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)


def _power_of_ten(name: str, unit: str) -> int | None:
    """-12 for "aF/um" as F/m: the ratio of two units that differ by prefixes only; None of any others."""
    of_name, of_unit = _plain(name), _plain(unit)
    return of_name[1] - of_unit[1] if of_name and of_unit and of_name[0] == of_unit[0] else None


def _plain(name: str) -> tuple[str, int] | None:
    """A unit without its prefixes, and their power of ten; None unless it is one term or one over another."""
    terms = [_TERMS.get(term) for term in name.split("/")]
    if None in terms or len(terms) > 2:
        return None
    units, powers = zip(*(term for term in terms if term), strict=True)
    return "/".join(units), powers[0] - sum(powers[1:])


def parse(text: object, unit: str) -> float:
    """The SI value of a quantity string.

    Args:
        text: what the user wrote, for example "100 ns".
        unit: the SI unit of the result, for example "s".

    Raises:
        RuleError: with a sentence that names the value and the remedy.
    """
    example = EXAMPLES.get(unit, f"1 {unit}")
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise RuleError(f'{text} has no unit; write for example "{example}"', code="spec.no-unit")
    if text is None:
        raise RuleError(f'is empty; write for example "{example}"', code="spec.wrong-type")
    if not isinstance(text, str):
        raise RuleError(f'{text!r} is not a quantity; write for example "{example}"', code="spec.wrong-type")
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        if re.fullmatch(r"[\d.eE+-]+", text.strip()):
            raise RuleError(f'"{text}" has no unit; write for example "{example}"', code="spec.no-unit")
        raise RuleError(f'"{text}" is not a number with a unit; write for example "{example}"', code="spec.wrong-type")
    power = _power_of_ten(match[2].strip(), unit)
    if power is not None:
        value = float(Decimal(match[1]).scaleb(power))
        if math.isfinite(value):
            return value
    return _convert(text, Decimal(match[1]), match[2].strip(), unit, example)


def in_si(text: str) -> float:
    """The value of a quantity string in SI base units, whatever it measures.

    Raises:
        RuleError: with a sentence that names the value and the remedy.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise RuleError(f'"{text}" is not a number with a unit; write for example "40 nm"', code="spec.wrong-type")
    return _convert(text, Decimal(match[1]), match[2].strip(), None, "40 nm")


def unit_of(text: object) -> str | None:
    """The unit as written in a quantity string: "ns" for "100 ns"; None for anything else."""
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    return match[2].strip() if match else None


def _convert(text: str, number: Decimal, name: str, unit: str | None, example: str) -> float:
    """In the unit, or in SI base units."""
    import pint

    registry = _registry()
    try:
        quantity = registry.Quantity(number, registry.parse_units(name))
        value = float((quantity.to_base_units() if unit is None else quantity.to(unit)).magnitude)
    except pint.UndefinedUnitError as error:
        names = error.unit_names if isinstance(error.unit_names, str) else ", ".join(error.unit_names)
        raise RuleError(
            f'"{text}": unknown unit "{names}"; write for example "{example}"', code="spec.unknown-unit"
        ) from None
    except pint.DimensionalityError:
        raise RuleError(
            f'"{text}" cannot be converted to {unit}; write for example "{example}"', code="spec.wrong-unit"
        ) from None
    except Exception:  # pint raises many kinds of errors on malformed unit expressions
        raise RuleError(f'"{text}": malformed unit; write for example "{example}"', code="spec.unknown-unit") from None
    if not abs(value) < float("inf"):
        raise RuleError(f'"{text}" is not finite', code="spec.bad-number")
    return value


def to_fs(seconds: float) -> int:
    """Whole femtoseconds, the tick of every timeline."""
    return round(seconds * FEMTOSECONDS)


def to_seconds(femtoseconds: int) -> float:
    """Seconds of a whole number of femtoseconds."""
    return femtoseconds / FEMTOSECONDS


def show(value: float | None, unit: str, digits: int = 4) -> str:
    """A number with an SI prefix for people: `show(1.6e-9, "J")` -> "1.600 nJ"."""
    if value is None:
        return "-"
    if value == 0 or not abs(value) < float("inf"):
        return f"{value:g} {unit}".strip()
    if unit in ("m^2", "m**2"):
        return show_area(value)
    scale, prefix = 1e-18, "a"
    for candidate, name in (*_PREFIXES, *_LARGE_PREFIXES):
        if abs(value) >= candidate * 0.99995:
            scale, prefix = candidate, name
    number = float(rounded(value / scale, f".{digits}g"))
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    return f"{rounded(number, f'.{decimals}f')} {prefix}{unit}"


def show_area(square_metres: float) -> str:
    """An area for people, in square micrometres or square millimetres."""
    scale, unit = (1e12, "um^2") if square_metres < 1e-8 else (1e6, "mm^2")
    return f"{rounded(square_metres * scale, '.4g')} {unit}"


def show_number(value: float, digits: int = 4) -> str:
    """A plain number for people: all digits before the point, at most so many significant ones behind it."""
    if float(value).is_integer() and abs(value) < 1e15:
        return rounded(value + 0.0, ",.0f")
    return rounded(value, ",.0f" if 10**digits <= abs(value) < 1e15 else f",.{digits}g")


def show_ratio(value: float) -> str:
    """A ratio for people, three significant digits and no exponent: `110,000`."""
    found = rounded(value, ".3g")
    return rounded(float(found), ",.0f") if 1000 <= value < 1e15 else found


def show_times(value: float) -> str:
    """A ratio of any size for people: as `show_ratio`, with a power of ten from a million on, `4.05e9`."""
    if abs(value) < 1e6:
        return show_ratio(value)
    digits, _, power = rounded(value, ".2e").partition("e")
    return f"{digits}e{int(power)}"


def show_count(value: float) -> str:
    """A count for people: whole with separators, or with a fraction when it is a mean over lanes."""
    if abs(value) >= 1e12:
        return rounded(value, ".4g")
    if float(value).is_integer() or abs(value) >= 1e5:
        return rounded(value, ",.0f")
    return rounded(value, ",.1f" if abs(value) >= 100 else ".4g")


def show_amount(count: float, unit: str) -> tuple[str, str]:
    """(number, unit) of a count of a ledger row for people: `("29.94 mJ", "")` for 2.994e16 of the unit "aJ".

    Args:
        count: in the unit.
        unit: a word such as "bit", "s" for powered time, or "aJ" or "zJ" where atto- or zeptojoules are counted.
    """
    if unit == "s":
        return show(count, "s"), ""
    if unit in COUNTED_JOULES:
        return show(count * COUNTED_JOULES[unit], "J"), ""
    return show_count(count), unit


def show_interval(half_width: float | None, value: float | None, unit: str) -> str:
    """` +- 890 aJ`, the half width of an interval of a value; "" where there is none, or it is below rounding."""
    if not half_width or half_width <= 1e-12 * abs(value or 0.0):
        return ""
    return f" +- {show(half_width, unit, 2)}"


def show_chance(probability: float, floor: float = 1e-12) -> str:
    """A probability for people: `below 1e-12` where more digits would mean nothing."""
    return f"below {floor:g}" if 0 < probability < floor else rounded(probability, ".3g")
