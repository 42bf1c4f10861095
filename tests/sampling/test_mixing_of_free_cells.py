"""Uncoupled cells under `redraw` and `telegraph`: rho(t) = k**t, k = exp(-T/tau0), so tau_int = coth(T / (2 tau0)).

T is the time between latches of one cell: as many phases of 100 ns as there are colours. From N records, the standard
error of rho(t) is that of Bartlett (1946) for this rho, that of tau_int is tau sqrt(2 (2 w + 1) / N) with a window w of
5 tau (Sokal 1997); 5 of either are allowed for.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_errors import refused
from support_small_chips import SmallChip, compiled, grid

from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.packing import lanes_of_words
from chipsim.statistics.effective_samples import autocovariance, tau_int

LANES = 4096
RECORDS = 1000
PHASE_NS = 100


def bartlett_error(keep: float, lag: int, samples: int) -> float:
    """Standard error of an estimate of rho(lag) = keep**lag."""
    spread = (1 + keep**2) * (1 - keep ** (2 * lag)) / (1 - keep**2)
    return math.sqrt((spread - 2 * lag * keep ** (2 * lag)) / samples)


def check_mixing(chip: SmallChip, tau0_ns: float, colours: int) -> None:
    """Record the magnetisation of uncoupled, biased cells at every latch."""
    device = Device(compiled(chip), LANES, seed=1)
    assert device.program.colours == colours
    couplings, biases = chip.weights(device.program)
    assert not couplings.any()
    assert biases.any()
    device.write(couplings, biases)
    device.hard_wire_beta(chip.beta)
    device.sample(math.ceil(20 * tau0_ns / PHASE_NS) + 20)
    device.sample(RECORDS, RecordRequest(every=1, projections=0))
    series = device.recorded().projections[:, :, 0].astype(float)
    ratio = colours * PHASE_NS / tau0_ns
    keep, exact, samples = math.exp(-ratio), 1 / math.tanh(ratio / 2), RECORDS * LANES
    covariance = autocovariance(series)
    for lag in (1, 2, 5):
        error = bartlett_error(keep, lag, samples)
        assert covariance[lag] / covariance[0] == pytest.approx(keep**lag, abs=5 * error), f"mixing: lag {lag}"
    found, error = tau_int(series), exact * math.sqrt(2 * (10 * exact + 1) / samples)
    print(f"tau_int {found:.4f}, coth {exact:.4f}, z {(found - exact) / error:.2f}")
    assert found == pytest.approx(exact, abs=5 * error), "mixing: tau_int"


def uncoupled(pattern: str, tau0_ns: float, law: str = "redraw") -> SmallChip:
    """16 cells whose couplers hold 0."""
    return SmallChip(
        f"uncoupled {pattern}", grid(pattern, 4, 4), 0, 0, 0.4, seed=31, law=law, relaxation_time=f"{tau0_ns} ns"
    )


# At 6000 ns a cell is renewed so seldom that the kernel draws a second number for it.
@pytest.mark.parametrize("tau0_ns", [50, 200, 1000, 6000])
@pytest.mark.parametrize(("pattern", "colours"), [("square", 2), ("triangular", 3)])
@pytest.mark.parametrize("law", ["redraw", "telegraph"])
def test_tau_int_is_coth(law: str, pattern: str, colours: int, tau0_ns: float) -> None:
    check_mixing(uncoupled(pattern, tau0_ns, law), tau0_ns, colours)


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
