"""The command line, called in this process or started as one of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from click.testing import CliRunner, Result

from chipsim.cli.main import main

PROGRAM = [sys.executable, "-m", "chipsim.cli"]


def call(*arguments: object) -> Result:
    """The command in this process; anything but its own exit is a traceback."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def start(*arguments: object, process_group: int | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own; 0 is a new process group."""
    command = [*PROGRAM, *map(str, arguments)]
    # Without threads of numerical libraries the only threads beside the main one are those of the kernels.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, env=environment, process_group=process_group)
