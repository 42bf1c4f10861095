"""Files are complete or absent."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest
from support_errors import refused

from chipsim.files import check_folder, check_writable, probe_folder, remove_leftovers, write_atomically


def test_it_writes_text_and_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "ein Joule µJ\n")
    assert path.read_bytes() == "ein Joule µJ\n".encode()
    write_atomically(path, memoryview(b"\x00\xff"))
    assert path.read_bytes() == b"\x00\xff"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("letter", ["a", "\u00e4"])
def test_names_of_any_length_that_a_file_can_have(letter: str, tmp_path: Path) -> None:
    """The temporary file has a longer name than its target."""
    path = tmp_path / (letter * (255 // len(letter.encode())))
    check_writable(path)
    write_atomically(path, "all")
    assert [found.read_text() for found in tmp_path.iterdir()] == ["all"]
    with refused("file.not-writable", "File name too long"):
        check_writable(path.with_name(path.name + letter))


def test_where_files_can_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_writable(tmp_path / "file")
    check_writable(tmp_path / "new")
    check_folder(tmp_path)
    check_folder(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    for path, code in {"no/a": "file.missing", "file/a": "file.missing", "": "file.is-folder"}.items():
        with refused(code, str(tmp_path / path)):
            check_writable(tmp_path / path)
    for path, code in {"no/a": "file.missing", "file/a": "file.missing", "file": "file.not-writable"}.items():
        with refused(code, str(tmp_path / path)):
            check_folder(tmp_path / path)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_was_there_survives_a_failure(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("earlier")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with refused("file.not-writable", f"{path}: cannot be written: No space left on device"):
        write_atomically(path, "later")
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, done = tmp_path / "a.txt", []
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: done.append("sync") or sync(descriptor))
    monkeypatch.setattr(os, "replace", lambda *paths: done.append("rename") or rename(*paths))
    write_atomically(path, b"x")
    assert done == ["sync", "rename"]


def test_two_writers_of_one_name_do_not_share_a_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first writer's last byte and its rename, a second one writes the whole file."""
    path, rename = tmp_path / "a.txt", os.replace

    def late(*paths: Any) -> None:
        monkeypatch.setattr(os, "replace", rename)
        write_atomically(path, "second")
        assert path.read_text() == "second"
        rename(*paths)

    monkeypatch.setattr(os, "replace", late)
    write_atomically(path, "first")
    assert path.read_text() == "first"


def test_a_folder_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    probe_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="No such file"):
        probe_folder(tmp_path / "no")
    with refused("file.not-writable", "No such file or directory"):
        write_atomically(tmp_path / "no" / "a.txt", b"")
    (tmp_path / "file").touch()
    with refused("file.not-writable", "Not a directory"):
        write_atomically(tmp_path / "file" / "a.txt", b"")


def leftover(folder: Path, name: str) -> Path:
    """What a killed writer leaves."""
    path = folder / f".{name}.0123abcd.tmp"
    path.write_text("half")
    return path


def test_leftovers_of_one_file_or_of_all_are_removed(tmp_path: Path) -> None:
    mine, other, probe = (leftover(tmp_path, name) for name in ("a.txt", "b.txt", "chipsim"))
    kept = [tmp_path / name for name in (".a.txt.tmp", "a.txt.0123abcd.tmp", ".a.txt.0123abcx.tmp", "a.txt")]
    for path in kept:
        path.write_text("no leftover")
    remove_leftovers(tmp_path, ["a.txt"])
    assert sorted(tmp_path.iterdir()) == sorted([*kept, other])
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert not mine.exists()
    assert not probe.exists()
    remove_leftovers(tmp_path / "none")


def test_what_is_being_written_is_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, rename = tmp_path / "a.txt", os.replace

    def late(*paths: Any) -> None:
        remove_leftovers(tmp_path)
        rename(*paths)

    monkeypatch.setattr(os, "replace", late)
    write_atomically(path, "whole")
    assert path.read_text() == "whole"


def test_a_writer_whose_file_is_removed_before_it_is_locked_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, removed = fcntl.flock, []

    def late(*arguments: Any) -> None:
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        lock(*arguments)

    monkeypatch.setattr(fcntl, "flock", late)
    write_atomically(tmp_path / "a.txt", "whole")
    assert len(removed) == 1
    assert (tmp_path / "a.txt").read_text() == "whole"
