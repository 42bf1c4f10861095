"""The conformance suite catches kinds with planted faults."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import stdtr
from support_kinds import with_equation
from support_subjects import SUBJECTS

from chipsim.compiler import lateness
from chipsim.components.base import Action, ArrayContext, Gating, RouteKind, Transfer, powered
from chipsim.components.cells.base import CellKind
from chipsim.components.cells.pbit import PBitActivation
from chipsim.components.converters.dac import Dac
from chipsim.components.couplers import flights
from chipsim.components.couplers import late as late_fields
from chipsim.components.couplers.coupler import Coupler
from chipsim.components.digital.clock import Clock
from chipsim.components.digital.input_cell import InputCell
from chipsim.components.noise.base import NoiseKind
from chipsim.kernels import rng as generator
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Number, Quantity, Whole
from chipsim.testing import array_rules, general_rules, parameter_rules, reference, route_rules
from chipsim.testing import stages as reference_stages
from chipsim.testing.conformance import Nonconformity, Subject, check_kind, rules

ON = powered("static")


class Block(RouteKind):
    """A right block, from which the faulty ones are made."""

    delay_time: Annotated[float, Quantity("s", ge=0, le=1)] = 0.0
    width: Annotated[int, Whole(ge=1, le=64)] = 8

    name: ClassVar[str] = "block"
    summary: ClassVar[str] = "a block"
    actions: ClassVar[tuple[Action, ...]] = (Action("word", "digital", "word", "one word"), ON)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        return {"word": -(-transfer.words * transfer.bits // self.width)}


class WithoutUnit(Block):
    """A time without unit."""

    hold_time: Annotated[float, Number(ge=0, le=1)] = 0.0


class Bare(Block):
    """A time that also takes a bare number."""

    hold_time: Annotated[float, Quantity("s", ge=0, le=1)] | Annotated[float, Number(ge=0, le=1)] = 0.0


class Unbounded(Block):
    """A size without end."""

    size: Annotated[int, Whole(ge=1)] = 1


class Loose(Block):
    """A plain pydantic integer, which takes true for 1."""

    size: int = 1


class Tolerant(Block):
    """Takes any key."""

    model_config = {"extra": "allow", "frozen": False}


class Negative(Block):
    """Gives energy back."""

    actions = (Action("word", "digital", "word", "one word", energy=lambda kind, technology, magnitude: -1e-15), ON)


class Failing(Block):
    """Takes the logarithm of a voltage difference that is negative on most chips."""

    def word_j(self, technology: Technology, magnitude: float) -> float:
        return 1e-15 * math.log(technology.vdd - 1)

    actions = (Action("word", "digital", "word", "one word", energy=word_j), ON)


class Undeclared(Block):
    """Counts what nobody prices."""

    def counts(self, transfer: Transfer) -> dict[str, int]:
        return {"word": transfer.words, "secret": transfer.words}


class Fractional(Block):
    """Counts parts of words, and takes parts of femtoseconds."""

    def counts(self, transfer: Transfer) -> dict[str, int]:
        return {"word": transfer.words * transfer.bits / self.width}  # type: ignore[dict-item]

    def service_fs(self, transfer: Transfer, share: int) -> int:
        return share * 0.5  # type: ignore[return-value]


class Quadratic(Block):
    """Counts every pair of words."""

    def counts(self, transfer: Transfer) -> dict[str, int]:
        return {"word": transfer.words**2}


class Early(Block):
    """Lets words out before they come in."""

    def latency_fs(self, transfer: Transfer) -> int:
        return -1


class Hasty(Block):
    """Says that its width sets its pace, though it is counted too."""

    def throughput_parameters(self) -> tuple[str, ...]:
        return ("width",)


class Hurried(Block):
    """Names a pace that it does not have."""

    def throughput_parameters(self) -> tuple[str, ...]:
        return ("speed",)


class Unpowered(Block):
    """Has no action `on`."""

    actions: ClassVar[tuple[Action, ...]] = (Action("word", "digital", "word", "one word"),)


class WithoutMeaning(Block):
    """Has an action without a meaning."""

    actions: ClassVar[tuple[Action, ...]] = (Action("word", "digital", "word", " "), ON)


class BadName(Block):
    """Has a name that no chip file can hold."""

    name: ClassVar[str] = "my block"


class Silent(Block):
    name: ClassVar[str] = "silent"


class Stray(Block):
    """Stands at the end of clamps, but has nothing of a latch."""

    serves = "clamp"


class Weak(InputCell):
    """Pulls with half of what it is asked for."""

    def pulled(self, field: Any, pull: Any) -> Any:
        return super().pulled(field, 0.5 * pull)


FAULTS = [
    (WithoutUnit, parameter_rules.parameters_have_units_and_bounds, "hold_time has no unit"),
    (Bare, parameter_rules.bare_numbers_are_refused, "hold_time: 1 is accepted"),
    (Unbounded, parameter_rules.parameters_have_units_and_bounds, "size has no upper bound"),
    (Loose, parameter_rules.parameters_have_units_and_bounds, "size has no lower and no upper bound"),
    (Loose, parameter_rules.values_beyond_bounds_are_refused, "size: True is accepted"),
    (Tolerant, parameter_rules.unknown_parameters_are_refused, "an unknown parameter is accepted"),
    (Tolerant, parameter_rules.parameters_are_frozen, "can be changed after validation"),
    (Negative, general_rules.energies_are_physical, "the energy of word .* is -1e-15 J"),
    (Failing, general_rules.energies_are_physical, "the price equation of block.word fails: ValueError: "),
    (Undeclared, general_rules.what_it_does_is_in_the_ledger, "counts secret"),
    (Undeclared, route_rules.counts_are_declared_and_whole, "counts undeclared actions: secret"),
    (Fractional, route_rules.counts_are_declared_and_whole, "counts .* of word"),
    (Fractional, route_rules.times_are_whole_femtoseconds, "femtoseconds"),
    (Quadratic, route_rules.counts_are_proportional, "for 5 times as many words"),
    (Early, route_rules.times_are_whole_femtoseconds, "latency of .* is -1 femtoseconds"),
    (Hasty, route_rules.paces_are_parameters, "throughput_parameters names width, but it changes the counts"),
    (Hurried, route_rules.paces_are_parameters, "throughput_parameters names unknown parameters: speed"),
    (Unpowered, general_rules.actions_are_described, "no action `on`"),
    (WithoutMeaning, general_rules.actions_are_described, "word has no meaning"),
    (BadName, general_rules.has_a_name, '"my block" is not a valid name'),
    (Silent, general_rules.is_documented, "no docstring of its own"),
    (Stray, route_rules.ends_have_the_base_of_their_purpose, "it serves clamp, but is not derived from InputKind"),
    (Block, general_rules.is_found_by_its_name, 'unknown kind "block"'),
]


@pytest.mark.parametrize(("kind", "rule", "complaint"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_planted_faults_are_caught(kind: Any, rule: Any, complaint: str) -> None:
    with pytest.raises(Nonconformity, match=complaint):
        rule(Subject(kind, {}))


def test_the_right_block_breaks_no_rule_but_that_it_is_not_registered() -> None:
    with pytest.raises(Nonconformity) as broken:
        check_kind(Subject(Block, {}))
    assert str(broken.value) == 'is_found_by_its_name: Block: unknown kind "block"; did you mean "clock"?'


def test_an_energy_that_is_not_a_number_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dac, "actions", with_equation(Dac, "convert", lambda *_: math.nan))
    with pytest.raises(Nonconformity, match=r"the energy of convert .* is nan J"):
        general_rules.energies_are_physical(SUBJECTS["dac"])


@pytest.mark.parametrize("coupling", [0.5, "set"])
def test_a_latch_that_pulls_otherwise_than_asked_is_caught(coupling: Any) -> None:
    with pytest.raises(Nonconformity, match=r"a pull of 0\.667 changes the field with an error of 0\.333"):
        route_rules.inputs_hold_or_pull(Subject(Weak, {"latch_time": "1 ns", "coupling": coupling}))


def test_an_equation_that_fails_is_among_the_complaints_about_a_kind() -> None:
    with pytest.raises(Nonconformity) as broken:
        check_kind(Subject(Failing, {}))
    assert "energies_are_physical: Failing: the energy of word at 0.05 V" in str(broken.value)
    assert "what_it_does_is_in_the_ledger: " in str(broken.value)


def test_something_that_is_no_kind_has_no_rules() -> None:
    with pytest.raises(TypeError, match="not derived from a base"):
        rules(dict)  # type: ignore[arg-type]


# --- late fields ----------------------------------------------------------------------------------------------------

LATE_TICK_FS = 10**8  # a phase of the trial chip


def off_by_a_tick(sign: int) -> Any:
    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        exact, off = lateness._unseen, sign * LATE_TICK_FS
        monkeypatch.setattr(lateness, "_unseen", lambda since, delay, sweep: exact(since, delay + off, sweep))

    return plant


def in_flight_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = flights.flight_field

    def faulty(field: Any, delays: Any, *rest: Any) -> Any:
        return exact(field, delays * 6 // 5, *rest)

    monkeypatch.setattr("chipsim.components.couplers.coupler.flight_field", faulty)


def nodes_that_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    exact: Any = late_fields.late_field

    def faulty(*given: Any) -> Any:
        field = exact(*given)
        return field._replace(stale=np.zeros_like(field.stale))

    monkeypatch.setattr("chipsim.components.couplers.coupler.late_field", faulty)


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("coupler with delay", off_by_a_tick(1)),
        ("clock, pulses that overlap", off_by_a_tick(-1)),
        ("free_running, wires with delay", in_flight_for_longer),
        ("coupler with slow nodes", nodes_that_start_anew),
    ],
)
def test_fields_that_are_late_otherwise_than_stated_are_caught(
    name: str, plant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(Nonconformity, match="does not sample its stationary law"):
        array_rules.samples_its_stationary_law(SUBJECTS[name])


# --- faults in the kernel -------------------------------------------------------------------------------------------


class BiasedNoise(NamedTuple):
    """Compares with `one`, which is a little more than 1."""

    one: NDArray[np.float32]


@stage(stages.noise, BiasedNoise)
def biased(params: Any, y: Any, at: Any) -> Any:
    """Ideal noise with a wrong threshold."""
    u, random = generator.uniform(at.random)
    return vectors.less(vectors.fma(u, vectors.exp2(y), u), params.one[0]), random


@reference.noise.register(BiasedNoise)
def biased_reference(params: Any, y: Any, at: Any) -> Any:
    u, random = reference.uniform(at.random)
    return reference.word_of(reference.fma(u, reference.exp2(y), u) < params.one[0]), random


class Biased(NoiseKind):
    """Noise that is +1 too often."""

    too_often: Annotated[float, Number(ge=0, le=1)] = 0.01
    gated: Gating = "phase"

    name: ClassVar[str] = "biased"
    summary: ClassVar[str] = "noise that is +1 too often"
    actions: ClassVar[tuple[Action, ...]] = (Action("draw", "fabric", "draw", "one draw"), ON)

    def noise(self, context: ArrayContext) -> BiasedNoise:
        return BiasedNoise(np.full(1, 1 + self.too_often, np.float32))


def test_a_bias_of_one_percent_is_caught_and_nothing_else() -> None:
    """P(+1) of every update is 1 % too large; a perfect threshold passes the same test with the same numbers."""
    with pytest.raises(Nonconformity, match="does not sample its stationary law"):
        array_rules.samples_its_stationary_law(Subject(Biased, {}))
    array_rules.samples_its_stationary_law(Subject(Biased, {"too_often": 0}))
    array_rules.agrees_with_its_reference(Subject(Biased, {}))


def test_a_wrong_reference_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that rounds twice where the kernel rounds once."""
    monkeypatch.setattr(reference_stages, "fma", lambda a, b, c: (a * b + c).astype(np.float32))
    with pytest.raises(Nonconformity, match="differ in exponents"):
        array_rules.agrees_with_its_reference(SUBJECTS["pbit"])


