"""The command that varies parameters: sweep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipsim.cli.common import (
    INTERRUPTED,
    console,
    overrides_of,
    set_option,
)
from chipsim.cli.progress import PointsProgress
from chipsim.errors import RunError

if TYPE_CHECKING:
    from chipsim.prices.scopes import Scope


@click.command()
@click.argument("sweep", metavar="SWEEP.yaml")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder of the results [default: runs/NAME of the sweep]."
)
@click.option("--jobs", type=click.IntRange(1, 1024), default=None, help="Processes [default: all available cores].")
@click.option(
    "--executor",
    default="local",
    show_default=True,
    metavar="WHERE",
    help="local, inline (this process), or dask://host:port.",
)
@set_option
@click.option(
    "--scope",
    type=click.Choice(["fabric", "chip", "system"]),
    default=None,
    help="Scope of totals [default: that of the sweep file, or system].",
)
def sweep(
    sweep: str,
    output: Path | None,
    jobs: int | None,
    executor: str,
    assignments: tuple[str, ...],
    scope: Scope | None,
) -> None:
    """Run every point of SWEEP.yaml (a file or a preset); what is in the folder already is not computed again."""
    from chipsim.report.sweep_terminal import print_sweep
    from chipsim.sweeps.driver import Sweep, default_folder
    from chipsim.sweeps.spec import read_sweep

    spec = read_sweep(sweep, scope, overrides_of(assignments))
    folder = output or default_folder(spec)
    with PointsProgress() as shown:
        job = Sweep(spec, folder, executor, jobs, shown.tell, shown.show)
        try:
            table = job.run()
        except KeyboardInterrupt:
            shown.tell(f"interrupted: {len(job.status.records)} of {job.status.total} points are saved in {folder}")
            shown.tell("the same command resumes the sweep")
            sys.exit(INTERRUPTED)
    print_sweep(table, console())
    counts = job.counts()
    planned = ", ".join(f"{count} {name}" for name, count in counts.items())
    noun = "replicate" if spec.replicates else "point"
    number = f"{len(job.points)} {noun}{'' if len(job.points) == 1 else 's'}"
    click.echo(f"\n{number} planned: {planned}; table: {folder / 'sweep.csv'}")
    if not {"computed", "cached"} & {*counts}:
        raise RunError("all points of this sweep failed; see column failure of the table", code="sweep.all-failed")
    click.echo(f"next: chipsim report {folder} --html sweep.html")


COMMANDS = (sweep,)
