"""Images that a workload made, as pictures for a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import matplotlib.image
import numpy as np
from numpy.typing import NDArray

from chipsim.workloads.sections import Images, Section

MAX_IMAGES, MAX_OF_A_CLASS = 128, 32
# Width of an image on the page, roughly, in CSS pixels.
WIDTH = 56


class Picture(NamedTuple):
    """A picture of a page: its caption, its data as a URI, and its width in CSS pixels."""

    caption: str
    uri: str
    width: int


def pictures(sections: Iterable[Section], arrays: Mapping[str, NDArray[Any]]) -> Iterator[Picture]:
    """The stored images of a workload, those of each class on their own where classes are known."""
    for section in sections:
        if not isinstance(section, Images) or not len(arrays.get(section.array, ())):
            continue
        images = arrays[section.array]
        if images.ndim == 4:
            yield _picture(section.caption, rows_of(images), images.shape[-1])
        elif not section.classes:
            yield _grid(section.caption, images, MAX_IMAGES, section.across)
        else:
            classes = arrays[section.classes]
            for number in np.unique(classes):
                caption = f"{section.caption}: {section.names[number]}"
                yield _grid(caption, images[classes == number], MAX_OF_A_CLASS, section.across)


def _grid(caption: str, images: NDArray[np.uint8], most: int, across: int) -> Picture:
    shown = images[:most]
    whole = sheet(shown, min(across, len(shown)))
    return _picture(f"{caption}, {len(shown)} of {len(images)}", whole, images.shape[-1])


def _picture(caption: str, whole: NDArray[np.uint8], columns: int) -> Picture:
    """A picture of images with so many columns each."""
    return Picture(caption, data_uri(whole), whole.shape[1] * max(1, round(WIDTH / columns)))


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
