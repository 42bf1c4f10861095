"""Reading rudy files and edge lists: what is accepted, and where and why the rest is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chipsim.errors import ProblemError
from chipsim.problems.gset import canonical_lines, gset_problem
from chipsim.problems.rudy import read_edge_list, read_rudy


def put(folder: Path, content: str | bytes) -> Path:
    path = folder / "graph.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint(reader: object, path: Path) -> str:
    assert callable(reader)
    with pytest.raises(ProblemError) as caught:
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
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("\n\n# only a comment\n", 3, "empty"),
        ("3 3\n1 2 1\n2 3 1\n", 1, "announces 3 edges, but the file has 2"),
        ("# x\n3 1\n1 2 1\n2 3 1\n", 2, "announces 1 edges, but the file has 2"),
        ("3 1\n1 4 1\n", 2, "index 4 is outside 1..3"),
        ("3 1\n0 1 1\n", 2, "index 0 is outside 1..3"),
        ("3 1\n-1 1 1\n", 2, "index -1 is outside 1..3"),
        ("3 2\n1 2 1\n\n2 2 1\n", 4, "vertex 2 to itself"),
        ("3 3\n1 2 1\n2 3 1\n1 2 1\n", 4, "edge 1 2 was given on line 2 already"),
        ("3 3\n1 2 1\n2 3 1\n3 2 1\n", 4, "edge 2 3 was given on line 3 already"),
        ("4 6\n3 4\n1 2\n3 4\n1 2\n1 2\n1 3\n", 4, "edge 3 4 was given on line 2 already"),
        ("3 1\n1 2 nan\n", 2, 'finite number, found "nan"'),
        ("3 1\n1 2 -inf\n", 2, 'finite number, found "-inf"'),
        ("3 1\n1 2 1e999\n", 2, 'finite number, found "1e999"'),
        ("3 1\n1 2 one\n", 2, 'expected a number, found "one"'),
        ("3 1\n1 2 1_0\n", 2, 'expected a number, found "1_0"'),
        ("3 1\n1 two 1\n", 2, 'expected an index, a whole number, found "two"'),
        ("3 1\n1 2.0 1\n", 2, 'found "2.0"'),
        ("3 1\n1 1_0 1\n", 2, 'found "1_0"'),
        ("3 1\n1\n", 2, "found 1 fields"),
        ("3 1\n1 2 1 1\n", 2, "found 4 fields"),
        ("three 1\n1 2\n", 1, 'expected the number of vertices, a whole number, found "three"'),
        ("3 many\n1 2\n", 1, 'expected the number of edges, a whole number, found "many"'),
        ("0 0\n", 1, "0 vertices"),
        ("-3 1\n1 2\n", 1, "-3 vertices"),
        ("99999999999 1\n1 2\n", 1, "99999999999 vertices"),
        ("3 -1\n", 1, "-1 edges"),
        ("3 2 1\n1 2 1\n1 3 1\n", 1, "is the header missing?"),
        ("3\n1 2 1\n1 3 1\n2 3 1\n", 1, "expected the header `n m`"),
        ("3\nbipolar\nrandom\n", 1, "expected the header `n m`"),
        ("3\nbipolar\nrandom\nunknown\n1 2 1\n", 4, 'expected a number, found "unknown"'),
        ("3\nbipolar\nrandom\n2\n1 2 1\n1 5 1\n", 6, "index 5 is outside 1..3"),
        (b"3 1\n1 2 \xff\xfe\n", 2, "not text"),
        (b"3 1\n1 2 1\0\n", 2, "not text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 1, "not text"),
        ("3 1\n1 2 1\n".encode("utf-16") + b"\n", 3, "not text"),
    ],
)
def test_rudy_refuses(text: str | bytes, line: int, words: str, tmp_path: Path) -> None:
    path = put(tmp_path, text)
    message = complaint(read_rudy, path)
    assert message.startswith(f"{path}:{line}: ")
    assert words in message


@pytest.mark.parametrize("reader", [read_rudy, read_edge_list])
def test_a_file_that_cannot_be_opened(reader: object, tmp_path: Path) -> None:
    assert complaint(reader, tmp_path / "absent.txt").startswith(f"{tmp_path / 'absent.txt'}: cannot be read: No such")
    assert complaint(reader, tmp_path).startswith(f"{tmp_path}: cannot be read: ")


def test_edge_list_has_chipsims_signs(tmp_path: Path) -> None:
    read = read_edge_list(put(tmp_path, "# ring\n0 1 0.5\n4 4 -2 # last cell\n\n2 1 -1e-1\n0 0 3\n"))
    assert read.name == "graph"
    assert read.objective == "energy"
    assert read.best_known_cut is None
    assert read.edges.dtype == np.int32
    assert read.edges.tolist() == [[0, 1], [1, 2]]
    assert read.couplings.tolist() == [0.5, -0.1]
    assert read.biases.tolist() == [3, 0, 0, 0, -2]
    assert read.energy(np.array([1, 1, -1, 1, -1], dtype=np.int8)) == pytest.approx(-(3 + 2 + 0.5 + 0.1))


def test_edge_list_may_end_with_a_coupling_or_hold_biases_only(tmp_path: Path) -> None:
    assert read_edge_list(put(tmp_path, "0 0 1\n5 2 1\n")).cells == 6
    read = read_edge_list(put(tmp_path, "1 1 7\n"))
    assert (read.edges.shape, read.biases.tolist()) == ((0, 2), [0, 7])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("0 1\n", 1, "expected `i j J`"),
        ("0 1 1\n0 1 1 1\n", 2, "found 4 fields"),
        ("0 -1 1\n", 1, "index -1 is outside 0.."),
        ("0 99999999999 1\n", 1, "index 99999999999 is outside 0.."),
        ("0 1 1\n1 0 2\n", 2, "edge 0 1 was given on line 1 already"),
        ("0 0 1\n0 1 1\n0 0 1\n", 3, "bias of 0 is given a second time"),
        ("0 1 nan\n", 1, 'found "nan"'),
        ("0 0 inf\n", 1, 'found "inf"'),
        ("0 1 J\n", 1, 'found "J"'),
        ("a 1 1\n", 1, 'found "a"'),
        (b"0 1 1\n\xe9\n", 2, "not text"),
    ],
)
def test_edge_list_refuses(text: str | bytes, line: int, words: str, tmp_path: Path) -> None:
    path = put(tmp_path, text)
    message = complaint(read_edge_list, path)
    assert message.startswith(f"{path}:{line}: ")
    assert words in message
