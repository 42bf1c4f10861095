"""Trains the classifier whose 64 hidden units measure images: `python reports/train_features.py`, under a minute.

Eight epochs over Fashion-MNIST binarised at 0.1.
Writes workloads/weights/fashion-features.npz and prints the accuracy on the 10,000 test images.
"""

from __future__ import annotations

import gzip

import numpy as np

from chipsim.problems.images import FASHION_MNIST
from chipsim.rounding import rounded
from chipsim.workloads.dtm.classifier_training import trained
from chipsim.workloads.dtm.features import shipped_path

THRESHOLD = 0.1


def images_and_labels(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Bits (n, 784) and classes (n,) of "train" or "t10k"."""
    folder = FASHION_MNIST
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    bits = np.frombuffer(pixels, np.uint8).reshape(-1, 784) / np.float32(255) > np.float32(THRESHOLD)
    return bits, np.frombuffer(labels, np.uint8)


def main() -> None:
    """Train, test, store."""
    model = trained(*images_and_labels("train"), 10, seed=0)
    shipped_path().parent.mkdir(exist_ok=True)
    model.save(shipped_path(), np.float16)
    test_bits, test_labels = images_and_labels("t10k")
    right = (model.classes(test_bits) == test_labels).mean()
    print(f"accuracy {rounded(right, '.1%')} on {len(test_bits):,} test images; wrote {shipped_path()}")


if __name__ == "__main__":
    main()
