"""Where results go: checked before a long run, and several at once."""

from __future__ import annotations

from pathlib import Path

from chipsim.errors import RunError
from chipsim.files import check_replaceable, probe_folder
from chipsim.results.result import Run


def check_writable(path: Path) -> None:
    """Raise before a long run when its result could not be stored.

    Raises:
        RunError: the folder does not exist or cannot be written, or the path is a folder.
    """
    folder = path.parent
    check_replaceable(path)
    if not folder.is_dir():
        raise RunError(
            f"{path}: the folder {folder} does not exist; create it or choose another -o", code="file.missing"
        )
    try:
        probe_folder(folder)
    except OSError as error:
        raise RunError(
            f"{path}: the folder {folder} cannot be written: {error.strerror}; choose another -o",
            code="file.not-writable",
        ) from None


def save_all(runs: dict[Path, Run], target: Path, into_folder: bool) -> None:
    """Write one run to a file, or each run under its own file name into a folder, which is made if there is none.

    Raises:
        RunError: a result cannot be written; those written before it are complete.
    """
    if into_folder:
        try:
            target.mkdir(exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{target}: the folder cannot be made: {error.strerror}; choose another -o", code="file.not-writable"
            ) from None
    for path, run in runs.items():
        place = target / path.name if into_folder else target
        check_writable(place)
        run.save(place)
