"""The reference, written from the code when a build begins: kinds, spec files, metrics, presets, Python API.

Tables of keys come from the pydantic models that check the files, so they state what is accepted.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chipsim
from chipsim.catalogue.metrics import all_metrics
from chipsim.catalogue.presets import chips_page, workloads_page
from chipsim.catalogue.reference import parameters, preset_prices
from chipsim.components.base import Kind
from chipsim.components.registry import find_kind, kind_names
from chipsim.prices.platforms import PlatformSpec
from chipsim.prices.row import PriceRow
from chipsim.spec.chip import ChipModel
from chipsim.spec.keys import Key, keys_of
from chipsim.sweeps.axes import AxisRange
from chipsim.sweeps.metrics import INTERVALS
from chipsim.sweeps.spec import Limits, SweepModel
from chipsim.workloads.registry import find_workload, workload_names

if TYPE_CHECKING:
    from sphinx.application import Sphinx


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


def key_table(keys: Iterable[Key]) -> list[str]:
    """Keys of a spec file as a table."""
    rows = ([f"`{k.path}`", k.takes, k.bounds, code(k.default)] for k in keys)
    return table(("key", "value", "bounds", "default"), rows)


def code(default: str) -> str:
    """A default in code font; "required" is none."""
    return default if default in ("required", "") else f"`{default}`"


def kinds_page() -> str:
    """Every component kind: parameters, actions, prices."""
    names = sorted(kind_names())
    parts = [
        "# Component kinds",
        "",
        "Parameters are written in the chip file under `components`. `chipsim kinds KIND` prints the same in the",
        "terminal, for kinds of installed packages as well.",
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
    actions = ([f"`{a.name}`", a.unit, a.group, a.meaning, "yes" if a.energy else ""] for a in kind.actions)
    prices = list(preset_prices(kind))
    priced = ["", "Prices in the preset tables:", "", *table(("action", "price", "table", "grade", "source"), prices)]
    return [
        f"({anchor(kind.name)})=",
        f"## {kind.name}",
        "",
        *prose(inspect.getdoc(inspect.getmodule(kind))),
        *key_table(parameters(kind)),
        "",
        "Actions:",
        "",
        *table(("action", "counted in", "energy group", "meaning", "has an equation"), actions),
        *(priced if prices else []),
    ]


def spec_files_page() -> str:
    """Keys of chip, sweep, price and platform files."""
    parts = [
        "# Chip, sweep, price and platform files",
        "",
        "Keys of a block are written as paths, as `--set` takes them. All files may use `extends:` and `include:`",
        "([your own chip](../../tutorial/2-your-own-chip.md)). Quantities are text with a unit, such as `100 ns`. The",
        "block `components` holds [component kinds](kinds.md); `nets` are texts such as `host <-> link`.",
    ]
    for title, model in (
        ("Chip file", ChipModel),
        ("Sweep file", SweepModel),
        ("A range of an axis", AxisRange),
        ("Limits in `until`", Limits),
        ("A row of a price table", PriceRow),
        ("A platform", PlatformSpec),
    ):
        parts += ["", f"## {title}", "", *prose(model.__doc__), *key_table(keys_of(model))]
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
        parts += key_table(keys_of(found.model_type))
    return "\n".join(parts) + "\n"


def metrics_page() -> str:
    """Every figure of a run that a sweep, a constraint or `run.summary[...]` can name."""
    parts = [
        "# Metrics",
        "",
        "Names for `metrics`, `constraints` and `until` of a sweep, and for `run.summary[NAME]` in Python; `*` stands",
        "for any key of a block (`energy_by_group_j.fabric`). All values are in SI units. `chipsim metrics PATTERN`",
        "searches this table, figures of installed packages included.",
        "",
        f"With a 95 % interval over lanes, and so fit for `until`: {', '.join(f'`{name}`' for name in INTERVALS)}.",
        "",
    ]
    rows = ([f"`{m.name}`", m.unit, *prose(m.meaning)[:1], m.workload] for m in all_metrics())
    return "\n".join([*parts, *table(("metric", "unit", "meaning", "only of workload"), rows)]) + "\n"


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
