"""Numba only: vectors, random numbers, the shared update, observers. No units, no files, no joules."""

import importlib
import os
import re
import warnings

from chipsim.errors import RunError

# Stands here so that kinds can be listed without loading numba.
COMPONENT_ENTRY_POINTS = "chipsim.components"


def check_environment() -> None:
    """Refuse settings with which numba cannot compile, before numba reads them and fails with a traceback.

    Raises:
        RunError: names the variable.
    """
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("0", ""):
        complaint = "NUMBA_DISABLE_JIT is set, and chipsim's kernels exist only compiled; unset it"
        raise RunError(complaint, code="run.no-compiler")
    threads = os.environ.get("NUMBA_NUM_THREADS", "1")
    if not threads.isdecimal() or int(threads) < 1:
        complaint = f"NUMBA_NUM_THREADS is {threads!r}; set it to a whole number from 1, or unset it"
        raise RunError(complaint, code="run.no-compiler")
    if any(name.startswith("NUMBA_") for name in os.environ):
        # Of a value that it cannot read, numba prints a traceback as a warning, and takes another one.
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                importlib.import_module("numba.core.config")
            except RuntimeWarning as told:
                found = re.search(r"NUMBA_\w+", str(told))
                name = found[0] if found else "A variable NUMBA_*"
                value = os.environ.get(name, "")[:200]
                complaint = f"{name} is {value!a}, which numba cannot read; correct it, or unset it"
                raise RunError(complaint, code="run.no-compiler") from None


check_environment()
