"""Sweeps in a scope, and what prices can change about them."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pytest
from support_sweeps import inline_workers, write_sweep

import chipsim
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_terminal import against_reference, headline
from chipsim.sweeps import driver
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import table_csv


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


def swept(path: Path, out: Path, scope: Any = None) -> dict[str, Any]:
    return Sweep(read_sweep(str(path), scope), out).run()


def corners(first: Any, second: Any) -> list[float]:
    """Differences of two runs under one table, all prices of a kind at one of their ends at a time, by brute force."""
    ends: dict[str, list[float]] = {}
    for sign, run in ((1, second), (-1, first)):
        for row in run.summary.priced.ledger:
            if row.energy_j is not None:
                low, high = ends.setdefault(row.price, [0.0, 0.0])
                ends[row.price] = [low + sign * row.low_j, high + sign * row.high_j]
    return [math.fsum(min(pair) for pair in ends.values()), math.fsum(max(pair) for pair in ends.values())]


def test_a_sweep_counts_its_scope(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"cells.relaxation_time": "[100 ns, 50 ns]"})
    work = (str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"))
    for scope in ("system", "fabric"):
        table = swept(path, tmp_path / scope, scope)
        assert table["scope"] == scope
        assert f"scope {scope}" in headline(table)[0]
        single = chipsim.run(*work, scope=scope, set={"cells.relaxation_time": "50 ns"})
        assert table["rows"][1]["energy_j"] == single.energy_j
    # The file says it too, and the option goes before it.
    path.write_text(path.read_text() + "scope: chip\n")
    assert read_sweep(str(path)).model.scope == "chip"
    assert read_sweep(str(path), "fabric").model.scope == "fabric"


def test_points_of_a_difference_share_their_prices(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"readout.time": "[10 ns, 20 ns]", "couplers.swing": "[0.1 V, 0.2 V]"})
    table = swept(path, tmp_path / "out")
    work = (str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"))
    first, second = (chipsim.run(*work, set={"couplers.swing": swing}) for swing in ("0.1 V", "0.2 V"))
    row = table["rows"][1]
    low, high = corners(first, second)
    assert row["energy_j_minus_reference_price_low"] == pytest.approx(low, rel=1e-9)
    assert row["energy_j_minus_reference_price_high"] == pytest.approx(high, rel=1e-9)
    priced = second.summary.priced
    assert (row["energy_j_price_low"], row["energy_j_price_high"]) == pytest.approx(priced.energy_price_range_j)
    each = priced.sample.joules_per_effective_sample_price_range_j
    metric = "joules_per_effective_sample"
    assert (row[f"{metric}_price_low"], row[f"{metric}_price_high"]) == pytest.approx(each)
    # Totals overlap by far, and still no price reverses which takes more: wires charge with any price of them.
    assert row["energy_j_price_low"] < table["rows"][0]["energy_j_price_high"]
    assert low > 0
    columns = next(csv.reader(io.StringIO(table_csv(table))))
    assert "energy_j_minus_reference_price_low" in columns


def told(table: dict[str, Any], **found: Any) -> str:
    return against_reference({**table, "by_prices": found, "best": None})


def test_what_prices_can_change_is_said() -> None:
    table: dict[str, Any] = {"metrics": ["energy_j"]}
    begin = "best against reference: "
    assert told(table, low=-2e-9, high=-1e-9, value=-1.5e-9, reversing=[]) == (
        f"{begin}-2.00 nJ to -1.00 nJ at any prices within their bounds, so no price reverses which is better"
    )
    assert told(table, low=-2e-9, high=1e-9, value=-1.5e-9, reversing=["host.memory", "link.transfer"]) == (
        f"{begin}-2.00 nJ to +1.00 nJ at any prices within their bounds; "
        "host.memory or link.transfer alone could reverse which is better"
    )
    assert told(table, low=-2e-9, high=1e-9, value=-1.5e-9, reversing=[]).endswith(
        "several prices together could reverse which is better, none alone"
    )
    assert against_reference({**table, "by_prices": None}) == ""


def test_findings_compare_the_best_point_with_the_reference(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"couplers.swing": "[0.2 V, 0.1 V]"}, metrics="energy_j, elapsed_s")
    table = swept(path, tmp_path / "out")
    assert table["best"] == 1
    assert table["by_prices"]["high"] < 0
    assert any("no price reverses which is better" in sentence for sentence in findings(table))
