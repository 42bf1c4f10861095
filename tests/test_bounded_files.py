"""Input files are regular and bounded: no device, no pipe, no packed file that unpacks to more than there is memory."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from chipsim import files
from chipsim.errors import ChipsimError, ProblemError, SpecError
from chipsim.files import TooLargeError, read_bounded
from chipsim.problems.images import read_grey, stored_values
from chipsim.problems.matrix import read_matrix
from chipsim.problems.reading import read_problem
from chipsim.spec.document import MAX_BYTES, read_document


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.parametrize("read", [read_problem, read_grey, lambda path: read_matrix(str(path)), read_document])
def test_devices_and_pipes_are_refused_at_once(read: object, pipe: Path) -> None:
    assert callable(read)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ChipsimError, match="not a regular file"):
            read(path)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 1000)
    assert read_bounded(path, 1000) == b"x" * 1000
    with pytest.raises(TooLargeError):
        read_bounded(path, 999)


def test_large_files_are_refused_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.yaml"
    with open(path, "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SpecError, match="larger than 16 MiB; put large data into a separate file"):
        read_document(path)
    with open(path, "wb") as file:
        file.truncate(2**30 + 1)
    for read in (read_problem, lambda path: read_matrix(str(path))):
        with pytest.raises(ProblemError, match="larger than 1 GiB"):
            read(path)


def test_attributes_of_images_are_not_read(tmp_path: Path) -> None:
    """Other tools attach texts of any length, in headers that are not followed."""
    with h5py.File(tmp_path / "i.h5", "w", libver="latest") as file:
        file["grey"] = np.ones((3, 4, 4), np.uint8)
        file.attrs["made by"] = file["grey"].attrs["unit"] = "text"
    assert read_grey(tmp_path / "i.h5", "grey").shape == (3, 4, 4)


def test_a_packed_file_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chipsim.problems import images

    header = b"\0\0\x08\x03" + np.array([2, 100, 100], ">u4").tobytes()
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(header + bytes(20_000)))
    assert read_grey(path).shape == (2, 100, 100)
    monkeypatch.setattr(images, "MAX_INPUT_BYTES", 20_000)
    with pytest.raises(ProblemError, match="unpacked, it is larger"):
        read_grey(path)
    assert files.MAX_INPUT_BYTES == 2**30


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 1}', "key 'a' stands twice"),
        ('{"b": {"a": 1, "a": 1}}', "key 'a' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":\n', "line 2, column 1: Expecting value"),
        (b"\xff\xfe\xfd", "not UTF-8"),
    ],
)
def test_json_is_plain_or_refused_in_plain_words(text: str | bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        files.plain_json(text)
    assert files.plain_json('{"a": [1, {"a": 2}]}') == {"a": [1, {"a": 2}]}


def test_a_file_that_cannot_be_read_is_named() -> None:
    """Regular by its mode, and unreadable for root too."""
    with pytest.raises(OSError, match="/proc/self/mem"):
        read_bounded(Path("/proc/self/mem"))
    with pytest.raises(ProblemError, match="/proc/self/mem"):
        stored_values(Path("/proc/self/mem"))
