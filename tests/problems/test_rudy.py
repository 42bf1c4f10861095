"""Reading rudy files and edge lists: what is accepted, and where and why the rest is refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from support_errors import refused

from chipsim.problems.gset import canonical_lines, gset_problem
from chipsim.problems.reading import read_problem

read_rudy = partial(read_problem, format="rudy")
read_edge_list = partial(read_problem, format="edges")


def put(folder: Path, content: str | bytes) -> Path:
    path = folder / "graph.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint(reader: object, path: Path, code: str) -> str:
    assert callable(reader)
    with refused(code) as caught:
        reader(path)
    return str(caught.value)


@pytest.mark.parametrize("name", ["G11", "G14"])
def test_rudy_text_gives_back_the_graph(name: str, tmp_path: Path) -> None:
    graph = gset_problem(name)
    path = put(tmp_path, f"{graph.cells} {len(graph.edges)}\n{canonical_lines(graph)}")
    read = read_rudy(path)
    assert read.name == "graph"
    assert read.objective == "cut"
    assert read.shape is None
    assert read.best_known_cut is None
    assert read.cells == graph.cells
    assert read.edges.dtype == np.int32
    assert np.array_equal(read.edges, graph.edges)
    assert np.array_equal(read.couplings, graph.couplings)
    assert read.biases.dtype == np.float64
    assert not read.biases.any()


def test_rudy_keeps_file_order_and_orders_ends(tmp_path: Path) -> None:
    read = read_rudy(put(tmp_path, "4 3\n4 2 -2.5\n1 2\n3 1 1e2\n"))
    assert read.cells == 4
    assert read.edges.tolist() == [[1, 3], [0, 1], [0, 2]]
    assert read.couplings.tolist() == [2.5, -1, -100]
    assert read_rudy(str(tmp_path / "graph.txt")).couplings.tolist() == [2.5, -1, -100]


@pytest.mark.parametrize(
    "text",
    [
        "3 2\n1 2 5\n2 3 -7\n",
        "3 2 J\n1 2 5\n2 3 -7\n",
        "3\t2\r\n 1  2\t5 \r\n\r\n2 3 -7",
        "# comment\n3 2 # header\n\n1 2 5 # edge\n2 3 -7\n\n",
        "3\nbipolar\nrandom\n12\n1 2 5\n2 3 -7\n",
        "3\nUnipolar\ntoroidal grid\n12\n1 2 5\n2 3 -7\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_rudy_variants_mean_the_same(text: str, encoding: str, tmp_path: Path) -> None:
    read = read_rudy(put(tmp_path, text.encode(encoding)))
    assert read.cells == 3
    assert read.edges.tolist() == [[0, 1], [1, 2]]
    assert read.couplings.tolist() == [-5, 7]
    assert read.best_known_cut == (12 if "polar" in text else None)


def test_a_graph_may_have_no_edge(tmp_path: Path) -> None:
    read = read_rudy(put(tmp_path, "2 0\n"))
    assert (read.cells, read.edges.shape, read.couplings.shape) == (2, (0, 2), (0,))


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, "data.empty"),
        ("\n\n# only a comment\n", 3, "data.empty"),
        ("3 3\n1 2 1\n2 3 1\n", 1, "data.bad-header"),
        ("# x\n3 1\n1 2 1\n2 3 1\n", 2, "data.bad-header"),
        ("3 1\n1 4 1\n", 2, "problem.bad-index"),
        ("3 1\n0 1 1\n", 2, "problem.bad-index"),
        ("3 1\n-1 1 1\n", 2, "problem.bad-index"),
        ("3 2\n1 2 1\n\n2 2 1\n", 4, "problem.self-loop"),
        ("3 3\n1 2 1\n2 3 1\n1 2 1\n", 4, "problem.given-twice"),
        ("3 3\n1 2 1\n2 3 1\n3 2 1\n", 4, "problem.given-twice"),
        ("4 6\n3 4\n1 2\n3 4\n1 2\n1 2\n1 3\n", 4, "problem.given-twice"),
        ("3 1\n1 2 nan\n", 2, "data.bad-number"),
        ("3 1\n1 2 -inf\n", 2, "data.bad-number"),
        ("3 1\n1 2 1e999\n", 2, "data.bad-number"),
        ("3 1\n1 2 one\n", 2, "data.bad-number"),
        ("3 1\n1 2 1_0\n", 2, "data.bad-number"),
        ("3 1\n1 two 1\n", 2, "data.bad-number"),
        ("3 1\n1 2.5 1\n", 2, "data.bad-number"),
        ("3 1\n1 1_0 1\n", 2, "data.bad-number"),
        ("3 1\n1\n", 2, "data.wrong-fields"),
        ("3 1\n1 2 1 1\n", 2, "data.wrong-fields"),
        ("three 1\n1 2\n", 1, "data.bad-number"),
        ("3 many\n1 2\n", 1, "data.bad-number"),
        ("0 0\n", 1, "problem.too-large"),
        ("-3 1\n1 2\n", 1, "problem.too-large"),
        ("99999999999 1\n1 2\n", 1, "problem.too-large"),
        ("3 -1\n", 1, "data.bad-header"),
        ("3 2 1\n1 2 1\n1 3 1\n", 1, "data.bad-header"),
        ("3\n1 2 1\n1 3 1\n2 3 1\n", 1, "data.bad-header"),
        ("3\nbipolar\nrandom\n", 1, "data.bad-header"),
        ("3\nbipolar\nrandom\nunknown\n1 2 1\n", 4, "data.bad-number"),
        ("3\nbipolar\nrandom\n2\n1 2 1\n1 5 1\n", 6, "problem.bad-index"),
        (b"3 1\n1 2 \xff\xfe\n", 2, "data.not-text"),
        (b"3 1\n1 2 1\0\n", 2, "data.not-text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 1, "data.not-text"),
        ("3 1\n1 2 1\n".encode("utf-16") + b"\n", 3, "data.not-text"),
    ],
)
def test_rudy_refuses(text: str | bytes, line: int, code: str, tmp_path: Path) -> None:
    path = put(tmp_path, text)
    assert complaint(read_rudy, path, code).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("reader", [read_rudy, read_edge_list])
def test_a_file_that_cannot_be_opened(reader: object, tmp_path: Path) -> None:
    for path in (tmp_path / "absent.txt", tmp_path):
        assert complaint(reader, path, "file.unreadable").startswith(f"{path}: ")


def test_edge_list_has_chipsims_signs(tmp_path: Path) -> None:
    read = read_edge_list(put(tmp_path, "# ring\n0 1 0.5\n4 4 -2 # last cell\n\n2 1 -1e-1\n3 3 0\n0 0 3\n"))
    assert read.name == "graph"
    assert read.objective == "energy"
    assert read.best_known_cut is None
    assert read.edges.dtype == np.int32
    assert read.edges.tolist() == [[0, 1], [1, 2]]
    assert read.couplings.tolist() == [0.5, -0.1]
    assert read.biases.tolist() == [3, 0, 0, 0, -2]
    assert read.energy(np.array([1, 1, -1, 1, -1], dtype=np.int8)) == pytest.approx(-(3 + 2 + 0.5 + 0.1))


def test_edge_list_may_end_with_a_coupling_or_hold_biases_only(tmp_path: Path) -> None:
    assert read_edge_list(put(tmp_path, "0 0 1\n3 2 1\n1 1 0\n")).cells == 4
    read = read_edge_list(put(tmp_path, "1 1 7\n0 0 0\n"))
    assert (read.edges.shape, read.biases.tolist()) == ((0, 2), [0, 7])


@pytest.mark.parametrize(
    ("text", "labels", "note"),
    [
        ("1 1 0.5\n1 2 -1\n2 2 -0.25\n", [1, 2], "labels 1 to 2"),
        ("0 1 1\n9 8 1\n", [0, 1, 8, 9], "4 labels from 0 to 9, without 2, 3, 4, 5, 6, ..."),
        ("5 7 1\n9 10 1\n", [5, 7, 9, 10], "4 labels from 5 to 10, without 6, 8"),
    ],
)
def test_labels_are_kept_and_holes_are_noted(text: str, labels: list[int], note: str, tmp_path: Path) -> None:
    """A list that counts from 1 has as many spins as labels, not one more."""
    read = read_edge_list(put(tmp_path, text))
    assert read.cells == len(labels)
    assert read.names.tolist() == labels
    assert read.notes == (note,)


@pytest.mark.parametrize("comment", ["# vartype=SPIN", "#Vartype = BINARY"])
def test_a_coo_file_of_dimod_is_refused(comment: str, tmp_path: Path) -> None:
    path = put(tmp_path, f"{comment}\n0 1 1.0\n")
    assert complaint(read_edge_list, path, "data.bad-header").startswith(f"{path}:1: ")


def test_edges_of_weight_0_are_none(tmp_path: Path) -> None:
    """They would cost couplers and colours."""
    ring = "1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
    with_zeros, without = (
        read_rudy(put(tmp_path, f"4 6\n{ring}1 3 0\n2 4 0\n")),
        read_rudy(put(tmp_path, f"4 4\n{ring}")),
    )
    assert np.array_equal(with_zeros.edges, without.edges)
    assert np.array_equal(with_zeros.couplings, without.couplings)
    read = read_edge_list(put(tmp_path, "0 1 0\n2 3 -0.0\n1 2 1\n"))
    assert read.edges.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, "data.empty"),
        ("# nothing\n", 1, "data.empty"),
        ("0 1\n", 1, "data.wrong-fields"),
        ("0 1 1\n0 1 1 1\n", 2, "data.wrong-fields"),
        ("0 -1 1\n", 1, "problem.bad-index"),
        ("0 99999999999 1\n", 1, "problem.bad-index"),
        ("0 1 1\n1 0 2\n", 2, "problem.given-twice"),
        ("0 0 1\n0 1 1\n0 0 1\n", 3, "problem.given-twice"),
        ("0 1 nan\n", 1, "data.bad-number"),
        ("0 0 inf\n", 1, "data.bad-number"),
        ("0 1 J\n", 1, "data.bad-number"),
        ("a 1 1\n", 1, "data.bad-number"),
        (b"0 1 1\n\xe9\n", 2, "data.not-text"),
    ],
)
def test_edge_list_refuses(text: str | bytes, line: int, code: str, tmp_path: Path) -> None:
    path = put(tmp_path, text)
    assert complaint(read_edge_list, path, code).startswith(f"{path}:{line}: ")
