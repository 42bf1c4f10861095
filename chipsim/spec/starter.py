"""`chipsim new`: a commented chip and workload to start from."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from chipsim.errors import RunError

TEMPLATES = Path(__file__).parent / "templates"


def write_starter(folder: Path) -> list[Path]:
    """Write the starter files into a new folder, all or none.

    Raises:
        RunError: the folder exists and is not empty, or cannot be created.
    """
    try:
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise RunError(f"{folder}: exists already; nothing was written, choose another folder", code="file.exists")
        with tempfile.TemporaryDirectory(prefix=".chipsim-new-", dir=folder.parent) as work:
            made = Path(work) / "made"
            shutil.copytree(TEMPLATES, made, copy_function=shutil.copyfile)
            # Renaming is atomic, and fails if the folder has been filled meanwhile.
            made.rename(folder)
    except OSError as error:
        raise RunError(f"{folder}: cannot be created: {error.strerror}", code="file.not-writable") from None
    return sorted(folder.iterdir())
