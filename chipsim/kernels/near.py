"""Vector operations of a decision: its sign in every lane, and whether it is close, which is rare. Hints to memory."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from chipsim.kernels.vectors import _SCALAR, F32, I32, LANES, _call, _constant, _pointer, _splat, _word


def _size(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    return _call(builder, "llvm.fabs.v64f32", value.type, [value])


def _halves(builder: ir.IRBuilder, value: ir.Value) -> list[ir.Value]:
    """Two vectors of half the width; whole registers, so nothing is moved."""
    half = value.type.count // 2
    places = [list(range(first, first + half)) for first in (0, half)]
    nothing = ir.Constant(value.type, ir.Undefined)
    order = ir.VectorType(ir.IntType(32), half)
    return [builder.shuffle_vector(value, nothing, ir.Constant(order, place)) for place in places]


@intrinsic
def negated(typing_context, value):  # type: ignore[no-untyped-def]
    """Lanes of floats with the other sign."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.fneg(arguments[0])

    return value(value), codegen


@intrinsic
def negative(typing_context, value):  # type: ignore[no-untyped-def]
    """Word of the lanes with a minus sign, 64 float32."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        bits = builder.bitcast(arguments[0], I32.llvm)
        return _word(builder, builder.icmp_signed("<", bits, _constant(I32.llvm, 0)))

    return types.uint64(F32), codegen


@intrinsic
def any_within(typing_context, value, bound):  # type: ignore[no-untyped-def]
    """Whether any of 64 float32 is at most `bound` in magnitude, with a branch hint that none is."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        # The least of all lanes, register by register: one comparison at the end instead of one for each register.
        least = _size(builder, arguments[0])
        while least.type.count > 8:
            low, high = _halves(builder, least)
            least = builder.select(builder.fcmp_ordered("<", low, high), low, high)
        lanes = least.type.count
        mask = builder.fcmp_ordered("<=", least, _splat(builder, arguments[1], lanes))
        found = builder.icmp_unsigned("!=", builder.bitcast(mask, ir.IntType(lanes)), ir.IntType(lanes)(0))
        bit = ir.IntType(1)
        expect = cgutils.get_or_insert_function(builder.module, ir.FunctionType(bit, [bit, bit]), "llvm.expect.i1")
        return builder.call(expect, [found, bit(0)])

    return types.boolean(F32, types.float32), codegen


@intrinsic
def within(typing_context, value, bound):  # type: ignore[no-untyped-def]
    """Word of the lanes that are at most `bound` in magnitude, 64 float32."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        size = _size(builder, arguments[0])
        return _word(builder, builder.fcmp_ordered("<=", size, _splat(builder, arguments[1], LANES)))

    return types.uint64(F32, types.float32), codegen


@intrinsic
def lane(typing_context, value, index):  # type: ignore[no-untyped-def]
    """One lane of a vector. Slow: for rare cases only."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.extract_element(arguments[0], builder.trunc(arguments[1], ir.IntType(32)))

    return _SCALAR[value.element](value, types.intp), codegen


@intrinsic
def fetch(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Hint that an element of an array will be read soon: its cache line is requested, nothing waits."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        type_ = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        function = cgutils.get_or_insert_function(builder.module, type_, "llvm.prefetch.p0")
        builder.call(function, [builder.bitcast(place, byte), whole(0), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen
