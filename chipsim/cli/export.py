"""The command that writes a result in formats of other programs: export."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("result", metavar="RUN.h5")
@click.option("--perfetto", type=click.Path(path_type=Path), help="Write the timeline as a trace for ui.perfetto.dev.")
@click.option("--ert", type=click.Path(path_type=Path), help="Write the prices as an Accelergy 0.4 energy table.")
@click.option("--counts", type=click.Path(path_type=Path), help="Write the action counts as Accelergy 0.4 YAML.")
def export(result: str, perfetto: Path | None, ert: Path | None, counts: Path | None) -> None:
    """Write the timeline of a result for Perfetto, or its prices and counts for Accelergy."""
    from chipsim.files import write_atomically
    from chipsim.report.perfetto import trace_json
    from chipsim.results.accelergy import action_counts, energy_reference_table
    from chipsim.results.store import load

    wanted = [(perfetto, trace_json), (ert, energy_reference_table), (counts, action_counts)]
    if not any(path for path, _ in wanted):
        raise click.UsageError("name at least one file: --perfetto, --ert or --counts")
    run = load(result)
    for path, text_of in wanted:
        if path is not None:
            write_atomically(path, text_of(run))
            click.echo(f"wrote {path}")


COMMANDS = (export,)
