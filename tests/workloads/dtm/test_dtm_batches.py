"""Batches of images on one array: what an image costs, in mixed order and sorted by class, on a 4 x 4 chip."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from support_dtm import small_files

import chipsim
from chipsim.engine.device import Device
from chipsim.runs.simulate import conclude
from chipsim.runs.train import train

CELLS, EDGES, PIXELS, LABELS, LAYERS, SWEEPS, HEATED = 16, 24, 6, 2, 2, 20, 4
IMAGES, LANES, SEED = 8, 70, 3
ORDERS = ("mixed", "sorted")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches")
    chip, work = small_files(folder, noise=[0.3, 0.6])
    np.save(folder / "labels.npy", np.arange(60) % 2)
    labels = f"labels: {{ source: {folder / 'labels.npy'}, classes: 2, spots: 1 }}\n"
    Path(work).write_text(Path(work).read_text() + labels)
    train(chipsim.plan(chip, work, set={"training.epochs": 1}), folder / "w.h5", 1, 1)
    return chip, work, {"generation.weights": str(folder / "w.h5")}


def planned(files, **changes):
    chip, work, settings = files
    return chipsim.plan(chip, work, set={**settings, **{f"generation.{key}": value for key, value in changes.items()}})


def drawn(files, **changes):
    chip, work, settings = files
    changed = {f"generation.{key}": value for key, value in changes.items()}
    return chipsim.run(chip, work, set={**settings, **changed}, lanes=LANES, seed=SEED)


def driven(files, order, images):
    """The result of a device that this test drives: all images pass a layer before the next is loaded."""
    ready = planned(files, order=order, images=images or 1)
    model, weights = ready.workload, ready.workload.weights()
    device = Device(ready.program, LANES, SEED)
    sampler = model.sampler(device)
    lane = np.arange(LANES)
    sampler.set_beta(0.0, shared=True)
    states = []
    for _ in range(images):
        sampler.sample(HEATED)
        states.append(sampler.read(model.data_sites, keep=True).spins)
    for layer in (1, 0):
        sampler.load(weights.couplings[layer], weights.biases[layer])
        for image in range(images):
            wanted = (lane * images + image if order == "mixed" else lane) % 2
            spins = np.where(wanted[:, None] == [0, 1], 1, -1).astype(np.int8)
            if order == "mixed":
                sampler.label(spins)
            elif (layer, image) == (1, 0):
                sampler.label(spins, shared=True)
            sampler.pull(states[image], model.input_coupling(ready.netlist, layer))
            if (layer, image) == (1, 0):
                sampler.set_beta(1.0, shared=True)
            sampler.sample(SWEEPS)
            states[image] = sampler.read(model.data_sites, keep=True).spins
            sampler.compute(1)
        if not images and layer == 1:
            sampler.set_beta(1.0, shared=True)
    trace = device.finish()
    return conclude(ready, trace, model.outcome(ready.program, trace), SEED) if images else priced(ready, trace)


def priced(ready, trace):
    """Energies by component and action of a trace without images."""
    from chipsim.ledger.ledger import price_trace
    from chipsim.ledger.sheet import sheet_of

    rows = price_trace(trace, sheet_of(ready.netlist, trace.activity.class_capacitance_f), ready.prices).rows
    return {(row.component, row.action): row.energy_j or 0.0 for row in rows}


def by_action(run, column):
    return {(row["component"], row["action"]): row[column] or 0.0 for row in run.summary["ledger"]}


@pytest.mark.parametrize("order", ORDERS)
def test_the_bill_is_that_of_a_sampler_driven_in_this_order(files, order):
    run, own = drawn(files, order=order, images=IMAGES), driven(files, order, IMAGES)
    assert (run.arrays["images"] == own.arrays["images"]).all()
    for column in ("count", "energy_j", "once_j"):
        assert by_action(run, column) == pytest.approx(by_action(own, column), rel=1e-12, abs=0)
    assert run.summary["elapsed_s"] == own.summary["elapsed_s"]


def test_an_image_of_eight_mixed_labels_costs_what_driving_it_adds(files):
    """The per-image difference of driving eight images and none, which leaves two loads and two writes of beta."""
    nothing = driven(files, "mixed", 0)
    eight = driven(files, "mixed", IMAGES).summary
    each = (eight["energy_j"] - math.fsum(nothing.values())) / IMAGES
    run = drawn(files, order="mixed", images=IMAGES)
    once = math.fsum(by_action(run, "once_j").values())
    assert once == pytest.approx(math.fsum(nothing.values()), rel=1e-9)
    assert (run.energy_j - once) / IMAGES == pytest.approx(each, rel=1e-9)
    assert run.summary["energy_per_job_j"]["1"] == pytest.approx(eight["energy_j"] / IMAGES, rel=1e-12)


@pytest.mark.parametrize(("order", "told"), [("mixed", LAYERS * IMAGES), ("sorted", 1)])
def test_counts_of_a_batch_by_hand(files, order, told):
    run = drawn(files, order=order, images=IMAGES)
    count = by_action(run, "count")
    assert count["cells", "update"] == IMAGES * (HEATED * CELLS + LAYERS * SWEEPS * (CELLS - LABELS))
    # Each write of latches takes two bits a cell and eight for the coupling.
    label, pull = LABELS * 2 + 8, PIXELS * 2 + 8
    assert count["inputs", "latch"] == told * label + LAYERS * IMAGES * pull
    assert count["readout", "sense"] == (1 + LAYERS) * IMAGES * PIXELS
    weights = LAYERS * (2 * EDGES + CELLS) * 8
    assert count["weights", "write"] == weights
    assert count["bias_dac", "convert"] == 2
    sent = weights + 2 * 8 + told * label + LAYERS * IMAGES * pull
    read = (1 + LAYERS) * IMAGES * PIXELS
    assert count["link", "transfer"] == sent + read


def test_labels_of_a_mixed_batch_turn_cells_at_each_layer(files):
    """Classes alternate, so that each label turns both label cells, in both layers; the first finds random cells."""
    trace = drawn(files, order="mixed", images=IMAGES).trace
    clamps = {i for i, phase in enumerate(trace.timing.phases) if phase.name.endswith(" clamp")}
    turned = sum(row.count for row in trace.activity.rows if row.action == "toggle" and row.phase in clamps)
    first = turned - LANES * (LAYERS * IMAGES - 1) * LABELS
    # Two fair cells of 70 lanes: 5 sigma.
    assert first == pytest.approx(LANES, abs=5 * (LANES / 2) ** 0.5)
    still = drawn(files, order="sorted", images=IMAGES).trace
    once = [row for row in still.activity.rows if row.action == "toggle" and row.once]
    assert sum(row.count for row in once) == pytest.approx(LANES, abs=5 * (LANES / 2) ** 0.5)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("buffers", [1, 2])
def test_a_lane_of_one_image_is_billed_as_an_image_of_a_batch(files, order, buffers):
    """Eight lanes that share a load take what a lane of eight images takes, but for toggles, which depend on states."""
    chip, work, settings = files
    runs = [
        chipsim.run(
            chip,
            work,
            set={**settings, "generation.order": order, "generation.images": n, "weights.buffers": buffers},
            lanes=LANES,
        )
        for n in (1, IMAGES)
    ]
    one, eight = (
        {a: (by_action(r, "energy_j")[a], by_action(r, "once_j")[a]) for a in by_action(r, "once_j")} for r in runs
    )
    exact = {action for action in one if action != ("couplers", "toggle")}
    if buffers == 2:
        # A load beside the last image of a layer hides less of a shorter batch.
        exact = {action for action in exact if action[1] != "on"}
    for action in exact:
        energy, once = one[action]
        assert IMAGES * (energy - once) + once == pytest.approx(eight[action][0], rel=1e-9, abs=0), action
        assert once == pytest.approx(eight[action][1], rel=1e-9, abs=0), action
    assert one["couplers", "toggle"][0] * IMAGES == pytest.approx(eight["couplers", "toggle"][0], rel=0.1)
    assert runs[1].summary["answers_per_repetition"] == IMAGES


def test_all_images_pass_a_layer_before_the_next_is_loaded(files):
    ready = planned(files, images=2)
    device = Device(ready.program, LANES, SEED)
    ready.workload.run(device)
    order = [op.name for op in device.timeline.operations if op.name in ("program", "sample", "read")]
    batch = ["sample", "read"] * 2
    assert order == [*batch, "program", *batch, "program", *batch]
