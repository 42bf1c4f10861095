"""Images that a workload made, as pictures for a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import matplotlib.image
import numpy as np
from numpy.typing import NDArray

from chipsim.workloads.sections import Images, Section

MAX_IMAGES = 256


def pictures(sections: Iterable[Section], arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, str]]:
    """(caption, data URI) of the stored images of a workload."""
    for section in sections:
        if not isinstance(section, Images) or not len(arrays.get(section.array, ())):
            continue
        images = arrays[section.array]
        if images.ndim == 4:
            yield section.caption, data_uri(rows_of(images))
        else:
            shown = images[:MAX_IMAGES]
            yield (
                f"{section.caption}, {len(shown)} of {len(images)}",
                data_uri(sheet(shown, min(section.across, len(shown)))),
            )


def rows_of(many: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of images, (rows of images, images a row, rows, columns), as one."""
    return sheet(many.reshape(-1, *many.shape[2:]), many.shape[1])


def sheet(images: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """Images (many, rows, columns) as one, `across` in a row, a grey pixel between them."""
    many, rows, columns = images.shape
    down = -(-many // across)
    page = np.full((down * across, rows + 1, columns + 1), 128, np.uint8)
    page[:many, :rows, :columns] = images
    page = page.reshape(down, across, rows + 1, columns + 1).transpose(0, 2, 1, 3)
    return page.reshape(down * (rows + 1), across * (columns + 1))


def data_uri(picture: NDArray[np.uint8]) -> str:
    """A grey picture as PNG in a data URI."""
    buffer = io.BytesIO()
    matplotlib.image.imsave(buffer, picture, cmap="gray", vmin=0, vmax=255, format="png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
