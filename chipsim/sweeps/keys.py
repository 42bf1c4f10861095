"""The two keys of a point, computed from content alone, at a cost proportional to the differences between points.

A sweep of 100,000 points changes a few leaves of the same documents. The JSON that is hashed is therefore assembled
from cached texts of unchanged parts, activities are hashed once for all prices, and every file is read once. The keys
equal those of `short_hash` of the complete JSON, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chipsim.errors import ChipsimError
from chipsim.runs.identity import SHOWING, code, hash_of_file, input_hashes, outside_code
from chipsim.spec.chip import ChipModel
from chipsim.spec.compose import SpecSource, read_spec
from chipsim.spec.document import Document, leaves
from chipsim.spec.named_files import located, without_files
from chipsim.spec.overrides import apply_overrides, overridden_value, path_of
from chipsim.sweeps.spec import SweepSpec
from chipsim.workloads.registry import read_workload, workload_model
from chipsim.workloads.routing import Routes

# Keys that affect the reports of a run, but not its simulation.
_PRICING = {"price_table", "prices", "name", "description"}
_NAMES = {"name", "description"}
# Number of workloads with cached texts: chip axes repeat them.
MAX_WORKS = 2_000


class Keys:
    """Computes keys of points from their overrides."""

    def __init__(self, sweep: SweepSpec, chip: Document, workload: Document) -> None:
        self._sweep, self._chip, self._workload = sweep, chip, workload
        self._routes = Routes(chip, workload)
        # Every file is read once, regardless of the number of points.
        self._files: dict[Path, str] = {}
        self._chip_texts = _Texts(chip.value)
        self._simulated: dict[str, _Simulated] = {}
        self._works: dict[str, tuple[str, str, str]] = {}
        self._rows: dict[str, str] = {}
        self._kinds = _kinds(chip.value)
        self._table = _table_of(sweep, chip)
        self._fixed = {
            "code": json.dumps(code(SHOWING), sort_keys=True),
            "lanes": json.dumps(sweep.model.lanes),
            "stop": json.dumps(None if sweep.stop is None else asdict(sweep.stop), sort_keys=True),
        }

    def of(self, overrides: dict[str, Any], seed: int) -> tuple[str, str]:
        """(key, activity) of the point with these overrides and this seed.

        Raises:
            ChipsimError: a path does not exist.
        """
        parts = self._routes.split(overrides)
        # In file order, in which they are applied.
        changed = json.dumps([parts["chip"], parts["workload"], parts["platforms"], seed])
        known = self._simulated.get(changed)
        if known is None:
            known = self._simulated[changed] = self._simulate(parts, seed)
        # ["ACTIVITY", [CHIP, PRICES, ROWS, SCOPE]]
        digest = known.begun.copy()
        rest = f", {json.dumps(parts['prices'], sort_keys=True)}, {self._price_rows(known.table)}, "
        digest.update(f"{rest}{json.dumps(self._sweep.model.scope)}]]".encode())
        return digest.hexdigest()[:16], known.activity

    def _simulate(self, parts: dict[str, dict[str, Any]], seed: int) -> _Simulated:
        value = self._chip.value
        for path, new in parts["chip"].items():
            value = overridden_value(value, path, new, "chip")[1]
        held = {
            **self._fixed,
            "seed": json.dumps(seed),
            "chip": self._chip_texts.of(_without(_nameless(value), _PRICING)),
            "chip_inputs": json.dumps(self._chip_files(parts["chip"], value), sort_keys=True),
            "platforms": json.dumps(parts["platforms"], sort_keys=True),
            **self._work(parts, value),
        }
        text = ", ".join(f"{json.dumps(name)}: {held[name]}" for name in sorted(held))
        activity = hashlib.sha256(f"{{{text}}}".encode()).hexdigest()[:16]
        begun = hashlib.sha256(f"[{json.dumps(activity)}, [{self._chip_texts.of(_nameless(value))}".encode())
        return _Simulated(activity, begun, self._table_named(parts["chip"]))

    def _work(self, parts: dict[str, dict[str, Any]], chip: Any) -> dict[str, str]:
        """JSON of the workload: its keys, the files that it reads, and external code."""
        changed = json.dumps(parts["workload"])
        if changed not in self._works:
            work = apply_overrides(self._workload, parts["workload"], "workload")
            said = without_files(_without(work.value, _NAMES), workload_model(work))
            name = str(work.value.get("workload")) if isinstance(work.value, dict) else ""
            if len(self._works) >= MAX_WORKS:
                self._works.clear()
            inputs = json.dumps(_inputs(work, self._files), sort_keys=True)
            self._works[changed] = json.dumps(said, sort_keys=True), inputs, name
        said, inputs, name = self._works[changed]
        same = not any(
            path_of(path)[-1:] == ("kind",) or isinstance(v, dict | list) for path, v in parts["chip"].items()
        )
        outside = _outside(self._kinds if same else _kinds(chip), name)
        return {"workload": said, "inputs": inputs, "outside": json.dumps(outside, sort_keys=True)}

    def _chip_files(self, overrides: dict[str, Any], chip: Any) -> dict[str, str]:
        """Hash of the colours of a chip with these overrides; empty if they cannot be read, which planning reports."""
        if _colouring(chip) is None:
            return {}
        try:
            path = _colouring(located(apply_overrides(self._chip, overrides, "chip"), ChipModel).value)
            return {"colouring": hash_of_file(Path(str(path)), self._files)}
        except (ChipsimError, OSError):
            return {}

    def _table_named(self, chip_overrides: dict[str, Any]) -> SpecSource:
        if self._sweep.prices is None and any(path_of(path)[:1] == ("price_table",) for path in chip_overrides):
            return _table_of(self._sweep, apply_overrides(self._chip, chip_overrides, "chip"))
        return self._table

    def _price_rows(self, table: SpecSource) -> str:
        name = table if isinstance(table, str) else table.source
        if name not in self._rows:
            self._rows[name] = json.dumps(_price_rows(table), sort_keys=True)
        return self._rows[name]


class _Simulated:
    """An activity: its key, a hash object of the point's key without its prices, and the price table."""

    __slots__ = ("activity", "begun", "table")

    def __init__(self, activity: str, begun: Any, table: SpecSource) -> None:
        self.activity, self.begun, self.table = activity, begun, table


