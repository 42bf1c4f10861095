"""Files: inputs are regular and bounded; outputs are written completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from chipsim.errors import RunError

# Of a file with a problem, a matrix, images or weights; unpacked, too.
MAX_INPUT_BYTES = 2**30


class TooLargeError(OSError):
    """A file with more bytes than are read."""


def read_bounded(path: Path, most: int = MAX_INPUT_BYTES) -> bytes:
    """The content of a regular file of at most so many bytes: no device that never ends, no pipe that nobody fills.

    Raises:
        TooLargeError: it is larger.
        OSError: it is no regular file, or cannot be read.
    """
    # A pipe without a writer would be waited for.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLargeError(errno.EFBIG, f"larger than {_size(most)}", str(path))
    return content


def _size(number: int) -> str:
    return f"{number // 2**30} GiB" if number >= 2**30 else f"{number // 2**20} MiB"


def write_atomically(path: Path, content: str | bytes | memoryview, sync: bool = True) -> None:
    """Write to a temporary file beside the target, sync it, and give it its name.

    What was there before survives any failure, and no reader ever sees half a file.

    Args:
        path: of the file; its folder exists.
        content: text is stored as UTF-8.
        sync: whether to wait for the disk. Without, a power cut may leave a file that holds less.

    Raises:
        RunError: it cannot be written, for example because the disk is full.
    """
    # A random name: processes on different machines, with equal process ids, may write into one folder.
    partial = path.parent / f".{path.name}.{secrets.token_hex(4)}.tmp"
    try:
        with open(partial, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(
            f"{path}: cannot be written: {reason}; what was there before is untouched", code="file.not-writable"
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink()


def probe_folder(folder: Path) -> None:
    """Write and remove an empty file.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    probe = folder / f".chipsim-{secrets.token_hex(4)}.tmp"
    probe.touch(exist_ok=False)
    probe.unlink()
