"""Prices from an Accelergy table: exact where it is complete, refused with its place where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import call
from support_errors import code_of

from chipsim.results.reprice import reprice
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

SHORT = {"schedule.sweeps": 10}
ERT = """global_cycle_seconds: 1e-9
ERT:
  version: '0.4'
  tables:
    - name: chip.cells[0..15]
      actions:
        - {name: update, arguments: {}, energy: 0.002}
        - {name: leak, arguments: {}, energy: 0.00001}
    - name: chip.link
      actions:
        - {name: transfer, arguments: {}, energy: 3}
ART: {version: '0.4', tables: [{name: 'chip.cells[0..15]', area: 5.98}]}
"""


@pytest.mark.system
def test_prices_counts_and_areas(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(ERT)
    run = simulate(plan("tiny", "spin-glass", SHORT, str(tmp_path / "mine.yaml")), lanes=4)
    rows = {f"{r['component']}.{r['action']}": r for r in run.summary["ledger"]}
    paid = {"cells.update": 0.002e-12, "cells.on": 0.00001e-12 / 1e-9, "link.transfer": 3e-12}
    for key, price in paid.items():
        assert rows[key]["energy_j"] == pytest.approx(rows[key]["count"] * price, rel=1e-12, abs=0)
    assert {key for key, row in rows.items() if row["note"] != "unpriced"} == set(paid)
    assert run.summary["area_m2"] == pytest.approx(16 * 5.98e-12, rel=1e-12)
    assert run.prices.own["link.transfer"].place == "mine.yaml:11:11"
    usual = simulate(plan("tiny", "spin-glass", SHORT), lanes=4)
    again = reprice(usual, str(tmp_path / "mine.yaml"))
    assert (again.energy_j, again.summary["run_id"]) == (run.energy_j, run.summary["run_id"])


@pytest.mark.system
def test_what_the_table_leaves_out_is_unpriced(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(ERT.replace("        - {name: update, arguments: {}, energy: 0.002}\n", ""))
    run = simulate(plan("tiny", "spin-glass", SHORT, str(tmp_path / "part.yaml")), lanes=4)
    assert "cells.update" in run.summary["unpriced"]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("chip.cells[0..15]", "chip.cell[0..15]", "price.unknown-action", "5:13: ERT.tables[0].name: "),
        ("name: update", "name: updat", "price.unknown-action", "7:11: ERT.tables[0].actions[0]: "),
        ("arguments: {}, energy: 3", "arguments: {bits: 8}, energy: 3", "price.bad-row", "ERT.tables[1].actions[0]: "),
        ("global_cycle_seconds: 1e-9\n", "", "price.bad-row", "ERT.tables[0].actions[1]: "),
        ("energy: 3", "energy: -3", "spec.out-of-range", "ERT.tables[1].actions[0].energy: "),
        (", energy: 3", "", "spec.missing-key", "ERT.tables[1].actions[0].energy: "),
        ("'0.4'", "'0.3'", "spec.unknown-word", "ERT.version: "),
    ],
)
def test_what_is_missing_or_unknown_is_an_error(tmp_path: Path, old: str, new: str, code: str, place: str) -> None:
    assert old in ERT
    text = ERT.replace(old, new) if old.startswith("chip") else ERT.replace(old, new, 1)
    (tmp_path / "bad.yaml").write_text(text)
    done = call("check", "tiny", "spin-glass", "--prices", tmp_path / "bad.yaml")
    assert code_of(done) == code
    assert place in done.stderr
