"""An array that is far larger than images need is reported, with the size that suits them."""

from __future__ import annotations

from typing import Any

import pytest

import chipsim

SMALL = {"images.size": [10, 10], "generation.weights": None}


def findings(settings: dict[str, Any], workload: str = "fashion-dtm-small") -> list[Any]:
    ready = chipsim.plan("dtca-70", workload, settings)
    return list(ready.workload.lint(ready.netlist))


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        (SMALL, "[20, 20]"),
        ({**SMALL, "images.size": [5, 10]}, "[10, 20]"),
        ({**SMALL, "images.thresholds": [0.1, 0.5]}, "[29, 29]"),
    ],
)
def test_a_large_array_is_reported_with_the_size_that_suits(settings: dict[str, Any], size: str) -> None:
    (finding,) = findings(settings)
    assert finding.rule == "large-array"
    assert f'--set "fabric.size={size}"' in finding.says


def test_the_suggested_array_is_not_reported_and_holds_the_images() -> None:
    assert findings({**SMALL, "fabric.size": [20, 20]}) == []
    assert findings({**SMALL, "images.size": [5, 10], "fabric.size": [10, 20]}) == []
    assert findings({"generation.weights": None}) == []
    assert findings({"generation.weights": None}, "fashion-dtm") == []


def test_label_cells_count() -> None:
    labelled = {**SMALL, "labels": {"classes": 2, "spots": 120}}
    (finding,) = findings(labelled)
    assert '--set "fabric.size=[31, 31]"' in finding.says  # 4 x 240 label cells
    assert findings({**labelled, "fabric.size": [31, 31]}) == []
