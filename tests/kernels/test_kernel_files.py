"""Compiled kernels on disk: each signature finds its own, and nothing that is damaged is loaded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from numba import types

from chipsim.kernels.files import KernelFiles
from chipsim.kernels.observe import lane_energies

WRITERS = 16


def files(folder: Path) -> KernelFiles:
    return KernelFiles(folder, lane_energies.py_func)


def key(bits: int) -> tuple[object, ...]:
    return ((types.Integer.from_bitwidth(bits, signed=True),), ("machine",))


def test_writers_at_once_keep_what_is_their_own(tmp_path: Path) -> None:
    together = Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        files(tmp_path).save((("signature", writer), ("machine",)), writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    kept = [files(tmp_path).load((("signature", writer), ("machine",))) for writer in range(WRITERS)]
    assert kept == list(range(WRITERS))


def test_what_was_compiled_for_something_else_is_not_loaded(tmp_path: Path) -> None:
    files(tmp_path).save(key(32), "code")
    assert files(tmp_path).load(key(32)) == "code"
    assert files(tmp_path).load(key(64)) is None
    assert files(tmp_path).load((key(32)[0], ("another machine",))) is None


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "appended"])
def test_a_damaged_file_is_absent_and_is_replaced(tmp_path: Path, damage: str) -> None:
    files(tmp_path).save(key(32), "code")
    path = files(tmp_path).path(key(32))
    whole = path.read_bytes()
    damaged = {
        "empty": b"",
        "cut": whole[:-1],
        "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
        "appended": whole + b".",
    }
    path.write_bytes(damaged[damage])
    assert files(tmp_path).load(key(32)) is None
    files(tmp_path).save(key(32), "code")
    assert files(tmp_path).load(key(32)) == "code"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_kept_nothing_fails(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    files(gone).save(key(32), "code")
    assert files(gone).load(key(32)) is None


def test_forgetting_a_function(tmp_path: Path) -> None:
    files(tmp_path).save(key(32), "code")
    files(tmp_path).save(key(64), "code")
    files(tmp_path).flush()
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(files(tmp_path).path(key(32)))
    assert files(tmp_path).load(key(32)) is None
