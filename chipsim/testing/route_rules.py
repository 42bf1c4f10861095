"""Rules for route kinds: integer times and counts, proportional to the data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from chipsim.components.base import PURPOSES, Purpose, RouteKind, Transfer
from chipsim.components.converters.base import BiasKind, ContinuousInputKind, ContinuousReadKind, ReadoutKind
from chipsim.components.digital.base import CounterKind, DigitalKind, InputKind, MemoryKind
from chipsim.kernels.stages import context_of
from chipsim.rounding import rounded
from chipsim.spec.chip import Technology
from chipsim.testing import reference
from chipsim.testing.general_rules import trial_run
from chipsim.testing.lanes import lanes_of
from chipsim.testing.parameter_rules import refused
from chipsim.testing.subject import Subject
from chipsim.testing.trial import place_of

# Required bases of kinds that terminate routes, by purpose.
ENDS: dict[Purpose, tuple[type[RouteKind], ...]] = {
    "program": (MemoryKind,),
    "clamp": (InputKind,),
    "bias": (BiasKind,),
    "input": (ContinuousInputKind,),
    "read": (ReadoutKind, ContinuousReadKind),
    "count": (CounterKind,),
    "energy": (DigitalKind,),
}
# A multiple of every power of two up to 4096 and of 3, so that packing into words of usual sizes leaves no rest.
WORDS = 3 * 4096


def _transfers(subject: Subject, words: int = WORDS) -> Iterator[Transfer]:
    """Transfers of a kind: of its own purpose if it serves one, else of all."""
    serves = subject.made().serves
    purposes = PURPOSES if serves is None else (serves,)
    for purpose, bits, distance_um in itertools.product(purposes, (1, 6, 24), (0, 420)):
        yield Transfer(purpose, words, bits, distance_um, cells=words)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def times_are_whole_femtoseconds(subject: Subject) -> None:
    """Service and latency are whole and not negative, and more words never take less time."""
    kind = subject.made()
    for transfer in _transfers(subject):
        times = [kind.service_fs(transfer, share) for share in (0, 1, 2, 100, WORDS)]
        subject.require(all(map(_is_count, times)), f"service of {transfer} takes {times} femtoseconds")
        subject.require(times == sorted(times), f"service of {transfer} is shorter for more words: {times}")
        latency = kind.latency_fs(transfer)
        subject.require(_is_count(latency), f"latency of {transfer} is {latency!r} femtoseconds")


def counts_are_declared_and_whole(subject: Subject) -> None:
    """A transfer counts declared actions only, each a whole number; power is counted by the engine."""
    declared = {action.name for action in subject.kind.actions} - {"on"}
    for transfer in _transfers(subject):
        counts = subject.made().counts(transfer)
        unknown = sorted(set(counts) - declared)
        subject.require(not unknown, f"{transfer} counts undeclared actions: {', '.join(unknown)}")
        for action, count in counts.items():
            subject.require(_is_count(count), f"{transfer} counts {count!r} of {action}")


def counts_are_proportional(subject: Subject) -> None:
    """Five times the words, five times the counts, up to the rounding and the header of each transfer.

    Where the size decides which action is counted, as where words live, it is their sum.
    """
    kind, times = subject.made(), 5
    for small, large in zip(_transfers(subject), _transfers(subject, times * WORDS), strict=True):
        few, many = kind.counts(small), kind.counts(large)
        together = set(few) != set(many)
        pairs = {"all": (sum(few.values()), sum(many.values()))} if together else {a: (few[a], many[a]) for a in few}
        for action, (count, larger) in pairs.items():
            fits = abs(larger - times * count) <= times * (len(few) if together else 1)
            subject.require(fits, f"{action}: {count} for {small}, {larger} for {times} times as many words")


def counts_reach_the_trace(subject: Subject) -> None:
    """In a run, the counts of its transfers are there once for each repetition; time is never negative."""
    counts = {}
    for lanes in (1, 70):
        _, trace = trial_run(subject, lanes)
        name = place_of(subject.made())
        actions = {row.action for row in trace.activity.rows if row.component == name}
        counts[lanes] = {action: trace.activity.total(action, name) for action in actions}
        subject.require(trace.timing.elapsed_fs > 0 and trace.timing.busy_fs.get(name, 0) >= 0, "time runs backwards")
    wanted = {action: 70 * count for action, count in counts[1].items()}
    subject.require(counts[70] == wanted, f"70 repetitions count {counts[70]}, one counts {counts[1]}")


def paces_are_parameters(subject: Subject) -> None:
    """`throughput_parameters` names parameters of the kind, and they do not change what it counts."""
    names = subject.made().throughput_parameters()
    unknown = sorted(set(names) - set(subject.kind.model_fields))
    subject.require(not unknown, f"throughput_parameters names unknown parameters: {', '.join(unknown)}")
    for name in names:
        value = subject.parameters.get(name, subject.kind.model_fields[name].default)
        other = {**subject.parameters, name: value + 1 if isinstance(value, int) else value}
        if refused(subject, other) is not None:
            continue
        for transfer in _transfers(subject):
            same = subject.made().counts(transfer) == subject.written(other).counts(transfer)
            subject.require(same, f"throughput_parameters names {name}, but it changes the counts of {transfer}")


# --- kinds that terminate routes ------------------------------------------------------------------------------


def ends_have_the_base_of_their_purpose(subject: Subject) -> None:
    """Kinds that serve a purpose are derived from the base for such routes."""
    serves = subject.made().serves
    bases = () if serves is None else ENDS[serves]
    wanted = " or ".join(base.__name__ for base in bases)
    subject.require(
        not bases or issubclass(subject.kind, bases), f"it serves {serves}, but is not derived from {wanted}"
    )


def weights_have_buffers(subject: Subject) -> None:
    """A weight memory has a valid number of buffers and a valid reload interval."""
    buffers = subject.made().buffers
    subject.require(_is_count(buffers) and buffers != 0, f"buffers is {buffers!r}, not a whole number from 1")
    interval = subject.made().reload_fs()
    subject.require(_is_count(interval), f"its reload interval is {interval!r} femtoseconds")


def counters_have_bits(subject: Subject) -> None:
    """A counter has bits, and holds as many samples as they can count."""
    kind = subject.made()
    subject.require(_is_count(kind.bits) and kind.bits > 0, f"a counter has {kind.bits!r} bits")
    subject.require(kind.capacity == 2**kind.bits - 1, f"{kind.bits} bits hold {kind.capacity!r} samples")


def inputs_hold_or_pull(subject: Subject) -> None:
    """An input latch holds its cell, or pulls it with a coupling that is fixed or set by each write.

    Then the field of every cell is that of its couplers, plus or minus the pull.
    """
    coupling = subject.made().coupling
    fixed = isinstance(coupling, float | int) and coupling > 0
    complaint = f'coupling is {coupling!r}, neither "hold" nor "set" nor a positive number'
    subject.require(coupling in ("hold", "set") or fixed, complaint)
    if coupling == "hold":
        return
    program = subject.program()
    weights = program.netlist.latched.coupler.kind.quantise(subject.couplings, subject.biases)
    pull = np.linspace(0, 2, program.cells)
    words = np.random.default_rng(6).integers(0, 2**64, program.slots, np.uint64)
    for cell, latch in enumerate(lanes_of(words[program.cells :])):
        at = context_of(words, None, None, 0, None, cell, None, None, None)
        alone, pulled = (reference.field(program.field(weights, by), at) for by in (None, pull))
        off = np.abs(pulled - alone - np.where(latch, pull[cell], -pull[cell])).max()
        subject.require(
            bool(off < 1e-5),
            f"a pull of {rounded(pull[cell], '.3g')} changes the field with an error of {rounded(off, '.3g')}",
        )


def biases_are_realised(subject: Subject) -> None:
    """A bias converter rounds idempotently and monotonically; codes have bits."""
    kind = subject.made()
    subject.require(_is_count(kind.bits) and kind.bits > 0, f"a code has {kind.bits!r} bits")
    wanted = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 3.9]
    realised = [kind.realised(value) for value in wanted]
    subject.require(all(math.isfinite(value) and value >= 0 for value in realised), f"it realises {realised}")
    subject.require(realised == sorted(realised), f"asked for {wanted}, it realises {realised}")
    again = [kind.realised(value) for value in realised]
    subject.require(
        all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(again, realised, strict=True)),
        "a realised value is not realised exactly",
    )


def readings_have_bits_and_errors(subject: Subject) -> None:
    """A read-out has a valid number of bits per cell and an error probability of at most 1/2."""
    kind = subject.made()
    bits = kind.bits_per_cell
    subject.require(_is_count(bits) and bits != 0, f"bits_per_cell is {bits!r}, not a whole number from 1")
    for temperature in (1, 300, 1000):
        technology = Technology.model_validate({"node": "any", "vdd": "0.5 V", "temperature": f"{temperature} K"})
        wrong = kind.error_probability(technology)
        subject.require(0 <= wrong <= 0.5, f"a decision is wrong with probability {wrong} at {temperature} K")


def computing_takes_time_and_counts(subject: Subject) -> None:
    """A digital unit has integer times and declared counts at every memory level; both grow with the words."""
    kind = subject.made()
    declared = {action.name for action in subject.kind.actions} - {"on"}
    before = -1
    for words in (0, 1, 2, 1000):
        duration, counts = kind.compute(words)
        again, elsewhere = kind.compute(words, 10**12)
        subject.require(again == duration, f"{words} words of a large working set take {again!r} femtoseconds")
        subject.require(_is_count(duration) and duration >= before, f"{words} words take {duration!r} femtoseconds")
        before = duration
        for counted in (counts, elsewhere):
            fine = set(counted) <= declared and all(map(_is_count, counted.values()))
            subject.require(fine, f"{words} words count {counted}")
