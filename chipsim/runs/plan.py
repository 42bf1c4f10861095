"""Plan: a chip and a workload, read and validated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import index
from typing import Any

import numpy as np

from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.compiler.program import ContinuousProgram, Program, compile_domain
from chipsim.engine.trace import MAX_LANES
from chipsim.errors import ChipsimError
from chipsim.ledger.cost import run_id
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.platforms import PlatformSpec, read_platforms
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable, prices_of_chip
from chipsim.problems.problem import Problem
from chipsim.runs.identity import identity
from chipsim.runs.specs import ChipLike, WorkloadLike, overrides_of, source_of
from chipsim.sources.modules import short_hash
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.compose import Given, SpecSource, as_source, called, read_spec
from chipsim.spec.dicts import plain_set
from chipsim.spec.document import Document
from chipsim.spec.model import errors_located_at
from chipsim.spec.overrides import apply_overrides, split_overrides
from chipsim.spec.presets import portable
from chipsim.workloads.base import AnyWorkload
from chipsim.workloads.parameters import Parameters, with_units
from chipsim.workloads.registry import read_workload
from chipsim.workloads.routing import Routes

# Default number of lanes: one word of the packed states.
LANES = 64


def whole(name: str, value: Any) -> int:
    """An argument as a plain int: numpy integers would overflow in sums of femtoseconds.

    Raises:
        ChipsimError: it is not a whole number.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return index(value)
    except TypeError:
        raise ChipsimError(f"{name} must be a whole number; got {value!r}", code="run.argument") from None


@dataclass(frozen=True, eq=False)
class Plan:
    """A validated chip and workload, ready to simulate."""

    chip: ChipSpec
    workload: AnyWorkload
    netlist: Netlist
    prices: PriceTable
    comparisons: tuple[PriceTable, ...]
    overrides: dict[str, Any]
    requested_names: tuple[str, str]
    platforms: dict[str, PlatformSpec]

    @cached_property
    def program(self) -> Program | ContinuousProgram:
        """The chip, compiled."""
        return compile_domain(self.netlist.domain, self.netlist)

    def identity(self, seed: int) -> dict[str, Any]:
        """Identity of a run with this seed, as plain JSON."""
        return {"seed": seed, **self._identity}

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """Computed once, so that all runs of a plan refer to the same file contents."""
        return identity(self.netlist, self.workload)

    def ids(self, seed: int) -> tuple[str, str]:
        """(activity_id, run_id): without and with prices."""
        activity = short_hash(self.identity(seed))
        return activity, run_id(activity, self.prices)

    def lanes(self, requested: int | None = None) -> int:
        """Number of lanes of a run: as requested, or 64 if the workload supports them.

        Raises:
            ChipsimError: the workload supports fewer than requested.
        """
        limit = self.workload.max_lanes
        if requested is None:
            return LANES if limit is None else min(LANES, limit)
        requested = whole("lanes", requested)
        if not 1 <= requested <= MAX_LANES:
            raise ChipsimError(f"lanes must be in 1 to {MAX_LANES:,}; got {requested}", code="run.argument")
        if limit is not None and requested > limit:
            name = self.workload.model.workload
            raise ChipsimError(
                f"{name} supports at most {limit} lane per run, not {requested}; repeat it with other seeds",
                code="run.too-many-lanes",
            )
        return requested

    @property
    def portable_sources(self) -> dict[str, str]:
        """The texts of the specs, by names that say nothing of the machine; equal names are numbered."""
        out: dict[str, str] = {}
        for source, text in self.sources.items():
            name, number = portable(source), 1
            while name in out:
                number += 1
                name = f"{portable(source)} ({number})"
            out[name] = text
        return out

    @property
    def sources(self) -> dict[str, str]:
        """The texts of the specs, by file name."""
        return {**self.chip.document.texts, **self.workload.document.texts}


def read_chip_file(name: SpecSource, overrides: dict[str, Any] | None = None) -> ChipSpec:
    """A chip by preset name or file."""
    return read_chip(apply_overrides(read_spec("chip", name), overrides or {}, "chip"))


def plan(
    chip: ChipLike,
    workload: WorkloadLike,
    set: Mapping[str, Any] | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
    problem: Problem | None = None,
) -> Plan:
    """Read and validate everything that a run needs; nothing is simulated.

    Args:
        chip: preset name, file, dict or `Chip`.
        workload: preset name, file, dict or `Workload`.
        set: path -> value, as `--set` takes them, into the chip, the workload or the prices; floats of quantities are
            in SI.
        prices: price table instead of the chip's own: preset name, file or dict.
        scope: what totals count: "fabric", "chip" or "system".
        problem: instead of that of the workload.

    Raises:
        ChipsimError: with place, rule and remedy.

    Example:
        >>> import chipsim
        >>> ready = chipsim.plan("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> ready.netlist.fabric.sites, ready.workload.total_sweeps
        (16, 50)
    """
    return planned(chip, workload, spec_values(chip, workload, set), prices, scope, problem)


