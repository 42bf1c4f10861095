"""Commands that show results: report, quality, gpu."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from chipsim.cli.common import (
    console,
    verbose_option,
)
from chipsim.cli.outputs import check_outputs, force_option


@click.command()
@click.argument("results", metavar="RUN.h5|DIR...", nargs=-1, required=True)
@click.option("--html", type=click.Path(path_type=Path), help="Write one self-contained page.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write the ledger, or the points of a sweep, as CSV.")
@click.option("--json", type=click.Path(path_type=Path), help="Write the summary as JSON.")
@click.option("--figures", type=click.Path(path_type=Path), metavar="FOLDER", help="Write each figure as SVG and PNG.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="Write the best spins by label, or the solution, as .json, .csv or .h5.",
)
@verbose_option
@force_option
def report(
    results: tuple[str, ...],
    figures: Path | None,
    answers: Path | None,
    verbose: bool,
    force: bool,
    **files: Path | None,
) -> None:
    """Show a run, compare several, or show the folder of a sweep: in the terminal or as files."""
    outputs = {"page": files["html"], "CSV": files["csv"], "JSON": files["json"], "answers": answers}
    check_outputs(outputs, results, force, figures)
    if answers is not None:
        _write_answers(results, answers)
        click.echo(f"wrote {answers}")
        if figures is None and not any(files.values()):
            return
    subject = _subject(results)
    write_files(subject, files, figures)
    if figures is None and not any(files.values()):
        subject.show(console(), verbose)


def write_files(subject: Any, files: Mapping[str, Path | None], figures: Path | None) -> None:
    """Write a subject of `chipsim.report.subjects` as html, csv and json, and its figures into a folder."""
    from chipsim.files import write_atomically
    from chipsim.report.subjects import write_figures

    for form, path in files.items():
        if path is not None:
            write_atomically(path, getattr(subject, form)())
            click.echo(f"wrote {path}")
    if figures is not None:
        for path in write_figures(subject, figures):
            click.echo(f"wrote {path}")


def _write_answers(results: tuple[str, ...], path: Path) -> None:
    from chipsim.results.answers import save_answer
    from chipsim.results.store import load

    if len(results) > 1:
        raise click.UsageError("--answers takes the result of one run")
    run = load(results[0])
    save_answer(run.best, run.arrays, path)


def _subject(results: tuple[str, ...]) -> Any:
    from chipsim.report.subjects import OneSweep, subject_of

    if len(results) > 1 or not Path(results[0]).is_dir():
        return subject_of(list(results))
    from chipsim.sweeps.table import read_table, table_csv

    table = read_table(Path(results[0]))
    return OneSweep(table, table_csv(table))


@click.command()
@click.argument("result", metavar="RUN.h5")
def quality(result: str) -> None:
    """Compare the images of a result with its data and with baselines."""
    from chipsim.report.quality import print_quality
    from chipsim.results.store import load

    print_quality(load(result), console())


@click.command()
@click.argument("result", metavar="RUN.h5")
@click.option("--layers", metavar="A,B,...", help="A dense network with these layers, one pass for an answer.")
@click.option("--mixture", metavar="K,CELLS", help="A Bernoulli mixture of K components over so many cells.")
def gpu(result: str, layers: str | None, mixture: str | None) -> None:
    """Compare an answer of a chip with that of a digital model on a GPU, scope by scope."""
    from chipsim.report.contenders import print_contender
    from chipsim.results import contenders
    from chipsim.results.store import load

    if (layers is None) == (mixture is None):
        raise click.UsageError("gpu takes one of --layers and --mixture")
    if layers is not None:
        contender = contenders.network(_whole_numbers("--layers", layers, 2, None))
    else:
        components, cells = _whole_numbers("--mixture", mixture or "", 2, 2)
        contender = contenders.mixture(components, cells)
    print_contender(load(result), contender, console())


def _whole_numbers(option: str, text: str, least: int, most: int | None) -> list[int]:
    parts = text.split(",")
    if len(parts) < least or (most is not None and len(parts) > most) or not all(p.strip().isdecimal() for p in parts):
        raise click.UsageError(f"{option} takes whole numbers separated by commas; got {text}")
    numbers = [int(part) for part in parts]
    if not all(0 < number <= 10**9 for number in numbers):
        raise click.UsageError(f"{option} takes numbers from 1 to 1,000,000,000; got {text}")
    return numbers


COMMANDS = (report, quality, gpu)
