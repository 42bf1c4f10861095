"""The command line. It parses arguments and prints; everything else is imported inside the commands, when needed."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from chipsim import __version__
from chipsim.errors import ChipsimError, RunError

# Seconds between two lines about a sweep where there is no terminal.
PLAIN_LINE_S = 5.0


class _Commands(click.Group):
    """Turns chipsim's errors into one message and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChipsimError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            # The reader went away, for example `chipsim elaborate ... | head`.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Simulate probabilistic chips and see where every joule goes.

    CHIP and WORKLOAD are files, or names of presets: see `chipsim list`.
    """


_set_option = click.option(
    "--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Change a value, e.g. schedule.sweeps=250."
)


def _overrides(assignments: tuple[str, ...]) -> dict[str, Any]:
    from chipsim.spec.overrides import parse_assignment

    return dict(parse_assignment(text) for text in assignments)


@main.command()
@click.argument("chip")
@click.argument("workload")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Result file [default: runs/CHIP-WORKLOAD-ID-LANES.h5]."
)
@click.option(
    "--lanes", type=click.IntRange(1, 1_000_000), help="Independent repetitions [default: 64, or 1 for a training]."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Seed of all random numbers."
)
@click.option("--threads", type=click.IntRange(1, 1024), default=None, help="Threads [default: all cores].")
@_set_option
@click.option("--prices", metavar="TABLE", help="Price table instead of the chip's own: a file or a preset.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
def run(
    chip: str,
    workload: str,
    output: Path | None,
    lanes: int | None,
    seed: int,
    threads: int | None,
    assignments: tuple[str, ...],
    prices: str | None,
    as_json: bool,
) -> None:
    """Simulate CHIP on WORKLOAD and print its energy ledger."""
    from chipsim.ledger import run as runs
    from chipsim.ledger.store import check_writable
    from chipsim.report.tables import summary_json

    ready = runs.plan(chip, workload, _overrides(assignments), prices)
    lanes = ready.lanes(lanes)
    path = output or _default_output(ready, seed, lanes)
    check_writable(path)
    cores = threads or os.cpu_count() or 1
    try:
        with _progress(ready.workload.total_sweeps, lanes * ready.netlist.fabric.sites) as show:
            result = runs.simulate(ready, lanes, seed, cores, show)
        result.save(path)
    except KeyboardInterrupt:
        kept = f"the earlier {path} is as it was" if path.exists() else "there was no earlier result"
        click.echo(f"\ninterrupted: nothing of this run was written; {kept}", err=True)
        sys.exit(130)
    if as_json:
        click.echo(summary_json({**result.summary, "result": str(path)}), nl=False)
        return
    _print(result.summary)
    speed = result.summary["updates_per_ns"]
    rate = f" at {speed:.3g} updates/ns" if speed else ""
    click.echo(f"\n{result.trace.wall_s:.1f} s on this machine{rate}; result: {path}")
    click.echo(f"next: chipsim report {path} --html report.html")


@main.command()
@click.argument("chip")
@click.argument("workload")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File for the weights.")
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Seed of all random numbers."
)
@click.option("--threads", type=click.IntRange(1, 1024), default=None, help="Threads [default: all cores].")
@_set_option
@click.option("--prices", metavar="TABLE", help="Price table instead of the chip's own: a file or a preset.")
def train(
    chip: str,
    workload: str,
    output: Path,
    seed: int,
    threads: int | None,
    assignments: tuple[str, ...],
    prices: str | None,
) -> None:
    """Learn the weights of WORKLOAD with CHIP as the sampler; goes on where an earlier call was cut off."""
    from chipsim.ledger import run as runs
    from chipsim.ledger import training
    from chipsim.ledger.store import check_writable
    from chipsim.report.training import progress_lines

    ready = runs.plan(chip, workload, _overrides(assignments), prices)
    check_writable(output)

    def show(progress: training.Progress) -> None:
        click.echo("\n".join(progress_lines(progress)), err=True)

    try:
        result = training.train(ready, output, seed, threads or os.cpu_count() or 1, show)
    except KeyboardInterrupt:
        goes_on = f"the same command goes on behind the last finished layer in {output}"
        said = goes_on if output.exists() else "no layer was finished, so nothing was written"
        click.echo(f"\ninterrupted: {said}", err=True)
        sys.exit(130)
    _print(result.summary)
    # What was set for the training is part of the model.
    words = [word for assignment in assignments for word in ("--set", assignment)]
    command = shlex.join(["chipsim", "run", chip, workload, *words, "--set", f"generation.weights={output}"])
    click.echo(f"\nweights: {output}; next: {command}")


def _default_output(ready: Any, seed: int, lanes: int) -> Path:
    from chipsim.ledger.run import ids

    try:
        Path("runs").mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"the folder runs/ cannot be made here: {error.strerror}; choose a place with -o") from None
    names = re.sub(r"[^\w.-]+", "-", f"{ready.chip.model.name}-{ready.workload.model.name}")
    return Path("runs") / f"{names}-{ids(ready, seed)[1]}-{lanes}.h5"


def _console(stderr: bool = False) -> Any:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=132)


def _print(summary: dict[str, Any]) -> None:
    from chipsim.report.terminal import print_summary

    print_summary(summary, _console())


class _progress:
    """A progress bar on stderr: sweeps, simulated time, updates per nanosecond. Silent without a terminal."""

    def __init__(self, sweeps: int, updates_per_sweep: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.sweeps, self.updates_per_sweep, self.done = sweeps, updates_per_sweep, 0
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("sweeps {task.fields[more]}"), TimeRemainingColumn())
        console = _console(stderr=True)
        self.bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task = self.bar.add_task("", total=sweeps or None, more="")

    def __enter__(self) -> Any:
        self.bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, device: Any, sweeps: int) -> None:
        """Called after each call of the kernel."""
        from chipsim.units import show, to_seconds

        self.done += sweeps
        rate = self.done * self.updates_per_sweep / max(device.kernel_s, 1e-9) * 1e-9
        simulated = show(to_seconds(device.timeline.elapsed_fs), "s", 3)
        self.bar.update(self.task, advance=sweeps, more=f"{simulated} simulated, {rate:.2f} updates/ns")


@main.command()
@click.argument("sweep", metavar="SWEEP.yaml")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder of the results [default: runs/NAME of the sweep]."
)
@click.option("--jobs", type=click.IntRange(1, 1024), default=None, help="Processes [default: all cores].")
@click.option("--executor", default="local", show_default=True, metavar="WHERE", help="local, or dask://host:port.")
def sweep(sweep: str, output: Path | None, jobs: int | None, executor: str) -> None:
    """Run every point of SWEEP.yaml (a file or a preset); what is in the folder already is not computed again."""
    from chipsim.report.sweep_terminal import print_sweep
    from chipsim.sweep.driver import Sweep
    from chipsim.sweep.spec import read_sweep

    spec = read_sweep(sweep)
    folder = output or Path("runs") / re.sub(r"[^\w.-]+", "-", spec.model.name)
    with _SweepProgress() as shown:
        job = Sweep(spec, folder, executor, jobs or os.cpu_count() or 1, shown.tell, shown.show)
        try:
            table = job.run()
        except KeyboardInterrupt:
            shown.tell(f"interrupted: {len(job.status.records)} of {job.status.total} points are kept in {folder}")
            shown.tell("the same command goes on from there")
            sys.exit(130)
    print_sweep(table, _console())
    fresh = job.status.computed
    click.echo(f"\n{fresh} points computed, {job.status.total - fresh} were there; table: {folder / 'sweep.csv'}")
    click.echo(f"next: chipsim report {folder} --html sweep.html")


class _SweepProgress:
    """Points done, the best so far and the time left: one line that moves in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self.console = _console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("points {task.fields[more]}"))
        self.bar = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        self.task = self.bar.add_task("", total=None, more="")
        self.said = 0.0

    def __enter__(self) -> Any:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def tell(self, text: str) -> None:
        """Say something that stays."""
        self.console.print(text, markup=False, soft_wrap=True)

    def show(self, job: Any) -> None:
        """Called with the sweep after each point."""
        import time

        from chipsim.report.sweep_terminal import progress_line

        status = job.status
        line = progress_line(job.best(), status.left_s, sum(r["status"] == "failed" for r in status.records.values()))
        self.bar.update(self.task, completed=len(status.records), total=status.total, more=line)
        last = len(status.records) == status.total
        if not self.console.is_terminal and (last or time.monotonic() - self.said > PLAIN_LINE_S):
            self.said = time.monotonic()
            self.tell(f"{len(status.records)} of {status.total} points{line}")