def spec_values(chip: ChipLike, workload: WorkloadLike, set: Mapping[str, Any] | None) -> dict[str, Any]:
    """Path -> value as a spec file would hold it, of values from Python."""
    parameters = Parameters(*(read_spec(w, source_of(w, s)) for w, s in (("chip", chip), ("workload", workload))))
    return with_units(plain_set(set), parameters)


def planned(
    chip: ChipLike,
    workload: WorkloadLike,
    set: Mapping[str, Any] | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
    problem: Problem | None = None,
) -> Plan:
    """`plan` with values as a spec file would hold them: quantities have units."""
    sources = source_of("chip", chip), source_of("workload", workload)
    overrides = overrides_of(chip, workload, set)
    if problem is not None:
        overrides = {"problem": {"given": problem.name}, **overrides}
    spec, document, parts = _read(*sources, overrides)
    prepared = read_workload(document)
    if problem is not None:
        prepared.take(problem)
    netlist = elaborate(spec, prepared.fixed_problem())
    prepared.check(netlist)
    prepared.prepare(netlist.fabric)
    table = _prices(spec, prices, parts["prices"], scope)
    # Before anything is simulated; what a wire class weighs does not matter to whether there is an equation.
    sheet_of(netlist, np.ones(1)).check_equations(table)
    comparisons = compared_tables(spec)
    platforms = read_platforms(parts["platforms"])
    names = called(sources[0]), called(sources[1])
    return Plan(spec, prepared, netlist, table, comparisons, overrides, names, platforms)


def compared_tables(spec: ChipSpec) -> tuple[PriceTable, ...]:
    """The price tables that a chip compares with its own.

    Raises:
        SpecError, SpecErrors: unknown table, or a row that violates a rule.
    """
    with errors_located_at(spec.document, ("compare_prices",)):
        # Repeated tables are read once.
        tables = {name: prices_of_chip(spec, name) for name in dict.fromkeys(spec.model.compare_prices)}
    return tuple(tables[name] for name in spec.model.compare_prices)


def plan_prices(
    chip: SpecSource,
    workload: SpecSource,
    overrides: dict[str, Any],
    prices: SpecSource | None = None,
    scope: Scope = "system",
) -> PriceTable:
    """The price table of a plan, without elaborating its chip.

    Raises:
        ChipsimError: with place, rule and remedy.
    """
    spec, _, parts = _read(chip, workload, overrides)
    return _prices(spec, prices, parts["prices"], scope)


def plan_tables(
    chip: SpecSource,
    workload: SpecSource,
    overrides: Sequence[dict[str, Any]],
    prices: SpecSource | None = None,
    scope: Scope = "system",
) -> Iterator[PriceTable]:
    """`plan_prices` of several plans; a shared chip is read once.

    Raises:
        ChipsimError: with place, rule and remedy.
    """
    known: tuple[dict[str, Any], ChipSpec] | None = None
    for changes in overrides:
        physics = {path: value for path, value in changes.items() if not split_overrides({path: value})["prices"]}
        if known is None or known[0] != physics:
            known = physics, _read(chip, workload, physics)[0]
        yield _prices(known[1], prices, split_overrides(changes)["prices"], scope)


def _prices(spec: ChipSpec, prices: Given | None, overrides: dict[str, Any], scope: Scope) -> PriceTable:
    """The requested price table, or the chip's own, with the name by which it was requested."""
    source = None if prices is None else as_source("price table", prices)
    table = prices_of_chip(spec, source, overrides)
    return replace(table, requested_name=None if source is None else called(source), scope=scope)


def _read(
    chip: SpecSource, workload: SpecSource, overrides: dict[str, Any]
) -> tuple[ChipSpec, Document, dict[str, dict[str, Any]]]:
    """The chip, the document of the workload, each as overridden; and the overrides by where they belong."""
    document = read_spec("workload", workload)
    of_chip = read_spec("chip", chip)
    parts = Routes(of_chip, document).split(overrides)
    spec = read_chip(apply_overrides(of_chip, parts["chip"], "chip"))
    return spec, apply_overrides(document, parts["workload"], "workload"), parts
