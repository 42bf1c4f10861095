"""The command that names sources: cite."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", metavar="RUN.h5", type=click.Path(path_type=Path))
def cite(run: Path) -> None:
    """Print BibTeX of the price sources that the energy of RUN.h5 rests on."""
    from chipsim.report.citations import citations
    from chipsim.results.store import load

    click.echo("\n".join(citations(load(run).summary)))


COMMANDS = (cite,)
