"""Digital contenders by hand: operations, the FLOP method, and what host and link add in the scopes that count them."""

from __future__ import annotations

import pytest
from support_cli import call
from support_errors import refused

import chipsim
from chipsim.ledger.scopes import SCOPES
from chipsim.report.contenders import contender_table
from chipsim.results.contenders import (
    Board,
    boards_for,
    chip_scopes,
    contender_scopes,
    mixture,
    network,
)

NAMES = [name for name, _ in SCOPES]
PRICES = {
    "prices.link.transfer.energy": "3 pJ",
    "prices.host.small_cache.energy": "10 pJ",
    "prices.host.instruction.energy": "50 pJ",
    "prices.host.instruction.low": "0 J",
    "prices.host.instruction.high": "60 pJ",
}


@pytest.fixture(scope="module")
def run():
    return chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 20, **PRICES}, lanes=8)


@pytest.mark.unit
def test_a_board_spends_its_power_for_as_long_as_the_operations_take():
    """2,000 operations at a tenth of 1e12 per second take 20 ns; at 400 W, 8 uJ."""
    assert Board("b", "fp32", 1e12, 400.0, 0.1).joules(2000) == pytest.approx(8e-6, rel=1e-12)


@pytest.mark.unit
def test_operations_by_hand():
    """50 blocks of 16 random bytes, 100 operations each, for 784 pixels and a choice; 784 comparisons; 7 to choose."""
    found = mixture(100, 784)
    assert (found.operations, found.parameters) == (50 * 100 + 784 + 7, 100 * 784 + 99)
    net = network([20, 400, 784])
    assert (net.operations, net.parameters) == (2 * (20 * 400 + 400 * 784), 20 * 400 + 400 * 784 + 400 + 784)
    assert (found.answer_bits, net.answer_bits) == (784, 784)


@pytest.mark.unit
def test_only_matrix_products_use_tensor_cores():
    assert [board.tensor for board in boards_for(network([2, 3]))] == [False] * 3 + [True] * 6
    assert not any(board.tensor for board in boards_for(mixture(10, 8)))
    fp32, tensor, int8 = boards_for(network([2, 3]))[::3]
    assert (fp32.peak_per_s, tensor.peak_per_s, int8.peak_per_s) == (19.5e12, 312e12, 624e12)


def test_host_and_link_are_counted_in_the_scopes_of_the_chip(run):
    """10 x 8 + 9 parameters of 8 bits are 712 bits, 12 words; 8 bits of an answer are one word, of two instructions."""
    contender = mixture(10, 8)
    board = Board("b", "fp32", 1e12, 100.0, 1.0)
    own, word = contender.operations * 100e-12, 10e-12 + 2 * 50e-12
    found = contender_scopes(run, contender, board)
    for name in NAMES[:3]:
        assert found[name] == pytest.approx(dict.fromkeys((1, 100, 10_000), own), rel=1e-12)
    for jobs in (1, 100, 10_000):
        link = 3e-12 * (8 + 712 / jobs)
        assert found[NAMES[3]][jobs] == pytest.approx(own + link, rel=1e-12)
        assert found[NAMES[4]][jobs] == pytest.approx(own + link + word * (1 + 12 / jobs), rel=1e-12)
        assert found[NAMES[5]][jobs] == found[NAMES[4]][jobs]


def test_scopes_of_the_chip_are_those_of_the_run(run):
    widest = chip_scopes(run)[-1]
    assert widest.energy_j == pytest.approx({int(n): e for n, e in run.summary["energy_per_job_j"].items()}, rel=1e-12)
    assert chip_scopes(run, [7])[-1].energy_j[7] < widest.energy_j[1]


def test_scopes_do_not_depend_on_that_of_the_run(run):
    """A run in scope chip has no rows of link and host, which its widest scope still counts."""
    narrow = chipsim.reprice(run, scope="chip")
    assert narrow.energy_j < run.energy_j
    assert [cost.energy_j for cost in chip_scopes(narrow)] == [cost.energy_j for cost in chip_scopes(run)]


def test_a_training_gives_no_answers(run):
    from dataclasses import replace

    core = run.summary.core
    training = replace(
        run, summary=replace(run.summary, core=replace(core, answers=replace(core.answers, is_training=True)))
    )
    with refused("result.not-comparable", "a training gives no answers"):
        chip_scopes(training)


def test_a_ratio_is_of_both_sides_in_one_scope(run):
    contender = mixture(10, 8)
    table = contender_table(run, contender)
    assert [row[0] for row in table.rows] == [NAMES[0]] * 9 + [NAMES[2]] * 9 + [NAMES[-1]] * 9
    board = boards_for(contender)[0]
    cost, rival = chip_scopes(run)[-1], contender_scopes(run, contender, board)[NAMES[-1]]
    scope, jobs, _, name, _, ratio, bounds = table.rows[18]
    assert (scope, jobs, name) == (NAMES[-1], "1", board.name)
    assert float(ratio) == pytest.approx(rival[1] / cost.energy_j[1], rel=0.01)
    least, most = (float(bound) for bound in bounds.split(" to "))
    assert least < float(ratio) < most


def test_a_chip_without_host_has_no_contender(run):
    from dataclasses import replace

    components = {name: part for name, part in run.sheet.components.items() if part.kind != "host"}
    bare = replace(run, sheet=replace(run.sheet, components=components))
    with refused("chip.no-unit", "no host"):
        contender_scopes(bare, mixture(10, 8), Board("b", "fp32", 1e12, 100.0, 1.0))


def test_the_command_prints_the_table(run, tmp_path):
    path = tmp_path / "run.h5"
    run.save(path)
    found = call("gpu", str(path), "--mixture", "10,8")
    assert "Bernoulli mixture, 10 components on an A100 against" in found.output
    assert "tensor" not in found.output
    assert "tensor, 10%" in call("gpu", str(path), "--layers", "4,8,8").output


@pytest.mark.parametrize(
    "options", [(), ("--layers", "3"), ("--layers", "3,x"), ("--mixture", "1,2,3"), ("--mixture", "0,8")]
)
def test_wrong_options_end_in_one_line(options, run, tmp_path):
    path = tmp_path / "run.h5"
    run.save(path)
    assert call("gpu", str(path), *options).exit_code == 2
