"""Arguments of Python calls: numpy integers are plain ones, and what is none of the allowed words is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chipsim

SETTINGS = {"schedule.sweeps": 20, "clock.phase": "1 ms"}


def test_numpy_integers_are_plain_integers() -> None:
    """Seconds of all lanes in femtoseconds overflow 64 bits."""
    plain = chipsim.run("tiny", "spin-glass", set=SETTINGS, lanes=13, seed=5)
    numpy: dict[str, Any] = {"lanes": np.int32(13), "seed": np.uint64(5), "threads": np.int8(1)}
    same = chipsim.run("tiny", "spin-glass", set=SETTINGS, **numpy)
    assert same.energy_j == plain.energy_j
    assert same.summary["run_id"] == plain.summary["run_id"]


@pytest.mark.parametrize("scope", ["chips", "SYSTEM", "", None])
def test_unknown_scopes_are_refused(scope: Any) -> None:
    with pytest.raises(chipsim.ChipsimError, match="scope must be fabric, chip, system"):
        chipsim.run("tiny", "spin-glass", set=SETTINGS, scope=scope)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lanes": "8"}, "lanes must be a whole number"),
        ({"lanes": 8.0}, "lanes must be a whole number"),
        ({"lanes": True}, "lanes must be a whole number"),
        ({"seed": -1}, "seed must be in 0 to"),
        ({"seed": 2**63}, "seed must be in 0 to"),
        ({"threads": 0}, "threads must be >= 1"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(chipsim.ChipsimError, match=message):
        chipsim.run("tiny", "spin-glass", set=SETTINGS, **arguments)
