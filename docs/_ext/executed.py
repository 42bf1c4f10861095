"""Directives whose content is executed while the documentation is built, so that no page can go stale.

    ```{shell}            commands, run in the folder of the page; the output stands below them
    :lines: 3-8           show these lines of the output only
    :hide-output:         show none
    :exit: 2              the exit code to expect (default 0)
    ```

    ```{file} chip.yaml   shown, and written into the folder of the page
    ```

Each page has an empty folder of its own at the start of the build. A command with another exit code fails the build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LANGUAGES = {".yaml": "yaml", ".py": "python", ".txt": "text", ".toml": "toml"}
TIMEOUT_S = 280


def folder_of(app: Sphinx, page: str) -> Path:
    """Where the commands of a page run."""
    return Path(app.srcdir) / "_build" / "work" / page


def empty_folder(app: Sphinx, page: str, source: list[str]) -> None:
    """A page starts without the files of an earlier build."""
    folder = folder_of(app, page)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


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
        """Run the commands one after another in one shell, which stops at the first that fails."""
        commands = "\n".join(self.content)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != self.options.get("exit", 0):
            raise self.severe(f"exit code {done.returncode} of:\n{commands}\n{done.stdout}")
        shown = [] if "hide-output" in self.options else self._chosen(done.stdout.rstrip().splitlines())
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
        return [self.block(text, LANGUAGES[path.suffix], name)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("shell", Shell)
    app.add_directive("file", File)
    app.connect("source-read", empty_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