class Unreferenced(NamedTuple):
    """Parameters without a reference."""

    one: NDArray[np.float32]


@stage(stages.noise, Unreferenced)
def unreferenced(params: Any, y: Any, at: Any) -> Any:
    """Fresh noise."""
    u, random = generator.uniform(at.random)
    return vectors.less(vectors.fma(u, vectors.exp2(y), u), params.one[0]), random


class WithoutReference(Biased):
    """Noise that nobody specified."""

    def noise(self, context: ArrayContext) -> Any:
        return Unreferenced(np.ones(1, np.float32))


class LanesMixed(NamedTuple):
    """Parameters of a source that looks at all lanes at once."""

    one: NDArray[np.float32]


@stage(stages.noise, LanesMixed)
def lanes_mixed(params: Any, y: Any, at: Any) -> Any:
    """Fresh noise, turned round when most lanes of the cell are +1."""
    u, random = generator.uniform(at.random)
    word = vectors.less(vectors.fma(u, vectors.exp2(y), u), params.one[0])
    return (~word if vectors.popcount(at.words[at.cell]) > 40 else word), random


class Gossip(Biased):
    """Noise that carries news from lane to lane."""

    def noise(self, context: ArrayContext) -> Any:
        return LanesMixed(np.ones(1, np.float32))


