"""Commands that simulate a chip on a workload: run, train."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipsim.cli.common import (
    INTERRUPTED,
    console,
    overrides_of,
    prices_option,
    scope_option,
    seed_option,
    set_option,
    show_summary,
    threads_option,
    verbose_option,
)
from chipsim.cli.outputs import check_outputs, force_option
from chipsim.cli.progress import SweepsProgress
from chipsim.errors import ChipsimError, RunError
from chipsim.files import check_replaceable
from chipsim.rounding import rounded

if TYPE_CHECKING:
    from chipsim.prices.scopes import Scope
    from chipsim.results.result import Run
    from chipsim.results.summary import Summary
    from chipsim.runs.plan import Plan


def _bytes_of(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """The bytes of an option such as "4 GiB"."""
    from chipsim.errors import RuleError
    from chipsim.units import parse

    try:
        return None if text is None else int(parse(text, "B"))
    except RuleError as error:
        raise click.BadParameter(str(error)) from None


memory_option = click.option(
    "--max-memory", callback=_bytes_of, metavar="SIZE", help="Refuse larger runs, e.g. '4 GiB' [default: what is free]."
)


@click.command()
@click.argument("chip")
@click.argument("workload")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Result file [default: runs/CHIP-WORKLOAD-ID-LANES.h5]."
)
@click.option(
    "--lanes", type=click.IntRange(1, 1_000_000), help="Independent repetitions [default: 64, or 1 for training]."
)
@seed_option
@threads_option
@set_option
@prices_option
@scope_option
@memory_option
@click.option(
    "--replicates",
    type=click.IntRange(2, 10_000),
    help="Runs with seeds from --seed on; prints means with 95 % t-intervals and writes OUTPUT-seed-N.h5 for each.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@force_option
@verbose_option
def run(
    chip: str,
    workload: str,
    output: Path | None,
    lanes: int | None,
    seed: int,
    threads: int | None,
    assignments: tuple[str, ...],
    prices: str | None,
    scope: Scope,
    max_memory: int | None,
    replicates: int | None,
    as_json: bool,
    force: bool,
    verbose: bool,
) -> None:
    """Simulate CHIP on WORKLOAD and print its energy ledger."""
    from chipsim.runs.plan import planned
    from chipsim.runs.size import check_memory, size_of

    ready = planned(chip, workload, overrides_of(assignments), prices, scope)
    lanes = ready.lanes(lanes)
    check_memory(size_of(ready, lanes), max_memory)
    path = output or _default_output(ready, seed, lanes)
    outputs = {path: seed} if replicates is None else _of_replicates(path, seed, replicates)
    data = ready.workload.inputs()
    check_outputs({"result": [*outputs]}, [*inputs_of(ready, chip, workload, prices), *data.values()], force)
    if replicates is not None:
        _show_replicates(_replicated(ready, outputs, lanes, threads), list(outputs), as_json)
        return
    _show_run(_saved(ready, path, lanes, seed, threads), path, as_json, verbose)


def _of_replicates(path: Path, seed: int, replicates: int) -> dict[Path, int]:
    """File of each replicate -> its seed.

    Raises:
        RunError: the last seed is too large, or no file can have the name that the others are derived from.
    """
    from chipsim.runs.simulate import MAX_SEED

    last = seed + replicates - 1
    if last > MAX_SEED:
        raise RunError(f"--seed: {replicates:,} replicates end at {last}, above {MAX_SEED}", code="run.argument")
    check_replaceable(path)
    return {path.with_stem(f"{path.stem}-seed-{each}"): each for each in range(seed, last + 1)}


def _replicated(ready: Plan, outputs: dict[Path, int], lanes: int, threads: int | None) -> list[Summary]:
    """Simulate and save replicates one by one; where one fails, those before it are told to be saved."""
    done: list[Summary] = []
    paths = list(outputs)
    try:
        for path, seed in outputs.items():
            done.append(_saved(ready, path, lanes, seed, threads).summary)
    except (ChipsimError, SystemExit):
        if done:
            saved = f"{paths[0]} to {paths[len(done) - 1]}" if len(done) > 1 else f"{paths[0]}"
            click.echo(f"{len(done):,} of {len(paths):,} replicates are saved: {saved}", err=True)
        raise
    return done


def _saved(ready: Plan, path: Path, lanes: int, seed: int, threads: int | None) -> Run:
    """Simulate and save a run."""
    from chipsim.runs.simulate import simulate

    try:
        with SweepsProgress(ready.workload.total_sweeps, lanes * ready.netlist.fabric.sites) as show:
            result = simulate(ready, lanes, seed, threads, show)
        result.save(path)
    except KeyboardInterrupt:
        kept = f"{path} is unchanged" if path.exists() else "no earlier result exists"
        click.echo(f"\ninterrupted: this run was not saved; {kept}", err=True)
        sys.exit(INTERRUPTED)
    return result


def _print_json(value: dict[str, Any]) -> None:
    from chipsim.report.tables import plain_json

    click.echo(plain_json(value), nl=False)


def _show_replicates(summaries: list[Summary], paths: list[Path], as_json: bool) -> None:
    from chipsim.report.replicates import means, print_means

    if as_json:
        _print_json({"metrics": means(summaries), "results": [str(path) for path in paths]})
        return
    print_means(summaries, console())
    click.echo(f"\nresults: {paths[0]} to {paths[-1]}; next: chipsim report {paths[0]} --html report.html")


def _show_run(result: Run, path: Path, as_json: bool, verbose: bool) -> None:
    if as_json:
        _print_json({**result.summary.to_json(), "result": str(path)})
        return
    show_summary(result.summary, verbose)
    speed = result.summary.core.work.updates_per_ns
    rate = f" at {rounded(speed, '.3g')} updates/ns" if speed else ""
    click.echo(f"\n{rounded(result.trace.machine.wall_s, '.1f')} s on this machine{rate}; result: {path}")
    click.echo(f"next: chipsim report {path} --html report.html")


@click.command()
@click.argument("chip")
@click.argument("workload")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File for the weights.")
@seed_option
@threads_option
@set_option
@prices_option
@scope_option
@memory_option
@force_option
@verbose_option
def train(
    chip: str,
    workload: str,
    output: Path,
    seed: int,
    threads: int | None,
    assignments: tuple[str, ...],
    prices: str | None,
    scope: Scope,
    max_memory: int | None,
    force: bool,
    verbose: bool,
) -> None:
    """Train the weights of WORKLOAD with CHIP as the sampler; resumes an interrupted training."""
    from chipsim.report.training import progress_lines
    from chipsim.runs import train as training
    from chipsim.runs.plan import planned
    from chipsim.runs.size import check_memory

    ready = planned(chip, workload, overrides_of(assignments), prices, scope)
    learns = training.trainable(ready)
    data = ready.workload.untrained(ready.netlist.fabric).inputs()
    check_outputs({"result": output}, [*inputs_of(ready, chip, workload, prices), *data.values()], force)
    size = training.size_of_its_training(ready)
    if size is not None:
        check_memory(size, max_memory, "training")

    for finding in ready.workload.lint(ready.netlist):
        click.echo(f"lint {finding.rule}: {finding.says}", err=True)

    def show(progress: training.Progress) -> None:
        click.echo("\n".join(progress_lines(progress)), err=True)

    try:
        result = training.train(ready, output, seed, threads, show)
    except KeyboardInterrupt:
        resumes = f"the same command resumes after the last finished {learns.unit_name} in {output}"
        state = resumes if output.exists() else f"no {learns.unit_name} was finished, so nothing was saved"
        click.echo(f"\ninterrupted: {state}", err=True)
        sys.exit(INTERRUPTED)
    show_summary(result.summary, verbose)
    # Overrides of the training are part of the model.
    words = [word for assignment in assignments for word in ("--set", assignment)]
    command = shlex.join(["chipsim", "run", chip, workload, *words, "--set", f"{learns.trained_key}={output}"])
    click.echo(f"\nweights: {output}; next: {command}")


def inputs_of(ready: Any, *named: str | None) -> list[str]:
    """The specs of a run with all that they are composed of, and its price table."""
    return [*filter(None, named), *ready.sources]


def _default_output(ready: Any, seed: int, lanes: int) -> Path:
    try:
        Path("runs").mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(
            f"cannot create the folder runs/: {error.strerror}; choose a file with -o", code="file.not-writable"
        ) from None
    names = re.sub(r"[^\w.-]+", "-", f"{ready.chip.model.name}-{ready.workload.model.name}")
    return Path("runs") / f"{names}-{ready.ids(seed)[1]}-{lanes}.h5"


COMMANDS = (run, train)
