"""The block of a result in which two machines differ: times, processor, and the request with the names of files.

Its text is padded to whole pages, so that all other bytes of two results are the same.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from chipsim.engine.trace import MachineTime
from chipsim.results.layout import from_json

# Entries of the summary that stand in the block.
ENTRIES = ("wall_s", "kernel_s", "updates_per_ns", "machine", "called", "set", "command")
_PAGE = 4096


class _Block(BaseModel):
    """What the block must be; the reader of the summary checks the entries in detail."""

    model_config = ConfigDict(extra="forbid", strict=True)

    wall_s: float = Field(ge=0)
    kernel_s: float = Field(ge=0)
    updates_per_ns: float | None
    machine: str
    called: list[str]
    set: dict[str, Any]
    command: str
    prices: str | None
    platforms: list[dict[str, Any]] | None


def write_machine(file: Any, summary: dict[str, Any], pricing: dict[str, Any]) -> None:
    """Move what differs between machines out of the JSON of a summary and of prices, into /machine of a file.

    Platforms belong to it where the energy of one is that of the wall time.
    """
    block = {name: summary.pop(name) for name in ENTRIES}
    by_time = any(row["wall_time"] for row in summary["platforms"])
    block["prices"] = pricing["prices"].pop("requested_name")
    block["platforms"] = summary.pop("platforms") if by_time else None
    text = json.dumps(block, allow_nan=False)
    file.create_dataset("machine", data=np.bytes_(text.ljust(-(-len(text) // _PAGE) * _PAGE)))


def read_machine(file: Any, summary: dict[str, Any], pricing: dict[str, Any]) -> MachineTime:
    """The inverse of `write_machine`: completes both in place.

    Raises:
        ValueError, KeyError, TypeError: the block is missing, or not what it should be.
    """
    block = _Block.model_validate(from_json(file, "machine")).model_dump()
    summary |= {name: block[name] for name in ENTRIES}
    if block["platforms"] is not None:
        summary["platforms"] = block["platforms"]
    pricing["prices"]["requested_name"] = block["prices"]
    return MachineTime(block["wall_s"], block["kernel_s"])
