"""64 lanes of 32-bit integers: codes of numbers, table look-up, comparison, and the generators of digital p-bits."""

from __future__ import annotations

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
    _has_mask_registers,
    _pointer,
    _splat,
    _word,
)

# Entries of a table that registers hold.
SHORT = 64


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


def _gathered(builder: ir.IRBuilder, vector: VectorType, start: ir.Value, index: ir.Value) -> ir.Value:
    """Elements at 64 places of an array, by whatever the processor has for that."""
    whole, element = ir.VectorType(ir.IntType(64), LANES), vector.llvm.element
    bytes_from_start = builder.shl(builder.zext(index, whole), _constant(whole, 2))
    places = builder.add(_splat(builder, builder.ptrtoint(start, whole.element), LANES), bytes_from_start)
    pointers = builder.inttoptr(places, ir.VectorType(element.as_pointer(), LANES))
    all_lanes = _constant(ir.VectorType(ir.IntType(1), LANES), 1)
    name = f"llvm.masked.gather.v{LANES}{vector.element}.v{LANES}p0"
    undefined = ir.Constant(vector.llvm, ir.Undefined)
    return _call(builder, name, vector.llvm, [pointers, ir.IntType(32)(4), all_lanes, undefined])


def _piece(builder: ir.IRBuilder, value: ir.Value, piece: int) -> ir.Value:
    """One of four registers of a vector."""
    order = ir.Constant(ir.VectorType(ir.IntType(32), 16), list(range(16 * piece, 16 * piece + 16)))
    return builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), order)


def _joined(builder: ir.IRBuilder, pieces: list[ir.Value]) -> ir.Value:
    """Registers as one vector, two by two."""
    while len(pieces) > 1:
        width = 2 * pieces[0].type.count
        order = ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(width)))
        pairs = zip(pieces[::2], pieces[1::2], strict=True)
        pieces = [builder.shuffle_vector(left, right, order) for left, right in pairs]
    return pieces[0]


@intrinsic
def look_up(typing_context, table, index):  # type: ignore[no-untyped-def]
    """Elements of a table, (n,) int32 or float32, by 64 indices from 0 to n - 1."""
    vector = _BY_ELEMENT[_NUMBA_ELEMENT[table.dtype]]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        start = _pointer(context, builder, signature.args[0], arguments[0], ir.IntType(64)(0))
        return _gathered(builder, vector, start, arguments[1])

    return vector(table, I32), codegen


@intrinsic
def look_up_short(typing_context, table, index):  # type: ignore[no-untyped-def]
    """Elements of a table of `SHORT` entries, int32 or float32, by 64 indices; from registers with AVX-512."""
    vector = _BY_ELEMENT[_NUMBA_ELEMENT[table.dtype]]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        start = _pointer(context, builder, signature.args[0], arguments[0], ir.IntType(64)(0))
        if not _has_mask_registers():
            return _gathered(builder, vector, start, arguments[1])
        part = ir.VectorType(ir.IntType(32), 16)
        parts = builder.bitcast(start, part.as_pointer())
        rows = [builder.load(builder.gep(parts, [ir.IntType(64)(row)]), align=4) for row in range(4)]
        found = []
        for piece in range(4):
            places = _piece(builder, arguments[1], piece)
            # Of 32 entries in two registers, by the low 5 bits of an index.
            low, high = (
                _call(builder, "llvm.x86.avx512.vpermi2var.d.512", part, [rows[row], places, rows[row + 1]])
                for row in (0, 2)
            )
            found.append(builder.select(builder.icmp_unsigned("<", places, ir.Constant(part, [32] * 16)), low, high))
        return builder.bitcast(_joined(builder, found), vector.llvm)

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
    """One shift of a 32-bit register with feedback into bit 0: 1 if an even number of the taps (a mask) are set."""

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
