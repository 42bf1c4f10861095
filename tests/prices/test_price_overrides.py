"""`--set prices...`: names of components win over kinds, and what pays for nothing is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support_cli import call
from support_errors import code_of, refused

from chipsim.prices.table import PriceTable
from chipsim.results.reprice import reprice
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.sweeps.points import check_points, points_of
from chipsim.sweeps.spec import read_sweep


def table(chip: str, workload: str, changes: dict[str, Any]) -> PriceTable:
    return plan(chip, workload, changes).prices


def test_a_component_is_priced_by_its_name_whatever_its_kind() -> None:
    """The adc of ou-256 is called readout, as a kind is that it has not."""
    changed = table("ou-256", "linear-solve", {"prices.readout.convert.energy": "70 nJ"})
    before = table("ou-256", "linear-solve", {})
    row, old = (each.find("readout", "adc", "convert") for each in (changed, before))
    assert row is not None
    assert old is not None
    assert (row.value, row.place) == (pytest.approx(70e-9), "--set")
    assert row.value != old.value
    assert changed.rows == before.rows


@pytest.mark.parametrize("key", ["coupler.toggle", "rng.on", "dac.convert"])
def test_a_kind_that_the_chip_has_not_pays_for_nothing(key: str) -> None:
    with refused("price.unknown-row", f"prices.{key}.{'power' if key == 'rng.on' else 'energy'}: "):
        table("ou-256", "linear-solve", {f"prices.{key}.{'power' if key == 'rng.on' else 'energy'}": "1 pJ"})


@pytest.mark.system
def test_a_stored_run_is_priced_again_by_the_same_names() -> None:
    run = simulate(plan("ou-256", "linear-solve", {"schedule.samples": 3}), lanes=1)
    again = reprice(run, set={"prices.readout.convert.energy": "70 nJ"})
    rows = {f"{row['component']}.{row['action']}": row for row in again.summary["ledger"]}
    paid = rows["readout.convert"]
    assert paid["energy_j"] == pytest.approx(70e-9 * paid["count"], rel=1e-12)


def test_an_axis_over_such_a_price_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "chipsim: 1\nname: flat\nchip: ou-256\nworkload: linear-solve\nlanes: 1\n"
        "axes: { prices.dac.convert.energy: [1 pJ, 2 pJ] }\nmetrics: [energy_j]\n"
    )
    sweep = read_sweep(str(path))
    with refused("price.unknown-row", f"{path}:6:"):
        check_points(sweep, points_of(sweep))


def test_a_price_below_its_low_is_answered_with_both_and_what_to_do() -> None:
    result = call("check", "tiny", "spin-glass", "--set", "prices.rng.on.power=1 pW")
    assert code_of(result) == "price.bad-bounds"
    assert "power 1.000 pW is below low, " in result.stderr
    assert "; change low or the value" in result.stderr
    result = call("check", "tiny", "spin-glass", "--set", "prices.rng.on.power=1 W")
    assert "power 1.000 W is above high, " in result.stderr


CHIP = """chipsim: 1
name: mine
extends: tiny
prices:
  link.transfer: { energy: 3 pJ, low: 1 pJ, high: 9 pJ, grade: assumed, seen: none, source: of this chip }
  pbit.area: { area: 40 um^2, grade: assumed, seen: none, source: of this chip }
"""


def test_tables_beside_a_run_keep_the_rows_of_the_chip(tmp_path: Path) -> None:
    """`by prices dtca-main` says the same as `--prices dtca-main`."""
    chip = tmp_path / "chip.yaml"
    chip.write_text(CHIP)
    beside = {table.name: table for table in plan(str(chip), "spin-glass").comparisons}
    assert list(beside) == ["dtca-appendix", "dtca-main"]
    for name, table in beside.items():
        instead = plan(str(chip), "spin-glass", prices=name).prices
        assert (table.rows, table.own) == (instead.rows, instead.own)
        row = table.find("link", "link", "transfer")
        assert row is not None
        assert row.value == pytest.approx(3e-12)
