"""Label cells: where they stand, that they are held, and that a model draws what it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_chips import netlist_of
from support_dtm import moments, small_files
from support_errors import refused

import chipsim
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.errors import ChipsimError
from chipsim.report.images import pictures
from chipsim.runs.simulate import drive
from chipsim.runs.train import train
from chipsim.workloads.dtm.labels import label_spins, requested_classes
from chipsim.workloads.dtm.sampler import LayerSampler
from chipsim.workloads.dtm.spec import LabelsSpec

IMAGES, CLASSES, SPOTS, PIXELS = 60, 2, 3, 6


def labelled_files(folder: Path, labels: str = "{ source: labels.npy, classes: 2, spots: 3 }", **changes):
    """A chip, and a model whose images are dark or bright as their labels say, turned at random in one pixel of ten."""
    random = np.random.default_rng(2)
    classes = random.integers(0, CLASSES, IMAGES)
    np.save(folder / "labels.npy", classes)
    bright = np.broadcast_to(classes[:, None, None] == 1, (IMAGES, 2, 3))
    np.save(folder / "images.npy", bright ^ (random.random((IMAGES, 2, 3)) < 0.1))
    chip, work = small_files(folder, fabric="pattern: square, size: [6, 6]", **changes)
    named = labels.replace("labels.npy", str(folder / "labels.npy"))
    Path(work).write_text(Path(work).read_text() + f"labels: {named}\n")
    return chip, work


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    files = labelled_files(folder, noise=[0.3, 1.5], steps=80, epochs=1, rate=0.05)
    run = train(chipsim.plan(*files), folder / "w.h5", 1, 1)
    return folder, files, run


def drawn(trained, lanes=640, **settings):
    folder, files, _ = trained
    return chipsim.run(*files, set={"generation.weights": str(folder / "w.h5"), **settings}, lanes=lanes)


def test_spins_name_the_class():
    spec = LabelsSpec(classes=3, spots=2)
    assert label_spins(np.array([2, 0]), spec).tolist() == [[-1, -1, -1, -1, 1, 1], [1, 1, -1, -1, -1, -1]]


def test_classes_come_in_turn_and_first_lanes_keep_theirs():
    assert requested_classes([4, 7, 9], 5, 1, "mixed").tolist() == [[4, 7, 9, 4, 7]]
    assert requested_classes([4, 7, 9], 2, 2, "mixed").tolist() == [[4, 9], [7, 4]]
    assert requested_classes([4, 7, 9], 2, 2, "sorted").tolist() == [[4, 7], [4, 7]]
    assert requested_classes([4, 7, 9], 1, 2, "sorted", first=5).tolist() == [[9], [9]]
    for order in ("mixed", "sorted"):
        many = requested_classes([4, 7, 9], 9, 2, order)
        assert (many[:, :2] == requested_classes([4, 7, 9], 2, 2, order)).all()


def test_label_cells_are_latent_neighbours_of_data_cells(trained):
    ready = chipsim.plan(*trained[1])
    labels, data = ready.workload.label_sites, ready.workload.data_sites
    assert len(np.unique(labels)) == CLASSES * SPOTS
    assert not set(labels) & set(data)
    parity = ready.netlist.fabric.positions.sum(axis=1) % 2
    assert len({*parity[data]}) == 1
    assert {*parity[labels]} == {1 - parity[data][0]}


def test_held_labels_give_the_conditional_of_enumeration():
    """Moments of twelve spins under a pull, four of them held differently in each half of the lanes."""
    program = compile_program(netlist_of(fabric="pattern: square, size: [3, 4]", coupling="set"))
    edges, random = program.netlist.fabric.edges, np.random.default_rng(3)
    couplings, biases = random.normal(0, 0.6, len(edges)), random.normal(0, 0.3, 12)
    data, labels, lanes, pull = np.array([0, 2, 5]), np.array([1, 4, 6, 9]), 16384, 0.5
    device = Device(program, lanes, seed=4)
    sampler = LayerSampler(device, data, labels, 1.0, restart_sweeps=2)
    held = np.array([[1, 1, -1, -1], [-1, -1, 1, 1]], np.int8)
    sampler.load(couplings, biases)
    sampler.label(held[np.arange(lanes) // 2 % 2])
    noisy = np.broadcast_to(np.array([1, -1, 1], np.int8), (lanes, 3))
    found = sampler.negative(noisy, pull, 30, 3, 5)
    beta = program.netlist.route("bias")[-1].kind.realised(1.0)
    pulled = device.held_biases.copy()
    pulled[data] += program.netlist.route("clamp")[-1].kind.realised(pull) * noisy[0]
    given = [
        moments(edges, device.held_couplings, pulled, beta, dict(zip(labels, spins, strict=True))) for spins in held
    ]
    # 16,384 chains, whose three reads we count as one: sigma <= 0.0078.
    assert found.means == pytest.approx(np.mean([m for m, _ in given], axis=0), abs=5 * 0.0078)
    assert found.correlations == pytest.approx(np.mean([c for _, c in given], axis=0), abs=5 * 0.0078)
    assert np.abs(given[0][0] - given[1][0])[data].max() > 10 * 0.0078, "labels must matter"


def test_a_model_draws_what_it_is_asked_for(trained):
    """Of the last layer, which sees nothing but noise, only the label can know; images have 0.9 of their pixels so."""
    run = drawn(trained)
    bright = (run.arrays["images"] > 127).mean(axis=(1, 2))
    classes = run.arrays["classes"]
    assert classes.tolist() == [0, 1] * 320
    assert bright[classes == 1].mean() - bright[classes == 0].mean() > 0.5
    only = drawn(trained, **{"generation.classes": [1]})
    assert set(only.arrays["classes"].tolist()) == {1}
    # Each mean of 320 or 640 images of six pixels has sigma <= 0.03.
    assert (only.arrays["images"] > 127).mean() == pytest.approx(bright[classes == 1].mean(), abs=0.15)


def test_lanes_of_a_later_group_draw_their_own_classes(trained):
    """64 lanes are no multiple of three classes: the second group of a run that is continued begins with the second."""
    folder, files, _ = trained
    ready = chipsim.plan(*files, set={"generation.weights": str(folder / "w.h5"), "generation.classes": [0, 1, 1]})
    whole = drive(ready, 128, seed=3).observations.states
    second = drive(ready, 64, seed=3, first_group=1).observations.states
    assert (whole[:, :, 1:] == second).all()


def test_held_cells_do_not_work_and_are_written_at_each_layer(trained):
    cells, labels, sweeps = 36, CLASSES * SPOTS, 20
    run = drawn(trained, lanes=64)
    count = {(row["component"], row["action"]): row["count"] for row in run.summary["ledger"]}
    assert count["cells", "update"] == 4 * cells + 2 * sweeps * (cells - labels)
    assert count["inputs", "latch"] == 2 * (labels * 2 + 8 + PIXELS * 2 + 8)


def test_each_of_arrays_beside_each_other_is_told_the_label_of_its_image(trained):
    settings = {"generation.layers": "beside", "fabric.copies": 2, "generation.images": 3}
    run = drawn(trained, lanes=320, **settings)
    bright = (run.arrays["images"] > 127).mean(axis=(1, 2))
    classes = run.arrays["classes"]
    assert sorted(np.bincount(classes).tolist()) == [480, 480]
    assert bright[classes == 1].mean() - bright[classes == 0].mean() > 0.5
    count = {(row["component"], row["action"]): row["count"] for row in run.summary["ledger"]}
    assert count["inputs", "latch"] == 2 * 3 * (CLASSES * SPOTS * 2 + 8 + PIXELS * 2 + 8)


def test_the_training_pays_for_labels(trained):
    names = {phase["name"] for phase in trained[2].summary["phases"]}
    assert {"step labels clamp", "step labels compute", "test labels clamp"} <= names


def test_weights_of_other_labels_are_refused(trained):
    with refused("data.other-model", "'spots': 3}, expected {"):
        drawn(trained, **{"labels.spots": 2})


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"labels": None, "generation.classes": [1]}, "spec.rule"),
        ({"labels": None, "generation.order": "sorted"}, "spec.no-effect"),
        ({"generation.classes": [2]}, "spec.rule"),
        (
            {"labels.spots": 10},
            "chip.too-small",
        ),
        ({"labels.spots": 0}, "spec.out-of-range"),
    ],
)
def test_what_cannot_be_asked_is_said(settings, code, tmp_path):
    with refused(code):
        chipsim.plan(*labelled_files(tmp_path), set=settings)


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (np.zeros(59, int), "data.wrong-shape"),
        (np.full(60, 2), "data.wrong-values"),
        (np.zeros(60), "data.malformed"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, code, tmp_path):
    files = labelled_files(tmp_path)
    np.save(tmp_path / "labels.npy", labels)
    with refused(code):
        train(chipsim.plan(*files), tmp_path / "w.h5", 1, 1)
    assert not (tmp_path / "w.h5").exists()


def test_classes_have_names_that_requests_and_pictures_use(trained):
    """Weights do not depend on names; pictures are grouped by class."""
    named = {"labels.names": ["dark", "bright"]}
    run = drawn(trained, 8, **named, **{"generation.classes": ["bright"]})
    assert run.arrays["classes"].tolist() == [1] * 8
    assert (run.arrays["images"] == drawn(trained, 8, **{"generation.classes": [1]}).arrays["images"]).all()
    both = drawn(trained, 3, **named)
    shown = [picture.caption for picture in pictures(both.summary.workload.sections, both.arrays)]
    assert shown[:2] == ["Images: dark, 2 of 2", "Images: bright, 1 of 1"]
    assert drawn(trained, 2).summary["class_names"] == ["0", "1"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels.names": ["dark"]}, "names has 1 names for 2 classes; give one per class"),
        ({"labels.names": ["dark", "dark"]}, "names has the same name twice"),
        ({"generation.classes": ["dim"]}, "has class dim; classes are 0 to 1$"),
        (
            {"labels.names": ["dark", "bright"], "generation.classes": ["dim"]},
            "has class dim; classes are 0 to 1, named dark, bright",
        ),
        ({"generation.classes": [2]}, "has class 2; classes are 0 to 1"),
    ],
)
def test_wrong_names_are_refused(trained, settings, message):
    with pytest.raises(ChipsimError, match=message):
        drawn(trained, 2, **settings)
