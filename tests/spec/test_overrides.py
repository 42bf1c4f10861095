"""`--set path=value`: component names, list places, new keys, and paths that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from support_errors import refused

from chipsim.errors import Place
from chipsim.report.describe import describe_chip, elaborated
from chipsim.runs.plan import plan
from chipsim.spec.document import parse_document
from chipsim.spec.overrides import apply_overrides, parse_assignment, split_overrides

TEXT = """fabric: { size: [4, 5], pattern: square }
components:
  cells[0..19]: { kind: pbit, gain: 1 }
  core[0..1]:
    kind: container
    components:
      link: { kind: link, rate: 1 Gbit/s }
"""


def changed(**overrides: Any) -> Any:
    return apply_overrides(parse_document(TEXT, "f.yaml"), overrides, "chip")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("schedule.sweeps=250", ("schedule.sweeps", 250)),
        ("a = 3 ", ("a", 3)),
        ("fabric.size=[50, 40]", ("fabric.size", [50, 40])),
        ("cells.relaxation_time=300 ns", ("cells.relaxation_time", "300 ns")),
        ("a=b=c", ("a", "b=c")),
        ("beta={start: 1, end: 2}", ("beta", {"start": 1, "end": 2})),
    ],
)
def test_assignments(text: str, pair: tuple[str, Any]) -> None:
    assert parse_assignment(text) == pair


@pytest.mark.parametrize("text", ["sweeps", "=3", "a=", " = ", "", "...=5", "[=5"])
def test_what_is_no_assignment(text: str) -> None:
    with refused("spec.bad-set", "; write for example schedule.sweeps=250"):
        parse_assignment(text)


def test_values_have_the_same_traps_as_files() -> None:
    with refused("spec.bad-number", "--set a:1:1: "):
        parse_assignment("a=010")


def test_a_component_is_named_without_its_range() -> None:
    document = changed(**{"cells.gain": 2, "core.link.rate": "2 Gbit/s", "fabric.size[1]": 7})
    components = document.value["components"]
    assert components["cells[0..19]"]["gain"] == 2
    assert components["core[0..1]"]["components"]["link"]["rate"] == "2 Gbit/s"
    assert document.value["fabric"]["size"] == [4, 7]
    assert document.place(("components", "cells[0..19]", "gain")) == Place("--set")
    assert document.place(("components", "cells[0..19]", "kind")).line == 3
    # The file's own value is untouched.
    assert parse_document(TEXT, "f.yaml").value["components"]["cells[0..19]"]["gain"] == 1


def test_new_keys_and_whole_blocks() -> None:
    document = changed(**{"cells.offset": 0.5, "fabric": {"edges": [[0, 1]]}})
    assert document.value["components"]["cells[0..19]"]["offset"] == 0.5
    assert document.value["fabric"] == {"edges": [[0, 1]]}
    assert document.place(("fabric", "edges", 0, 1)) == Place("--set")


NOWHERE = [
    ("cell.gain", 'the chip has no "cell"; did you mean "cells"?'),
    ("core.lnik.rate", 'the chip has no "lnik"; did you mean "link"?'),
    ("fabric.size[9]", '"9" does not exist'),
    ("fabric.size.x", '"x" does not exist'),
    ("fabric.pattern.x.y", '"x" does not exist'),
]


@pytest.mark.parametrize(("path", "complaint"), NOWHERE)
def test_paths_that_lead_nowhere(path: str, complaint: str) -> None:
    with refused("spec.unknown-path", complaint) as caught:
        changed(**{path: 1})
    assert str(caught.value).startswith(f"--set: {path}: ")


def test_each_path_finds_its_file() -> None:
    paths = ["schedule.sweeps", "clamp[0][0]", "prices.rng.on.power", "cells.gain", "name", "chips", "technology.vdd"]
    parts = split_overrides(dict.fromkeys(paths, 1))
    assert set(parts["workload"]) == {"schedule.sweeps", "clamp[0][0]", "chips"}
    assert set(parts["prices"]) == {"rng.on.power"}
    assert set(parts["chip"]) == {"cells.gain", "name", "technology.vdd"}


def test_one_place_of_a_list_of_the_workload() -> None:
    ready = plan("tiny", "clamped", {"clamp[0][1]": -1})
    assert ready.workload.model.clamp[0] == (0, -1)


def test_prices_are_set_where_the_chip_has_rows_of_its_own(tmp_path: Any) -> None:
    text = plan("tiny", "clamped").chip.document.source
    chip = tmp_path / "chip.yaml"
    row = "  cells.on: { power: 2 nW, grade: assumed, seen: none, source: my own }\n"
    with open(text) as file:
        chip.write_text(file.read() + "prices:\n" + row)
    own = plan(str(chip), "clamped")
    assert own.prices.find("cells", "pbit", "on").value == 2e-9
    more = plan(str(chip), "clamped", {"prices.cells.on.power": "3 nW", "prices.pbit.on.power": "4 nW"})
    assert more.prices.find("cells", "pbit", "on").value == 3e-9
    assert more.prices.find("others", "pbit", "on").value == 4e-9


def test_check_takes_prices_and_says_where_a_value_comes_from() -> None:
    assert describe_chip("tiny", {"prices.rng.on.power": "4 nW"}, None)
    with refused("price.unknown-row", "--set: prices.rng.onn.power: "):
        describe_chip("tiny", {"prices.rng.onn.power": "4 nW"}, None)
    lines = elaborated("tiny", None, {"clock.phase": "50 ns"})
    assert "  clock.phase = 5e-08 s  # --set" in lines


def test_values_of_the_caller_stay_as_they_are() -> None:
    """A later path may lead into an earlier value."""
    size = [6, 6]
    document = changed(**{"fabric.size": size, "fabric.size[0]": 7})
    assert document.value["fabric"]["size"] == [7, 6]
    assert size == [6, 6]
