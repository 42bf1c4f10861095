"""Files: inputs are regular and bounded; outputs are written completely or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from chipsim.errors import RunError

# Limit of problem, matrix, image and weight files, also after unpacking.
MAX_INPUT_BYTES = 2**30
# Bytes of the name of a file on the usual file systems; that of a temporary file is longer than that of its target.
MAX_NAME = 255

_WORDS = {errno.ENOENT: "no such file", errno.ENOTDIR: "no such file", errno.EISDIR: "is a folder"}


class TooLargeError(OSError):
    """A file above the size limit."""


def read_bounded(path: Path, most: int = MAX_INPUT_BYTES) -> bytes:
    """The content of a regular file of limited size; devices and pipes are rejected.

    Raises:
        TooLargeError: it is larger.
        OSError: it is not a regular file, or cannot be read.
    """
    with _regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLargeError(errno.EFBIG, f"larger than {_size(most)}", str(path))
    return content


def check_readable(path: Path) -> None:
    """Check that a path leads to a regular file that can be read; its first bytes are read.

    Raises:
        OSError: as `read_bounded`.
    """
    with _regular(path) as file:
        file.read(1)


@contextmanager
def _regular(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading. Errors name it, since one without a name is taken for standard output's."""
    try:
        # Opening a pipe without a writer would block.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, "not a regular file")
            with open(descriptor, "rb", closefd=False) as file:
                yield file
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, _WORDS.get(error.errno or 0, error.strerror), str(path)) from None
    except ValueError:  # a zero byte in a name from Python
        raise OSError(errno.EINVAL, "no file can have this name", str(path)) from None


class SyntaxOfJsonError(ValueError):
    """A text that is not JSON, with its line."""

    def __init__(self, error: json.JSONDecodeError) -> None:
        super().__init__(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}")
        self.line, self.said = error.lineno, error.msg


def plain_json(text: str | bytes) -> Any:
    """The value of a JSON text, in which a key stands once.

    Raises:
        SyntaxOfJsonError, ValueError: not JSON, nested too deeply, or a key stands twice; in plain words.
    """
    try:
        return json.loads(text, object_pairs_hook=_block)
    except json.JSONDecodeError as error:
        raise SyntaxOfJsonError(error) from None
    except UnicodeDecodeError:
        raise ValueError("not JSON: not UTF-8") from None
    except RecursionError:
        raise ValueError("not JSON of plain values: nested too deeply") from None
    except _TwiceError:
        raise
    except ValueError:  # the one limit of Python's own
        raise ValueError("not JSON of plain values: a number with thousands of digits") from None


class _TwiceError(ValueError):
    """A key stands twice in a block."""


def _block(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values of a key, the json module takes the last one in silence."""
    held = dict(pairs)
    if len(held) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise _TwiceError(f"key {counted.most_common(1)[0][0]!a:.200} stands twice; give it once")
    return held


def _size(number: int) -> str:
    return f"{number // 2**30} GiB" if number >= 2**30 else f"{number // 2**20} MiB"


def write_cache(path: Path, content: bytes) -> None:
    """Write a file of the cache after its checksum, and make its folder; errors are ignored: they only cost time."""
    with suppress(OSError, RunError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, hashlib.sha256(content).digest() + content)


def read_cache(path: Path) -> bytes | None:
    """What `write_cache` wrote; None where nothing is, or anything else. A flipped bit may change no syntax."""
    try:
        held = read_bounded(path)
    except OSError:
        return None
    size = hashlib.sha256().digest_size
    return held[size:] if hashlib.sha256(held[size:]).digest() == held[:size] else None


def check_replaceable(path: Path) -> None:
    """Check that a file may be written there: nothing is there, or a regular file, and no device, pipe or folder.

    Raises:
        RunError: with what is there, or why there can be none.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # a name that no file can have, a loop of links
        reason = getattr(error, "strerror", None) or str(error)
        raise RunError(f"{path}: cannot be written: {reason}", code="file.not-writable") from None
    if stat.S_ISDIR(mode):
        raise RunError(f"{path}: is a folder; name a file in it", code="file.is-folder")
    if not stat.S_ISREG(mode):
        raise RunError(f"{path}: is not a regular file; choose another output", code="file.not-writable")


def check_writable(path: Path) -> None:
    """Check, before a long run, that a file could be written there.

    Raises:
        RunError: the folder does not exist or cannot be written, or something else than a file is there.
    """
    folder = path.parent
    check_replaceable(path)
    if not folder.is_dir():
        raise RunError(
            f"{path}: the folder {folder} does not exist; create it or choose another output", code="file.missing"
        )
    _check_folder(folder, path)


def check_folder(folder: Path) -> None:
    """Check, before a long run, that files could be written into a folder, which may be missing in its own.

    Raises:
        RunError: it cannot be made or written, or something else than a folder is there.
    """
    if folder.is_dir():
        _check_folder(folder, folder)
        return
    check_writable(folder)
    if folder.exists():
        raise RunError(f"{folder}: is a file; choose another folder", code="file.not-writable")


def _check_folder(folder: Path, path: Path) -> None:
    try:
        probe_folder(folder)
    except OSError as error:
        raise RunError(
            f"{path}: the folder {folder} cannot be written: {error.strerror}; choose another output",
            code="file.not-writable",
        ) from None


def write_atomically(path: Path, content: str | bytes | memoryview, sync: bool = True) -> None:
    """Write to a temporary file beside the target, sync it, and rename it.

    An earlier file survives any failure, and readers never see a partial file.

    Args:
        path: of the file; its folder must exist.
        content: text is stored as UTF-8.
        sync: whether to wait for the disk. Without it, a power failure may truncate the file.

    Raises:
        RunError: the file cannot be written, for example because the disk is full, or would replace a device.
    """
    check_replaceable(path)
    # A random name: processes on different machines may share a process id and write into the same folder.
    partial = path.parent / f".{path.name}.{secrets.token_hex(4)}.tmp"
    if len(os.fsencode(partial.name)) > MAX_NAME:
        partial = partial.with_name(f".chipsim.{secrets.token_hex(4)}.tmp")
    try:
        with _locked(partial) as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
            os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(
            f"{path}: cannot be written: {reason}; an earlier file is unchanged", code="file.not-writable"
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink()


def _locked(partial: Path) -> IO[bytes]:
    """A new file, locked while it is open: one without a lock is a leftover."""
    while True:
        file = os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666), "wb")
        with suppress(OSError):  # a file system without locks; nothing is removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # it was removed before it was locked


def remove_leftovers(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove the temporary files of processes that were killed.

    Args:
        folder: in which files were written.
        names: of the files whose leftovers are removed; None for those of all files.
    """
    pattern = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = pattern.fullmatch(entry.name)
            if found and (names is None or found[1] in names or found[1] == "chipsim"):
                with suppress(OSError), open(entry.path, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(entry.path)


def probe_folder(folder: Path) -> None:
    """Check that a folder is writable by creating and removing an empty file.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    probe = folder / f".chipsim.{secrets.token_hex(4)}.tmp"
    probe.touch(exist_ok=False)
    probe.unlink(missing_ok=True)  # another process may take it for a leftover