@main.command()
@click.argument("results", metavar="RUN.h5|DIR...", nargs=-1, required=True)
@click.option("--html", type=click.Path(path_type=Path), help="Write one self-contained page.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write the ledger, or the points of a sweep, as CSV.")
@click.option("--json", type=click.Path(path_type=Path), help="Write the summary as JSON.")
@click.option("--figures", type=click.Path(path_type=Path), metavar="FOLDER", help="Write each figure as SVG and PNG.")
def report(results: tuple[str, ...], figures: Path | None, **files: Path | None) -> None:
    """Show a run, several runs side by side, or the folder of a sweep; in the terminal, or written as files."""
    from chipsim.report.subjects import write_figures, write_file

    subject = _subject(results)
    for form, path in files.items():
        if path is not None:
            write_file(path, getattr(subject, form)())
            click.echo(f"wrote {path}")
    if figures is not None:
        for path in write_figures(subject, figures):
            click.echo(f"wrote {path}")
    if figures is None and not any(files.values()):
        subject.show(_console())


def _subject(results: tuple[str, ...]) -> Any:
    from chipsim.report.subjects import OneSweep, subject_of

    if len(results) > 1 or not Path(results[0]).is_dir():
        return subject_of(list(results))
    from chipsim.sweep.table import read_table, table_csv

    table = read_table(Path(results[0]))
    return OneSweep(table, table_csv(table))


