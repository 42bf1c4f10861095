"""The folder of a sweep: atomically written files, and claims that end with their process.

points/KEY.json      one finished or failed point: figures, energies of its lanes, stop reason; with a checksum
runs/ACTIVITY.h5     the simulated run without records and states, sufficient for repricing
claims               byte ranges of this file are locked while a process computes an activity
sweep.csv, sweep.h5  the table, and with replicates replicates.csv
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chipsim.errors import RunError
from chipsim.files import probe_folder, read_bounded, remove_leftovers, write_atomically
from chipsim.results.plain import MAX_BYTES
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.sweeps.point_schema import record_of, state_of

SCHEMA = "chipsim-point-1"


class SweepFolder:
    """A folder that several processes may fill concurrently.

    Raises:
        RunError: it cannot be created or written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for folder in (root, root / "points", root / "runs"):
                folder.mkdir(parents=True, exist_ok=True)
                remove_leftovers(folder)
            self._claims = os.open(root / "claims", os.O_RDWR | os.O_CREAT, 0o666)
            probe_folder(root)
        except OSError as error:
            raise RunError(
                f"{root}: cannot be written: {error.strerror}; choose another -o", code="file.not-writable"
            ) from None
        self.damaged: set[Path] = set()

    def close(self) -> None:
        """Release all claims."""
        os.close(self._claims)

    # --- points ---------------------------------------------------------------------------------------------------

    def point(self, key: str) -> dict[str, Any] | None:
        """The record of a point, or None if it is missing or damaged; `damaged` collects the latter."""
        return self._read(key, record_of)

    def state(self, key: str) -> dict[str, Any] | None:
        """Status and figures of a point, in a third of the time of `point`: the rest is neither parsed nor checked."""
        return self._read(key, state_of)

    def _read(self, key: str, decoded: Callable[[str], dict[str, Any]]) -> dict[str, Any] | None:
        path = self.root / "points" / f"{key}.json"
        try:
            text = read_bounded(path, MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(f"{path}: cannot be read: {error.strerror}", code="file.unreadable") from None
        checksum, _, body = text.partition(b"\n")
        if checksum.decode(errors="replace") == _checksum(body):
            try:
                return decoded(body.decode())
            except (ValueError, RecursionError):
                pass
        self.damaged.add(path)
        return None

    def others(self, keys: set[str]) -> int:
        """Number of stored points with other keys."""
        names = (entry.name for entry in os.scandir(self.root / "points"))
        return sum(name.endswith(".json") and name[0] != "." and name[:-5] not in keys for name in names)

    def save_point(self, key: str, record: dict[str, Any], sync: bool = True) -> None:
        """Store the record of a point. Cheap records need no sync: the checksum detects truncation."""
        body = json.dumps(record, sort_keys=True).encode()
        write_atomically(self.root / "points" / f"{key}.json", _checksum(body).encode() + b"\n" + body, sync)

    def drop_point(self, key: str) -> None:
        """Remove the record of a point, so that it is computed again."""
        (self.root / "points" / f"{key}.json").unlink(missing_ok=True)

    def write_table(self, name: str, data: bytes) -> Path:
        """Write a file of the table."""
        write_atomically(self.root / name, data)
        return self.root / name

    # --- simulated runs ---------------------------------------------------------------------------------------

    def run(self, activity: str) -> Run | None:
        """The simulated run of an activity, or None if it is missing or damaged."""
        path = self.root / "runs" / f"{activity}.h5"
        if not path.is_file():
            return None
        try:
            return load(path)
        except RunError:
            self.damaged.add(path)
            return None

    def save_run(self, activity: str, run: Run) -> None:
        """Store a simulated run."""
        run.save(self.root / "runs" / f"{activity}.h5", columns=False)

    # --- claims ---------------------------------------------------------------------------------------------------

    def claim(self, activity: str) -> bool:
        """Claim an activity for this process, atomically. The system frees the claims of a process that dies."""
        try:
            fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(activity))
        except OSError:
            return False
        return True

    def release(self, activity: str) -> None:
        """Release a claim."""
        fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, _offset(activity))


def without_records(run: Run) -> Run:
    """A run with its counts, but without records and states, which take most of the space."""
    trace = replace(run.trace, observations=run.trace.observations.without_states())
    return replace(run, trace=trace, arrays={})


def _offset(activity: str) -> int:
    return int(activity[:15], 16)


def _checksum(body: bytes) -> str:
    return f"{SCHEMA} {hashlib.sha256(body).hexdigest()}"
