"""coupler: signed integer weights between cells, and the wires that carry a cell's state to its neighbours.

A weight of b bits is an integer code from -(2**(b-1) - 1) to +(2**(b-1) - 1) times one step; the largest code stands
for `weight_range`, or for the largest coupling written if that is larger: the reference of the ladder is raised for the
whole set, and small couplings become coarser. With `overflow: saturate`, as in fixed point, larger values become the
largest code instead. The bias of a cell is one more weight of its ladder with a separate full scale, of `bias_bits`
where they are given; it then takes as many words of the weight memory as it needs.

A cell that toggles recharges the wires to all its neighbours: C V**2 / 2, C = capacitance per length * pitch * total
length (arXiv 2510.23972 app. D: C_n = eta * l * sum of neighbour distances).

A change travels to the other end of a wire in `delay_per_length` * pitch * length of that coupling, and the node of a
cell on which its couplings add up follows with the time constant `node_rc`: `late.py` has the equations, `flights.py`
those without a clock. Both are 0 unless given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, half_cv2_j, powered
from chipsim.components.couplers.base import CouplerKind, Weights
from chipsim.components.couplers.flights import FlightField, flight_field
from chipsim.components.couplers.late import LateField, Links, NodeField, late_field
from chipsim.components.couplers.pairs import PairField
from chipsim.errors import ChipsimError
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Number, Quantity, Whole


def _largest(values: NDArray[np.float64]) -> float:
    """Largest magnitude; 0 of none."""
    return max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))


class Coupler(CouplerKind):
    """Parameters of weights and wires; `swing` defaults to the full supply."""

    weight_bits: Annotated[int, Whole(ge=2, le=24)]
    weight_range: Annotated[float, Number(gt=0, le=1e6)] = 1.0
    bias_bits: Annotated[int, Whole(ge=2, le=24)] | None = None
    overflow: Literal["stretch", "saturate"] = "stretch"
    pitch: Annotated[float, Quantity("m", gt=0, le=1)]
    capacitance_per_length: Annotated[float, Quantity("F/m", gt=0, le=1)]
    swing: Annotated[float, Quantity("V", gt=0, le=100)] | None = None
    delay_per_length: Annotated[float, Quantity("s/m", ge=0, le=1)] = 0.0
    node_rc: Annotated[float, Quantity("s", ge=0, le=1)] = 0.0

    name: ClassVar[str] = "coupler"
    summary: ClassVar[str] = "integer weights and wires between cells"
    ideal: ClassVar[Mapping[str, Any]] = {"weight_bits": 24, "bias_bits": 24, "delay_per_length": 0.0, "node_rc": 0.0}

    def toggle_j(self, technology: Technology, magnitude: float) -> float:
        """C V**2 / 2 of the wires of one class; `magnitude` is their capacitance in farads."""
        return half_cv2_j(magnitude, self.swing_v(technology))

    actions: ClassVar[tuple[Action, ...]] = (
        Action(
            "toggle",
            "fabric",
            "toggle",
            "one cell changing state and recharging the wires to its neighbours",
            energy=toggle_j,
        ),
        powered("fabric", "standby power of the couplers"),
    )

    def swing_v(self, technology: Technology) -> float:
        """`swing`, or the full supply."""
        return technology.vdd if self.swing is None else self.swing

    @property
    def largest_code(self) -> int:
        """2**(bits - 1) - 1."""
        return int(2 ** (self.weight_bits - 1) - 1)

    def largest_weight(self) -> float:
        """`weight_range`."""
        return self.weight_range

    def quantise(self, couplings: NDArray[np.float64], biases: NDArray[np.float64]) -> Weights:
        """Round to the nearest code. Values above `weight_range` stretch the full scale of the set, or saturate."""
        asked = couplings, biases
        if self.overflow == "saturate":
            couplings, biases = (np.clip(values, -self.weight_range, self.weight_range) for values in asked)
        full, bias_full = (max(self.weight_range, _largest(values)) for values in (couplings, biases))
        largest_bias = 2 ** ((self.bias_bits or self.weight_bits) - 1) - 1
        step, bias_step = full / self.largest_code, bias_full / largest_bias
        # In place: the weights of a large chip take most of the memory there is.
        work = couplings / step
        codes = np.rint(work, out=work).astype(np.int32)
        work *= step
        work -= asked[0]
        held = np.rint(biases / bias_step) * bias_step
        error = max(_largest(work), _largest(held - asked[1]))
        return Weights(codes, step, held, error, max(full, bias_full) / self.weight_range, bias_step)

    def field(
        self,
        first: NDArray[np.int32],
        neighbour: NDArray[np.int32],
        codes: NDArray[np.int32],
        step: NDArray[np.float64],
        biases: NDArray[np.float64],
    ) -> PairField:
        """Neighbour list with int16 codes if every field fits into int16, else int32.

        The sum of codes is exact in both; as float32 it is exact to 2**24 and rounded to 24 bits above.
        """
        totals = np.add.reduceat(np.append(codes, 0).astype(np.int64), first[:-1]) * (np.diff(first) > 0)
        sizes = np.add.reduceat(np.append(np.abs(codes), 0).astype(np.int64), first[:-1])
        if sizes.max(initial=0) > np.iinfo(np.int32).max:
            raise ChipsimError(
                f"couplers: the weights of one cell sum to {sizes.max():,} codes, which overflows 32 bits; "
                "use fewer weight_bits",
                code="chip.out-of-range",
            )
        narrow = int(sizes.max(initial=0)) <= np.iinfo(np.int16).max
        integer: Any = np.int16 if narrow else np.int32
        return PairField(
            first.astype(np.int32),
            neighbour.astype(np.int32),
            codes.astype(integer),
            (-totals).astype(integer),
            step.astype(np.float32),
            biases.astype(np.float32),
        )

    def wire_capacitance_f(self, length_pitches: NDArray[np.float64]) -> NDArray[np.float64]:
        """Capacitance per length * pitch * length."""
        return length_pitches * (self.pitch * self.capacitance_per_length)

    def delays_s(self, length_pitches: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Delay per length * pitch * length."""
        return length_pitches * (self.pitch * self.delay_per_length) if self.delay_per_length else None

    def node_rc_s(self) -> float:
        """`node_rc`."""
        return self.node_rc

    def late(self, field: PairField, links: Links) -> LateField | NodeField:
        """Words that have arrived, on nodes that settle."""
        return late_field(field, links, self.node_rc)

    def in_flight(self, field: PairField, delays_fs: NDArray[np.int64], first_kept: int, many: int) -> FlightField:
        """Words as they were."""
        return flight_field(field, delays_fs, first_kept, many)

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """One value per directed coupling and one bias per cell, of as many words as it needs."""
        words = -(-(self.bias_bits or self.weight_bits) // self.weight_bits)
        return 2 * couplers + cells * words, self.weight_bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)
