"""Graphs read by networkx: GraphML, GML. Edges have an attribute `weight` (1 without any), nodes may have a `bias`."""

from __future__ import annotations

import io
from typing import Any

from chipsim.problems.models import of_graph
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile


def read(file: ProblemFile) -> Problem:
    """Read a graph; its nodes are the labels.

    Raises:
        ProblemError: networkx refuses the file, or the graph is directed or has parallel edges or self-loops.
    """
    import networkx

    text = file.text.lstrip()
    try:
        if text.startswith("<"):
            graph: Any = networkx.read_graphml(io.BytesIO(file.content))
        else:
            graph = networkx.parse_gml(text, label="label" if "label" in text else "id")
    except (networkx.NetworkXException, SyntaxError, ValueError, KeyError, TypeError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        file.fail(f"networkx cannot read it: {told}", code="data.malformed")
    return of_graph(graph, file.convention or "maxcut", file.path.stem, str(file.path), "weight", "bias")
