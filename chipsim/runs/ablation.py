"""What each non-ideality of a chip costs: the same run without one at a time, and without all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chipsim.compiler.program import Program
from chipsim.errors import ChipsimError, RunError
from chipsim.prices.scopes import Scope
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, planned, spec_values
from chipsim.runs.simulate import simulate
from chipsim.runs.size import check_memory, size_of
from chipsim.runs.specs import ChipLike, WorkloadLike
from chipsim.spec.compose import Given
from chipsim.statistics.deviation import Deviation, deviation
from chipsim.units import show
from chipsim.workloads.parameters import Parameters, with_units

AS_SPECIFIED, ALL = "as specified", "all of these"
TOGETHER = "coupled cells latch together"


@dataclass(frozen=True)
class Step:
    """A plan without some non-idealities.

    Attributes:
        name: of the non-ideality that is absent: path and present value, `AS_SPECIFIED` or `ALL`.
        set: path -> value that turns it off.
        plan: with these values.
    """

    name: str
    set: Mapping[str, Any]
    plan: Plan


@dataclass(frozen=True, eq=False)
class Variant:
    """A run without some non-idealities.

    Attributes:
        name, set: as in `Step`.
        run: its result.
        deviation: of its distribution from that without all of them; None where the workload samples no distribution,
            or too little was recorded.
    """

    name: str
    set: Mapping[str, Any]
    run: Run
    deviation: Deviation | None


@dataclass(frozen=True, eq=False)
class Ablation:
    """The chip as specified, without each non-ideality in turn, and without all of them.

    Attributes:
        variants: in that order.
        impossible: non-ideality -> why no chip can be without it.
        merit, meaning: figure of the workload that says how good the answer is, and how it is defined; "" if none.
    """

    variants: tuple[Variant, ...]
    impossible: Mapping[str, str]
    merit: str
    meaning: str

    @property
    def whole(self) -> Variant:
        """The chip as specified."""
        return self.variants[0]

    @property
    def each(self) -> tuple[Variant, ...]:
        """Without one non-ideality."""
        return self.variants[1:-1]

    @property
    def reference(self) -> Variant:
        """Without all of them."""
        return self.variants[-1]

    def __getitem__(self, name: str) -> Variant:
        """The variant of that name."""
        return {variant.name: variant for variant in self.variants}[name]


def non_idealities(ready: Plan) -> dict[str, dict[str, Any]]:
    """Name of each non-ideality of a chip -> path and value, as in a spec file, that turn it off.

    Parameters without effect, and those that are not given, are left out.
    """
    parameters = Parameters(ready.chip.document, ready.workload.document)
    inert = ready.netlist.inert()
    out: dict[str, dict[str, Any]] = {}
    if isinstance(ready.program, Program) and ready.program.coupled:
        clock = ready.netlist.latched.clock.name
        drawn = ready.program.policy.together
        by_colours: dict[str, Any] = {f"{clock}.updates": "colours"} if drawn else {"fabric.colours": "auto"}
        if ready.netlist.fabric.colouring is not None:
            by_colours["fabric.colouring"] = None
        out[TOGETHER] = {**by_colours, "fabric.coupled_updates": "forbid"}
    for component in ready.netlist.components.values():
        for key, value in component.kind.ideal.items():
            path, present = f"{component.name}.{key}", getattr(component.kind, key)
            unit = parameters.unit(path)
            shown = show(present, unit) if unit else f"{present:g}" if isinstance(present, float) else present
            if present is not None and present != value and path not in inert:
                out[f"{path} {shown}"] = with_units({path: value}, parameters)
    return out


def steps_of(
    chip: ChipLike,
    workload: WorkloadLike,
    set: Mapping[str, Any] | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
) -> tuple[list[Step], dict[str, str]]:
    """The plans of an ablation, and the non-idealities that cannot be turned off, with the reason; values of `set` as
    in a spec file.

    Raises:
        RunError: nothing can be turned off.
    """
    given = dict(set or {})
    ready = planned(chip, workload, given, prices, scope)
    steps, impossible, everything = [Step(AS_SPECIFIED, {}, ready)], {}, {}
    for name, changes in non_idealities(ready).items():
        try:
            steps.append(Step(name, changes, planned(chip, workload, {**given, **changes}, prices, scope)))
        except ChipsimError as error:
            impossible[name] = str(error)
        else:
            everything.update(changes)
    if not everything:
        reasons = "".join(f"; {name}: {why}" for name, why in impossible.items())
        raise RunError(
            f"{ready.chip.model.name} has no non-ideality that can be turned off{reasons}", code="run.argument"
        )
    return [*steps, Step(ALL, everything, planned(chip, workload, {**given, **everything}, prices, scope))], impossible


def carry_out(
    steps: list[Step],
    impossible: Mapping[str, str],
    lanes: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[Any, int], None] | None = None,
) -> Ablation:
    """Run the steps with the same lanes and seed, and compare each with the last."""
    runs, seen = [], []
    for step in steps:
        runs.append(simulate(step.plan, lanes, seed, threads, progress))
        seen.append(step.plan.workload.observables(runs[-1].trace))
    ideal, work = seen[-1], steps[0].plan.workload
    found = [None if ideal is None or one is None else deviation(one, ideal) for one in seen]
    variants = (Variant(s.name, s.set, run, apart) for s, run, apart in zip(steps, runs, found, strict=True))
    return Ablation(tuple(variants), impossible, work.merit, work.meanings.get(work.merit, ""))


def ablate(
    chip: ChipLike,
    workload: WorkloadLike,
    *,
    set: Mapping[str, Any] | None = None,
    lanes: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
) -> Ablation:
    """What each non-ideality of a chip costs in quality, time and energy.

    A non-ideality is a parameter that its kind declares, such as the law of the noise, the bits of the weights or the
    mismatch of conductances, where its value is not the ideal one. The chip is run as specified, without each of them
    in turn, and without all.

    Args:
        chip: preset name, file, dict or `Chip`.
        workload: preset name, file, dict or `Workload`.
        set: path -> value for all of these runs, as for `chipsim.run`.
        lanes: independent repetitions of each; None for 64.
        seed: of all random numbers, the same for each.
        threads: that share groups of 64 lanes; None for one per available core.
        prices: price table instead of the chip's own.
        scope: what totals count: "fabric", "chip" or "system".

    Returns:
        The runs, each with its distance from the distribution without all non-idealities.

    Raises:
        ChipsimError: nothing can be turned off; with place, rule and remedy where a spec is wrong.

    Example:
        >>> import chipsim
        >>> found = chipsim.ablate("tiny", "spin-glass", set={"rng.law": "telegraph", "schedule.sweeps": 500})
        >>> [variant.name for variant in found.variants]
        ['as specified', 'bias_dac.bits 8', 'rng.law telegraph', 'couplers.weight_bits 6', 'all of these']
    """
    steps, impossible = steps_of(chip, workload, spec_values(chip, workload, set), prices, scope)
    for step in steps:
        check_memory(size_of(step.plan, step.plan.lanes(lanes)))
    return carry_out(steps, impossible, lanes, seed, threads)
