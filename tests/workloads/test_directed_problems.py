"""A problem of directed couplings from a file: sampled, read, billed; no energy is claimed for it."""

from __future__ import annotations

from pathlib import Path

from support_cli import call
from support_errors import refused

import chipsim

ARROWS = "".join(f"{i} {(i + 1) % 16} 0.5\n" for i in range(16))
WORK = """
chipsim: 1
workload: ising
name: arrows
problem: {{ edge_list: {file}, directed: true }}
schedule: {{ mode: sample, sweeps: 4000, beta: 1, read_every: 1000 }}
{more}
"""


def written(folder: Path, more: str = "") -> str:
    (folder / "arrows.txt").write_text(ARROWS)
    path = folder / "work.yaml"
    path.write_text(WORK.format(file=folder / "arrows.txt", more=more))
    return str(path)


def test_no_energy_is_claimed(tmp_path: Path) -> None:
    run = chipsim.run("any-graph", written(tmp_path), lanes=64)
    figures = run.summary.workload.figures
    assert figures["energy"] == "not defined: couplings are directed"
    assert not {"best_energy", "mean_energy", "true_best_energy_unbilled"} & set(figures)
    assert run.summary["sampling"] == "resolved"
    assert run.summary["effective_samples"] > 1000
    assert figures["slowest_observable"] != "energy"
    assert run.summary["key_figures"]["single_sample_quality"]["meaning"] == "not defined: couplings are directed"
    # The host computes no energy, so it handles program and reads only.
    assert not [row for row in run.summary["ledger"] if row["action"] == "compute"]


def test_the_terminal_and_the_page_say_so(tmp_path: Path) -> None:
    result, page = tmp_path / "run.h5", tmp_path / "run.html"
    done = call("run", "any-graph", written(tmp_path), "-o", str(result), "--lanes", "64")
    assert done.exit_code == 0, done.output
    assert "not defined: couplings are directed" in done.output
    assert call("report", str(result), "--html", str(page)).exit_code == 0
    assert "not defined: couplings are directed" in page.read_text()


def test_a_target_is_refused(tmp_path: Path) -> None:
    with refused("problem.directed", "target: "):
        chipsim.plan("any-graph", written(tmp_path, "target: { value: -3 }"))


def test_only_edge_lists_are_directed(tmp_path: Path) -> None:
    path = Path(written(tmp_path))
    path.write_text(path.read_text().replace(f"edge_list: {tmp_path / 'arrows.txt'}", "native: ferromagnet"))
    with refused("spec.no-effect", "directed"):
        chipsim.plan("tiny", str(path))
