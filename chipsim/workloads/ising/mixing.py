"""Mixing of the lanes of an Ising run, from its records after the warm-up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.observations import Records
from chipsim.rounding import rounded
from chipsim.statistics.effective_samples import MAX_RHAT, SHORTEST_CHAIN, Chains, Mixing, mixing
from chipsim.workloads.ising.schedule import ScheduleSpec


def mixing_doubts(schedule: ScheduleSpec, state: Mixing, stuck: NDArray[Any], lanes: int) -> str:
    """Reason why effective samples are not known, with a remedy; "" if they are."""
    moves = math.isfinite(state.tau_int)
    if state.verdict == "unresolved" and moves and state.rhat > MAX_RHAT:
        apart = "lanes disagree" if lanes > 1 else "the halves of the run disagree"
        return f"{apart} (R-hat {rounded(state.rhat, '.3g')} > {MAX_RHAT:g}); raise schedule.sweeps"
    if state.verdict == "unresolved" and moves:
        return f"chains shorter than {SHORTEST_CHAIN} tau_int; raise schedule.sweeps"
    if len(stuck):
        named = ", ".join(map(str, stuck[:3])) + (", ..." if len(stuck) > 3 else "")
        cells = f"cell {named} stays" if len(stuck) == 1 else f"{len(stuck):,} cells stay"
        others = "" if len(stuck) == 1 else f" ({named})"
        return f"{cells} +1 in some lanes and -1 in others{others}; anneal, or raise the temperature"
    if state.verdict == "unresolved":
        return "too few records, or frozen chains; raise schedule.sweeps or the temperature"
    if lanes == 1 or schedule.start != "random":
        same = "only one lane was run" if lanes == 1 else "all lanes start in the same state"
        return f"{same}, so other modes may have been missed; use more lanes with start: random"
    return ""


def mixing_of(schedule: ScheduleSpec, records: Records) -> Mixing:
    """Mixing of lanes, from evenly spaced records of the whole run and the stretch recorded every sweep."""
    sweeps, fine = records.sweeps - schedule.first_sweep, schedule.fine_stretch
    whole = chains_of_records(records, evenly(schedule, records), schedule.record_spacing)
    close = chains_of_records(records, (sweeps > fine.start) & (sweeps <= fine.stop), 1) if fine else None
    return mixing(whole, close)


def evenly(schedule: ScheduleSpec, records: Records) -> NDArray[np.bool_]:
    """The evenly spaced records after the warm-up."""
    sweeps, fine = records.sweeps - schedule.first_sweep, schedule.fine_stretch
    after = sweeps > schedule.warmup
    # Coarse records begin after the fine ones; fine records on the same grid are included.
    return after & ((sweeps - fine.stop) % schedule.record_spacing == 0) if fine else after


def chains_of_records(records: Records, kept: NDArray[np.bool_], spacing: int) -> Chains:
    """Observables of the records that are kept, `spacing` sweeps apart."""
    energies = records.energies[kept] if len(records.energies) else records.energies
    return Chains(energies, records.projections[kept], spacing)
