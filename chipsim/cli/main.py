"""The group of all commands."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from chipsim import __version__
from chipsim.cli import cite, report, results, run, specs, sweep
from chipsim.errors import ChipsimError


class Commands(click.Group):
    """Group of commands that reports chipsim's errors as a message with exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ChipsimError as error:
            click.echo(str(error), err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The pipe was closed, for example by `chipsim elaborate ... | head`.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Simulate probabilistic chips and see where every joule goes.

    CHIP and WORKLOAD are files, or names of presets: see `chipsim list`.
    """


for module in (run, sweep, report, results, cite, specs):
    for command in module.COMMANDS:
        main.add_command(command)
