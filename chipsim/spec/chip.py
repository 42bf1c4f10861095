"""A chip spec as written: technology, fabric, components, nets. Parameters of components are checked by their kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from chipsim.errors import RuleError, SpecError
from chipsim.spec.document import Document, KeyPath, dotted
from chipsim.spec.fields import FileName, Number, Quantity, SpecFile, Whole
from chipsim.spec.model import SpecModel, fail, validate
from chipsim.spec.named_files import located

BOLTZMANN_J_PER_K = 1.380649e-23
ELEMENTARY_CHARGE_C = 1.602176634e-19


class Technology(SpecModel):
    """Process and operating conditions. The only temperature of a chip: it acts on beta, noise and kT/C.

    `temperature_deviation` is the standard deviation of a die's temperature from the nominal one, without a thermostat.
    """

    node: str
    vdd: Annotated[float, Quantity("V", gt=0, le=100)]
    temperature: Annotated[float, Quantity("K", gt=0, le=1000)]
    temperature_deviation: Annotated[float, Quantity("K", ge=0, le=100)] = 0.0

    @property
    def thermal_energy_j(self) -> float:
        """Thermal energy kT in joules."""
        return BOLTZMANN_J_PER_K * self.temperature

    @property
    def thermal_voltage_v(self) -> float:
        """Thermal voltage kT/q: the scale of subthreshold transistor noise, and so of a p-bit's response."""
        return self.thermal_energy_j / ELEMENTARY_CHARGE_C

    def sampled_noise_v(self, capacitance_f: float) -> float:
        """Rms noise sqrt(kT/C) of a voltage sampled on a capacitor."""
        return float((self.thermal_energy_j / capacitance_f) ** 0.5)


# Rows, columns or planes from a cell to a neighbour.
Step = Annotated[int, Whole(ge=-(10**7), le=10**7)]


class FabricSpec(SpecModel):
    """Positions and coupling graph of the cells, from exactly one source.

    Sources are pattern, rules, displacements, edges, complete (all pairs), uncoupled (no dedicated wires: all couplings
    through arrays), from. The first `apart` cells of `complete` have no couplers among each other. `copies` of a grid
    share one die, without couplers between them. `colouring` is a file with the colour of each cell
    (`compiler/colour_file.py`).
    """

    pattern: str | None = None
    rules: list[tuple[Step, Step]] | None = Field(default=None, min_length=1)
    displacements: list[list[Step]] | None = Field(default=None, min_length=1)
    edges: list[list[Annotated[float, Number(ge=0, le=1e9)]]] | None = None
    complete: Annotated[int, Whole(ge=2, le=10_000)] | None = None
    apart: Annotated[int, Whole(ge=0, le=10_000)] = 0
    uncoupled: Annotated[int, Whole(ge=2, le=10**7)] | None = None
    source: Literal["problem"] | None = Field(default=None, alias="from")
    size: list[Annotated[int, Whole(ge=1, le=10**7)]] | Literal["problem"] | None = None
    copies: Annotated[int, Whole(ge=1, le=10**4)] = 1
    borders: Literal["open", "torus"] = "open"
    colours: Annotated[int, Whole(ge=1, le=4096)] | Literal["auto"] = "auto"
    colouring: Annotated[str, FileName()] | None = None
    coupled_updates: Literal["forbid", "allow"] = "forbid"

    @model_validator(mode="after")
    def _one_source(self) -> FabricSpec:
        names = {"pattern": self.pattern, "rules": self.rules, "displacements": self.displacements}
        graphs = {"edges": self.edges, "complete": self.complete, "uncoupled": self.uncoupled, "from": self.source}
        given = [k for k, v in {**names, **graphs}.items() if v is not None]
        if len(given) != 1:
            raise RuleError(
                f"needs exactly one of {', '.join([*names, *graphs])}; got {', '.join(given) or 'none'}",
                code="spec.one-of",
                alternatives=tuple((name,) for name in given),
            )
        grid = given[0] in names
        if grid and self.size is None:
            raise RuleError(
                "a grid needs a size, for example size: [70, 70], or size: problem", code="spec.missing-key"
            )
        if not grid and self.size is not None:
            raise RuleError(f"size has no effect with {given[0]}; remove it", code="spec.no-effect")
        if self.apart and (self.complete is None or self.apart > self.complete):
            raise RuleError("apart is a number of cells of complete; remove it, or set complete", code="spec.no-effect")
        if not grid and self.borders != "open":
            raise RuleError(f"borders: torus has no effect with {given[0]}; remove it", code="spec.no-effect")
        if not grid and self.copies > 1:
            raise RuleError(f"copies has no effect with {given[0]}; remove it", code="spec.no-effect")
        if self.colouring is not None and self.colours != "auto":
            raise RuleError(
                "colours has no effect with colouring, whose file says how many there are; remove it",
                code="spec.no-effect",
            )
        return self


class ChipModel(SpecModel):
    """The keys of a chip file. The compiler validates `components` and `nets` further."""

    chipsim: Literal[1]
    name: str
    description: str = ""
    technology: Technology
    fabric: FabricSpec
    components: dict[str, Any] = Field(min_length=1)
    nets: list[str] = Field(min_length=1)
    price_table: SpecFile
    compare_prices: list[SpecFile] = Field(default=[], max_length=64)
    prices: dict[str, Any] = {}


@dataclass(frozen=True, eq=False)
class ComponentSpec:
    """One entry of `components`: a named instance, a range of instances, or a container of more entries.

    Attributes:
        name: dotted name without ranges, for example "core.link".
        count: number of instances in its container; None means one for every site of the fabric.
        kind: name of the kind, "container" for a container.
        path: of the entry in the document.
    """

    name: str
    count: int | None
    kind: str
    path: KeyPath

    @property
    def shown(self) -> KeyPath:
        """The path used by messages and `--set`: without the keys `components`."""
        return tuple(self.name.split("."))


