"""Imports point one way, and the command line starts without the heavy libraries."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chipsim

PACKAGE = Path(chipsim.__file__).parent

# From the bottom to the top: a module may import its own layer and those above it in this list.
LAYERS = (
    "errors",
    "rounding",
    "memory",
    "files",
    "hdf5",
    "sources",
    "units",
    "spec",
    "problems",
    "kernels",
    "physics",
    "components",
    "prices",
    "compiler",
    "mapping",
    "engine",
    "statistics",
    "workloads",
    "ledger",
    "results",
    "runs",
    "report",
    "sweeps",
    "catalogue",
    "cli",
)
# Layers that may import less than the order allows.
ONLY = {
    "errors": set(),
    "rounding": set(),
    "memory": {"rounding"},
    "files": {"errors"},
    "hdf5": {"errors", "files"},
    "sources": {"errors", "files"},
    "units": {"errors", "rounding"},
    "problems": {"errors", "rounding", "files", "hdf5"},
    "kernels": {"errors", "files", "sources"},  # no units, no files of users, no prices
    "physics": {"errors", "rounding", "kernels"},
    "compiler": set(LAYERS[: LAYERS.index("prices")]),
    "mapping": set(LAYERS[: LAYERS.index("mapping")]) - {"prices"},
    "engine": set(LAYERS[: LAYERS.index("engine")]) - {"prices"},  # no joule before the ledger
    "report": set(LAYERS[: LAYERS.index("report")]),
    "sweeps": set(LAYERS[: LAYERS.index("report")]),
    # Shipped for the tests of users: sees everything below the reports, and nothing sees it.
    "testing": set(LAYERS[: LAYERS.index("report")]),
}


def modules() -> dict[str, Path]:
    """All modules of chipsim by dotted name."""
    out = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("chipsim", *path.relative_to(PACKAGE).with_suffix("").parts)
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


def imports(source: str, module: str, known: set[str], is_package: bool = False) -> Iterator[tuple[int, str]]:
    """(line, imported module of chipsim) of all import statements, also inside functions and `if TYPE_CHECKING`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                around = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*around, *filter(None, [base])])
            inner = [f"{base}.{alias.name}" for alias in node.names]
            # `from chipsim import units` imports a module, `from chipsim import __version__` the package itself.
            names = [name if name in known else base for name in inner]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "chipsim")


def layer(module: str) -> str:
    """The layer of a module: the part after `chipsim`; empty for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def allowed(importer: str) -> set[str]:
    """Layers that a layer may import, itself and the package's `__version__` included."""
    below = ONLY.get(importer, set(LAYERS[: LAYERS.index(importer)]) if importer in LAYERS else set())
    return {*below, importer, ""}


def violations(source: str, module: str, known: set[str], is_package: bool = False) -> list[str]:
    """Imports of a module that point the wrong way."""
    return [
        f"{module}:{line} imports {name}"
        for line, name in imports(source, module, known, is_package)
        if layer(name) not in allowed(layer(module))
    ]


@pytest.mark.parametrize("module", [name for name in modules() if name != "chipsim"])
def test_imports_point_one_way(module: str) -> None:
    known = modules()
    path = known[module]
    assert violations(path.read_text(), module, set(known), path.name == "__init__.py") == []


def test_every_module_has_a_layer() -> None:
    found = {layer(module) for module in modules()} - {""}
    assert found <= {*LAYERS, "testing"}
    assert {"errors", "units", "spec", "problems", "kernels", "components", "compiler", "engine"} <= found


def test_the_package_itself_imports_nothing_when_it_is_imported() -> None:
    """`chipsim/__init__.py` is the door to all layers, so its imports stand in functions or under TYPE_CHECKING."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    outside = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in outside if isinstance(node, ast.ImportFrom)} == {"__future__", "typing"}
    assert not [node for node in outside if isinstance(node, ast.Import)]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chipsim.kernels.update", "from chipsim.units import to_fs"),
        ("chipsim.kernels.update", "from chipsim import units"),
        ("chipsim.kernels.update", "def f():\n    import chipsim.spec.chip"),
        ("chipsim.kernels.update", "from ..spec import chip"),
        ("chipsim.errors", "from chipsim.units import parse"),
        ("chipsim.units", "import chipsim.spec.model"),
        ("chipsim.problems.gset", "from chipsim.spec.document import Document"),
        ("chipsim.components.cells.pbit", "from chipsim.compiler.netlist import Netlist"),
        ("chipsim.engine.device", "from chipsim.prices.table import PriceRow"),
        ("chipsim.engine.device", "if TYPE_CHECKING:\n    from chipsim.workloads.base import Workload"),
        ("chipsim.runs.plan", "from chipsim.report.terminal import print_summary"),
        ("chipsim.results.store", "from chipsim.runs.plan import plan"),
        ("chipsim.ledger.cost", "from chipsim.results.store import load"),
        ("chipsim.compiler.netlist", "from chipsim.prices.table import PriceTable"),
        ("chipsim.physics.laws", "from chipsim.components.base import Kind"),
        ("chipsim.report.page", "from chipsim.sweeps import points"),
        ("chipsim.report.page", "from chipsim.cli.main import main"),
        ("chipsim.engine.device", "from chipsim.testing.exact import boltzmann"),
        ("chipsim.cli.specs", "from chipsim.testing import exact"),
        ("chipsim.testing.exact", "from chipsim.report import tables"),
    ],
)
def test_wrong_directions_are_noticed(module: str, source: str) -> None:
    assert len(violations(source, module, set(modules()))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chipsim.results.store", "from chipsim import __version__"),
        ("chipsim.kernels.update", "from . import vectors\nimport numpy"),
        ("chipsim.testing.trial", "from chipsim.prices.table import PriceTable"),
        ("chipsim.cli.report", "from chipsim.report.page import html_page"),
    ],
)
def test_right_directions_are_fine(module: str, source: str) -> None:
    assert violations(source, module, set(modules())) == []


HEAVY = ("numba", "llvmlite", "numpy", "scipy", "pydantic", "pint", "h5py", "matplotlib", "networkx", "jinja2", "yaml")


@pytest.mark.parametrize(
    "statement",
    [
        "import chipsim",
        "import chipsim.cli.main",
        "import sys, click.testing, chipsim.cli.main\n"
        "result = click.testing.CliRunner().invoke(chipsim.cli.main.main, ['--help'])\n"
        "assert result.exit_code == 0 and 'elaborate' in result.output, result.output",
        "import sys, click.testing, chipsim.cli.main\n"
        "result = click.testing.CliRunner().invoke(chipsim.cli.main.main, ['--version'])\n"
        "assert result.exit_code == 0 and chipsim.__version__ in result.output, result.output",
    ],
    ids=["chipsim", "chipsim.cli.main", "chipsim --help", "chipsim --version"],
)
def test_starting_loads_no_heavy_library(statement: str) -> None:
    """`chipsim --help` answers at once because it loads nothing but click."""
    probe = f"{statement}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
