"""The command that writes a result in formats of other programs: export."""

from __future__ import annotations

from pathlib import Path

import click

from chipsim.cli.outputs import check_outputs, force_option


@click.command()
@click.argument("result", metavar="RUN.h5|DIR")
@click.option(
    "--parquet", type=click.Path(path_type=Path), help="Write the ledger, or the points of a sweep folder DIR."
)
@click.option("--perfetto", type=click.Path(path_type=Path), help="Write the timeline as a trace for ui.perfetto.dev.")
@click.option("--ert", type=click.Path(path_type=Path), help="Write the prices as an Accelergy 0.4 energy table.")
@click.option("--counts", type=click.Path(path_type=Path), help="Write the action counts as Accelergy 0.4 YAML.")
@force_option
def export(
    result: str, parquet: Path | None, perfetto: Path | None, ert: Path | None, counts: Path | None, force: bool
) -> None:
    """Write a result for other programs: ledger or sweep as Parquet, timeline for Perfetto, prices for Accelergy."""
    from chipsim.files import write_atomically
    from chipsim.report.perfetto import trace_json
    from chipsim.results.accelergy import action_counts, energy_reference_table
    from chipsim.results.store import load
    from chipsim.sweeps.result import load_sweep

    wanted = [(perfetto, trace_json), (ert, energy_reference_table), (counts, action_counts)]
    outputs = {"Parquet": parquet, "JSON": perfetto, "energy table": ert, "count table": counts}
    if not any(outputs.values()):
        raise click.UsageError("name at least one file: --parquet, --perfetto, --ert or --counts")
    check_outputs(outputs, [result], force)
    if Path(result).is_dir():
        if perfetto or ert or counts:
            raise click.UsageError("a sweep folder has no timeline and no single ledger; use --parquet")
        assert parquet is not None
        load_sweep(Path(result)).to_parquet(parquet)
        click.echo(f"wrote {parquet}")
        return
    run = load(result)
    if parquet is not None:
        run.ledger.to_parquet(parquet)
        click.echo(f"wrote {parquet}")
    for path, text_of in wanted:
        if path is not None:
            write_atomically(path, text_of(run))
            click.echo(f"wrote {path}")


COMMANDS = (export,)
