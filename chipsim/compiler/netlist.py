"""Elaboration: from a chip spec to component instances, the parts of the array, and routes for data."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal, TypeVar, cast

import networkx
import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.component import Component, Route
from chipsim.compiler.fabric import Fabric, build_fabric
from chipsim.components.base import PURPOSES, Kind, Purpose, RouteKind, Transfer
from chipsim.components.cells.base import CellKind, ContinuousCellKind
from chipsim.components.converters.base import ContinuousInputKind, ReadKind, ReadoutKind
from chipsim.components.couplers.base import ContinuousCouplerKind, CouplerKind
from chipsim.components.digital.base import ClockKind, CounterKind, DigitalKind, DigitalRole, MemoryKind, StaticKind
from chipsim.components.noise.base import ContinuousNoiseKind, NoiseKind
from chipsim.components.registry import find_kind
from chipsim.errors import ChipsimError, SpecError, SpecErrors
from chipsim.problems.problem import Problem
from chipsim.spec.chip import ChipSpec, ComponentSpec
from chipsim.spec.document import dotted
from chipsim.spec.model import fail, validate

_WHAT_IS_MISSING = {
    "program": "weights cannot be written: no net leads from a host through a weight_memory to the cells",
    "clamp": "cells cannot be clamped: no net leads from a host through an input_cell to the cells",
    "bias": "the global bias cannot be set: no net leads from a host through a dac to the cells",
    "input": "cells cannot be driven: no net leads from a host through an input_dac to the cells",
    "read": "states cannot be read: no net leads from the cells through a readout to a host",
    "count": "spins cannot be counted: no net leads from the cells through a counter to a host",
    "energy": "energies cannot be sent: no net leads from the couplers through an energy_sum to a host",
}

# Routes that lead from the cells to a host.
FROM_CELLS: tuple[Purpose, ...] = ("read", "count", "energy")

K = TypeVar("K", bound=Kind)


@dataclass(frozen=True, eq=False)
class Domain:
    """The parts common to all arrays: cells, noise and couplers."""

    sort: ClassVar[Literal["latched", "continuous"]]

    cells: Component[CellKind | ContinuousCellKind]
    noise: Component[NoiseKind | ContinuousNoiseKind]
    coupler: Component[CouplerKind | ContinuousCouplerKind]

    def inert(self) -> dict[str, str]:
        """Parameters without effect because of other parts of the array: path -> reason."""
        return {}


@dataclass(frozen=True, eq=False)
class LatchedDomain(Domain):
    """An array of latched cells, with its clock."""

    sort = "latched"

    cells: Component[CellKind]
    noise: Component[NoiseKind]
    coupler: Component[CouplerKind]
    clock: Component[ClockKind]

    def inert(self) -> dict[str, str]:
        """The cell's relaxation time, if the noise does not depend on it."""
        if self.noise.kind.uses_relaxation():
            return {}
        if "relaxation_time" not in type(self.cells.kind).model_fields:
            return {}
        return {f"{self.cells.name}.relaxation_time": f"{self.noise.name} does not depend on it"}


@dataclass(frozen=True, eq=False)
class ContinuousDomain(Domain):
    """An array of continuous cells."""

    sort = "continuous"

    cells: Component[ContinuousCellKind]
    noise: Component[ContinuousNoiseKind]
    coupler: Component[ContinuousCouplerKind]


