"""Ticks of logarithmic axes are numbers: names are no mathematics, so powers of ten would appear as their source."""

from __future__ import annotations

from matplotlib.figure import Figure

from chipsim.report.drawing import files, svg


def figure_of_decades() -> Figure:
    """From 1e-11 to 1e-7 J, and samples from 1 to 64."""
    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([1e-11, 1e-7], [1, 64])
    axes.set_xscale("log")
    axes.set_yscale("log", base=2)
    return figure


def test_ticks_are_numbers_with_prefixes() -> None:
    text = svg(figure_of_decades(), "decades")
    assert "mathdefault" not in text
    for tick in (">10p<", ">1n<", ">100n<", ">16<", ">64<"):
        assert tick in text
    assert b"mathdefault" not in dict(files({"decades": figure_of_decades()}))["decades.svg"]