@dataclass(frozen=True, eq=False)
class ChipSpec:
    """A chip file: its model, its components in file order, and the document with all places."""

    document: Document
    model: ChipModel
    components: tuple[ComponentSpec, ...]
    nets: tuple[tuple[str, str, KeyPath], ...]

    def component(self, name: str) -> ComponentSpec:
        """The component with this dotted name."""
        return next(c for c in self.components if c.name == name)


_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[(?:0\.\.([0-9]{1,9})|(\*))\])?")
_CONTAINER_KEYS = {"kind", "components", "nets"}


def read_chip(document: Document) -> ChipSpec:
    """Validate a chip document as far as possible without the component kinds."""
    model = validate(ChipModel, located(document, ChipModel))
    components: list[ComponentSpec] = []
    nets: list[tuple[str, str, KeyPath]] = []
    _collect(document, (), "", components, nets)
    _check_nets(document, components, nets)
    return ChipSpec(document, model, tuple(components), tuple(nets))


def split_name(written: str, document: Document, path: KeyPath) -> tuple[str, int | None]:
    """("cells", 4900) for `cells[0..4899]`, ("cells", None) for `cells[*]`, ("host", 1) for `host`."""
    match = _NAME.fullmatch(written)
    if match is None:
        raise fail(
            document,
            path,
            f'"{written}" is not a component name; write for example host, cells[0..4899] or cells[*]',
            code="spec.bad-name",
        )
    if match[3]:
        return match[1], None
    return match[1], int(match[2]) + 1 if match[2] else 1


def _at(document: Document, path: KeyPath) -> Any:
    value = document.value
    for part in path:
        value = value[part]
    return value


def _collect(
    document: Document,
    scope: KeyPath,
    prefix: str,
    components: list[ComponentSpec],
    nets: list[tuple[str, str, KeyPath]],
) -> None:
    """Collect entries and point-to-point nets of a `components` block, including containers."""
    block_path = (*scope, "components")
    block = _at(document, block_path)
    if not isinstance(block, dict) or not block:
        raise fail(document, block_path, "expected a block of named components", code="spec.wrong-type")
    for written, entry in block.items():
        path = (*block_path, written)
        name, count = split_name(written, document, path)
        full = f"{prefix}{name}"
        if any(c.name == full for c in components):
            raise fail(document, path, f'duplicate component "{full}"', code="spec.duplicate")
        if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
            raise fail(
                document,
                path,
                'needs a kind, for example {kind: pbit}; "chipsim list" shows all kinds',
                code="spec.missing-key",
            )
        components.append(ComponentSpec(full, count, entry["kind"], path))
        if entry["kind"] == "container":
            _check_container(document, path, entry, count, prefix)
            _collect(document, path, f"{full}.", components, nets)
    for index, text in enumerate(_at(document, scope).get("nets") or []):
        nets.extend(_parse_net(document, (*scope, "nets", index), text, prefix))


def _check_container(document: Document, path: KeyPath, entry: dict[str, Any], count: int | None, prefix: str) -> None:
    if prefix:
        raise fail(document, path, "nested containers are not supported", code="spec.bad-container")
    if count is None:
        raise fail(
            document, path, "a container needs a number of instances, for example core[0..7]", code="spec.bad-container"
        )
    extra = sorted(set(entry) - _CONTAINER_KEYS)
    if extra:
        raise fail(
            document,
            (*path, extra[0]),
            f'unknown key "{extra[0]}"; a container has components and nets',
            code="spec.unknown-key",
        )
    if "components" not in entry:
        raise fail(document, path, "a container needs components", code="spec.missing-key")
    if "nets" in entry and not isinstance(entry["nets"], list):
        raise fail(document, (*path, "nets"), "expected a list of nets", code="spec.wrong-type")


def _parse_net(document: Document, path: KeyPath, text: Any, prefix: str) -> list[tuple[str, str, KeyPath]]:
    """Directed pairs of a net such as `host <-> link -> controller`."""
    tokens = re.split(r"\s*(<->|->|<-)\s*", text.strip()) if isinstance(text, str) else []
    if len(tokens) < 3 or not all(re.fullmatch(r"[A-Za-z_][\w.]*", t) for t in tokens[::2]):
        raise fail(
            document,
            path,
            f'{text!r} is not a net; write for example "host <-> link -> controller"',
            code="spec.bad-net",
        )
    pairs = []
    for left, arrow, right in zip(tokens[:-2:2], tokens[1::2], tokens[2::2], strict=True):
        if arrow in ("->", "<->"):
            pairs.append((f"{prefix}{left}", f"{prefix}{right}", path))
        if arrow in ("<-", "<->"):
            pairs.append((f"{prefix}{right}", f"{prefix}{left}", path))
    return pairs


def _check_nets(document: Document, components: list[ComponentSpec], nets: list[tuple[str, str, KeyPath]]) -> None:
    from chipsim.errors import did_you_mean

    names = {c.name for c in components if c.kind != "container"}
    for source, target, path in nets:
        for end in (source, target):
            if end not in names:
                raise fail(
                    document,
                    path,
                    f'unknown component "{end}" in a net; {did_you_mean(end, names)}',
                    code="spec.bad-net",
                )
    connected = {end for source, target, _ in nets for end in (source, target)}
    loose = [c for c in components if c.kind != "container" and c.name not in connected]
    if loose:
        place = document.place(loose[0].path)
        raise SpecError(place, dotted(loose[0].shown), "is not connected; add it to a net", code="spec.bad-net")