@dataclass(frozen=True, eq=False)
class Netlist:
    """An elaborated chip."""

    chip: ChipSpec
    fabric: Fabric
    components: dict[str, Component[Kind]]
    domain: Domain
    routes: dict[Purpose, Route]

    @property
    def latched(self) -> LatchedDomain:
        """The array of a chip with latched cells.

        Raises:
            ChipsimError: its cells are continuous.
        """
        if not isinstance(self.domain, LatchedDomain):
            raise ChipsimError(
                f"{self.chip.document.source}: {self.domain.cells.spec.kind} cells do not latch",
                code="chip.wrong-cells",
            )
        return self.domain

    @property
    def continuous(self) -> ContinuousDomain:
        """The array of a chip with continuous cells.

        Raises:
            ChipsimError: its cells latch.
        """
        if not isinstance(self.domain, ContinuousDomain):
            raise ChipsimError(
                f"{self.chip.document.source}: {self.domain.cells.spec.kind} cells latch", code="chip.wrong-cells"
            )
        return self.domain

    def route(self, purpose: Purpose) -> Route:
        """The components that a transfer passes through, in order.

        Raises:
            ChipsimError: the chip has no such route.
        """
        if purpose not in self.routes:
            raise ChipsimError(f"{self.chip.document.source}: {_WHAT_IS_MISSING[purpose]}", code="chip.no-route")
        return self.routes[purpose]

    def end(self, purpose: Purpose, base: type[K]) -> Component[K]:
        """The component that terminates a route at the array.

        Args:
            purpose: of the route.
            base: required base of its kind.

        Raises:
            ChipsimError: the chip has no such route, or another kind terminates it.
        """
        route = self.route(purpose)
        found = route[0] if purpose in FROM_CELLS else route[-1]
        if not isinstance(found.kind, base):
            complaint = f"{found.name} ({found.spec.kind}) ends the route of a {purpose}, but is not a {base.__name__}"
            raise ChipsimError(f"{self.chip.document.source}: {complaint}", code="chip.unsuitable")
        return cast("Component[K]", found)

    def digital_units(self, role: DigitalRole | None = None) -> list[Component[DigitalKind]]:
        """The digital units, or those with a role, in the order of the chip file."""
        return _digital_units(self.components, role)

    def instances(self, pattern: str) -> Iterator[tuple[str, Component[Kind]]]:
        """Names of single instances that match a glob, with their components; brackets are taken literally."""
        if not any(sign in pattern for sign in "*?"):
            yield from ((pattern, c) for c in self.components.values() if c.index_of(pattern) is not None)
            return
        literal = pattern.replace("[", "[[]")
        for component in self.components.values():
            for index in range(component.count):
                name = component.instance_name(index)
                if fnmatch.fnmatchcase(name, literal):
                    yield name, component

    def inert(self) -> dict[str, str]:
        """Parameters without effect at the present settings: path -> reason."""
        out = {f"{c.name}.{key}": why for c in self.components.values() for key, why in c.kind.inert().items()}
        return {**out, **self.domain.inert(), **self._hidden_paces()}

    def units(self, component: Component[Kind]) -> int:
        """Multiplier of power and area of a component: instances, bits of a weight memory or counters, shared noise."""
        if isinstance(component.kind, NoiseKind):
            return component.kind.instances(component.count)
        if isinstance(component.kind, CounterKind):
            return component.count * component.kind.bits
        if not isinstance(component.kind, MemoryKind):
            return component.count
        weights = self.weights
        return weights.words * weights.bits * component.kind.buffers

    def read_error_probability(self) -> float:
        """Probability that a read bit of a latched cell is wrong."""
        if "read" not in self.routes:
            return 0.0
        return self.end("read", ReadoutKind).kind.error_probability(self.chip.model.technology)

    @property
    def temperature_deviation_k(self) -> float:
        """Standard deviation of the die's temperature: tolerance of a thermostat, else that of the technology."""
        kinds = (c.kind for c in self.components.values() if isinstance(c.kind, StaticKind))
        kept = (k.temperature_tolerance_k() for k in kinds)
        return next((k for k in kept if k is not None), self.chip.model.technology.temperature_deviation)

    @cached_property
    def sides_m(self) -> tuple[float, float]:
        """Sides of the array, or of the part of it in a container."""
        return _sides_m(self.fabric, self.domain)

    @cached_property
    def distance_um(self) -> int:
        """Mean distance on the die from the corner of a container to a cell in it, in whole micrometres."""
        pitches = self.fabric.mean_distance_pitches(self.domain.cells.containers)
        return round(pitches * self.domain.coupler.kind.pitch_um())

    @cached_property
    def weights(self) -> Transfer:
        """Transfer of a full set of weights; each is stored in the container of the cell on which it acts."""
        coupler, fabric, blocks = self.domain.coupler.kind, self.fabric, self.domain.cells.containers
        words, bits = coupler.program_bits(len(fabric.edges), fabric.sites)
        whole = Transfer("program", words, bits, self.distance_um, fabric.sites)
        if blocks == 1:
            return whole
        cells = fabric.sites // blocks
        # Each end of a coupler stores one of its weights. Differences of cumulative words, so that the parts add up.
        ends = np.cumsum(fabric.degrees().reshape(blocks, cells).sum(axis=1)).tolist()
        up_to = [0, *(coupler.program_bits(-(-end // 2), cells * (i + 1))[0] for i, end in enumerate(ends))]
        return replace(
            whole, parts=tuple(replace(whole, words=high - low, cells=cells) for low, high in pairwise(up_to))
        )

    def cells_transfer(self, purpose: Purpose, bits: int, sites: NDArray[np.int64]) -> Transfer:
        """Transfer of one value for each of these cells."""
        blocks = self.domain.cells.containers
        inside = np.bincount(sites // (self.fabric.sites // blocks), minlength=blocks).tolist()
        whole = Transfer(purpose, len(sites), bits, self.distance_um, len(sites))
        parts = tuple(replace(whole, words=own, cells=own) for own in inside) if blocks > 1 else ()
        return replace(whole, parts=parts)

    def _hidden_paces(self) -> dict[str, str]:
        """Throughput parameters of components that are not the slowest of their routes."""
        transfers: dict[Purpose, Transfer] = {"program": self.weights}
        if "read" in self.routes:
            bits = self.end("read", ReadKind).kind.bits_per_cell
            transfers["read"] = self.cells_transfer("read", bits, np.arange(self.fabric.sites))
        if "input" in self.routes:
            bits = self.end("input", ContinuousInputKind).kind.bits
            transfers["input"] = self.cells_transfer("input", bits, np.arange(self.fabric.sites))
        out: dict[str, str] = {}
        for purpose, transfer in transfers.items():
            route = self.routes.get(purpose, ())
            slowest = max(route, key=lambda component: component.lag_fs(transfer), default=None)
            for component in route:
                if slowest is not None and component.lag_fs(transfer) < slowest.lag_fs(transfer):
                    why = f"{slowest.name} is slower on the route of a {purpose}"
                    out.update({f"{component.name}.{key}": why for key in component.kind.throughput_parameters()})
        return out


def elaborate(chip: ChipSpec, problem: Problem | None = None) -> Netlist:
    """Validate every component against its kind, build the fabric, and find array and routes.

    Raises:
        SpecError, SpecErrors: the chip violates a rule.
    """
    kinds = _validated_kinds(chip)
    fabric = build_fabric(chip, problem)
    components = {
        spec.name: _component(chip, spec, kinds[spec.name], fabric) for spec in chip.components if spec.name in kinds
    }
    domain = _find_domain(chip, components)
    if fabric.colouring is not None and domain.sort == "continuous":
        complaint = f"{domain.cells.name} are never latched, so colours have no effect; remove it"
        raise fail(chip.document, ("fabric", "colouring"), complaint, code="spec.no-effect")
    if domain.cells.count != fabric.sites:
        complaint = (
            f"{domain.cells.count:,} cells for a fabric of {fabric.sites:,} sites; "
            f"write {domain.cells.name}[*] or change fabric.size"
        )
        raise fail(chip.document, domain.cells.spec.path, complaint, code="spec.array-parts")
    if domain.noise.count != fabric.sites:
        complaint = f"{domain.noise.count:,} noise sources for {fabric.sites:,} cells; write {domain.noise.name}[*]"
        raise fail(chip.document, domain.noise.spec.path, complaint, code="spec.array-parts")
    side_m = max(_sides_m(fabric, domain))
    placed = {name: c.placed(side_m) for name, c in components.items()}
    return Netlist(chip, fabric, placed, domain, _find_routes(chip, placed, domain))


def _sides_m(fabric: Fabric, domain: Domain) -> tuple[float, float]:
    pitch_m = domain.coupler.kind.pitch_um() * 1e-6
    columns, rows = fabric.sides_pitches(domain.cells.containers)
    return columns * pitch_m, rows * pitch_m


def _validated_kinds(chip: ChipSpec) -> dict[str, Kind]:
    """The parameters of each component; raises the errors of all components together."""
    kinds: dict[str, Kind] = {}
    errors: list[SpecError] = []
    for spec in chip.components:
        if spec.kind == "container":
            continue
        try:
            model = find_kind(spec.kind)
        except ChipsimError as error:
            errors.append(
                SpecError(
                    chip.document.place((*spec.path, "kind")), f"{dotted(spec.shown)}.kind", str(error), code=error.code
                )
            )
            continue
        try:
            kinds[spec.name] = validate(model, chip.document, spec.path, spec.shown)
        except SpecErrors as error:
            errors.extend(error.errors)
    if errors:
        raise SpecErrors(errors)
    return kinds


def _component(chip: ChipSpec, spec: ComponentSpec, kind: Kind, fabric: Fabric) -> Component[Kind]:
    if "." not in spec.name:
        return Component(spec.name, spec, kind, fabric.sites if spec.count is None else spec.count, None)
    outer = chip.component(spec.name.rsplit(".", 1)[0])
    many = outer.count or 1
    if spec.count is None:
        if fabric.sites % many:
            raise fail(
                chip.document,
                spec.path,
                f"{fabric.sites:,} sites do not divide into {many} containers",
                code="spec.array-parts",
            )
        return Component(spec.name, spec, kind, fabric.sites, (outer.name, many))
    return Component(spec.name, spec, kind, spec.count * many, (outer.name, many))


def _only(chip: ChipSpec, found: list[Component[K]], what: str) -> Component[K]:
    if len(found) == 1:
        return found[0]
    if not found:
        raise fail(chip.document, ("components",), f"a chip requires a {what}", code="spec.array-parts")
    complaint = f"{found[0].name} and {found[1].name}: only one {what} is allowed here"
    raise fail(chip.document, found[1].spec.path, complaint, code="spec.array-parts")


def _find_domain(chip: ChipSpec, components: dict[str, Component[Kind]]) -> Domain:
    """The array; the base of its cells determines the bases of noise and couplers."""
    found = [c for c in components.values() if isinstance(c.kind, CellKind | ContinuousCellKind)]
    cells = _only(chip, found, "range of cells")
    joined = {a for a, b, _ in chip.nets if b == cells.name} | {b for a, b, _ in chip.nets if a == cells.name}

    def attached(base: type[K], what: str) -> Component[K]:
        inside = [c for c in _of_base(components.values(), base) if c.name in joined]
        return _only(chip, inside, f"{what} joined to {cells.name}")

    if isinstance(cells.kind, ContinuousCellKind):
        relaxing = cast(Component[ContinuousCellKind], cells)
        noise = attached(ContinuousNoiseKind, "noise source for continuous cells")
        coupler = attached(ContinuousCouplerKind, "coupler for continuous cells")
        if coupler.kind.unit != cells.kind.coupled_by:
            wanted = "conductances" if cells.kind.coupled_by == "S" else "capacitors"
            complaint = f"{cells.spec.kind} cells are coupled by {wanted}; {coupler.spec.kind} is not one"
            raise fail(chip.document, (*coupler.spec.path, "kind"), complaint, code="spec.array-parts")
        return ContinuousDomain(relaxing, noise, coupler)
    return LatchedDomain(
        cast(Component[CellKind], cells),
        attached(NoiseKind, "noise source"),
        attached(CouplerKind, "coupler"),
        attached(ClockKind, "clock"),
    )


def _of_base(components: Iterable[Component[Kind]], base: type[K]) -> list[Component[K]]:
    return [cast("Component[K]", c) for c in components if isinstance(c.kind, base)]


def _digital_units(components: dict[str, Component[Kind]], role: DigitalRole | None) -> list[Component[DigitalKind]]:
    units = _of_base(components.values(), DigitalKind)
    return [unit for unit in units if role in (None, unit.kind.role)]


def _find_routes(chip: ChipSpec, components: dict[str, Component[Kind]], domain: Domain) -> dict[Purpose, Route]:
    """For each purpose, the shortest path along nets between a host and the component that terminates the route."""
    graph = networkx.DiGraph([(a, b) for a, b, _ in chip.nets])
    hosts = _digital_units(components, "host")
    array = {domain.cells.name, domain.coupler.name}
    routes: dict[Purpose, Route] = {}
    for purpose in PURPOSES:
        ends = [c for c in components.values() if isinstance(c.kind, RouteKind) and c.kind.serves == purpose]
        if not ends or not hosts:
            continue
        end = _only(chip, ends, f"component that serves {purpose}")
        host = _only(chip, hosts, "host")
        others = {c.name for c in components.values() if not isinstance(c.kind, RouteKind) or c.kind.serves} - {
            end.name
        }
        ways = graph.subgraph(set(graph) - others)
        source, target = (end.name, host.name) if purpose in FROM_CELLS else (host.name, end.name)
        touches = any((a == end.name and b in array) or (b == end.name and a in array) for a, b in graph.edges)
        if touches and {source, target} <= set(ways) and networkx.has_path(ways, source, target):
            names = networkx.shortest_path(ways, source, target)
            routes[purpose] = tuple(cast(Component[RouteKind], components[name]) for name in names)
    return routes
