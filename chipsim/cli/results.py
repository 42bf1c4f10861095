"""Commands that analyse a result: reprice, explain, diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipsim.cli.common import (
    overrides_of,
    say,
    set_option,
    show_summary,
    verbose_option,
)
from chipsim.cli.outputs import check_outputs, force_option
from chipsim.files import check_folder

if TYPE_CHECKING:
    from chipsim.prices.scopes import Scope


@click.command()
@click.argument("results", metavar="RUN.h5|DIR", type=click.Path(path_type=Path))
@click.option("--prices", metavar="TABLE", help="Price table: a file or a preset [default: the one of the run].")
@set_option
@click.option(
    "--scope",
    type=click.Choice(["fabric", "chip", "system"]),
    default=None,
    help="What totals include [default: as in the run].",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the result here; a folder for a DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout; a list for a DIR.")
@verbose_option
@force_option
def reprice(
    results: Path,
    prices: str | None,
    assignments: tuple[str, ...],
    scope: Scope | None,
    output: Path | None,
    as_json: bool,
    verbose: bool,
    force: bool,
) -> None:
    """Price a result again without simulating, or all results of a folder.

    --set changes prices only: --set "prices.rng.on.power=5 nW".
    """
    from chipsim.report.tables import plain_json
    from chipsim.results.reprice import repriced

    if output is not None:
        _check_output(results, output, force)
    priced = repriced(results, prices, overrides_of(assignments), scope)
    if output is not None:
        if results.is_dir():
            output.mkdir(exist_ok=True)
        for path, run in priced.items():
            run.save(output / path.name if results.is_dir() else output)
    if as_json:
        summaries = [run.summary.to_json() for run in priced.values()]
        click.echo(plain_json(summaries if results.is_dir() else summaries[0]), nl=False)
        return
    for path, run in priced.items():
        if results.is_dir():
            click.echo(f"\n{path}")
        show_summary(run.summary, verbose)
    if output is not None:
        click.echo(f"\nresult: {output}")


def _check_output(results: Path, output: Path, force: bool) -> None:
    """Check the file of a result, or those of the results of a folder in another folder."""
    if not results.is_dir():
        check_outputs({"result": output}, [results], force)
        return
    check_folder(output)
    paths = list(results.glob("*.h5"))
    check_outputs({"result": [output / path.name for path in paths] if output.is_dir() else None}, paths, force)


@click.command()
@click.argument("result", metavar="RUN.h5")
@click.argument("row", required=False)
def explain(result: str, row: str | None) -> None:
    """Explain one ROW (component.action) of the ledger; without ROW, the share of each price in the total."""
    from chipsim.results.explain import explain_all, explain_row
    from chipsim.results.store import load

    loaded = load(result)
    say(explain_row(loaded, row) if row else explain_all(loaded))


@click.command()
@click.argument("a", metavar="A.h5")
@click.argument("b", metavar="B.h5")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def diff(a: str, b: str, as_json: bool) -> None:
    """Attribute the difference of two results to counts, powered time and prices, and its time to phases."""
    from dataclasses import asdict

    from chipsim.report.tables import plain_json
    from chipsim.report.terminal import diff_lines
    from chipsim.results.diff import diff as difference
    from chipsim.results.store import load

    found = difference(load(a), load(b))
    if as_json:
        click.echo(plain_json({**asdict(found), "causes_j": found.causes_j()}), nl=False)
        return
    say(diff_lines(found))


COMMANDS = (reprice, explain, diff)