class _Texts:
    """JSON of values that share most blocks with a base value, whose blocks are serialised once."""

    def __init__(self, value: Any) -> None:
        self._value = value  # keeps the blocks alive, so that their ids stay unique
        self._known: dict[int, str] = {}
        self._keep(value)

    def of(self, value: Any) -> str:
        """Equal to `json.dumps(value, sort_keys=True)`."""
        known = self._known.get(id(value))
        if known is not None:
            return known
        if isinstance(value, dict):
            return "{" + ", ".join([f"{json.dumps(key)}: {self.of(value[key])}" for key in sorted(value)]) + "}"
        if isinstance(value, list):
            return "[" + ", ".join([self.of(item) for item in value]) + "]"
        return json.dumps(value)

    def _keep(self, value: Any) -> None:
        if isinstance(value, dict | list):
            for inside in value.values() if isinstance(value, dict) else value:
                self._keep(inside)
            self._known[id(value)] = self.of(value)


def _table_of(sweep: SweepSpec, chip: Document) -> SpecSource:
    """The price table that points are priced with."""
    if sweep.prices is not None:
        return sweep.prices
    return str(located(chip, ChipModel).value.get("price_table") if isinstance(chip.value, dict) else None)


def _colouring(chip: Any) -> str | None:
    """The file of colours that a parsed chip names."""
    fabric = chip.get("fabric") if isinstance(chip, dict) else None
    name = fabric.get("colouring") if isinstance(fabric, dict) else None
    return name if isinstance(name, str) else None


def _nameless(chip: Any) -> Any:
    """A parsed chip without the name of its file of colours, whose content is in the activity."""
    return chip if _colouring(chip) is None else {**chip, "fabric": {**chip["fabric"], "colouring": "FILE"}}


def _kinds(chip: Any) -> frozenset[str]:
    return frozenset(str(leaf) for path, leaf in leaves(chip) if path[-1:] == ("kind",) and leaf != "container")


def _outside(kinds: frozenset[str], workload: str) -> dict[str, str]:
    """Hashes of external code; empty if it is missing, which planning reports."""
    try:
        return outside_code(kinds, workload)
    except ChipsimError:
        return {}


def _inputs(workload: Document, files: dict[Path, str]) -> dict[str, str]:
    """Hashes of the files that a run would read; empty if that fails, which planning reports."""
    try:
        return input_hashes(read_workload(workload), files)
    except (ChipsimError, OSError):
        return {}


def _price_rows(table: SpecSource) -> Any:
    """A price table with all that it extends; None where there is none, which planning reports."""
    try:
        return read_spec("price table", table).value
    except ChipsimError:
        return None


def _without(value: Any, keys: set[str]) -> Any:
    return {k: v for k, v in value.items() if k not in keys} if isinstance(value, dict) else value