@main.command()
@click.argument("results", metavar="RUN.h5|DIR", type=click.Path(path_type=Path))
@click.option("--prices", metavar="TABLE", help="Price table: a file or a preset [default: the one of the run].")
@_set_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the result here; a folder for a DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout; a list for a DIR.")
def reprice(
    results: Path, prices: str | None, assignments: tuple[str, ...], output: Path | None, as_json: bool
) -> None:
    """Price a result again without simulating, or all results of a folder.

    --set changes prices only: --set "prices.rng.on.power=5 nW".
    """
    from chipsim.ledger.reprice import repriced
    from chipsim.ledger.store import write_all
    from chipsim.report.tables import summary_json

    priced = repriced(results, prices, _overrides(assignments))
    if output is not None:
        write_all(priced, output, results.is_dir())
    summaries = [run.summary for run in priced.values()]
    if as_json:
        click.echo(summary_json(summaries if results.is_dir() else summaries[0]), nl=False)
        return
    for path, run in priced.items():
        if results.is_dir():
            click.echo(f"\n{path}")
        _print(run.summary)
    if output is not None:
        click.echo(f"\nresult: {output}")


@main.command()
@click.argument("result", metavar="RUN.h5")
@click.argument("row", required=False)
def explain(result: str, row: str | None) -> None:
    """Explain one ROW (component.action) of a result's ledger; without ROW, what the total owes to each price."""
    from chipsim.ledger.explain import explain_all, explain_row
    from chipsim.ledger.store import load

    loaded = load(result)
    for line in explain_row(loaded, row) if row else explain_all(loaded):
        click.echo(line)


