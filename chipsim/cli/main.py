"""The group of all commands."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import click

from chipsim import __version__
from chipsim.cli import ablate, cite, export, report, results, run, specs, sweep
from chipsim.cli.common import INTERRUPTED
from chipsim.errors import ChipsimError

# Letters of a line of a message.
MAX_LINE = 1000


class _Unfailing:
    """Standard error on which nothing fails: a message that cannot be written changes no outcome."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write as much as the stream takes; the number of letters."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what the stream takes."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Commands(click.Group):
    """Group of commands that reports chipsim's errors as a message with exit code 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command, or print a help text."""
        if sys.stderr is not None:
            sys.stderr = _Unfailing(sys.stderr)
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            # Refused by the system: a full disk behind stdout, a name that is too long, a lost network drive.
            _drop_stdout()
            where = "standard output" if error.filename is None else error.filename
            click.echo(f"{where}: {error.strerror or error}", err=True)
            sys.exit(ChipsimError.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ChipsimError as error:
            click.echo(printable(str(error)), err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The pipe was closed, for example by `chipsim elaborate ... | head`.
            _drop_stdout()
            ctx.exit(0)
        except KeyboardInterrupt:
            # Before or after the work of a command, which says itself what an interruption leaves.
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)
        except MemoryError:
            click.echo("out of memory: use fewer lanes, a smaller problem, or record less often", err=True)
            sys.exit(ChipsimError.exit_code)


def printable(text: str) -> str:
    """A message without control characters, which terminals obey, and with lines of bounded length."""
    lines = (
        line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]} ... ({len(line):,} letters)" for line in text.split("\n")
    )
    return "\n".join("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line) for line in lines)


def _drop_stdout() -> None:
    """Redirect standard output to the null device, so that the flush at exit does not fail again."""
    with suppress(OSError):  # not a stream of the system
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Simulate probabilistic chips and see where every joule goes.

    CHIP and WORKLOAD are files, or names of presets: see `chipsim list`.
    """


for module in (run, sweep, ablate, report, results, export, cite, specs):
    for command in module.COMMANDS:
        main.add_command(command)
