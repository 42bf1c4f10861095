"""The cache folder: of this user alone, wherever the usual one cannot be written."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from chipsim.files import write_cache
from chipsim.sources import cache
from chipsim.sources.cache import cache_root


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for temporary files, for a user with neither a cache nor a home that can be written."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("CHIPSIM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    for found in (cache._usable, cache._temporary):
        found.cache_clear()
    return folder


def own(folder: Path) -> Path:
    return folder / f"chipsim-{os.geteuid()}"


def test_usual_places(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, expected in (
        ("HOME", "home", "home/.cache/chipsim"),
        ("XDG_CACHE_HOME", "xdg", "xdg/chipsim"),
        ("CHIPSIM_CACHE", "mine", "mine"),
    ):
        monkeypatch.setenv(name, str(tmp_path / value))
        assert cache_root() == tmp_path / expected
        assert cache_root().is_dir()
    assert list(temporary.iterdir()) == []


def test_later_commands_find_the_same_folder(temporary: Path) -> None:
    assert cache_root() == own(temporary)
    assert stat.S_IMODE(own(temporary).stat().st_mode) == 0o700
    cache._temporary.cache_clear()
    cache._usable.cache_clear()
    assert cache_root() == own(temporary)


def test_a_user_without_a_home(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user id without an account, as in a container that runs under a bare number: Python finds no home folder."""

    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    assert cache_root() == own(temporary)


@pytest.mark.parametrize("planted", ["open to all", "a link", "a file", "of another user"])
def test_a_folder_that_others_could_fill_is_not_used(
    planted: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels in it would be executed."""
    if planted == "of another user":
        made_by = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: made_by + 1)
        own(temporary).mkdir(mode=0o700)
    elif planted == "open to all":
        own(temporary).mkdir()
        own(temporary).chmod(0o777)
    elif planted == "a link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        own(temporary).symlink_to(temporary / "elsewhere")
    else:
        own(temporary).write_text("")
    found = cache_root()
    assert found.parent == temporary
    assert found not in (own(temporary), temporary / "elsewhere")
    assert stat.S_IMODE(found.stat().st_mode) == 0o700


@pytest.mark.parametrize("planted", ["open to all", "of another user"])
@pytest.mark.parametrize("variable", ["CHIPSIM_CACHE", "XDG_CACHE_HOME", "HOME"])
def test_a_usual_folder_that_others_could_fill_is_not_used_either(
    planted: str, variable: str, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a user who runs a command as root, or a folder that all may write."""
    usual = {"CHIPSIM_CACHE": "mine", "XDG_CACHE_HOME": "mine/chipsim", "HOME": "mine/.cache/chipsim"}[variable]
    (tmp_path / usual).mkdir(parents=True)
    monkeypatch.setenv(variable, str(tmp_path / "mine"))
    if planted == "of another user":
        made_by = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: made_by + 1)
    else:
        (tmp_path / usual).chmod(0o777)
    assert cache_root().parent == temporary


def test_a_relative_folder_of_caches_is_ignored(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels of whatever folder one works in would be executed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_root() == own(temporary)
    assert not (tmp_path / "here").exists()


def test_nothing_can_be_written_anywhere(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    write_cache(cache_root() / "found", b"1")
    assert not (cache_root() / "found").exists()
