"""Shared by all commands: options, overrides, the console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chipsim.results.summary import Summary

# Exit code after SIGINT, as shells have it.
INTERRUPTED = 130

set_option = click.option(
    "--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Change a value, e.g. schedule.sweeps=250."
)
prices_option = click.option(
    "--prices", metavar="TABLE", help="Price table instead of the chip's own: a file or a preset."
)
scope_option = click.option(
    "--scope",
    type=click.Choice(["fabric", "chip", "system"]),
    default="system",
    show_default=True,
    help="What totals include: the array, the chip, or the chip with links and host.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Seed of all random numbers."
)
threads_option = click.option(
    "--threads", type=click.IntRange(1, 1024), default=None, help="Threads [default: one per available core]."
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Print the whole ledger with all notes.")


def overrides_of(assignments: tuple[str, ...]) -> dict[str, Any]:
    """Values of `--set`: path -> value."""
    from chipsim.spec.overrides import parse_assignment

    return dict(parse_assignment(text) for text in assignments)


def console(stderr: bool = False) -> Any:
    """A rich console, 132 columns wide without a terminal. Texts are printed as they are: names may hold brackets."""
    from rich.console import Console

    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = 132
    return found


def say(lines: Iterable[str]) -> None:
    """Print lines: in a terminal broken between words, elsewhere as they are."""
    from rich.text import Text

    from chipsim.report.fitting import folded

    screen = console()
    for line in lines:
        if screen.is_terminal:
            screen.print(Text(folded(line, screen.width), overflow="fold"))
        else:
            click.echo(line)


def show_summary(summary: Summary, verbose: bool) -> None:
    """Print the summary of a run: what fits on a screen, or all of it."""
    from chipsim.report.terminal import print_summary

    print_summary(summary, console(), verbose)
