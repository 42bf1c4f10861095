"""Drawing images: what is booked, what is stored, what is refused."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from support_dtm import small_files
from support_errors import refused

import chipsim
from chipsim.report.images import pictures, sheet
from chipsim.report.page import html_page
from chipsim.report.training import braille
from chipsim.runs.train import train
from chipsim.workloads.dtm.images import grey_of, read_images, spins_of
from chipsim.workloads.dtm.spec import ImagesSpec


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dtm")
    files = small_files(folder)
    train(chipsim.plan(*files), folder / "w.h5", 1, 1)
    return folder, files


def drawn(small, **options):
    folder, files = small
    return chipsim.run(*files, set={"generation.weights": str(folder / "w.h5")}, **options)


def test_counts_of_an_image(small):
    run = drawn(small, lanes=70)
    rows = {(r["component"], r["action"]): r["count"] for r in run.summary["ledger"]}
    layers, sweeps, heated = 2, 20, 4
    assert rows["cells", "update"] == (heated + layers * sweeps) * 16
    assert rows["inputs", "latch"] == layers * (6 * 2 + 8)
    assert rows["readout", "sense"] == (1 + layers) * 6
    assert rows["weights", "write"] == layers * (2 * 24 + 16) * 8
    assert {p["name"] for p in run.summary["phases"]} >= {"layer 1 sample", "layer 2 sample", "layer 1 read"}
    assert run.arrays["images"].shape == (70, 2, 3)
    assert run.arrays["sequence"].shape == (3, 16, 2, 3)
    assert (run.arrays["sequence"][-1] == run.arrays["images"][:16]).all()
    # The noise at the start: 16 images of 6 fair bits, 5 sigma.
    assert run.arrays["sequence"][0].mean() / 255 == pytest.approx(0.5, abs=5 * 0.5 / 96**0.5)


def test_a_load_is_shared_by_the_jobs_of_a_batch(small):
    run = drawn(small)
    once = sum(r["once_j"] for r in run.summary["ledger"])
    assert once > 0
    per_job = run.summary["energy_per_job_j"]
    assert per_job["1"] - per_job["100"] == pytest.approx(0.99 * once)


def test_first_lanes_do_not_depend_on_the_others(small):
    few, many = drawn(small, lanes=64), drawn(small, lanes=130)
    assert (many.arrays["images"][:64] == few.arrays["images"]).all()


def test_images_survive_the_file_and_stand_on_the_page(small):
    folder, _ = small
    run = drawn(small)
    run.save(folder / "run.h5")
    again = chipsim.load(folder / "run.h5")
    assert (again.arrays["images"] == run.arrays["images"]).all()
    assert [picture.caption.split(",")[0] for picture in pictures(again.summary.workload.sections, again.arrays)] == [
        "Images",
        "From noise (top) to image",
    ]
    assert html_page(again).count('class="pixels"') == 2


def test_sheets_and_strips_show_the_pixels():
    images = np.zeros((3, 4, 2), np.uint8)
    images[1, 0, 1] = 255
    page = sheet(images, 2)
    assert page.shape == (10, 6)
    assert page[0, 3 + 1] == 255
    assert (page == 255).sum() == 1
    assert list(braille(images)) == ["\u2800 \u2808 \u2800"]


def test_weights_of_another_model_are_refused(small):
    folder, files = small
    overrides = {"generation.weights": str(folder / "w.h5"), "placement.seed": 4}
    with refused("data.other-model", "generation.weights: "):
        chipsim.run(*files, set=overrides)
    with refused("data.other-model", "fabric is "):
        chipsim.run(*files, set={"generation.weights": str(folder / "w.h5"), "fabric.size": [4, 6]})


def test_broken_weights_are_refused(small, tmp_path):
    folder, files = small
    whole = (folder / "w.h5").read_bytes()
    cut, strange = tmp_path / "cut.h5", tmp_path / "nan.h5"
    cut.write_bytes(whole[: len(whole) // 2])
    with refused("data.malformed"):
        chipsim.run(*files, set={"generation.weights": str(cut)})
    strange.write_bytes(whole)
    with h5py.File(strange, "r+") as file:
        file["arrays/couplings"][0, 0] = np.nan
    with refused("data.wrong-values"):
        chipsim.run(*files, set={"generation.weights": str(strange)})
    with refused("data.missing", "gone.h5"):
        chipsim.run(*files, set={"generation.weights": "gone.h5"})
    with refused("data.missing", "set generation.weights=FILE"):
        chipsim.run(*files)


def test_inputs_out_of_range_are_refused(tmp_path):
    files = small_files(tmp_path, noise=[0.05, 0.6])
    with refused("chip.out-of-range", "input coupling 1.492 is outside 0 to 1, the coupling_range "):
        train(chipsim.plan(*files), tmp_path / "w.h5", 1, 1)
    files = small_files(tmp_path, coupling="hold")
    with refused("chip.unsuitable", "coupling: set"):
        train(chipsim.plan(*files), tmp_path / "w.h5", 1, 1)


def test_a_beta_that_the_converter_rounds_to_0_is_refused(tmp_path):
    """8 bits up to 4: half a step is 0.0078."""
    files = small_files(tmp_path)
    chipsim.plan(*files, set={"beta": 0.009, "noise": [3.0]})
    with refused("chip.unsuitable", "beta: bias_dac rounds 0.007 to 0"):
        chipsim.plan(*files, set={"beta": 0.007, "noise": [3.0]})


def test_images_that_do_not_fit_are_refused_with_the_arithmetic(tmp_path):
    files = small_files(tmp_path, size=[3, 4])
    with refused("chip.too-small", "images: 3 x 4 pixels x 1 bits = 12 data cells, but") as caught:
        chipsim.plan(*files)
    assert caught.value.place.source == files[1]
    files = small_files(tmp_path, fabric="pattern: triangular, size: [4, 4]")
    with refused("chip.unsuitable", "placement.colours"):
        chipsim.plan(*files)


# --- images ----------------------------------------------------------------------------------------------------------


def spec(path, **changes):
    return ImagesSpec(**{"source": str(path), "size": (2, 3), "thresholds": [0.5], **changes})


@pytest.fixture
def grey():
    return np.random.default_rng(0).integers(0, 256, (5, 2, 3), np.uint8)


def test_every_format_gives_the_same_images(grey, tmp_path):
    import gzip

    idx = b"\x00\x00\x08\x03" + np.array(grey.shape, ">u4").tobytes() + grey.tobytes()
    (tmp_path / "a.idx").write_bytes(idx)
    (tmp_path / "a.idx.gz").write_bytes(gzip.compress(idx))
    np.save(tmp_path / "a.npy", grey)
    np.save(tmp_path / "f.npy", grey / 255)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = grey
    for name in ("a.idx", "a.idx.gz", "a.npy", "f.npy", "a.h5"):
        dataset = "x" if name == "a.h5" else None
        assert read_images(spec(tmp_path / name, dataset=dataset)) == pytest.approx(grey / 255, abs=1e-6)


def test_bytes_of_0_and_1_are_black_and_white(tmp_path):
    """And a threshold that separates nothing is refused: such images are all black or all white."""
    bits = np.random.default_rng(3).random((5, 2, 3)) > 0.5
    forms = {"bool": bits, "byte": bits.astype(np.uint8), "full": bits * np.uint8(255), "float": bits.astype(float)}
    for name, array in forms.items():
        np.save(tmp_path / f"{name}.npy", array)
        assert (read_images(spec(tmp_path / f"{name}.npy")) == bits).all()
    np.save(tmp_path / "dark.npy", bits * np.uint8(16))
    with refused("data.wrong-values", "no pixel is above the threshold 0.5; grey values reach from 0 to 0.0627"):
        read_images(spec(tmp_path / "dark.npy"))
    np.save(tmp_path / "bright.npy", 0.8 + 0.2 * bits)
    with refused("data.wrong-values", "every pixel is above the threshold 0.5"):
        read_images(spec(tmp_path / "bright.npy"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"GIF89a......", "data.malformed"),
        (b"\x00\x00\x08\x03\x00", "data.malformed"),
        (b"\x1f\x8b\x08broken", "data.malformed"),
        (b"\x00\x00\x08\x01" + b"\x00\x00\x00\x02ab", "data.wrong-shape"),
    ],
)
def test_what_is_no_image_file_is_said(content, code, tmp_path):
    (tmp_path / "x.idx").write_bytes(content)
    with refused(code, "x.idx: "):
        read_images(spec(tmp_path / "x.idx"))


def test_strange_values_and_missing_files_are_refused(tmp_path):
    np.save(tmp_path / "big.npy", np.full((1, 2, 3), 7.0))
    np.save(tmp_path / "int.npy", np.zeros((1, 2, 3), np.int64))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.zeros((1, 2, 3))
    for name, code, told in (
        ("big.npy", "data.malformed", "from 0 to 1"), ("int.npy", "data.malformed", "int64"),
        ("a.h5", "data.malformed", "the file contains x"), ("gone.npy", "data.missing", "gone.npy"),
    ):  # fmt: skip
        with refused(code, told):
            read_images(spec(tmp_path / name))


def test_missing_fashion_mnist_says_how_to_get_it(monkeypatch, tmp_path):
    from chipsim.problems import images

    monkeypatch.setattr(images, "FASHION_MNIST", tmp_path)
    with refused("data.missing", "apt-get install dataset-fashion-mnist"):
        read_images(spec("fashion-mnist"))


def test_grey_values_come_back_from_their_bits():
    random = np.random.default_rng(1)
    grey = np.linspace(0, 0.999, 600, dtype=np.float32).reshape(100, 2, 3)
    steps = spec("x", thresholds=[0.0, 0.25, 0.5, 0.75])
    assert grey_of(spins_of(grey, steps, random), steps) == pytest.approx(grey, abs=0.2501)
    draws = spec("x", thresholds=None, copies=64)
    # 5 sigma of a mean of 64 coin tosses.
    assert grey_of(spins_of(grey, draws, random), draws) == pytest.approx(grey, abs=5 / 16)
    assert (grey_of(spins_of(grey, draws, random), draws) - grey).mean() == pytest.approx(0, abs=0.015)


def test_bits_are_thresholds_or_copies():
    with pytest.raises(ValueError, match="exactly one of thresholds"):
        spec("x", copies=3)
