"""From the policy of a clock to the schedule of an array; policies other than colours, which `program.py` compiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist
from chipsim.compiler.schedule import DrawnSchedule
from chipsim.components.digital.base import Policy
from chipsim.errors import SpecError
from chipsim.kernels.scattered import Scattered
from chipsim.kernels.together import BLOCK, EACH, PARTITION, STRIDE, Together
from chipsim.kernels.windows import Windows
from chipsim.spec.model import fail

CHOICES = {"tick-random": EACH, "partition": PARTITION, "block-random": BLOCK, "block-stride": STRIDE}
# A cell is picked by 40 random bits times the number of cells, in 64 bits.
MAX_CELLS = 2**24


def check_policy(netlist: Netlist) -> None:
    """Check a policy other than colours against fabric and noise.

    Raises:
        SpecError: coupled cells would latch together, and the spec does not allow it; or the policy does not go with
            the colours, the noise, or the size of the array.
    """
    fabric, chip, domain = netlist.fabric, netlist.chip, netlist.latched
    policy, name = domain.clock.kind.policy(), domain.clock.name
    for key, is_set in (("colours", chip.model.fabric.colours != "auto"), ("colouring", fabric.colouring is not None)):
        if is_set:
            complaint = f"{key} has no effect where {name} latches cells otherwise ({policy.order}); remove it"
            raise fail(chip.document, ("fabric", key), complaint, code="spec.no-effect")
    if policy.together and len(fabric.edges) and chip.model.fabric.coupled_updates == "forbid":
        raise _wrong(
            netlist,
            f"{policy.order} latches cells together that are coupled; use fabric.coupled_updates: allow, or colours, "
            "sequential or random-sequential, which sample the Boltzmann distribution",
            "spec.colour-clash",
        )
    if policy.together and policy.order != "tick-random" and policy.parts > fabric.sites:
        complaint = f"{policy.parts:,} parts of {fabric.sites:,} cells; use at most one part per cell"
        raise _wrong(netlist, complaint, "spec.out-of-range")
    if domain.noise.kind.uses_relaxation():
        fresh = f"use law: ideal for {domain.noise.name}, or updates: colours"
        complaint = f"{policy.order} goes only with noise that is independent at each latch; {fresh}"
        raise _wrong(netlist, complaint, "chip.unsuitable")
    if fabric.sites > MAX_CELLS:
        complaint = f"{policy.order} takes at most {MAX_CELLS:,} cells; the fabric has {fabric.sites:,}"
        raise _wrong(netlist, complaint, "spec.too-large")


def _wrong(netlist: Netlist, complaint: str, code: str) -> SpecError:
    """An error at the clock."""
    return fail(netlist.chip.document, netlist.latched.clock.spec.path, complaint, code=code)


def drawn_schedule(
    netlist: Netlist, slot_of: NDArray[np.int64], cell_class: NDArray[np.int64], window_fs: int
) -> DrawnSchedule:
    """The schedule of a policy other than colours.

    Args:
        netlist: the chip.
        slot_of: (N,) the slot of each site.
        cell_class: (N,) price class of each slot.
        window_fs: the shortest delay of a wire where cells latch at random times; 0 without delays.
    """
    clock = netlist.latched.clock.kind
    policy, phase, cells = clock.policy(), clock.phase_fs(), len(slot_of)
    classes = int(cell_class.max(initial=0)) + 1
    if policy.together:
        chosen = Together(CHOICES[policy.order], policy.parts, slot_of, cell_class, classes)
        return DrawnSchedule(chosen, phase, policy.parts, phase, policy.parts)
    if window_fs:
        return DrawnSchedule(Windows(phase, window_fs, cell_class, classes), phase, 1, phase, 1)
    in_turn = slot_of if policy.order == "sequential" else np.zeros(0, np.int64)
    alone = Scattered(in_turn, cell_class, classes, float(cells), not policy.clocked, 1)
    phases = cells if policy.clocked else 1
    return DrawnSchedule(alone, phases * phase, 1, phase, phases)


def words_of(policy: Policy, colours: int) -> str:
    """How the cells of an array latch, in words."""
    share = f"1/{policy.parts} of the cells"
    return {
        "colours": f"{colours} colours",
        "sequential": "one cell after another",
        "random-sequential": "one random cell at a time",
        "free-running": "each cell at random times of its own",
        "tick-random": f"each cell with probability 1/{policy.parts}",
        "partition": f"fresh random parts of {share}",
        "block-random": f"random blocks of {share}",
        "block-stride": f"{share} at random strides",
    }[policy.order]
