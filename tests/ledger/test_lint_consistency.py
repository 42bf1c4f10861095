"""Parts that do not fit each other: each rule by a chip that breaks it and one that does not; a length left out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from support_chips import chip_text, write_files
from support_cli import call

from chipsim.components.facts import Finding
from chipsim.ledger.lint_consistency import of_consistency
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.spec.document import read_document
from chipsim.spec.presets import find, preset_names

SHORT = {"schedule.sweeps": 4}
PITCH = 6e-6


def found(chip: str = "tiny", workload: str = "spin-glass", **changes: Any) -> dict[str, Finding]:
    """Findings by place."""
    ready = plan(chip, workload, {name.replace("__", "."): value for name, value in changes.items()})
    return {f"{f.rule} {f.where}": f for f in of_consistency(ready.netlist, ready.program.cadence)}


def test_a_chip_whose_parts_fit_trips_nothing() -> None:
    assert found() == found("dtca-70") == {}
    assert found("ou-256", "linear-solve") == found("spu-8", "inverse") == {}


def test_a_phase_shorter_than_the_noise_relaxes() -> None:
    fast = found(clock__phase="50 ns")["ideal-noise rng.law"]
    assert (fast.value, fast.bound) == pytest.approx((50e-9, 100e-9))
    assert "the phase of 50.00 ns is shorter than the noise relaxation time of 100.0 ns" in fast.says
    assert "use law: redraw or telegraph" in fast.says
    assert found(clock__phase="50 ns", rng__law="redraw") == {}
    assert found(clock__phase="50 ns", cells__relaxation_time="50 ns") == {}
    assert found(clock__phase="100 ns") == {}


def test_noise_from_before_the_neighbours_latched() -> None:
    """A phase is one relaxation time, a sweep two; no other law is biased."""
    (telegraph,) = found("dtca-70-telegraph").values()
    assert (telegraph.rule, telegraph.where) == ("stale-noise", "rng.law")
    assert (telegraph.value, telegraph.bound) == pytest.approx((math.exp(-1), 0.01))
    assert "0.368 of the noise of a latch is from before its neighbours latched" in telegraph.says
    assert found("dtca-70", rng__law="comparator")["stale-noise rng.law"].value == pytest.approx(math.exp(-2))
    pink = found("dtca-70", rng__law="comparator", rng__spectrum="1/f", rng__decades=0.5)["stale-noise rng.law"]
    assert pink.value == pytest.approx((math.exp(-2) + math.exp(-2 / 10**0.5)) / 2)
    for law, relaxation in (("telegraph", "21 ns"), ("comparator", "43 ns"), ("ideal", "100 ns"), ("redraw", "1 us")):
        assert found("dtca-70", rng__law=law, cells__relaxation_time=relaxation) == {}, law
    for law, relaxation in (("telegraph", "22 ns"), ("comparator", "44 ns")):
        assert set(found("dtca-70", rng__law=law, cells__relaxation_time=relaxation)) == {"stale-noise rng.law"}, law


def test_fields_from_before_the_neighbours_latched() -> None:
    """G12 has wires of up to sqrt(10**2 + 9**2) pitches of 6 um, 80.7 um, and phases of 100 ns."""
    slow = found("dtca-70", couplers__node_rc="50 ns")["stale-field couplers"]
    assert slow.value == pytest.approx(math.exp(-2))
    assert "0.135 of a coupling is from before the latest latch" in slow.says
    assert found("dtca-70", couplers__node_rc="21 ns") == {}
    assert found("dtca-70", couplers__delay_per_length="1.23 ns/um") == {}
    assert found("dtca-70", couplers__delay_per_length="1.24 ns/um")["stale-field couplers"].value == 1
    assert found("dtca-70", clock__pulse="99 ns") == {}
    assert found("dtca-70", clock__pulse="100 ns")["stale-field couplers"].value == 1
    both = found("dtca-70", couplers__node_rc="50 ns", clock__pulse="50 ns")["stale-field couplers"]
    assert both.value == pytest.approx(math.exp(-1))


def test_z1_says_that_its_noise_is_an_assumption() -> None:
    assert set(found("z1", fabric__size=[24, 24])) >= {"ideal-noise core.rng.law"}


@pytest.mark.parametrize(
    ("length", "bound"),
    [("23 um", 144e-6), ("143 um", 144e-6), ("144 um", None), ("288 um", None), ("576 um", None), ("577 um", 576e-6)],
)
def test_a_wire_that_does_not_fit_the_array(length: str, bound: float | None) -> None:
    """48 x 48 cells of 6 um: sides of 288 um."""
    by_place = found("dtca-70", fabric__size=[48, 48], readout__wire_length=length)
    if bound is None:
        assert by_place == {}
        return
    wrong = by_place["wire-length readout.wire_length"]
    assert wrong.bound == pytest.approx(bound)
    assert "for an array of 288.0 um x 288.0 um; the default is 288.0 um" in wrong.says


def test_an_inherited_wire_and_one_that_is_left_out(tmp_path: Path) -> None:
    """The case of the issue: 24 um on an array of 288 um."""
    chip = tmp_path / "chip.yaml"
    base = "chipsim: 1\nextends: tiny\nname: large\nfabric: { size: [48, 48] }\ncomponents:\n  cells[*]: {}\n"
    chip.write_text(base)
    said = call("check", chip, "spin-glass").stdout
    assert "lint wire-length: readout.wire_length: 24.00 um is too short for an array of 288.0 um x 288.0 um" in said
    chip.write_text(base + "  readout: { wire_length: null }\n")
    assert "wire-length" not in call("check", chip, "spin-glass").stdout
    kinds = plan(str(chip), "spin-glass").netlist.components
    assert kinds["readout"].kind.wire_m() == pytest.approx(288e-6)


def test_a_length_left_out_costs_what_the_same_length_written_costs(tmp_path: Path) -> None:
    def run(text: str) -> Run:
        chip, work = write_files(tmp_path, text)
        return simulate(plan(chip, work, SHORT), 2)

    wide = chip_text(fabric="pattern: square, size: [4, 8]")
    left_out, written = run(wide.replace("    wire_length: 24 um\n", "")), run(wide.replace("24 um", "48 um"))
    assert left_out.energy_j == pytest.approx(written.energy_j, rel=1e-12)
    rows = [next(r for r in r_.summary["ledger"] if r["action"] == "drive") for r_ in (left_out, written)]
    assert rows[0]["energy_j"] == pytest.approx(rows[1]["energy_j"], rel=1e-12)
    assert rows[0]["energy_j"] > 0


def test_the_array_of_a_core_decides_where_cells_stand_in_cores() -> None:
    """Cores of 3 x 24 cells: 18 um and 144 um."""
    kept = found("z1", fabric__size=[24, 24], core__readout__wire_length="144 um")
    assert "wire-length core.readout.wire_length" not in kept
    wrong = found("z1", fabric__size=[24, 24])["wire-length core.readout.wire_length"]
    assert wrong.bound == pytest.approx(18e-6 + 144e-6)


def test_a_read_out_slower_than_a_sweep() -> None:
    """Two colours of 100 ns."""
    slow = found(readout__time="201 ns")["slow-readout readout.time"]
    assert (slow.value, slow.bound) == pytest.approx((201e-9, 200e-9))
    assert found(readout__time="200 ns") == {}
    # One conversion counts, not those of all cells through one converter.
    assert "slow-readout readout.time" not in found(readout__mode="adc", readout__time="100 ns")


def test_bits_beyond_what_a_cell_holds() -> None:
    wide = found(readout__mode="adc", readout__bits=6)
    assert {name: (f.value, f.bound) for name, f in wide.items()} == {"adc-bits readout.bits": (6, 1)}
    assert found(readout__mode="adc", readout__bits=1) == {}
    assert found(readout__mode="sense", readout__bits=6) == {}


def test_a_total_that_rests_on_one_assumed_price() -> None:
    run = simulate(plan("tiny", "spin-glass", SHORT), 2)

    def rests(**prices: str) -> dict[str, Any]:
        changes = {f"prices.{name.replace('__', '.')}": value for name, value in prices.items()}
        again = reprice(run, set=changes).summary
        return {f["where"]: f for f in again["lint"] if f["rule"] == "one-assumed-price"}

    name = "host__instruction__"
    dear = {f"{name}energy": "10 nJ", f"{name}low": "1 nJ", f"{name}high": "100 nJ"}
    one = rests(**dear, **{f"{name}grade": "assumed"})["host.instruction"]
    assert one["bound"] == 0.5
    assert 0.9 < one["value"] < 1
    assert "depends on this assumed price" in one["says"]
    assert rests(**dear, **{f"{name}grade": "derived"}) == {}
    cheap = {f"{name}energy": "1 aJ", f"{name}low": "0 J", f"{name}high": "1 fJ"}
    assert "host.instruction" not in rests(**cheap, **{f"{name}grade": "assumed"})


def test_the_share_is_that_of_the_price_whatever_number_of_components_pays_it() -> None:
    """The largest row of a run, told to be assumed, is a finding just where it is more than half."""
    run = simulate(plan("tiny", "spin-glass", SHORT), 2)
    for finding in (f for f in run.summary["lint"] if f["rule"] == "one-assumed-price"):
        kind, _, action = finding["where"].rpartition(".")
        rows = [r for r in run.summary["ledger"] if kind in (r["kind"], r["component"]) and r["action"] == action]
        share = math.fsum(r["energy_j"] for r in rows) / run.energy_j
        assert {r["grade"] for r in rows} == {"assumed"}
        assert finding["value"] == pytest.approx(share)


def test_presets_with_ideal_noise_say_so_and_no_other() -> None:
    for name in preset_names("chip"):
        text = find("chip", name).read_text()
        base = read_document(find("chip", name)).value.get("extends", "")
        ideal = "law: ideal" in text or base in ("torus-2d", "torus-replicas")
        said = "ideal noise" in read_document(find("chip", name)).value["description"]
        assert said == ideal, name


def test_a_new_chip_starts_from_noise_that_remembers(tmp_path: Path) -> None:
    call("new", tmp_path / "mine")
    kinds = plan(str(tmp_path / "mine" / "chip.yaml"), str(tmp_path / "mine" / "workload.yaml")).netlist.components
    assert kinds["rng"].kind.uses_relaxation()
    assert kinds["readout"].kind.wire_m() == pytest.approx(8 * PITCH)
    said = call("check", tmp_path / "mine" / "chip.yaml", tmp_path / "mine" / "workload.yaml").stdout
    assert "lint" not in said
