"""References of compiled functions of a module to other modules.

Numba compiles a function together with the functions that it calls, and freezes the global values that it reads. So a
compiled kernel holds its own module and whatever it names elsewhere, directly or through other globals of its module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

# Decorators that compile, in addition to all from numba itself.
COMPILERS = {("chipsim.kernels.jit", name) for name in ("kernel", "stage", "optional")}

# A module as an import statement names it, with leading dots where it is relative; and a name in it, "" for all of it.
Reference = tuple[str, str]


def compiled_names(tree: ast.Module) -> set[str]:
    """Globals with compiled functions: decorated ones, and those bound by statements like `f = njit(g)`."""
    compilers = {
        local
        for local, sources in _imported(tree).items()
        if any(module.partition(".")[0] == "numba" or (module, name) in COMPILERS for module, name in sources)
    }
    return {name for statement in tree.body if compilers & _loaded(statement) for name in _bound(statement)}


def references(tree: ast.Module, names: Iterable[str] | None = None) -> set[Reference]:
    """References of some globals of a module (None: all) to other modules, directly or through other globals of it."""
    imported = _imported(tree)
    binders: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _bound(statement):
            binders.setdefault(name, []).append(statement)
    todo = [*binders, *imported] if names is None else list(names)
    found = {source for source in imported.get("*", ()) if todo}
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            found |= imported.get(name, set())
            todo += [loaded for statement in binders.get(name, []) for loaded in _loaded(statement)]
    return found


def _imported(tree: ast.Module) -> dict[str, set[Reference]]:
    """Origin of local names by all import statements, including those inside functions; "*" for star imports."""
    out: dict[str, set[Reference]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                out.setdefault(alias.asname or alias.name.partition(".")[0], set()).add((alias.name, ""))
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                name = "" if alias.name == "*" else alias.name
                out.setdefault(alias.asname or alias.name, set()).add((module, name))
    return out


def _loaded(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _bound(statement: ast.stmt) -> set[str]:
    """Globals bound by a top-level statement; its line if it binds none."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return set()
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    nodes = list(ast.walk(statement))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return stored | defined or {f"line {statement.lineno}"}
