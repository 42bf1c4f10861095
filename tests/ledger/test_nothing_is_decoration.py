"""Every number in every preset does something: changed by 10 % it changes a result, or chipsim declares it inert.

Results are counts, times, energies with their price range, areas, the quality of what was computed, and the states
themselves. Whole numbers change by at least 1; where the larger value is refused, the smaller one is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_images import small_classifier, small_native

from chipsim.errors import ChipsimError
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.lint import of_prices
from chipsim.prices.table import load_prices
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate
from chipsim.spec.document import KeyPath, dotted, leaves, read_document
from chipsim.spec.presets import find, preset_names

_QUANTITY = re.compile(r"([-+\d.eE]+) ([A-Za-z].*)")
# What a run says about this machine, about its inputs, or in words.
NOT_RESULTS = {"wall_s", "kernel_s", "updates_per_ns", "activity_id", "run_id", "seed", "prices", "set", "problem"}
# What would be without a part: there a pace comes to light that another one hides.
NOT_RESULTS |= {"limit"}
# What judges the specs and changes no figure; tests/ledger/test_lint.py has it.
NOT_RESULTS |= {"lint"}
# What only repeats the specs.
NOT_RESULTS |= {"technology", "fabric", "components", "nets", "workload_resolved", "command", "machine"}
SHORT = {"schedule.sweeps": 24, "schedule.beta.steps": 4, "schedule.read_every": 6, "schedule.record_every": 3}
LANES = 16

# How a chip is exercised: by clamps, reads and an anneal through the converter; by an anneal that rewrites weights.
EXERCISES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("clamped", SHORT),
    ("clamped", {**SHORT, "schedule.beta_by": "rewrite", "schedule.read_every": "end"}),
)


LINEAR: dict[str, Any] = {"matrix.size": 6, "schedule.samples": 30}
LOW_RANK: dict[str, Any] = {"matrix.size": 24, "matrix.rank": 3, "schedule.samples": 3}
# Chips of continuous cells: by readings of their noise, and of what they settle at.
CONTINUOUS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "ou-256": (("inverse", LINEAR), ("linear-solve", LINEAR)),
    "spu-8": (("inverse", LINEAR),),
    "tngd-array": (("low-rank", LOW_RANK),),
    "tngd-10k": (("low-rank", LOW_RANK),),
    "langevin-1296": (("shape-prototypes", {"couplers.range": "6 nS", "inputs.full_scale": "0.4 mV"}),),
    "langevin-small": (("shape-prototypes", {}),),
    "pdit-16": (("four-states", {}),),
    "pmog-16": (("four-gaussians", {"schedule.samples": 40}),),
    "gaussian-16": (("one-gaussian", {}),),
    "quartic-layer": (("wide-layer", {}),),
    "quartic-crossbar": (("wide-layer", {}),),
}
# Digital p-bits have beta in their weights. Fields saturate where no cell flips any more in a short run, so one
# exercise has fewer bits before the point.
DIGITAL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("spin-glass", {"schedule.sweeps": 24, "schedule.beta_by": "hard_wired", "cells.integer_bits": 0}),
    ("anneal", {**SHORT, "schedule.beta_by": "rewrite", "problem.scale": 5}),
)
# Counters work for nets only.
COUNTED: dict[str, Any] = {**small_native(), "inference.readout": "counters"}


TEMPERED: dict[str, Any] = {
    "schedule.sweeps": 24,
    "schedule.temper.swap_every": 6,
    "schedule.read_every": 6,
    "schedule.record_every": 3,
}


def exercises(chip: Path) -> tuple[tuple[str, dict[str, Any]], ...]:
    """How this chip is exercised."""
    if chip.stem == "dtca-70-counters":
        return (("fashion-native", COUNTED),)
    if chip.stem in ("torus-replicas", "torus-chips"):
        by_host = {"schedule.temper.energies": "host", "clamp": [[0, 1]]}
        return (("temper", TEMPERED), ("temper", {**TEMPERED, **by_host}))
    return CONTINUOUS.get(chip.stem, DIGITAL if chip.stem in ("dsim-1", "kv260-32", "pegasus-28nm") else EXERCISES)


def changed(value: Any) -> Iterator[Any]:
    """A number 10 % larger, and 10 % smaller, in the form in which it was written."""
    if isinstance(value, int):
        step = max(1, round(abs(value) * 0.1))
        yield from (value + step, value - step, -value)
    elif isinstance(value, float):
        yield from (value * 1.1, value * 0.9) if value else (0.1, 0.001)
    else:
        number, unit = _QUANTITY.fullmatch(value).groups()  # type: ignore[union-attr]
        factors = (1.1, 0.9) if float(number) else ()
        yield from (f"{float(number) * factor:.10g} {unit}" for factor in factors)
        yield f"1e-12 {unit}"


def numbers(path: Path) -> list[tuple[KeyPath, Any]]:
    """All numeric leaves of a spec beside its format version."""
    found = leaves(read_document(path).value)
    return [
        (path, value)
        for path, value in found
        if path != ("chipsim",)
        and (
            (isinstance(value, int | float) and not isinstance(value, bool))
            or (isinstance(value, str) and _QUANTITY.fullmatch(value) and path[-1] not in ("source", "description"))
        )
    ]


def results(run: Run) -> dict[str, Any]:
    """Everything that a run found out."""
    told = {**run.summary.to_json(), **run.summary.workload.figures}
    kept = {key: value for key, value in told.items() if key not in (*NOT_RESULTS, "workload")}
    states = (
        run.trace.activity.cell_toggles.tolist(),
        run.trace.observations.final_state.tolist(),
        run.trace.observations.states.tolist(),
    )
    return {**kept, "states": states}


def set_path(path: KeyPath) -> str:
    """How `--set` names a leaf."""
    return dotted(tuple(part.split("[")[0] if isinstance(part, str) else part for part in path if part != "components"))


# --- chips ----------------------------------------------------------------------------------------------------------


def small_copy(chip: str, folder: Path) -> Path:
    """A preset with the size of a test and a range of cells that follows it."""
    text = find("chip", chip).read_text()
    text = re.sub(r"cells\[0\.\.\d+\]", "cells[*]", text)
    text = text.replace("complete: 256", "complete: 8").replace("uncoupled: 100000", "uncoupled: 24")
    text = text.replace("rows: 640", "rows: 4").replace("complete: 1296, apart: 784", "complete: 96, apart: 64")
    size = "[4, 4, 4]" if chip == "torus-3d" else "[16, 16]" if chip in ("dtca-70", "z1") else "[6, 6]"
    text = text.replace("rows: 640", "rows: 4")
    size = (
        "[4, 4, 4]"
        if chip in ("torus-3d", "dsim-1", "pegasus-28nm")
        else "[16, 16]"
        if chip in ("dtca-70", "z1")
        else "[6, 6]"
    )
    text = re.sub(r"size: .*", f"size: {size}", text).replace("colours: 128", "colours: 16")
    copy = folder / f"{chip}.yaml"
    # A graph of a problem: a ring of 16 with chords.
    copy.write_text(text.replace("from: problem", f"edges: {[[i, (i + k) % 16] for i in range(16) for k in (1, 5)]}"))
    return copy


# Input latches pull only in workloads that train: tests/workloads/dtm/test_dtm_decoration.py.
PULLS = {"inputs.coupling_range"}
# Its containers follow from it: any other number of copies is refused.
TOGETHER = {("torus-replicas", "fabric.copies")}
# Lines need a weight memory: `quartic-crossbar` has both.
TOGETHER |= {(chip, "couplers.lines") for chip in ("quartic-layer", "pdit-16", "gaussian-16")}
# Laws have as many states as their cells.
TOGETHER |= {(chip, "cells.states") for chip in ("pdit-16", "pmog-16")}
# Weights are for this number of cells, and only trainings count multiply-adds: tests/workloads/test_langevin_images.py
OF_TRAININGS = {("langevin-1296", "fabric.complete"), ("langevin-small", "fabric.complete")}
OF_TRAININGS |= {("langevin-1296", f"prices.mac_unit.mac.{bound}") for bound in ("low", "high")}
# All its prices are of this node and voltage, and do not scale: they decide what lint says.
OF_PRICES = {("pegasus-28nm", "technology.node"), ("pegasus-28nm", "technology.vdd")}
CHIP_LEAVES = [
    (chip, path, value)
    for chip in preset_names("chip")
    for path, value in numbers(find("chip", chip))
    if set_path(path) not in PULLS and (chip, set_path(path)) not in TOGETHER | OF_TRAININGS | OF_PRICES
]


@pytest.fixture(scope="module")
def chips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("chips")
    return {chip: small_copy(chip, folder) for chip in preset_names("chip")}


@cache
def base_results(chip: Path, exercise: int) -> dict[str, Any]:
    return results(simulate(exercised(chip, exercise), LANES))


def exercised(chip: Path, exercise: int, changes: dict[str, Any] | None = None) -> Plan:
    workload, settings = exercises(chip)[exercise]
    return plan(str(chip), workload, {**settings, **(changes or {})})


def first_accepted(chip: Path, exercise: int, name: str, value: Any) -> Plan:
    """The plan with the first changed value that the spec allows."""
    refusals = []
    for new in changed(value):
        try:
            return exercised(chip, exercise, {name: new})
        except ChipsimError as error:
            refusals.append(str(error))
    raise AssertionError(f"no change of {name} = {value} is allowed: {refusals}")


@pytest.mark.parametrize(
    ("chip", "path", "value"), [pytest.param(*leaf, id=f"{leaf[0]}-{set_path(leaf[1])}") for leaf in CHIP_LEAVES]
)
def test_numbers_of_chips(chip: str, path: KeyPath, value: Any, chips: dict[str, Path]) -> None:
    copy, name = chips[chip], set_path(path)
    if path[0] == "fabric":
        value = dict(numbers(copy)).get(path, value)
    value = exercises(copy)[0][1].get(name, value)
    alive = False
    for exercise in range(len(exercises(copy))):
        ready = first_accepted(copy, exercise, name, value)
        alive = results(simulate(ready, LANES)) != base_results(copy, exercise)
        if alive:
            break
    declared = ready.netlist.inert()
    assert alive != (name in declared), f"{name} = {value}: alive is {alive}, declared inert: {declared.get(name)}"


def test_every_chip_has_numbers() -> None:
    # Chips that extend another say only what differs, and that may be no number.
    whole = [chip for chip in preset_names("chip") if "extends" not in read_document(find("chip", chip)).value]
    counted = {chip: sum(leaf[0] == chip for leaf in CHIP_LEAVES) for chip in whole}
    assert {"dtca-70", "tiny", "z1"} <= set(counted)
    assert min(counted.values()) >= 30, counted


# --- workloads ------------------------------------------------------------------------------------------------------

WORKLOADS: dict[str, tuple[str, dict[str, Any]]] = {
    "clamped": ("tiny", {"schedule.sweeps": 24, "schedule.beta.steps": 4, "schedule.read_every": 6}),
    "spin-glass": ("tiny", {"schedule.sweeps": 100}),
    "temper": ("torus-replicas", {"schedule.sweeps": 2200}),
    "linear-solve": ("ou-256", {"matrix.size": 8, "schedule.samples": 50}),
    "low-rank": ("tngd-array", {"fabric.uncoupled": 40, "couplers.rows": 5, **LOW_RANK}),
    "inverse": ("ou-256", {"matrix.size": 8, "schedule.samples": 50}),
    "four-states": ("pdit-16", {"schedule.samples": 100}),
    "four-gaussians": ("pmog-16", {"schedule.samples": 40}),
    "one-gaussian": ("gaussian-16", {"schedule.samples": 100}),
    "wide-layer": ("quartic-layer", {"task.tokens": 2, "task.attention": False}),
    "gaussian-sample": ("ou-256", {"matrix.size": 8, "schedule.samples": 50}),
    "gset": ("torus-2d", {"schedule.sweeps": 30, "schedule.beta.steps": 5}),
    "fashion-classifier": ("tngd-10k", small_classifier()),
}
# Denoising models have a test of their own: tests/workloads/dtm/test_dtm_decoration.py.
WORKLOAD_LEAVES = [
    (workload, path, value) for workload in WORKLOADS for path, value in numbers(find("workload", workload))
]


@cache
def workload_results(workload: str) -> dict[str, Any]:
    chip, settings = WORKLOADS[workload]
    return results(workload_run(plan(chip, workload, settings)))


def workload_run(ready: Plan) -> Run:
    return simulate(ready, ready.workload.max_lanes or LANES)


@pytest.mark.parametrize(
    ("workload", "path", "value"), [pytest.param(*leaf, id=f"{leaf[0]}-{dotted(leaf[1])}") for leaf in WORKLOAD_LEAVES]
)
def test_numbers_of_workloads(workload: str, path: KeyPath, value: Any) -> None:
    chip, settings = WORKLOADS[workload]
    name = dotted(path)
    value = settings.get(name, value)
    for new in changed(value):
        try:
            ready = plan(chip, workload, {**settings, name: new})
        except ChipsimError:
            continue
        alive = results(workload_run(ready)) != workload_results(workload)
        declared = ready.workload.inert()
        assert alive != (name in declared), f"{name}: alive is {alive}, declared inert: {declared.get(name)}"
        return
    pytest.fail(f"no change of {name} = {value} is allowed")


# --- prices ---------------------------------------------------------------------------------------------------------

PRICE_LEAVES = [
    (table, path, value) for table in preset_names("price table") for path, value in numbers(find("price table", table))
]


@pytest.fixture(scope="module")
def priced() -> list[tuple[Plan, Run]]:
    """Runs in which, together, every action happens, on a chip that says its node."""
    settings = ({"technology.node": "28 nm"}, {"technology.node": "28 nm", "readout.mode": "adc"})
    plans = [plan("tiny", "clamped", {**SHORT, **changes}) for changes in settings]
    plans += [plan("ou-256", workload, LINEAR) for workload in ("linear-solve", "inverse")]
    plans += [plan("spu-8", "inverse", LINEAR), plan("langevin-small", "shape-prototypes")]
    plans += [plan("quartic-crossbar", "wide-layer")]
    plans += [plan("pdit-16", "four-states"), plan("pmog-16", "four-gaussians", {"schedule.samples": 40})]
    plans += [
        plan("tiny", "clamped", {**SHORT, "host.small_cache": "1 B", "host.large_cache": large})
        for large in ("1 B", "1 MB")
    ]
    plans += [plan("tngd-array", "low-rank", {"fabric.uncoupled": 40, "couplers.rows": 5, **LOW_RANK})]
    plans += [plan("torus-replicas", "temper", {**TEMPERED, "technology.node": "28 nm"})]
    plans += [plan("kv260-32", *DIGITAL[0])]
    plans += [plan("pegasus-28nm", DIGITAL[0][0], {**DIGITAL[0][1], "fabric.size": [4, 4, 4], "fabric.colours": 16})]
    plans += [plan("dtca-70-counters", "fashion-native", {**COUNTED, "technology.node": "28 nm"})]
    return [(ready, simulate(ready, LANES)) for ready in plans]


@pytest.mark.parametrize(
    ("table", "path", "value"), [pytest.param(*leaf, id=f"{leaf[0]}-{dotted(leaf[1][1:])}") for leaf in PRICE_LEAVES]
)
def test_numbers_of_price_tables(table: str, path: KeyPath, value: Any, priced: list[tuple[Plan, Run]]) -> None:
    name = dotted(path[1:])
    before = load_prices(table)
    for new in changed(value):
        try:
            after = load_prices(table, {name: new})
        except ChipsimError:
            continue
        assert any(differ(ready, run, before, after) for ready, run in priced), f"{name} = {new} changes nothing"
        return
    pytest.fail(f"no change of {name} = {value} is allowed")


def differ(ready: Plan, run: Run, before: Any, after: Any) -> bool:
    old, new = (price_trace(run.trace, run.sheet, table) for table in (before, after))
    areas = (old.area_m2, old.area_range_m2) != (new.area_m2, new.area_range_m2)
    energies = [[(r.energy_j, r.low_j, r.high_j) for r in ledger.rows] for ledger in (old, new)]
    return areas or energies[0] != energies[1] or of_prices(run.sheet, before) != of_prices(run.sheet, after)


def test_every_price_of_every_table_is_of_something_that_happens(priced: list[tuple[Plan, Run]]) -> None:
    happened = set()
    for ready, run in priced:
        kind_of = {name: component.spec.kind for name, component in ready.netlist.components.items()}
        happened |= {f"{kind_of[row.component]}.{row.action}" for row in run.trace.activity.rows}
    kinds = {c.spec.kind for ready, _ in priced for c in ready.netlist.components.values()}
    for table in preset_names("price table"):
        for key in load_prices(table).rows:
            assert key in happened or key in {f"{kind}.area" for kind in kinds}, key
    assert np.isfinite(priced[0][1].energy_j)
