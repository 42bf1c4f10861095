"""What a denoising model can be told about the size of the chip."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chipsim.compiler.fabric import Fabric
from chipsim.components.facts import Finding
from chipsim.rounding import rounded
from chipsim.workloads.dtm.spec import DtmModel

# Cells per data cell of the suggested array, half of whose cells are of the data's colour; and the factor by which an
# array may exceed that.
CELLS_PER_BIT, SPARE = 4, 4


def suggested_size(model: DtmModel) -> tuple[int, int]:
    """(rows, columns) of an array with CELLS_PER_BIT cells per bit, in the shape of the images, that also has the label
    cells among half of the cells that carry no data.
    """
    labels = 0 if model.labels is None else model.labels.cells
    cells = max(CELLS_PER_BIT * model.images.grid.bits, 4 * labels)
    rows, columns = model.images.size
    side = math.sqrt(cells / (rows * columns))
    return math.ceil(rows * side), math.ceil(columns * side)


def too_large(model: DtmModel, fabric: Fabric) -> Iterator[Finding]:
    """An array with many more cells than the images need, each of which updates in every sweep."""
    rows, columns = suggested_size(model)
    cells, limit = fabric.sites // fabric.copies, SPARE * columns * rows
    if fabric.shape is not None and len(fabric.shape) == 2 and cells > limit:
        bits = model.images.grid.bits
        text = (
            f'{cells:,} cells for images of {bits:,} bits; --set "fabric.size=[{rows}, {columns}]" updates '
            f"{rounded(cells / (columns * rows), '.1f')} times fewer cells a sweep"
        )
        yield Finding("large-array", "fabric.size", cells, limit, text)
