"""The ledger of one image by hand, and images of lanes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_cli import call
from support_nets import planned, write_weights, write_work

from chipsim.runs.simulate import drive, simulate


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Workload file and weights file."""
    folder = tmp_path_factory.mktemp("net")
    work = write_work(folder)
    return work, write_weights(folder, work)[0]


def test_one_image_at_four_samples(net: tuple[Path, Path]) -> None:
    """16 cells, 24 couplers, 4 pixels, 12 free cells of which 4 are outputs; two layers, so 2 sweeps to fill."""
    run = simulate(planned(*net, inference__samples=4), lanes=1)
    counts = {(row.component, row.action): row.count for row in run.ledger}
    sweeps = 2 + 3
    assert counts["cells", "update"] == counts["rng", "draw"] == sweeps * 12
    assert counts["readout", "sense"] == 4 * 4
    assert counts["inputs", "clamp"] == 4
    # Weights of 24 couplers in both directions and 16 biases of 6 bits, a beta of 8 bits, 2 bits per pixel, the reads.
    assert counts["link", "transfer"] == (2 * 24 + 16) * 6 + 8 + 2 * 4 + 4 * 4
    # The host: 6 words of weights (384 bits) and one each for beta, clamps and every read, as it passes them on; one to
    # pack the pixels, one per read to count, one per class for the answer.
    words = 6 + 1 + 1 + 4 + 1 + 4 + 2
    assert counts["host", "instruction"] == 2 * words
    assert counts["couplers", "toggle"] == run.trace.activity.cell_toggles.sum()
    assert run.summary["step"]["count"] == 4


def test_time_with_the_pipeline(net: tuple[Path, Path]) -> None:
    """Each further sample costs one sweep of two phases and the 10 ns of its read; counting overlaps with sampling."""
    times = [simulate(planned(*net, inference__samples=many), lanes=1).summary["elapsed_s"] for many in (4, 5, 24)]
    assert times[1] - times[0] == pytest.approx(2 * 100e-9 + 10e-9)
    assert times[2] - times[0] == pytest.approx(20 * (2 * 100e-9 + 10e-9))


def test_cells_of_no_layer_are_switched_off(net: tuple[Path, Path], tmp_path: Path) -> None:
    text = net[0].read_text().replace("hidden: [rest]", "hidden: [5]")
    work = tmp_path / "five.yaml"
    work.write_text(text)
    weights = write_weights(tmp_path, work)[0]
    run = simulate(planned(work, weights, inference__samples=4), lanes=1)
    assert {(r.component, r.action): r.count for r in run.ledger}["cells", "update"] == 5 * (5 + 4)


def test_lanes_are_the_test_images_in_turn(net: tuple[Path, Path]) -> None:
    """A run continued with the second group of 64 lanes is the same as one run of 128."""
    ready = planned(*net)
    whole = np.array(drive(ready, 128, seed=3).observations.states)
    parts = [np.array(drive(ready, 64, seed=3, first_group=group).observations.states) for group in (0, 1)]
    assert (whole == np.concatenate(parts, axis=2)).all()
    # 64 is a multiple of 4 images: with 3 images the second group starts with another one.
    ready = planned(*net, data__test=3)
    whole = np.array(drive(ready, 128, seed=3).observations.states)
    second = np.array(drive(ready, 64, seed=3, first_group=1).observations.states)
    assert (whole[:, :, 1:] == second).all()


def test_summary_states_the_four_items(net: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "run.h5"
    settings = ("--set", f"inference.weights={net[1]}", "--lanes", 400)
    result = call("run", "tiny", net[0], *settings, "-o", out)
    assert result.exit_code == 0
    for words in (
        "accuracy",
        "single sample",
        "cells and 1 coupler each",
        "0.0% of the multiply-adds",
        "5 samples each",
    ):
        assert words in result.output
    assert call("report", out, "--html", tmp_path / "page.html").exit_code == 0
    assert "Accuracy by number of samples" in (tmp_path / "page.html").read_text()
    for command in (("explain", out, "cells.update"), ("reprice", out, "-o", tmp_path / "again.h5")):
        assert call(*command).exit_code == 0
