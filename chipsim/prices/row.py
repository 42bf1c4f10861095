"""One row of a price table: cost per count of an action, with bounds, grade and source."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from chipsim import units
from chipsim.errors import RuleError
from chipsim.spec.fields import Quantity
from chipsim.spec.model import SpecModel

Grade = Literal["measured", "simulated", "derived", "assumed"]
GRADES: tuple[Grade, ...] = ("measured", "simulated", "derived", "assumed")

UNITS = {"energy": "J", "power": "W", "area": "m**2"}
FORMS = (*UNITS, "model", "included_in")


def unit_of_price(path: str) -> str | None:
    """SI unit of the field at a path such as `prices.rng.on.power`; None where it is no energy, power or area."""
    return UNITS.get(path.rpartition(".")[2])


class PriceRow(SpecModel):
    """One row of a price table; `low` and `high` are quantities like the value, or factors of it for a model; `node` is
    the process node of the figure, if the source gives it.
    """

    energy: Annotated[float, Quantity("J", ge=0, le=1e6)] | None = None
    power: Annotated[float, Quantity("W", ge=0, le=1e9)] | None = None
    area: Annotated[float, Quantity("m**2", ge=0, le=1e6)] | None = None
    model: Literal[True] | None = None
    included_in: list[str] | None = Field(default=None, min_length=1)
    low: Any = None
    high: Any = None
    grade: Grade
    seen: Literal["primary", "quoted", "recalled", "none"]
    source: str = Field(min_length=3)
    node: Annotated[float, Quantity("m", gt=0, le=1e-3)] | None = None
    _place: str = PrivateAttr("")

    @model_validator(mode="after")
    def _one_form(self) -> PriceRow:
        forms = [name for name in FORMS if getattr(self, name) is not None]
        if len(forms) != 1:
            raise RuleError(
                f"needs exactly one of {', '.join(FORMS)}; got {', '.join(forms) or 'none'}", code="spec.one-of"
            )
        low, high = self.bound(self.low), self.bound(self.high)
        centre = 1.0 if self.model else self.value
        if low is not None and low < 0:
            raise RuleError(f"low is {self.low!r}; prices must be >= 0", code="price.bad-bounds")
        for name, bound, wrong in (("low", low, "below"), ("high", high, "above")):
            if bound is not None and (centre - bound) * (1 if name == "low" else -1) < 0:
                unit = UNITS.get(forms[0], "")
                value = f"{forms[0]} {units.show(centre, unit)}" if unit else "the equation"
                complaint = f"{value} is {wrong} {name}, {units.show(bound, unit) if unit else f'{bound:g} times it'}"
                raise RuleError(f"{complaint}; change {name} or the value", code="price.bad-bounds")
        return self

    @classmethod
    def of_si(cls, held: dict[str, Any]) -> PriceRow:
        """A row whose values are numbers in SI, as in a result file.

        Raises:
            ValueError: it violates a rule of price tables.
        """
        return cls.model_validate(in_spec_syntax(held))

    @property
    def place(self) -> str:
        """Place of the row: file:line:column, or `--set`."""
        return self._place

    def at(self, place: str) -> PriceRow:
        """The same row with another place."""
        copy = self.model_copy()
        copy._place = place
        return copy

    @property
    def form(self) -> str:
        """Key that gives the price, one of `FORMS`."""
        # A hot path: a generator would be measurably slower.
        for name in FORMS:
            if getattr(self, name) is not None:
                return name
        raise AssertionError("validated rows have a form")

    @property
    def text(self) -> str:
        """The price for people: "10.00 fJ", or how it is paid."""
        if self.form == "included_in":
            return f"included in {', '.join(self.included_in or ())}"
        if self.form == "model":
            return "by the kind's equation"
        return units.show_area(self.value) if self.form == "area" else units.show(self.value, self.unit)

    @property
    def unit(self) -> str:
        """SI unit of the value; empty for rows without one."""
        return UNITS.get(self.form, "")

    @property
    def value(self) -> float:
        """Value in SI; 1 for a model, 0 for a row included in others."""
        if self.model:
            return 1.0
        return float(getattr(self, self.form)) if self.form in UNITS else 0.0

    def bound(self, written: Any) -> float | None:
        """A bound as a number."""
        if written is None:
            return None
        if self.form in UNITS:
            return units.parse(written, UNITS[self.form])
        if self.form != "model":
            raise RuleError("a row with included_in takes no bounds; remove low and high", code="price.bad-bounds")
        if isinstance(written, bool) or not isinstance(written, int | float) or written < 0:
            raise RuleError(
                f"{written!r} is not a factor; low and high of a model are factors of its value",
                code="price.bad-bounds",
            )
        return float(written)

    def between(self, cost: float, amount: float) -> tuple[float, float]:
        """Lowest and highest of `cost` = price x amount: a bound is another price, or a factor of a model's cost."""
        unit = cost if self.form == "model" else amount
        low, high = self.bound(self.low), self.bound(self.high)
        return (cost if low is None else min(cost, low * unit)), (cost if high is None else max(cost, high * unit))


def in_spec_syntax(held: dict[str, Any]) -> dict[str, Any]:
    """The keys of a row with numbers in SI as quantities: 1e-15 as "1e-15 J"."""
    return {
        name: f"{value!r} {_WRITTEN_UNITS[name]}" if name in _WRITTEN_UNITS and value is not None else value
        for name, value in held.items()
    }


_WRITTEN_UNITS = {name: unit.replace("**", "^") for name, unit in {**UNITS, "node": "m"}.items()}
