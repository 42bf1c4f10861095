"""The regenerated G-set against hashes of the published files and against what is known of every graph."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest
from support_errors import refused

from chipsim.problems.gset import canonical_lines, gset_names, gset_problem
from chipsim.problems.problem import Problem

# First 12 hex digits of sha256 over the lines `u v w\n` of the published files, header left out.
HASHES = {
    "G1": "786ec3107e68",
    "G6": "91b92d713c20",
    "G11": "fd3ddc7dd515",
    "G14": "a9892d8097a3",
    "G18": "160e8f601939",
    "G22": "48de0a0568f9",
    "G32": "fa098bfb08ea",
    "G35": "19deedff71e6",
    "G39": "993f53793baa",
    "G43": "586f6737863d",
    "G48": "2b9510755776",
    "G51": "6e88fff6e578",
    "G55": "ea1abdeb260c",
    "G63": "28337512795c",
    "G66": "0a1bc5830626",
    "G67": "8db025040782",
    "G70": "e8c3eae8e5f7",
    "G77": "843717bc2a1c",
}

# Edges of the published files, by number of the first graph of a run.
EDGES = {
    1: [19176] * 10,
    11: [1600] * 3,
    14: [4694, 4661, 4672, 4667] * 2,
    22: [19990] * 10,
    32: [4000] * 3,
    35: [11778, 11766, 11785, 11779] * 2,
    43: [9990] * 5,
    48: [6000] * 3,
    51: [5909, 5916, 5914, 5916],
    55: [12498, 12498, 10000, 29570, 29570, 17148, 17148, 14000, 41459, 41459, 16000, 18000, 20000],
    70: [9999],
    72: [20000],
    77: [28000],
    81: [40000],
}
EDGES_OF = {f"G{first + k}": count for first, run in EDGES.items() for k, count in enumerate(run)} | {"K2000": 1999000}

TORUS_SHAPES = {
    "G11": (100, 8),
    "G12": (50, 16),
    "G13": (25, 32),
    "G32": (100, 20),
    "G33": (80, 25),
    "G34": (50, 40),
    "G48": (50, 60),
    "G49": (30, 100),
    "G50": (25, 120),
    "G57": (100, 50),
    "G62": (100, 70),
    "G65": (100, 80),
    "G66": (90, 100),
    "G67": (100, 100),
    "G72": (100, 100),
    "G77": (140, 100),
    "G81": (200, 100),
}


# Most of a quarter of a minute for all of them, so each is made once, by the worker that needs it.
pytestmark = pytest.mark.system
regenerated = cache(gset_problem)


def test_names_are_the_72_published_graphs() -> None:
    assert gset_names() == [f"G{k}" for k in [*range(1, 68), 70, 72, 77, 81]] + ["K2000"]


@pytest.mark.parametrize("name", HASHES)
def test_text_is_the_published_file(name: str) -> None:
    assert hashlib.sha256(canonical_lines(regenerated(name)).encode()).hexdigest()[:12] == HASHES[name]


@pytest.mark.parametrize("name", EDGES_OF)
def test_every_graph_is_well_formed(name: str) -> None:
    graph = regenerated(name)
    first, second = graph.edges.T.astype(np.int64)
    assert graph.name == name
    assert graph.objective == "cut"
    assert graph.edges.dtype == np.int32
    assert len(graph.edges) == len(graph.couplings) == EDGES_OF[name]
    assert first.min() >= 0
    assert second.max() < graph.cells
    assert (first < second).all()
    assert (np.diff(first) >= 0).all()
    assert len(np.unique(first * graph.cells + second)) == len(first)
    assert set(np.unique(graph.couplings)) <= {-1.0, 1.0}
    assert not graph.biases.any()
    assert graph.biases.dtype == np.float64


@pytest.mark.parametrize("name", EDGES_OF)
def test_best_known_cut_lies_between_a_random_cut_and_all_positive_weight(name: str) -> None:
    weights = -regenerated(name).couplings
    best = regenerated(name).best_known_cut
    assert best is not None
    assert weights.sum() / 2 < best <= weights[weights > 0].sum()


def test_all_graphs_differ() -> None:
    texts = {canonical_lines(regenerated(name)) for name in gset_names() if name != "K2000"}
    assert len(texts) == len(gset_names()) - 1


@pytest.mark.parametrize(
    ("plain", "signed"), [("G1", "G6"), ("G17", "G21"), ("G24", "G29"), ("G38", "G42"), ("G60", "G61")]
)
def test_signed_twins_share_their_edges(plain: str, signed: str) -> None:
    assert np.array_equal(regenerated(plain).edges, regenerated(signed).edges)


def test_g23_has_the_seed_it_was_published_with() -> None:
    assert not np.array_equal(regenerated("G23").edges, regenerated("G28").edges)


def test_k2000_is_complete_and_its_weights_add_up_to_the_published_sum() -> None:
    assert -regenerated("K2000").couplings.sum() == -1040
    assert regenerated("K2000").edges[0].tolist() == [0, 1999]


def test_only_tori_have_a_shape() -> None:
    assert {name: regenerated(name).shape for name in gset_names() if regenerated(name).shape} == TORUS_SHAPES


@pytest.mark.parametrize("name", TORUS_SHAPES)
def test_torus_edges_join_neighbours_of_the_grid(name: str) -> None:
    height, width = TORUS_SHAPES[name]
    rows, columns = np.divmod(regenerated(name).edges, width)
    steps_down = np.diff(rows, axis=1)[:, 0] % height
    steps_right = np.diff(columns, axis=1)[:, 0] % width
    vertical = np.isin(steps_down, (1, height - 1)) & (steps_right == 0)
    horizontal = np.isin(steps_right, (1, width - 1)) & (steps_down == 0)
    assert (vertical | horizontal).all()
    assert vertical.sum() == horizontal.sum() == height * width == regenerated(name).cells


@pytest.mark.parametrize("name", ["G48", "G49"])
def test_a_chequerboard_cuts_every_edge_of_an_even_torus(name: str) -> None:
    graph = regenerated(name)
    assert graph.shape is not None
    rows, columns = np.divmod(np.arange(graph.cells), graph.shape[1])
    spins = (1 - 2 * ((rows + columns) % 2)).astype(np.int8)
    assert graph.value(graph.energy(spins)) == graph.best_known_cut


@pytest.mark.parametrize(("name", "hint"), [("G68", '"G6'), ("g11", '"G11"'), ("K200", '"K2000"'), ("", "known: G1, ")])
def test_unknown_name_names_the_closest(name: str, hint: str) -> None:
    with refused("problem.unknown-graph", hint) as caught:
        gset_problem(name)
    assert f'"{name}"' in str(caught.value)


def test_canonical_lines_keep_fractions() -> None:
    edges = np.array([[0, 2], [0, 1]], dtype=np.int32)
    problem = Problem("two", edges, np.array([-0.25, 3.0]), np.zeros(3))
    assert canonical_lines(problem) == "1 3 0.25\n1 2 -3\n"
