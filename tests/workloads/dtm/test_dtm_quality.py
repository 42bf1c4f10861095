"""The Frechet distance against its closed form, mixtures that are recovered, and sets that are told apart."""

from __future__ import annotations

import numpy as np
import pytest
from support_errors import refused

from chipsim.workloads.dtm.assessment import _facts, assessment
from chipsim.workloads.dtm.features import HIDDEN, Classifier, load_classifier, principal_components
from chipsim.workloads.dtm.quality import Distance, Quality, assess, assess_result, draw_mixture, fit_mixture, frechet
from chipsim.workloads.sections import Table


def test_frechet_distance_of_gaussians_is_the_closed_form():
    """Diagonal covariances: |mu_a - mu_b|**2 + sum (sigma_a - sigma_b)**2; rotating both changes nothing."""
    random = np.random.default_rng(0)
    sigma_a, sigma_b, shift = np.array([1.0, 2.0, 0.5]), np.array([2.0, 1.0, 0.5]), np.array([0.3, -0.2, 1.0])
    a = random.normal(size=(200_000, 3)) * sigma_a
    b = random.normal(size=(200_000, 3)) * sigma_b + shift
    exact = (shift**2).sum() + ((sigma_a - sigma_b) ** 2).sum()
    rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
    assert frechet(a, b) == pytest.approx(exact, abs=0.05)
    assert frechet(a @ rotation, b @ rotation) == pytest.approx(frechet(a, b), rel=1e-6)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)


def test_a_mixture_is_recovered_and_one_component_is_the_mean():
    random = np.random.default_rng(1)
    means = np.repeat([[0.9, 0.1], [0.1, 0.9]], 10, axis=1).reshape(2, 20)
    bits = draw_mixture(np.array([0.3, 0.7]), means, 5000, random)
    shares, found = fit_mixture(bits, 2, random)
    order = np.argsort(shares)
    assert shares[order] == pytest.approx([0.3, 0.7], abs=5 * np.sqrt(0.21 / 5000))
    assert found[order] == pytest.approx(means, abs=5 * np.sqrt(0.09 / 1500))
    _, (mean,) = fit_mixture(bits, 1, random)
    assert mean == pytest.approx((bits.sum(axis=0) + 0.5) / 5001, rel=1e-5)


def random_classifier():
    random = np.random.default_rng(2)
    shapes = ((20, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,))
    return Classifier(*(random.normal(0, 0.4, shape).astype(np.float32) for shape in shapes))


def test_sets_are_told_apart_and_the_right_floor_and_baselines_stand_beside_them():
    """Data from a mixture: real ones are at the floor, independent pixels far, ten components near."""
    random = np.random.default_rng(3)
    means = np.clip(random.random((6, 20)) * 1.6 - 0.3, 0.02, 0.98)
    data = draw_mixture(np.full(6, 1 / 6), means, 30_000, random)
    images = draw_mixture(np.full(6, 1 / 6), means, 1000, random)
    found = assess(images, data, random_classifier())
    value = {d.name: d.value for d in found.distances}
    width = max(d.half_width for d in found.distances)
    assert found.count == 1000
    assert value["images"] == pytest.approx(value["real images (floor)"], abs=3 * width)
    assert value["independent pixels"] > value["images"] + 5 * width
    assert value["Bernoulli mixture, 10 components"] < value["independent pixels"] / 3
    assert found.classes[0].sum() == pytest.approx(1)
    differ = (found.neighbours != images[:8]).sum(axis=1)
    assert found.nearest.tolist() == differ.tolist()
    assert (differ <= (data[:500, None] != images[:8]).sum(axis=2).min(axis=0)).all()


@pytest.mark.parametrize(
    ("ours", "named"), [(1.0, ""), (1.5, "100,6"), (9.0, "10,6"), (12.5, "10,6"), (108.0, "1,6"), (200.0, "1,6")]
)
def test_the_contender_is_the_smallest_mixture_that_is_no_worse(ours, named):
    """Mixtures at 108, 9 and 1.3, each +- 0.15, as the images are: a difference of 0.2 is inside the interval."""
    values = (ours, 0.2, 108.0, 9.0, 1.3)
    distances = tuple(Distance(str(place), value, 0.15) for place, value in enumerate(values))
    quality = Quality(
        "features",
        5000,
        distances,
        (np.ones(10), np.ones(10)),
        None,
        None,
        np.zeros(8, np.int64),
        np.zeros((8, 6), bool),
    )
    notes = [fact.note for fact in _facts(quality, 0) if fact.name == "contender"]
    assert bool(notes) == bool(named)
    assert all(f"--mixture {named} " in note for note in notes)


def test_what_cannot_be_compared_is_said(tmp_path):
    with refused("data.too-few"):
        assess(np.zeros((100, 20), bool), np.zeros((12_000, 20), bool), random_classifier())
    meaning = {"images": {"source": "x", "size": [4, 4], "thresholds": [0.3, 0.6]}}
    with refused("data.wrong-shape", "these have 2"):
        assess_result(np.zeros((500, 4, 4), np.uint8), meaning)


def test_images_of_any_size_are_compared_on_the_principal_components_of_their_data(tmp_path):
    """Of 400 images of 5 x 4 pixels: real ones are near the floor, and independent pixels far."""
    random = np.random.default_rng(4)
    means = np.repeat([[0.95, 0.05], [0.05, 0.95]], 10, axis=1)
    draw = lambda many: (random.random((many, 20)) < means[random.integers(0, 2, many)]).reshape(-1, 5, 4)  # noqa: E731
    np.save(tmp_path / "mine.npy", draw(400))
    meaning = {"images": {"source": str(tmp_path / "mine.npy"), "size": [5, 4], "thresholds": [0.5]}}
    found = assess_result(255 * draw(300).astype(np.uint8), meaning, np.zeros(300, int))
    assert found.features == "16 principal components of the data"
    assert (found.count, found.classes, found.precision) == (200, None, None)
    value = {d.name: d.value for d in found.distances}
    width = max(d.half_width for d in found.distances)
    assert value["images"] == pytest.approx(value["real images (floor)"], abs=3 * width)
    assert value["independent pixels"] > 10 * value["images"]
    assert "Bernoulli mixture, 100 components" not in value
    sections = assessment({"dtm": meaning}, {"images": 255 * draw(300).astype(np.uint8)}).sections
    assert [s.title for s in sections if isinstance(s, Table)] == [
        "Frechet distance on 16 principal components of the data (not the FID), n = 200"
    ]


def test_principal_components_are_those_of_the_covariance():
    """Two groups of equal pixels, independent of each other: two components hold all of the variance."""
    random = np.random.default_rng(5)
    bits = (random.random((4000, 2)) < [0.5, 0.2]).repeat([6, 3], axis=1)
    found = principal_components(bits)
    variances = found.features(bits).var(axis=0, ddof=1)
    # Six equal pixels have six times the variance of one along their axis; sigma of a variance is 2 %.
    assert variances[:2] == pytest.approx([6 * 0.25, 3 * 0.16], rel=0.1)
    assert variances[2:] == pytest.approx(0, abs=1e-5)


def test_the_shipped_classifier_has_the_shapes_that_it_says():
    held = load_classifier()
    assert held.logits(held.features(np.zeros((3, 784), bool))).shape == (3, 10)
    assert held.first.shape == (784, HIDDEN)