@main.command()
@click.argument("a", metavar="A.h5")
@click.argument("b", metavar="B.h5")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def diff(a: str, b: str, as_json: bool) -> None:
    """Attribute the difference of two results to counts, powered time and prices, and its time to phases."""
    from dataclasses import asdict

    from chipsim.ledger.diff import diff as difference
    from chipsim.ledger.store import load
    from chipsim.report.tables import summary_json
    from chipsim.report.terminal import diff_lines

    found = difference(load(a), load(b))
    if as_json:
        click.echo(summary_json({**asdict(found), "causes_j": found.causes_j()}), nl=False)
        return
    for line in diff_lines(found):
        click.echo(line)


@main.command()
@click.argument("result", metavar="RUN.h5")
@click.option("--ert", type=click.Path(path_type=Path), required=True, help="Write the energy reference table.")
@click.option("--counts", type=click.Path(path_type=Path), required=True, help="Write the action counts.")
def export(result: str, ert: Path, counts: Path) -> None:
    """Write the prices and counts of a result as Accelergy 0.4 YAML."""
    from chipsim.ledger.accelergy import action_counts, energy_reference_table
    from chipsim.ledger.store import load
    from chipsim.report.subjects import write_file

    loaded = load(result)
    for path, text in ((ert, energy_reference_table(loaded)), (counts, action_counts(loaded))):
        write_file(path, text)
        click.echo(f"wrote {path}")


@main.command()
@click.argument("result", metavar="RUN.h5")
def quality(result: str) -> None:
    """Compare the images of a result with its data: Frechet distance on 64 features (not the FID), baselines."""
    from chipsim.ledger.store import load
    from chipsim.report.quality import quality_lines

    for line in quality_lines(load(result)):
        click.echo(line)


@main.command()
@click.argument("chip")
@click.argument("workload", required=False)
@_set_option
@click.option("--prices", metavar="TABLE", help="Price table instead of the chip's own.")
def check(chip: str, workload: str | None, assignments: tuple[str, ...], prices: str | None) -> None:
    """Validate CHIP, alone or with WORKLOAD, and say what it is."""
    from chipsim.report.describe import describe_chip, describe_plan

    lines = (
        describe_plan(chip, workload, _overrides(assignments), prices)
        if workload
        else describe_chip(chip, _overrides(assignments), prices)
    )
    click.echo("\n".join(lines))


@main.command()
@click.argument("chip")
@click.argument("workload", required=False)
@_set_option
@click.option("--expand", metavar="GLOB", help="Name single instances, e.g. 'cells[17]' or 'core[*].link'.")
def elaborate(chip: str, workload: str | None, assignments: tuple[str, ...], expand: str | None) -> None:
    """Show CHIP resolved: ranges, routes, and every value with its origin."""
    from chipsim.report.describe import elaborated, expanded

    overrides = _overrides(assignments)
    lines = expanded(chip, workload, overrides, expand) if expand else elaborated(chip, workload, overrides)
    for line in lines:
        click.echo(line)


@main.command(name="list")
def list_presets() -> None:
    """List preset chips, workloads and price tables, and the component kinds."""
    from chipsim.report.describe import listing

    for line in listing():
        click.echo(line)


@main.command()
@click.argument("what", type=click.Choice(["chip", "workload", "prices"]), default="chip")
def schema(what: str) -> None:
    """Print the JSON Schema of a chip, a workload or a price table, for editors."""
    import json

    from chipsim.report.schema import spec_schema

    click.echo(json.dumps(spec_schema(what), indent=1))


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Write a commented chip and workload to start from into a new folder DIR."""
    from chipsim.spec.starter import write_starter

    for path in write_starter(folder):
        click.echo(f"wrote {path}")
    click.echo(f"next: chipsim run {folder / 'chip.yaml'} {folder / 'workload.yaml'}")


if __name__ == "__main__":
    main()
