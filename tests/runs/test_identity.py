"""What makes two runs the same activity: everything that decides the counts, and nothing else."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support_chips import chip_text, workload_text
from support_copies import copy_of_chipsim, edited, forget, named_by

from chipsim.runs.identity import AROUND, PRICING, SHOWING, code, input_hashes
from chipsim.runs.plan import plan
from chipsim.sources.modules import package_facts, package_modules
from chipsim.sources.references import references
from chipsim.spec.compose import read_spec
from chipsim.spec.overrides import apply_overrides
from chipsim.spec.presets import preset_root
from chipsim.workloads.registry import read_workload

CHIP, WORK = chip_text(), workload_text()


def ids_of(folder: Path, chip: str = CHIP, work: str = WORK, seed: int = 0, name: str = "file") -> tuple[str, str]:
    chip_path, work_path = folder / f"{name}-chip.yaml", folder / f"{name}-work.yaml"
    chip_path.write_text(chip)
    work_path.write_text(work)
    return plan(str(chip_path), str(work_path)).ids(seed)


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
    priced = CHIP + "prices: { host.memory: { energy: 2 nJ, grade: assumed, seen: none, source: a guess } }\n"
    activity, run = ids_of(tmp_path)
    assert ids_of(tmp_path, chip=priced)[0] == activity
    assert ids_of(tmp_path, chip=priced)[1] != run


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, for all tests that leave it as it was."""
    return copy_of_chipsim(tmp_path_factory.mktemp("copied"))


@pytest.fixture
def copy(copied: Path) -> Iterator[Path]:
    """The copy, which ids are made of."""
    with named_by(copied):
        yield copied


# Edits of the sources, and whether a simulation could come out otherwise.
EDITS = [
    ("engine/device.py", "CLAMP_BITS = 2\n", "CLAMP_BITS = 200\n", True),
    ("components/noise/rng.py", "math.exp(-1 / latches)", "math.exp(-2 / latches)", True),
    ("components/digital/link.py", "transfer.words * transfer.bits", "transfer.words", True),
    ("kernels/graph.py", "np.uint64(1) <<", "np.uint64(2) <<", True),
    ("mapping/place.py", "", "\nLEAST = 1\n", True),
    ("workloads/ising/schedule.py", "MAX_RECORDS = 1000\n", "MAX_RECORDS = 999\n", True),
    ("statistics/success.py", "", "\nLEAST = 1\n", True),
    ("spec/chip.py", "BOLTZMANN_J_PER_K = 1.380649e-23", "BOLTZMANN_J_PER_K = 1.380649e-22", True),
    ("runs/simulate.py", "", "\nLEAST = 1\n", True),
    ("engine/device.py", '"""', '"""Of the engine. ', False),
    ("components/digital/link.py", '"""', '"""Once more. ', False),
    ("kernels/update.py", "", "\n\n# A comment.\n", False),
    ("report/terminal.py", "", "\nWIDTH = 1\n", False),
    ("ledger/ledger.py", "", "\nLEAST = 1\n", False),
    ("prices/table.py", "", "\nLEAST = 1\n", False),
    ("cli/main.py", "", "\nLEAST = 1\n", False),
    ("__init__.py", "", "\nLEAST = 1\n", False),
]


@pytest.mark.parametrize(("file", "old", "new", "counts"), EDITS)
def test_an_edit_of_the_sources(copy: Path, file: str, old: str, new: str, counts: bool) -> None:
    ready = plan("tiny", "spin-glass")
    before = ready.ids(0)[0]
    with edited(copy / file, old, new):
        assert (replace(ready).ids(0)[0] != before) is counts
    assert replace(ready).ids(0)[0] == before


def test_a_moved_file_of_the_report_is_no_part_of_it(copy: Path) -> None:
    ready = plan("tiny", "spin-glass")
    before = ready.ids(0)[0]
    for old, new, counts in (
        ("report/terminal.py", "report/screen.py", False),
        ("engine/limits.py", "engine/x.py", True),
    ):
        (copy / old).rename(copy / new)
        forget()
        assert (replace(ready).ids(0)[0] != before) is counts
        (copy / new).rename(copy / old)


def test_code_that_counts_needs_none_that_does_not() -> None:
    """What is left out is never reached before all is counted: only the drivers import it, to price what came out."""
    counting = code()
    paths = package_modules()
    for name in counting:
        if name.startswith("chipsim.runs."):
            continue
        for module, item in references(ast.parse(paths[name].read_bytes())):
            used = f"{module}.{item}" if f"{module}.{item}" in paths else module
            harmless = used not in paths or used == "chipsim" or used.startswith(AROUND)
            assert harmless or used in counting, (name, used)


def test_what_is_left_out_is_there() -> None:
    """A room that was renamed would count without anybody's wish."""
    names = package_facts()
    for room in (*SHOWING, *PRICING, *AROUND):
        assert any(name == room or name.startswith(f"{room}.") for name in names), room


def test_it_is_plain_json_with_an_entry_for_whatever_decides() -> None:
    found = plan("tiny", "spin-glass").identity(3)
    assert json.loads(json.dumps(found)) == found
    assert found["seed"] == 3
    assert found["components"]["cells"]["parameters"]["kind"] == "pbit"
    assert found["code"]["chipsim.engine.device"]
    assert found["inputs"] == found["outside"] == {}


def test_weights_beside_the_workload_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    path, weights = tmp_path / "work.yaml", tmp_path / "weights" / "fashion-dtm-small.h5"
    path.write_bytes((preset_root() / "workloads" / "fashion-dtm-small.yaml").read_bytes())
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    named = read_workload(read_spec("workload", str(path)))
    before = input_hashes(named, {})
    assert list(before) == ["weights"]
    weights.write_bytes(b"Weights")
    assert input_hashes(named, {}) != before


def test_a_training_is_named_by_its_images_and_labels(tmp_path: Path) -> None:
    """Its weights are what it makes; without any, the file says what it learns from."""
    images, labels = tmp_path / "images.npy", tmp_path / "labels.npy"
    images.write_bytes(b"1")
    labels.write_bytes(b"2")
    sources = {"images.source": str(images), "labels.source": str(labels), "generation.weights": None}
    document = apply_overrides(read_spec("workload", "fashion-dtm"), sources, "workload")
    before = input_hashes(read_workload(document), {})
    assert list(before) == ["images", "labels"]
    images.write_bytes(b"3")
    after = input_hashes(read_workload(document), {})
    assert (after["images"] != before["images"], after["labels"]) == (True, before["labels"])
