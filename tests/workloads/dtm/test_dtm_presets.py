"""The models that ship with weights: their images, what one of them costs, and the report on that."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import chipsim


@pytest.fixture(scope="module")
def run():
    return chipsim.run("dtca-70", "fashion-dtm-small", prices="dtca-appendix", lanes=64)


def test_the_flat_accounting_of_the_paper(run):
    """1.6 T nJ an image at K = 250 (arXiv 2510.23972 app. E), here with T = 4; 4 sweeps make the noise at the start."""
    assert run.summary["energy_by_group_j"]["fabric"] == pytest.approx(1.6e-9 * 4, rel=0.01)
    assert run.summary["updates"] == 64 * (4 * 250 + 4) * 4900


def test_what_the_flat_accounting_leaves_out_is_booked(run):
    groups = run.summary["energy_by_group_j"]
    for group in ("program", "memory", "clamp", "readout", "link", "digital", "static"):
        assert groups[group] > 0, group
    jobs = run.summary["energy_per_job_j"]
    assert jobs["1"] > jobs["100"] > jobs["10000"] > groups["fabric"]


def test_images_are_clothes_in_the_middle_of_nothing(run):
    """Fashion-MNIST leaves the corners empty and fills the middle."""
    on = run.arrays["images"] > 127
    assert on[:, :3, :3].mean() < 0.15
    assert on[:, 10:18, 12:16].mean() > 0.6
    assert len({image.tobytes() for image in on}) == 64


def test_the_weights_carry_the_bill_of_their_training():
    from chipsim.spec.presets import preset_root

    held = chipsim.load(preset_root() / "workloads/weights/fashion-dtm-small.h5")
    assert held.summary["energy_j"] > 0
    assert {"weights program", "positive sample", "negative read", "negative compute"} <= {
        phase["name"] for phase in held.summary["phases"]
    }
    assert [entry["layer"] for entry in held.summary["training"]] == [1, 2, 3, 4] * 2


def test_the_report_says_what_a_run_says():
    """Energy of an image in the scope of the paper, 1.6 T nJ with T = 4 for all cells, and all of it, as reported."""
    path = Path(__file__).parents[3] / "reports" / "dtm-fashion" / "energy.csv"
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["mapping"] == "one array, reloaded"]
    rows = [row for row in rows if (row["accounting"], row["order"]) == ("flat", "mixed")]
    held = {(row["scope"], row["images_per_load"]): float(row["energy_j"]) for row in rows}
    flat = chipsim.run("dtca-70", "fashion-dtm", prices="dtca-appendix").summary
    paper = held["sampling in the array", "1"]
    working = (4900 - 10 * 60) / 4900  # labels hold the others
    assert paper == pytest.approx(1.6e-9 * 4 * working, rel=0.01)
    assert flat["energy_by_group_j"]["fabric"] == pytest.approx(paper, rel=1e-9)
    for jobs, energy in flat["energy_per_job_j"].items():
        assert held["and what is always on", jobs] == pytest.approx(energy, rel=1e-9)


def test_the_slowest_layer_of_the_shipped_model_mixes():
    """r_yy[K] < 0.1 at the K of generation, as measured behind the last step of the training."""
    from chipsim.spec.presets import preset_root

    held = chipsim.load(preset_root() / "workloads/weights/fashion-dtm.h5")
    last = {entry["layer"]: entry["r_yy"] for entry in held.summary["training"]}
    assert sorted(last) == [1, 2, 3, 4]
    assert max(last.values()) < 0.1
