"""Matrices whose headers claim more than their files hold are refused before anything is allocated."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from chipsim.errors import ProblemError
from chipsim.problems.reading import read_problem


def forged() -> bytes:
    """A .npy file of 8 values that claims 10^6 x 10^6."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    return stream.getvalue() + bytes(64)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_claimed_shape_is_not_believed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"matrix{suffix}"
    if suffix == ".npy":
        path.write_bytes(forged())
    else:
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("J.npy", forged())
    with pytest.raises(ProblemError, match="is more than the file holds"):
        read_problem(path)
