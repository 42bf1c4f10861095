"""A stored run under other prices is the fresh run with those prices, and costs no simulation."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support_chips import chip_text
from support_cli import PROGRAM, call
from support_errors import code_of

from chipsim.prices.table import load_prices
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

SHORT = {"schedule.sweeps": 40, "schedule.record_every": 5}
# What a machine measured, and nothing of a price.
MEASURED = ("wall_s", "kernel_s", "updates_per_ns")
GSET = {"problem.graph": "G11", "schedule.sweeps": 400, "target.fraction": 0.9}


def stored(run: Run, folder: Path) -> Run:
    run.save(folder / "run.h5")
    return load(folder / "run.h5")


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Equal to 1e-12 in every number, exactly in everything else."""
    if isinstance(one, dict):
        assert set(one) == set(other), where
        for key in one:
            if key not in MEASURED:
                assert_same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{index}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-12, abs=0), where
    else:
        assert one == other, where


def settings(workload: str) -> dict[str, Any]:
    return GSET if workload == "gset" else SHORT


@pytest.mark.parametrize(
    ("chip", "workload", "table", "changes"),
    [
        ("tiny", "clamped", "dtca-main", {}),
        ("tiny", "clamped", None, {"prices.rng.on.power": "4 nW", "prices.coupler.toggle.high": 30}),
        ("torus-2d", "gset", "dtca-appendix", {"prices.pbit.update.energy": "2 fJ"}),
    ],
)
def test_equal_to_a_fresh_run(
    chip: str, workload: str, table: str | None, changes: dict[str, Any], tmp_path: Path
) -> None:
    old = simulate(plan(chip, workload, settings(workload)), lanes=70, seed=3)
    again = stored(old, tmp_path)
    priced = reprice(again, table, set=changes)
    fresh = simulate(plan(chip, workload, {**settings(workload), **changes}, table), lanes=70, seed=3)
    assert_same(priced.summary.to_json(), fresh.summary.to_json())
    assert priced.summary["run_id"] != old.summary["run_id"]
    assert priced.energy_j != old.energy_j
    if workload == "gset":
        # Both count the same repeats: joules and seconds to solution are in proportion to those of one run.
        repeats = priced.summary["time_to_solution_s"]["value"] / priced.summary["elapsed_s"]
        wanted = pytest.approx(repeats * priced.energy_j, rel=1e-12, abs=0)
        assert priced.summary["energy_to_solution_j"]["value"] == wanted
    back = reprice(priced, old.prices)
    assert_same(back.summary.to_json(), old.summary.to_json())


def test_rows_of_the_chip_file_stay_with_the_chip(tmp_path: Path) -> None:
    own = "prices:\n  rng.on: { power: 7 nW, grade: assumed, seen: none, source: of this chip }\n"
    (tmp_path / "chip.yaml").write_text(chip_text() + own)
    chip = str(tmp_path / "chip.yaml")
    again = stored(simulate(plan(chip, "spin-glass", SHORT)), tmp_path)
    priced = reprice(again, "dtca-physical")
    fresh = simulate(plan(chip, "spin-glass", SHORT, "dtca-physical"))
    assert_same(priced.summary.to_json(), fresh.summary.to_json())
    row = next(r for r in priced.summary["ledger"] if (r["component"], r["action"]) == ("rng", "on"))
    assert row["energy_j"] == pytest.approx(7e-9 * row["count"], rel=1e-12, abs=0)


def test_under_100_ms_on_the_reference_run_and_without_numba(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    settings = {"schedule.sweeps": 50}
    simulate(plan("dtca-70", "spin-glass", settings), lanes=64).save(path)
    run = load(path)
    table = load_prices("dtca-appendix")
    times = []
    for _ in range(5):
        begin = time.process_time()
        reprice(run, table)
        times.append(time.process_time() - begin)
    assert min(times) < 0.1
    command = [*PROGRAM, "reprice", str(path), "--prices", "dtca-appendix"]
    code = (
        f"import sys; sys.argv = {command[2:]!r}\n"
        "from chipsim.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'numba', 'networkx', 'llvmlite', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_folder_is_priced_whole(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(plan("tiny", "spin-glass", SHORT), lanes=2, seed=seed).save(tmp_path / f"{seed}.h5")
    out = tmp_path / "out"
    done = call("reprice", tmp_path, "--prices", "dtca-main", "-o", out, "--json")
    assert done.exit_code == 0
    assert [s["seed"] for s in json.loads(done.stdout)] == [1, 2]
    assert [load(out / f"{seed}.h5").summary.to_json() for seed in (1, 2)] == json.loads(done.stdout)
    assert load(tmp_path / "1.h5").summary["prices"] == "dtca-physical"


def test_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    simulate(plan("tiny", "spin-glass", SHORT), lanes=2).save(path)
    before = path.read_bytes()
    for arguments, code in (
        (("--prices", "dtca-mian"), "spec.unknown-preset"),
        (("--set", "link.rate=1 Gbit/s"), "result.needs-run"),
        (("--set", "couplers.swing=0.5 V"), "result.needs-run"),
        (("--set", "schedule.sweeps=2"), "result.needs-run"),
        (("--set", "prics.rng.on.power=1 nW"), "result.needs-run"),
        (("--set", "prices.rng.onn.power=1 nW"), "price.unknown-row"),
        (("--set", "prices.rng.on.power=1 nJ"), "spec.wrong-unit"),
        (("--set", "prices.rng.on.model=true"), "price.bad-row"),
    ):
        assert code_of(call("reprice", path, *arguments, "-o", tmp_path / "new.h5")) == code
        assert not (tmp_path / "new.h5").exists()
    told = call("reprice", path, "--set", "link.rate=1 Gbit/s", "-o", tmp_path / "new.h5").stderr
    assert code_of(call("reprice", path, "-o", path)) == "file.is-input"
    assert told.startswith("--set: link.rate: is not a price (prices.KIND.ACTION.FIELD); only prices")
    assert told.endswith("; run it again with this --set\n")
    (tmp_path / "none").mkdir()
    assert code_of(call("reprice", tmp_path / "none")) == "result.none"
    assert path.read_bytes() == before
