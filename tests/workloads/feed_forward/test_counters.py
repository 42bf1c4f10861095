"""Counters beside output cells: the same answers, read once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_cli import call
from support_nets import write_weights, write_work

import chipsim
from chipsim.engine.device import Device
from chipsim.errors import ChipsimError
from chipsim.results.result import Run
from chipsim.runs.plan import plan

CHIP = """\
chipsim: 1
extends: tiny
name: counting
components:
  counters[0..3]: { kind: counter, bits: 3, cycle: 2 ns }
nets:
"""
# The nets of tiny, and the counters.
NETS = """\
  - host <-> link <-> controller
  - controller -> weights -> couplers
  - controller -> bias_dac -> cells
  - controller -> inputs -> cells
  - couplers <-> cells
  - rng -> cells
  - clock -> cells
  - cells -> readout -> controller
  - cells -> counters -> controller
"""
COUNTED = {"inference.readout": "counters", "inference.samples": 7}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Chip with counters, workload and weights."""
    folder = tmp_path_factory.mktemp("counters")
    chip = folder / "counting.yaml"
    chip.write_text(CHIP + NETS)
    work = write_work(folder)
    return chip, work, write_weights(folder, work)[0]


def run_of(net: tuple[Path, Path, Path], lanes: int, **changes: object) -> Run:
    chip, work, weights = net
    return chipsim.run(str(chip), str(work), set={"inference.weights": str(weights), **changes}, lanes=lanes, seed=3)


def test_same_answers_for_fewer_bits(net: tuple[Path, Path, Path]) -> None:
    """7 samples of 4 outputs: 28 read bits become 4 counters of 3 bits; spins and accuracy are the same."""
    spins = run_of(net, 300, **{"inference.samples": 7})
    counters = run_of(net, 300, **COUNTED)
    assert counters.arrays["accuracy_by_samples"].tolist() == spins.arrays["accuracy_by_samples"].tolist()
    rows = [{(r.component, r.action): r.count for r in run.ledger} for run in (spins, counters)]
    assert (rows[0]["readout", "sense"], rows[0].get(("counters", "count"))) == (28, None)
    assert ("readout", "sense") not in rows[1]
    assert rows[1]["counters", "count"] == 7 * 4 * 3
    assert rows[1]["counters", "drive"] == 4 * 3
    assert rows[0]["link", "transfer"] - rows[1]["link", "transfer"] == 28 - 12
    # The array is not paused: 7 reads of 10 ns are gone from the time of sampling.
    assert counters.summary["elapsed_s"] < spins.summary["elapsed_s"]


def test_leakage_and_area_are_those_of_the_bits(net: tuple[Path, Path, Path]) -> None:
    areas, powered = {}, {}
    for bits in (3, 6):
        run = run_of(net, 1, **COUNTED, **{"counters.bits": bits})
        row = next(r for r in run.ledger if (r.component, r.action) == ("counters", "on"))
        powered[bits] = row.count / run.summary["elapsed_s"]
        areas[bits] = run.summary["area_m2"]
    assert powered[3] == pytest.approx(4 * 3)
    assert powered[6] == pytest.approx(4 * 6)
    assert areas[6] - areas[3] == pytest.approx(4 * 3 * 3.7e-12)


def test_counts_of_a_device(net: tuple[Path, Path, Path]) -> None:
    """Ups by hand from the states of each sample; a read clears the counters."""
    ready = plan(str(net[0]), str(net[1]), {"inference.weights": str(net[2])})
    device = Device(ready.program, lanes=70, seed=1)
    with pytest.raises(ChipsimError, match="nothing was sampled yet"):
        device.count(np.arange(2))
    sites, ups = np.array([5, 2, 9]), np.zeros((70, 3), int)
    for _ in range(7):
        device.sample(1)
        device.count(sites)
        ups += device.read(sites, keep=False).spins > 0
    with pytest.raises(ChipsimError, match="counters: 3 bits count 7 samples; read them earlier"):
        device.count(sites)
    found = device.read_counts()
    assert (found.ups == ups).all()
    assert found.samples == 7
    with pytest.raises(ChipsimError, match="nothing was counted"):
        device.read_counts()
    device.count(sites[:2])
    with pytest.raises(ChipsimError, match="count the same cells"):
        device.count(sites)
    with pytest.raises(ChipsimError, match=r"4 counters for 5 cells; write counters\[0..4\]"):
        device.count(np.arange(5))


def test_counts_belong_to_the_sweep_that_they_count(net: tuple[Path, Path, Path]) -> None:
    """Work of the host after a sweep makes the phase of its sampling no longer."""
    ready = plan(str(net[0]), str(net[1]), {"inference.weights": str(net[2])})
    device = Device(ready.program, lanes=1, seed=1)
    sampled, _ = device.sample(1)
    device.compute(100_000)
    device.count(np.arange(2))
    (phase,) = (phase for phase in device.finish().timing.phases if phase.name == "sample")
    assert (phase.start_fs, phase.end_fs) == (sampled.start_fs, sampled.end_fs)


@pytest.mark.parametrize(
    ("chip", "settings", "words"),
    [
        ("tiny", {}, "spins cannot be counted: no net leads from the cells through a counter to a host"),
        ("", {"inference.samples": 8}, "counters: 3 bits count 7 samples, not 8"),
        ("", {"net.outputs": 3}, "counters: 4 counters for 6 output cells; write counters[0..5]"),
    ],
)
def test_what_counters_cannot_do(
    net: tuple[Path, Path, Path], chip: str, settings: dict[str, object], words: str
) -> None:
    changes = {**COUNTED, **settings}
    options = [word for item in changes.items() for word in ("--set", f"{item[0]}={item[1]}")]
    result = call("check", chip or net[0], net[1], *options)
    assert result.exit_code == 2
    assert words in result.output
    assert len(result.output.strip().splitlines()) == 1
