"""Sections of a workload as text: values with units, facts, and cells of tables."""

from __future__ import annotations

from chipsim.rounding import rounded
from chipsim.units import show, show_number, show_times
from chipsim.workloads.sections import Column, Fact, Value

# Units that take a prefix; all else is a word behind the number.
SI = ("J", "s", "W", "V", "A", "F", "K", "Hz", "ohm")
# Units that are printed with each value of a table, and not in its head.
OF_A_VALUE = (*SI, "%", "times")


def show_value(value: Value, unit: str = "", digits: int = 4) -> str:
    """A value for people; "-" for what is not known."""
    if value is None or isinstance(value, str):
        return value or "-"
    if unit == "%":
        return rounded(value, ".1%")
    if unit == "times":
        return show_times(value)
    if unit in SI:
        return show(value, unit, digits)
    return f"{show_number(value, digits)} {unit}".strip()


def fact_text(fact: Fact) -> str:
    """The value of a fact and what belongs to it."""
    if fact.value is None:
        return fact.note or "-"
    shown = show_value(fact.value, fact.unit, fact.digits)
    return shown + ("" if fact.note[:1] in (",", ";", ":", "") else " ") + fact.note


def head(column: Column) -> str:
    """The name of a column; SI units are printed with each value."""
    return f"{column.name} ({column.unit})" if column.unit and column.unit not in OF_A_VALUE else column.name


def cell(value: Value, column: Column) -> str:
    """A value of a table, without the unit that is in its head."""
    return show_value(value, column.unit if column.unit in OF_A_VALUE else "")
