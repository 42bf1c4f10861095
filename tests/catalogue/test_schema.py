"""JSON Schemas for editors: presets pass, mistakes do not, and the file is one that any validator takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support_chips import chip_text, workload_text
from support_cli import call

from chipsim.catalogue.schema import spec_schema
from chipsim.spec.document import parse_document, read_document
from chipsim.spec.presets import find, preset_names
from chipsim.spec.starter import TEMPLATES
from chipsim.units import parse

VALIDATORS = {what: Draft202012Validator(spec_schema(what)) for what in ("chip", "workload", "prices", "sweep")}
FILES = [("chip", "chip"), ("workload", "workload"), ("prices", "price table"), ("sweep", "sweep")]
PRESETS = [(what, find(sort, name)) for what, sort in FILES for name in preset_names(sort)]
STARTERS = [(what, TEMPLATES / f"{what}.yaml") for what in ("chip", "workload")]


@pytest.mark.parametrize("what", VALIDATORS)
def test_the_command_prints_a_valid_schema(what: str) -> None:
    printed = json.loads(call("schema", what).stdout)
    Draft202012Validator.check_schema(printed)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("what", "path"), [*PRESETS, *STARTERS], ids=lambda value: Path(value).stem)
def test_presets_pass(what: str, path: Path) -> None:
    assert list(VALIDATORS[what].iter_errors(read_document(path).value)) == []


CHIP, WORK = chip_text(), workload_text()
CHILD = "chipsim: 1\nextends: tiny\nname: child\n"
SWEEP = """chipsim: 1
name: s
chip: tiny
workload: spin-glass
axes: { cells.gain: [1, 2], clock.phase: { from: 50 ns, to: 100 ns, points: 3 } }
until: { energy_j: 5 %, max_lanes: 128 }
metrics: [energy_j]
"""
ROW = "chipsim: 1\nname: t\nprices:\n  rng.on: { power: 4 nW, grade: assumed, seen: none, source: mine }\n"
MISTAKES = [
    ("chip", CHIP, "relaxation_time", "relaxation_tmie"),
    ("chip", CHIP, "settle_time: 1 us", "settle_time: 1"),
    ("chip", CHIP, "settle_time: 1 us", "settle_time: '1'"),
    ("chip", CHIP, "mode: sense", "mode: sens"),
    ("chip", CHIP, "kind: dac", "kind: adc"),
    ("chip", CHIP, "kind: dac, ", ""),
    ("chip", CHIP, "law: ideal", "law: telepathy"),
    ("chip", CHIP, "weight_bits: 8", "weight_bits: 1"),
    ("chip", CHIP, "price_table: dtca-physical\n", ""),
    ("chip", CHIP, "vdd: 1 V", "vdd: 1"),
    ("chip", CHIP, "size: [4, 4]", "size: [4, 0]"),
    ("chip", CHILD + "fabric: { size: [8, 8] }\n", "size", "sice"),
    ("chip", CHILD + "components: { clock: { kind: clock, phase: 5 ns } }\n", "5 ns", "5"),
    ("workload", WORK, "sweeps: 20", "sweps: 20"),
    ("workload", WORK, "sweeps: 20", "sweeps: many"),
    ("workload", WORK, "mode: sample", "mode: smaple"),
    ("sweep", SWEEP, "metrics", "metric"),
    ("sweep", SWEEP, "points: 3", "pionts: 3"),
    ("sweep", SWEEP, "[1, 2]", "[]"),
    ("sweep", SWEEP, "max_lanes: 128", "max_lanes: 0"),
    ("prices", ROW, "4 nW", "4"),
    ("prices", ROW, "assumed", "guessed"),
    ("prices", ROW, "power", "powre"),
]


@pytest.mark.parametrize(("what", "text", "old", "new"), MISTAKES)
def test_mistakes_are_refused(what: str, text: str, old: str, new: str) -> None:
    assert text.count(old) >= 1

    def errors(written: str) -> list[Any]:
        return list(VALIDATORS[what].iter_errors(parse_document(written, "f.yaml").value))

    assert errors(text) == []
    assert errors(text.replace(old, new, 1))


def test_quantities_say_unit_and_example_and_kinds_their_summary() -> None:
    kinds = spec_schema("chip")["$defs"]
    phase = kinds["kind clock"]["properties"]["phase"]
    assert (phase["unit"], phase["examples"]) == ("s", ["100 ns"])
    assert "transistor-noise" in kinds["kind rng"]["properties"]["kind"]["description"]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("100 ns", True),
        ("1e-7 s", True),
        (" .1us ", True),
        ("100", False),
        ("1e-7", False),
        ("1e5", False),
        ("100 ns!", False),
        ("1 " + "n" * 60, False),
    ],
)
def test_an_editor_refuses_what_the_program_refuses(text: str, good: bool) -> None:
    phase = spec_schema("chip")["$defs"]["kind clock"]["properties"]["phase"]
    assert Draft202012Validator(phase).is_valid(text) is good
    if good:
        assert parse(text, "s") == 1e-7
    else:
        with pytest.raises(ValueError, match="write for example"):
            parse(text, "s")
