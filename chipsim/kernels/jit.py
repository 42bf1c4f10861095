"""How chipsim compiles: one decorator for kernels, one for stages, one cache folder per version of the sources.

Numba does not notice that a stage in *another* file was edited and would return a stale result from its disk cache.
So the cache folder is keyed by `kernel_version()`: the sources of every kernel and component, of the installed outside
kinds, the numba version and the CPU.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config, types
from numba.core.caching import FunctionCache
from numba.extending import overload

from chipsim.kernels import COMPONENT_ENTRY_POINTS
from chipsim.kernels.files import KernelFiles

PACKAGE = Path(__file__).resolve().parent.parent
INLINED = {"forceinline": True, "error_model": "numpy"}


def hash_of_files(paths: Iterable[Path]) -> str:
    """Hex digest over names and contents of source files, in sorted order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def own_sources() -> list[Path]:
    """The files whose content decides what a simulation computes."""
    return [*(PACKAGE / "kernels").glob("*.py"), *(PACKAGE / "components").glob("*.py")]


def package_sources(module: str) -> list[Path]:
    """Source files of the package that a module belongs to, found without importing any of it.

    A kind may be spread over several files of its package, so all of them count. A package that is not there has none:
    who needs its kind will be told.
    """
    found = importlib.util.find_spec(module.partition(".")[0])
    if found is None:
        return []
    folders = found.submodule_search_locations or []
    paths = {path for folder in folders for path in Path(folder).rglob("*.py")}
    return sorted(paths) or ([Path(found.origin)] if found.origin is not None else [])


def outside_sources() -> list[Path]:
    """Source files of the kinds that other installed packages register."""
    modules = {point.module for point in importlib.metadata.entry_points(group=COMPONENT_ENTRY_POINTS)}
    return sorted({path for module in modules for path in package_sources(module)})


@cache
def kernel_version() -> str:
    """Hash of chipsim's own kernels and components; part of every activity id."""
    return hash_of_files(own_sources())


@cache
def cache_folder() -> Path:
    """Where compiled kernels of exactly this version are kept (`CHIPSIM_CACHE` moves it)."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chipsim"
    root = os.environ.get("CHIPSIM_CACHE") or default
    machine = f"{numba.__version__} {platform.machine()} {config.CPU_NAME} {cpu_model()}"
    key = hash_of_files([*own_sources(), *outside_sources()]) + hashlib.sha256(machine.encode()).hexdigest()[:8]
    return _writable(Path(root) / key)


def _writable(folder: Path) -> Path:
    """The folder if compiled code can be kept there, else one for this process alone, where nobody can plant code."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    fresh = tempfile.mkdtemp(prefix="chipsim-")
    atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    return Path(fresh)


def cpu_model() -> str:
    """The name LLVM gives this machine's CPU: code compiled for one CPU must not be loaded on another."""
    from llvmlite import binding

    return str(binding.get_host_cpu_name())


@cache
def hashed_packages() -> frozenset[str]:
    """Packages whose sources decide the name of the cache folder: chipsim, and those that register kinds."""
    points = importlib.metadata.entry_points(group=COMPONENT_ENTRY_POINTS)
    return frozenset({PACKAGE.name, *(point.module.partition(".")[0] for point in points)})


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's disk cache for what the folder's name vouches for.

    A kind that no package registers, from a test or a notebook, is compiled anew in each process: the folder would not
    notice an edit of its stage.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_path = str(cache_folder())
        self._cache_file = KernelFiles(cache_folder(), function)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled earlier for a signature."""
        return super().load_overload(sig, target_context) if _vouched_for(sig) else None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled."""
        if _vouched_for(sig) and self._impl.check_cachable(data):
            self._cache_file.save(self._index_key(sig, data.codegen), self._impl.reduce(data))


def _vouched_for(sig: Any) -> bool:
    arguments = getattr(sig, "args", sig)
    modules = [a.instance_class.__module__ for a in arguments if isinstance(a, types.BaseNamedTuple)]
    return all(module.partition(".")[0] in hashed_packages() for module in modules)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that loops over arrays: cached on disk, releases the GIL, numpy's error model."""
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        compiled._cache = KernelCache(function)
    finally:
        config.CACHE_DIR = before
    return compiled


def stage(slot: Callable[..., Any], parameters: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator `@stage(stages.noise, IdealNoise)`: supply a stage for the kinds whose parameters are `IdealNoise`.

    Numba picks the implementation by the type of the first argument when the kernel is compiled and inlines it, so a
    kind from outside runs as fast as a built-in one.
    """

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        _SUPPLIED.setdefault(slot.__name__, set()).add(parameters)

        def choose(params: Any, *_others: Any) -> Callable[..., Any] | None:
            matches = isinstance(params, types.BaseNamedTuple) and params.instance_class is parameters
            return implementation if matches else None

        overload(slot, jit_options=INLINED, strict=False)(choose)
        return implementation

    return register


# Name of a stage -> the parameters that have one.
_SUPPLIED: dict[str, set[type]] = {}


def has_stage(slot: Callable[..., Any], params: Any) -> bool:
    """Whether the kind behind a numba type has this stage, while a kernel is compiled."""
    return isinstance(params, types.BaseNamedTuple) and supplies(slot, params.instance_class)


def supplies(slot: Callable[..., Any], parameters: type) -> bool:
    """Whether the kind with these parameters has this stage."""
    return parameters in _SUPPLIED.get(slot.__name__, ())


def optional(slot: Callable[..., Any], absent: Callable[..., Any]) -> None:
    """Give a stage a form for kinds that have none, which costs nothing: `absent(params, ...)` takes its place."""

    def choose(params: Any, *_others: Any) -> Callable[..., Any] | None:
        return None if has_stage(slot, params) else absent

    overload(slot, jit_options=INLINED, strict=False)(choose)
