"""Reports, sweeps, results and commands know no workload: neither a kind of one nor a figure that one has.

What a workload wants to be shown it hands over in sections; single values go by the names of metrics.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import chipsim
from chipsim.workloads.registry import BUILT_IN

PACKAGE = Path(chipsim.__file__).parent
ROOMS = ("ledger", "results", "runs", "report", "sweeps", "cli")
# "inverse" is a word of docstrings and texts, too.
KINDS = {*BUILT_IN, *(name.replace("-", "_") for name in BUILT_IN)} - {"inverse"}
FIGURES = {
    "best_cut", "best_energy", "best_known_cut", "target_cut", "target_energy", "gap_to_true_best", "mean_energy",
    "true_best_cut_unbilled", "true_best_energy_unbilled", "tau_int", "tau_int_sweeps", "slowest_observable",
    "unknowns", "predicted_error", "predicted_parts", "rescalings", "optimizer", "accuracy", "best_accuracy",
    "target_accuracy", "iterations_to_target", "kappa0", "judged", "r_yy", "split_rhat", "penalty", "strips",
    "sequence", "total_variation", "total_variation_floor", "fitted_beta",
}  # fmt: skip
# Reads names that earlier versions wrote.
ALLOWED = {
    "results/upgrade.py": {"rescalings", "kappa0", "predicted_parts"},
    # Models of dimod are problems of this workload alone.
    "runs/sampler.py": {"ising"},
}


def words(path: Path) -> Iterator[tuple[int, str]]:
    """(line, word) of the names, attributes, imported modules and strings of a module, docstrings left out."""
    tree = ast.parse(path.read_text())
    strings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in strings:
            yield node.lineno, node.value
            yield from ((node.lineno, word) for word in re.findall(r"[\w-]+", node.value))
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            yield from ((node.lineno, part) for name in names for part in name.split("."))


def named(path: Path) -> set[str]:
    """Kinds and figures of workloads that a module or a template names."""
    template = path.suffix == ".j2"
    found = set(re.findall(r"[\w-]+", path.read_text())) if template else {word for _, word in words(path)}
    return found & (KINDS | FIGURES)


def files() -> list[str]:
    return sorted(
        str(path.relative_to(PACKAGE))
        for room in ROOMS
        for path in (PACKAGE / room).rglob("*")
        if path.suffix in (".py", ".j2")
    )


@pytest.mark.parametrize("name", files())
def test_no_workload_is_named(name: str) -> None:
    assert named(PACKAGE / name) - ALLOWED.get(name, set()) == set()


@pytest.mark.parametrize(
    "planted",
    [
        'if "tau_int_sweeps" in summary: pass',
        "from chipsim.workloads.dtm.features import CLASSES",
        'kind = "natural-gradient"',
        "print(run.arrays['accuracy'])",
        'text = f"best {found.best_cut:g}"',
    ],
)
def test_what_names_one_is_found(planted: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(f'"""About ising and its best_cut."""\n{planted}\n')
    assert len(named(tmp_path / "module.py")) == 1
    (tmp_path / "page.html.j2").write_text("<p>{{ s.best_cut }}</p>")
    assert named(tmp_path / "page.html.j2") == {"best_cut"}


def test_summaries_are_read_by_attributes() -> None:
    """`summary["name"]` is for users: nothing checks such a name before it is asked for."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if "summary" in (getattr(node.value, "id", ""), getattr(node.value, "attr", ""))
    ]
    # JSON that a file holds, before it is a summary.
    assert {place.split(":")[0] for place in found} <= {
        "results/machine.py",
        "results/upgrade.py",
        "workloads/trained.py",
    }
