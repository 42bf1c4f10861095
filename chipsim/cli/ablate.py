"""The command that turns off non-idealities: ablate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipsim.cli.common import (
    INTERRUPTED,
    console,
    overrides_of,
    prices_option,
    scope_option,
    seed_option,
    set_option,
    threads_option,
)
from chipsim.cli.outputs import check_outputs, force_option
from chipsim.cli.progress import SweepsProgress
from chipsim.cli.report import write_files
from chipsim.cli.run import inputs_of, memory_option

if TYPE_CHECKING:
    from chipsim.prices.scopes import Scope


@click.command()
@click.argument("chip")
@click.argument("workload")
@click.option("--lanes", type=click.IntRange(1, 1_000_000), help="Independent repetitions [default: 64].")
@seed_option
@threads_option
@set_option
@prices_option
@scope_option
@memory_option
@click.option("--html", type=click.Path(path_type=Path), help="Write a page that compares the runs.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write a line for each row of the table, SI values.")
@click.option("--json", type=click.Path(path_type=Path), help="Write the same with the summary of each run.")
@click.option("--figures", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the figure as SVG and PNG.")
@force_option
def ablate(
    chip: str,
    workload: str,
    lanes: int | None,
    seed: int,
    threads: int | None,
    assignments: tuple[str, ...],
    prices: str | None,
    scope: Scope,
    max_memory: int | None,
    figures: Path | None,
    force: bool,
    **files: Path | None,
) -> None:
    """Run CHIP as it is, without each of its non-idealities in turn, and without all: what each costs in quality, time
    and energy.
    """
    from chipsim.report.ablation import AblationSubject
    from chipsim.runs.ablation import carry_out, steps_of
    from chipsim.runs.size import check_memory, size_of

    steps, impossible = steps_of(chip, workload, overrides_of(assignments), prices, scope)
    ready = steps[0].plan
    lanes = ready.lanes(lanes)
    for step in steps:
        check_memory(size_of(step.plan, lanes), max_memory)
    data = ready.workload.inputs()
    outputs = {"page": files["html"], "CSV": files["csv"], "JSON": files["json"]}
    check_outputs(outputs, [*inputs_of(ready, chip, workload, prices), *data.values()], force, figures)
    sweeps = sum(step.plan.workload.total_sweeps for step in steps)
    try:
        with SweepsProgress(sweeps, lanes * ready.netlist.fabric.sites) as show:
            subject = AblationSubject(carry_out(steps, impossible, lanes, seed, threads, show))
    except KeyboardInterrupt:
        click.echo("\ninterrupted: nothing was written", err=True)
        sys.exit(INTERRUPTED)
    subject.show(console())
    write_files(subject, files, figures)


COMMANDS = (ablate,)
