"""Reads of a mapped problem: chains are decided, and the bill of the mapping is drawn up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.packing import lanes_of_words, words_of_lanes
from chipsim.engine.trace import Trace
from chipsim.mapping.chains import Mapped
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.statistics.boltzmann import MAX_ENUMERATED, boltzmann_law, enumerated
from chipsim.workloads.ising.beside import beside_facts, beside_rows
from chipsim.workloads.sections import Column, Fact, Section, Table


@dataclass(frozen=True, eq=False)
class Reads:
    """What the host made of its reads.

    Attributes:
        trace: with the spins of the problem instead of the cells that were read.
        broken: broken chains in all reads; None where chains are read by one cell, which does not show them.
        hit: reads with a broken chain; None likewise.
        decided: number of chains decided.
        reads: number of reads, of all lanes.
    """

    trace: Trace
    broken: int | None
    hit: int | None
    decided: int
    reads: int


def decided_reads(mapped: Mapped, trace: Trace) -> Reads:
    """Decide the chains of all reads."""
    seen = trace.observations
    if not mapped.by_majority:
        none = 0 if mapped.chains.are_single else None
        spins = len(mapped.chains.first) - 1
        return Reads(trace, none, none, spins * len(seen.states) * trace.lanes, len(seen.states) * trace.lanes)
    states, broken, hit = [], 0, 0
    for words in seen.states:
        voted, wrong = mapped.decided(lanes_of_words(words, trace.lanes))
        states.append(words_of_lanes(voted))
        broken, hit = broken + int(wrong.sum()), hit + int(wrong.any(axis=1).sum())
    shape = (0, len(mapped.chains.lengths), seen.states.shape[2])
    logical = np.stack(states) if states else np.zeros(shape, np.uint64)
    reads = len(states) * trace.lanes
    kept = replace(trace, observations=replace(seen, states=logical))
    return Reads(kept, broken, hit, reads * int((mapped.chains.lengths > 1).sum()), reads)


def logical_energies(problem: Problem, trace: Trace) -> NDArray[np.float64]:
    """(reads, lanes) energies of spins that were decided."""
    found = [problem.energy(lanes_of_words(words, trace.lanes)) for words in trace.observations.states]
    return np.stack(found) if found else np.zeros((0, trace.lanes))


def mapping_figures(problem: Problem, mapped: Mapped, reads: Reads, beta: float | None) -> dict[str, Any]:
    """The bill of a mapping.

    Args:
        problem: as given.
        mapped: on the cells of the chip.
        reads: of a run.
        beta: at which it sampled, in units of the problem; None for an anneal, or with clamped cells.
    """
    edges = len(problem.coupled)
    figures: dict[str, Any] = {
        "mapping_method": mapped.spec.method,
        "mapping_idle": mapped.spec.idle,
        "mapped_cells": len(mapped.chains.cells),
        "idle_cells": len(mapped.idle),
        "mapped_couplers": mapped.couplers + mapped.links,
        "problem_edges": edges,
        "cells_per_spin": len(mapped.chains.cells) / problem.cells,
        "couplers_per_edge": (mapped.couplers + mapped.links) / edges if edges else None,
        "cells_per_read": len(mapped.read_cells),
    }
    if mapped.chains.are_single:
        return figures
    figures |= {
        "longest_chain": int(mapped.chains.lengths.max()),
        "chain_couplers": mapped.links,
        "chain_strength": mapped.strength,
        "chain_share_of_range": 1 - mapped.range_left,
        "chain_read": mapped.spec.read,
    }
    if reads.broken is not None and reads.reads:
        figures["chain_break_fraction"] = reads.broken / reads.decided
        figures["reads_with_breaks"] = (reads.hit or 0) / reads.reads
    if beta is not None and len(mapped.chains.cells) <= MAX_ENUMERATED:
        figures["readout_distance"] = readout_distance(problem, mapped, beta)
    return figures


def readout_distance(problem: Problem, mapped: Mapped, beta: float) -> float:
    """Total variation between the decided reads of the embedded model and the law of the problem, both exact.

    Args:
        problem: as given.
        mapped: with at most `MAX_ENUMERATED` cells in use.
        beta: inverse temperature.
    """
    cells = enumerated(len(mapped.chains.cells))
    law = boltzmann_law(mapped.used.energy(cells), beta)
    spins = mapped.spins_of(cells)
    seen = np.bincount(((spins > 0) * (1 << np.arange(problem.cells))).sum(axis=1), law, 1 << problem.cells)
    return float(np.abs(seen - boltzmann_law(problem.energy(enumerated(problem.cells)), beta)).sum() / 2)


def mapping_sections(figures: Mapping[str, Any]) -> Iterator[Section]:
    """The bill beside what the same problem takes on a chip with its own graph; nothing for native problems."""
    if "mapping_method" not in figures:
        return
    cells, couplers = figures["mapped_cells"], figures["mapped_couplers"]
    spins, edges = figures["cells"], figures["problem_edges"]
    rows = (
        ("cells", spins, cells, figures["cells_per_spin"]),
        ("couplers", edges, couplers, figures["couplers_per_edge"]),
        ("cells per read", spins, figures["cells_per_read"], figures["cells_per_read"] / spins),
        *beside_rows(figures),
    )
    columns = (Column("mapping"), Column("native"), Column(figures["mapping_method"]), Column("factor"))
    yield Table("Mapping", columns, rows)


def mapping_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """Idle cells, chains, and what chains cost in range and breaks."""
    if "mapping_method" not in figures:
        return
    idle = (
        f"{figures['idle_cells']:,} cells idle ({figures['mapping_idle']})"
        if figures["idle_cells"]
        else "no idle cells"
    )
    spent = f"{figures['mapped_cells']:,} cells for {figures['cells']:,} spins, {idle}"
    yield Fact("mapping", None, note=f"{figures['mapping_method']}: {spent}")
    yield from beside_facts(figures)
    if "chain_strength" not in figures:
        return
    share = f"{rounded(figures['chain_share_of_range'], '.1%')} of the weight range taken by chains"
    longest = (
        f"at most {figures['longest_chain']} cells, strength {rounded(figures['chain_strength'], '.4g')} of the "
        "largest weight"
    )
    yield Fact("chains", None, note=f"{longest}; {share}")
    if "chain_break_fraction" in figures:
        hit = f"{rounded(figures['reads_with_breaks'], '.1%')} of reads have one, resolved by the host"
        yield Fact("broken", figures["chain_break_fraction"], "%", f"of chains; {hit}", digits=3)
    if "readout_distance" in figures:
        note = "total variation of the reads' exact law from that of the problem, weights as given"
        yield Fact("distance", figures["readout_distance"], note=note, digits=3)
