"""`--set` of keys that no file writes, and alternatives of which one was set last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support_errors import refused

from chipsim.runs.plan import plan
from chipsim.runs.specs import Workload
from chipsim.sweeps.points import points_of
from chipsim.sweeps.spec import read_sweep

UNKNOWN = [
    (
        "ou-256",
        "linear-solve",
        "right_sid_seed",
        'the workload has no "right_sid_seed"; did you mean "right_side_seed" or "right_side"?',
    ),
    ("ou-256", "linear-solve", "matrx.file", 'the workload has no "matrx"; did you mean "matrix"?'),
    ("dtca-70", "fashion-dtm-small", "label.spots", 'the workload has no "label"; did you mean "labels"?'),
    ("dtca-70", "fashion-dtm-small", "coupler.swing", 'the chip has no "coupler"; did you mean "couplers"?'),
    ("dtca-70", "fashion-dtm-small", "technolgy.vdd", 'the chip has no "technolgy"; did you mean "technology"?'),
]


@pytest.mark.parametrize(("chip", "workload", "path", "complaint"), UNKNOWN)
def test_the_right_one_of_chip_and_workload_is_named(chip: str, workload: str, path: str, complaint: str) -> None:
    with refused("spec.unknown-path" if "." in path else "spec.unknown-key", complaint):
        plan(chip, workload, {path: 1})


def test_keys_of_both_are_listed_where_none_is_close() -> None:
    with refused("spec.unknown-key") as caught:
        plan("ou-256", "linear-solve", {"quux": 1})
    text = str(caught.value)
    assert text.startswith('--set: quux: neither workload nor chip has "quux"; keys of the workload: ')
    of_workload, of_chip = text.split("; of the chip: ")
    assert "right_side_seed" in of_workload
    assert "couplers" in of_chip
    assert "right_side_seed" not in of_chip


def test_a_key_that_the_file_does_not_write_is_one_of_the_workload() -> None:
    ready = plan("dtca-70", "fashion-dtm-small", {"labels": {"spots": 2, "classes": 3}, "chips": 2})
    assert (ready.workload.model.labels.spots, ready.workload.model.chips) == (2, 2)


def test_an_axis_is_answered_alike(tmp_path: Path) -> None:
    spec = {
        "chipsim": 1,
        "name": "s",
        "chip": "ou-256",
        "workload": "linear-solve",
        "axes": {"right_sid_seed": [1, 2]},
        "metrics": ["energy_j"],
    }
    with refused("spec.unknown-key", 'did you mean "right_side_seed" or "right_side"?'):
        points_of(read_sweep(spec))


def test_a_workload_alone_names_its_keys() -> None:
    with refused("spec.unknown-path", 'in the run, or did you mean "right_side_seed" or "right_side"?'):
        Workload("linear-solve", set={"right_sid_seed": 1})


ALTERNATIVES: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "tngd-10k",
        "fashion-classifier",
        {"data.images": "mine.npy"},
        "data: takes source or files, not both; images was set last, so add --set data.source=null",
    ),
    (
        "tngd-10k",
        "fashion-classifier",
        {"data.images": "mine.npy", "data.labels": "l.npy", "data.source": "fashion-mnist"},
        "source was set last, so add --set data.images=null --set data.labels=null",
    ),
    ("dtca-70", "spin-glass", {"problem.graph": "G1"}, "graph was set last, so add --set problem.native=null"),
    ("dtca-70", "spin-glass", {"fabric.complete": 9}, "complete was set last, so add --set fabric.pattern=null"),
    ("dtca-70", "fashion-dtm-small", {"images.copies": 3}, "copies was set last, so add --set images.thresholds=null"),
]


@pytest.mark.parametrize(("chip", "workload", "settings", "complaint"), ALTERNATIVES)
def test_what_was_set_last_stays(chip: str, workload: str, settings: dict[str, Any], complaint: str) -> None:
    with refused("spec.one-of" if "data" not in complaint else "spec.no-effect", complaint):
        plan(chip, workload, settings)


def test_the_later_of_two_settings_stays() -> None:
    with refused("spec.one-of", "rudy was set last, so add --set problem.native=null --set problem.graph=null"):
        plan("dtca-70", "spin-glass", {"problem.graph": "G1", "problem.rudy": "x.txt"})


def test_a_file_that_extends_another_sets_last(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("chipsim: 1\nextends: fashion-classifier\nname: mine\ndata: { images: mine.npy }\n")
    with refused("spec.no-effect", "images was set last, so write source: null"):
        plan("tngd-10k", str(mine))


def test_within_one_file_nothing_is_last(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("chipsim: 1\nworkload: ising\nname: m\nproblem: { graph: G1, native: plus-minus }\n"
                    "schedule: { mode: sample, beta: 1, sweeps: 10 }\n")  # fmt: skip
    with refused("spec.one-of", "; remove native or graph"):
        plan("dtca-70", str(mine))
