"""The points in the folder of a sweep may come from a stranger, who can make checksums."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_mutants import changed_json

from chipsim.errors import RunError
from chipsim.sweeps import store
from chipsim.sweeps.point_schema import record_of, state_of
from chipsim.sweeps.sweep import sweep
from chipsim.sweeps.table import read_table
from chipsim.sweeps.tasks import Task, compute

SPEC: dict[str, Any] = {
    "chipsim": 1, "name": "two", "chip": "tiny", "workload": "spin-glass", "set": {"schedule.sweeps": 10},
    "axes": {"cells.gain": [1, 2]}, "metrics": ["energy_j", "joules_per_effective_sample"],
}  # fmt: skip


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Records as a sweep writes them: two that are done, and one of a point that cannot be planned."""
    made = tmp_path_factory.mktemp("sweep")
    sweep(SPEC, made, executor="inline")
    texts = [path.read_text().partition("\n")[2] for path in (made / "points").iterdir()]
    refused = compute(Task("tiny", "spin-glass", None, "system", ({"cells.gain": -1},), 0, 64, None))
    return [*map(json.loads, texts), *refused.records]


def test_records_are_read_as_they_were_written(records: list[dict[str, Any]]) -> None:
    assert [record["status"] for record in records] == ["done", "done", "skipped"]
    for record in records:
        text = json.dumps(record, sort_keys=True)
        assert record_of(text) == record
        assert state_of(text) == {"status": record["status"], "figures": record.get("figures", {})}


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda record: record.pop(name)


def with_value(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        inside: Any = record
        for part in path[:-1]:
            inside = inside[part]
        inside[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("multiples"), "multiples"),
        (with_value("figures", "energy_j", value=float("nan")), "not finite"),
        (with_value("figures", "energy_j", value=1e300), "figures.energy_j"),
        (with_value("figures", "energy_j", value=None), "energy_j, total_energy_j is no number"),
        (with_value("figures", "lanes", value=63), "the lanes of figures and energies differ"),
        (with_value("figures", "chips", value=0), "no positive integer"),
        (with_value("figures", "chip", value={"a": 1}), "figures.chip"),
        (with_value("lane_energy_j", 3, value=-1.0), "lane_energy_j.3"),
        (with_value("samples_per_lane_without_block", value=[0.0]), "samples_per_lane_without_block.0"),
        (with_value("load_bill", value={}), "the bills of repetition and load differ"),
        (with_value("multiples", "energy_j", value=[1]), "multiples.energy_j"),
        (with_value("multiples", "energy_j", value=["1", 0]), "multiples.energy_j"),
        (with_value("repetition_bill", "rng.draw", value=[1, "1", 1, ["energy", 1, None, None]]), "repetition_bill"),
        (with_value("lane_energy_j", 3, value="1"), "lane_energy_j.3"),
        (with_value("lane_energy_j", 3, value=True), "lane_energy_j.3"),
        (with_value("lint", value=["\x1b[2J"]), "control characters"),
        (with_value("status", value="skipped"), "Field required"),
        (with_value("more", value=1), "Extra inputs"),
    ],
)
def test_what_does_not_fit_is_refused(
    change: Callable[[dict[str, Any]], None], told: str, records: list[dict[str, Any]]
) -> None:
    record = copy.deepcopy(records[0])
    change(record)
    with pytest.raises(ValueError, match=r".") as caught:
        record_of(json.dumps(record))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"status": "dome"}', '{"figures": [, "status": "done"}', '{"status": "done"}']
)
def test_a_state_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        state_of(text)


@pytest.mark.parametrize(("first", "many"), [(0, 12), pytest.param(1000, 500, marks=pytest.mark.slow)])
@pytest.mark.system
def test_a_sweep_over_forged_points_ends_with_a_table(first: int, many: int, tmp_path: Path) -> None:
    """A forged point is accepted or made again, at the latest by the next command."""
    sweep(SPEC, tmp_path, executor="inline")
    paths = sorted((tmp_path / "points").iterdir())
    held = [path.read_bytes() for path in paths]
    remade = 0
    for seed in range(first, first + many):
        chance = random.Random(seed)
        place = chance.randrange(2)
        changed, where = changed_json(json.loads(held[place].partition(b"\n")[2]), chance)
        body = json.dumps(changed, sort_keys=True).encode()
        forged = f"{store.SCHEMA} {hashlib.sha256(body).hexdigest()}\n".encode() + body
        paths[place].write_bytes(forged)
        try:
            sweep(SPEC, tmp_path, executor="inline")
        except RunError:
            sweep(SPEC, tmp_path, executor="inline")
        assert len(read_table(tmp_path)["rows"]) == 2, f"seed {seed}, {where}"
        remade += paths[place].read_bytes() != forged
        paths[place].write_bytes(held[place])
    assert many / 4 < remade < many
