"""Specs resolved: `extends`, `include` and `--set`, by the rules of README.md."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
# Folders of presets by what they hold.
PRESETS = {"chip": "chips", "workload": "workloads", "prices": "chips/prices"}
WORKLOAD_KEYS = {"problem", "schedule", "clamp", "target", "jobs_per_load", "chips"}


def find(what: str, name: str, folder: Path) -> Path:
    """A file of the folder, or a preset."""
    return folder / name if name.endswith((".yaml", ".yml")) else ROOT / PRESETS[what] / f"{name}.yaml"


def resolve(what: str, path: Path) -> dict[str, Any]:
    """A file with all that it extends and includes."""
    own = yaml.safe_load(path.read_text())
    base, fragments = own.pop("extends", None), own.pop("include", None) or []
    below: dict[str, Any] = {}
    if base is not None:
        below = resolve(what, find(what, base, path.parent))
        below = {key: value for key, value in below.items() if key not in ("name", "description")}
    for fragment in fragments:
        below = merge(below, resolve(what, path.parent / fragment))
    return merge(below, own)


def merge(below: Any, above: Any, path: tuple[str, ...] = ()) -> Any:
    """Blocks merge key by key, null takes out, all else replaces; so do price rows, and components of another kind."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    if path[:1] == ("prices",) and len(path) == 2:
        return above
    if path[-2:-1] == ("components",) and above.get("kind", below.get("kind")) != below.get("kind"):
        return above
    ranged = path[-1:] == ("components",)

    def plain(key: str) -> str:
        return key.partition("[")[0] if ranged else key

    upper = {plain(key): key for key in above}
    out: dict[str, Any] = {}
    for key, value in below.items():
        written = upper.pop(plain(key), None)
        if written is None:
            out[key] = value
        elif above[written] is not None:
            out[written] = merge(value, above[written], (*path, plain(written)))
    return out | {key: above[key] for key in upper.values()}


def put(block: dict[str, Any], path: str, value: Any) -> None:
    """`--set`: the first words are keys, or names of components."""
    parts: list[Any] = [m[1] or int(m[2]) for m in re.finditer(r"([^.\[\]]+)|\[(\d+)\]", path)]
    here: Any = block
    for part in parts[:-1]:
        here = here[part] if isinstance(here, list) else _inside(here, str(part))
    if isinstance(here, dict) and parts[-1] not in here and "components" in here:
        by_name = {key.partition("[")[0]: key for key in here["components"]}
        if parts[-1] in by_name:
            here["components"][by_name[parts[-1]]] = value
            return
    here[parts[-1]] = value


def _inside(block: dict[str, Any], part: str) -> Any:
    if part not in block and "components" in block:
        by_name = {key.partition("[")[0]: key for key in block["components"]}
        return block["components"][by_name[part]]
    return block.setdefault(part, {})


@dataclass(frozen=True)
class Component:
    """One entry of `components`: dotted name, kind, parameters, how many; `inside` containers."""

    name: str
    kind: str
    keys: dict[str, Any]
    count: int | None
    inside: int = 1

    def instances(self, sites: int) -> int:
        """How many there are on the chip; `[*]` is one a site."""
        return sites if self.count is None else self.count * self.inside


@dataclass(frozen=True)
class Specs:
    """What a command asks for."""

    folder: Path
    chip: dict[str, Any]
    workload: dict[str, Any]
    price_changes: dict[str, Any]
    platform_changes: dict[str, Any]
    table: str
    scope: str
    components: dict[str, Component] = field(default_factory=dict)

    @property
    def technology(self) -> dict[str, Any]:
        """Of the chip."""
        return self.chip["technology"]

    def of_kind(self, *kinds: str) -> Component | None:
        """The first component of one of these kinds."""
        return next((c for c in self.components.values() if c.kind in kinds), None)


def specs_of(command: str, folder: Path) -> Specs:
    """The specs behind the command that a summary names."""
    words = shlex.split(command)[2:]
    options = [(words[i], words[i + 1]) for i in range(2, len(words), 2)]
    chip = resolve("chip", find("chip", words[0], folder))
    workload = resolve("workload", find("workload", words[1], folder))
    price_changes: dict[str, Any] = {}
    platform_changes: dict[str, Any] = {}
    for name, text in options:
        if name != "--set":
            continue
        path, _, written = text.partition("=")
        head, value = re.split(r"[.\[]", path)[0], yaml.safe_load(written)
        if head in ("prices", "platforms"):
            (price_changes if head == "prices" else platform_changes)[path.partition(".")[2]] = value
        else:
            put(workload if head in WORKLOAD_KEYS | set(workload) - {"name"} else chip, path, value)
    asked = dict(options)
    table = asked.get("--prices", chip["price_table"])
    components = {c.name: c for c in _components(chip["components"])}
    scope = asked.get("--scope", "system")
    return Specs(folder, chip, workload, price_changes, platform_changes, table, scope, components)


def _components(block: dict[str, Any], outer: str = "", inside: int = 1) -> list[Component]:
    out = []
    for written, keys in block.items():
        name, _, range_ = written.partition("[")
        count = None if range_ == "*]" else int(range_[:-1].partition("..")[2]) + 1 if range_ else 1
        if keys["kind"] == "container":
            out += _components(keys["components"], f"{outer}{name}.", count or 1)
        else:
            out.append(Component(outer + name, keys["kind"], keys, count, inside))
    return out
