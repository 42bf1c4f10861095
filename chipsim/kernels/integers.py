"""64 lanes of 32-bit integers: codes of numbers, table look-up, comparison, and the generators of digital p-bits."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from chipsim.kernels.vectors import (
    _BY_ELEMENT,
    _NUMBA_ELEMENT,
    F32,
    I32,
    LANES,
    VectorType,
    _as_vector,
    _call,
    _constant,
    _pointer,
    _word,
)


@intrinsic
def nearest_code(typing_context, x, top):  # type: ignore[no-untyped-def]
    """The whole numbers nearest to 64 float32, ties to even, held between -top and top."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        high = _as_vector(builder, arguments[1])
        low = builder.fneg(high)
        value = _call(builder, "llvm.rint.v64f32", F32.llvm, [arguments[0]])
        value = builder.select(builder.fcmp_ordered(">", value, low), value, low)
        value = builder.select(builder.fcmp_ordered("<", value, high), value, high)
        return builder.fptosi(value, I32.llvm)

    return I32(F32, types.float32), codegen


@intrinsic
def look_up(typing_context, table, index):  # type: ignore[no-untyped-def]
    """Elements of a table, (n,) int32 or float32, by 64 indices from 0 to n - 1."""
    vector = _BY_ELEMENT[_NUMBA_ELEMENT[table.dtype]]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        found: Any = ir.Constant(vector.llvm, ir.Undefined)
        for lane in range(LANES):
            place = ir.IntType(32)(lane)
            index = builder.zext(builder.extract_element(arguments[1], place), ir.IntType(64))
            element = builder.load(_pointer(context, builder, signature.args[0], arguments[0], index))
            found = builder.insert_element(found, element, place)
        return found

    return vector(table, I32), codegen


@intrinsic
def plus(typing_context, a, b):  # type: ignore[no-untyped-def]
    """`a + b`, b 64 int32 or one."""
    other = b if isinstance(b, VectorType) else types.int32

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.add(arguments[0], _as_vector(builder, arguments[1]))

    return I32(I32, other), codegen


@intrinsic
def below(typing_context, a, b):  # type: ignore[no-untyped-def]
    """Word of the lanes in which a < b, both unsigned; b 64 int32 or one."""
    other = b if isinstance(b, VectorType) else types.int32

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _word(builder, builder.icmp_unsigned("<", arguments[0], _as_vector(builder, arguments[1])))

    return types.uint64(I32, other), codegen


@intrinsic
def lfsr_step(typing_context, state, taps):  # type: ignore[no-untyped-def]
    """One shift of a 32-bit register with XNOR feedback from an even number of taps (a mask) into bit 0."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        one = _constant(I32.llvm, 1)
        tapped = builder.and_(arguments[0], _as_vector(builder, arguments[1]))
        odd = builder.and_(_call(builder, "llvm.ctpop.v64i32", I32.llvm, [tapped]), one)
        return builder.or_(builder.shl(arguments[0], one), builder.xor(odd, one))

    return I32(I32, types.int32), codegen


@intrinsic
def xorshift_step(typing_context, state):  # type: ignore[no-untyped-def]
    """One step of a 32-bit xorshift generator, shifts 13, 17, 5 (Marsaglia 2003)."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        x = arguments[0]
        x = builder.xor(x, builder.shl(x, _constant(I32.llvm, 13)))
        x = builder.xor(x, builder.lshr(x, _constant(I32.llvm, 17)))
        return builder.xor(x, builder.shl(x, _constant(I32.llvm, 5)))

    return I32(I32), codegen
