"""JSON Schemas (draft 2020-12) of spec files, for editors: keys, enumerations, units, descriptions.

A file that extends or includes others may omit their keys, and remove keys with null, so its schema has no required
keys. Checks that need the whole chip (nets, sizes, colours) are made by `chipsim check` only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from chipsim.components.registry import find_kind, kind_names
from chipsim.prices.hwcomponents import HwModel
from chipsim.prices.row import PriceRow
from chipsim.prices.table import PriceTableModel
from chipsim.spec.chip import ChipModel
from chipsim.sweeps.axes import AxisRange
from chipsim.sweeps.spec import Limits, SweepModel
from chipsim.units import QUANTITY_PATTERN
from chipsim.workloads.registry import find_workload, workload_names

Schema = dict[str, Any]

_COMPOSITION: Schema = {
    "extends": {"type": "string", "description": "One base: the name of a preset, or a file relative to this one."},
    "include": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Fragments, relative to this file; later ones override earlier ones, this file overrides all.",
    },
}


def spec_schema(what: str) -> Schema:
    """The schema of a type of file: "chip", "workload", "prices" or "sweep"."""
    root: Schema = _MAKERS[what]()
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"chipsim {what}"}
    if what == "sweep":  # a sweep is one file
        return {**named, **root}
    root["properties"].update(_COMPOSITION)
    definitions = root.pop("$defs", {})
    partial = _renamed(_relaxed({**root, "$defs": definitions}))
    return {
        **named,
        "$defs": {**definitions, **partial.pop("$defs")},
        "if": {"anyOf": [{"required": [key]} for key in _COMPOSITION]},
        "then": {**partial, "required": ["name"]},
        "else": root,
    }


def _chip() -> Schema:
    schema = _of(ChipModel)
    schema["properties"]["components"] = _component_block(schema["$defs"])
    _with_rows(schema)
    return schema


def _workload() -> Schema:
    """Each file is checked by its workload; a file that inherits its workload may have the keys of any."""
    schema: Schema = {"type": "object", "required": ["workload"], "$defs": {}, "allOf": []}
    keys: set[str] = set(_COMPOSITION)
    names = sorted(workload_names())
    for name in names:
        own = _of(find_workload(name).model_type)
        schema["$defs"].update(own.pop("$defs"))
        keys |= set(own["properties"])
        own["properties"] |= _COMPOSITION
        schema["$defs"][f"workload {name}"] = own
        named = {"properties": {"workload": {"const": name}}, "required": ["workload"]}
        schema["allOf"].append({"if": named, "then": {"$ref": f"#/$defs/workload {name}"}})
    return {**schema, "properties": {"workload": {"enum": names}}, "propertyNames": {"enum": sorted(keys)}}


def _prices() -> Schema:
    schema = _of(PriceTableModel)
    _with_rows(schema)
    return schema


def _sweep() -> Schema:
    schema = _of(SweepModel)
    schema["$defs"] |= {"AxisRange": _of(AxisRange), "Limits": _of(Limits)}
    for name in ("AxisRange", "Limits"):
        schema["$defs"][name].pop("$defs")
    axis = {"anyOf": [{"type": "array", "minItems": 1}, {"$ref": "#/$defs/AxisRange"}]}
    schema["properties"]["axes"]["additionalProperties"] = axis
    limits = schema["$defs"]["Limits"]["properties"]
    half_width = {"type": "string", "description": "Half width of the 95 % interval, for example 5 %."}
    schema["properties"]["until"] = {"type": "object", "properties": limits, "additionalProperties": half_width}
    return schema


_MAKERS: dict[str, Callable[[], Schema]] = {"chip": _chip, "workload": _workload, "prices": _prices, "sweep": _sweep}


def _of(model: type[BaseModel]) -> Schema:
    schema: Schema = _tidy(model.model_json_schema(by_alias=True))
    schema.setdefault("$defs", {})
    return schema


def _with_rows(schema: Schema) -> None:
    schema["$defs"]["PriceRow"] = _of(PriceRow)
    schema["$defs"]["PriceRow"].pop("$defs")
    schema["$defs"]["PriceRow"]["properties"]["hwcomponents"] = {
        **_of(HwModel),
        "description": "Model of the price.",
    }
    schema["$defs"]["PriceRow"]["properties"]["hwcomponents"].pop("$defs")
    schema["properties"]["prices"] = {"type": "object", "additionalProperties": {"$ref": "#/$defs/PriceRow"}}


def _component_block(definitions: Schema) -> Schema:
    """`components`: each entry is checked by its kind, including kinds of installed packages."""
    block: Schema = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/component"}}
    container = {"kind": {"const": "container"}, "components": block, "nets": {"type": "array"}}
    definitions["kind container"] = {"type": "object", "properties": container, "additionalProperties": False}
    for name in sorted(kind_names()):
        kind = find_kind(name)
        schema = _of(kind)
        definitions.update(schema.pop("$defs"))
        schema["properties"]["kind"] = {"const": name, "description": kind.summary}
        definitions[f"kind {name}"] = schema
    names = ["container", *sorted(kind_names())]
    definitions["component"] = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": names}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/kind {name}"},
            }
            for name in names
        ],
    }
    return block


def _tidy(node: Any) -> Any:
    """Pydantic's schema without its titles and nulls by default, with a pattern for quantities."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _tidy(value) for key, value in node.items() if not _is_noise(key, value)}
    if "unit" in out and out.get("type") == "string":
        out |= {
            "pattern": QUANTITY_PATTERN,
            "description": f"A quantity in {out['unit']}, for example {out['examples'][0]}.",
        }
    return out


def _is_noise(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _relaxed(node: Any) -> Any:
    """The same without required keys, and with null for every key."""
    if isinstance(node, list):
        return [_relaxed(item) for item in node]
    if not isinstance(node, dict):
        return node
    # The condition of an `if` is kept: only its branches are relaxed.
    out = {
        key: value if key == "if" else _relaxed(value)
        for key, value in node.items()
        if key not in ("required", "minProperties")
    }
    if isinstance(out.get("properties"), dict):
        out["properties"] = {key: _or_null(value) for key, value in out["properties"].items()}
    if isinstance(out.get("additionalProperties"), dict):
        out["additionalProperties"] = _or_null(out["additionalProperties"])
    return out


def _or_null(schema: Any) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _renamed(node: Any) -> Any:
    """Definitions and references of the relaxed schema under separate names."""
    if isinstance(node, list):
        return [_renamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    out: Schema = {}
    for key, value in node.items():
        if key == "$ref":
            out[key] = f"{value} (part)"
        elif key == "$defs":
            out[key] = {f"{name} (part)": _renamed(schema) for name, schema in value.items()}
        else:
            out[key] = _renamed(value)
    return out
