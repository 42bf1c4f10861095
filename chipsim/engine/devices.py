"""Factory of devices: selects the device of latched or continuous cells for a program."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from chipsim.compiler.program import ContinuousProgram, Program
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.device import Device


@singledispatch
def new_device(program: Any, lanes: int, seed: int, threads: int = 1, first_group: int = 0) -> Any:
    """A device of this program.

    Args:
        program: the compiled chip.
        lanes: number of repetitions.
        seed: of all random numbers.
        threads: that share the lanes.
        first_group: number of the first group of 64 lanes; a run continues where another left off.
    """
    raise TypeError(f"no device for {type(program).__name__}")


@new_device.register
def _(program: Program, lanes: int, seed: int, threads: int = 1, first_group: int = 0) -> Device:
    return Device(program, lanes, seed, threads, first_group=first_group)


@new_device.register
def _(program: ContinuousProgram, lanes: int, seed: int, threads: int = 1, first_group: int = 0) -> ContinuousDevice:
    return ContinuousDevice(program, lanes, seed, threads, first_group=first_group)
