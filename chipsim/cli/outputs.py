"""Outputs are checked before any work: each can be written, and none replaces an input, another output, or a file of
another sort.

Leftovers of earlier commands for the same outputs are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from chipsim.errors import RunError
from chipsim.files import check_folder, check_writable, remove_leftovers

force_option = click.option("--force", is_flag=True, help="Replace an output file even if it is of another sort.")

# Sort of file -> how one begins.
_BEGINS = {
    "result": rb"\x89HDF\r\n\x1a\n",
    "page": rb"(?i)\s*<(!doctype )?html",
    "JSON": rb"\s*[\[{]",
    "image": rb"(?i)\x89PNG|\s*<(\?xml|svg)",
    "Parquet": rb"PAR1",
    "energy table": rb"(?ms)(.*^)?ERT:",
    "count table": rb"(?ms)(.*^)?action_counts:",
    "spec": rb"(?ms)(.*^)?chipsim:",
}
_SNIFFED = 4096
# What an output may replace beside its own sort: answers are written in several.
_ALSO = {"answers": ("CSV", "JSON")}
_FIGURES = (".svg", ".png")
# Files of the folder of a sweep, which may be an input.
_OF_A_SWEEP = ("sweep.h5", "sweep.csv", "claims")


def check_outputs(
    outputs: Mapping[str, Path | Sequence[Path] | None],
    inputs: Iterable[str | Path],
    force: bool = False,
    figures: Path | None = None,
) -> None:
    """Refuse outputs that cannot be written, or would destroy something.

    Args:
        outputs: sort of file (`result`, `page`, `JSON`, `CSV`, ...) -> where it is to be written, None for nowhere.
        inputs: files that the command reads; names of presets are none.
        force: whether a file of another sort may be replaced. An input and another output never may.
        figures: folder into which figures are written, under names of their own.

    Raises:
        RunError: one of them may not be written.
    """
    paths = [file for path in map(Path, inputs) for file in (path, *(path / name for name in _OF_A_SWEEP))]
    read = {path.resolve() for path in paths if _is_file(path)}
    written: dict[Path, str] = {}
    leftovers: dict[Path, set[str]] = {}
    for sort, path in ((sort, path) for sort, given in outputs.items() for path in _listed(given)):
        check_writable(path)
        place = path.resolve()
        if place in read:
            raise RunError(f"{path}: is an input of this command; choose another output", code="file.is-input")
        if place in written:
            raise RunError(
                f"{path}: is named for the {written[place]} and the {sort}; choose two files", code="file.is-output"
            )
        written[place] = sort
        found = _sort_of(path)
        if found not in (None, sort, *_ALSO.get(sort, ())) and not force:
            raise RunError(
                f"{path}: exists, and its content is {found}, not {sort}; choose another file, or --force",
                code="file.other-sort",
            )
        leftovers.setdefault(path.parent, set()).add(path.name)
    if figures is not None:
        _check_figures(figures, {*read, *written})
    for folder, names in leftovers.items():
        remove_leftovers(folder, names)


def _listed(given: Path | Sequence[Path] | None) -> Sequence[Path]:
    return [given] if isinstance(given, Path) else given or []


def _check_figures(folder: Path, others: Iterable[Path]) -> None:
    """Figures have names of their own, known when they are drawn: no other file of the command may be among them."""
    check_folder(folder)
    for place in others:
        if place.parent == folder.resolve() and place.suffix.lower() in _FIGURES:
            raise RunError(
                f"{folder}: figures written there could replace {place.name}; choose another folder",
                code="file.is-output",
            )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _sort_of(path: Path) -> str | None:
    """What an existing file is by its first bytes; None for none, an empty one, or one that begins like no sort."""
    if not _is_file(path):
        return None
    try:
        with open(path, "rb") as file:
            begin = file.read(_SNIFFED)
    except OSError:  # reported where it is written
        return None
    return next((sort for sort, head in _BEGINS.items() if re.match(head, begin)), "CSV" if begin else None)
