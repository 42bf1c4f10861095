"""A chip beside a digital contender on a GPU, in a terminal."""

from __future__ import annotations

from rich.console import Console

from chipsim.ledger.scopes import SCOPES, ScopeCost
from chipsim.report.terminal import titled_table
from chipsim.results.contenders import PARAMETER_BITS, Contender, boards_for, chip_scopes, contender_scopes
from chipsim.results.result import Run
from chipsim.units import show, show_ratio
from chipsim.workloads.sections import Column, Table

# Names of the nested scopes of an answer; the second has no controller and no static power, unlike `--scope chip`.
SHOWN = tuple(SCOPES[number][0] for number in (0, 2, -1))


def contender_table(run: Run, contender: Contender) -> Table:
    """Energies of an answer, by scope, answers per load of the weights or parameters, and peak of the GPU.

    The range of a ratio is the one that the prices of the chip allow.
    """
    rivals = {board.name: contender_scopes(run, contender, board) for board in boards_for(contender)}
    costs = {cost.scope: cost for cost in chip_scopes(run)}
    rows = [
        (scope, f"{answers:,}", show(energy, "J"), board, *_rival(rival[scope][answers], costs[scope], answers))
        for scope in SHOWN
        for answers, energy in costs[scope].energy_j.items()
        for board, rival in rivals.items()
    ]
    title = (
        f"{contender.name} on an A100 against {run.summary.workload.name}: {contender.operations:,} operations an "
        f"answer by the FLOP method (assumed), {contender.parameters:,} parameters of {PARAMETER_BITS} bits, "
        f"{contender.answer_bits:,} bits an answer; prices {run.prices.name}"
    )
    heads = ("scope", "per load", "chip", "peak, use", "GPU", "GPU / chip", "by prices")
    return Table(title, tuple(Column(head) for head in heads), tuple(rows))


def _rival(energy_j: float, cost: ScopeCost, answers: int) -> tuple[str, str, str]:
    """Energy of a contender, its ratio to the chip, and the range of that."""
    chip, (low, high) = cost.energy_j[answers], cost.range_j[answers]
    least, ratio, most = (show_ratio(energy_j / held) if held else "-" for held in (high, chip, low))
    return show(energy_j, "J", 3), ratio, f"{least} to {most}"


def print_contender(run: Run, contender: Contender, console: Console) -> None:
    """Print the table."""
    console.print(*titled_table(contender_table(run, contender)), sep="\n")
