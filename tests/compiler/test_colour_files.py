"""`fabric.colouring`: colours of the cells from a user's own file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.compiler.program import compile_program
from chipsim.runs.ablation import TOGETHER, non_idealities
from chipsim.runs.plan import plan
from chipsim.spec.compose import read_spec
from chipsim.sweeps.keys import Keys
from chipsim.sweeps.spec import read_sweep

pytestmark = pytest.mark.kernel

SIDE = 4
ROWS, COLUMNS = np.divmod(np.arange(SIDE * SIDE), SIDE)
CHECKERBOARD = (ROWS + COLUMNS) % 2
THREE = (ROWS + 2 * COLUMNS) % 3  # neighbours differ by 1 or 2
CHIP = """chipsim: 1
extends: tiny
name: mine
fabric:
  colouring: colours.{suffix}
"""


def text_of(colours: Any) -> str:
    lines = [f"{colour}" for colour in colours]
    return (
        "# colours of the cells\r\n" + "\r\n".join([*lines[:5], "", f"  {lines[5]} # the sixth", *lines[6:]]) + "\n\n"
    )


def written(folder: Path, colours: Any, suffix: str = "txt", name: str = "c.yaml") -> str:
    """A chip whose colours are in a file beside it."""
    folder.mkdir(exist_ok=True)
    file = folder / f"colours.{suffix}"
    if suffix == "npy":
        np.save(file, np.asarray(colours))
    else:
        held = colours if isinstance(colours, str) else (json.dumps(list(map(int, colours))), text_of(colours))
        file.write_bytes((held if isinstance(held, str) else held[suffix == "txt"]).encode())
    (folder / name).write_text(CHIP.format(suffix=suffix))
    return str(folder / name)


@pytest.mark.parametrize("suffix", ["txt", "json", "npy"])
def test_each_format_gives_each_cell_its_colour(tmp_path: Path, suffix: str) -> None:
    program = plan(written(tmp_path, THREE, suffix), "spin-glass").program
    starts = program.schedule.parameters.colour_first_cell  # slots of a colour are consecutive
    found = np.searchsorted(starts, program.slot_of, side="right") - 1
    assert program.colours == 3
    assert found.tolist() == THREE.tolist()


def test_the_colours_that_would_be_found_give_the_same_run_bit_for_bit(tmp_path: Path) -> None:
    few = {"schedule.sweeps": 200}
    own = chipsim.run(written(tmp_path, CHECKERBOARD), "spin-glass", set=few, lanes=64)
    auto = chipsim.run("tiny", "spin-glass", set=few, lanes=64)
    for one in ("toggles", "mean_energy", "energy_j"):
        assert own.summary[one] == auto.summary[one]
    assert own.summary["fabric"]["colouring"] == "colours.txt"  # no path of this machine


def test_a_third_colour_costs_time_and_keeps_the_law(tmp_path: Path) -> None:
    run = chipsim.run(written(tmp_path, THREE), "spin-glass", set={"schedule.sweeps": 4000}, lanes=256)
    assert run.summary["quality"]["colours"] == 3
    sample = next(phase for phase in run.summary["phases"] if phase["name"] == "sample")
    assert sample["end_s"] - sample["start_s"] == pytest.approx(4000 * 3 * 100e-9)
    assert run.summary["total_variation"] < run.summary["total_variation_floor_high"]


CLASH = THREE.copy()
CLASH[6] = CLASH[5]


def test_colours_that_clash_are_refused_with_place_and_pair(tmp_path: Path) -> None:
    with refused(
        "spec.colour-clash", "cells 6 and 10 are coupled and both have colour 0, as the ends of 2 of 24"
    ) as caught:
        _ = plan(written(tmp_path, CLASH), "spin-glass").program
    assert (caught.value.place.line, caught.value.place.column, caught.value.path) == (5, 14, "fabric.colouring")
    with refused("spec.colour-clash"):
        chipsim.run(written(tmp_path, CLASH), "spin-glass")


def test_clashes_may_be_allowed_and_ablated(tmp_path: Path) -> None:
    chip = written(tmp_path, CLASH)
    allowed = {"fabric.coupled_updates": "allow"}
    ready = plan(chip, "spin-glass", allowed)
    assert ready.program.coupled
    ideal = non_idealities(ready)[TOGETHER]
    assert not compile_program(plan(chip, "spin-glass", {**allowed, **ideal}).netlist).coupled


@pytest.mark.parametrize(
    ("suffix", "held", "code", "said"),
    [
        ("txt", "0\n1\n", "data.wrong-shape", "colours.txt: 2 colours for 16 cells"),
        ("txt", "0\n" * 17, "data.wrong-shape", "17 colours for 16 cells"),
        ("txt", "", "data.empty", "colours.txt:1: the file is empty"),
        ("txt", "0\n\n1 1\n", "data.wrong-fields", "colours.txt:3: 2 words"),
        ("txt", "0\nred\n", "data.bad-number", 'colours.txt:2: "red" is not a colour'),
        ("txt", "0\n1.5\n", "data.bad-number", 'colours.txt:2: "1.5"'),
        ("txt", "0\n-1\n" + "1\n" * 14, "data.wrong-values", "colours.txt:2: cell 1 has colour -1"),
        ("txt", "0\n4096\n" + "1\n" * 14, "data.wrong-values", "numbered from 0 to 4,095"),
        ("txt", "0\n2\n" * 8, "data.wrong-values", "no cell has colour 1, but there is a colour 2"),
        ("json", "[0, 1", "data.malformed", "colours.json:1: not JSON"),
        ("json", '{"0": 1}', "data.malformed", "expected a list of colours"),
        ("json", "[0, true]", "data.bad-number", "colour of cell 1: True"),
        ("npy", np.zeros((4, 4), int), "data.wrong-shape", "an array (4, 4) of int64"),
        ("npy", np.zeros(16), "data.wrong-shape", "expected a vector of integers"),
        ("npy", np.full(16, 2**63, np.uint64), "data.wrong-values", "cell 0 has colour 1000000000"),
        ("npy", np.array([None]), "data.malformed", "not an array of colours"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, suffix: str, held: Any, code: str, said: str) -> None:
    with refused(code, said) as caught:
        plan(written(tmp_path, held, suffix), "spin-glass")
    assert caught.value.path == "fabric.colouring"


def test_where_colours_have_no_effect_they_are_refused(tmp_path: Path) -> None:
    chip = written(tmp_path, CHECKERBOARD)
    for changes in ({"fabric.colours": 2}, {"clock.updates": "sequential"}):
        with refused("spec.no-effect"):
            _ = plan(chip, "spin-glass", changes).program
    (tmp_path / "eight.txt").write_text("0\n1\n" * 4)
    with refused("spec.no-effect", "never latched"):
        plan("spu-8", "inverse", {"fabric.colouring": str(tmp_path / "eight.txt")})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    chip = written(tmp_path, CHECKERBOARD)
    (tmp_path / "colours.txt").unlink()
    with refused("file.unreadable", "colours.txt: cannot be read"):
        plan(chip, "spin-glass")


def test_what_the_file_holds_names_the_run_and_where_it_lies_does_not(tmp_path: Path) -> None:
    first = plan(written(tmp_path / "a", CHECKERBOARD), "spin-glass").ids(0)
    assert plan(written(tmp_path / "b", CHECKERBOARD, "npy"), "spin-glass").ids(0) == first
    assert plan(written(tmp_path / "a", 1 - CHECKERBOARD), "spin-glass").ids(0)[0] != first[0]


SWEEP = """chipsim: 1
name: s
chip: c.yaml
workload: spin-glass
axes: { schedule.sweeps: [10, 20] }
metrics: [mean_energy]
"""


def keys_of(folder: Path, overrides: dict[str, Any] | None = None) -> tuple[str, str]:
    (folder / "s.yaml").write_text(SWEEP)
    sweep = read_sweep(str(folder / "s.yaml"))
    return Keys(sweep, read_spec("chip", sweep.chip), read_spec("workload", sweep.workload)).of(overrides or {}, 0)


def test_points_of_a_sweep_are_known_by_what_the_file_holds(tmp_path: Path) -> None:
    written(tmp_path / "a", CHECKERBOARD)
    written(tmp_path / "b", CHECKERBOARD)
    first = keys_of(tmp_path / "a")
    assert keys_of(tmp_path / "b") == first
    written(tmp_path / "a", 1 - CHECKERBOARD)
    changed = keys_of(tmp_path / "a")
    assert changed[0] != first[0]
    assert changed[1] != first[1]
    other = {"fabric.colouring": str(tmp_path / "a" / "colours.txt")}
    assert keys_of(tmp_path / "b", other) == changed
