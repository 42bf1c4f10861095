"""What a device does with parts of its array: it sets their betas, sums their energies, and exchanges their states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.components.base import Transfer
from chipsim.components.converters.base import BiasKind
from chipsim.components.couplers.base import Weights
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.latched.energies import energies_of_parts
from chipsim.engine.packing import lanes_of_words, words_of_lanes
from chipsim.engine.periphery import ARRAY, Periphery
from chipsim.engine.timeline import Operation
from chipsim.errors import ChipsimError


class Parts(Periphery):
    """Periphery of one latched array.

    Args:
        program: the compiled chip.
        array: of it.
        seed: of all random numbers.
    """

    _weights: Weights

    def __init__(self, program: Program, array: LatchedArray, seed: int) -> None:
        super().__init__(program.netlist, array.lanes, seed)
        self.program = program
        self.array = array
        self._beta_error = 0.0
        self._loaded = False
        # Beta of each cell relative to that of the array, by slot; None if all are equal.
        self._share: NDArray[np.float64] | None = None

    def set_beta(
        self, beta: float | Sequence[float], after: Sequence[Operation] = (), shared: bool = False
    ) -> Operation:
        """Set the inverse temperature through the bias converter, to its resolution; once per batch if `shared`.

        A sequence has one value for each container of cells that has its own converter.

        Raises:
            ChipsimError: the chip has no route to a bias converter, or not so many converters, or beta is negative.
        """
        betas = np.atleast_1d(np.asarray(beta, np.float64))
        if not (betas >= 0).all():
            raise ChipsimError(f"beta must be >= 0; got {beta}", code="run.argument")
        route, converter = self.program.netlist.route("bias"), self.program.netlist.end("bias", BiasKind)
        if len(betas) not in (1, converter.containers):
            complaint = f"{len(betas)} betas for {converter.containers} converters ({converter.name})"
            raise ChipsimError(complaint, code="run.argument")
        made = np.array([converter.kind.realised(float(each)) for each in betas])
        self._beta_error = max(self._beta_error, float(np.abs(made - betas).max()))
        self._spread_beta(made)
        code = Transfer("bias", 1, converter.kind.bits)
        codes = replace(code, words=len(betas), parts=(code,) * len(betas)) if len(betas) > 1 else code
        return self._stream("bias", route, codes, after, (), (ARRAY,), shared)[0]

    def hard_wire_beta(self, beta: float) -> None:
        """Fix the inverse temperature by design: no operation, no cost."""
        self._spread_beta(np.array([beta]))

    def sum_energies(
        self, part_of: NDArray[np.int64], after: Sequence[Operation] = ()
    ) -> tuple[NDArray[np.float64], Operation]:
        """Sum the energies of parts of the array in its unit for energies, from the weights that it holds.

        Units in containers sum those of the part in their container, side by side. With a route from the unit to a
        host, each energy is sent there, as long as a sum of so many codes may become.

        Args:
            part_of: (sites,) part of each cell, -1 for none. Couplings between parts are left out.
            after: operations to wait for; the array is paused.

        Returns:
            (parts, lanes) energies in units of J, and the operation after which they are known.

        Raises:
            ChipsimError: the chip has no such unit, or units in containers but not one for each part.
        """
        units = self.netlist.digital_units("energies")
        if not units:
            complaint = f"{self.netlist.chip.document.source}: no unit that sums energies, such as an energy_sum"
            raise ChipsimError(complaint, code="chip.no-unit")
        terms, energies = energies_of_parts(self.program.netlist.fabric.edges, self._weights, part_of)
        unit, parts = units[0], len(terms)
        if unit.containers not in (1, parts):
            raise ChipsimError(f"{parts} parts for {unit.containers} units ({unit.name})", code="run.argument")
        work = sum(terms) if unit.containers == 1 else terms
        operation = self.compute(work, after, unit.name, along=(ARRAY,))
        if "energy" in self.netlist.routes:
            one = Transfer("energy", 1, self.netlist.weights.bits + (max(terms) - 1).bit_length())
            sent = replace(one, words=parts, parts=(one,) * parts)
            operation = self._stream("energy", self.netlist.route("energy"), sent, (operation,))[0]
        return energies(lanes_of_words(self.array.words(self.program.slot_of), self.lanes)), operation

    def exchange(self, one: NDArray[np.int64], other: NDArray[np.int64], lanes: NDArray[np.bool_]) -> None:
        """Exchange the states of two sets of sites in some lanes, (lanes,).

        Not an operation of a chip: it stands for an exchange of the betas of two sets of equal cells, or of their
        weights, which the caller books.
        """
        mask = words_of_lanes(np.where(lanes, 1, -1).astype(np.int8)[:, None])[0]
        self.array.exchange(self.program.slot_of[one], self.program.slot_of[other], mask)

    def _spread_beta(self, betas: NDArray[np.float64]) -> None:
        """Beta of the array, or of each container relative to the largest of them."""
        largest, share = float(betas.max()), None
        if len(betas) > 1:
            part = np.arange(self.program.cells) // (self.program.cells // len(betas))
            share = (betas / largest if largest else np.ones(len(betas)))[part][self.program.site_of]
        self._loaded = self._loaded and _same(share, self._share)
        self._share = share
        self.array.set_beta(largest)


def _same(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
