"""What parts are counted by, and their price equations: the tables "Actions" and "Equations" of docs/physics.md."""

from __future__ import annotations

import math
import re
from typing import Any

from support_quantities import BOLTZMANN, si
from support_spec import ROOT

GROUPS = ("fabric", "program", "clamp", "readout", "link", "memory", "digital", "static")

# The table of docs/physics.md, one kind a line: "| pbit | update: update, fabric; on: s, fabric |".
PAGE = (ROOT / "docs" / "physics.md").read_text()
ROWS = re.findall(r"^\| (\w+) \| (\w+: [\w -]+, \w+(?:; \w+: [\w -]+, \w+)*) \|$", PAGE, re.MULTILINE)
# kind -> (action, group, unit), in the order of a ledger.
ACTIONS = {
    kind: tuple((action, group, unit) for action, unit, group in re.findall(r"(\w+): ([\w -]+), (\w+)", told))
    for kind, told in ROWS
}
# Parts that are no part of the chip, and digital parts and links around the array.
BESIDE_THE_CHIP = ("host", "mac_unit", "link")
AUXILIARY = ("host", "link", "controller", "mac_unit", "energy_sum")


class Equations:
    """Joules of one count by the equation of a kind, where a price says `model: true`."""

    def __init__(self, technology: dict[str, Any], side_m: float, class_farads: list[float]) -> None:
        self.vdd = si(technology["vdd"])
        self.thermal = BOLTZMANN * si(technology["temperature"])
        self.side_m = side_m
        self.class_farads = class_farads

    def joules(self, kind: str, action: str, keys: dict[str, Any]) -> list[float]:
        """One value, or one for each class of wires; none where the kind has no equation."""
        if (kind, action) == ("coupler", "toggle"):
            return [farads * self._swing(keys) ** 2 / 2 for farads in self.class_farads]
        equation = getattr(self, f"_{kind}_{action}", None)
        found = None if equation is None else equation(keys)
        return [] if found is None else [found]

    def sampled_v(self, keys: dict[str, Any]) -> float:
        """sqrt(kT/C)."""
        return math.sqrt(self.thermal / si(keys["sampling_capacitance"]))

    def read_error(self, keys: dict[str, Any]) -> float:
        """Q(swing / (2 sqrt(kT/C)))."""
        return math.erfc(self._swing(keys) / (2 * self.sampled_v(keys)) / math.sqrt(2)) / 2

    def _swing(self, keys: dict[str, Any]) -> float:
        return self.vdd if keys.get("swing") is None else si(keys["swing"])

    def _clock_tick(self, keys: dict[str, Any]) -> float:
        return si(keys["wire_per_cell"]) * si(keys["capacitance_per_length"]) * self._swing(keys) ** 2 / 2

    def _readout_drive(self, keys: dict[str, Any]) -> float:
        length = self.side_m if keys.get("wire_length") is None else si(keys["wire_length"])
        return length * si(keys["capacitance_per_length"]) * self._swing(keys) ** 2 / 2

    def _readout_convert(self, keys: dict[str, Any]) -> float:
        return si(keys.get("figure_of_merit", 6e-15)) * 2 ** keys.get("bits", 1)

    def _dac_convert(self, keys: dict[str, Any]) -> float:
        return si(keys.get("unit_capacitance", 50e-15)) * keys["bits"] * self.vdd**2

    def _input_dac_convert(self, keys: dict[str, Any]) -> float:
        return max(self._dac_convert(keys), 12 * self.thermal * 4 ** keys["bits"])

    def _adc_convert(self, keys: dict[str, Any]) -> float | None:
        sndr = self.sndr_db(keys)
        if "figure_of_merit" in keys:
            return si(keys["figure_of_merit"]) * 2 ** ((sndr - 1.76) / 6.02)
        return 10 ** ((sndr - keys["schreier_db"]) / 10) / 2 if "schreier_db" in keys else None

    def sndr_db(self, keys: dict[str, Any]) -> float:
        """Of a full sine against rounding, noise of the converter and kT/C."""
        full = si(keys["full_scale"])
        step = 2 * full / (2 ** keys["bits"] - 2)
        error = step**2 / 12 + si(keys.get("noise", 0.0)) ** 2 + self.sampled_v(keys) ** 2
        return 10 * math.log10(full**2 / 2 / error)

    def _ou_cell_integrate(self, keys: dict[str, Any]) -> float:
        return self.vdd * si(keys["bias_current"]) * 1e-9

    def _rlc_cell_amplify(self, keys: dict[str, Any]) -> float:
        return self.vdd * si(keys["bias_current"]) * 1e-9

    def _noise_source_inject(self, keys: dict[str, Any]) -> float:
        load, sigma, band = (si(keys[name]) for name in ("load", "sigma", "bandwidth"))
        return load * sigma**2 * 2 * math.pi * band * 1e-9

    def _host_small_cache(self, keys: dict[str, Any]) -> float:
        return cache_word_j(si(keys.get("small_cache", "32 KiB"))) * keys.get("word_bits", 64) / 64

    def _host_large_cache(self, keys: dict[str, Any]) -> float:
        return cache_word_j(si(keys.get("large_cache", "1024 KiB"))) * keys.get("word_bits", 64) / 64


def cache_word_j(size: float) -> float:
    """10, 20 and 100 pJ at 8, 32 and 1024 KiB, a power law between and beyond."""
    points = ((8, 10e-12), (32, 20e-12), (1024, 100e-12))
    (x0, y0), (x1, y1) = points[:2] if size / 1024 <= points[1][0] else points[1:]
    return y0 * (size / 1024 / x0) ** (math.log(y1 / y0) / math.log(x1 / x0))
