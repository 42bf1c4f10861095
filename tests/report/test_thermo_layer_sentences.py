"""Sentences of the report on wide layers under planted rows: each turns where the rows do."""

from __future__ import annotations

from dataclasses import replace

import thermo_layer_sentences as sentences
from thermo_layer_sentences import Converters, Crossbar, Row
from thermo_layer_tables import bill_table, time_table

CONVERTERS = Converters(16, 256, 100e6, 8, 50e9)
WIDTHS = (64, 1024, 4096, 65_536)
LATENCY_S = 90e-9


def row(width: int) -> Row:
    """A row that follows all laws: two windows of 20 ns, 64 multiply-adds a cell, an error above that of width 128."""
    digital_s = 64e-12 * width
    token_s = 40e-9 + digital_s + CONVERTERS.slowest_s(width, 2) + LATENCY_S
    known = width <= 4096
    return Row(
        width,
        0.31 if known else None,
        0.4 if known else None,
        0.2 if known else None,
        "simulated" if known else "not simulated: wider than 4,096",
        0.2,
        40e-9,
        30e-9,
        50e-9,
        digital_s,
        token_s,
        3 * width,
        64 * width + 5120,
        68 * width + 4384,
        1e-10 * width,
        1e-10 * width + 2e-10,
        (8 + width) / 72,
        **beside(2.0),
    )


def beside(times: float, low: float = 1.5, high: float = 3.0) -> dict[str, float]:
    """Energies by prices, and the digital layer beside them."""
    ends = dict.fromkeys(("energy_low_j", "energy_high_j", "digital_j", "digital_low_j", "digital_high_j"), 1e-9)
    return {**ends, "times": times, "times_low": low, "times_high": high}


ROWS = [row(width) for width in WIDTHS]


def planted(place: int = -1, **changes: object) -> list[Row]:
    """The rows with one of them changed."""
    rows = list(ROWS)
    rows[place] = replace(rows[place], **changes)  # type: ignore[arg-type]
    return rows


def test_window() -> None:
    assert (
        "a token takes 2 windows of a physical time of 0.2 relaxation times, 40.00 ns in all"
        in sentences.window_sentence(ROWS, 2)
    )
    assert "not flat" in sentences.window_sentence(planted(window_s=80e-9), 2)
    assert "not flat" in sentences.window_sentence(planted(physical_time=0.4), 2)


def test_time() -> None:
    said = sentences.time_sentence(ROWS, ROWS, "16 DACs and 256 ADCs at every width")
    assert "still grow" in said
    assert "with 16 DACs and 256 ADCs at every width" in said
    flat = [replace(each, token_s=ROWS[0].token_s) for each in ROWS]
    assert "the time is then flat" in sentences.time_sentence(ROWS, flat, "16 DACs")


def test_readings() -> None:
    """More ADCs save nothing where the link is slower, and something where it is not."""
    assert "more ADCs save nothing, since the link alone takes 21.0 us" in sentences.readings_sentence(
        ROWS, ROWS, CONVERTERS, 2
    )
    faster = planted(read_s=ROWS[-1].read_s / 2)
    assert sentences.readings_sentence(ROWS, faster, CONVERTERS, 2).endswith("more ADCs save 50%.")


def test_energy() -> None:
    """Widths whose range of the ratio lies above 1, below it, or on both sides."""
    assert "more at all 4 widths, 6.60 nJ" in sentences.energy_sentence(ROWS)
    told = "more at 3 of 4 widths; not resolved at 1 of 4 widths, 6.60 nJ"
    assert told in sentences.energy_sentence(planted(**beside(1.5, 0.9)))
    said = sentences.energy_sentence(planted(**beside(0.5, 0.4, 0.9)))
    assert "more at 3 of 4 widths; less at 1 of 4 widths, 6.60 nJ" in said
    assert "at 65,536 cells, 0.5 times as much (0.4 to 0.9)" in said


def test_sum() -> None:
    assert sentences.sum_sentence(ROWS, CONVERTERS, 2).startswith("The time of a token is windows")
    assert "is not windows" in sentences.sum_sentence(planted(token_s=1.1 * ROWS[-1].token_s), CONVERTERS, 2)
    assert "is not windows" in sentences.sum_sentence(ROWS, replace(CONVERTERS, inputs=8), 2)
    assert "is not windows" in sentences.sum_sentence(ROWS, CONVERTERS, 3)


def test_linear() -> None:
    said = sentences.linear_sentence(ROWS)
    assert said == "Conversions, multiply-adds, parameters, area of the cells and energy grow linearly with the width."
    bent = sentences.linear_sentence(planted(energy_j=2 * ROWS[-1].energy_j))
    assert bent.endswith("; energy only up to 4,096 cells, then faster.")
    slower = sentences.linear_sentence(planted(macs=ROWS[-1].macs // 2))
    assert slower.endswith("; multiply-adds only up to 4,096 cells, then more slowly.")


def test_advantage() -> None:
    said = sentences.advantage_sentence(ROWS)
    assert "exactly (57.00 at 4,096, 910.33 at 65,536)" in said
    assert "is not (8 + W) / 72" in sentences.advantage_sentence(planted(advantage=911.0))


def test_errors() -> None:
    said = list(sentences.error_sentences(ROWS))
    assert "beats a digital layer of width 128" in said[0]
    assert said[0].startswith("None of the")
    assert "better at 0 of 3 widths" in said[1]
    assert "wider than 4,096 cells are billed without simulating states: 1 widths" in said[2]
    better = list(sentences.error_sentences(planted(1, error=0.19)))
    assert better[0].startswith("At 1,024 cells the layer has an error of 0.190, below 0.200")
    worse = list(sentences.error_sentences(planted(0, error=0.5)))
    assert "better at 1 of 3 widths" in worse[1]
    assert "largest error is at 64 cells" in worse[1]
    assert list(sentences.error_sentences(ROWS[-1:])) == ["No states were simulated, so nothing is known about errors."]


def test_crossbar() -> None:
    for factor, said in ((0.5, "saves 50% of the energy"), (2, "adds 100% of the energy")):
        found = Crossbar(factor * ROWS[2].energy_j, 1e-6, 1e-6, 1e-5, 8)
        assert said in sentences.crossbar_sentence(ROWS[2], found)
    assert "Its 8 bits of weights take 1.00 uJ and 10.0 us to load." in sentences.crossbar_sentence(ROWS[2], found)


def test_tables_have_errors_where_states_were_simulated() -> None:
    fixed, scaled = (time_table("Fixed", rows) for rows in (ROWS, [replace(r, error=None, same=None) for r in ROWS]))
    assert fixed.heads[1:3] == ("error", "error, digital")
    assert fixed.rows[0][:4] == ("64", "0.310", "0.400", "40.0 ns")
    assert fixed.rows[-1][:3] == ("65,536", "-", "-")
    assert scaled.heads[1] == "windows"
    assert scaled.rows[0][:2] == ("64", "40.0 ns")


def test_a_token_stands_beside_a_digital_layer() -> None:
    table = bill_table(ROWS)
    assert table.rows[0][:4] == ("64", "192", "9,216", "8,736")
    assert table.rows[0][5:] == ("6.60 nJ", "1.00 nJ to 1.00 nJ", "1.00 nJ", "1.00 nJ to 1.00 nJ", "2", "1.5 to 3")
