"""Price equations and noise of the periphery, each for one set of round numbers."""

from __future__ import annotations

from statistics import NormalDist

import pytest

import chipsim
from chipsim.components.converters.dac import Dac
from chipsim.components.converters.readout import Readout
from chipsim.spec.chip import Technology

HALF_VOLT = Technology(node="none", vdd="0.5 V", temperature="300 K")


def readout(**changes: object) -> Readout:
    given = {
        "kind": "readout",
        "mode": "adc",
        "time": "10 ns",
        "wire_length": "24 um",
        "capacitance_per_length": "350 aF/um",
        "sampling_capacitance": "1 fF",
    }
    return Readout.model_validate({**given, **changes})


def test_a_read_wire_costs_half_c_v_squared() -> None:
    # 24 um of 350 aF are 8.4 fF; half of that times 0.25 V^2.
    assert readout().modelled_energy_j("drive", HALF_VOLT, 1.0) == pytest.approx(1.05e-15, rel=1e-12, abs=0)
    # With a swing of its own, 0.2 V: half of 8.4 fF times 0.04 V^2.
    assert readout(swing="0.2 V").modelled_energy_j("drive", HALF_VOLT, 1.0) == pytest.approx(
        0.168e-15, rel=1e-12, abs=0
    )


def test_a_conversion_costs_the_figure_of_merit_for_each_of_its_levels() -> None:
    # 6 fJ for each of 2^5 = 32 levels.
    assert readout(bits=5).modelled_energy_j("convert", HALF_VOLT, 1.0) == pytest.approx(192e-15, rel=1e-12, abs=0)
    assert readout(bits=1, figure_of_merit="10 fJ").modelled_energy_j("convert", HALF_VOLT, 1.0) == pytest.approx(
        20e-15, rel=1e-12, abs=0
    )


def test_a_bias_code_costs_a_unit_capacitor_for_each_bit() -> None:
    # 50 fF x 8 bits x 0.25 V^2.
    dac = Dac.model_validate({"kind": "dac", "bits": 8, "full_scale": 4, "settle_time": "1 us"})
    assert dac.modelled_energy_j("convert", HALF_VOLT, 1.0) == pytest.approx(100e-15, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("swing", "capacitance", "kelvin", "sigmas"),
    [
        # sqrt(1.380649e-23 J/K x 300 K / 1 fF) = 2.035177 mV; half of 10 mV is 2.456789 of it.
        ("10 mV", "1 fF", 300, 2.456789),
        # Four times the capacitor, half the noise.
        ("10 mV", "4 fF", 300, 4.913578),
        # A quarter of the temperature too.
        ("5 mV", "1 fF", 75, 2.456789),
    ],
)
def test_a_decision_is_wrong_where_noise_goes_beyond_half_the_swing(
    swing: str, capacitance: str, kelvin: float, sigmas: float
) -> None:
    technology = Technology(node="none", vdd="0.5 V", temperature=f"{kelvin} K")
    found = readout(swing=swing, sampling_capacitance=capacitance).error_probability(technology)
    assert found == pytest.approx(NormalDist().cdf(-sigmas), rel=1e-5, abs=0)


def test_the_tail_at_1_fF_and_10_mV() -> None:
    # Q(2.456789) by the asymptotic series phi(x)/x (1 - 1/x^2 + 3/x^4 - 15/x^6 + ...) lies between 0.0069 and 0.0072.
    technology = Technology(node="none", vdd="0.5 V", temperature="300 K")
    assert 0.0069 < readout(swing="10 mV").error_probability(technology) < 0.0072


@pytest.mark.kernel
def test_an_adc_in_a_run() -> None:
    # Four readings of 16 cells, 6 fJ x 32 each; 5 bits a cell cross the link at 2 pJ, 16 would.
    settings = {"readout.mode": "adc", "readout.bits": 5}
    rows = {
        name: {
            (row["component"], row["action"]): row for row in chipsim.run("tiny", "clamped", set=set_).summary["ledger"]
        }
        for name, set_ in (("sense", {}), ("adc", settings))
    }
    convert = rows["adc"]["readout", "convert"]
    assert (convert["count"], convert["energy_j"]) == (64, pytest.approx(64 * 192e-15, rel=1e-12, abs=0))
    assert ("readout", "sense") not in rows["adc"]
    more_bits = rows["adc"]["link", "transfer"]["count"] - rows["sense"]["link", "transfer"]["count"]
    assert more_bits == 64 * (5 - 1)
