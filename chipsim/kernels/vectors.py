"""SIMD values for numba: 64 lanes of int16, int32, float32 or float64, and the few operations that the kernels need.

Each operation is an `@intrinsic` that emits LLVM vector IR; LLVM lowers it to the instruction set (AVX-512, AVX2,
NEON, ...). A 64-bit word is a set of lanes: bit `k` belongs to lane `k`, and most operations take such a word as mask.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic, models, register_model

LANES = 64

_ELEMENT = {"i8": ir.IntType(8), "i16": ir.IntType(16), "i32": ir.IntType(32), "f32": ir.FloatType(),
            "f64": ir.DoubleType()}  # fmt: skip
_BITS = {"i8": 8, "i16": 16, "i32": 32, "f32": 32, "f64": 64}
_SCALAR = {"i8": types.int8, "i16": types.int16, "i32": types.int32, "f32": types.float32, "f64": types.float64}
_NUMBA_ELEMENT = {types.uint32: "i32", **{scalar: element for element, scalar in _SCALAR.items()}}


class VectorType(types.Type):  # type: ignore[misc]
    """Numba type of `width` elements held in machine registers."""

    def __init__(self, element: str, width: int) -> None:
        self.element = element
        self.width = width
        super().__init__(name=f"Vector({element} x {width})")

    @property
    def llvm(self) -> ir.VectorType:
        """The LLVM type."""
        return ir.VectorType(_ELEMENT[self.element], self.width)


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, dmm: Any, fe_type: VectorType) -> None:
        super().__init__(dmm, fe_type, fe_type.llvm)


I8 = VectorType("i8", LANES)
I16 = VectorType("i16", LANES)
I32 = VectorType("i32", LANES)
F32 = VectorType("f32", LANES)
F64 = VectorType("f64", LANES)
BITS16 = VectorType("i32", 16)
_BY_ELEMENT = {"i8": I8, "i16": I16, "i32": I32, "f32": F32, "f64": F64}


def _splat(builder: ir.IRBuilder, value: ir.Value, width: int) -> ir.Value:
    vector = ir.VectorType(value.type, width)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), zeros)


def _constant(vector: ir.VectorType, value: float | int) -> ir.Constant:
    return ir.Constant(vector, [value] * vector.count)


@cache
def _has_mask_registers() -> bool:
    """Whether kernels may use AVX-512: the processor has it, unless the environment asks numba for another target."""
    if config.CPU_FEATURES is not None:
        return "+avx512bw" in config.CPU_FEATURES
    return bool(binding.get_host_cpu_features().get("avx512bw"))


def _mask(builder: ir.IRBuilder, word: ir.Value, bits: int) -> ir.Value:
    """The word as 64 booleans that select elements of `bits` bits.

    With mask registers a word is a mask. Otherwise LLVM would extract the bits one by one, so each lane receives the
    part of the word with its bit and tests it. Parts come from copies of the word in the same 128 bits of a register,
    the range of one AVX2 shuffle.
    """
    if _has_mask_registers():
        return builder.bitcast(word, ir.VectorType(ir.IntType(1), LANES))
    pieces, copies, half = LANES // bits, 4, 128
    copied = builder.bitcast(_splat(builder, word, copies), ir.VectorType(ir.IntType(bits), copies * pieces))
    places = [lane // bits + lane * bits // half % 2 * (half // bits) for lane in range(LANES)]
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), places)
    spread = builder.shuffle_vector(copied, ir.Constant(copied.type, ir.Undefined), order)
    single = ir.Constant(spread.type, [1 << lane % bits for lane in range(LANES)])
    return builder.icmp_unsigned("==", builder.and_(spread, single), single)


def _word(builder: ir.IRBuilder, mask: ir.Value) -> ir.Value:
    """64 booleans as a word: the inverse of `_mask`."""
    word = builder.bitcast(mask, ir.IntType(64))
    if _has_mask_registers():
        return word
    # Hide the cast from LLVM, which would otherwise process 64 booleans one by one.
    return builder.asm(ir.FunctionType(word.type, [word.type]), "", "=r,0", [word], side_effect=False)


def _pointer(context: Any, builder: ir.IRBuilder, array_type: Any, array: ir.Value, index: ir.Value) -> ir.Value:
    struct = context.make_array(array_type)(context, builder, array)
    return builder.gep(struct.data, [index])


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, arguments: list[ir.Value]) -> ir.Value:
    signature = ir.FunctionType(result, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, name), arguments)


@intrinsic
def zeros(typing_context, array):  # type: ignore[no-untyped-def]
    """Vector of zeros with the element type of `array`."""
    vector = _BY_ELEMENT[_NUMBA_ELEMENT[array.dtype]]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _constant(vector.llvm, 0)

    return vector(array), codegen


@intrinsic
def zeros_i8(typing_context):  # type: ignore[no-untyped-def]
    """64 lanes of int8 zeros: one small counter per lane."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _constant(I8.llvm, 0)

    return I8(), codegen


