"""When the simulator's eye looks, and what lanes begin with.

The chip of test_cycle_accuracy: loading its weights takes 535 ns, a sweep 200, sensing 10.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_chips import chip_spec, chip_text, workload_text, write_files

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.observations import Records
from chipsim.engine.packing import bits_of_words
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate


def records_of(folder: Path, every: int) -> Records:
    schedule = f"mode: sample, beta: 0.5, beta_by: hard_wired, sweeps: 12, read_every: 4, record_every: {every}"
    records = simulate(
        plan(*write_files(folder, chip_text(), workload_text(schedule=schedule)))
    ).trace.observations.records
    assert records is not None
    return records


def test_records_are_evenly_spaced_whenever_the_chip_is_read(tmp_path: Path) -> None:
    records = records_of(tmp_path, every=3)
    assert records.sweeps.tolist() == [3, 6, 9, 12]
    # Sampling from 535 to 1335, 1345 to 2145 and 2155 to 2955 ns, four sweeps each.
    expected = [535 + 3 * 200, 1345 + 2 * 200, 2155 + 1 * 200, 2155 + 4 * 200]
    assert records.times_s * 1e9 == pytest.approx(expected, rel=1e-12, abs=0)


def test_records_show_the_state_of_their_sweep(tmp_path: Path) -> None:
    third, all_of_them = records_of(tmp_path, every=3), records_of(tmp_path, every=1)
    assert all_of_them.sweeps.tolist() == list(range(1, 13))
    assert np.array_equal(third.energies, all_of_them.energies[2::3])
    assert np.array_equal(third.projections, all_of_them.projections[2::3])
    assert np.array_equal(third.times_s, all_of_them.times_s[2::3])


def test_another_spacing_begins_anew() -> None:
    device = Device(compile_program(elaborate(chip_spec(chip_text()))))
    for sweeps, every in ((5, 3), (5, 2), (5, 2), (4, 3)):
        device.sample(sweeps, RecordRequest(every=every, projections=0))
    records = device.recorded()
    assert records is not None
    # 3; from 5 on every 2nd to sweep 15, 7 to 15; from 15 on every 3rd.
    assert records.sweeps.tolist() == [3, 7, 9, 11, 13, 15, 18]
    assert records.times_s * 1e9 == pytest.approx([200 * sweep for sweep in records.sweeps.tolist()], rel=1e-12, abs=0)


def test_no_two_groups_of_lanes_begin_alike_or_go_on_alike() -> None:
    device = Device(compile_program(elaborate(chip_spec(chip_text()))), lanes=192)
    for _ in range(2):
        state = device.probe_state()
        for one, other in ((0, 1), (1, 2), (0, 2)):
            # 16 cells in 64 lanes: 1,024 pairs of bits, of which half differ, give or take 16.
            differing = int(bits_of_words(state[:, one] ^ state[:, other]).sum())
            assert differing == pytest.approx(512, abs=4 * 16)
        device.sample(3)  # beta is 0: every cell is drawn afresh


def test_lanes_begin_up_as_often_as_down() -> None:
    device = Device(compile_program(elaborate(chip_spec(chip_text()))), lanes=1_000)
    bits = bits_of_words(device.probe_state())
    assert int(bits.sum()) == pytest.approx(8_000, abs=4 * np.sqrt(16_000 / 4))
    assert not bits[:, 15, 40:].any()  # lanes that nobody uses
