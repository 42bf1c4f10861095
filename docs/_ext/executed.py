"""Directives whose content is executed while the documentation is built, so that no page can go stale.

    ```{shell}            commands, run in the folder of the page; the output stands below them
    :lines: 3-8           show these lines of the output only
    :hide-output:         show none
    :exit: 2              the exit code to expect (default 0)
    ```

    ```{file} chip.yaml   shown, and written into the folder of the page
    ```

Each page has an empty folder of its own at the start of the build. A command with another exit code fails the build.
Blocks of plain `chipsim` commands run in forks of this process, which has libraries and kernels loaded already and so
saves each of them some seconds. All others run in bash.
"""

from __future__ import annotations

import multiprocessing
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LANGUAGES = {".yaml": "yaml", ".py": "python", ".toml": "toml"}  # text where there is none
TIMEOUT_S = 280


def folder_of(app: Sphinx, page: str) -> Path:
    """Where the commands of a page run."""
    return Path(app.srcdir) / "_build" / "work" / page


def empty_folder(app: Sphinx, page: str, source: list[str]) -> None:
    """A page starts without the files of an earlier build."""
    folder = folder_of(app, page)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def in_bash(commands: str, folder: Path) -> tuple[int, str]:
    """(exit code, output) of commands in a shell that stops at the first that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.returncode, done.stdout


def plain_commands(commands: str) -> list[list[str]] | None:
    """The words of commands of chipsim that need no shell; None if a command needs one."""
    found = []
    for line in commands.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>$()")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quoted word that goes on in the next line
            return None
        if words[:1] != ["chipsim"] or any(set(word) <= set("|&;<>$()") for word in words):
            return None
        found.append(words[1:])
    return found


def in_forks(commands: list[list[str]], folder: Path) -> tuple[int, str]:
    """The same for commands of chipsim, each in a fork of this process."""
    load_kernels()
    with tempfile.TemporaryFile("w+") as output:
        for arguments in commands:
            process = multiprocessing.get_context("fork").Process(
                target=_call, args=(arguments, folder, output.fileno())
            )
            process.start()
            process.join(TIMEOUT_S)
            if process.exitcode is None:
                process.kill()
            if process.exitcode != 0:
                break
        output.seek(0)
        return (-1 if process.exitcode is None else process.exitcode), output.read()


@cache
def load_kernels() -> None:
    """Once in each process of the build."""
    import chipsim
    from chipsim.report.page import html_page

    html_page(chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 10}))


def _call(arguments: list[str], folder: Path, output: int) -> None:
    from chipsim.cli.main import main

    os.chdir(folder)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    main(arguments, prog_name="chipsim")


class Executed(SphinxDirective):
    """What both directives share."""

    has_content = True

    @property
    def folder(self) -> Path:
        """That of the page."""
        return folder_of(self.env.app, self.env.docname)

    def block(self, text: str, language: str, caption: str = "") -> nodes.Node:
        """A block of code, with the name of its file above it."""
        literal = nodes.literal_block(text, text, language=language)
        literal["classes"].append("output" if language == "output" else "input")
        literal["language"] = "text" if language == "output" else language
        if not caption:
            return literal
        literal["classes"].append("file")
        return nodes.container(
            "", nodes.caption(caption, caption), literal, literal_block=True, classes=["literal-block-wrapper"]
        )


class Shell(Executed):
    """Commands and their output."""

    option_spec: ClassVar[dict[str, Any]] = {
        "lines": directives.unchanged_required,
        "hide-output": directives.flag,
        "exit": directives.nonnegative_int,
    }

    def run(self) -> list[nodes.Node]:
        """Run the commands one after another, up to the first that fails."""
        commands = "\n".join(self.content)
        plain = plain_commands(commands)
        exit_code, text = in_bash(commands, self.folder) if plain is None else in_forks(plain, self.folder)
        if exit_code != self.options.get("exit", 0):
            raise self.severe(f"exit code {exit_code} of:\n{commands}\n{text}")
        shown = [] if "hide-output" in self.options else self._chosen(text.rstrip().splitlines())
        output = [self.block("\n".join(shown), "output")] if shown else []
        return [self.block(commands, "sh"), *output]

    def _chosen(self, lines: list[str]) -> list[str]:
        if "lines" not in self.options:
            return lines
        first, _, last = self.options["lines"].partition("-")
        chosen = lines[int(first) - 1 : int(last or first)]
        if not chosen:
            raise self.severe(f"the output has {len(lines)} lines, none of {self.options['lines']}")
        return ([] if first == "1" else ["..."]) + chosen + (["..."] if int(last or first) < len(lines) else [])


class File(Executed):
    """A file of the reader's."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write it, and show it under its name."""
        name = self.arguments[0]
        text = "\n".join(self.content)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        return [self.block(text, LANGUAGES.get(path.suffix, "text"), name)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("shell", Shell)
    app.add_directive("file", File)
    app.connect("source-read", empty_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
