"""Digital p-bits in plain numpy: references of the stages of kinds `digital_pbit` and `bit_generator`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.components.cells.digital_pbit import DigitalResponse
from chipsim.components.noise.bit_generator import SharedRegister, SharedXorshift, ShiftRegister, Xorshift
from chipsim.kernels.stages import Context
from chipsim.kernels.vectors import LANES
from chipsim.testing.lanes import Floats, word_of
from chipsim.testing.stages import Generator, activation, noise

Bits = NDArray[np.uint32]


def _place(params: DigitalResponse, h: Floats, at: Context) -> NDArray[np.int64]:
    scaled = (at.beta * params.scale[0]).astype(np.float32) * h
    codes = np.clip(np.rint(scaled), -params.top[0], params.top[0])
    return codes.astype(np.int64) + int(params.top[0])


@activation.register(DigitalResponse)
def table_exponent(params: DigitalResponse, h: Floats, at: Context) -> Floats:
    """The exponent of the table entry."""
    return params.exponent[_place(params, h, at)]


def _compared(bits: Bits, at: Context) -> np.uint64:
    """+1 where the bits are below the entry, or above it in a field below 0."""
    cells: DigitalResponse = at.exact.cells
    place = _place(cells, at.field, at)
    entry = cells.threshold.view(np.uint32)[place]
    return np.uint64(word_of(np.where(place < int(cells.top[0]), bits > entry, bits < entry)))


def _shift(bits: Bits, params: ShiftRegister | SharedRegister) -> None:
    """The steps of a register, in place."""
    for _ in range(params.steps[0]):
        fed = np.array(
            [1 - (int(each) & int(params.taps.view(np.uint32)[0])).bit_count() % 2 for each in bits], np.uint32
        )
        bits[:] = bits << np.uint32(1) | fed


def _stir(bits: Bits, params: Xorshift | SharedXorshift) -> None:
    """The steps of xorshift, in place."""
    for _ in range(params.steps[0]):
        bits ^= bits << np.uint32(13)
        bits ^= bits >> np.uint32(17)
        bits ^= bits << np.uint32(5)


def _bits(at: Context, slot: int) -> Bits:
    """Those of the generator at a slot, a view."""
    bits: Bits = at.own.view(np.uint32)[slot * LANES : (slot + 1) * LANES]
    return bits


@noise.register(ShiftRegister)
def shift_register(params: ShiftRegister, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Compare the register, then shift it."""
    bits = _bits(at, at.cell)
    word = _compared(bits, at)
    _shift(bits, params)
    return word, at.random


@noise.register(Xorshift)
def xorshift(params: Xorshift, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Compare the number, then draw the next."""
    bits = _bits(at, at.cell)
    word = _compared(bits, at)
    _stir(bits, params)
    return word, at.random


@noise.register(SharedRegister)
def shared_register(params: SharedRegister, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Compare the register; the last cell shifts it."""
    bits = _bits(at, int(params.first[at.cell]))
    word = _compared(bits, at)
    if params.last[at.cell]:
        _shift(bits, params)
    return word, at.random


@noise.register(SharedXorshift)
def shared_xorshift(params: SharedXorshift, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Compare the number; the last cell draws the next."""
    bits = _bits(at, int(params.first[at.cell]))
    word = _compared(bits, at)
    if params.last[at.cell]:
        _stir(bits, params)
    return word, at.random
