"""The quality of drawn images in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chipsim.errors import RunError
from chipsim.report.training import braille
from chipsim.results.result import Run
from chipsim.workloads.dtm.features import CLASSES, load_classifier
from chipsim.workloads.dtm.quality import NEAREST, assess_result


def quality_lines(run: Run) -> Iterator[str]:
    """Distances with intervals, classes, and the first images above the nearest ones of the data.

    Raises:
        RunError: the result holds no images of a dtm.
    """
    if "images" not in run.arrays or "dtm" not in run.summary:
        raise RunError("the result holds no images; it takes one of chipsim run with a workload dtm")
    found = assess_result(run.arrays["images"], run.summary["dtm"], load_classifier(), run.arrays.get("classes"))
    yield f"Frechet distance on 64 features of a small classifier (not the FID), n = {found.count:,}, +- 95 % bootstrap"
    for distance in found.distances:
        yield f"  {distance.name:34} {distance.value:8.2f} +- {distance.half_width:.2f}"
    yield "classes that the classifier sees"
    for name, ours, data in zip(CLASSES, *found.classes, strict=True):
        yield f"  {name:10} {ours:6.1%} of the images, {data:6.1%} of the data"
    if found.precision is not None:
        classes = len(set(run.arrays["classes"].tolist()))
        yield f"it sees the class asked for in {found.precision:.1%} of the images; by chance in {1 / classes:.1%}"
    yield f"pixels by which the first images differ from the nearest of the data: {found.nearest.tolist()}"
    images = run.arrays["images"][:NEAREST]
    yield from braille(images)
    yield from braille(np.uint8(255) * found.neighbours.reshape(images.shape))
