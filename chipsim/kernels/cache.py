"""Disk cache of compiled kernels: one folder per version of the code they can contain.

Numba does not detect edits of stages in *other* files and would load a stale kernel. The folder is therefore keyed by
the syntax trees of all modules that can be inside a compiled kernel, the installed external kinds, numba and the CPU,
so its content is never stale.
"""

from __future__ import annotations

import ast
import platform
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config, types
from numba.core.caching import CompileResultCacheImpl, FunctionCache

from chipsim.kernels import COMPONENT_ENTRY_POINTS
from chipsim.kernels.files import KernelFiles, parameter_classes
from chipsim.sources.cache import cache_root
from chipsim.sources.modules import (
    facts_of,
    outside_modules,
    package_facts,
    package_hash,
    package_modules,
    package_sources,
    short_hash,
)
from chipsim.sources.references import references


@cache
def kernel_modules() -> dict[str, str]:
    """The modules of chipsim that can be in a compiled kernel, with the hashes of their syntax trees.

    These are the modules of this folder, those with stages or kernels, and all modules referenced by them or by
    external stages.
    """
    facts, paths = package_facts(), package_modules()
    own = {name for name in facts if name.startswith(__package__ or "")}
    found = own | {name for name in facts if facts[name].compiled is not None}
    outside = [path for module in _outside() for path in package_sources(module).values()]
    stages = [*(facts[name] for name in found - own), *facts_of(outside).values()]
    todo = [needed for known in stages for needed in known.compiled or ()]
    seen = set()
    while todo:
        reference = todo.pop()
        module, name = reference
        if f"{module}.{name}" in facts:
            module, name = f"{module}.{name}", ""
        if reference in seen or module not in facts or module in own:
            continue
        seen.add(reference)
        found.add(module)
        todo += references(ast.parse(paths[module].read_bytes()), [name] if name else None)
    return {name: facts[name].tree for name in sorted(found)}


@cache
def cache_folder() -> Path:
    """Folder of the compiled kernels of exactly this version."""
    machine = [numba.__version__, sys.version, platform.machine(), config.CPU_NAME, cpu_model()]
    outside = {module: package_hash(module) for module in _outside()}
    folder = cache_root() / short_hash([kernel_modules(), outside, machine])
    with suppress(OSError):  # kernels that cannot be kept are compiled again
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _outside() -> frozenset[str]:
    return frozenset(outside_modules(COMPONENT_ENTRY_POINTS))


def cpu_model() -> str:
    """The name LLVM gives this machine's CPU: code compiled for one CPU must not be loaded on another."""
    from llvmlite import binding

    return str(binding.get_host_cpu_name())


@cache
def is_kept(module: str) -> bool:
    """Whether the key of the cache folder covers a module: one of chipsim, or of a package with registered kinds.

    Unregistered kinds, from tests or notebooks, are compiled in each process: the key would not detect edits of their
    stages, and another process could not import the class of their parameters.
    """
    packages = {outside.partition(".")[0] for outside in _outside()}
    return module in kernel_modules() or module.partition(".")[0] in packages


def _is_kept_for(sig: Any) -> bool:
    arguments = getattr(sig, "args", sig)
    # The type of a function argument is not valid in another process.
    functions = any(isinstance(argument, types.Callable) for argument in arguments)
    return not functions and all(is_kept(found.__module__) for found in parameter_classes(arguments))


class _Location:
    """Numba's cache locator for the folder."""

    def __init__(self, py_file: str) -> None:
        self._py_file = py_file

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Location:
        """For a function in a file."""
        return cls(py_file)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """Constant: the name of the folder identifies the sources."""
        return ""

    def get_disambiguator(self) -> str:
        """Empty: names of kernels are unique."""
        return ""

    def ensure_cache_path(self) -> None:
        """No-op: the folder exists."""


class _Serialised(CompileResultCacheImpl):  # type: ignore[misc]
    """Serialisation of compiled kernels by numba."""

    _locator_classes = (_Location,)


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's disk cache of one kernel, in the keyed folder."""

    _impl_class = _Serialised

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = KernelFiles(cache_folder(), function)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The cached kernel of a signature."""
        return super().load_overload(sig, target_context) if _is_kept_for(sig) else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store a compiled kernel."""
        if _is_kept_for(sig):
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        """Types and machine. Numba's own key contains bytecode, which depends on docstrings."""
        return (sig, codegen.magic_tuple())