@intrinsic
def load(typing_context, array, index):  # type: ignore[no-untyped-def]
    """64 consecutive elements of a flat array, from `index`."""
    vector = _BY_ELEMENT[_NUMBA_ELEMENT[array.dtype]]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load(builder.bitcast(place, vector.llvm.as_pointer()), align=4)

    return vector(array, types.intp), codegen


@intrinsic
def store(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Write 64 consecutive elements of a flat array, from `index`."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], builder.bitcast(place, arguments[2].type.as_pointer()), align=2)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), codegen


@intrinsic
def add_where(typing_context, word, total, value):  # type: ignore[no-untyped-def]
    """`total + value` in the lanes of `word`, `total` elsewhere; `value` is a scalar of the element type."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        word, total, value = arguments
        many = _splat(builder, value, LANES)
        sum_ = builder.fadd(total, many) if total_is_float else builder.add(total, many)
        return builder.select(_mask(builder, word, bits), sum_, total)

    total_is_float, bits = total.element in ("f32", "f64"), _BITS[total.element]
    return total(types.uint64, total, _SCALAR[total.element]), codegen


@intrinsic
def twice_plus(typing_context, value, base):  # type: ignore[no-untyped-def]
    """`2 * value + base`, integer lanes and a scalar base of the element type."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        value, base = arguments
        return builder.add(builder.add(value, value), _splat(builder, base, LANES))

    return value(value, base), codegen


@intrinsic
def to_float(typing_context, value):  # type: ignore[no-untyped-def]
    """Integer lanes as float32."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.sitofp(arguments[0], F32.llvm)

    return F32(value), codegen


def _as_vector(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    return value if isinstance(value.type, ir.VectorType) else _splat(builder, value, LANES)


def _floats(*arguments: Any) -> tuple[VectorType, list[Any]]:
    """The vector type of an operation on floats, and the types of its arguments: float32 where all are scalars."""
    vector = next((t for t in arguments if isinstance(t, VectorType)), F32)
    return vector, [t if isinstance(t, VectorType) else _SCALAR[vector.element] for t in arguments]


@intrinsic
def fma(typing_context, a, b, c):  # type: ignore[no-untyped-def]
    """`a * b + c` with one rounding; each argument 64 lanes of floats or a float."""
    vector, wanted = _floats(a, b, c)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        vectors = [_as_vector(builder, v) for v in arguments]
        return _call(builder, f"llvm.fma.v64{vector.element}", vector.llvm, vectors)

    return vector(*wanted), codegen


@intrinsic
def multiply(typing_context, a, b):  # type: ignore[no-untyped-def]
    """`a * b`; each argument 64 lanes of floats or a float."""
    vector, wanted = _floats(a, b)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        left, right = (_as_vector(builder, v) for v in arguments)
        return builder.fmul(left, right)

    return vector(*wanted), codegen


def _exp2(builder: ir.IRBuilder, x: ir.Value, ends: tuple[float, float], round_by: str, series: Any) -> ir.Value:
    """2**x, x clamped to between `ends`: a whole power by exponent bits, the rest of x by a polynomial."""
    f32, i32 = F32.llvm, I32.llvm
    # Unclamped, a strong field would wrap the exponent and flip spins the wrong way.
    # Compare-and-select (not maxnum) lowers to one instruction; a NaN cannot occur: weights are finite.
    low, high = (_constant(f32, end) for end in ends)
    x = builder.select(builder.fcmp_ordered(">", x, low), x, low)
    x = builder.select(builder.fcmp_ordered("<", x, high), x, high)
    whole = _call(builder, f"llvm.{round_by}.v64f32", f32, [x])
    part = builder.fsub(x, whole)
    value = _constant(f32, series[0])
    for coefficient in series[1:]:
        value = _call(builder, "llvm.fma.v64f32", f32, [value, part, _constant(f32, coefficient)])
    exponent = builder.shl(builder.fptosi(whole, i32), _constant(i32, 23))
    return builder.bitcast(builder.add(builder.bitcast(value, i32), exponent), f32)


@intrinsic
def exp2(typing_context, x):  # type: ignore[no-untyped-def]
    """2**x for float32 lanes, x clamped to +-126, to 2.1e-7."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _exp2(builder, arguments[0], (-126.0, 126.0), "floor", EXP2_COEFFICIENTS)

    return F32(F32), codegen


@intrinsic
def odds(typing_context, y):  # type: ignore[no-untyped-def]
    """2**y for float32 lanes, y clamped to `ODDS_ENDS`, to 2.9e-6: sufficient, since `decisions.py` refines close
    decisions.
    """

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _exp2(builder, arguments[0], ODDS_ENDS, "rint", ODDS_COEFFICIENTS)

    return F32(F32), codegen


# Beyond these, every relevant step is a close decision.
ODDS_ENDS = (-40.0, 20.0)
# Minimax polynomial of 2**x on [-1/2, 1/2], degree 4, highest power first.
ODDS_COEFFICIENTS = (9.5835673e-3, 5.5905543e-2, 2.4024077e-1, 6.9312435e-1, 1.0)
# Minimax polynomial of 2**x on [0, 1), degree 5, highest power first.
EXP2_COEFFICIENTS = (1.8775767e-3, 8.9893397e-3, 5.5826318e-2, 2.4015361e-1, 6.9315308e-1, 1.0)


@intrinsic
def less(typing_context, a, b):  # type: ignore[no-untyped-def]
    """Word of the lanes in which `a < b`; each argument 64 float32 lanes or a float32."""
    wanted = [t if isinstance(t, VectorType) else types.float32 for t in (a, b)]

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        left, right = (_as_vector(builder, v) for v in arguments)
        return _word(builder, builder.fcmp_ordered("<", left, right))

    return types.uint64(*wanted), codegen


@intrinsic
def choose(typing_context, word, a, b):  # type: ignore[no-untyped-def]
    """`a` in the lanes of `word`, `b` elsewhere; 64 lanes of floats or a float."""
    vector, wanted = _floats(a, b)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        left, right = (_as_vector(builder, v) for v in arguments[1:])
        return builder.select(_mask(builder, arguments[0], _BITS[vector.element]), left, right)

    return vector(types.uint64, *wanted), codegen


@intrinsic
def popcount(typing_context, word):  # type: ignore[no-untyped-def]
    """Number of lanes in a word."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), codegen


@intrinsic
def add_to(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Add 64 integer lanes to 64 consecutive int64 elements of a flat array, from `index`."""
    wide = ir.VectorType(ir.IntType(64), LANES)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        place = builder.bitcast(place, wide.as_pointer())
        more = builder.zext(arguments[2], wide) if value.element == "i8" else builder.sext(arguments[2], wide)
        builder.store(builder.add(builder.load(place, align=8), more), place, align=8)
        return context.get_dummy_value()

    return types.void(types.Array(types.int64, 1, "C"), types.intp, value), codegen


@intrinsic
def add_to_float(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Add 64 lanes of floats to 64 consecutive float64 elements of a flat array, from `index`."""
    wide = ir.VectorType(ir.DoubleType(), LANES)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        place = builder.bitcast(place, wide.as_pointer())
        more = arguments[2] if value.element == "f64" else builder.fpext(arguments[2], wide)
        builder.store(builder.fadd(builder.load(place, align=8), more), place, align=8)
        return context.get_dummy_value()

    return types.void(types.Array(types.float64, 1, "C"), types.intp, value), codegen


@intrinsic
def load_bits(typing_context, array, index):  # type: ignore[no-untyped-def]
    """16 consecutive uint32 of a flat array, from `index`: one word of a generator's state."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load(builder.bitcast(place, BITS16.llvm.as_pointer()), align=4)

    return BITS16(array, types.intp), codegen


@intrinsic
def xoshiro_step(typing_context, a, b, c, d):  # type: ignore[no-untyped-def]
    """One step of xoshiro128+ in 16 parallel streams: (output, a, b, c, d). Blackman & Vigna 2021."""
    result = types.UniTuple(BITS16, 5)

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        a, b, c, d = arguments
        out = builder.add(a, d)
        shifted = builder.shl(b, _constant(BITS16.llvm, 9))
        c = builder.xor(c, a)
        d = builder.xor(d, b)
        b = builder.xor(b, c)
        a = builder.xor(a, d)
        c = builder.xor(c, shifted)
        d = _call(builder, "llvm.fshl.v16i32", BITS16.llvm, [d, d, _constant(BITS16.llvm, 11)])
        return context.make_tuple(builder, result, [out, a, b, c, d])

    return result(BITS16, BITS16, BITS16, BITS16), codegen


@intrinsic
def join_steps(typing_context, a, b, c, d):  # type: ignore[no-untyped-def]
    """Four outputs of 16 streams as 64 float32, 1 + r / 2**23, r the upper 23 bits: a fraction of a float, as it is."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        i32 = ir.IntType(32)
        wide32 = ir.Constant(ir.VectorType(i32, 32), list(range(32)))
        wide64 = ir.Constant(ir.VectorType(i32, 64), list(range(64)))
        low = builder.shuffle_vector(arguments[0], arguments[1], wide32)
        high = builder.shuffle_vector(arguments[2], arguments[3], wide32)
        bits = builder.shuffle_vector(low, high, wide64)
        fraction = builder.lshr(bits, _constant(I32.llvm, 9))
        return builder.bitcast(builder.or_(fraction, _constant(I32.llvm, 0x3F800000)), F32.llvm)

    return F32(BITS16, BITS16, BITS16, BITS16), codegen


@intrinsic
def store_bits(typing_context, array, index, value):  # type: ignore[no-untyped-def]
    """Write 16 consecutive uint32 of a flat array, from `index`."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        place = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], builder.bitcast(place, BITS16.llvm.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, BITS16), codegen
