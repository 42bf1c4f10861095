"""Each rule of the physics lint is tripped by what breaches it, and by nothing else."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support_chips import chip_text, write_files
from support_cli import call

from chipsim.results.reprice import reprice
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

AN_ADC = {"readout.mode": "adc", "readout.bits": 6}
SHORT = {"schedule.sweeps": 4}
KT = 1.380649e-23 * 300
READ_WIRE_F = 24 * 350e-18


def findings(changes: dict[str, Any], chip: str = "tiny") -> dict[tuple[str, str], dict[str, Any]]:
    found = simulate(plan(chip, "spin-glass", {**SHORT, **changes}), lanes=2).summary["lint"]
    # How much rests on one price says more of the price table than of the chip: test_lint_consistency.py.
    return {(f["rule"], f["where"]): f for f in found if f["rule"] != "one-assumed-price"}


@pytest.mark.parametrize("chip", ["tiny", "dtca-70", "any-graph", "torus-2d", "torus-3d"])
def test_presets_trip_nothing(chip: str) -> None:
    size = {
        "torus-3d": {"fabric.size": [4, 4, 4]},
        "torus-2d": {"fabric.size": [4, 4]},
        "any-graph": {"fabric": {"edges": [[0, 1]]}},
    }
    assert findings(size.get(chip, {}), chip) == {}


def test_a_cell_without_wires_is_no_breach() -> None:
    """Its toggle charges nothing, beside those of cells with wires."""
    assert findings({"fabric": {"uncoupled": 3}}, "any-graph") == {}


BREACHES: list[tuple[dict[str, Any], str, str, float, float]] = [
    ({"couplers.swing": "0.1 V"}, "swing", "couplers.swing", 0.1, 4 * KT / 1.602176634e-19),
    ({"technology.temperature": "310 K"}, "swing", "readout.swing", 0.1034, 4 * KT / 300 * 310 / 1.602176634e-19),
    (
        {"readout.sampling_capacitance": "0.01 fF"},
        "sampled-noise",
        "readout.sampling_capacitance",
        math.sqrt(KT / 1e-17),
        0.1034 / 2 / math.sqrt(12),
    ),
    (
        {"prices.readout.sense.energy": "2.8 zJ", "prices.readout.sense.low": "0 J"},
        "landauer",
        "readout.sense",
        2.8e-21,
        KT * math.log(2),
    ),
    (
        {"readout.mode": "adc", "readout.bits": 4, "readout.figure_of_merit": "0.3 fJ"},
        "converter",
        "readout.convert",
        0.3e-15,
        0.35e-15,
    ),
    # Half a step of b bits is reached after b + 1 halvings. 24 um of wire at 350 aF/um, and 1 fF.
    (
        {"readout.resistance": "1 Mohm"},
        "settling",
        "readout.time",
        10e-9,
        1e6 * (READ_WIRE_F + 1e-15) * 2 * math.log(2),
    ),
    (
        {**AN_ADC, "readout.resistance": "0.5 Mohm", "readout.sampling_capacitance": "200 fF"},
        "settling",
        "readout.time",
        10e-9,
        0.5e6 * (READ_WIRE_F + 200e-15) * 7 * math.log(2),
    ),
    (
        {"bias_dac.output_resistance": "100 kohm", "bias_dac.load_capacitance": "2 pF"},
        "settling",
        "bias_dac.settle_time",
        1e-6,
        1e5 * 2e-12 * 9 * math.log(2),
    ),
    ({"technology.node": "65 nm"}, "node", "bias_dac.convert", 28e-9, 65e-9),
    ({"technology.node": "28nm"}, "node", "controller.word", 7e-9, 28e-9),
    ({"technology.node": "28 nm", **AN_ADC}, "node", "readout.convert", 40e-9, 28e-9),
    ({"technology.node": "7 nm"}, "node", "weights.area", 28e-9, 7e-9),
]


@pytest.mark.parametrize(("changes", "rule", "where", "value", "bound"), BREACHES, ids=lambda v: str(v)[:30])
def test_a_breach_is_found_with_its_value_and_bound(
    changes: dict[str, Any], rule: str, where: str, value: float, bound: float
) -> None:
    found = findings(changes)[rule, where]
    assert (found["value"], found["bound"]) == pytest.approx((value, bound), rel=1e-9, abs=0)


def test_just_inside_the_bounds() -> None:
    inside = {"prices.readout.sense.energy": "2.9 zJ", "prices.readout.sense.low": "0 J", "couplers.swing": "0.1035 V"}
    assert findings(inside) == {}
    settles = {"bias_dac.output_resistance": "80 kohm", "bias_dac.load_capacitance": "2 pF"}  # 0.998 us of 1 us
    assert findings({**settles, "readout.resistance": "10 kohm"}) == {}


def test_prices_of_the_chips_own_node_and_of_none_are_not_reported() -> None:
    """At 28 nm the converter of biases and the memory are at home; noise, wires and links name no node."""
    found = {where for rule, where in findings({"technology.node": "28 nm"}) if rule == "node"}
    assert found == {"controller.word", "readout.convert"}
    own = {"prices.controller.word.node": "28 nm", "prices.readout.convert.node": "28 nm"}
    assert findings({"technology.node": "28 nm", **own}) == {}


def test_power_density() -> None:
    run = simulate(plan("tiny", "spin-glass", SHORT), lanes=2)
    hot = reprice(run, set={"prices.rng.on.power": "1 W", "prices.rng.on.high": "2 W"})
    (found,) = [f for f in hot.summary["lint"] if f["rule"] != "one-assumed-price"]
    assert found["rule"] == "power-density"
    on_chip = [r for r in hot.summary["ledger"] if r["component"] not in ("host", *hot.summary["without_area"])]
    watts = math.fsum(r["energy_j"] or 0.0 for r in on_chip) / hot.summary["elapsed_s"]
    assert found["value"] == pytest.approx(watts / hot.summary["area_m2"], rel=1e-12)
    assert reprice(hot, run.prices).summary["lint"] == run.summary["lint"]
    assert "power-density" not in {f["rule"] for f in run.summary["lint"]}


def test_check_and_report_say_it(tmp_path: Any) -> None:
    chip, work = write_files(
        tmp_path, chip_text().replace("length: 350 aF/um }", "length: 350 aF/um, swing: 90 mV }", 1)
    )
    said = "swing: 90.00 mV is below 4 kT/q = 103.4 mV"
    assert said in call("check", chip).stdout
    done = call("run", chip, work, "--lanes", 1, "-o", tmp_path / "run.h5", "-v").stdout
    assert said in done
    brief = call("report", tmp_path / "run.h5").stdout
    rules = next(line for line in brief.splitlines() if line.startswith("lint: "))
    assert "swing" in rules
    assert rules.endswith("(-v explains)")
