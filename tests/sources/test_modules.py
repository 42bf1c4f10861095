"""What source files mean: remembered between processes, never trusted blindly; and what compiled functions need."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest
from support_caches import checked

import chipsim
from chipsim.files import read_cache
from chipsim.sources import modules
from chipsim.sources.modules import facts_of, package_hash, package_sources
from chipsim.sources.references import compiled_names, references


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and a process that has asked for nothing yet."""
    monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(modules, "_remembered", lambda held=modules._remembered.__wrapped__: held())
    return tmp_path / "cache"


def test_a_file_is_parsed_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source.py"
    source.write_text("x = 1\n")
    first = facts_of([source])
    assert len(list(cache.glob("sources-*.json"))) == 1
    monkeypatch.setattr(modules, "_facts", None)  # nothing is parsed any more
    assert facts_of([source]) == first
    (tmp_path / "elsewhere.py").write_text("x = 1\n")
    assert facts_of([tmp_path / "elsewhere.py"])[tmp_path / "elsewhere.py"] == first[source]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"a": 1}', '{"a": [1, 2]}', "[" * 100_000])
def test_a_damaged_memory_is_made_again(cache: Path, tmp_path: Path, damage: str) -> None:
    source = tmp_path / "source.py"
    source.write_text("x = 1\n")
    first = facts_of([source])
    (memory,) = cache.glob("sources-*.json")
    memory.write_bytes(checked(damage))
    assert facts_of([source]) == first
    assert len(json.loads(read_cache(memory) or b"")) == 1


def test_a_pipe_in_the_place_of_the_memory_is_no_memory(cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text("x = 1\n")
    first = facts_of([source])
    (memory,) = cache.glob("sources-*.json")
    memory.unlink()
    os.mkfifo(memory)
    assert facts_of([source]) == first


def test_without_a_place_to_remember_all_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHIPSIM_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(modules, "_remembered", dict)
    (tmp_path / "source.py").write_text("x = 1\n")
    assert facts_of([tmp_path / "source.py"])[tmp_path / "source.py"].compiled is None


def test_what_cannot_be_parsed_is_known_by_its_bytes(cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "template.py"
    source.write_text("x = {{ name }\n")
    before = facts_of([source])[source].tree
    source.write_text("x = {{ name }  \n")
    assert facts_of([source])[source].tree != before


def test_sources_of_a_single_module_and_of_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "lonely_kind_module.py"
    module.write_text("ONE = 1\n")
    assert package_sources("lonely_kind_module") == {"lonely_kind_module.py": module}
    before = package_hash("lonely_kind_module")
    module.write_text('"""A text."""\n\nONE = 1  # still\n')
    assert package_hash("lonely_kind_module") == before
    module.write_text("ONE = 2\n")
    assert package_hash("lonely_kind_module") != before
    assert package_sources("there_is_no_such_package.at_all") == {}


SOURCE = """
import math
import numpy as np
from numba import njit
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage as put
from chipsim.physics import laws
from chipsim.units import to_fs
from chipsim.spec.model import quantity
from outside.parts import *

LIMIT = laws.LEAST * 2
FAST = njit(helper_of_fast)

class Kind:
    width = quantity("m")

def plain(x):
    return to_fs(x)

def helper_of_fast(x):
    return math.sqrt(x)

@put(stages.field, Kind.Parameters)
def field(params):
    return inner(params) + LIMIT

def inner(params):
    from chipsim.problems import problem
    return vectors.fma(params, problem.ONE)
"""


def test_what_compiled_functions_need() -> None:
    """Through globals of the module, not through those that only other functions and classes use."""
    tree = ast.parse(SOURCE)
    assert compiled_names(tree) == {"field", "FAST"}
    assert references(tree, ["inner"]) >= {("chipsim.kernels", "vectors"), ("chipsim.problems", "problem")}
    needed = references(tree, ["field", "FAST"])
    assert {("chipsim.physics", "laws"), ("math", ""), ("outside.parts", "")} <= needed
    assert ("chipsim.units", "to_fs") not in needed
    assert ("chipsim.units", "to_fs") in references(tree)


def test_nothing_compiled_needs_nothing() -> None:
    tree = ast.parse("from chipsim.kernels.cache import cache_folder\nimport numpy as np\nx = np.ones(1)\n")
    assert compiled_names(tree) == set()
    assert references(tree, []) == set()


def test_chipsim_imports_its_modules_by_their_whole_names() -> None:
    """What compiled functions need is found by those names."""
    for path in Path(chipsim.__file__).parent.rglob("*.py"):
        relative = [n for n in ast.walk(ast.parse(path.read_bytes())) if isinstance(n, ast.ImportFrom) and n.level]
        assert relative == [], path
