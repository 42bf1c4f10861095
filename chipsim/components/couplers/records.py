"""The field of pair couplings, for cells that latch in random order: what an update reads of a cell lies side by side.

A `PairField` keeps it in six arrays, so that a cell costs some ten cache lines; a record of 12 couplings takes two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.pairs import PairField, fetch_of_each, first_edge
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch

# Bytes of a cache line; records begin at a pair of them, which processors fetch together.
LINE = 64
# A longer record would be mostly empty where few cells have many neighbours.
MOST_LINES = 4


class RecordField(NamedTuple):
    """The couplings of a `PairField`, with its results to the bit; all arrays but `memory` are views of that.

    memory: (cells * lines * 8,) int64, the records; lines: cache lines of a record; neighbour, weight: (cells, most
    neighbours of a cell); many: (cells,) int32, neighbours of each cell; base, scale, bias: (cells,).
    """

    memory: NDArray[np.int64]
    lines: int
    neighbour: NDArray[np.int32]
    weight: NDArray[Any]
    many: NDArray[np.int32]
    base: NDArray[Any]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


def in_records(field: PairField) -> PairField | RecordField:
    """The same couplings as a `RecordField`, or as they are where its records would be long."""
    many = np.diff(field.first)
    most, cells = int(many.max(initial=1)), len(many)
    lists = [("neighbour", np.int32, (most,)), ("weight", field.weight.dtype, (most,)), ("many", np.int32)]
    record = np.dtype([*lists, ("base", field.base.dtype), ("scale", np.float32), ("bias", np.float32)], align=True)
    lines = -(-record.itemsize // LINE)
    if lines > MOST_LINES:
        return field
    length = lines * LINE
    memory = np.zeros(cells * length + 2 * LINE, np.uint8)
    start = -memory.ctypes.data % (2 * LINE)
    memory = memory[start : start + cells * length]
    records = memory.reshape(cells, length)[:, : record.itemsize].view(record)[:, 0]
    views = {name: records[name] for name in record.names or ()}
    out = RecordField(memory=memory.view(np.int64), lines=lines, **views)
    out.many[:] = many
    out.base[:], out.scale[:], out.bias[:] = field.base, field.scale, field.bias
    used = _used(out)
    out.neighbour[used], out.weight[used] = field.neighbour, field.weight
    return out


def _used(field: RecordField) -> NDArray[np.bool_]:
    """(cells, most neighbours) which places of the records hold a coupling; the order is that of a `PairField`."""
    used: NDArray[np.bool_] = np.arange(field.neighbour.shape[1]) < field.many[:, None]
    return used


def by_edge(field: PairField | RecordField, values: NDArray[Any]) -> NDArray[Any]:
    """Values of directed couplings, in the order of a `PairField`, by the numbers that stage `seen` gets."""
    if isinstance(field, PairField):
        return values
    out = np.zeros(field.neighbour.shape, values.dtype)
    out[_used(field)] = values
    return out.ravel()


@stage(stages.ahead, RecordField)
def fetch_record(params: Any, cell: Any) -> Any:
    """The lines of a record."""
    first = np.int64(cell) * params.lines * (LINE // 8)
    for line in range(params.lines):
        fetch(params.memory, first + line * (LINE // 8))


@stage(stages.near, RecordField)
def fetch_neighbours_of_record(params: Any, words: Any, cell: Any) -> Any:
    """The words of all neighbours."""
    fetch_of_each(params, words, 0, 1, cell)


@stage(first_edge, RecordField)
def first_of_record(params: Any, cell: Any) -> Any:
    """Couplings are numbered as if all cells had as many as the one with most."""
    return np.uint32(cell) * np.uint32(params.neighbour.shape[1])


@stage(fetch_of_each, RecordField)
def fetch_of_each_in_record(params: Any, words: Any, start: Any, step: Any, cell: Any) -> Any:
    """One word of each neighbour."""
    for k in range(np.uint32(params.many[cell])):
        fetch(words, start + step * np.int64(params.neighbour[cell, k]))


@stage(stages.field, RecordField)
def field_of_record(params: Any, at: Any) -> Any:
    """As `pair_field`."""
    total, first = vectors.zeros(params.weight), first_edge(params, at.cell)
    for k in range(np.uint32(params.many[at.cell])):
        word = stages.seen(at.sight, first + k, np.uint32(params.neighbour[at.cell, k]))
        total = vectors.add_where(word, total, params.weight[at.cell, k])
    signed = vectors.to_float(vectors.twice_plus(total, params.base[at.cell]))
    return vectors.fma(params.scale[at.cell], signed, params.bias[at.cell])
