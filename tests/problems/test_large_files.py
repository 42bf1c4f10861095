"""A file of a million edges is read in at most 5 s of a core."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from chipsim.problems.reading import read_problem

pytestmark = pytest.mark.slow
SPINS, EDGES, LIMIT_S = 100_000, 1_000_000, 5.0


@pytest.mark.parametrize("format", ["rudy", "edges", "coo"])
def test_a_million_edges(format: str, tmp_path: Path) -> None:
    """Every edge arrives, in order, with its weight."""
    random = np.random.default_rng(0)
    ends = np.unique(random.integers(0, SPINS, (EDGES + EDGES // 10, 2)), axis=0)
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    ends = random.permutation(ends)[:EDGES]
    ends = ends[np.lexsort(ends.T[::-1])]
    weights = random.integers(1, 8, EDGES) * random.choice([-1, 1], EDGES)
    first = 1 if format == "rudy" else 0
    header = {"rudy": f"{SPINS} {EDGES}", "edges": "# a list", "coo": "# vartype=SPIN"}[format]
    np.savetxt(tmp_path / "p.txt", np.column_stack([ends + first, weights]), "%d", header=header, comments="")
    begin = time.process_time()
    problem = read_problem(tmp_path / "p.txt", format, "ising" if format == "edges" else None)  # type: ignore[arg-type]
    taken = time.process_time() - begin
    assert len(problem.edges) == EDGES
    order = np.lexsort(problem.edges.T[::-1])
    labels = np.arange(SPINS) + first if problem.labels is None else problem.labels
    assert np.array_equal(labels[problem.edges[order]], ends + first)
    assert np.array_equal(problem.couplings[order], weights if format == "edges" else -weights)
    assert taken < LIMIT_S
