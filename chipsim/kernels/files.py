"""Files of compiled kernels, one per function and signature.

Numba numbers the files of a function and keeps the numbers in an index: two processes that compile different signatures
concurrently take the same number, and one signature then loads the machine code of the other. Here the name of a file
is the hash of its signature, and a file with a wrong checksum counts as missing.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core import types
from numba.core.caching import IndexDataCacheFile
from numba.core.serialize import dumps

from chipsim.errors import RunError
from chipsim.files import read_bounded, write_atomically

_CHECKSUM = hashlib.sha256().digest_size


def parameter_classes(found: Iterable[Any]) -> Iterator[type]:
    """Classes of the parameters of kinds in numba's types, including nested ones."""
    for inner in found:
        if isinstance(inner, types.BaseNamedTuple):
            yield inner.instance_class
        if isinstance(inner, types.BaseTuple):
            yield from parameter_classes(inner)


class KernelFiles(IndexDataCacheFile):  # type: ignore[misc]
    """Compiled signatures of one function, without an index.

    Args:
        folder: of all kernels of one version.
        function: the function before it is compiled.
    """

    def __init__(self, folder: Path, function: Callable[..., Any]) -> None:
        self._folder = folder
        self._function = f"{function.__module__}.{function.__qualname__}"

    def path(self, key: tuple[Any, ...]) -> Path:
        """The file of a signature and a machine; parameters of kinds count with their module."""
        modules = [found.__module__ for found in parameter_classes(getattr(key[0], "args", key[0]))]
        digest = hashlib.sha256(repr((self._function, key, modules)).encode()).hexdigest()
        return self._folder / f"{self._function.removeprefix('chipsim.kernels.')}-{digest[:32]}"

    def load(self, key: tuple[Any, ...]) -> Any:
        """Data saved for a key; None if missing or damaged."""
        try:
            content = read_bounded(self.path(key))
        except OSError:
            return None
        checksum, body = content[:_CHECKSUM], content[_CHECKSUM:]
        return pickle.loads(body) if hashlib.sha256(body).digest() == checksum else None

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Save data for later processes; on failure these compile again."""
        body = dumps(data)
        with suppress(RunError):
            write_atomically(self.path(key), hashlib.sha256(body).digest() + body)

    def flush(self) -> None:
        """Delete all files of this function."""
        for path in self._folder.glob(f"{self._function.removeprefix('chipsim.kernels.')}-*"):
            path.unlink(missing_ok=True)
