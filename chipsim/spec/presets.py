"""Lookup of specs: files named by the user, or presets that ship with chipsim.

Presets are the folders `chips/` and `workloads/` of the repository, which the wheel carries as `chipsim/presets/`.
Price tables are in `chips/prices/`, sweeps in `workloads/sweeps/`.
"""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

from chipsim.errors import ChipsimError, Place, did_you_mean
from chipsim.files import check_readable

_PACKAGE = Path(__file__).resolve().parent.parent


def preset_root() -> Path:
    """The folder that contains `chips/` and `workloads/`."""
    shipped = _PACKAGE / "presets"
    return shipped if shipped.is_dir() else _PACKAGE.parent


SUFFIXES = (".yaml", ".yml")
FOLDERS = {
    "chip": "chips",
    "workload": "workloads",
    "price table": "chips/prices",
    "sweep": "workloads/sweeps",
    "platform table": "chips/platforms",
}

_NONE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_CODES: dict[int | None, str] = {errno.EISDIR: "file.is-folder", **dict.fromkeys(_NONE, "file.missing")}


def preset_names(what: str) -> list[str]:
    """Names of the presets of a type: "chip", "workload", "price table" or "sweep"."""
    return sorted(path.stem for path in (preset_root() / FOLDERS[what]).glob("*.yaml"))


def find(what: str, name: str) -> Path:
    """The file of a name.

    Raises:
        ChipsimError: neither a file nor a preset has this name.
    """
    if not name.strip():
        known = did_you_mean(name, preset_names(what))
        raise ChipsimError(f"the name of the {what} is empty; {known}", code="spec.unknown-preset")
    path = Path(name)
    if path.suffix in SUFFIXES or os.path.lexists(path):
        return existing(path)
    preset = preset_root() / FOLDERS[what] / f"{name}.yaml"
    if path.name != name or not os.path.isfile(preset):
        raise ChipsimError(
            f'unknown {what} "{name}"; {did_you_mean(name, preset_names(what))}', code="spec.unknown-preset"
        )
    return preset


def portable(source: str) -> str:
    """A name without folders of the machine: of a preset relative to all presets, else that of the file."""
    path = Path(source)
    return str(path.relative_to(preset_root())) if path.is_relative_to(preset_root()) else path.name


def portable_place(place: Place) -> str:
    """A place with such a name."""
    return str(replace(place, source=portable(place.source)) if place.line is not None else place)


def existing(path: Path) -> Path:
    """The path, if it is that of a file that can be read.

    Raises:
        ChipsimError: what stands there instead.
    """
    try:
        check_readable(path)
    except OSError as error:
        raise ChipsimError(f"{path}: {error.strerror}", code=_CODES.get(error.errno, "file.unreadable")) from None
    return path
