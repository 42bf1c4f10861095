"""The reference, written from the code when a build begins: kinds, spec files, metrics, presets, Python API.

Tables of keys come from the pydantic models that check the files, so they state what is accepted.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

import chipsim
from chipsim.compiler.fabric import FabricSpec
from chipsim.components.base import Kind
from chipsim.components.registry import find_kind, kind_names
from chipsim.ledger.core import Bounds
from chipsim.prices.platforms import PlatformSpec
from chipsim.prices.row import PriceRow
from chipsim.prices.table import load_prices
from chipsim.report.catalogue import chips_page, workloads_page
from chipsim.results.metric_names import unit_of_metric
from chipsim.results.summary import FLAT
from chipsim.spec.chip import ChipModel, Technology
from chipsim.spec.fields import FileName, Number, Quantity, Whole
from chipsim.spec.presets import preset_names
from chipsim.sweep.axes import AxisRange
from chipsim.sweep.metrics import INTERVALS
from chipsim.sweep.spec import Limits, SweepModel
from chipsim.workloads.registry import find_workload, workload_names

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HEAD = ("key", "value", "bounds", "default")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a Markdown table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *(list(row) for row in rows)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def prose(docstring: str | None) -> list[str]:
    """A docstring as Markdown: its code stays code, and its asterisks stay asterisks."""
    text = inspect.cleandoc(docstring or "").split("\n\nAttributes:")[0]
    paragraphs = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("    "):
            paragraphs += ["```text", inspect.cleandoc(paragraph), "```", ""]
            continue
        pieces = re.split(r"(`[^`]*`)", paragraph)
        paragraphs += ["".join(p if p.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", p) for p in pieces), ""]
    return paragraphs


def keys(model: type[BaseModel], prefix: str = "", skip: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """(key, value, bounds, default) of every field; blocks of keys are expanded below their own row."""
    for name, field in model.model_fields.items():
        if name in skip:
            continue
        path = f"{prefix}{field.alias or name}"
        parts = list(alternatives(field.annotation, field.metadata))
        blocks = [part for part, _ in parts if inspect.isclass(part) and issubclass(part, BaseModel)]
        values = [value_of(part, metadata) for part, metadata in parts if part not in blocks]
        limits = [limits_of(metadata) for part, metadata in parts if part not in blocks]
        default = "required" if field.is_required() else default_of(field.get_default(call_default_factory=True))
        if values or not blocks:
            words = " or ".join(dict.fromkeys(values)) + (" or a block" if blocks else "")
            yield [f"`{path}`", words, "; ".join(filter(None, limits)), default]
        elif field.is_required():
            yield [f"`{path}`", "a block", "", default]
        for block in blocks:
            yield from keys(block, f"{path}.")


def alternatives(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """(type, its metadata) of every alternative of a union but None."""
    origin = get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        yield from alternatives(annotation.__origin__, (*annotation.__metadata__, *metadata))
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from alternatives(part, metadata)
    elif annotation is not type(None):
        yield annotation, tuple(metadata)


def value_of(annotation: Any, metadata: tuple[Any, ...]) -> str:
    """What may stand there, in words."""
    rule = next((item for item in metadata if isinstance(item, Number | Whole | FileName)), None)
    if isinstance(rule, Quantity):
        return "share in %" if rule.unit == "%" else f"quantity in {rule.unit}"
    if isinstance(rule, FileName):
        words = "".join(f"`{word}`, " for word in rule.words)
        return f"{words}file" if words else "file or preset" if rule.suffixes else "file"
    if isinstance(rule, Whole):
        return "integer"
    if isinstance(rule, Number):
        return "number"
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{word_of(word)}`" for word in get_args(annotation))
    if origin in (list, tuple):
        inner = [value_of(*next(alternatives(part))) for part in get_args(annotation) if part is not Ellipsis]
        return f"list of ({', '.join(inner)})"
    if origin is dict:
        return "a block by name"
    return {bool: "`true`, `false`", str: "text", float: "number", int: "integer"}.get(annotation, "any value")


def limits_of(metadata: tuple[Any, ...]) -> str:
    """The bounds of a number, in SI."""
    rule = next((item for item in metadata if isinstance(item, Number | Whole)), None)
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    unit = f" {rule.unit}" if isinstance(rule, Quantity) else ""
    found = {sign: getattr(rule, name, None) for name, sign in signs.items()}
    return ", ".join(f"{sign} {bound:g}{unit}" for sign, bound in found.items() if bound is not None)


def default_of(value: Any) -> str:
    """A default as it would be written."""
    if isinstance(value, BaseModel):
        return "as below"
    if value is None:
        return ""
    return '`""`' if value == "" else f"`{word_of(value)}`"


def word_of(value: Any) -> str:
    """A value as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def kinds_page() -> str:
    """Every component kind: parameters, actions, prices."""
    names = sorted(kind_names())
    parts = [
        "# Component kinds",
        "",
        "Parameters are written in the chip file under `components`. Defaults and bounds are in SI units;",
        "in a chip file, write them with a unit (`100 ns`). `chipsim list` also shows the kinds of installed packages.",
        "",
        *table(("kind", "summary"), ([f"[{name}](#{anchor(name)})", find_kind(name).summary] for name in names)),
    ]
    for name in names:
        parts += ["", *kind_part(find_kind(name))]
    return "\n".join(parts) + "\n"


def anchor(name: str) -> str:
    """The anchor of a section."""
    return f"kind-{name.replace('_', '-')}"


