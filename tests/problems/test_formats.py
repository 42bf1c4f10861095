"""Every format of problem files, in several dialects, against enumeration of what the file states."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from support_errors import refused

from chipsim.problems.problem import Problem
from chipsim.problems.reading import FORMATS, read_problem

Pairs = dict[tuple[int, int], float]
# The objective that a file states, of spins or bits by position of the variable.
Objective = Callable[[tuple[int, ...]], float]


def states(cells: int) -> list[tuple[int, ...]]:
    return list(itertools.product((-1, 1), repeat=cells))


def bits(state: tuple[int, ...]) -> list[int]:
    return [(s + 1) // 2 for s in state]


def agrees(problem: Problem, objective: Objective) -> None:
    """Every state has the value that the file states, to the last bit for whole numbers."""
    for state in states(problem.cells):
        found = float(problem.value(float(problem.energy(np.array(state, np.int8)))))
        assert found == pytest.approx(objective(state), rel=1e-13, abs=1e-13), state


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def cut(weights: Pairs) -> Objective:
    return lambda s: sum(w for (i, j), w in weights.items() if s[i] != s[j])


def ising(J: Pairs, h: list[float], sign: int = -1, offset: float = 0.0) -> Objective:
    def objective(s: tuple[int, ...]) -> float:
        pairs = sum(value * s[i] * s[j] for (i, j), value in J.items())
        return offset + sign * (pairs + sum(b * t for b, t in zip(h, s, strict=True)))

    return objective


def qubo(Q: Pairs, each: int = 1, offset: float = 0.0) -> Objective:
    """sum q_ij x_i x_j; pairs off the diagonal count `each` times."""

    def objective(s: tuple[int, ...]) -> float:
        x = bits(s)
        return offset + sum((1 if i == j else each) * q * x[i] * x[j] for (i, j), q in Q.items())

    return objective


TRIANGLE: Pairs = {(0, 1): 2.0, (1, 2): -1.0, (0, 2): 0.5}
Q: Pairs = {(0, 0): 1.0, (1, 1): -2.0, (2, 2): 1.0, (0, 1): 2.0, (1, 2): -3.5}
SPARSE: Pairs = {(0, 0): -100.0, (0, 1): -24.0, (1, 2): 7.0}
SPARSE_TEXT = "3 3\n1 1 -100\n1 2 -24\n2 3 7\n"


@pytest.mark.parametrize(
    ("name", "text", "keys", "objective"),
    [
        # rudy
        ("g.txt", "3 3\n1 2 2\n2 3 -1\n1 3 .5\n", {}, cut(TRIANGLE)),
        ("g.mc", "# Biq Mac\r\n3 3 \r\n2 1 2 \r\n\r\n3 2 -1\r\n3 1 5e-1\r\n", {}, cut(TRIANGLE)),
        ("g.rud", "3 2\n1 2\n2 3 1\n", {}, cut({(0, 1): 1, (1, 2): 1})),
        ("g.txt", "3 1\n0 1 4\n", {"first_index": 0, "format": "rudy"}, cut({(0, 1): 4})),
        ("g.txt", "3 3\n1 2 2\n2 3 -1\n1 3 .5\n", {"convention": "ising"}, ising(TRIANGLE, [0, 0, 0])),
        ("g.txt", "3 3\n1 1 -100\n1 2 -24\n2 3 7\n", {"convention": "qubo"}, qubo(SPARSE)),
        # lists
        ("e.txt", "0 1 2\n1 2 -1\n0 2 .5\n1 1 3\n", {}, ising(TRIANGLE, [0, 3, 0])),
        ("e.csv", "i,j,J\n0,1,2\n1.0,2.0,-1\n0,2,0.5\n", {}, ising(TRIANGLE, [0, 0, 0])),
        ("e.csv", '"source";"target";"weight"\r\n5;9;2\r\n9;12;-1\r\n5;12;.5\r\n', {}, cut(TRIANGLE)),
        ("e.csv", "u,v,Q\n0,0,1\n1,1,-2\n2,2,1\n0,1,2\n1,2,-3.5\n", {}, qubo(Q)),
        ("e.wel", "0 1 2\n1 2 -1\n0 2 .5\n", {}, cut(TRIANGLE)),
        ("e.txt", "1 2 2\n2 3 -1\n1 3 .5\n", {"convention": "dimod", "first_index": 1}, ising(TRIANGLE, [0] * 3, 1)),
        ("e.txt", "4 \n0 0 .5 \n1 1 0.0\n0 1 -1.0\n2 3 2 \n", {}, ising({(0, 1): -1, (2, 3): 2}, [0.5, 0, 0, 0])),
        ("e.txt", "0 1 1e-19\n1 2 1e19\n", {}, ising({(0, 1): 1e-19, (1, 2): 1e19}, [0, 0, 0])),
        # dimod's coordinates
        ("a.coo", "# vartype=SPIN\n0 1 2.0\n1 2 -1\n0 2 .5\n2 2 1\n", {}, ising(TRIANGLE, [0, 0, 1], 1)),
        ("a.coo", "# vartype: BINARY\n0 0 1\n1 1 -2\n2 2 1\n0 1 1\n1 0 1\n1 2 -3.5\n", {}, qubo(Q)),
        ("a.txt", "0 1 2\r\n1 2 -1e0\r\n0 2 5E-1", {"format": "coo", "convention": "dimod"},
         ising(TRIANGLE, [0] * 3, 1)),
        # qbsolv
        ("q.qubo", "c own\np qubo 0 3 3 2\n0 0 1\n1 1 -2\n2 2 1\nc pairs\n0 1 2\n1 2 -3.5\n", {}, qubo(Q)),
        ("q.qubo", "p qubo unconstrained 3 2 2\r\n0 0 1\r\n1 1 -2\r\n2 2 1\r\n0 1 2 \r\n1 2 -3.5\r\n", {}, qubo(Q)),
        ("q.txt", "c\nc isolated\np qubo 0 4 1 1\n\n0 0 1\n0 3 -2\n", {}, qubo({(0, 0): 1, (0, 3): -2})),
        # Biq Mac and MQLib
        ("d.sparse", SPARSE_TEXT, {}, qubo(SPARSE, 2)),
        ("d.txt", "# gka\r\n3 3 \r\n1 1 -100 \r\n\r\n2 1 -24\r\n2 3 7", {"format": "biqmac"}, qubo(SPARSE, 2)),
        ("d.txt", "4 1\n2 3 0.25\n", {"format": "biqmac"}, qubo({(1, 2): 0.25}, 2)),
        ("m.txt", "# Sample\n3 5\n1 1 5\n2 2 3\n3 3 1\n1 2 -6\n2 3 -1\n", {"format": "mqlib"},
         qubo({(0, 0): 5, (1, 1): 3, (2, 2): 1, (0, 1): -6, (1, 2): -1}, 2)),
        ("m.txt", "3 1\r\n2 1 1.5 \r\n", {"format": "mqlib"}, qubo({(0, 1): 1.5}, 2)),
        ("m.txt", "2 1\n1 1 7 # linear", {"format": "mqlib"}, qubo({(0, 0): 7}, 2)),
        # DIMACS
        ("g.col", "c own\np edge 3 2\ne 1 2\ne 2 3\n", {}, cut({(0, 1): 1, (1, 2): 1})),
        ("g.col", "p col 3 4\r\ne 1 2\r\ne 2 1\r\ne 3 2\r\ne 2 3 \r\n", {}, cut({(0, 1): 1, (1, 2): 1})),
        ("g.clq", "c\nc isolated\np edge 4 1\n\ne 2 1\n", {"convention": "dimod"}, ising({(0, 1): 1}, [0] * 4, 1)),
        # MatrixMarket
        ("g.mtx", "%%MatrixMarket matrix coordinate real symmetric\n% c\n3 3 2\n2 1 -1\n3 2 2.5\n",
         {"convention": "maxcut"}, cut({(0, 1): -1, (1, 2): 2.5})),
        ("g.mtx", "%%MatrixMarket matrix coordinate integer general\n3 3 4\n1 2 2\n2 1 2\n3 2 -1\n2 3 -1\n",
         {"convention": "dimod"}, ising({(0, 1): 2, (1, 2): -1}, [0] * 3, 1)),
        ("g.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 1\n",
         {"convention": "maxcut"}, cut({(0, 1): 1, (0, 2): 1})),
        ("g.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n",
         {"convention": "qubo"}, qubo({(0, 0): 1, (0, 1): 5, (1, 1): 4})),
        # GraphML and GML
        ("g.gml", 'graph [ node [ id 0 label "a" ] node [ id 1 label "b" ] edge [ source 0 target 1 weight 2.5 ] ]', {},
         cut({(0, 1): 2.5})),
        ("g.gml", "graph [ node [ id 4 ] node [ id 9 ] node [ id 2 ] edge [ source 4 target 9 ] ]", {},
         cut({(0, 1): 1})),
    ],
)  # fmt: skip
def test_dialects(name: str, text: str, keys: dict[str, Any], objective: Objective, tmp_path: Path) -> None:
    agrees(read_problem(put(tmp_path, name, text), **keys), objective)


def test_the_sample_of_mqlib_has_its_documented_maximum(tmp_path: Path) -> None:
    text = "# Sample\n3 5\n1 1 5\n2 2 3\n3 3 1\n1 2 -6\n2 3 -1\n"
    problem = read_problem(put(tmp_path, "s.txt", text), "mqlib")
    values = {state: float(problem.value(float(problem.energy(np.array(state, np.int8))))) for state in states(3)}
    best = max(values, key=lambda state: values[state])
    assert (bits(best), values[best]) == ([1, 0, 1], 6)


def bqp(**changes: Any) -> str:
    held = {
        "version": "1.0.0", "id": 0, "variable_domain": "spin", "variable_ids": [7, 3], "scale": 2.0, "offset": 1.0,
        "linear_terms": [{"id": 3, "coeff": 1.0}],
        "quadratic_terms": [{"id_head": 3, "id_tail": 7, "coeff": -1.0}], "metadata": {},
    }  # fmt: skip
    return json.dumps({**held, **changes})


def test_bqpjson_scales_terms_and_offset(tmp_path: Path) -> None:
    read = read_problem(put(tmp_path, "b.json", bqp()))
    assert read.names.tolist() == [7, 3]
    agrees(read, lambda s: 2 * (s[1] - s[0] * s[1] + 1))
    read = read_problem(put(tmp_path, "b.json", bqp(variable_domain="boolean", scale=-0.5)))
    agrees(read, lambda s: -0.5 * (bits(s)[1] - bits(s)[0] * bits(s)[1] + 1))
    read = read_problem(put(tmp_path, "b.json", "\n" + bqp(quadratic_terms=[], offset=0)))
    agrees(read, lambda s: 2 * s[1])


J = np.array([[0, 2, 0.5], [2, 0, -1], [0.5, -1, 0]])
H = [0.0, 3.0, 0.0]


def saved(save: Callable[..., Any], *arguments: Any, **named: Any) -> bytes:
    held = io.BytesIO()
    save(held, *arguments, **named)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "keys", "objective"),
    [
        ("j.npy", saved(np.save, J), {"convention": "ising"}, ising(TRIANGLE, [0] * 3)),
        ("j.npy", saved(np.save, np.tril(J).astype(np.float32)), {"convention": "maxcut"}, cut(TRIANGLE)),
        ("j.npy", saved(np.save, (4 * J).astype(int)), {"convention": "dimod"},
         ising({k: 4 * v for k, v in TRIANGLE.items()}, [0] * 3, 1)),
        ("j.npz", saved(np.savez, J=J, h=H), {}, ising(TRIANGLE, H)),
        ("j.npz", saved(np.savez_compressed, J=np.triu(J), h=H), {"convention": "dimod"}, ising(TRIANGLE, H, 1)),
        ("q.npz", saved(np.savez, Q=J + np.eye(3)), {},
         lambda s: float(np.array(bits(s)) @ (J + np.eye(3)) @ np.array(bits(s)))),
        ("s.npz", saved(scipy.sparse.save_npz, scipy.sparse.csr_array(J)), {"convention": "maxcut"}, cut(TRIANGLE)),
        ("j.mat", saved(scipy.io.savemat, {"J": J, "h": H}), {}, ising(TRIANGLE, H)),
        ("j.mat", saved(scipy.io.savemat, {"W": scipy.sparse.csc_array(J)}), {"convention": "maxcut"}, cut(TRIANGLE)),
        ("q.mat", saved(scipy.io.savemat, {"Q": np.triu(J)}, do_compression=True), {}, qubo(TRIANGLE)),
    ],
)  # fmt: skip
def test_matrices(name: str, content: bytes, keys: dict[str, Any], objective: Objective, tmp_path: Path) -> None:
    agrees(read_problem(put(tmp_path, name, content), **keys), objective)


@pytest.mark.parametrize(
    ("name", "text", "keys", "code", "place"),
    [
        ("a.txt", "# vartype=SPIN\n0 1 1\n", {"format": "edges"}, "data.bad-header", "a.txt:1: "),
        ("a.coo", "# vartype=SPIN\n0 1 1\n", {"convention": "qubo"}, "data.bad-header", "a.coo:1: "),
        ("a.coo", "# vartype=SPIN\n0 1 x\n", {}, "data.bad-number", "a.coo:2: "),
        ("a.txt", "0 1 1\n", {"format": "coo"}, "data.bad-header", "convention: dimod"),
        ("h.csv", "i,j,Q\n0,1,1\n", {"convention": "ising"}, "data.bad-header", "h.csv:1: "),
        ("h.csv", "i,j,value\n0,1,1\n", {}, "data.bad-header", "h.csv:1: "),
        ("h.csv", "i,j,J\n0,,1\n", {}, "data.bad-number", "h.csv:2: "),
        ("h.txt", "0 1 2 -1.0\n0 1 0.5\n", {}, "data.wrong-fields", "h.txt:1: "),
        ("h.txt", "10\n1 2 0.3\n1 0.4\n", {}, "data.wrong-fields", "h.txt:3: "),
        ("h.txt", "0 1 1\n", {"first_index": 1}, "problem.bad-index", "h.txt:1: "),
        ("g.txt", "3 1\n0 1 1\n", {"format": "rudy"}, "problem.bad-index", "set first_index: 0"),
        ("g.txt", SPARSE_TEXT, {}, "problem.self-loop", "format: biqmac"),
        ("q.qubo", "p qubo 0 3 2 1\n0 0 1\n0 1 1\n", {}, "data.bad-header", "q.qubo:1: "),
        ("q.qubo", "p qubo 0 3 0 2\n0 1 1\n1 0 1\n", {}, "problem.given-twice", "q.qubo:3: "),
        ("q.qubo", "c\np qubo 0 3 1 0\n3 3 1\n", {}, "problem.bad-index", "q.qubo:3: "),
        ("q.qubo", "p qubo 0 1 1 0\n0 0 1\n", {"convention": "ising"}, "data.bad-header", "remove the key"),
        ("q.qubo", "p qubo 0 1 1 0\n0 0 1\n", {"format": "edges"}, "data.wrong-fields", "format: qubo"),
        ("f.col", "c\np sat 3 1\n1 -2 3 0\n", {}, "data.bad-header", "f.col:2: "),
        ("g.col", "p edge 3 2\ne 1 2\n", {}, "data.bad-header", "g.col:1: "),
        ("g.col", "p edge 3 1\nn 1 2\n", {}, "data.wrong-fields", "g.col:2: "),
        ("g.mtx", "%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 1\n", {}, "data.bad-header", "maxcut"),
        ("g.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n2 1 1\n1 2 3\n", {"convention": "ising"},
         "problem.not-symmetric", "[0, 1] is 3, [1, 0] is 1"),
        ("g.mtx", "%%MatrixMarket matrix coordinate complex general\n2 2 1\n2 1 1 2\n", {"convention": "ising"},
         "data.bad-number", "[1, 0]: "),
        ("g.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n2 2 1\n", {"convention": "ising"},
         "problem.self-loop", "[1, 1]"),
        ("b.json", bqp(linear_terms=[{"id": 4, "coeff": 1}]), {}, "problem.bad-index", "linear_terms[0]: "),
        ("b.json", bqp(scale="two"), {}, "data.bad-number", "scale: "),
        ("b.json", "{\n\"variable_domain\": }", {}, "data.malformed", "b.json:2: "),
        ("g.gml", "graph [ directed 1 node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 ] ]", {},
         "data.wrong-values", "directed"),
        ("g.gml", "graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 J 2 ] ]", {}, "data.missing", "J"),
    ],
)  # fmt: skip
def test_refusals(name: str, text: str, keys: dict[str, Any], code: str, place: str, tmp_path: Path) -> None:
    path = put(tmp_path, name, text)
    with refused(code, place):
        read_problem(path, **keys)


def random_terms(random: np.random.Generator) -> tuple[int, dict[tuple[int, int], float], list[float]]:
    """Cells, couplings of some pairs, and fields: quarters, so that all sums are exact."""
    cells = int(random.integers(2, 13))
    pairs = [pair for pair in itertools.combinations(range(cells), 2) if random.random() < 0.5] or [(0, 1)]
    values = random.integers(1, 20, len(pairs)) * random.choice([-0.25, 0.25], len(pairs))
    return cells, dict(zip(pairs, values.tolist(), strict=True)), (random.integers(-9, 10, cells) / 4).tolist()


def dimod_files(bqm: Any, folder: Path) -> list[Path]:
    from dimod.serialization import coo

    texts = {"m.coo": coo.dumps(bqm, vartype_header=True), "m.json": json.dumps(bqm.to_serializable())}
    paths = [put(folder, name, text) for name, text in texts.items()]
    with bqm.to_file() as file:
        return [*paths, put(folder, "m.bqm", file.read())]


def check_against_dimod(seed: int, folder: Path) -> None:
    """Minimum, and every spin at beta 0.3, against enumeration by dimod of the file that dimod wrote."""
    dimod = pytest.importorskip("dimod")
    random = np.random.default_rng(seed)
    _, couplings, fields = random_terms(random)
    offset = float(random.integers(-9, 10))
    for vartype in ("SPIN", "BINARY"):
        bqm = dimod.BinaryQuadraticModel(dict(enumerate(fields)), couplings, offset, vartype)
        for path in dimod_files(bqm, folder):
            read = read_problem(path)
            # Coordinate lists have no offset, and no line for a variable without a term.
            own = dimod.serialization.coo.load(path.read_text().splitlines()) if path.suffix == ".coo" else bqm
            samples = [dict(zip(read.names.tolist(), state, strict=True)) for state in states(read.cells)]
            if vartype == "BINARY":
                samples = [{name: (s + 1) // 2 for name, s in sample.items()} for sample in samples]
            wanted = own.energies(samples)
            found = read.energy(np.array(states(read.cells), np.int8))
            assert np.array_equal(found, wanted), (seed, path.suffix, vartype)
            spins = np.array(states(read.cells))
            laws = [np.exp(-0.3 * (e - e.min())) for e in (found, wanted)]
            means = [law @ spins / law.sum() for law in laws]
            assert np.allclose(*means, rtol=0, atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_random_models_agree_with_dimod(seed: int, tmp_path: Path) -> None:
    check_against_dimod(seed, tmp_path)


def check_against_own_sums(seed: int, folder: Path) -> None:
    """Text formats without a library: the objective is summed term by term."""
    random = np.random.default_rng(seed)
    cells, J, h = random_terms(random)
    lines = [f"{{i{i}}} {{i{j}}} {value}" for (i, j), value in J.items()]
    diagonal = [f"{{i{i}}} {{i{i}}} {value}" for i, value in enumerate(h)]

    def text(rows: list[str], first: int) -> str:
        random.shuffle(rows)
        return "\n".join(rows).format(**{f"i{i}": i + first for i in range(cells)}) + "\n"

    Q = {**J, **{(i, i): value for i, value in enumerate(h)}}
    both = f"{cells} {len(Q)}\n" + text([*lines, *diagonal], 1)
    own = f"p qubo 0 {cells} {cells} {len(J)}\n" + text([*lines, *diagonal], 0)
    agrees(read_problem(put(folder, "r.txt", f"{cells} {len(J)}\n" + text(lines, 1)), "rudy"), cut(J))
    agrees(read_problem(put(folder, "e.txt", text([*lines, *diagonal], 0)), "edges"), ising(J, h))
    agrees(read_problem(put(folder, "q.qubo", own)), qubo(Q))
    agrees(read_problem(put(folder, "b.sparse", both)), qubo(Q, 2))
    agrees(read_problem(put(folder, "m.txt", both), "mqlib"), qubo(Q, 2))
    dense = np.zeros((cells, cells))
    dense[tuple(np.array(list(J)).T)] = list(J.values())
    agrees(read_problem(put(folder, "j.npz", saved(np.savez, J=dense + dense.T, h=h))), ising(J, h))


@pytest.mark.parametrize("seed", range(3))
def test_random_files_agree_with_their_terms(seed: int, tmp_path: Path) -> None:
    check_against_own_sums(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_200_random_problems_of_each_format(seed: int, tmp_path: Path) -> None:
    check_against_dimod(seed, tmp_path)
    check_against_own_sums(seed, tmp_path)


def test_problems_from_python() -> None:
    import networkx

    graph = networkx.Graph()
    graph.add_edge("a", "b", weight=2)
    graph.add_edge("b", (1, 2), weight=-1)
    read = Problem.from_networkx(graph)
    assert read.names.tolist() == ["a", "b", "(1, 2)"]
    agrees(read, cut({(0, 1): 2, (1, 2): -1}))
    agrees(Problem.from_arrays(scipy.sparse.csr_array(J), H, offset=2), ising(TRIANGLE, H, offset=2))
    dimod = pytest.importorskip("dimod")
    bqm = dimod.BinaryQuadraticModel({"x": 1.0, "y": 0.5}, {"xy": -3.0}, 4.0, "BINARY")
    read = Problem.from_bqm(bqm)
    assert read.names.tolist() == list(bqm.variables)
    agrees(read, lambda s: bqm.energy(dict(zip(bqm.variables, bits(s), strict=True))))


@pytest.mark.slow
def test_a_million_edges_are_read_in_five_seconds(tmp_path: Path) -> None:
    import time

    cells = 100_000
    steps = np.repeat(np.arange(1, 11), cells)
    first = np.tile(np.arange(cells), 10)
    second = (first + steps) % cells
    rows = (f"{i + 1} {j + 1} {k}" for i, j, k in zip(first.tolist(), second.tolist(), steps.tolist(), strict=True))
    path = put(tmp_path, "m.txt", f"{cells} {10 * cells}\n" + "\n".join(rows))
    begin = time.process_time()
    read = read_problem(path)
    assert time.process_time() - begin < 5
    assert (len(read.edges), read.couplings.sum()) == (10 * cells, -steps.sum())


def test_every_format_is_in_the_table_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/bring-your-problem.md").read_text()
    assert {name for name in FORMATS if f"| `{name}` |" not in page} == set()
