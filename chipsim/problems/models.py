"""Problems from objects of Python: matrices, graphs of networkx, models of dimod and thrml."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipsim.errors import ProblemError
from chipsim.problems.conventions import Convention, Terms, problem_of
from chipsim.problems.entries import MAX_SPINS, MAX_VALUE
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded

# Relative difference of two triangles that counts as rounding.
ROUNDING = 1e-9
# Public attributes of an Ising model of thrml.
THRML = ("nodes", "edges", "weights", "biases", "beta")


def of_matrix(
    matrix: Any,
    fields: ArrayLike | None,
    convention: Convention,
    name: str,
    source: str,
    labels: NDArray[Any] | None = None,
    offset: float = 0.0,
) -> Problem:
    """The problem of a square matrix, dense or sparse.

    `qubo` is x'Qx: entries [i, j] and [j, i] add up, the diagonal is linear. Under the other conventions the matrix is
    symmetric with a diagonal of 0, or one of its triangles is empty; each pair counts once.

    Args:
        matrix: (N, N) numbers.
        fields: (N,) linear terms, or None.
        convention: of its entries.
        name: of the problem.
        source: of the matrix, for messages.
        labels: (N,) of the spins.
        offset: constant of the objective, in its units.

    Raises:
        ProblemError: complex, not square, not finite, or not symmetric; with the place in the matrix.
    """
    from scipy.sparse import coo_array, issparse

    if not issparse(matrix):
        matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ProblemError(f"{source}: shape {matrix.shape}; a square matrix is required", code="problem.not-square")
    size = matrix.shape[0]
    if not 1 <= size <= MAX_SPINS:
        raise ProblemError(f"{source}: {size:,} spins; chipsim supports 1 to {MAX_SPINS:,}", code="problem.too-large")
    entries = coo_array(matrix)
    rows, columns = entries.row.astype(np.int64), entries.col.astype(np.int64)
    values = real(entries.data, source, list(zip(rows, columns, strict=True)))
    _refuse_repeats(rows, columns, size, source)
    linear = np.zeros(size)
    if fields is not None:
        linear += _vector(fields, size, f"{source}, fields")
    diagonal = rows == columns
    if convention == "qubo":
        np.add.at(linear, rows[diagonal], values[diagonal])
    elif values[diagonal].any():
        place = rows[diagonal][values[diagonal] != 0][0]
        raise ProblemError(
            f"{source}: [{place}, {place}] is not 0; give biases as a vector h, or use convention: qubo",
            code="problem.self-loop",
        )
    pairs, sums, triangles = _pairs(rows[~diagonal], columns[~diagonal], values[~diagonal], size)
    if convention != "qubo":
        sums = _once(pairs, sums, triangles, source)
    return problem_of(Terms(pairs.astype(np.int32), sums, linear, offset), convention, name, labels=labels)


def of_graph(graph: Any, convention: Convention, name: str, source: str, weight: str, bias: str) -> Problem:
    """The problem of a graph of networkx; its nodes are the labels.

    Args:
        graph: undirected, without parallel edges.
        convention: of its weights.
        name: of the problem.
        source: of the graph, for messages.
        weight: attribute of edges; 1 where no edge has attributes.
        bias: attribute of nodes; 0 where missing.

    Raises:
        ProblemError: directed, parallel edges, self-loops, or attributes that are not numbers.
    """
    if graph.is_directed() or graph.is_multigraph():
        kind = "directed" if graph.is_directed() else "with parallel edges"
        raise ProblemError(f"{source}: the graph is {kind}; convert it with networkx.Graph", code="data.wrong-values")
    nodes = list(graph.nodes)
    place_of = {node: place for place, node in enumerate(nodes)}
    edges = list(graph.edges(data=True))
    attributes = {key for _, _, held in edges for key in held}
    if attributes and weight not in attributes:
        raise ProblemError(
            f'{source}: no edge has an attribute "{weight}", but some have {", ".join(sorted(map(str, attributes)))}',
            code="data.missing",
        )
    ends = np.array([(place_of[u], place_of[v]) for u, v, _ in edges], np.int64).reshape(-1, 2)
    values = real(_numbers([held.get(weight, 1) for _, _, held in edges], source), source, edges)
    linear = real(_numbers([graph.nodes[node].get(bias, 0) for node in nodes], source), source, nodes)
    loops = np.flatnonzero(ends[:, 0] == ends[:, 1])
    if len(loops):
        raise ProblemError(f"{source}: self-loop at {edges[loops[0]][0]!r}", code="problem.self-loop")
    if convention == "maxcut" and linear.any():
        raise ProblemError(f'{source}: a cut has no "{bias}"; use convention: ising or dimod', code="data.wrong-values")
    terms = Terms(np.sort(ends, axis=1).astype(np.int32), values, linear)
    return problem_of(terms, convention, name, labels=labels_of(nodes))


def of_bqm(bqm: Any, name: str, source: str) -> Problem:
    """The problem of a binary quadratic model of dimod; its variables are the labels.

    Raises:
        ProblemError: a bias that is not finite.
    """
    variables = list(bqm.variables)
    place_of = {variable: place for place, variable in enumerate(variables)}
    linear = real([bqm.linear[variable] for variable in variables], source, variables)
    found = [(u, v, bias) for (u, v), bias in bqm.quadratic.items()]
    ends = np.array([(place_of[u], place_of[v]) for u, v, _ in found], np.int64).reshape(-1, 2)
    values = real([bias for _, _, bias in found], source, [(u, v) for u, v, _ in found])
    (offset,) = real([bqm.offset], source, ["offset"])
    terms = Terms(np.sort(ends, axis=1).astype(np.int32), values, linear, float(offset))
    convention: Convention = "qubo" if bqm.vartype.name == "BINARY" else "dimod"
    return problem_of(terms, convention, name, labels=labels_of(variables))


def from_thrml(model: Any, *, name: str = "thrml") -> Problem:
    """The problem of an Ising model of thrml; spin k is node k of the model.

    thrml samples exp(beta (sum b_i s_i + sum J_ij s_i s_j)), chipsim's law at the same beta: couplings and biases are
    taken as they are, and a note says beta, to be set as `schedule.beta`. Edges that a model lists twice add up, as
    their factors do in thrml.

    Args:
        model: `thrml.models.IsingEBM`, or any object with its public attributes nodes, edges, weights, biases, beta.
        name: as shown in reports.

    Raises:
        ProblemError: an attribute is missing, an edge joins a node to itself or to none of the nodes, or a value is not
            a finite number.

    Example:
        >>> from types import SimpleNamespace
        >>> import chipsim
        >>> model = SimpleNamespace(nodes=["a", "b"], edges=[("a", "b")], weights=[0.5], biases=[0, 1], beta=2.0)
        >>> chipsim.from_thrml(model).couplings.tolist()
        [0.5]
    """
    try:
        nodes, edges, weights, biases, beta = (getattr(model, key) for key in THRML)
    except AttributeError:
        complaint = f"{type(model).__name__} is no Ising model of thrml; it needs {', '.join(THRML)}"
        raise ProblemError(complaint, code="data.missing") from None
    place_of = {node: place for place, node in enumerate(nodes)}
    wrong = next((ends for ends in edges if not all(node in place_of for node in ends)), None)
    if wrong is not None:
        raise ProblemError(f"{name}: edge {wrong} has an end that is not among the nodes", code="data.wrong-values")
    ends = np.array([[place_of[node] for node in pair] for pair in edges], np.int64).reshape(-1, 2)
    loops = np.flatnonzero(ends[:, 0] == ends[:, 1])
    if len(loops):
        raise ProblemError(f"{name}: self-loop at node {ends[loops[0], 0]}", code="problem.self-loop")
    values = real(np.asarray(weights), name, ends.tolist())
    linear = _vector(np.asarray(biases), len(place_of), f"{name}, biases")
    if values.shape != (len(ends),):
        complaint = f"{name}: weights of shape {values.shape}; {len(ends)} are required, one for each edge"
        raise ProblemError(complaint, code="data.wrong-shape")
    (at,) = real([float(beta)], name, ["beta"])
    keys, which = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    sums = np.bincount(which.ravel(), values, len(keys)).astype(np.float64)
    terms = Terms(keys.astype(np.int32), sums, linear)
    return problem_of(
        terms, "ising", name, notes=(f"the model has beta {rounded(at, '.6g')}; set schedule.beta to it",)
    )


def labels_of(names: Iterable[Hashable]) -> NDArray[Any]:
    """Labels as an array: whole numbers, or texts."""
    listed = list(names)
    if all(isinstance(name, int | np.integer) and not isinstance(name, bool) for name in listed):
        return np.array(listed, np.int64)
    texts = [name if isinstance(name, str) else repr(name) for name in listed]
    if len(set(texts)) < len(texts):
        raise ProblemError("two labels have the same text; rename them", code="problem.given-twice")
    return np.array(texts, np.str_)


def real(values: Any, source: str, places: Sequence[Any]) -> NDArray[np.float64]:
    """Values as finite float64 of limited size.

    Args:
        values: (K,) numbers.
        source: for messages.
        places: of the values in the source.

    Raises:
        ProblemError: with the place of the first that is not.
    """
    numbers = np.asarray(values)
    if numbers.dtype.kind == "c":
        wrong = np.flatnonzero(numbers.imag != 0)
        if len(wrong):
            _refuse(source, places, wrong[0], f"{numbers[wrong[0]]:g} is complex")
        numbers = numbers.real
    if numbers.dtype.kind not in "biuf":
        raise ProblemError(f"{source}: entries are {numbers.dtype}, not numbers", code="data.bad-number")
    out: NDArray[np.float64] = numbers.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(out) <= MAX_VALUE))
    if len(wrong):
        value = out[wrong[0]]
        said = (
            f"{value:g} exceeds {MAX_VALUE:g}; scale all numbers down"
            if np.isfinite(value)
            else f"{value} is not finite"
        )
        _refuse(source, places, wrong[0], said)
    return out


def _refuse(source: str, places: Sequence[Any], index: int, complaint: str) -> None:
    place = places[index]
    shown = f"[{', '.join(str(part) for part in place[:2])}]" if isinstance(place, tuple) else str(place)
    raise ProblemError(f"{source}: {shown}: {complaint}", code="data.bad-number")


def _numbers(values: list[Any], source: str) -> NDArray[Any]:
    """Attributes, which a file may hold as text, as an array of numbers."""
    try:
        return np.array([complex(value) if isinstance(value, complex) else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{source}: {error}", code="data.bad-number") from None


def _vector(fields: ArrayLike, size: int, source: str) -> NDArray[np.float64]:
    vector = np.asarray(fields)
    if vector.size != size or max(vector.shape, default=0) != size:
        raise ProblemError(f"{source}: shape {vector.shape}; {size} numbers are required", code="data.wrong-shape")
    return real(vector.ravel(), source, range(size))


def _refuse_repeats(rows: NDArray[np.int64], columns: NDArray[np.int64], size: int, source: str) -> None:
    keys = np.sort(rows * size + columns)
    repeats = np.flatnonzero(np.diff(keys) == 0)
    if len(repeats):
        i, j = divmod(int(keys[repeats[0]]), size)
        raise ProblemError(f"{source}: duplicate entry [{i}, {j}]", code="problem.given-twice")


def _pairs(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Distinct pairs (E, 2), the sums of their entries, and the entries (E, 2) above and below the diagonal."""
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    keys, which = np.unique(low * size + high, return_inverse=True)
    triangles = np.zeros((len(keys), 2))
    triangles[which, (rows > columns).astype(int)] = values
    return np.stack(np.divmod(keys, size), axis=1), triangles.sum(axis=1), triangles


def _once(
    pairs: NDArray[np.int64], sums: NDArray[np.float64], triangles: NDArray[np.float64], source: str
) -> NDArray[np.float64]:
    """Factors of pairs, each counted once, from one triangle or two equal ones."""
    above, below = triangles.T
    if not above.any() or not below.any():
        return sums
    uneven = np.flatnonzero(np.abs(above - below) > ROUNDING * np.abs(triangles).max())
    if len(uneven):
        i, j = pairs[uneven[0]]
        raise ProblemError(
            f"{source}: not symmetric: [{i}, {j}] is {above[uneven[0]]:g}, [{j}, {i}] is {below[uneven[0]]:g}",
            code="problem.not-symmetric",
        )
    return above
