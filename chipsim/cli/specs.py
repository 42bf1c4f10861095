"""Commands about specs and names: check, elaborate, list, kinds, metrics, schema, new."""

from __future__ import annotations

from pathlib import Path

import click

from chipsim.cli.common import (
    overrides_of,
    prices_option,
    say,
    set_option,
)


@click.command()
@click.argument("chip", metavar="CHIP|SWEEP")
@click.argument("workload", required=False)
@set_option
@prices_option
def check(chip: str, workload: str | None, assignments: tuple[str, ...], prices: str | None) -> None:
    """Validate CHIP, alone or with WORKLOAD, or the sweep of this name or file, and describe it with its size."""
    from chipsim.report.describe import describe_chip, describe_plan
    from chipsim.sweeps.size import describe_sweep, is_sweep

    overrides = overrides_of(assignments)
    if workload is not None:
        lines = describe_plan(chip, workload, overrides, prices)
    elif is_sweep(chip):
        if prices is not None:
            raise click.UsageError("--prices has no effect on a sweep; its file names them")
        lines = describe_sweep(chip, overrides)
    else:
        lines = describe_chip(chip, overrides, prices)
    say(lines)


@click.command()
@click.argument("chip")
@click.argument("workload", required=False)
@set_option
@click.option("--expand", metavar="GLOB", help="Show single instances, e.g. 'cells[17]' or 'core[*].link'.")
def elaborate(chip: str, workload: str | None, assignments: tuple[str, ...], expand: str | None) -> None:
    """Show CHIP resolved: ranges, routes, and every value with its origin."""
    from chipsim.report.describe import elaborated, expanded

    overrides = overrides_of(assignments)
    lines = expanded(chip, workload, overrides, expand) if expand else elaborated(chip, workload, overrides)
    say(lines)


@click.command(name="list")
def list_presets() -> None:
    """List preset chips, workloads and price tables, and the component kinds."""
    from chipsim.report.describe import listing

    say(listing())


@click.command()
@click.argument("kind", required=False)
def kinds(kind: str | None) -> None:
    """List component kinds, or show parameters, actions and prices of one KIND."""
    from chipsim.catalogue.reference import kind_page, kinds_listing

    say(kind_page(kind) if kind else kinds_listing())


@click.command()
@click.argument("pattern", required=False)
def metrics(pattern: str | None) -> None:
    """List metrics with unit and meaning; PATTERN is a text or a name with *, e.g. 'energy*'."""
    from chipsim.catalogue.reference import metrics_listing

    say(metrics_listing(pattern))


@click.command()
@click.argument("what", type=click.Choice(["chip", "workload", "prices", "sweep"]), default="chip")
def schema(what: str) -> None:
    """Print the JSON Schema of a chip, a workload, a price table or a sweep, for editors."""
    import json

    from chipsim.catalogue.schema import spec_schema

    click.echo(json.dumps(spec_schema(what), indent=1))


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Create a folder DIR with a commented chip and workload to start from."""
    from chipsim.spec.starter import write_starter

    for path in write_starter(folder):
        click.echo(f"wrote {path}")
    click.echo(f"next: chipsim run {folder / 'chip.yaml'} {folder / 'workload.yaml'}")


COMMANDS = (check, elaborate, list_presets, kinds, metrics, schema, new)
