"""Layers on one reloaded array, or on arrays beside each other: who works when, on whose image, and what it costs."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from support_dtm import small_files
from support_errors import refused

import chipsim
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.runs.train import train
from chipsim.workloads.dtm.generation import kept, rounds

CELLS, PIXELS, SWEEPS, HEATED = 16, 6, 20, 4


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapping")
    files = small_files(folder, noise=[0.3, 0.4, 0.6])
    train(chipsim.plan(*files, set={"training.epochs": 1}), folder / "w.h5", 1, 1)
    return folder, files


def drawn(small, images=1, weights="w.h5", copies=3, **changes):
    folder, files = small
    settings = {"generation.weights": str(folder / weights)}
    if copies > 1:
        settings |= {"generation.layers": "beside", "fabric.copies": copies, "generation.images": images}
    return chipsim.run(*files, set={**settings, **changes}, lanes=70)


def counts(run):
    return {(r["component"], r["action"]): r["count"] for r in run.summary["ledger"]}


def test_who_meets_in_each_stage():
    for beside in (False, True):
        assert rounds(3, 1, beside) == [[(2, 0)], [(1, 0)], [(0, 0)]]
        for layers, images in ((1, 1), (4, 3), (2, 9)):
            assert sorted(kept(layers, images, beside)) == [(la, i) for la in range(layers + 1) for i in range(images)]
    assert rounds(3, 2, True) == [[(2, 0)], [(1, 0), (2, 1)], [(0, 0), (1, 1)], [(0, 1)]]
    assert rounds(2, 2, False) == [[(1, 0)], [(1, 1)], [(0, 0)], [(0, 1)]]


def test_copies_stand_apart(small):
    fabric = chipsim.plan(*small[1], set={"fabric.copies": 3, "generation.layers": "beside"}).netlist.fabric
    assert fabric.sites == 3 * CELLS
    assert len(np.unique(fabric.positions, axis=0)) == 3 * CELLS
    assert (fabric.edges[:, 0] // CELLS == fabric.edges[:, 1] // CELLS).all()
    one = fabric.one_copy()
    assert (fabric.edges[len(one.edges) :][: len(one.edges)] == one.edges + CELLS).all()
    assert (fabric.lengths == np.tile(one.lengths, 3)).all()


@pytest.mark.parametrize(("images", "stages_run"), [(1, 3), (4, 6)])
@pytest.mark.parametrize("idle", ["gated", "running"])
def test_counts_by_hand(small, images, stages_run, idle):
    found = counts(drawn(small, images, **{"generation.idle": idle}))
    heated = HEATED * images * 3 * CELLS
    working = 3 * images if idle == "gated" else 3 * stages_run
    assert found["cells", "update"] == heated + working * SWEEPS * CELLS
    assert found["readout", "sense"] == (images + 3 * images) * PIXELS
    assert found["inputs", "latch"] == 3 * images * (PIXELS * 2 + 8)
    assert found["weights", "write"] == 3 * (2 * 24 + 16) * 8


def plant(folder, name, patterns):
    """Weights whose biases decide each layer's image, wherever they stand."""
    (folder / name).write_bytes((folder / "w.h5").read_bytes())
    with h5py.File(folder / name, "r+") as file:
        file["arrays/couplings"][:] = 0
        file["arrays/biases"][:] = np.where(patterns, 0.99, -0.99)[:, None]


@pytest.mark.parametrize(("copies", "images", "buffers"), [(1, 1, 1), (1, 1, 2), (3, 1, 1), (3, 4, 1)])
def test_each_array_holds_its_own_layer(small, copies, images, buffers):
    plant(small[0], "planted.h5", np.array([True, False, True]))
    noise = {"noise": [2, 2, 2], "weights.buffers": buffers}
    folder, _ = small
    with h5py.File(folder / "planted.h5", "r+") as file:
        text = file["summary"].asstr()[()].replace('"noise": [0.3, 0.4, 0.6]', '"noise": [2.0, 2.0, 2.0]')
        del file["summary"]
        file["summary"] = text
    run = drawn(small, images, "planted.h5", copies, **noise)
    # A bias of 0.99 gives a spin of its sign 88 times in 100, and a pull of 0.018 changes that by less than one.
    assert run.arrays["images"].shape == (70 * images, 2, 3)
    assert 0.86 < (run.arrays["images"] > 127).mean() < 0.90
    ways = (run.arrays["sequence"] > 127).mean(axis=(1, 2, 3))
    assert ways[1] > 0.75
    assert ways[2] < 0.25
    assert ways[3] > 0.75


