"""Prices that a HWComponents model says: equal to what it says, refused with their place where it cannot be asked.

The package itself needs Python 3.12; below that only a model of the same shape is asked.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support_cli import call
from support_errors import code_of

from chipsim.catalogue.schema import spec_schema
from chipsim.ledger.lint import of_prices
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.spec.document import read_document

ADC = {"schedule.sweeps": 10, "readout.mode": "adc", "readout.bits": 8, "readout.channels": 4}
TABLE = """chipsim: 1
name: of-models
extends: dtca-physical
prices:
  readout.convert:
    hwcomponents: { model: MODEL, action: convert, attributes: { n_bits: 8, tech_node: 40 nm, throughput: 10 MHz } }
    low: 0.5
    high: 2 nJ
    grade: derived
    seen: primary
    source: regression over published converters
  readout.on:
    hwcomponents: { model: MODEL, attributes: { n_bits: 8, tech_node: 40e-9, throughput: 1e7 } }
    grade: derived
    seen: primary
    source: regression over published converters
  readout.area:
    hwcomponents: { model: MODEL, attributes: { n_bits: 8, tech_node: 40 nm, throughput: 0.01 GHz } }
    grade: derived
    seen: primary
    source: regression over published converters
"""
# As HWComponents' models are: attributes of the constructor, actions that return a cost, leakage and area.
MODEL = """
class Cost:
    def __init__(self, energy):
        self.energy = energy

class ADC:
    def __init__(self, n_bits: int, tech_node: float, throughput: float, n_adcs=1):
        assert n_bits >= 4, "Bits must be >= 4"
        self.n_bits, self.tech_node, self.throughput = n_bits, tech_node, throughput
        self.leak_power = 1e-7 * n_bits / 3
        self.area = 1e-9 * n_bits

    @classmethod
    def get_action_names(cls):
        return ["convert", "wrong", "broken"]

    def convert(self):
        return Cost(self.tech_node / 40e-9 * self.throughput / 1e7 * 2**self.n_bits * 1e-15 / 3)

    def wrong(self):
        return Cost(float("nan"))

    def broken(self):
        return Cost(1 / 0)

class Cache:
    pass
