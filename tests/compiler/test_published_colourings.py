"""Graphs of D-Wave's machines with their published colourings, as files of a chip."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_documents import ROOT
from support_errors import refused

from chipsim.runs.plan import plan

graphs = pytest.importorskip("dwave.graphs")
pytestmark = pytest.mark.kernel

FAMILIES: dict[str, tuple[Any, Callable[..., int], int]] = {
    "chimera": (graphs.chimera_graph, graphs.chimera_two_color, 2),
    "pegasus": (graphs.pegasus_graph, graphs.pegasus_four_color, 4),
    "zephyr": (graphs.zephyr_graph, graphs.zephyr_four_color, 4),
}


def written(folder: Path, graph: Any, colours: list[int]) -> str:
    number = {node: cell for cell, node in enumerate(graph)}
    fabric = {"from": None, "edges": [[number[a], number[b]] for a, b in graph.edges], "colouring": "c.json"}
    (folder / "c.json").write_text(json.dumps(colours))
    chip = {"chipsim": 1, "extends": "any-graph", "name": "c", "fabric": fabric}
    (folder / "c.yaml").write_text(json.dumps(chip))
    return str(folder / "c.yaml")


@pytest.mark.parametrize("family", FAMILIES)
def test_published_colourings_are_proper_and_kept(family: str, tmp_path: Path) -> None:
    make, colour_of, many = FAMILIES[family]
    graph = make(3, coordinates=True)
    graph.remove_nodes_from(list(graph)[5:8])  # holes
    colours = [colour_of(node) for node in graph]
    program = plan(written(tmp_path, graph, colours), "spin-glass").program
    assert program.colours == many
    first = program.schedule.parameters.colour_first_cell
    assert [int(sum(start <= slot for start in first)) - 1 for slot in program.slot_of] == colours
    # A colouring that is wrong in one cell is seen.
    cell = next(node for node in graph if graph.degree[node])
    there = list(graph).index(next(iter(graph[cell])))
    colours[list(graph).index(cell)] = colours[there]
    with refused("spec.colour-clash"):
        _ = plan(written(tmp_path, graph, colours), "spin-glass").program


def test_the_script_of_the_page_makes_a_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "howto" / "describe-a-chip.md").read_text()
    (script,) = re.findall(r"```\{file\} zephyr\.py\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", script], check=True)
    assert plan("zephyr.yaml", "spin-glass").program.colours == 4
