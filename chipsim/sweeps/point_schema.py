"""What the stored record of a point must be: the folder of a sweep may come from a stranger, checksums included."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chipsim.results.plain import check_plain, parsed

# No cost of a point comes near; twice its square is still a number.
_LARGEST = 1e150
_Number = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]
_Cost = Annotated[float, Field(ge=0, le=_LARGEST)]
# Cost at the value of a price and at its bounds, and the price: its form, value and bounds.
_Paid = tuple[_Cost, _Cost, _Cost, tuple[str, _Cost, _Cost | None, _Cost | None]]
# Figures that differences of points compute with.
_WHOLE = ("lanes", "chips", "jobs_per_load")
_USED = ("elapsed_s", "load_s", "energy_j", "total_energy_j")


class _Done(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["done"]
    problem: str
    stopped: str
    figures: dict[str, bool | int | _Number | str | None]
    lane_energy_j: list[_Cost] = Field(min_length=1)
    samples_per_lane_without_block: list[Annotated[float, Field(gt=0, le=_LARGEST)]]
    repetition_bill: dict[str, _Paid]
    lint: list[str]
    load_bill: dict[str, _Paid]
    multiples: dict[str, tuple[_Cost, _Cost]]


class _NotDone(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["skipped", "failed"]
    error: str


_RECORD: TypeAdapter[_Done | _NotDone] = TypeAdapter(Annotated[_Done | _NotDone, Field(discriminator="status")])
_STATUSES = ("done", "skipped", "failed")


def record_of(text: str) -> dict[str, Any]:
    """The record of a point from its JSON.

    Raises:
        ValueError: an entry is missing, of another type or range, or does not fit another.
    """
    record: dict[str, Any] = parsed(text)
    # By its text, since lists of JSON stand for tuples, but texts for no numbers; the record itself stays as it is.
    found = _RECORD.validate_json(text, strict=True)
    if isinstance(found, _Done):
        if any(type(record["figures"].get(name)) is not int or record["figures"][name] < 1 for name in _WHOLE):
            raise ValueError(f"one of {', '.join(_WHOLE)} is no positive integer")
        if any(type(record["figures"].get(name)) not in (int, float) for name in _USED):
            raise ValueError(f"one of {', '.join(_USED)} is no number")
        if len(found.lane_energy_j) != record["figures"]["lanes"]:
            raise ValueError("the lanes of figures and energies differ")
        if found.repetition_bill.keys() != found.load_bill.keys():
            raise ValueError("the bills of repetition and load differ in their prices")
    return record


def state_of(text: str) -> dict[str, Any]:
    """Status and figures of a point, in a third of the time of `record_of`: the rest is not parsed.

    Raises:
        ValueError: there is no such status, or the figures are not plain values.
    """
    # Keys are sorted, and a quote inside a text is escaped: this is the status of the record.
    status = text.rpartition('"status": "')[2].partition('"')[0]
    if status not in _STATUSES:
        raise ValueError("no status of a point")
    before, _, figures = text.partition('"figures": ')
    held = json.JSONDecoder().raw_decode(figures)[0] if before == "{" else {}
    if not isinstance(held, dict) or (status == "done") != (before == "{"):
        raise ValueError("the figures of a point are missing")
    check_plain(held)
    return {"status": status, "figures": held}
