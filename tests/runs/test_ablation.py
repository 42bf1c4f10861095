"""`chipsim ablate`: each non-ideality of a chip off in turn, against changes whose effect is known."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from support_cli import call

import chipsim
from chipsim.components.cells.pbit import PBit
from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError
from chipsim.report.ablation import findings, notes
from chipsim.runs.ablation import ALL, AS_SPECIFIED, TOGETHER, Ablation, Variant
from chipsim.runs.plan import plan
from chipsim.statistics.deviation import Deviation, Interval

IDEAL: dict[str, Any] = {"couplers.weight_bits": 24, "bias_dac.bits": 24, "schedule.sweeps": 1000}


def ablated(changes: dict[str, Any], lanes: int = 256, workload: str = "spin-glass") -> Ablation:
    """The chip `tiny`, ideal but for these changes."""
    return chipsim.ablate("tiny", workload, set={**IDEAL, **changes}, lanes=lanes)


def test_a_gain_is_a_change_of_temperature() -> None:
    """Cells with a gain of 0.95 sample at 0.95 beta, exactly; to first order the energy says so within 10 %."""
    found = ablated({"cells.gain": 0.95})
    assert [variant.name for variant in found.variants] == [AS_SPECIFIED, "cells.gain 0.95", ALL]
    assert found.whole.deviation is not None
    assert found.whole.deviation.temperature is not None
    assert found.whole.deviation.temperature.value == pytest.approx(-0.05, rel=0.15)
    # Without it the run is that of the last row, to the bit.
    (without,) = found.each
    assert without.deviation is not None
    assert not without.deviation.is_resolved
    assert without.run.summary["activity_id"] == found.reference.run.summary["activity_id"]
    assert next(findings(found)).startswith(
        "Most of the error comes from cells.gain 0.95: without it the error is none, with it 0.0"
    )


def test_the_larger_of_two_non_idealities_is_named() -> None:
    """A gain of 0.8 beside one of the noise that mixes slowly but biases nothing."""
    found = ablated({"cells.gain": 0.8, "rng.law": "redraw"}, lanes=512)
    assert [variant.name for variant in found.each] == ["cells.gain 0.8", "rng.law redraw"]
    without_gain, without_redraw = (variant.deviation for variant in found.each)
    assert without_gain is not None
    assert without_redraw is not None
    assert found.whole.deviation is not None
    assert without_gain.error.high < without_redraw.error.low
    assert without_redraw.error.value == pytest.approx(found.whole.deviation.error.value, rel=0.1)
    (sentence,) = findings(found)
    assert sentence.startswith("Most of the error comes from cells.gain 0.8: ")


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ((0.05, 0.04, 0.06), "Most of the error comes from part 1: without it the error is 0.05 (0.04 to 0.06)"),
        ((0.095, 0.085, 0.105), "turning off any one of these does not lower it beyond its interval"),
        ((0.2, 0.19, 0.21), "turning off any one of these does not lower it beyond its interval"),
    ],
)
def test_a_part_is_blamed_only_where_the_error_falls_beyond_its_interval(
    without: tuple[float, float, float], said: str
) -> None:
    errors = [(0.1, 0.09, 0.11), without, (0.098, 0.088, 0.108), (0.0, 0.0, 0.0)]
    names = (AS_SPECIFIED, "part 1", "part 2", ALL)
    run: Any = None
    planted = [Variant(n, {}, run, Deviation(Interval(*e), None)) for n, e in zip(names, errors, strict=True)]
    (sentence,) = findings(Ablation(tuple(planted), {}, "", ""))
    assert said in sentence


def test_redraw_noise_is_not_told_from_ideal_noise() -> None:
    """It has the same stationary law, so nothing may be concluded."""
    (sentence,) = findings(ablated({"rng.law": "redraw"}))
    assert sentence.startswith("The chip as specified is not told from one without all of these")


@pytest.mark.parametrize("how", [{"fabric.colours": 1}, {"clock.updates": "tick-random", "clock.parts": 2}])
def test_cells_that_latch_together_are_a_non_ideality(how: dict[str, Any]) -> None:
    found = ablated({**how, "fabric.coupled_updates": "allow"})
    assert not found.impossible
    assert [variant.name for variant in found.each] == [TOGETHER]
    assert found.whole.run.summary["sampling"].startswith("not defined")
    assert found.reference.run.summary["effective_samples"] is not None
    assert found.whole.deviation is not None
    assert found.whole.deviation.is_resolved


def test_a_digital_chip_names_its_number_format_and_its_register() -> None:
    changes = {"fabric.size": [4, 4, 4], "schedule.beta_by": "hard_wired", "schedule.sweeps": 300}
    found = chipsim.ablate("dsim-1", "spin-glass", set=changes, lanes=64)
    names = {variant.name.rpartition(" ")[0] for variant in found.each}
    assert {"cells.integer_bits", "cells.fraction_bits", "rng.steps", "couplers.weight_bits"} <= names
    assert not found.impossible
    assert found.whole.run.summary["sampling"].startswith("not defined: numbers of an LFSR")
    assert found["rng.steps 1"].run.summary["effective_samples"] is not None


def test_an_ideal_chip_has_nothing_to_turn_off() -> None:
    with pytest.raises(ChipsimError, match="tiny has no non-ideality that can be turned off"):
        ablated({})


def test_a_non_ideality_that_cannot_be_absent_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PBit, "ideal", {"gain": -1.0, "offset": 0.0})
    found = ablated({"cells.offset": 0.5}, lanes=8)
    assert list(found.impossible) == ["cells.gain 1"]
    assert "cells.gain" in found.impossible["cells.gain 1"]
    assert [variant.name for variant in found.each] == ["cells.offset 0.5"]
    assert any(note.startswith("cells.gain 1 cannot be turned off: ") for note in notes(found))


def test_chains_that_are_too_short_are_told() -> None:
    """Within 40 sweeps no chain is known to have left its start."""
    assert any(note.startswith("chains too short or stuck in 3 of 3 rows") for note in notes(short_chains(40)))
    assert not any(note.startswith("chains too short") for note in notes(short_chains(1000)))


def short_chains(sweeps: int) -> Ablation:
    return ablated({"cells.gain": 0.9, "schedule.sweeps": sweeps}, lanes=64)


def test_a_solver_is_judged_by_the_error_of_its_answer(tmp_path: Path) -> None:
    found = chipsim.ablate("spu-8", "inverse", set={"schedule.samples": 500}, lanes=8)
    assert found.merit == "error"
    assert found.whole.deviation is None
    assert list(findings(found)) == []
    assert not found.impossible
    names = [variant.name.split()[0] for variant in found.each]
    assert {"couplers.bits", "couplers.mismatch", "couplers.drift", "readout.bits", "cells.offset"} <= set(names)


def test_the_command_writes_what_it_shows(tmp_path: Path) -> None:
    outputs = {name: tmp_path / f"out.{name}" for name in ("csv", "json", "html")}
    options = [str(word) for name, path in outputs.items() for word in (f"--{name}", path)]
    changes = ["--set", "cells.gain=0.9", "--set", "schedule.sweeps=400"]
    done = call("ablate", "tiny", "spin-glass", *changes, *options, "--figures", tmp_path / "figures")
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(outputs["csv"].read_text())))
    held = json.loads(outputs["json"].read_text())
    assert [row["without"] for row in rows] == [row["without"] for row in held["variants"]]
    assert [row["without"] for row in rows][1:-1] == ["bias_dac.bits 8", "cells.gain 0.9", "couplers.weight_bits 6"]
    for row, full in zip(rows, held["variants"], strict=True):
        assert float(row["energy_j"]) == full["energy_j"] == full["summary"]["energy_j"]
        assert row["without"].split()[0] in done.stdout or row["without"] == AS_SPECIFIED
    assert "Most of the error comes from cells.gain 0.9" in done.stdout
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"ablation.png", "ablation.svg"}
    assert "without cells.gain 0.9" in outputs["html"].read_text()


def test_a_missing_unit_is_an_error_with_its_remedy() -> None:
    wrong = call("ablate", "tiny", "spin-glass", "--set", "cells.relaxation_time=100")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)
    assert "100 has no unit" in wrong.stderr


@pytest.mark.parametrize("name", kind_names())
def test_ideal_values_are_values_of_their_parameters(name: str) -> None:
    kind = find_kind(name)
    for key, value in kind.ideal.items():
        field = kind.model_fields[key]
        if isinstance(value, list):
            assert value == field.default
            continue
        assert isinstance(value, float | int | str)
        choices = get_args(field.annotation)
        assert not choices or isinstance(value, float | int) or value in choices


def test_ideal_values_pass_as_part_of_a_chip() -> None:
    """Quantities among them with their units, also that of a drift, which is 1/K."""
    ready = plan("ou-256", "linear-solve", {"couplers.drift": 0.0, "cells.offset": 0.0})
    assert ready.netlist.components["couplers"].kind.drift == 0