def zeros(folder, noise):
    """Settings with weights of zero for these noises: a layer hands on what it got, but for what its pull lets turn."""
    path = folder / "zero.h5"
    path.write_bytes((folder / "w.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file["arrays/couplings"][:] = 0
        file["arrays/biases"][:] = 0
        text = file["summary"].asstr()[()].replace('"noise": [0.3, 0.4, 0.6]', f'"noise": {noise}')
        del file["summary"]
        file["summary"] = text
    return {"noise": noise, "inputs.coupling_range": 3}


@pytest.mark.parametrize("copies", [1, 3])
def test_each_layer_pulls_as_its_step_asks(small, copies):
    """Steps of 0.01 turn a pixel in a hundred, one of 3 leaves nothing of what was."""
    way = drawn(small, 1, "zero.h5", copies, **zeros(small[0], [0.01, 3.0, 0.01])).arrays["sequence"] > 127
    apart = (way[1:] != way[:-1]).mean(axis=(1, 2, 3))
    assert apart[[0, 2]] == pytest.approx([0, 0], abs=0.08)
    # 16 images of 6 pixels, 5 sigma.
    assert apart[1] == pytest.approx(0.5, abs=5 * 0.5 / 96**0.5)


@pytest.mark.parametrize("copies", [1, 3])
def test_images_that_follow_each_other_are_not_mixed_up(small, copies):
    """With no weights and a strong pull each image is the noise it began as."""
    folder, files = small
    mapping = {"generation.layers": "beside", "fabric.copies": 3} if copies > 1 else {}
    settings = {**zeros(folder, [0.01, 0.01, 0.01]), **mapping, "generation.images": 4}
    ready = chipsim.plan(*files, set={"generation.weights": str(folder / "zero.h5"), **settings})
    device = Device(ready.program, 70, 0)
    ready.workload.run(device)
    trace = device.finish()
    bits = lanes_of_words(trace.observations.states, 70)
    place = {meeting: index for index, meeting in enumerate(kept(3, 4, copies > 1))}
    for image in range(4):
        for other in range(4):
            apart = (bits[place[3, other]] != bits[place[0, image]]).mean()
            # Each layer turns 1 % of the pixels; others are strangers.
            assert apart < 0.08 if other == image else apart > 0.3
    found = ready.workload.outcome(ready.program, trace).arrays
    assert found["images"].shape == (4 * 70, 2, 3)
    assert (found["sequence"][-1] == found["images"][:16]).all()
    assert (found["images"][70:140] == 255 * (bits[place[0, 1]] > 0).reshape(70, 2, 3)).all()


def test_an_idle_clock_does_not_tick_where_cells_are_gated(small):
    ticks = {
        idle: counts(drawn(small, **{"generation.idle": idle, "clock.tree": "free"}))["clock", "tick"]
        for idle in ("gated", "running")
    }
    heated = HEATED * 3 * CELLS * 2
    assert ticks["gated"] == heated + 3 * SWEEPS * CELLS * 2
    assert ticks["running"] == heated + 3 * SWEEPS * 3 * CELLS * 2


def test_images_that_follow_each_other_take_a_stage_each(small):
    one, two, nine = (drawn(small, n).summary["elapsed_s"] for n in (1, 2, 9))
    each = (nine - two) / 7
    assert each < 0.75 * one
    assert each > SWEEPS * 200e-9


def test_an_answer_is_one_image(small):
    """What four images in a pipeline cost and take, by four, and as many reads."""
    run = drawn(small, 4).summary
    assert run["answers_per_repetition"] == 4
    assert run["energy_per_job_j"]["1"] == pytest.approx(run["energy_j"] / 4, rel=1e-12)
    assert run["time_per_job_s"]["1"] == pytest.approx(run["elapsed_s"] / 4, rel=1e-12)
    assert run["key_figures"]["samples_per_answer"]["value"] == 1 + 3


@pytest.mark.parametrize(("copies", "images"), [(1, 1), (1, 4), (3, 1), (3, 4)])
def test_sweeps_are_as_many_as_announced(small, copies, images):
    folder, files = small
    settings = {"generation.weights": str(folder / "w.h5"), "generation.images": images}
    if copies > 1:
        settings |= {"generation.layers": "beside", "fabric.copies": copies}
    ready = chipsim.plan(*files, set=settings)
    device = Device(ready.program, 1, 0)
    ready.workload.run(device)
    assert device.array.sweeps == ready.workload.total_sweeps


def test_a_second_buffer_hides_the_loads(small):
    single, double = (drawn(small, copies=1, **{"weights.buffers": n}).summary["elapsed_s"] for n in (1, 2))
    assert double < single
    same, other = (counts(drawn(small, copies=1, **{"weights.buffers": n})) for n in (1, 2))
    assert same["weights", "write"] == other["weights", "write"]
    assert same["cells", "update"] == other["cells", "update"]


def test_gated_cells_stand_still_and_cost_nothing(small):
    ready = chipsim.plan(*small[1])
    device = Device(ready.program, 64, 3)
    device.write(np.zeros(24), np.zeros(16))
    device.set_beta(1.0)
    device.gate(np.arange(5))
    before = device.probe_state()
    device.sample(7)
    after = device.probe_state()
    assert (before[:5] == after[:5]).all()
    assert (before[5:] != after[5:]).any(axis=1).all()
    device.gate(np.arange(0))
    device.sample(1)
    assert (device.probe_state()[:5] != after[:5]).any(axis=1).all()
    assert device.finish().activity.total("update") == 64 * (7 * 11 + 16)


@pytest.mark.parametrize(
    ("settings", "code", "told"),
    [
        ({"generation.idle": "running"}, "spec.no-effect", "generation: "),
        ({"generation.layers": "beside"}, "chip.unsuitable", "fabric.copies 3; this chip has 1"),
        ({"fabric.copies": 2}, "chip.unsuitable", "fabric.copies 1; this chip has 2"),
        ({"fabric.copies": 10**4, "fabric.size": [400, 400]}, "spec.too-large", "fabric.copies: 1,600,000,000 cells"),
    ],
)
def test_what_does_not_fit_is_refused(small, settings, code, told):
    with refused(code, told):
        chipsim.plan(*small[1], set=settings)
