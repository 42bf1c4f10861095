"""Arrays by name from `.npy`, `.npz`, `.mat` and MatrixMarket files; bounded in size also after unpacking."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

from chipsim.errors import ProblemError
from chipsim.files import MAX_INPUT_BYTES
from chipsim.problems.npy import MAGIC as NPY
from chipsim.problems.npy import NUMBERS_AND_TEXTS, read_npy

ZIP, MAT, MATRIX_MARKET, HDF5 = b"PK\x03\x04", b"MATLAB 5.0", b"%%MatrixMarket", b"\x89HDF"
_DAMAGED = (ValueError, TypeError, KeyError, OSError, EOFError, OverflowError, NotImplementedError, zipfile.BadZipFile)
MAGICS = (NPY, ZIP, MAT, MATRIX_MARKET, HDF5)


def named_arrays(path: Path, content: bytes) -> dict[str, Any]:
    """Arrays of a file, dense or sparse, by name; the name of the only array of a `.npy` or MatrixMarket file is "".

    Raises:
        ProblemError: it is damaged, too large, or of another sort.
    """
    try:
        if content.startswith(NPY):
            return {"": read_npy(content)}
        if content.startswith(ZIP):
            return _of_npz(path, content)
        if content.startswith(MATRIX_MARKET):
            from scipy.io import mmread

            _check_matrix_market(path, content)
            return {"": mmread(io.BytesIO(content))}
        if content.startswith(MAT):
            return _of_mat(path, content)
    except ProblemError:
        raise
    except _DAMAGED as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ProblemError(f"{path}: cannot be read as a matrix: {told}", code="data.malformed") from None
    if content.startswith(HDF5):
        raise ProblemError(f"{path}: HDF5, as MATLAB 7.3 saves; save it with -v7, or as .npz", code="data.malformed")
    raise ProblemError(f"{path}: neither .npy, .npz, .mat nor MatrixMarket", code="data.malformed")


def _of_npz(path: Path, content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        _check_size(path, sum(member.file_size for member in packed.infolist()))
        arrays = {
            name.removesuffix(".npy"): read_npy(packed.read(name), NUMBERS_AND_TEXTS) for name in packed.namelist()
        }
    if {"format", "shape", "data"} <= arrays.keys():
        from scipy.sparse import load_npz

        return {"": load_npz(io.BytesIO(content)).tocoo()}
    return arrays


def _of_mat(path: Path, content: bytes) -> dict[str, Any]:
    from scipy.io import loadmat, whosmat

    _check_size(path, 8 * sum(math.prod(shape) for _, shape, kind in whosmat(io.BytesIO(content)) if kind != "sparse"))
    found = loadmat(io.BytesIO(content))
    return {name: array for name, array in found.items() if not name.startswith("__")}


def _check_matrix_market(path: Path, content: bytes) -> None:
    """Refuse what scipy would read as another matrix than the file states."""
    words = content.split(b"\n", 1)[0].decode("ascii", "replace").lower().split()
    if len(words) == 5 and words[4] in ("skew-symmetric", "hermitian"):
        raise ProblemError(f"{path}:1: {words[4]}; a real symmetric matrix is required", code="problem.not-symmetric")
    if len(words) == 5 and words[2] == "array":
        size = next((row for row in content.splitlines()[1:] if row.strip() and not row.startswith(b"%")), b"0")
        _check_size(path, 8 * math.prod(int(word) for word in size.split()))


def _check_size(path: Path, size: int) -> None:
    if size > MAX_INPUT_BYTES:
        raise ProblemError(f"{path}: larger than {MAX_INPUT_BYTES // 2**30} GiB after unpacking", code="file.too-large")
