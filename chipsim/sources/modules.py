"""Source files of chipsim and of external packages, found without importing them, and facts about each.

Parsing all of chipsim takes half a second, so the facts are cached by file content in chipsim's cache folder: `chipsim
run` and sweeps read some hundred files and parse none.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chipsim.files import read_cache, write_cache
from chipsim.sources.cache import cache_root
from chipsim.sources.references import Reference, compiled_names, references
from chipsim.sources.syntax import syntax_hash

PACKAGE = Path(__file__).resolve().parent.parent
# Number of files with cached facts.
MAX_REMEMBERED = 5_000


class Facts(NamedTuple):
    """Facts about a source file.

    tree: hash of its syntax tree. compiled: references of its compiled functions to other modules; None if it has none.
    """

    tree: str
    compiled: tuple[Reference, ...] | None


def short_hash(value: Any) -> str:
    """Hash of a plain value, 16 hex digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


@cache
def package_modules() -> dict[str, Path]:
    """All modules of chipsim by dotted name."""
    out = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = (PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


@cache
def package_facts() -> dict[str, Facts]:
    """Facts about all modules of chipsim, by dotted name, at the first call of this process."""
    facts = facts_of(package_modules().values())
    return {name: facts[path] for name, path in package_modules().items()}


def outside_modules(group: str) -> set[str]:
    """Modules that other installed packages register in a group of entry points."""
    return {point.module for point in importlib.metadata.entry_points(group=group)}


def package_sources(module: str) -> dict[str, Path]:
    """Source files of the package that a module belongs to, by name within it.

    A kind may span several files of its package, so all of them are included. Empty for a missing package, which is
    reported when its kind is loaded.
    """
    package = module.partition(".")[0]
    found = importlib.util.find_spec(package)
    if found is None:
        return {}
    folders = [Path(folder) for folder in found.submodule_search_locations or []]
    paths = {path.relative_to(folder).as_posix(): path for folder in folders for path in sorted(folder.rglob("*.py"))}
    return paths if paths or found.origin is None else {f"{package}.py": Path(found.origin)}


def package_hash(module: str) -> str:
    """Hash of the sources of the package of a module, independent of its location."""
    sources = package_sources(module)
    facts = facts_of(sources.values())
    return short_hash({name: facts[path].tree for name, path in sources.items()})


def facts_of(paths: Iterable[Path]) -> dict[Path, Facts]:
    """Facts about source files, cached across processes."""
    texts = {path: path.read_bytes() for path in paths}
    names = {path: hashlib.sha256(text).hexdigest()[:32] for path, text in texts.items()}
    known = _remembered()
    new = {name: _facts(texts[path]) for path, name in names.items() if name not in known}
    if new:
        known.update(new)
        _remember({name: known[name] for name in names.values()})
    return {path: known[name] for path, name in names.items()}


def _facts(text: bytes) -> Facts:
    """Facts about a source; one that this version of Python cannot parse is hashed by its bytes."""
    try:
        tree = ast.parse(text)
        named = syntax_hash(tree)
    except (SyntaxError, ValueError, RecursionError):
        return Facts(f"bytes {hashlib.sha256(text).hexdigest()[:16]}", None)
    compiled = compiled_names(tree)
    return Facts(named, tuple(sorted(references(tree, compiled))) if compiled else None)


def _memory() -> Path:
    """The cache file of this version of these modules under this version of Python."""
    own = b"".join((PACKAGE / "sources" / name).read_bytes() for name in ("modules.py", "references.py", "syntax.py"))
    key = hashlib.sha256(own + sys.version.encode()).hexdigest()[:16]
    return cache_root() / f"sources-{key}.json"


@cache
def _remembered() -> dict[str, Facts]:
    """Cached facts of earlier processes; empty if the file is missing or invalid."""
    try:
        held = json.loads(read_cache(_memory()) or b"{}")
        return {name: Facts(str(tree), _references(compiled)) for name, (tree, compiled) in held.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _references(held: list[list[str]] | None) -> tuple[Reference, ...] | None:
    return None if held is None else tuple((str(module), str(name)) for module, name in held)


def _remember(used: dict[str, Facts]) -> None:
    """Store facts, the latest first; write errors are ignored."""
    kept = dict(list({**used, **_remembered()}.items())[:MAX_REMEMBERED])
    write_cache(_memory(), json.dumps(kept).encode())
