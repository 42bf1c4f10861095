"""Every key that names a .npy file, with arrays of any kind, shape and damage in its place: an answer or a line."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support_cli import call
from support_readers import READERS

from chipsim.problems.images import read_grey, read_labels

pytestmark = pytest.mark.system
GREY = np.random.default_rng(0).random((24, 2, 2))
CLASSES = np.arange(24) % 2


def stored(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def claimed(shape: str, dtype: str = "'<f8'", more: str = "") -> bytes:
    """A file of 768 bytes of zeros whose header claims something."""
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, {more}}}".encode()
    length = 64 * ((len(header) + 11 + 63) // 64) - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + header.ljust(length - 1) + b"\n" + bytes(768)


ARRAYS: dict[str, NDArray[np.generic]] = {
    "grey": GREY, "flat": GREY.reshape(24, 4), "deep": GREY[:, None], "single": np.array(0.5),
    "a number": np.array(1), "none": GREY[:0], "no pixels": GREY[:, :0], "one": GREY[:1],
    "half": GREY.astype("f2"), "swapped": GREY.astype(">f8"), "Fortran": np.asfortranarray(GREY),
    "long": GREY.astype(np.longdouble), "bytes": (GREY * 200).astype("u1"), "bits": GREY > 0.5,
    "NaN": np.where(GREY > 0.9, np.nan, GREY), "inf": np.where(GREY > 0.9, np.inf, GREY), "huge": GREY * 1e300,
    "negative": GREY - 1, "whole": (GREY * 200).astype("i8"), "complex": GREY + 1j, "black": GREY * 0,
    "letters": GREY.astype("U"), "byte strings": GREY.astype("S"), "dates": np.zeros((24, 2, 2), "M8[s]"),
    "spans": np.zeros(24, "m8[s]"), "records": np.zeros((24, 2, 2), [("a", "f8")]),
    "objects": np.array([None] * 24, object),
    "classes": CLASSES, "classes swapped": CLASSES.astype(">i8"), "one class": CLASSES * 0,
    "beyond classes": CLASSES + 1, "below classes": CLASSES - 1, "classes as floats": CLASSES.astype(float),
    "beyond int64": np.where(CLASSES, 2**63 + 5, 0).astype("u8"),
    "all bits": np.where(CLASSES, 2**64 - 1, 0).astype("u8"),
    "large": CLASSES * 2**62, "column": CLASSES[:, None], "one-hot": np.eye(2, dtype=int)[CLASSES],
    "few": CLASSES[:5], "many": np.tile(CLASSES, 2), "named": np.array(["a", "b"])[CLASSES],
}  # fmt: skip
FILES = {
    **{name: stored(array) for name, array in ARRAYS.items()},
    "cut": stored(GREY)[:-9], "cut header": stored(GREY)[:40], "magic": stored(GREY)[:6],
    "appended": stored(GREY) + b"x" * 100, "version 9": stored(GREY)[:6] + b"\x09\x09" + stored(GREY)[8:],
    "claims 3 TB": claimed("(99999999999, 2, 2)"), "below 0": claimed("(-1, 2, 2)"), "truth": claimed("(True, 2, 2)"),
    "overflows": claimed("(4294967296, 4294967296, 4)"), "none of many": claimed("(0, 99999999999999, 2)"),
    "no bytes": claimed("(99999999999,)", "'|S0'"), "void": claimed("(99999999999,)", "'|V0'"),
    "fraction": claimed("(24, 2, 2.0)"), "70 sides": claimed(str((1,) * 70)),
    "more keys": claimed("(24, 2, 2)", more="'x': 1"),
    "code": claimed("(1,)", "__import__('os').abort()"), "no type": claimed("(2,)", "'zzz'"),
    "pickle": claimed("(2,)", "'|O'"),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(50), "zip": b"PK\x03\x04" + bytes(50), "gzip": b"\x1f\x8b" + bytes(50),
    "text": b"1 2 3\n",
}  # fmt: skip
# What no reader takes.
NEVER = {"letters", "byte strings", "dates", "spans", "records", "objects", "named", "NaN", "inf", "complex", "single",
         "a number", "none", "no pixels", "beyond int64", "all bits", "large",
         *(FILES.keys() - ARRAYS.keys() - {"appended", "more keys"})}  # fmt: skip


@pytest.mark.parametrize("key", [key for key, reader in READERS.items() if reader.suffix == ".npy"])
def test_an_array_is_taken_or_refused_in_a_line(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", GREY)
    np.save("c.npy", CLASSES)
    Path("spec.yaml").write_text(READERS[key].spec.replace("FILE", "bad.npy"))
    words = READERS[key].command.replace("SPEC", "spec.yaml").split()
    words += [] if words[0] == "check" else ["-o", "out.h5"]
    for name, content in FILES.items():
        Path("bad.npy").write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = call(*words)
        if result.exit_code:
            assert (result.exit_code, result.stderr.count("\n")) == (2, 1), (name, result.stderr)
            assert not Path("out.h5").exists(), name
        else:
            assert name not in NEVER
            Path("out.h5").unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["swapped", "Fortran", "long"])
def test_values_are_the_same_in_any_layout(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(FILES[name])
    np.testing.assert_array_equal(read_grey(tmp_path / "a.npy"), GREY.astype(np.float32))
    (tmp_path / "c.npy").write_bytes(FILES["classes swapped"])
    np.testing.assert_array_equal(read_labels(tmp_path / "c.npy"), CLASSES)
