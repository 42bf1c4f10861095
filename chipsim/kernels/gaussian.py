"""Gaussian random numbers from uniforms, by the inverse error function; and voltages stored as int16.

Polynomials in w = -ln(4 u (1 - u)) of Giles (GPU Computing Gems, 2012, ch. 10), and one for the logarithm. Over all
2**23 uniforms the largest error is 1.5e-6, and the variance 1 - 4e-7; the largest value is 5.29.
"""

from __future__ import annotations

import math

from llvmlite import ir
from numba.extending import intrinsic

from chipsim.kernels.vectors import F32, I16, I32, _call, _constant

# log2(m) on [1, 2), to 2.5e-6; highest power first, as all below.
LOG2_COEFFICIENTS = (-2.45685347e-2, 2.65024293e-1, -1.22929101, 3.21280029, -5.26168251, 6.06687145, -3.02915154)
# sqrt(2) erf^-1(x) / x in w - 5/2 for w < 5, in sqrt(w) - 3 beyond; the factor sqrt(2) is below.
_CENTRE = (2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
           2.46640727e-1, 1.50140941)  # fmt: skip
_TAIL = (-2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
         1.00167406, 2.83297682)  # fmt: skip
CENTRE_COEFFICIENTS = tuple(math.sqrt(2) * value for value in _CENTRE)
TAIL_COEFFICIENTS = tuple(math.sqrt(2) * value for value in _TAIL)
LARGEST = 32767.0


def _fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    return _call(builder, "llvm.fma.v64f32", F32.llvm, [a, b, c])


def _series(builder: ir.IRBuilder, x: ir.Value, coefficients: tuple[float, ...]) -> ir.Value:
    value: ir.Value = _constant(F32.llvm, coefficients[0])
    for coefficient in coefficients[1:]:
        value = _fma(builder, value, x, _constant(F32.llvm, coefficient))
    return value


def _log2(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    bits = builder.bitcast(x, I32.llvm)
    exponent = builder.sub(builder.lshr(bits, _constant(I32.llvm, 23)), _constant(I32.llvm, 127))
    fraction = builder.or_(builder.and_(bits, _constant(I32.llvm, 0x7FFFFF)), _constant(I32.llvm, 0x3F800000))
    series = _series(builder, builder.bitcast(fraction, F32.llvm), LOG2_COEFFICIENTS)
    return builder.fadd(builder.sitofp(exponent, F32.llvm), series)


@intrinsic
def gaussian(typing_context, u):  # type: ignore[no-untyped-def]
    """64 standard normals from 64 uniforms of `rng.uniform`, one each, odd about u = 1/2."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        (u,) = arguments
        one, zero = _constant(F32.llvm, 1.0), _constant(F32.llvm, 0.0)
        x = _fma(builder, u, _constant(F32.llvm, 2.0), _constant(F32.llvm, -1.0))
        product = builder.fmul(builder.fmul(u, _constant(F32.llvm, 4.0)), builder.fsub(one, u))
        w = builder.fmul(_log2(builder, product), _constant(F32.llvm, -math.log(2)))
        positive = builder.select(builder.fcmp_ordered(">", w, zero), w, zero)
        root = _call(builder, "llvm.sqrt.v64f32", F32.llvm, [positive])
        near = _series(builder, builder.fsub(w, _constant(F32.llvm, 2.5)), CENTRE_COEFFICIENTS)
        far = _series(builder, builder.fsub(root, _constant(F32.llvm, 3.0)), TAIL_COEFFICIENTS)
        central = builder.fcmp_ordered("<", w, _constant(F32.llvm, 5.0))
        return builder.fmul(builder.select(central, near, far), x)

    return F32(F32), codegen


@intrinsic
def to_int16(typing_context, value):  # type: ignore[no-untyped-def]
    """64 float32 rounded to the nearest int16, ties to even, clamped to +-32767."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        whole = _call(builder, "llvm.rint.v64f32", F32.llvm, [arguments[0]])
        high, low = _constant(F32.llvm, LARGEST), _constant(F32.llvm, -LARGEST)
        whole = builder.select(builder.fcmp_ordered("<", whole, high), whole, high)
        whole = builder.select(builder.fcmp_ordered(">", whole, low), whole, low)
        return builder.trunc(builder.fptosi(whole, I32.llvm), I16.llvm)

    return I16(F32), codegen
