"""Trains the classifier whose 64 hidden units measure images: `python reports/train_features.py`, under a minute.

Numpy only: one hidden layer, softmax, Adam, 8 epochs over Fashion-MNIST binarised at 0.1; the learning rate halves.
Writes workloads/weights/fashion-features.npz and prints the accuracy on the 10,000 test images.
"""

from __future__ import annotations

import gzip

import numpy as np

from chipsim.problems.images import FASHION_MNIST
from chipsim.workloads.descent import adam
from chipsim.workloads.dtm.features import HIDDEN, Classifier, shipped_path

EPOCHS, BATCH, RATE, THRESHOLD = 8, 100, 2e-3, 0.1


def images_and_labels(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Bits (n, 784) and classes (n,) of "train" or "t10k"."""
    folder = FASHION_MNIST
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    bits = np.frombuffer(pixels, np.uint8).reshape(-1, 784) / np.float32(255) > np.float32(THRESHOLD)
    return bits, np.frombuffer(labels, np.uint8)


def main() -> None:
    """Train, test, store."""
    parts = trained(*images_and_labels("train"), 10, seed=0)
    shipped_path().parent.mkdir(exist_ok=True)
    half = [part.astype(np.float16) for part in parts]
    np.savez_compressed(shipped_path(), first=half[0], first_bias=half[1], second=half[2], second_bias=half[3])
    test_bits, test_labels = images_and_labels("t10k")
    right = (Classifier(*parts).classes(test_bits) == test_labels).mean()
    print(f"accuracy {right:.1%} on {len(test_bits):,} test images; wrote {shipped_path()}")


def trained(bits: np.ndarray, labels: np.ndarray, classes: int, seed: int) -> list[np.ndarray]:
    """Weights of a classifier, as `Classifier` takes them, of bits (n, pixels) with labels (n,) from 0 on."""
    random = np.random.default_rng(seed)
    sizes = ((bits.shape[1], HIDDEN), (HIDDEN,), (HIDDEN, classes), (classes,))
    parts = [random.normal(0, (2 / size[0]) ** 0.5, size).astype(np.float32) * (len(size) > 1) for size in sizes]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parts]
    step = 0
    for epoch in range(EPOCHS):
        order = random.permutation(len(bits))
        for start in range(0, len(bits), BATCH):
            chosen = order[start : start + BATCH]
            for part, slope, (first, second) in zip(
                parts, slopes(parts, bits[chosen], labels[chosen]), moments, strict=True
            ):
                part -= adam(slope, first, second, step, RATE / 2**epoch)
            step += 1
    return parts


def slopes(parts: list[np.ndarray], bits: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Gradients of the cross entropy."""
    model = Classifier(*parts)
    hidden = model.features(bits)
    logits = model.logits(hidden)
    wrong = np.exp(logits - logits.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(labels)), labels] -= 1
    wrong /= len(labels)
    back = (wrong @ parts[2].T) * (hidden > 0)
    return [bits.astype(np.float32).T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)]


if __name__ == "__main__":
    main()
