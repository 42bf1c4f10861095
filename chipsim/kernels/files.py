"""Compiled kernels on disk, one file for each function and signature.

Numba numbers the files of a function and keeps the numbers in an index: two processes that compile different signatures
at once take the same number, and one signature loads the machine code of the other from then on. Here the name of a
file is the hash of what it was compiled for, and a file whose content is not what was written counts as absent.
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
from chipsim.files import write_atomically

_CHECKSUM = hashlib.sha256().digest_size


def parameter_classes(found: Iterable[Any]) -> Iterator[type]:
    """Classes of the parameters of kinds in numba's types, those inside others included."""
    for inner in found:
        if isinstance(inner, types.BaseNamedTuple):
            yield inner.instance_class
        if isinstance(inner, types.BaseTuple):
            yield from parameter_classes(inner)


class KernelFiles(IndexDataCacheFile):  # type: ignore[misc]
    """What was compiled of one function, without an index.

    Args:
        folder: where all kernels of one version stand.
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
        """What was saved for a key; None if nothing was, or if the file is damaged."""
        try:
            content = self.path(key).read_bytes()
        except OSError:
            return None
        checksum, body = content[:_CHECKSUM], content[_CHECKSUM:]
        return pickle.loads(body) if hashlib.sha256(body).digest() == checksum else None

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Keep it for later processes; where that cannot be done, they compile for themselves."""
        body = dumps(data)
        with suppress(RunError):
            write_atomically(self.path(key), hashlib.sha256(body).digest() + body)

    def flush(self) -> None:
        """Forget what is kept of this function."""
        for path in self._folder.glob(f"{self._function.removeprefix('chipsim.kernels.')}-*"):
            path.unlink(missing_ok=True)
