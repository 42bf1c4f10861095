"""What a run recorded, as a labelled array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.observations import Records
from chipsim.results.columns import optional

if TYPE_CHECKING:
    import xarray


class RunRecords:
    """Observables at recorded instants of all lanes. The simulator records them; they cost the chip nothing.

    Args:
        held: the arrays.

    Attributes:
        energies: (records, lanes) energy of the problem as given, without unit.
        magnetisation: (records, lanes) sum of all spins.
        projections: (records, lanes, P) sums of spins with random signs.
        times_s: (records,) simulated time in s.
        sweeps: (records,) sweeps done.

    Example:
        >>> import chipsim
        >>> settings = {"schedule.sweeps": 50, "schedule.record_every": 10}
        >>> records = chipsim.run("tiny", "spin-glass", set=settings, lanes=8).records
        >>> records.energies.shape, records.sweeps.tolist()
        ((5, 8), [10, 20, 30, 40, 50])
        >>> records.to_xarray().energy.mean("lane").plot()  # doctest: +SKIP
    """

    def __init__(self, held: Records) -> None:
        self.energies, self.times_s, self.sweeps = held.energies, held.times_s, held.sweeps
        watched = held.projections.shape[2] > 0
        self.magnetisation = held.projections[:, :, 0] if watched else np.zeros((0, held.energies.shape[1]), np.float32)
        self.projections = held.projections[:, :, 1:]

    def to_xarray(self) -> xarray.Dataset:
        """What was recorded: `energy` and `magnetisation` (record, lane), `projection` (record, lane, direction).

        Coordinates of `record` are `time` (s) and `sweep`; units are in the attribute `units` of each variable.

        Raises:
            RunError: xarray is not installed.
        """
        record, both = ("record",), ("record", "lane")
        described: dict[str, tuple[tuple[str, ...], NDArray[Any], str]] = {
            "energy": (both, self.energies, "energy of the problem as given"),
            "magnetisation": (both, self.magnetisation, "sum of all spins"),
            "projection": ((*both, "direction"), self.projections, "sum of all spins with random signs"),
        }
        variables = {
            name: (dims, values, {"units": "1", "long_name": meaning})
            for name, (dims, values, meaning) in described.items()
            if values.size
        }
        coordinates = {
            "time": (record, self.times_s, {"units": "s", "long_name": "simulated time"}),
            "sweep": (record, self.sweeps, {"units": "1", "long_name": "sweeps done"}),
            "lane": ("lane", np.arange(self.energies.shape[1]), {"long_name": "independent repetition"}),
        }
        dataset: xarray.Dataset = optional("xarray").Dataset(variables, coordinates)
        return dataset

    def __repr__(self) -> str:
        records, lanes = len(self.sweeps), self.energies.shape[1]
        return f"<RunRecords: {records} records of {lanes} lanes>"
