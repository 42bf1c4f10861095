"""Every figure of a result, stored and made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from support_bill import Bill
from support_headline import headline
from support_held import parameters, powered, prices, sheet
from support_ising_again import Plan, figures_of, native_problem, written_problem
from support_kinds_of_parts import Equations
from support_parts_on_a_plane import Plane, classes_of, plane_of
from support_physical_run import Target, sampling_figures, solved_figures
from support_price_rows import table_of
from support_quantities import Figure, si
from support_spec import Specs, specs_of
from support_stored_run import Stored, read


def audit(path: Path, folder: Path) -> list[Figure]:
    """All figures of a result; files that its command names are looked for in the folder."""
    stored = read(path)
    specs = specs_of(stored.summary["command"], folder)
    found = written_problem(specs)
    plane = plane_of(specs, None if found is None else found.pairs, 0 if found is None else len(found.biases))
    bill = bill_of(stored, specs, plane)
    held = [*prices(bill), *sheet(bill, plane), *parameters(bill), *powered(bill, plane)]
    out, summary = [*_wires(bill, plane), *held, *_rows(bill)], stored.summary
    scale = bill.within("system").energy
    out += [Figure(name, _entry(summary, name), value, scale * size) for name, value, size in headline(bill, plane)]
    if specs.workload["workload"] == "ising":
        out += _of_ising(bill, plane)
    out += [Figure(name, _entry(summary, name), value) for name, value in solved_figures(bill)]
    return out


def bill_of(stored: Stored, specs: Specs, plane: Plane) -> Bill:
    """Counts, specs and prices together."""
    coupler = next(c for c in specs.components.values() if "pitch" in c.keys)
    farads = classes_of(plane, coupler.keys)[0] if coupler.kind == "coupler" else []
    side = plane.longer_side(coupler.inside) * si(coupler.keys["pitch"])
    return Bill(stored, specs, table_of(specs), Equations(specs.technology, side, farads), specs.scope)


def _entry(summary: dict[str, Any], path: str) -> Any:
    """An entry of the summary by its path, None where there is none."""
    here: Any = summary
    for part in path.split("/" if "/" in path else "."):
        here = here[int(part)] if isinstance(here, list) else None if here is None else here.get(part)
    return here


def _wires(bill: Bill, plane: Plane) -> Iterator[Figure]:
    """Capacitance of each class of wires, and toggles of cells, lanes and classes against each other."""
    stored = bill.stored
    coupler = bill.specs.of_kind("coupler")
    if coupler is None:
        return
    farads, number = classes_of(plane, coupler.keys)
    yield Figure("trace.class_capacitance_f", stored.class_farads, farads)
    by_class = [int(stored.cell_toggles[number == k].sum()) for k in range(len(farads))]
    yield Figure("trace.lane_toggles by class", stored.lane_toggles.sum(axis=1).tolist(), by_class)
    split = [count.by_class for count in stored.counts if count.by_class is not None]
    yield Figure("trace.class_counts", [sum(part) for part in zip(*split, strict=True)], by_class)
    wrong = [c.phase for c in stored.counts if c.by_class is not None and sum(c.by_class) != c.count]
    yield Figure("trace.row_count of toggles: phases whose classes do not add up", wrong, [])


def _rows(bill: Bill) -> Iterator[Figure]:
    """Each field of each row of the ledger, in the summary and in the columns."""
    rows, columns = bill.stored.summary["ledger"], bill.stored.columns
    yield Figure("ledger", [f"{r['component']}.{r['action']}" for r in rows], [_name(line) for line in bill.lines])
    for index, (row, line) in enumerate(zip(rows, bill.lines, strict=True)):
        for field, value in _fields(bill, line).items():
            yield Figure(f"ledger.{_name(line)}.{field}", row[field], value)
            column = columns[field][index]
            column = None if column != column else column  # NaN stands for None
            yield Figure(f"/ledger/{field}.{_name(line)}", column, value)


def _name(line: Any) -> str:
    return f"{line.component}.{line.action}"


def _fields(bill: Bill, line: Any) -> dict[str, Any]:
    price, busy = line.price, bill.stored.busy_fs.get(line.component, 0)
    payers = "" if price is None or not price.payers else "included in " + ", ".join(price.payers)
    return {
        "kind": line.kind, "group": line.group, "unit": line.unit, "count": line.count, "energy_j": line.energy,
        "low_j": line.low, "high_j": line.high, "once_j": line.once, "busy_s": busy / 1e15, "price": line.key,
        "grade": "unpriced" if price is None else price.grade, "seen": "-" if price is None else price.seen,
        "source": "" if price is None else price.source, "note": "unpriced" if price is None else payers,
    }  # fmt: skip


def _of_ising(bill: Bill, plane: Plane) -> Iterable[Figure]:
    """Energies, effective samples, success and solution."""
    problem = written_problem(bill.specs) or native_problem(bill.specs, plane, bill.stored)
    plan, stored = Plan(bill.specs.workload["schedule"]), bill.stored
    target = Target.of(bill.specs, problem)
    found = [*figures_of(problem, plan, stored, None if target is None else target.energy)]
    found += sampling_figures(bill, plan, problem, target)
    size = float(abs(problem.couplings).sum() + abs(problem.biases).sum())
    gap = "workload.figures.gap_to_true_best"
    return [Figure(name, _entry(stored.summary, name), value, size if name == gap else 0.0) for name, value in found]