class Listed(Biased):
    """Hands lists to the kernel."""

    def noise(self, context: ArrayContext) -> Any:
        return [1.0]


class Falling(CellKind):
    """A cell that turns away from its field, and does not cool."""

    relaxation_time: Annotated[float, Quantity("s", gt=0, le=1)] = 1e-7
    slope: Annotated[float, Number(ge=-10, le=10)] = 1.0

    name: ClassVar[str] = "falling"
    summary: ClassVar[str] = "turns away from its field"
    actions: ClassVar[tuple[Action, ...]] = (Action("update", "fabric", "update", "one update"), ON)

    def activation(self, context: ArrayContext) -> PBitActivation:
        return PBitActivation(np.full(context.cells, self.slope, np.float32), np.zeros(context.cells, np.float32))


class Leaky(Coupler):
    """A coupler that loses a tenth of each field, and more of it on one side."""

    def field(self, *arguments: Any) -> Any:
        full = super().field(*arguments)
        return full._replace(scale=(full.scale * 0.9).astype(np.float32))


class Rounded(Coupler):
    """A coupler that says its weights are exact."""

    def quantise(self, couplings: Any, biases: Any) -> Any:
        held = super().quantise(couplings, biases)
        return type(held)(held.codes, held.step, held.biases, 0.0)


