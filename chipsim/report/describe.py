"""Text for `check`, `elaborate` and `list`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from chipsim.compiler.component import Component
from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.compiler.program import ContinuousProgram, Program, compile_domain
from chipsim.components.base import Kind
from chipsim.components.digital.base import MemoryKind
from chipsim.components.facts import Finding
from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError
from chipsim.ledger import lint
from chipsim.ledger.lint_consistency import of_consistency
from chipsim.ledger.lint_parameters import of_parameters
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.table import PriceTable, prices_of_chip
from chipsim.runs.plan import Plan, compared_tables, planned, read_chip_file
from chipsim.runs.size import size_of
from chipsim.runs.train import size_of_its_training
from chipsim.spec.document import KeyPath, dotted, read_document
from chipsim.spec.fields import Quantity
from chipsim.spec.model import fail, origin
from chipsim.spec.named_files import located, named
from chipsim.spec.overrides import split_overrides
from chipsim.spec.presets import find, preset_names
from chipsim.units import show, to_seconds
from chipsim.workloads.base import AnyWorkload
from chipsim.workloads.registry import find_workload, workload_names

MAX_INSTANCES = 10_000


def _needs_problem(chip: Any) -> bool:
    return chip.model.fabric.source is not None or chip.model.fabric.size == "problem"


def _netlist(chip: str, workload: str | None, overrides: dict[str, Any]) -> Netlist:
    if workload is not None:
        return planned(chip, workload, overrides).netlist
    return elaborate(read_chip_file(chip, overrides))


def describe_chip(chip: str, overrides: dict[str, Any], prices: str | None) -> list[str]:
    """A chip on its own: sizes, routes, price table."""
    parts = split_overrides(overrides)
    spec = read_chip_file(chip, {**parts["chip"], **parts["workload"]})
    # Kinds are checked first: an unknown kind also makes its price rows fail.
    netlist = None if _needs_problem(spec) else elaborate(spec)
    table = prices_of_chip(spec, prices, parts["prices"])
    compared_tables(spec)
    if netlist is None:
        known = f"{len(spec.components)} components, prices {table.name}"
        return [
            f"{spec.document.source}: ok as far as it can be checked without a workload ({known})",
            "its size comes from the problem; check it with one: chipsim check CHIP WORKLOAD",
        ]
    return _describe(netlist, table)


def describe_plan(chip: str, workload: str, overrides: dict[str, Any], prices: str | None) -> list[str]:
    """A chip with a workload."""
    ready = planned(chip, workload, overrides, prices)
    lines = _describe(ready.netlist, ready.prices)
    lines += [f"inert: {path} ({why})" for path, why in ready.workload.inert().items()]
    lines += _lint_lines(ready.workload.lint(ready.netlist))
    _check_files(ready)
    lines.append(_run_size(ready))
    lines += _training_size(ready)
    return [
        *lines,
        f"{ready.workload.document.source}: ok ({ready.workload.model.name}, {ready.workload.extent()})",
    ]


def _run_size(ready: Plan) -> str:
    """The size of a run, which depends on data that may be missing: only a run needs those."""
    try:
        return f"a run of {ready.lanes()} lanes takes {size_of(ready, ready.lanes())}"
    except ChipsimError as error:
        if error.code != "data.missing":
            raise
        return f"the size of a run is not known: {error}"


def _training_size(ready: Plan) -> Iterator[str]:
    """The size of a training, where the workload has one and the chip can train it."""
    if ready.workload.training_type is None:
        return
    try:
        size = size_of_its_training(ready)
    except ChipsimError as error:
        yield f"a training is not possible: {error}"
        return
    if size is not None:
        yield f"a training takes {size}"


def _check_files(ready: Plan) -> None:
    """Raise where a file that the workload names does not exist or is damaged, which only a run would find out."""
    workload = ready.workload
    found = located(workload.document, workload.model_type)
    for path, name in named(found.value, workload.model_type):
        if not os.path.lexists(name):
            raise fail(workload.document, path, f"no such file: {name}", code="data.missing")
    workload.lacks()


def _describe(netlist: Netlist, table: PriceTable) -> list[str]:
    fabric = netlist.fabric
    degrees = fabric.degrees()
    shape = " x ".join(map(str, fabric.shape)) if fabric.shape else "graph"
    if fabric.copies > 1:
        shape = f"{fabric.copies} times {shape}"
    program = compile_domain(netlist.domain, netlist)
    lines = [
        f"{netlist.chip.document.source}: ok",
        *([f"{netlist.chip.model.name}: {netlist.chip.model.description}"] if netlist.chip.model.description else []),
        f"{fabric.sites:,} cells ({shape}), {len(fabric.edges):,} couplers, degree {degrees.min()} to {degrees.max()}",
        *_latches(program),
        f"a full load: {netlist.weights.words:,} words of {netlist.weights.bits} bits",
    ]
    lines += [f"route {purpose}: {' -> '.join(c.name for c in route)}" for purpose, route in netlist.routes.items()]
    lines += _reload_limit(netlist)
    missing = [
        f"{c.name}.{a.name}"
        for c in netlist.components.values()
        for a in c.kind.actions
        if table.find(c.name, c.spec.kind, a.name) is None
    ]
    lines.append(f"prices {table.name}" + (f"; unpriced: {', '.join(missing)}" if missing else ""))
    lines += [f"inert: {path} ({why})" for path, why in netlist.inert().items()]
    sheet = sheet_of(netlist, program.class_capacitance_f)
    sheet.check_equations(table)
    consistency = of_consistency(netlist, program.cadence)
    return lines + _lint_lines([*of_parameters(netlist), *consistency, *lint.of_prices(sheet, table)])


def _lint_lines(findings: Iterable[Finding]) -> list[str]:
    return [f"lint {found.rule}: {found.where}: {found.says}" for found in findings]


def _latches(program: Program | ContinuousProgram) -> list[str]:
    """How the cells latch and what their wires charge, where they latch."""
    cadence, capacitance = program.cadence, program.class_capacitance_f
    if cadence is None:
        return []
    phase, sweep = (show(to_seconds(t), "s") for t in (cadence.phase_fs, cadence.sweep_fs))
    together = ", coupled cells update together (allowed by the spec)" if cadence.coupled else ""
    return [
        f"{cadence.words}, {f'{phase} a phase, ' if cadence.clocked else ''}{sweep} a sweep{together}",
        f"wires of a cell: {show(capacitance.min(), 'F')} to {show(capacitance.max(), 'F')}",
    ]


def _reload_limit(netlist: Netlist) -> list[str]:
    if "program" not in netlist.routes:
        return []
    memory = netlist.end("program", MemoryKind)
    interval_fs = memory.kind.reload_fs()
    if not interval_fs:
        return []
    interval = show(to_seconds(interval_fs), "s", 3)
    limit = "a second write waits, and a run takes at least that long"
    return [f"{memory.name}: at most one full write every {interval}; {limit}"]


def elaborated(chip: str, workload: str | None, overrides: dict[str, Any]) -> list[str]:
    """The resolved chip: every value in SI with its origin."""
    netlist = _netlist(chip, workload, overrides)
    model, table = netlist.chip.model, prices_of_chip(netlist.chip)
    lines = [f"chip {model.name}"]
    lines += _values(netlist, model.technology, ("technology",), ("technology",), "  ")
    lines += _values(netlist, model.fabric, ("fabric",), ("fabric",), "  ")
    for component in netlist.components.values():
        lines.append(f"{component.range_name}: {component.spec.kind}, {component.count:,} on the chip")
        lines += _values(netlist, component.kind, component.spec.path, component.spec.shown, "  ")
        lines += _price_lines(component, table)
    lines += [f"net {a} -> {b}  # {netlist.chip.document.place(path)}" for a, b, path in netlist.chip.nets]
    lines += [f"route {purpose}: {' -> '.join(c.name for c in route)}" for purpose, route in netlist.routes.items()]
    return lines


def _price_lines(component: Component[Kind], table: PriceTable) -> list[str]:
    """What an action costs, and where that comes from."""
    lines = []
    for action in (*(a.name for a in component.kind.actions), "area"):
        row = table.find(component.name, component.spec.kind, action)
        if row is None:
            lines.append(f"  price of {action}: none  # unpriced in {table.name}")
            continue
        lines.append(f"  price of {action}: {row.text}  # {table.name}, {row.grade}, {row.seen}: {row.source}")
    return lines


def _values(netlist: Netlist, model: BaseModel, path: KeyPath, shown: KeyPath, indent: str) -> list[str]:
    document = netlist.chip.document
    lines = []
    for name, field in type(model).model_fields.items():
        written = field.alias or name
        value = getattr(model, name)
        if name == "kind" or (value is None and (*path, written) not in document.places):
            continue
        place = document.places.get((*path, written))
        unit = _unit(field)
        text = f"{value!r} {unit}" if unit and value is not None else str(value)
        lines.append(f"{indent}{dotted((*shown, written))} = {text}  # {origin(place)}")
    return lines


def _unit(field: Any) -> str:
    return next((item.unit for item in _metadata(field) if isinstance(item, Quantity)), "")


def _metadata(field: Any) -> Iterator[Any]:
    """Annotations of a field, also inside `X | None`."""
    yield from field.metadata
    for part in getattr(field.annotation, "__args__", ()):
        yield from getattr(part, "__metadata__", ())


def expanded(chip: str, workload: str | None, overrides: dict[str, Any], pattern: str) -> Iterator[str]:
    """Single instances that match a glob, with kind and, for cells, colour, neighbours and wires.

    Raises:
        ChipsimError: nothing matches.
    """
    netlist = _netlist(chip, workload, overrides)
    program = compile_domain(netlist.domain, netlist)
    shown = 0
    for name, component in netlist.instances(pattern):
        shown += 1
        if shown > MAX_INSTANCES:
            yield f"... more than {MAX_INSTANCES:,}; narrow the glob"
            return
        yield f"{name}: {component.spec.kind}{_cell_details(program, component, name)}"
    if not shown:
        names = ", ".join(c.instance_name(0) for c in netlist.components.values())
        raise ChipsimError(f'no instance matches "{pattern}"; the first of each: {names}', code="result.no-such-row")


def _cell_details(program: Program | ContinuousProgram, component: Component[Kind], name: str) -> str:
    netlist, index = program.netlist, component.index_of(name)
    latch = program.latch_of(index) if component is netlist.domain.cells and index is not None else None
    if latch is None:
        return ""
    edges = netlist.fabric.edges
    neighbours = sorted([*edges[edges[:, 0] == index, 1].tolist(), *edges[edges[:, 1] == index, 0].tolist()])
    wire = show(latch.wire_f, "F")
    column, row = netlist.fabric.positions[index]
    return f", site {index} at column {column} row {row}, colour {latch.colour}, wires {wire}, neighbours {neighbours}"


def listing() -> Iterator[str]:
    """Presets with their descriptions, workload types and kinds, those of other packages included."""
    for what in ("chip", "workload", "sweep", "price table"):
        yield f"{what}s"
        for name in preset_names(what):
            value = read_document(find(what, name)).value
            yield f"  {name:18} {value.get('description', '')}"
    yield "workload types"
    for name in sorted(workload_names()):
        yield f"  {name:18} {_summary_of(find_workload, name)}"
    yield "kinds"
    for name in sorted(kind_names()):
        yield f"  {name:18} {_summary_of(find_kind, name)}"


def _summary_of(find: Callable[[str], type[Kind] | type[AnyWorkload]], name: str) -> str:
    """The one-line description of a class, or why one of another package cannot be loaded."""
    try:
        return find(name).summary
    except ChipsimError as error:
        return str(error)
