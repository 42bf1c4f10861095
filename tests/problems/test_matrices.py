"""Matrices and right-hand sides from files: every format gives the same, and what is none is refused by its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import io, sparse
from support_errors import refused

from chipsim.problems.matrix import check_definite, read_matrix, read_right_side

MATRIX = np.array([[2.0, -0.5, 0.0], [-0.5, 1.0, 0.25], [0.0, 0.25, 1.5]])
SIDES = np.array([[1.0, 0.0], [-2.0, 0.5], [0.25, 3.0]])


def write_text(path: Path, matrix: NDArray[np.float64]) -> None:
    np.savetxt(path, matrix)


def write_csv(path: Path, matrix: NDArray[np.float64]) -> None:
    np.savetxt(path, matrix, delimiter=",")


def write_sparse_npz(path: Path, matrix: NDArray[np.float64]) -> None:
    sparse.save_npz(path, sparse.csr_matrix(matrix))


def write_triangle(path: Path, matrix: NDArray[np.float64]) -> None:
    io.mmwrite(path, sparse.coo_matrix(matrix), symmetry="symmetric")


def write_sparse_mat(path: Path, matrix: NDArray[np.float64]) -> None:
    io.savemat(path, {"K": sparse.csc_matrix(matrix)})


WRITERS: dict[str, tuple[str, Callable[[Path, NDArray[np.float64]], None]]] = {
    "text": ("m.txt", write_text),
    "CSV": ("m.csv", write_csv),
    "npy": ("m.npy", np.save),
    "npz": ("m.npz", lambda path, matrix: np.savez(path, first=matrix)),
    "sparse npz": ("m.npz", write_sparse_npz),
    "mat": ("m.mat", lambda path, matrix: io.savemat(path, {"K": matrix})),
    "sparse mat": ("m.mat", write_sparse_mat),
    "dense MatrixMarket": ("m.mtx", io.mmwrite),
    "a triangle as MatrixMarket": ("m.mtx", write_triangle),
    "integers": ("m.npy", lambda path, matrix: np.save(path, (4 * matrix).astype(np.int8))),
}


@pytest.mark.parametrize("form", WRITERS)
def test_matrices_are_read_from_every_format(form: str, tmp_path: Path) -> None:
    name, write = WRITERS[form]
    write(tmp_path / name, MATRIX)
    np.testing.assert_array_equal(read_matrix(str(tmp_path / name)), MATRIX * (4 if form == "integers" else 1))


@pytest.mark.parametrize("form", [form for form in WRITERS if form not in ("a triangle as MatrixMarket", "integers")])
def test_right_sides_are_read_from_every_format(form: str, tmp_path: Path) -> None:
    name, write = WRITERS[form]
    write(tmp_path / name, SIDES)
    np.testing.assert_array_equal(read_right_side(str(tmp_path / name), 3), SIDES)


def test_a_vector_is_one_right_side_whichever_way_it_lies(tmp_path: Path) -> None:
    (tmp_path / "row.txt").write_text("1 2 3\n")
    (tmp_path / "column.txt").write_text("1\n2\n3\n")
    np.save(tmp_path / "vector.npy", np.array([1.0, 2, 3]))
    io.savemat(tmp_path / "row.mat", {"b": np.array([[1.0, 2, 3]])})
    for path in tmp_path.iterdir():
        assert read_right_side(str(path), 3).tolist() == [[1], [2], [3]], path


def test_one_file_holds_a_system(tmp_path: Path) -> None:
    path = str(tmp_path / "system.npz")
    np.savez(path, A=MATRIX, b=SIDES[:, 1], note=np.array("mine"))
    np.testing.assert_array_equal(read_matrix(path), MATRIX)
    np.testing.assert_array_equal(read_right_side(path, 3), SIDES[:, 1:])
    np.savez(path, K=MATRIX, f=SIDES)
    with refused("data.missing", "found K, f"):
        read_matrix(path)


def test_rounding_is_no_asymmetry_and_is_evened_out(tmp_path: Path) -> None:
    uneven = MATRIX.copy()
    uneven[0, 1] *= 1 + 1e-15
    np.save(tmp_path / "m.npy", uneven)
    read = read_matrix(str(tmp_path / "m.npy"))
    assert (read == read.T).all()
    np.testing.assert_allclose(read, MATRIX, rtol=1e-15)


WRONG: dict[str, tuple[Any, str, str]] = {
    "complex": (MATRIX + 1j * np.eye(3)[::-1], "data.bad-number", r"[0, 2]: 0+1j is complex"),
    "infinite": (np.where(MATRIX == 1.5, np.inf, MATRIX), "data.bad-number", "[2, 2]: inf is not finite"),
    "not symmetric": (MATRIX + np.eye(3, k=2), "problem.not-symmetric", "[0, 2] is 1, [2, 0] is 0"),
    "hardly not symmetric": (MATRIX + 1e-7 * np.eye(3, k=2), "problem.not-symmetric", "[0, 2] is 1e-07"),
    "not square": (SIDES, "problem.not-square", "(3, 2)"),
    "a vector": (MATRIX[0], "problem.not-square", "(3,)"),
    "words": (np.array([["1", "a"], ["a", "1"]]), "data.malformed", "not numbers"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_matrices_are_refused_by_place(fault: str, tmp_path: Path) -> None:
    matrix, code, text = WRONG[fault]
    path = str(tmp_path / "m.npy")
    np.save(path, matrix)
    with refused(code, text) as caught:
        read_matrix(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("fault", ["complex", "not symmetric"])
def test_wrong_sparse_matrices_are_refused_by_place(fault: str, tmp_path: Path) -> None:
    matrix, code, text = WRONG[fault]
    path = str(tmp_path / "m.npz")
    sparse.save_npz(path, sparse.csr_matrix(matrix))
    with refused(code, text):
        read_matrix(path)


def test_skew_matrices_and_sizes_beyond_memory_are_refused_before_they_are_made(tmp_path: Path) -> None:
    skew = tmp_path / "skew.mtx"
    skew.write_text("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 1.0\n")
    with refused("problem.not-symmetric", ":1: skew-symmetric"):
        read_matrix(str(skew))
    large = tmp_path / "large.npz"
    sparse.save_npz(large, sparse.identity(10**6, format="csr"))
    with refused("file.too-large", "7.45e+03 GiB"):
        read_matrix(str(large))


SINGULAR = {
    "two equal rows": np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 2]]),
    "a network without ground": 3 * np.eye(4) - np.ones((4, 4)) + np.eye(4),
    "zeros": np.zeros((2, 2)),
    "singular within rounding": np.outer(np.linspace(0.1, 1, 7), np.linspace(0.1, 1, 7)),
}


@pytest.mark.parametrize("matrix", SINGULAR)
def test_a_singular_matrix_is_called_singular(matrix: str) -> None:
    with refused("problem.singular", "singular: "):
        check_definite(SINGULAR[matrix], "m")


def test_negative_and_small_eigenvalues_are_not_singular() -> None:
    with refused("problem.indefinite", "-1"):
        check_definite(np.diag([1.0, 0.0, -1.0]), "m")
    check_definite(np.diag([1.0, 1e-12]), "m")


WRONG_SIDES: dict[str, tuple[NDArray[Any], str, str]] = {
    "too short": (SIDES[:2], "data.wrong-shape", "(2, 2); 3 rows"),
    "rows for columns": (SIDES.T, "data.wrong-shape", "(2, 3); 3 rows"),
    "a column of zeros": (SIDES * [1, 0], "data.wrong-values", "column 1 is 0"),
    "complex": (SIDES * [1, 1j], "data.bad-number", "[1, 1]: "),
    "three indices": (SIDES[None], "data.wrong-shape", "(1, 3, 2)"),
}


@pytest.mark.parametrize("fault", WRONG_SIDES)
def test_wrong_right_sides_are_refused(fault: str, tmp_path: Path) -> None:
    sides, code, text = WRONG_SIDES[fault]
    path = str(tmp_path / "b.npy")
    np.save(path, sides)
    with refused(code, text):
        read_right_side(path, 3)
