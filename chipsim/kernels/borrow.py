"""Arrays that a kernel borrows: nobody counts references to them while it runs.

Numba counts the references to every array that a tuple or a local variable holds. It drops the pairs of counting up
and down in straight code, but not where a stage has branches or loops. A borrowed array has no owner, so every such
call does nothing and is erased. The caller of the kernel keeps the arrays alive; a kernel never returns a borrowed
array and never keeps one in an object on the heap.
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
    """The same arrays, also those inside tuples, without an owner."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), codegen
