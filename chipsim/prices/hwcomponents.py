"""Prices from HWComponents models: a row names a model, which returns the price.

    readout.convert:
      hwcomponents: { model: hwcomponents_adc.ADC, action: convert, attributes: { n_bits: 8, tech_node: 40 nm, ... } }
      low: 0.5

The price of an action is the model's energy, that of `on` its leakage, that of `area` its area. The model is evaluated
when the table is read, so stored runs do not need HWComponents; bounds may be factors of its value. As in HWComponents,
only packages with the prefix `hwcomponents_` are searched.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import math
from collections.abc import Collection
from typing import Any

from chipsim import units
from chipsim.errors import RuleError, did_you_mean
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.model import SpecModel, fail, validate

PREFIX = "hwcomponents_"
EXAMPLE = f"{PREFIX}adc.ADC"


class HwModel(SpecModel):
    """A model, its action and its attributes: in SI, or as quantities with a unit."""

    model: str
    action: str | None = None
    attributes: dict[str, Any] = {}


def imported(document: Document, path: KeyPath, forms: Collection[str]) -> Document:
    """The document with the model's value in the row at `path`; unchanged if the row names no model.

    Args:
        document: the price table, or the chip.
        path: of the row.
        forms: keys that give a price, not allowed in such a row.

    Raises:
        SpecError, SpecErrors: unknown package, model, action or attribute, or the model fails.
    """
    row = document.value
    for part in path:
        row = row[part]
    if not isinstance(row, dict) or "hwcomponents" not in row:
        return document
    here = (*path, "hwcomponents")
    wanted = validate(HwModel, document, here)
    action = str(path[-1]).rpartition(".")[2]
    form, unit = {"on": ("power", "W"), "area": ("area", "m^2")}.get(action, ("energy", "J"))
    twice = [name for name in forms if name in row]
    if twice:
        raise fail(
            document,
            (*path, twice[0]),
            "the price is already given by hwcomponents; remove one of the two",
            code="price.bad-row",
        )
    attributes = {
        name: _in_si(document, (*here, "attributes", name), value) for name, value in wanted.attributes.items()
    }
    figure = _figure(document, here, _made(document, here, wanted, attributes), wanted.action, form)
    fields = {name: value for name, value in row.items() if name != "hwcomponents"}
    fields[form] = f"{figure!r} {unit}"
    for bound in ("low", "high"):
        if isinstance(row.get(bound), int | float) and not isinstance(row[bound], bool):
            fields[bound] = f"{row[bound] * figure!r} {unit}"
    if isinstance(attributes.get("tech_node"), float):
        fields.setdefault("node", f"{attributes['tech_node']!r} m")
    if isinstance(row.get("source"), str):
        fields["source"] = f"{row['source']}; {_provenance(wanted, attributes)}"
    value: Any = fields
    for part in reversed(path):
        value = {part: value}
    return Document(document.source, value, document.places, document.keys)


def _in_si(document: Document, path: KeyPath, value: Any) -> Any:
    """Quantities in SI; numbers and words unchanged."""
    if not isinstance(value, str) or not value[:1].isdigit():
        return value
    try:
        return units.in_si(value)
    except RuleError as error:
        raise fail(document, path, str(error), code=error.code) from None


def _made(document: Document, path: KeyPath, wanted: HwModel, attributes: dict[str, Any]) -> Any:
    """The model with these attributes."""
    kind = _class(document, (*path, "model"), wanted.model)
    parameters = list(inspect.signature(kind).parameters.values())
    known = [p.name for p in parameters]
    for name in attributes:
        if name not in known:
            complaint = f'{wanted.model} has no attribute "{name}"; {did_you_mean(name, known)}'
            raise fail(document, (*path, "attributes", name), complaint, code="price.model-failed")
    missing = [p.name for p in parameters if p.default is p.empty and p.name not in attributes]
    if missing:
        raise fail(
            document,
            (*path, "attributes"),
            f"{wanted.model} requires {', '.join(missing)}",
            code="price.model-failed",
        )
    try:
        return kind(**attributes)
    except Exception as error:  # external models may raise anything
        raise fail(
            document, (*path, "attributes"), f"{wanted.model} rejects them: {_cause(error)}", code="price.model-failed"
        ) from None


def _class(document: Document, path: KeyPath, name: str) -> Any:
    package, _, class_name = name.rpartition(".")
    if not name.startswith(PREFIX) or not package:
        raise fail(
            document,
            path,
            f'"{name}" is not a model; write PACKAGE.CLASS, for example "{EXAMPLE}"',
            code="price.model-missing",
        )
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        install = (error.name or package).partition(".")[0].replace("_", "-")
        complaint = f'"{error.name}" is not installed; pip install {install} (requires Python 3.12 or newer)'
        raise fail(document, path, complaint, code="price.model-missing") from None
    except Exception as error:  # importing an external package may raise anything
        raise fail(
            document, path, f'"{package}" cannot be imported: {_cause(error)}', code="price.model-missing"
        ) from None
    models = {n: c for n, c in inspect.getmembers(module, inspect.isclass) if hasattr(c, "get_action_names")}
    if class_name not in models:
        raise fail(
            document,
            path,
            f'{package} has no model "{class_name}"; {did_you_mean(class_name, models)}',
            code="price.model-missing",
        )
    return models[class_name]


def _figure(document: Document, path: KeyPath, model: Any, action: str | None, form: str) -> float:
    """Value that the model returns, in SI."""
    try:
        if form == "energy":
            actions = model.get_action_names()
            if action is None or action not in actions:
                wanted = "action is required" if action is None else f'unknown action "{action}"'
                raise fail(
                    document, path, f"{wanted}; {did_you_mean(action or '', actions)}", code="price.unknown-action"
                )
            figure = float(getattr(model, action)().energy)
        elif action is not None:
            raise fail(
                document,
                (*path, "action"),
                f"{form} takes no action; remove it",
                code="price.bad-row",
            )
        else:
            figure = float(model.leak_power if form == "power" else model.area)
    except (ArithmeticError, AssertionError, AttributeError, TypeError, ValueError) as error:
        raise fail(document, path, f"the model fails: {_cause(error)}", code="price.model-failed") from None
    if not (math.isfinite(figure) and figure >= 0):
        raise fail(
            document, path, f"the model returns {figure}; prices must be finite and >= 0", code="price.not-physical"
        )
    return figure


def _provenance(wanted: HwModel, attributes: dict[str, Any]) -> str:
    """Source of the figure: `hwcomponents_adc.ADC(n_bits=8, tech_node=4e-08).convert, hwcomponents_adc 1.0.21`."""
    given = ", ".join(f"{name}={value}" for name, value in attributes.items())
    call = f"{wanted.model}({given})" + (f".{wanted.action}" if wanted.action else "")
    package = wanted.model.partition(".")[0]
    return f"{call}, {package} {_version(package)}"


def _cause(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown version"
