"""Borrowed arrays: no reference counting inside a kernel.

Numba counts the references to every array in a tuple or local variable. It removes matching increments and decrements
in straight-line code, but not if a stage has branches or loops. A borrowed array has no owner, so these calls are
no-ops and are optimised away. The caller of the kernel keeps the arrays alive; kernels must not return borrowed arrays
or store them in heap objects.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic


def _without_owner(context: Any, builder: Any, of_type: Any, value: Any) -> Any:
    if isinstance(of_type, types.Array):
        array = context.make_array(of_type)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        return array._getvalue()
    if isinstance(of_type, types.BaseTuple) and len(of_type):
        parts = [
            _without_owner(context, builder, inner, builder.extract_value(value, index))
            for index, inner in enumerate(of_type.types)
        ]
        return context.make_tuple(builder, of_type, parts)
    return value


@intrinsic
def borrow(typing_context, value):  # type: ignore[no-untyped-def]
    """The same arrays, including those inside tuples, without an owner."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), codegen
