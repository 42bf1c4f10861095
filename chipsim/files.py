"""Atomic writing of files."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from chipsim.errors import RunError


def write_atomically(path: Path, content: str | bytes | memoryview, sync: bool = True) -> None:
    """Write to a temporary file beside the target, sync it, and rename it.

    An earlier file survives any failure, and readers never see a partial file.

    Args:
        path: of the file; its folder must exist.
        content: text is stored as UTF-8.
        sync: whether to wait for the disk. Without it, a power failure may truncate the file.

    Raises:
        RunError: the file cannot be written, for example because the disk is full.
    """
    # A random name: processes on different machines may share a process id and write into the same folder.
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
            f"{path}: cannot be written: {reason}; an earlier file is unchanged", code="file.not-writable"
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink()


def probe_folder(folder: Path) -> None:
    """Check that a folder is writable by creating and removing an empty file.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    probe = folder / f".chipsim-{secrets.token_hex(4)}.tmp"
    probe.touch(exist_ok=False)
    probe.unlink()
