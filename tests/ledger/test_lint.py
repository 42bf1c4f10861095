"""Each rule of the physics lint is tripped by what breaches it, and by nothing else."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support_chips import chip_text, write_files
from support_cli import call

from chipsim.ledger.reprice import prices_for, reprice
from chipsim.ledger.run import plan, simulate

SHORT = {"schedule.sweeps": 4}
KT = 1.380649e-23 * 300


def findings(changes: dict[str, Any], chip: str = "tiny") -> dict[tuple[str, str], dict[str, Any]]:
    found = simulate(plan(chip, "spin-glass", {**SHORT, **changes}), lanes=2).summary["lint"]
    return {(f["rule"], f["where"]): f for f in found}


@pytest.mark.parametrize("chip", ["tiny", "dtca-70", "any-graph", "torus-2d", "torus-3d"])
def test_presets_trip_nothing(chip: str) -> None:
    size = {
        "torus-3d": {"fabric.size": [4, 4, 4]},
        "torus-2d": {"fabric.size": [4, 4]},
        "any-graph": {"fabric": {"edges": [[0, 1]]}},
    }
    assert findings(size.get(chip, {}), chip) == {}


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


def test_power_density() -> None:
    run = simulate(plan("tiny", "spin-glass", SHORT), lanes=2)
    hot = reprice(run, prices_for(run, None, {"prices.rng.on.power": "1 W", "prices.rng.on.high": "2 W"}))
    (found,) = hot.summary["lint"]
    assert found["rule"] == "power-density"
    on_chip = [r for r in hot.summary["ledger"] if r["component"] not in ("host", *hot.summary["without_area"])]
    watts = math.fsum(r["energy_j"] or 0.0 for r in on_chip) / hot.summary["elapsed_s"]
    assert found["value"] == pytest.approx(watts / hot.summary["area_m2"], rel=1e-12)
    assert reprice(hot, run.prices).summary["lint"] == []


def test_check_and_report_say_it(tmp_path: Any) -> None:
    chip, work = write_files(
        tmp_path, chip_text().replace("length: 350 aF/um }", "length: 350 aF/um, swing: 90 mV }", 1)
    )
    said = "swing: 90.00 mV is below 4 kT/q = 103.4 mV"
    assert said in call("check", chip).stdout
    done = call("run", chip, work, "--lanes", 1, "-o", tmp_path / "run.h5").stdout
    assert said in done
