"""What makes two runs the same activity: everything that decides the counts, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_chips import chip_text, workload_text

from chipsim.runs.identity import ids
from chipsim.runs.plan import plan

CHIP, WORK = chip_text(), workload_text()


def ids_of(folder: Path, chip: str = CHIP, work: str = WORK, seed: int = 0, name: str = "file") -> tuple[str, str]:
    chip_path, work_path = folder / f"{name}-chip.yaml", folder / f"{name}-work.yaml"
    chip_path.write_text(chip)
    work_path.write_text(work)
    return ids(plan(str(chip_path), str(work_path)), seed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("beta: 0.5", "beta: 0.6"),
        ("sweeps: 20", "sweeps: 21"),
        ("seed: 1", "seed: 2"),
        ("plus-minus", "gaussian"),
        ("sweeps: 20", "sweeps: 20, read_every: 5"),
        ("sweeps: 20 }", "sweeps: 20 }\nclamp: [[0, 1]]"),
    ],
)
def test_another_workload_is_another_activity(tmp_path: Path, old: str, new: str) -> None:
    assert WORK.count(old) == 1
    assert ids_of(tmp_path, work=WORK.replace(old, new))[0] != ids_of(tmp_path)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("temperature: 300 K", "temperature: 301 K"),
        ("size: [4, 4]", "size: [4, 5]"),
        ("size: [4, 4]", "size: [4, 4], borders: torus"),
        ("weight_bits: 8", "weight_bits: 9"),
        ("law: ideal", "law: redraw"),
        ("phase: 100 ns", "phase: 101 ns"),
        ("latency: 20 ns", "latency: 21 ns"),
    ],
)
def test_another_chip_is_another_activity(tmp_path: Path, old: str, new: str) -> None:
    assert CHIP.count(old) == 1
    assert ids_of(tmp_path, chip=CHIP.replace(old, new))[0] != ids_of(tmp_path)[0]


def test_another_seed_is_another_activity(tmp_path: Path) -> None:
    assert ids_of(tmp_path, seed=1)[0] != ids_of(tmp_path)[0]


def test_a_file_of_a_graph_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    graph = tmp_path / "pair.txt"
    chip, work = chip_text(fabric="from: problem"), workload_text(f"edge_list: {graph}")
    graph.write_text("0 1 1\n")
    first = ids_of(tmp_path, chip, work)
    graph.write_text("0 1 -1\n")
    assert ids_of(tmp_path, chip, work)[0] != first[0]
    graph.write_text("0 1 1\n")
    assert ids_of(tmp_path, chip, work) == first


def test_names_and_comments_are_no_part_of_it(tmp_path: Path) -> None:
    here = ids_of(tmp_path)
    assert ids_of(tmp_path, name="elsewhere") == here
    assert ids_of(tmp_path, chip=f"# a comment\n{CHIP}".replace("name: round", "name: square")) == here
    assert ids_of(tmp_path, work=WORK.replace("name: short", "name: long\ndescription: of the same")) == here


def test_a_price_changes_the_run_and_not_the_activity(tmp_path: Path) -> None:
    priced = CHIP + "prices: { host.word: { energy: 2 nJ, grade: assumed, seen: none, source: a guess } }\n"
    activity, run = ids_of(tmp_path)
    assert ids_of(tmp_path, chip=priced)[0] == activity
    assert ids_of(tmp_path, chip=priced)[1] != run
