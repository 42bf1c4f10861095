"""Uncoupled cells that latch every T against closed forms of their autocorrelation rho(t) and of tau_int.

    redraw, telegraph   rho(t) = k**t, k = exp(-T/tau0), so tau_int = coth(T / (2 tau0))
    comparator          at zero field (2/pi) asin of the autocorrelation of the voltage: 1.753 at T = tau0

T is the time between latches of one cell: as many phases of 100 ns as there are colours. From N records, the standard
error of rho(t) is that of Bartlett (1946) for this rho, that of tau_int is tau sqrt(2 (2 w + 1) / N) with a window w of
5 tau (Sokal 1997); 5 of either are allowed for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_errors import refused
from support_small_chips import SmallChip, compiled, grid

from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import Rng
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.packing import lanes_of_words
from chipsim.statistics.effective_samples import autocovariance, tau_int

LANES = 4096
RECORDS = 1000
PHASE_NS = 100
LAGS = 2000


def bartlett_error(rho: NDArray[np.float64], lag: int, samples: int) -> float:
    """Standard error of an estimate of rho(lag), whose values at lags 0, 1, ... are given."""
    both = np.concatenate([rho[:0:-1], rho])
    ahead, behind = np.roll(both, -lag), np.roll(both, lag)
    terms = both**2 + ahead * behind + 2 * rho[lag] ** 2 * both**2 - 4 * rho[lag] * both * behind
    return math.sqrt(terms.sum() / samples)


def of_redraw(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocorrelation after a time in units of tau0."""
    return np.exp(-t)


