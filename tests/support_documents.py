"""Fenced blocks of Markdown pages, and how their commands are run."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from support_cli import call

ROOT = Path(__file__).parent.parent


class Block(NamedTuple):
    """A fenced block: its first word (`sh`, `{file}`), the rest of that line, and the text inside."""

    kind: str
    argument: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, first to last."""
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    fences = [token for token in tokens if token.type == "fence"]
    return [Block(*f"{token.info.strip()} ".split(" ", 1), token.content) for token in fences]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command as a reader starts it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        ["bash", "-e", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def call_all(commands: Iterable[str], more: dict[str, tuple[str, ...]] | None = None) -> None:
    """`chipsim ...` commands one after another in this process; those with a word of `more` get its words as well."""
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "chipsim"
        added = [word for name, words in (more or {}).items() if name in arguments for word in words]
        done = call(*arguments, *added)
        assert done.exit_code == 0, f"{command}: {done.stderr}"
