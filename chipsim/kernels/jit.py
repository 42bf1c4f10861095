"""Decorators for compilation: one for kernels, one for the stages of kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core import types
from numba.extending import overload

from chipsim.kernels.cache import KernelCache, is_kept

INLINED = {"forceinline": True, "error_model": "numpy"}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that loops over arrays: cached on disk, releases the GIL, numpy's error model."""
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    if is_kept(function.__module__) and function.__closure__ is None:
        compiled._cache = KernelCache(function)
    return compiled


def stage(slot: Callable[..., Any], parameters: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator `@stage(stages.noise, IdealNoise)`: supply a stage for the kinds whose parameters are `IdealNoise`.

    Numba picks the implementation by the type of the first argument when the kernel is compiled and inlines it, so a
    external kind runs as fast as a built-in one.
    """
    if not hasattr(parameters, "_fields"):
        raise TypeError(f"a stage takes a NamedTuple of parameters; {parameters.__name__} is not one")

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        _SUPPLIED.setdefault(slot.__name__, set()).add(parameters)

        def choose(params: Any, *_others: Any) -> Callable[..., Any] | None:
            matches = isinstance(params, types.BaseNamedTuple) and params.instance_class is parameters
            return implementation if matches else None

        overload(slot, jit_options=INLINED, strict=False)(choose)
        return implementation

    return register


# Name of a stage -> parameter types that supply it.
_SUPPLIED: dict[str, set[type]] = {}


def has_stage(slot: Callable[..., Any], params: Any) -> bool:
    """Whether the kind behind a numba type has this stage, while a kernel is compiled."""
    return isinstance(params, types.BaseNamedTuple) and supplies(slot, params.instance_class)


def supplies(slot: Callable[..., Any], parameters: type) -> bool:
    """Whether the kind with these parameters has this stage."""
    return parameters in _SUPPLIED.get(slot.__name__, ())


def optional(slot: Callable[..., Any], absent: Callable[..., Any]) -> None:
    """Make a stage optional at no cost: `absent(params, ...)` replaces it for kinds without one."""

    def choose(params: Any, *_others: Any) -> Callable[..., Any] | None:
        return None if has_stage(slot, params) else absent

    overload(slot, jit_options=INLINED, strict=False)(choose)
