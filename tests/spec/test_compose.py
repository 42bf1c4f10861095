"""Specs of several files: what wins, where each value comes from, and what a shared file may not do."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from support_cli import call
from support_errors import code_of, refused

from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.spec.compose import MAX_FILES, read_spec


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def read(folder: Path, name: str = "top") -> object:
    return read_spec("chip", str(folder / f"{name}.yaml")).value


def test_blocks_merge_and_everything_else_replaces(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="name: base\na: {x: 1, y: {p: 1, q: 2}}\nlist: [1, 2, 3]\nb: 5\ngone: 1\n",
        one="a: {x: 2}\nlist: [4]\nc: one\n",
        two="a: {z: 3}\nc: two\n",
        top="extends: base.yaml\ninclude: [one.yaml, two.yaml]\na: {y: {q: 9}}\ngone: null\nnew: null\n",
    )
    assert read(tmp_path) == {
        "a": {"x": 2, "y": {"p": 1, "q": 9}, "z": 3},
        "list": [4],
        "b": 5,
        "c": "two",
        "new": None,
    }


def test_components_merge_by_name_and_another_kind_replaces(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="components:\n  cells[0..15]: {kind: pbit, gain: 1}\n  rng[*]: {kind: rng, law: ideal}\n  old: {kind: x}",
        top="extends: base.yaml\ncomponents:\n  cells[*]: {gain: 2}\n  rng: {kind: mine, tau: 1 s}\n  old: null\n",
    )
    assert read(tmp_path) == {
        "components": {"cells[*]": {"kind": "pbit", "gain": 2}, "rng": {"kind": "mine", "tau": "1 s"}}
    }


def test_a_price_row_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="prices:\n  rng.on: {power: 1 W, source: one}\n  rng.draw: {energy: 1 J}\n",
        top="extends: base.yaml\nprices:\n  rng.on: {energy: 2 J}\n",
    )
    assert read(tmp_path) == {"prices": {"rng.on": {"energy": "2 J"}, "rng.draw": {"energy": "1 J"}}}


def test_every_value_keeps_its_place(tmp_path: Path) -> None:
    write(
        tmp_path, base="a:\n  x: 1\n  y: [5, 6]\n", part="a: {z: 3}\n", top="include: [part.yaml]\nextends: base.yaml\n"
    )
    document = read_spec("chip", str(tmp_path / "top.yaml"))
    found = {path: str(document.place(path)).removeprefix(f"{tmp_path}/") for path in document.places if path}
    assert found[("a", "x")] == "base.yaml:2:6"
    assert found[("a", "y", 1)] == "base.yaml:3:10"
    assert found[("a", "z")] == "part.yaml:1:8"
    assert set(document.texts) == {str(tmp_path / f"{name}.yaml") for name in ("base", "part", "top")}


@pytest.mark.system
def test_complaints_elaborate_and_results_name_the_right_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        parts__clock="components:\n  clock: { phase: 50 ns }\n",
        top="extends: tiny\ninclude: [parts/clock.yaml]\nname: mine\n",
    )
    chip = tmp_path / "top.yaml"
    shown = call("elaborate", chip)
    assert f"clock.phase = 5e-08 s  # {tmp_path}/parts/clock.yaml:2:19" in shown.stdout
    assert "chips/tiny.yaml" in shown.stdout
    assert f"clock.phase = {2e-8} s  # --set" in call("elaborate", chip, "--set", "clock.phase=20 ns").stdout
    assert call("run", chip, "clamped", "--threads", 1, "-o", tmp_path / "run.h5").exit_code == 0
    names = {Path(name).name for name in load(tmp_path / "run.h5").sources}
    assert names == {"top.yaml", "clock.yaml", "tiny.yaml", "clamped.yaml"}
    (tmp_path / "parts/clock.yaml").write_text("components:\n  clock: { phase: 50 }\n")
    result = call("check", chip)
    assert code_of(result) == "spec.no-unit"
    assert result.stderr.startswith(f"{tmp_path}/parts/clock.yaml:2:19: clock.phase: ")


def test_workloads_compose_too(tmp_path: Path) -> None:
    write(tmp_path, w="extends: clamped\nname: longer\nschedule: { sweeps: 400 }\nclamp: [[1, 1]]\n")
    model = plan("tiny", str(tmp_path / "w.yaml")).workload.model
    assert (model.schedule.sweeps, model.schedule.read_every, model.clamp) == (400, 50, [(1, 1)])


def test_the_name_is_not_inherited(tmp_path: Path) -> None:
    write(tmp_path, top="extends: tiny\n")
    result = call("check", tmp_path / "top.yaml")
    assert code_of(result) == "spec.missing-key"
    assert "name: " in result.stderr


REFUSED = {
    "circle": ("extends: other.yaml\n", "1:10: extends: ", "spec.bad-include"),
    "itself": ("include: [top.yaml]\n", "1:11: include[0]: ", "spec.bad-include"),
    "absolute": ("include: [/etc/passwd.yaml]\n", "1:11: include[0]: ", "spec.bad-include"),
    "outside": ("include: [../up.yaml]\n", "1:11: include[0]: ", "spec.bad-include"),
    "link outside": ("include: [link.yaml]\n", "1:11: include[0]: ", "spec.bad-include"),
    "no spec": ("include: [data.txt]\n", "1:11: include[0]: ", "spec.bad-include"),
    "url": ("extends: https://x.org/a.yaml\n", "1:10: extends: ", "file.missing"),
    "missing": ("extends: none.yaml\n", "1:10: extends: ", "file.missing"),
    "folder": ("include: [dir.yaml]\n", "1:11: include[0]: ", "file.is-folder"),
    "preset": ("extends: tinny\n", "1:10: extends: ", "spec.unknown-preset"),
    "a number": ("extends: 3\n", "1:10: extends: ", "spec.bad-include"),
    "no list": ("include: a.yaml\n", "1:10: include: ", "spec.bad-include"),
    "words": ("include: [words.yaml]\n", "1:11: include[0]: ", "spec.bad-include"),
    "long": (f"include: [{'x' * 5000}.yaml]\n", "1:11: include[0]: ", "file.missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_shared_file_may_not_do(case: str, tmp_path: Path) -> None:
    text, start, code = REFUSED[case]
    folder = tmp_path / "shared"
    write(tmp_path, up="a: 1\n")
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "up.yaml")
    (folder / "dir.yaml").mkdir()
    write(folder, other="extends: top.yaml\n", words="just words\n", top=text)
    result = call("check", folder / "top.yaml")
    assert code_of(result) == code
    prefix = (
        f"{folder}/other.yaml:1:10: extends: circular reference: " if case == "circle" else f"{folder}/top.yaml:{start}"
    )
    assert result.stderr.startswith(prefix), result.stderr


def test_number_and_size_of_files_are_bounded(tmp_path: Path) -> None:
    write(tmp_path, **{f"f{i}": f"include: [f{i + 1}.yaml, f{i + 1}.yaml]\n" for i in range(40)}, f40="a: 1\n")
    with refused("spec.too-large", f"more than {MAX_FILES} files"):
        read(tmp_path, "f0")


def test_the_torus_is_dtca_70_but_for_five_values() -> None:
    base, torus = copy.deepcopy(read_spec("chip", "dtca-70").value), read_spec("chip", "torus-2d").value
    assert isinstance(base, dict)
    assert isinstance(torus, dict)
    base["fabric"] = {"pattern": "square", "size": "problem", "borders": "torus"}
    components = base["components"]
    components["rng[*]"]["law"] = "ideal"
    del components["readout"]["wire_length"]
    names = {"cells[0..4899]": "cells[*]"}
    base["components"] = {names.get(key, key): value for key, value in components.items()}
    for key in ("name", "description"):
        base[key] = torus[key]
    assert torus == base
    assert list(torus["components"]) == list(base["components"])
