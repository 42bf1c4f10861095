"""Replay of a timeline: the rule of `engine.timeline` on arrays, for hundreds of variants of many operations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels.jit import kernel


class Requests(NamedTuple):
    """The operations of a timeline, in the order of booking.

    occupation: (operations,) int64, index of the occupation; first_after: (operations + 1,) and after: int64, the
    predecessors of each operation, as a list of lists.
    """

    occupation: NDArray[np.int64]
    first_after: NDArray[np.int64]
    after: NDArray[np.int64]


class Occupations(NamedTuple):
    """Holds of each distinct occupation.

    first: (kinds + 1,) int64, its first hold; resource: (holds,) int64; begin, end: (holds,) float64, femtoseconds
    after the start of the operation; length: (kinds,) float64, from the start to the end of the operation.
    """

    first: NDArray[np.int64]
    resource: NDArray[np.int64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    length: NDArray[np.float64]


@kernel
def elapsed_fs(requests: Any, occupations: Any, resources: Any) -> Any:
    """End of the last operation. Times are float64: exact below 2**53 fs, and to 16 digits above."""
    free = np.zeros(resources)
    ends = np.zeros(len(requests.occupation))
    last = 0.0
    for op in range(len(requests.occupation)):
        kind = requests.occupation[op]
        start = 0.0
        for k in range(requests.first_after[op], requests.first_after[op + 1]):
            start = max(start, ends[requests.after[k]])
        for k in range(occupations.first[kind], occupations.first[kind + 1]):
            start = max(start, free[occupations.resource[k]] - occupations.begin[k])
        for k in range(occupations.first[kind], occupations.first[kind + 1]):
            free[occupations.resource[k]] = start + occupations.end[k]
        ends[op] = start + occupations.length[kind]
        last = max(last, ends[op])
    return last