"""


@pytest.fixture
def standing_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of prices by a model that stands in for one of HWComponents."""
    (tmp_path / "hwcomponents_standin.py").write_text(MODEL)
    (tmp_path / "hwcomponents_ruined.py").write_text("raise RuntimeError('needs a licence')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "hwcomponents_standin", raising=False)
    (tmp_path / "table.yaml").write_text(TABLE.replace("MODEL", "hwcomponents_standin.ADC"))
    return tmp_path / "table.yaml"


def check_prices(table: Path, adc: Any) -> Run:
    """A run with the table costs what the model says, to 1e-9, and is priced so again."""
    run = simulate(plan("tiny", "spin-glass", ADC, str(table)), lanes=4)
    rows = {f"{r['component']}.{r['action']}": r for r in run.summary["ledger"]}
    convert, powered = rows["readout.convert"], rows["readout.on"]
    assert convert["count"] == 16
    assert convert["energy_j"] == pytest.approx(16 * adc.convert().energy, rel=1e-9, abs=0)
    assert convert["low_j"] == pytest.approx(8 * adc.convert().energy, rel=1e-9, abs=0)
    assert convert["high_j"] == pytest.approx(16 * 2e-9, rel=1e-9, abs=0)
    assert powered["energy_j"] == pytest.approx(powered["count"] * adc.leak_power, rel=1e-9, abs=0)
    assert run.prices.find("readout", "readout", "area").value == pytest.approx(adc.area, rel=1e-9, abs=0)
    usual = simulate(plan("tiny", "spin-glass", ADC), lanes=4)
    again = reprice(usual, str(table))
    assert again.energy_j == pytest.approx(run.energy_j, rel=1e-12, abs=0)
    return run


@pytest.mark.skipif(sys.version_info < (3, 12), reason="HWComponents needs Python 3.12")
def test_the_adc_of_hwcomponents_costs_what_the_package_says(tmp_path: Path) -> None:
    from hwcomponents_adc import ADC as Adc

    (tmp_path / "table.yaml").write_text(TABLE.replace("MODEL", "hwcomponents_adc.ADC"))
    run = check_prices(tmp_path / "table.yaml", Adc(n_bits=8, tech_node=40e-9, throughput=1e7))
    source = next(
        r["source"] for r in run.summary["ledger"] if r["action"] == "convert" and r["component"] == "readout"
    )
    assert (
        "hwcomponents_adc.ADC(n_bits=8, tech_node=4e-08, throughput=10000000.0).convert, hwcomponents_adc 1." in source
    )


@pytest.mark.system
def test_a_model_of_that_shape_costs_what_it_says(standing_in: Path) -> None:
    import hwcomponents_standin

    run = check_prices(standing_in, hwcomponents_standin.ADC(8, 40e-9, 1e7))
    # A stored run needs no model.
    run.save(standing_in.with_name("run.h5"))
    hwcomponents_standin.ADC.convert = None
    again = load(standing_in.with_name("run.h5"))
    assert reprice(again, again.prices).energy_j == run.energy_j
    said = call("explain", standing_in.with_name("run.h5"), "readout.convert").stdout
    assert f"{standing_in.name}:5:3" in said
    assert "derived, seen primary, of 40 nm; source: regression over published converters; hwcomponents_standin" in said


@pytest.mark.system
def test_the_node_of_a_model_is_the_node_of_its_price(standing_in: Path) -> None:
    ready = plan("tiny", "spin-glass", {**ADC, "technology.node": "22 nm"}, str(standing_in))
    found = {f.where: f.value for f in of_prices(simulate(ready, lanes=1).sheet, ready.prices) if f.rule == "node"}
    assert found["readout.convert"] == found["readout.on"] == 40e-9


@pytest.mark.parametrize(
    ("old", "new", "code", "answer"),
    [
        (
            "@.ADC,",
            "@.ADCs,",
            "price.model-missing",
            '6:28: prices.readout.convert.hwcomponents.model: @ has no model "ADCs"',
        ),
        ("@.ADC,", "@.Cache,", "price.model-missing", 'has no model "Cache"'),
        ("@.ADC,", "os.system,", "price.model-missing", 'for example "hwcomponents_adc.ADC"'),
        ("@.ADC,", "@,", "price.model-missing", "is not a model; write PACKAGE.CLASS"),
        (
            "@.ADC,",
            "hwcomponents_nobody.ADC,",
            "price.model-missing",
            "; pip install hwcomponents-nobody (requires Python 3.12 or newer)",
        ),
        ("@.ADC,", "hwcomponents_ruined.ADC,", "price.model-missing", "cannot be imported: needs a licence"),
        ("action: convert", "action: convrt", "price.unknown-action", 'did you mean "convert"?'),
        ("action: convert, ", "", "price.unknown-action", "action is required; known: broken, convert, wrong"),
        (
            "action: convert",
            "action: wrong",
            "price.not-physical",
            "the model returns nan; prices must be finite and >= 0",
        ),
        ("action: convert", "action: broken", "price.model-failed", "the model fails: division by zero"),
        ("40 nm,", "40 nmm,", "spec.unknown-unit", "attributes.tech_node: "),
        ("n_bits: 8", "n_bits: 3", "price.model-failed", "@.ADC rejects them: Bits must be >= 4"),
        ("n_bits: 8", "bits: 8", "price.model-failed", "6:91: prices.readout.convert.hwcomponents.attributes.bits: "),
        (", throughput: 10 MHz", "", "price.model-failed", "@.ADC requires throughput"),
        ("    low: 0.5", "    energy: 1 pJ", "price.bad-row", "7:13: prices.readout.convert.energy: "),
        ("    low: 0.5", "    low: 1.5", "price.bad-bounds", ":6:5: "),
        (
            "{ model: @.ADC, attributes",
            "{ model: @.ADC, action: convert, attributes",
            "price.bad-row",
            "prices.readout.on.hwcomponents.action: ",
        ),
        (
            "{ model: @.ADC, attributes",
            "{ modle: x, model: @.ADC, attributes",
            "spec.unknown-key",
            "hwcomponents.modle: ",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(
    standing_in: Path, old: str, new: str, code: str, answer: str
) -> None:
    old, new, answer = (text.replace("@", "hwcomponents_standin") for text in (old, new, answer))
    text = standing_in.read_text()
    assert old in text
    standing_in.write_text(text.replace(old, new, 1))
    done = call("check", "tiny", "--prices", standing_in)
    assert code_of(done) == code
    assert answer in done.stderr
    assert done.stderr.startswith(f"{standing_in}:")


def test_editors_know_the_form(standing_in: Path) -> None:
    schema = spec_schema("prices")
    jsonschema.validate(read_document(standing_in).value, schema)
    wrong = json.loads(json.dumps(read_document(standing_in).value).replace('"action"', '"acton"'))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
