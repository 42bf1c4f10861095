"""Cells, couplers, noise and converters of continuous chips against the equations that they come from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from support_errors import refused

from chipsim.components.cells.ou_cell import OuCell
from chipsim.components.cells.rlc_cell import RlcCell
from chipsim.components.converters.adc import Adc
from chipsim.components.converters.input_dac import InputDac
from chipsim.components.couplers.capacitor import Capacitor
from chipsim.components.couplers.conductance import Conductance
from chipsim.components.couplers.resistor_array import ResistorArray
from chipsim.components.noise.noise_source import NoiseSource
from chipsim.physics.held_matrix import Network, PartErrors
from chipsim.physics.low_rank import LowRank
from chipsim.physics.networks import realise
from chipsim.spec.chip import BOLTZMANN_J_PER_K, Technology

ROOM = Technology.model_validate({"node": "any", "vdd": "1 V", "temperature": "300 K"})
KT = BOLTZMANN_J_PER_K * 300
M_MATRIX = np.array([[2.0, -0.5, -0.3], [-0.5, 1.5, 0.0], [-0.3, 0.0, 1.0]])
SIGNED = np.array([[2.0, 0.5, -0.3], [0.5, 1.5, 0.2], [-0.3, 0.2, 1.0]])


def die() -> np.random.Generator:
    return np.random.default_rng(3)


def ou_cell() -> OuCell:
    return OuCell.model_validate(
        {"kind": "ou_cell", "capacitance": "1 nF", "conductance": "1 mS", "bias_current": "700 uA"}
    )


def rlc_cell() -> RlcCell:
    return RlcCell.model_validate(
        {
            "kind": "rlc_cell",
            "resistance": "2 kohm",
            "inductance": "100 uH",
            "capacitance": "1 nF",
            "bias_current": "1 mA",
        }
    )


def conductance(**changes: object) -> Conductance:
    keys = {"kind": "conductance", "bits": 24, "range": "1 mS", "sign": "both", "pitch": "1 um"}
    return Conductance.model_validate({**keys, **changes})


def noise(law: str) -> NoiseSource:
    return NoiseSource.model_validate({"kind": "noise_source", "law": law, "sigma": "3 mV", "bandwidth": "1 GHz"})


def covariance(cell: OuCell | RlcCell, network: Network, source: NoiseSource) -> NDArray[np.float64]:
    return cell.law(network, source.diffusion(network, cell, ROOM)).stationary()


def test_injected_noise_shows_the_inverse_of_the_conductances() -> None:
    network = conductance().realise(SIGNED, die())
    wanted = 9e-6 * 1e-3 * np.linalg.inv(np.asarray(network.held))
    np.testing.assert_allclose(covariance(ou_cell(), network, noise("injected")), wanted, rtol=1e-9)


def test_thermal_noise_of_resistors_is_kt_over_c_whatever_they_are() -> None:
    network = conductance(sign="passive").realise(M_MATRIX, die())
    found = covariance(ou_cell(), network, noise("thermal"))
    np.testing.assert_allclose(found, KT / 1e-9 * np.eye(3), rtol=1e-7, atol=1e-20)


def test_thermal_noise_of_signed_elements_counts_each_by_its_size() -> None:
    network = conductance().realise(SIGNED, die())
    charge = noise("thermal").diffusion(network, ou_cell(), ROOM)
    np.testing.assert_allclose(charge, 2 * KT * np.diag(np.abs(np.asarray(network.held)).sum(axis=1)), rtol=1e-12)


@pytest.mark.parametrize("law", ["injected", "thermal"])
def test_rlc_cells_settle_at_their_published_covariances(law: str) -> None:
    """Cov(v) = kappa0 R C^-1, Cov(i) = kappa0 R / L, nothing between them, 2 kappa0 the diffusion of the charge."""
    cell = rlc_cell()
    network = Capacitor.model_validate({"kind": "capacitor", "bits": 12, "range": "1 nF", "pitch": "1 cm"}).realise(
        M_MATRIX, die()
    )
    found, source = covariance(cell, network, noise(law)), noise(law)
    charge = source.diffusion(network, cell, ROOM)
    kappa0 = (charge if law == "injected" else charge[0, 0]) / 2
    if law == "injected":
        assert kappa0 == pytest.approx(9e-6 * 1e-9 / 2e3)
    np.testing.assert_allclose(found[:3, :3], kappa0 * 2e3 * np.linalg.inv(np.asarray(network.held)), rtol=1e-7)
    current_per_unit = np.sqrt(1e-9 / 1e-4)
    currents = found[3:, 3:] * current_per_unit**2
    np.testing.assert_allclose(currents, kappa0 * 2e3 / 1e-4 * np.eye(3), rtol=1e-6, atol=1e-6 * currents[0, 0])
    np.testing.assert_allclose(found[:3, 3:], 0, atol=1e-6 * found[0, 0])
    if law == "thermal":
        np.testing.assert_allclose(found[:3, :3], KT * np.linalg.inv(np.asarray(network.held)), rtol=1e-7)


def test_rlc_cells_ring_at_the_resonance_inside_an_envelope_of_2_r_c() -> None:
    network = realise(np.eye(2), 1e-9, 24, True, 0.0, die())
    rates = rlc_cell().law(network, 1e-20).rates()
    np.testing.assert_allclose(rates.real, 1 / (2 * 2e3 * 1e-9), rtol=1e-6)
    resonance = np.sqrt(1 / (1e-4 * 1e-9) - (1 / (2 * 2e3 * 1e-9)) ** 2)
    np.testing.assert_allclose(np.abs(rates.imag), resonance, rtol=1e-6)


@pytest.mark.parametrize("passive", [True, False])
def test_errors_of_parts_have_the_variances_that_are_told(passive: bool) -> None:
    """Codes of 4 bits and a mismatch of 2 %, over 4,000 dies; the diagonal of a passive network adds up its parts."""
    matrix = M_MATRIX if passive else SIGNED
    coarse = realise(matrix, 1.0, 4, passive, 0.0, die())
    step = 1 / (15 if passive else 7)
    assert np.abs(np.asarray(coarse.held) - np.asarray(coarse.wanted)).max() <= step / 2 * (3 if passive else 1) + 1e-12
    assert isinstance(coarse.errors, PartErrors)
    np.testing.assert_allclose(coarse.errors.code, np.asarray(coarse.held) - np.asarray(coarse.wanted), atol=1e-15)
    assert np.abs(coarse.errors.code).max() > step / 20
    dies = [realise(matrix, 1.0, 24, passive, 0.02, np.random.default_rng(i)) for i in range(4000)]
    off = np.array([np.asarray(d.held) - np.asarray(d.wanted) for d in dies])
    told = dies[0].errors.mismatch
    off_diagonal = ~np.eye(3, dtype=bool)
    found = off.var(axis=0)
    np.testing.assert_allclose(found[off_diagonal], told[off_diagonal], rtol=0.12, atol=1e-12)
    np.testing.assert_allclose(np.diag(found), told.sum(axis=1) if passive else np.diag(told), rtol=0.12)


def test_passive_networks_refuse_what_they_cannot_be() -> None:
    with refused("chip.not-passive", "element [0, 1] is 0.5: "):
        realise(SIGNED, 1.0, 8, True, 0.0, die())
    with refused("chip.not-passive", "row 0 sums to -0.5: "):
        realise(np.array([[1.0, -1.5], [-1.5, 3.0]]), 1.0, 8, True, 0.0, die())


def array(**changes: object) -> ResistorArray:
    keys = {"kind": "resistor_array", "rows": 4, "bits": 16, "range": "1 mS", "pitch": "1 um"}
    return ResistorArray.model_validate({**keys, **changes})


def low_rank() -> LowRank:
    rows = np.random.default_rng(5).standard_normal((2, 6))
    return LowRank(rows.T, np.diag([1.0, 0.5]), rows, 0.2)


@pytest.mark.kernel
def test_arrays_hold_factors_by_codes_and_keep_symmetry_without_mismatch() -> None:
    held = array(bits=6).realise(low_rank(), die()).held
    assert isinstance(held, LowRank)
    np.testing.assert_array_equal(held.left.T, held.right)
    step = np.abs(low_rank().right).max() / 31
    np.testing.assert_allclose(held.right / step, np.rint(low_rank().right / step), atol=1e-9)
    assert held.rest == pytest.approx(0.2e-3)
    off = array(mismatch=0.1).realise(low_rank(), die()).held
    assert isinstance(off, LowRank)
    ratios = off.left.T / off.right
    assert 0.1 < ratios.std() < 0.2


def test_arrays_refuse_matrices_that_are_no_factors_or_too_many() -> None:
    with refused("chip.unsuitable", "use seeded: low-rank"):
        array().realise(M_MATRIX, die())
    with refused("chip.too-small", "rank 2 for 1 rows"):
        array(rows=1).realise(low_rank(), die())


def test_heat_of_resistors_by_hand() -> None:
    volts = np.array([0.1, -0.2, 0.3])
    passive = conductance(sign="passive").realise(M_MATRIX, die())
    held = np.asarray(passive.held)
    by_pairs = sum(-held[i, j] * (volts[i] - volts[j]) ** 2 for i in range(3) for j in range(i))
    wanted = by_pairs + held.sum(axis=1) @ volts**2
    assert conductance(sign="passive").heat_w(passive, volts) == pytest.approx(wanted, rel=1e-9)
    signed = conductance().realise(SIGNED, die())
    each = sum(abs(np.asarray(signed.held)[i, j]) * volts[j] ** 2 for i in range(3) for j in range(3))
    assert conductance().heat_w(signed, volts) == pytest.approx(each, rel=1e-12)
    assert rlc_cell().heat_w(volts) == pytest.approx((volts**2).sum() / 2e3)


@pytest.mark.kernel
def test_heat_of_one_row_of_an_array_by_hand() -> None:
    """One row [1, -0.5], H = 1: |J| V^2 of both copies, H on a sum as large as the rms of the cells; lambda on each."""
    rows = np.array([[1.0, -0.5]])
    network = array(rows=1).realise(LowRank(rows.T, np.ones((1, 1)), rows, 0.25), die())
    volts = np.array([0.3, 0.1])
    rms2 = (0.09 + 0.01) / 2
    wanted = 1e-3 * ((0.09 + 0.5 * 0.01) + rms2 + 1.5 * rms2 + 0.25 * 0.1)
    assert array(rows=1).heat_w(network, volts) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.kernel
@pytest.mark.parametrize("mismatch", [0.0, 0.3])
def test_heat_resistor_by_resistor(mismatch: float) -> None:
    """|G| V^2 of each, with copies and a mismatched middle, and sums as large as the cells by rms."""
    random = np.random.default_rng(2)
    rows, middle = random.standard_normal((3, 5)), random.standard_normal((3, 3))
    kind = array(rows=3, mismatch=mismatch)
    network = kind.realise(LowRank(rows.T, middle + middle.T, rows, 0.25), die())
    held, volts = network.held, random.standard_normal(5)
    assert isinstance(held, LowRank)
    watts, arriving = 0.25e-3 * float(volts @ volts), volts
    for elements in (held.right, held.middle, held.left):
        largest = max(abs(g) for row in elements for g in row)
        leaving = []
        for row in elements:
            watts += sum(1e-3 * abs(g) / largest * v**2 for g, v in zip(row, arriving, strict=True))
            leaving.append(sum(g * v for g, v in zip(row, arriving, strict=True)))
        arriving = np.array(leaving) * np.sqrt((volts**2).mean() / (np.array(leaving) ** 2).mean())
    assert kind.heat_w(network, volts) == pytest.approx(watts, rel=1e-9)


def adc(**changes: object) -> Adc:
    keys = {
        "kind": "adc",
        "bits": 10,
        "full_scale": "1 V",
        "rate": "1 MHz",
        "channels": 4,
        "sampling_capacitance": "1 F",
    }
    return Adc.model_validate({**keys, **changes})


def test_conversions_cost_their_figure_of_merit() -> None:
    ideal = adc(figure_of_merit="20 fJ")
    # 2**10 - 1 levels over 2 V: a little less than 10 effective bits.
    sndr = 10 * np.log10((1 / (2 / 1022 / np.sqrt(12))) ** 2 / 2)
    assert ideal.effective_bits(ROOM) == pytest.approx((sndr - 1.76) / 6.02, rel=1e-12)
    assert ideal.modelled_energy_j("convert", ROOM, 1.0) == pytest.approx(20e-15 * 2 ** ideal.effective_bits(ROOM))
    schreier = adc(schreier_db=170.0)
    assert schreier.modelled_energy_j("convert", ROOM, 1.0) == pytest.approx(10 ** ((sndr - 170) / 10) / 2)
    assert adc().modelled_energy_j("convert", ROOM) is None
    with pytest.raises(ValueError, match="not both"):
        adc(figure_of_merit="20 fJ", schreier_db=170.0)


def test_noise_takes_effective_bits_away() -> None:
    """Noise of 15 quantisation errors is 20 log10(sqrt(226)) = 23.5 dB, or 3.9 bits."""
    quiet = adc(figure_of_merit="20 fJ")
    loud = adc(figure_of_merit="20 fJ", noise=f"{15 * quiet.error_v(ROOM)} V")
    lost = 10 * np.log10(226) / 6.02
    assert quiet.effective_bits(ROOM) - loud.effective_bits(ROOM) == pytest.approx(lost, rel=1e-9)


def test_sampling_adds_kt_over_c() -> None:
    small = adc(sampling_capacitance="1 fF")
    assert small.error_v(ROOM) == pytest.approx(np.hypot(small.step_v / np.sqrt(12), np.sqrt(KT / 1e-15)))


def test_input_converters_pay_kt_over_c_where_that_is_more() -> None:
    keys = {"kind": "input_dac", "full_scale": "1 V", "rate": "1 MHz", "channels": 1}
    few, many = (InputDac.model_validate({**keys, "bits": bits}) for bits in (8, 16))
    assert few.modelled_energy_j("convert", ROOM, 1.0) == pytest.approx(50e-15 * 8)
    assert many.modelled_energy_j("convert", ROOM, 1.0) == pytest.approx(12 * KT * 4**16)
    assert many.modelled_energy_j("convert", ROOM, 1.0) == pytest.approx(213e-12, rel=0.01)  # continuous: 213 pJ, 16 b


def test_channels_convert_side_by_side() -> None:
    from chipsim.components.base import Transfer

    assert adc().service_fs(Transfer("read", 10, 10, cells=10), 10) == 3 * 10**9
    assert adc().service_fs(Transfer("read", 8, 10, cells=8), 8) == 2 * 10**9


def test_injected_noise_costs_its_real_drive() -> None:
    source = NoiseSource.model_validate(
        {"kind": "noise_source", "law": "injected", "sigma": "0.1 V", "bandwidth": "1 MHz", "load": "1 nF"}
    )
    assert source.modelled_energy_j("inject", ROOM, 1.0) == pytest.approx(1e-9 * 0.01 * 2 * np.pi * 1e6 * 1e-9)
    assert source.counts(3, 2_500_000) == {"inject": 9}
    assert noise("thermal").counts(3, 2_500_000) == {}
