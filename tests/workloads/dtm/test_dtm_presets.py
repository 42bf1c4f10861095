"""The model that ships with weights: its images, and what one of them costs."""

from __future__ import annotations

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
