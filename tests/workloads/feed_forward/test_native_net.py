"""The shipped net on the graph of dtca-70: its accuracy by number of samples, and how independent samples are.

`fashion-1000.npz` has the first 1,000 test images of Fashion-MNIST (MIT licence) above the threshold, one bit a pixel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import chipsim
from chipsim.problems.images import FASHION_MNIST
from chipsim.results.result import Run

SAMPLES = (1, 4, 16, 64)
# Least accuracy on 10,000 images, law ideal; a net of about this size was trained and sampled in numpy elsewhere.
LEAST = (0.565, 0.725, 0.78, 0.81)
# A single sample of binary outputs cannot be better by much: a computed tanh would be at 0.83 from the first sample.
MOST_OF_ONE = 0.66


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with the images of this folder."""
    folder = tmp_path_factory.mktemp("images")
    with np.load(Path(__file__).with_name("fashion-1000.npz")) as held:
        images = np.unpackbits(held["bits"], axis=1)[:, :784].reshape(-1, 28, 28).astype(np.float32)
        labels = held["labels"]
    settings: dict[str, str] = {"data.source": None}  # type: ignore[dict-item]
    for prefix in ("", "test_"):
        for name, array in (("images", images), ("labels", labels)):
            path = folder / f"{prefix}{name}.npy"
            np.save(path, array)
            settings[f"data.{prefix}{name}"] = str(path)
    return settings


def accuracies(run: Run) -> list[float]:
    return [float(run.arrays["accuracy_by_samples"][samples - 1]) for samples in SAMPLES]


def test_accuracy_rises_with_samples(small_set: dict[str, str]) -> None:
    run = chipsim.run(
        "dtca-70", "fashion-native", set={**small_set, "rng.law": "ideal", "inference.samples": 64}, lanes=1000
    )
    found = accuracies(run)
    # Two standard errors of 1,000 images.
    for accuracy, least in zip(found, LEAST, strict=True):
        assert accuracy > least - 2 * np.sqrt(least * (1 - least) / 1000)
    assert found[0] < MOST_OF_ONE + 2 * np.sqrt(0.66 * 0.34 / 1000)
    assert (np.diff(found) > 0).all()
    assert run.summary["single_sample_accuracy"] == pytest.approx(found[0], abs=0.03)
    assert run.summary["output_correlation"] == pytest.approx(0, abs=0.01)


def test_redrawn_noise_keeps_a_share_of_the_last_sample(small_set: dict[str, str]) -> None:
    run = chipsim.run("dtca-70", "fashion-native", set={**small_set, "inference.samples": 64}, lanes=256)
    # e^-2 over a sweep of two phases of one relaxation time, and what correlated hidden spins add.
    assert run.summary["output_correlation"] == pytest.approx(np.exp(-2), abs=0.02)


@pytest.mark.slow
@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="needs Debian's dataset-fashion-mnist")
@pytest.mark.parametrize("seed", [0, 1])
def test_ten_thousand_images(seed: int) -> None:
    settings = {"rng.law": "ideal", "inference.samples": 64}
    run = chipsim.run("dtca-70", "fashion-native", set=settings, lanes=10_000, seed=seed)
    found = accuracies(run)
    assert all(accuracy >= least for accuracy, least in zip(found, LEAST, strict=True))
    assert found[0] < MOST_OF_ONE
    assert abs(run.summary["output_correlation"]) < 0.01
