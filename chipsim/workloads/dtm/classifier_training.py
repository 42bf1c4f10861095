"""Training of the classifiers whose hidden units measure images: one hidden layer of ReLUs, softmax, Adam, numpy only.

The classifier of a user's own labelled images is trained at the first comparison, always alike, and cached by the
content of images and labels.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.files import read_cache, write_cache
from chipsim.sources.cache import cache_root
from chipsim.workloads.descent import adam
from chipsim.workloads.dtm.features import HIDDEN, Classifier, read_classifier

EPOCHS, BATCH, RATE = 8, 100, 2e-3
# Small sets take more epochs, for about as many steps.
LEAST_STEPS = 2_000
# Images per hidden unit, and the share that the classifier is tested on, for a user's own images.
PER_UNIT, TESTED = 16, 10

Bits = NDArray[np.bool_]
Classes = NDArray[np.integer[Any]]


def own_classifier(bits: Bits, labels: Classes, classes: int) -> Classifier:
    """The classifier of images (n, pixels) with labels (n,) from 0 on.

    Its accuracy is that on a tenth of the images, on which it was not trained.
    """
    hidden = max(2, min(HIDDEN, len(bits) // PER_UNIT))
    test, rest = np.split(np.random.default_rng(0).permutation(len(bits)), [max(1, len(bits) // TESTED)])
    path = _cache_file(bits, labels, classes, hidden)
    found = _read(path)
    if found is None:
        found = trained(bits[rest], labels[rest], classes, seed=0, hidden=hidden)
        _write(path, found)
    accuracy = float((found.classes(bits[test]) == labels[test]).mean())
    return replace(found, title=f"{hidden} features of a classifier of the data", accuracy=accuracy)


def trained(bits: Bits, labels: Classes, classes: int, seed: int, hidden: int = HIDDEN) -> Classifier:
    """A classifier of bits (n, pixels) with labels (n,) from 0 on."""
    random = np.random.default_rng(seed)
    sizes = ((bits.shape[1], hidden), (hidden,), (hidden, classes), (classes,))
    parts = [random.normal(0, (2 / size[0]) ** 0.5, size).astype(np.float32) * (len(size) > 1) for size in sizes]
    model = Classifier(parts[0], parts[1], parts[2], parts[3])
    moments = [(np.zeros_like(part), np.zeros_like(part)) for part in model.parts]
    epochs = max(EPOCHS, -(-LEAST_STEPS // -(-len(bits) // BATCH)))
    step = 0
    for epoch in range(epochs):
        order = random.permutation(len(bits))
        for start in range(0, len(bits), BATCH):
            chosen = order[start : start + BATCH]
            found = gradients(model, bits[chosen], labels[chosen])
            for part, slope, (first, second) in zip(model.parts, found, moments, strict=True):
                part -= adam(slope, first, second, step, RATE / 2 ** (EPOCHS * epoch // epochs))
            step += 1
    return model


def gradients(model: Classifier, bits: Bits, labels: Classes) -> list[NDArray[Any]]:
    """Gradients of the mean cross entropy by the weights, shaped like `Classifier.parts`."""
    hidden = model.features(bits)
    logits = model.logits(hidden)
    wrong = np.exp(logits - logits.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(labels)), labels] -= 1
    wrong /= len(labels)
    back = (wrong @ model.second.T) * (hidden > 0)
    return [bits.astype(np.float32).T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]


def _cache_file(bits: Bits, labels: Classes, classes: int, hidden: int) -> Path:
    recipe = repr((EPOCHS, BATCH, RATE, LEAST_STEPS, PER_UNIT, TESTED, classes, hidden, bits.shape))
    content = recipe.encode() + np.packbits(bits).tobytes() + labels.astype(np.int64).tobytes()
    return cache_root() / f"features-{hashlib.sha256(content).hexdigest()[:16]}.npz"


def _read(path: Path) -> Classifier | None:
    """The cached classifier; None without a readable file."""
    try:
        return read_classifier(io.BytesIO(read_cache(path) or b""))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, model: Classifier) -> None:
    buffer = io.BytesIO()
    model.save(buffer)
    write_cache(path, buffer.getvalue())
