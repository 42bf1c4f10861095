"""Quality of generated images, as sections: distances, classes, and nearest neighbours in the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.rounding import rounded
from chipsim.workloads.dtm.quality import MIXTURES, NEAREST, Distance, Quality, assess_result
from chipsim.workloads.dtm.spec import FASHION_CLASSES
from chipsim.workloads.sections import Assessment, Column, Fact, Facts, Images, Section, Table


def assessment(figures: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Assessment:
    """Quality of the images of a result.

    Args:
        figures: of the workload's block.
        arrays: of the result, `images` among them.

    Raises:
        ProblemError: the images are too few or have several bits per pixel, or the data are missing.
    """
    images, classes = arrays["images"], arrays.get("classes")
    found = assess_result(images, figures["dtm"], classes)
    names = figures.get("class_names", FASHION_CLASSES)
    first = images[:NEAREST]
    pairs = np.stack([first, np.uint8(255) * found.neighbours.reshape(first.shape)])
    facts = Facts(tuple(_facts(found, 0 if classes is None else len(np.unique(classes)))))
    shown = Images("First images, each above its nearest neighbour in the data", "pairs")
    return Assessment((*_tables(found, names), facts, shown), {"pairs": pairs})


def _tables(found: Quality, names: Sequence[str]) -> Iterator[Section]:
    columns = (Column("images"), Column("distance"), Column("+- (95 % bootstrap)"))
    rows = tuple((distance.name, distance.value, distance.half_width) for distance in found.distances)
    title = f"Frechet distance on {found.features} (not the FID), n = {found.count:,}"
    yield Table(title, columns, rows)
    if found.classes is None:
        return
    shares = zip(names, *(share.tolist() for share in found.classes), strict=True)
    columns = (Column("class"), Column("of the images", "%"), Column("of the data", "%"))
    yield Table("Classes assigned by the classifier", columns, tuple(shares))


def _facts(found: Quality, requested: int) -> Iterator[Fact]:
    if found.accuracy is not None:
        yield Fact("classifier", found.accuracy, "%", "of held-out images of the data are classified right")
    if found.precision is not None:
        note = f"of the images are classified as the requested class; by chance {rounded(1 / requested, '.1%')}"
        yield Fact("precision", found.precision, "%", note)
    # Few data have no large mixtures.
    rival = next(((k, d) for k, d in zip(MIXTURES, found.distances[2:], strict=False) if _no_worse(d, found)), None)
    if rival is not None:
        components, distance = rival
        command = f"chipsim gpu RUN.h5 --mixture {components},{found.neighbours.shape[1]}"
        note = f"{distance.name} is not resolved to be worse; {command} prints its cost"
        yield Fact("contender", None, note=note)
    apart = ", ".join(map(str, found.nearest.tolist()))
    yield Fact(
        "nearest",
        None,
        note=f"pixels by which the first images differ from their nearest neighbours in the data: {apart}",
    )


def _no_worse(distance: Distance, found: Quality) -> bool:
    """Whether a baseline is not farther from the data than the images, by the interval of the difference."""
    images = found.distances[0]
    return distance.value - images.value <= float(np.hypot(distance.half_width, images.half_width))
