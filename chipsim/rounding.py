"""The one rule by which numbers are rounded for people."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

# Digits and kind of a format that rounds, and a context with room for all digits of any float.
_FORMAT = re.compile(r"\.([0-9]+)([feg%])$")
_WIDE = Context(prec=800)


def rounded(value: float | None, spec: str) -> str:
    """A number in a format with a number of digits: `format(value, spec)`, with halves away from zero.

    What is rounded is the decimal that the number prints as. Python rounds the binary number, a little above or below
    it: it makes 70.5% of 0.7045 and 79.1% of 0.7915; here they are 70.5% and 79.2%.

    Args:
        value: the number; None is "-".
        spec: such as ".1%", "+.2f", ".3g" or ",.0f".
    """
    if value is None:
        return "-"
    match = _FORMAT.search(spec)
    if match is None or not 0 < abs(value) < math.inf:
        return format(value, spec)
    number, digits, kind = Decimal(repr(float(value))), int(match[1]), match[2]
    fixed = -digits - 2 * (kind == "%")
    place = fixed if kind in "f%" else number.adjusted() - max(digits - (kind == "g"), 0)
    found = float(number.quantize(Decimal(1).scaleb(place), ROUND_HALF_UP, _WIDE))
    # A small negative number is 0.00, not -0.00, where signs are not asked for.
    return format(found if found or "+" in spec else 0.0, spec)
