"""Tables of `thermo_layer.py`."""

from __future__ import annotations

from collections.abc import Sequence

from readme import Table
from thermo_layer_sentences import Row

from chipsim.rounding import rounded
from chipsim.units import show, show_area, show_ratio


def time_table(title: str, rows: Sequence[Row]) -> Table:
    """Time of a token by width, with errors where states were simulated."""
    known = any(row.error is not None for row in rows)
    errors = ("error", "error, digital") if known else ()
    return Table(
        f"{title}: time of a token{', and errors; a dash: states not simulated' if known else ''}",
        ("width", *errors, "windows", "inputs", "readings", "host", "token", "published advantage"),
        tuple(
            (
                f"{row.width:,}",
                *((rounded(row.error, ".3f"), rounded(row.same, ".3f")) if known else ()),
                *(show(part, "s", 3) for part in (row.window_s, row.input_s, row.read_s, row.digital_s, row.token_s)),
                rounded(row.advantage, ".2f"),
            )
            for row in rows
        ),
    )


def bill_table(rows: Sequence[Row]) -> Table:
    """What a token takes beside a digital layer of the same width."""
    return Table(
        "A token beside a digital layer of the same width; the area is without converters, whose area is not known",
        (
            "width",
            "conversions",
            "multiply-adds",
            "parameters",
            "area",
            "energy",
            "by prices",
            "digital",
            "by prices",
            "energy over digital",
            "by prices",
        ),
        tuple(
            (
                *(f"{number:,}" for number in (row.width, row.conversions, row.macs, row.parameters)),
                show_area(row.area_m2),
                show(row.energy_j, "J", 3),
                f"{show(row.energy_low_j, 'J', 3)} to {show(row.energy_high_j, 'J', 3)}",
                show(row.digital_j, "J", 3),
                f"{show(row.digital_low_j, 'J', 3)} to {show(row.digital_high_j, 'J', 3)}",
                show_ratio(row.times),
                f"{show_ratio(row.times_low)} to {show_ratio(row.times_high)}",
            )
            for row in rows
        ),
    )
