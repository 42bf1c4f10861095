"""Committed reports are what their code draws from the committed figures: neither can be left behind."""

from __future__ import annotations

import re
from pathlib import Path

import make_reports
import pytest
from readme import FIGURES, save, saved

REPORTS = Path(make_reports.__file__).parent
FILES = {
    "dtm-fashion": ("README.md", "energy.csv", "quality.csv"),
    "fabric": ("README.md", "late.csv", "laws.csv"),
    "feed-forward": ("README.md", "accuracy.csv", "energy.csv", "wirings.csv"),
    "natural-gradient": ("README.md", "iterations.csv", "trainings.csv"),
    "thermo-layer": ("README.md", "widths.csv"),
}
# Their lines depend on the version of matplotlib.
DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    for name in FILES:
        (folder / name).mkdir()
    make_reports.draw(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_sentences_and_tables_are_those_of_the_figures(drawn: Path, name: str) -> None:
    assert {path.name for path in (REPORTS / name).iterdir()} == {*FILES[name], "index.html", FIGURES}
    for file in FILES[name]:
        assert (drawn / name / file).read_text() == (REPORTS / name / file).read_text(), (
            f"{name}/{file}: run `make pages`"
        )


@pytest.mark.parametrize("name", FILES)
def test_pages_are_those_of_the_figures(drawn: Path, name: str) -> None:
    ours, theirs = ((folder / name / "index.html").read_text() for folder in (drawn, REPORTS))
    assert DRAWING.sub("", ours) == DRAWING.sub("", theirs), f"{name}/index.html: run `make pages`"
    assert len(DRAWING.findall(ours)) == len(DRAWING.findall(theirs)) > 0


@pytest.mark.parametrize("report", make_reports.DRAWN, ids=lambda r: r.__name__)
def test_figures_are_read_as_they_were_written(report, tmp_path: Path) -> None:
    name = report.__name__.replace("_", "-")
    figures = saved(REPORTS / name, report.Figures)
    save(tmp_path, figures)
    assert saved(tmp_path, report.Figures) == figures
    assert (tmp_path / FIGURES).read_bytes() == (REPORTS / name / FIGURES).read_bytes()
