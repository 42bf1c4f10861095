"""What a result holds of its chip and of its prices, against the files: see layout.py, /pricing, and "Actions"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from support_bill import Bill
from support_kinds_of_parts import ACTIONS, AUXILIARY, BESIDE_THE_CHIP
from support_parts_on_a_plane import Plane
from support_price_rows import Price, price_of, table_of
from support_quantities import Figure, si
from support_spec import Specs


def prices(bill: Bill) -> Iterator[Figure]:
    """The prices that the result holds, field by field, against the files; and those of tables beside it."""
    tables = [bill.table, *(table_of(bill.specs, name, False) for name in bill.specs.chip.get("compare_prices", []))]
    held = [bill.stored.pricing["prices"], *bill.stored.pricing["comparisons"]]
    yield Figure("pricing.comparisons", [table["name"] for table in held], [table.name for table in tables])
    for table, stored in zip(tables, held, strict=True):
        for block, rows in (("rows", table.rows), ("own", table.own)):
            yield Figure(f"pricing.{table.name}.{block}", sorted(stored[block]), sorted(rows))
            for key, row in rows.items():
                before = price_of(stored[block][key][1])
                for name in Price.__dataclass_fields__:
                    path = f"pricing.{table.name}.{block}.{key}.{name}"
                    yield Figure(path, getattr(before, name), getattr(row, name))


def units_of(specs: Specs, plane: Plane) -> dict[str, int]:
    """By what power and area of each component count: its instances; bits of counters, and of a memory's buffers."""
    out = {}
    for part in specs.components.values():
        out[part.name] = part.instances(plane.sites) * (part.keys["bits"] if part.kind == "counter" else 1)
        if part.kind == "weight_memory":
            coupler = next(c for c in specs.components.values() if "pitch" in c.keys)
            out[part.name] = weight_bits(coupler.kind, coupler.keys, plane) * part.keys.get("buffers", 1)
    return out


def weight_bits(kind: str, keys: dict[str, Any], plane: Plane) -> int:
    """Bits of a full set of weights."""
    pairs, cells = len(plane.pairs), plane.sites
    if kind == "coupler":
        return int((2 * pairs + cells) * keys["weight_bits"])
    values = keys["rows"] * (keys["rows"] + 2 * cells) if kind == "resistor_array" else pairs + cells
    return int(values * keys["bits"])


def sheet(bill: Bill, plane: Plane) -> Iterator[Figure]:
    """What the result holds of the chip: instances, units, groups, and what equations say."""
    units = units_of(bill.specs, plane)
    yield Figure("pricing.components", [c["name"] for c in bill.stored.pricing["components"]], list(units))
    for held in bill.stored.pricing["components"]:
        part, name = bill.specs.components[held["name"]], f"pricing.components.{held['name']}"
        yield Figure(f"{name}.kind", held["kind"], part.kind)
        yield Figure(f"{name}.instances", held["instances"], part.instances(plane.sites))
        yield Figure(f"{name}.units", held["units"], units[part.name])
        yield Figure(f"{name}.auxiliary", held["auxiliary"], part.kind in AUXILIARY)
        yield Figure(f"{name}.is_host", held["is_host"], part.kind == "host")
        yield Figure(f"{name}.on_chip", held["on_chip"], part.kind not in BESIDE_THE_CHIP)
        for action, (word, group, unit) in zip(held["actions"], ACTIONS[part.kind], strict=True):
            entries = [action[key] for key in ("name", "group", "unit")]
            yield Figure(f"{name}.{word}", entries, [word, group, unit])
            found = bill.equations.joules(part.kind, word, part.keys)
            yield Figure(f"{name}.{word}.model_j", action["model_j"], found)


def parameters(bill: Bill) -> Iterator[Figure]:
    """What each component was told, in SI, as the summary shows it."""
    for shown, held in bill.stored.summary["components"].items():
        part = bill.specs.components[re.sub(r"\[.*?\]", "", shown)]
        for key, written in part.keys.items():
            value = si(written) if isinstance(held[key], int | float) and not isinstance(written, bool) else written
            if written is not None:
                yield Figure(f"components/{shown}/{key}", held[key], value)


def powered(bill: Bill, plane: Plane) -> Iterator[Figure]:
    """What is on all the time: units x time, and the load's share of it."""
    units, lanes = units_of(bill.specs, plane), bill.stored.lanes
    always = [count for count in bill.stored.counts if count.phase == -1]
    for name in dict.fromkeys(count.component for count in always):
        mine = [count for count in always if count.component == name]
        elapsed, loading = (units[name] * lanes * bill.stored.times_fs[word] for word in ("elapsed", "loading"))
        yield Figure(f"trace.{name}.on", sum(count.count for count in mine), elapsed)
        yield Figure(f"trace.{name}.on of the load", sum(count.count for count in mine if count.once), loading)
