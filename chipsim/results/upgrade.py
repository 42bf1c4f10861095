"""Results that earlier versions wrote, in today's shape.

chipsim-run-3   parts and deeds in the pricing, which does not say what a host is; what lanes have in common under
                /shared, by names in words
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chipsim.results.layout import SCHEMA, from_json, put_json
from chipsim.results.trace_codec import write_findings

READABLE = ("chipsim-run-3",)


def upgrade(file: Any) -> None:
    """Bring a file with a schema of `READABLE` into today's, in place: it is one in memory, the original stays."""
    for name, change in (("summary", upgraded), ("pricing", _pricing)):
        held = from_json(file, name)
        del file[name]
        put_json(file, name, change(held))
    shared = {name: held[()] for name, held in file.get("shared", {}).items()}
    write_findings(_findings(shared) if shared else {}, file)
    file.attrs["schema"] = SCHEMA


def upgraded(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary: nothing in it has changed."""
    return summary


def _pricing(held: dict[str, Any]) -> dict[str, Any]:
    def table(old: dict[str, Any]) -> dict[str, Any]:
        return _renamed(old, "asked", "requested_name")

    return {
        **_renamed(held, "parts", "components"),
        "components": [
            {**_renamed(part, "deeds", "actions"), "is_host": part["kind"] == "host"} for part in held["parts"]
        ],
        "prices": table(held["prices"]),
        "comparisons": [table(old) for old in held["comparisons"]],
    }


def _renamed(held: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in held.items()}


def _findings(shared: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the workloads of linear algebra and of natural gradients: no others had any."""
    told = "predicted "
    parts = {name.removeprefix(told): float(value) for name, value in shared.items() if name.startswith(told)}
    rest = {
        name.replace(" ", "_"): value if value.ndim else value.item()
        for name, value in shared.items()
        if not name.startswith(told)
    }
    missing = {"predicted_parts": parts} if parts else {"kappa0": None}
    return {"rescalings": 0, **missing, **rest}
