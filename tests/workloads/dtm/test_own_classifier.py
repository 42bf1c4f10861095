"""The classifier of a user's own images: its gradients, its accuracy, its cache, and classes by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call
from support_dtm import small_files
from support_errors import refused

import chipsim
from chipsim.workloads.dtm import classifier_training
from chipsim.workloads.dtm.assessment import assessment
from chipsim.workloads.dtm.classifier_training import gradients, own_classifier
from chipsim.workloads.dtm.features import Classifier
from chipsim.workloads.sections import Facts, Table

CLASSES = 3


def data(many: int) -> tuple[np.ndarray, np.ndarray]:
    """Bits (many, 30) of three classes, each with ten pixels of its own at 0.95 among others at 0.05."""
    random = np.random.default_rng(0)
    labels = np.arange(many) % CLASSES
    means = np.where(np.arange(30) // 10 == np.arange(CLASSES)[:, None], 0.95, 0.05)
    return random.random((many, 30)) < means[labels], labels


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_gradients_are_those_of_the_cross_entropy():
    random = np.random.default_rng(1)
    bits, labels = data(40)
    shapes = ((30, 5), (5,), (5, CLASSES), (CLASSES,))
    parts = [random.normal(0, 0.5, shape) for shape in shapes]

    def loss(moved: list[np.ndarray]) -> float:
        logits = Classifier(*moved).logits(np.maximum(bits @ moved[0] + moved[1], 0))
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(40), labels]))

    found = gradients(Classifier(*parts), bits, labels)
    for place, part in enumerate(parts):
        index = tuple(np.array(part.shape) // 2)
        step = np.zeros_like(part)
        step[index] = 1e-5
        up, down = (loss([p + sign * step if i == place else p for i, p in enumerate(parts)]) for sign in (1, -1))
        assert found[place][index] == pytest.approx((up - down) / 2e-5, rel=2e-3, abs=1e-6)


def test_it_learns_the_classes_and_reports_what_it_has_not_seen(monkeypatch):
    bits, labels = data(480)
    seen: list[np.ndarray] = []
    train = classifier_training.trained
    monkeypatch.setattr(classifier_training, "trained", lambda *a, **k: seen.append(a[0]) or train(*a, **k))
    found = own_classifier(bits, labels, CLASSES)
    assert found.width == 30  # 480 images, 16 per hidden unit
    assert len(seen[0]) == 432
    assert found.accuracy > 0.95
    # Labels that do not depend on the images cannot be predicted: 48 held-out images, chance 1/3, 4 sigma.
    shuffled = np.random.default_rng(2).permutation(labels)
    assert own_classifier(bits, shuffled, CLASSES).accuracy < 1 / 3 + 4 * (2 / 9 / 48) ** 0.5


def test_it_is_trained_once_for_the_same_data_and_again_for_others(cache, monkeypatch):
    bits, labels = data(96)
    first = own_classifier(bits, labels, CLASSES)
    (held,) = cache.glob("features-*.npz")
    train = classifier_training.trained
    calls: list[int] = []
    monkeypatch.setattr(classifier_training, "trained", lambda *a, **k: calls.append(1) or train(*a, **k))
    again = own_classifier(bits, labels, CLASSES)
    assert not calls
    assert all((a == b).all() for a, b in zip(first.parts, again.parts, strict=True))
    own_classifier(~bits, labels, CLASSES)
    assert len(calls) == 1
    held.write_bytes(b"damaged")
    assert (own_classifier(bits, labels, CLASSES).first == first.first).all()
    assert len(calls) == 2


def test_quality_of_own_images_names_their_classes(tmp_path):
    """Images of the classes in turn: asked for in that order they are right, asked for in reverse they are wrong."""
    bits, labels = data(480)
    np.save(tmp_path / "mine.npy", bits.reshape(-1, 5, 6))
    np.save(tmp_path / "labels.npy", labels)
    meaning = {
        "images": {"source": str(tmp_path / "mine.npy"), "size": [5, 6], "thresholds": [0.5]},
        "labels": {"source": str(tmp_path / "labels.npy"), "classes": CLASSES, "spots": 4},
    }
    figures = {"dtm": meaning, "class_names": ["left", "middle", "right"]}
    images = 255 * bits[:240].reshape(-1, 5, 6).astype(np.uint8)
    for requested, right in ((labels[:240], 1.0), (labels[:240][::-1], 0.0)):
        found = assessment(figures, {"images": images, "classes": requested})
        (facts,) = (section for section in found.sections if isinstance(section, Facts))
        value: dict[str, Any] = {fact.name: fact.value for fact in facts.facts}
        assert value["classifier"] > 0.95
        if right:
            assert value["precision"] > 0.95
        tables = [section for section in found.sections if isinstance(section, Table)]
        assert tables[0].title.startswith("Frechet distance on 30 features of a classifier of the data (not the FID)")
        assert [row[0] for row in tables[1].rows] == ["left", "middle", "right"]
        assert [row[1] for row in tables[1].rows] == pytest.approx([1 / 3] * 3, abs=0.05)
    assert value["precision"] == pytest.approx(1 / 3, abs=0.05)  # the middle class is in place in reverse as well


@pytest.mark.system
def test_quality_from_python_is_that_of_the_command(tmp_path: Path) -> None:
    """Of a model of 400 labelled images whose rows are dark or bright, trained for a few steps."""
    labels = np.arange(400) % 2
    flipped = np.random.default_rng(3).random((400, 2, 3)) < 0.1
    np.save(tmp_path / "images.npy", (labels[:, None, None] == 1) ^ flipped)
    np.save(tmp_path / "labels.npy", labels)
    chip, work = small_files(tmp_path, fabric="pattern: square, size: [6, 6]", noise=[0.3, 1.5], steps=40, rate=0.05)
    with Path(work).open("a") as file:
        file.write(f"labels: {{ source: {tmp_path / 'labels.npy'}, classes: 2, names: [dark, bright], spots: 3 }}\n")
    weights = tmp_path / "w.h5"
    chipsim.train(chip, work, weights)
    run = chipsim.run(chip, work, set={"generation.weights": str(weights)}, lanes=128)
    run.save(tmp_path / "run.h5")
    found = chipsim.quality(run)
    distances, shares = (section for section in found.sections if isinstance(section, Table))
    assert [row[0] for row in shares.rows] == ["dark", "bright"]
    (facts,) = (section for section in found.sections if isinstance(section, Facts))
    value = {fact.name: fact.value for fact in facts.facts}
    predicted = run.arrays["images"].reshape(128, -1).mean(axis=1) > 127
    assert value["precision"] == pytest.approx((predicted == run.arrays["classes"]).mean(), abs=0.15)
    printed = call("quality", tmp_path / "run.h5").output
    assert distances.title in printed
    assert found.arrays["pairs"].shape == (2, 8, 2, 3)
    with refused("result.not-comparable"):
        chipsim.quality(chipsim.load(weights))
