"""The conformance suite: rules for every component kind, built in or external.

In a test of your own kind:

    import pytest
    from chipsim.testing.conformance import Subject, rules
    from my_package.my_noise import MyNoise

    SUBJECT = Subject(MyNoise, {"dwell_time": "150 ns"})

    @pytest.mark.parametrize("rule", rules(MyNoise), ids=lambda rule: rule.__name__)
    def test_conformance(rule):
        rule(SUBJECT)

or `check_kind(SUBJECT)` for all rules in one call. A rule that is broken raises `Nonconformity`, an AssertionError
that describes the fault. Kinds of an array also need a reference of their stage (see `chipsim.testing.reference`), and
an exact stationary law if it is not the Boltzmann distribution.
"""

from __future__ import annotations

from collections.abc import Callable

from chipsim.components.base import Kind, RouteKind
from chipsim.components.cells.base import CellKind, ContinuousCellKind
from chipsim.components.converters.base import BiasKind, ContinuousInputKind, ContinuousReadKind, ReadoutKind
from chipsim.components.couplers.base import ContinuousCouplerKind, CouplerKind
from chipsim.components.digital.base import ClockKind, CounterKind, DigitalKind, InputKind, MemoryKind, StaticKind
from chipsim.components.noise.base import ContinuousNoiseKind, NoiseKind
from chipsim.errors import ChipsimError
from chipsim.testing import array_rules, continuous_rules, general_rules, parameter_rules, route_rules
from chipsim.testing.subject import Nonconformity, StationaryLaw, Subject

__all__ = ["Nonconformity", "StationaryLaw", "Subject", "check_kind", "rules"]

Rule = Callable[[Subject], None]

EVERY_KIND: tuple[Rule, ...] = (
    general_rules.is_concrete,
    general_rules.is_documented,
    general_rules.has_a_name,
    general_rules.is_found_by_its_name,
    general_rules.actions_are_described,
    general_rules.gating_is_known,
    general_rules.energies_are_physical,
    general_rules.what_it_does_is_in_the_ledger,
    parameter_rules.parameters_have_units_and_bounds,
    parameter_rules.bare_numbers_are_refused,
    parameter_rules.values_beyond_bounds_are_refused,
    parameter_rules.unknown_parameters_are_refused,
    parameter_rules.missing_parameters_are_refused,
    parameter_rules.parameters_are_frozen,
    parameter_rules.inert_parameters_exist,
)

ARRAY: tuple[Rule, ...] = (
    array_rules.hands_arrays_to_the_kernel,
    array_rules.agrees_with_its_reference,
    array_rules.counts_do_not_depend_on_threads,
    array_rules.lanes_do_not_notice_each_other,
    array_rules.samples_its_stationary_law,
)

BY_BASE: dict[type[Kind], tuple[Rule, ...]] = {
    NoiseKind: ARRAY,
    CellKind: (*ARRAY, array_rules.response_rises_with_the_field),
    CouplerKind: (
        *ARRAY,
        array_rules.weights_are_what_the_chip_holds,
        array_rules.field_is_the_weighted_sum,
        array_rules.wires_have_capacitance,
        array_rules.programming_moves_whole_words,
    ),
    ClockKind: (
        array_rules.phases_are_whole_femtoseconds,
        array_rules.ticks_lie_between_updates_and_latches,
        array_rules.counts_do_not_depend_on_threads,
        array_rules.lanes_do_not_notice_each_other,
        array_rules.samples_its_stationary_law,
    ),
    RouteKind: (
        route_rules.ends_have_the_base_of_their_purpose,
        route_rules.times_are_whole_femtoseconds,
        route_rules.counts_are_declared_and_whole,
        route_rules.counts_are_proportional,
        route_rules.counts_reach_the_trace,
        route_rules.paces_are_parameters,
    ),
    ContinuousCellKind: (continuous_rules.laws_relax,),
    ContinuousCouplerKind: (
        continuous_rules.networks_are_what_was_requested,
        continuous_rules.heat_is_positive,
        array_rules.programming_moves_whole_words,
    ),
    StaticKind: (),
    ContinuousNoiseKind: (continuous_rules.noise_is_a_diffusion,),
    ContinuousInputKind: (continuous_rules.inputs_are_as_near_as_declared,),
    ContinuousReadKind: (continuous_rules.readings_are_as_near_as_declared,),
    DigitalKind: (route_rules.computing_takes_time_and_counts,),
    MemoryKind: (route_rules.weights_have_buffers,),
    CounterKind: (route_rules.counters_have_bits,),
    InputKind: (route_rules.inputs_hold_or_pull,),
    BiasKind: (route_rules.biases_are_realised,),
    ReadoutKind: (route_rules.readings_have_bits_and_errors,),
}


def rules(kind: type[Kind]) -> tuple[Rule, ...]:
    """The rules that apply to a kind, by its bases.

    Raises:
        TypeError: it is not derived from a base of component kinds.
    """
    bases = [base for base in BY_BASE if issubclass(kind, base)]
    by_base = tuple(rule for base in bases for rule in BY_BASE[base])
    if not bases:
        raise TypeError(
            f"{kind.__name__} is not derived from a base of component kinds: {', '.join(map(_name, BY_BASE))}"
        )
    return (*EVERY_KIND, *by_base)


def check_kind(subject: Subject) -> None:
    """Check a kind against all its rules.

    Raises:
        Nonconformity: lists every violated rule, one per line.
    """
    complaints = []
    for rule in rules(subject.kind):
        try:
            rule(subject)
        except (Nonconformity, ChipsimError) as broken:
            complaints.append(f"{rule.__name__}: {broken}")
    if complaints:
        raise Nonconformity("\n".join(complaints))


def _name(kind: type[Kind]) -> str:
    return kind.__name__
