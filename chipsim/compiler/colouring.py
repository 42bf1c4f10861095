"""Colourings of the fabric: sets of cells that may latch together, found by DSATUR and always verified."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.colour_file import MAX_COLOURS
from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.spec.chip import ChipSpec
from chipsim.spec.model import fail


class Neighbours(NamedTuple):
    """For each site its neighbours, the edges to them, and which end of each it is."""

    first: NDArray[np.int64]  # (N + 1,)
    neighbour: NDArray[np.int32]  # (2 E,), as the next two
    edge: NDArray[np.int32]
    end: NDArray[np.int8]


def neighbour_lists(edges: NDArray[np.int32], sites: int) -> Neighbours:
    """Neighbour lists of a graph with these edges, (E, 2)."""
    first, edge = _ends_by_site(edges, sites)
    end = (edge >= len(edges)).astype(np.int8)
    edge -= end * np.int32(len(edges))
    return Neighbours(first, edges[edge, 1 - end], edge, end)


def _ends_by_site(edges: NDArray[np.int32], sites: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(first, end): for each site the ends of edges there; first ends of all edges are numbered before second ends."""
    from scipy.sparse import csr_array

    # Column n of this matrix is end n, in the row of its site: the rows list them by a counting sort.
    ends = 2 * len(edges)
    column = np.arange(ends, dtype=np.int32)
    matrix = csr_array((np.ones(ends, np.int8), (edges.T.ravel(), column)), shape=(sites, ends))
    return matrix.indptr.astype(np.int64), matrix.indices


def conflicts(edges: NDArray[np.int32], colours: NDArray[np.int8] | NDArray[np.int32]) -> NDArray[np.int64]:
    """Indices of edges between cells of equal colour."""
    return np.flatnonzero(colours[edges[:, 0]] == colours[edges[:, 1]])


def find_colours(fabric: Fabric) -> NDArray[np.int32]:
    """A proper colouring: the checkerboard if it is one, otherwise greedy by saturation (DSATUR)."""
    if fabric.copies > 1:
        return np.tile(find_colours(fabric.one_copy()), fabric.copies)
    if fabric.shape is not None:
        # In bytes, which stay in the cache while the edges pass by.
        odd = np.ix_(*((np.arange(many) % 2).astype(np.int8) for many in fabric.shape))
        checkerboard = reduce(np.bitwise_xor, odd).ravel()
        if not len(conflicts(fabric.edges, checkerboard)):
            return checkerboard.astype(np.int32)
    if not len(fabric.edges):
        return np.zeros(fabric.sites, np.int32)
    from chipsim.kernels.graph import dsatur

    degrees = fabric.degrees()
    # Each cell of a complete graph needs its own colour, which the search would find out after minutes.
    if MAX_COLOURS < fabric.sites == int(degrees.min()) + 1:
        raise _too_many_colours()
    first, neighbour, *_ = neighbour_lists(fabric.edges, fabric.sites)
    colours: NDArray[np.int32] = dsatur(first, neighbour, min(int(degrees.max()) + 1, MAX_COLOURS))
    if colours.min() < 0:
        raise _too_many_colours()
    return colours


def _too_many_colours() -> ProblemError:
    complaint = f"the fabric requires more than {MAX_COLOURS:,} colours; reduce the number of neighbours"
    return ProblemError(complaint, code="spec.too-large")


def colour_cells(chip: ChipSpec, fabric: Fabric) -> NDArray[np.int32]:
    """The colour of each site as specified.

    Raises:
        SpecError: coupled cells would latch at the same tick, and the spec does not allow it.
    """
    spec = chip.model.fabric
    if fabric.colouring is not None:
        return _given(chip, fabric, fabric.colouring)
    colours = find_colours(fabric)
    found = int(colours.max(initial=0)) + 1
    wanted = found if spec.colours == "auto" else spec.colours
    if wanted < found:
        # Fold surplus colours onto the requested ones: with 2 colours on a grid this gives the checkerboard.
        colours = _folded(fabric, colours, wanted)
    elif wanted > found:
        colours = _spread(chip, colours, wanted)
    clashes = conflicts(fabric.edges, colours)
    if len(clashes) and spec.coupled_updates == "forbid":
        i, j = fabric.edges[clashes[0]]
        raise fail(
            chip.document,
            ("fabric", "colours"),
            f"with {wanted} colours {len(clashes):,} couplers join cells that latch at the same tick, for example "
            f"cells {i} and {j}; use colours: auto (finds {found}), or coupled_updates: allow",
            code="spec.colour-clash",
        )
    return colours


def _given(chip: ChipSpec, fabric: Fabric, colours: NDArray[np.int32]) -> NDArray[np.int32]:
    """The user's colours, once they are proper or allowed not to be."""
    clashes = conflicts(fabric.edges, colours)
    if len(clashes) and chip.model.fabric.coupled_updates == "forbid":
        i, j = fabric.edges[clashes[0]]
        raise fail(
            chip.document,
            ("fabric", "colouring"),
            f"cells {i} and {j} are coupled and both have colour {colours[i]}, as the ends of {len(clashes):,} of "
            f"{len(fabric.edges):,} couplers; give coupled cells different colours, or set coupled_updates: allow",
            code="spec.colour-clash",
        )
    return colours


def _spread(chip: ChipSpec, colours: NDArray[np.int32], wanted: int) -> NDArray[np.int32]:
    """More colours than required: repeatedly split the largest colour in half."""
    if wanted > len(colours):
        raise fail(
            chip.document,
            ("fabric", "colours"),
            f"{wanted:,} colours for {len(colours):,} cells; use auto",
            code="spec.out-of-range",
        )
    spread = colours.copy()
    for new in range(int(colours.max(initial=0)) + 1, wanted):
        members = np.flatnonzero(spread == np.bincount(spread).argmax())
        spread[members[len(members) // 2 :]] = new
    return spread


def _folded(fabric: Fabric, colours: NDArray[np.int32], wanted: int) -> NDArray[np.int32]:
    if fabric.shape is not None:
        sites = np.arange(fabric.sites) % (fabric.sites // fabric.copies)
        return (np.sum(np.unravel_index(sites, fabric.shape), axis=0) % wanted).astype(np.int32)
    return (colours % wanted).astype(np.int32)
