"""Files that are written completely or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from chipsim.errors import RunError


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