def of_comparator(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocorrelation at zero field after a time in units of tau0."""
    return 2 / math.pi * np.arcsin(np.exp(-t))


def check_mixing(chip: SmallChip, tau0_ns: float, colours: int, autocorrelation: Any = of_redraw) -> float:
    """Record the magnetisation of uncoupled cells at every latch; returns the exact tau_int."""
    device = Device(compiled(chip), LANES, seed=1)
    assert device.program.colours == colours
    couplings, biases = chip.weights(device.program)
    assert not couplings.any()
    assert biases.any() == (autocorrelation is of_redraw)
    device.write(couplings, biases)
    device.hard_wire_beta(chip.beta)
    device.sample(math.ceil(20 * tau0_ns / PHASE_NS) + 20)
    device.sample(RECORDS, RecordRequest(every=1, projections=0))
    series = device.recorded().projections[:, :, 0].astype(float)
    ratio = colours * PHASE_NS / tau0_ns
    rho, samples = autocorrelation(ratio * np.arange(LAGS)), RECORDS * LANES
    exact = 1 + 2 * rho[1:].sum()
    covariance = autocovariance(series)
    for lag in (1, 2, 5):
        error = bartlett_error(rho, lag, samples)
        assert covariance[lag] / covariance[0] == pytest.approx(rho[lag], abs=5 * error), f"mixing: lag {lag}"
    found, error = tau_int(series), exact * math.sqrt(2 * (10 * exact + 1) / samples)
    print(f"tau_int {found:.4f}, exact {exact:.4f}, z {(found - exact) / error:.2f}")
    assert found == pytest.approx(exact, abs=5 * error), "mixing: tau_int"
    return float(exact)


def uncoupled(pattern: str, tau0_ns: float, law: str = "redraw", bias: float = 0.4) -> SmallChip:
    """16 cells whose couplers hold 0."""
    return SmallChip(
        f"uncoupled {pattern}", grid(pattern, 4, 4), 0, 0, bias, seed=31, law=law, relaxation_time=f"{tau0_ns} ns"
    )


# At 6000 ns a cell is renewed so seldom that the kernel draws a second number for it.
@pytest.mark.parametrize("tau0_ns", [50, 200, 1000, 6000])
@pytest.mark.parametrize(("pattern", "colours"), [("square", 2), ("triangular", 3)])
@pytest.mark.parametrize("law", ["redraw", "telegraph"])
def test_tau_int_is_coth(law: str, pattern: str, colours: int, tau0_ns: float) -> None:
    ratio = colours * PHASE_NS / tau0_ns
    exact = check_mixing(uncoupled(pattern, tau0_ns, law), tau0_ns, colours)
    assert exact == pytest.approx(1 / math.tanh(ratio / 2))


@pytest.mark.parametrize("tau0_ns", [50, 200, 400, 2000])
def test_tau_int_of_a_comparator_is_a_sum_of_arc_sines(tau0_ns: float) -> None:
    exact = check_mixing(uncoupled("square", tau0_ns, "comparator", bias=0), tau0_ns, 2, of_comparator)
    if tau0_ns == 200:
        assert round(exact, 3) == 1.753


def test_a_voltage_of_one_over_f_has_the_autocorrelation_of_its_sum() -> None:
    """Two decades from 50 ns: 5 processes."""
    chip = uncoupled("square", 50, "comparator, spectrum: 1/f, decades: 2", bias=0)
    times = compiled(chip).netlist.latched.noise.kind.relaxation_times()
    assert len(times) == 5

    def of_sum(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return 2 / math.pi * np.arcsin(np.exp(-t[:, None] / times).mean(axis=1))

    check_mixing(chip, 50, 2, of_sum)


def test_a_voltage_of_a_given_spectrum_has_the_autocorrelation_of_its_sum() -> None:
    """Two processes of 20 and 600 ns, in no order, three quarters and a quarter of the variance; shares of any sum."""
    given = "comparator, spectrum: given, spectrum_times: [12, 0.4], spectrum_shares: [5, 15]"
    rho = lambda t: 0.25 * np.exp(-t / 12) + 0.75 * np.exp(-t / 0.4)  # noqa: E731
    check_mixing(uncoupled("square", 50, given, bias=0), 50, 2, lambda t: 2 / math.pi * np.arcsin(rho(t)))


@pytest.mark.parametrize("law", ["telegraph", "comparator"])
def test_noise_that_stops_between_latches_is_caught(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise that runs in the phase of its own colour only."""
    exact = Rng.noise

    def stopped(self: Rng, context: ArrayContext) -> Any:
        if law == "comparator":
            return exact(self, replace(context, since_latch_s=context.tick_s))
        noise: Any = exact(self, context)
        one_phase = np.float32(math.exp(-context.tick_s / context.relaxation_time_s))
        return noise._replace(latch=np.full_like(noise.latch, one_phase))

    monkeypatch.setattr(Rng, "noise", stopped)
    chip = uncoupled("square", 200, law, bias=0.4 if law == "telegraph" else 0)
    with pytest.raises(AssertionError, match="mixing"):
        check_mixing(chip, 200, 2, of_redraw if law == "telegraph" else of_comparator)


def test_ideal_noise_forgets_at_once() -> None:
    with pytest.raises(AssertionError, match="mixing"):
        check_mixing(uncoupled("square", 200, law="ideal"), 200, 2)


def test_catches_a_relaxation_time_off_by_2_per_cent() -> None:
    with pytest.raises(AssertionError, match="mixing"):
        check_mixing(uncoupled("square", 1020), 1000, 2)


def test_slow_noise_is_drawn_without_bias_and_too_slow_noise_is_refused() -> None:
    chip = uncoupled("square", 1_000_000)  # 5,000 times the 200 ns between latches
    device = Device(compiled(chip), LANES, seed=2)
    _, biases = chip.weights(device.program)
    device.write(np.zeros(len(device.program.netlist.fabric.edges)), biases)
    device.hard_wire_beta(chip.beta)
    device.sample(25_000)  # 5 relaxation times: what is left of the random start is exp(-5) of a spin
    held = device.held_biases
    means = lanes_of_words(device.probe_state(), LANES).mean(axis=0)
    exact = (1 - math.exp(-5)) * np.tanh(chip.beta * held)
    assert np.abs(means - exact).max() < 5 / math.sqrt(LANES)
    with refused("chip.out-of-range", "8,000"):
        check_mixing(uncoupled("square", 2_000_000), 2_000_000, 2)


@pytest.mark.parametrize(
    ("law", "tau0_ns", "said"),
    [
        ("telegraph", 1_000_000, "10,000 times the clock phase; law telegraph resolves up to 8,000"),
        ("comparator", 2_000_000, "10,000 times the time between latches"),
        ("comparator, spectrum: 1/f, decades: 4", 200, "10,000 times the time between latches"),
        (
            "comparator, spectrum: given, spectrum_times: [1e5, 1], spectrum_shares: [1, 1]",
            20,
            "rng[*].law: a relaxation time of 2.000 ms is 10,000 times the time between latches",
        ),
    ],
)
def test_noise_too_slow_for_its_law_is_refused_when_the_chip_is_read(law: str, tau0_ns: int, said: str) -> None:
    """`chipsim check` called such chips ok; the run refused them, without a place."""
    with refused("chip.out-of-range", said):
        compiled(uncoupled("square", tau0_ns, law))