class Eager(Clock):
    """Drives more pins than there are."""

    def ticks(self, updates: int, latches: int) -> int:
        return latches + 1


COUPLER = SUBJECTS["coupler"].parameters
ARRAY_FAULTS = [
    (Subject(WithoutReference, {}), array_rules.agrees_with_its_reference, "no reference of stage noise"),
    (Subject(Gossip, {}), array_rules.lanes_do_not_notice_each_other, "the first 40 lanes differ"),
    (Subject(Listed, {}), array_rules.hands_arrays_to_the_kernel, "stage noise gets no NamedTuple"),
    (Subject(Falling, {}), array_rules.response_rises_with_the_field, "falls where the field rises"),
    (Subject(Falling, {"slope": 0}), array_rules.response_rises_with_the_field, "does not depend on the field"),
    (Subject(Leaky, COUPLER), array_rules.field_is_the_weighted_sum, "the field of cell 0 is off"),
    (Subject(Leaky, COUPLER), array_rules.samples_its_stationary_law, "does not sample its stationary law"),
    (Subject(Rounded, COUPLER), array_rules.weights_are_what_the_chip_holds, "couplings are off by"),
    (Subject(Eager, SUBJECTS["clock gated"].parameters), array_rules.ticks_lie_between_updates_and_latches, "ticks"),
    (Subject(Biased, {}, stationary=lambda p, b: np.eye(1, 16)[0]), array_rules.samples_its_stationary_law, "limit 0"),
]


@pytest.mark.parametrize(("subject", "rule", "complaint"), ARRAY_FAULTS, ids=lambda v: getattr(v, "__name__", None))
def test_planted_faults_of_array_kinds_are_caught(subject: Subject, rule: Any, complaint: str) -> None:
    with pytest.raises(Nonconformity, match=complaint):
        rule(subject)


def test_hotelling_has_the_size_that_it_states() -> None:
    """One free dimension: T**2 is the square of Student's t, whose two-sided chance at the limit is `CHANCE`."""
    shares = np.random.default_rng(1).dirichlet([5.0, 5.0], 1024)
    excess, limit = array_rules.hotelling(shares, np.array([0.5, 0.5]))
    t = (shares[:, 0].mean() - 0.5) / (shares[:, 0].std(ddof=1) / 32)
    assert excess == pytest.approx(t**2)
    assert 2 * stdtr(1023, -math.sqrt(limit)) == pytest.approx(array_rules.CHANCE, rel=1e-4)
    # 2,000 experiments with 3 free dimensions: T**2 has the mean 3 (n - 1) / (n - 5) of its F law.
    random = np.random.default_rng(2)
    found = [array_rules.hotelling(random.dirichlet(np.full(4, 5.0), 200), np.full(4, 0.25))[0] for _ in range(2000)]
    assert np.mean(found) == pytest.approx(3 * 199 / 195, abs=5 * math.sqrt(6 / 2000))


def test_chi_square_has_the_size_that_it_states() -> None:
    """Closed form for 15 degrees of freedom: erfc(sqrt(x/2)) + sqrt(2x/pi) exp(-x/2) sum x**j / (2j+1)!!."""
    uniform = np.full(16, 1000.0)
    statistic, limit = array_rules.chi_square(uniform, uniform)
    assert statistic == 0
    series = sum(limit**j / math.prod(range(1, 2 * j + 2, 2)) for j in range(7))
    chance = math.erfc(math.sqrt(limit / 2)) + math.sqrt(2 * limit / math.pi) * math.exp(-limit / 2) * series
    assert 0.5e-6 < chance < 1.1e-6
    shifted = uniform + np.tile([30.0, -30.0], 8)
    assert array_rules.chi_square(shifted, uniform)[0] == pytest.approx(16 * 900 / 1000)
    # With two degrees of freedom the chance of x or more is exp(-x / 2).
    assert array_rules.chi_square(uniform[:3], uniform[:3])[1] == pytest.approx(-2 * np.log(array_rules.CHANCE))