def kind_part(kind: type[Kind]) -> list[str]:
    """The section of one kind."""
    actions = [
        [f"`{a.name}`", a.unit, a.group, a.meaning, *prices_of(kind.name, a.name, a.energy is not None)]
        for a in kind.actions
    ]
    return [
        f"({anchor(kind.name)})=",
        f"## {kind.name}",
        "",
        *prose(inspect.getmodule(kind).__doc__),
        *table(HEAD, keys(kind, skip=("kind",))),
        "",
        "Actions, and which preset price tables price them:",
        "",
        *table(("action", "counted in", "energy group", "meaning", "own equation", "priced by"), actions),
    ]


def prices_of(kind: str, action: str, equation: bool) -> list[str]:
    """Whether an action has an equation of its own, and the preset tables with a row for it."""
    tables = [name for name in preset_names("price table") if f"{kind}.{action}" in load_prices(name).rows]
    return ["yes" if equation else "", ", ".join(tables)]


def spec_files_page() -> str:
    """Keys of chip, sweep, price and platform files."""
    own = ("technology", "fabric", "components", "nets", "prices")
    parts = [
        "# Chip, sweep, price and platform files",
        "",
        "Keys of a block are written as paths, as `--set` takes them. All files may use `extends:` and `include:`",
        "([your own chip](../../tutorial/2-your-own-chip.md)). Quantities are text with a unit; bounds are in SI units.",
    ]
    for title, model, skip in (
        ("Chip file", ChipModel, own),
        ("`technology`", Technology, ()),
        ("`fabric`", FabricSpec, ()),
        ("Sweep file", SweepModel, ()),
        ("A range of an axis", AxisRange, ()),
        ("Limits in `until`", Limits, ()),
        ("A row of a price table", PriceRow, ()),
        ("A platform", PlatformSpec, ()),
    ):
        parts += ["", f"## {title}", "", *prose(model.__doc__), *table(HEAD, keys(model, skip=skip))]
        if model is ChipModel:
            parts += ["", "`components`: see [component kinds](kinds.md); `nets`: texts such as `host <-> link`."]
    return "\n".join(parts) + "\n"


def workload_keys_page() -> str:
    """Keys of every workload."""
    parts = [
        "# Workload files",
        "",
        "The key `workload` names the kind of a file. Keys of a block are written as paths, as `--set` takes them.",
    ]
    for name in sorted(workload_names()):
        found = find_workload(name)
        text = prose(inspect.getmodule(found).__doc__)
        parts += ["", f"## {name}", "", f"*{found.summary}* ({found.needs} cells)", "", *text]
        parts += table(HEAD, keys(found.model_type))
    return "\n".join(parts) + "\n"


def metrics_page() -> str:
    """Every figure of a run that a sweep, a constraint or `run.summary[...]` can name."""
    parts = [
        "# Metrics",
        "",
        "Names for `metrics`, `constraints` and `until` of a sweep, and for `run.summary[NAME]` in Python. Parts of a",
        "block are named with a dot: `energy_by_group_j.fabric`, `time_to_solution_s.value`. All values are in SI",
        "units. Figures that only one kind of workload has, such as `best_cut`, are named like the others; a name that",
        "is not known is answered with the closest ones.",
        "",
        f"With a 95 % interval over lanes, and so fit for `until`: {', '.join(f'`{name}`' for name in INTERVALS)}.",
    ]
    for part in FLAT:
        rows = [[f"`{n}`", unit_of_metric(n), meaning] for n, meaning in attributes(part).items()]
        if rows:
            title = (inspect.getdoc(part) or "").splitlines()[0].rstrip(".")
            parts += ["", f"## {title}", "", *table(("metric", "unit", "meaning"), rows)]
    parts += ["", "## A value with an interval", "", *prose(Bounds.__doc__), "Its parts are `value`, `low` and `high`."]
    return "\n".join(parts) + "\n"


def attributes(part: type) -> dict[str, str]:
    """What the docstring of a dataclass says of its fields."""
    _, _, listed = (inspect.getdoc(part) or "").partition("Attributes:\n")
    entries = re.findall(r"^ {4}([\w, ]+): (.*(?:\n {5,}.*)*)", listed, re.M)
    return {name: re.sub(r"\s+", " ", meaning) for names, meaning in entries for name in names.split(", ")}


def python_page() -> str:
    """The public Python API."""
    parts = [
        "# Python API",
        "",
        "What `import chipsim` offers; [use it from Python](../../howto/python.md) has examples.",
    ]
    for name in sorted(set(chipsim.__all__)):
        directive = "autoclass" if inspect.isclass(getattr(chipsim, name)) else "autofunction"
        options = [":members:", ":exclude-members: model_config"] if directive == "autoclass" else []
        parts += ["", "```{eval-rst}", f".. {directive}:: chipsim.{name}", *(f"   {o}" for o in options), "```"]
    return "\n".join(parts) + "\n"


def presets_page(text: str) -> str:
    """chips/README.md or workloads/README.md, without links to the files beside them."""
    return re.sub(r"\[([\w-]+)\]\(\1\.yaml\)", r"`\1`", text.replace("Generated by `make docs`", "Generated"))


def write_pages(app: Sphinx) -> None:
    """Write those pages that changed."""
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    for name, text in {
        "kinds": kinds_page(),
        "spec-files": spec_files_page(),
        "workload-files": workload_keys_page(),
        "metrics": metrics_page(),
        "python": python_page(),
        "chips": presets_page(chips_page()),
        "workloads": presets_page(workloads_page()),
    }.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before sources are looked for."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
