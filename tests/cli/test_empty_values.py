"""Empty values and missing files are named before anything runs."""

from __future__ import annotations

import pytest
from support_cli import call


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tiny", "spin-glass", "--prices", ""), "the name of the price table is empty"),
        (("", "spin-glass"), "the name of the chip is empty"),
        (("tiny", " "), "the name of the workload is empty"),
        (("tiny", "clamped", "--set", "fabric={size: [4,4], displacements: []}"), "fabric.displacements"),
        (("tiny", "clamped", "--set", "fabric={size: [4,4], rules: []}"), "fabric.rules"),
        (("tiny", "clamped", "--set", "clamp=[[0, true]]"), "clamp[0][1]: True is not -1 or 1"),
        (("dtca-70", "fashion-dtm", "--set", "generation.weights=nowhere.h5"), "no such file: nowhere.h5"),
    ],
)
def test_check_names_what_is_empty_or_missing(arguments: tuple[str, ...], told: str) -> None:
    result = call("check", *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert told in result.stderr
