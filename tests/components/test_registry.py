"""Kinds and workloads that other packages offer are refused where they would go wrong without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from support_chips import netlist_of
from support_errors import refused

from chipsim.components import registry
from chipsim.components.base import Action
from chipsim.components.noise.rng import Rng
from chipsim.engine.activity import Row
from chipsim.errors import ChipsimError
from chipsim.ledger.ledger import price_trace
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.runs.summary import _block
from chipsim.workloads import registry as workloads
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.ising.workload import Ising
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Column, Curve, Series, Table


class Silent(Rng):
    """A noise whose draws nobody would see."""

    name: ClassVar[str] = "silent"
    actions: ClassVar[tuple[Action, ...]] = tuple(action for action in Rng.actions if action.name != "draw")


class AnnealModel(WorkloadModel):
    """A model of another name than the entry point's."""

    workload: Literal["anneal"]


class Anneal(Ising):
    """A workload of that model."""

    model_type: ClassVar[type[WorkloadModel]] = AnnealModel


@pytest.mark.parametrize(("name", "kind"), [("quiet", "Silent"), ("silent", "Silent")])
def test_kinds_that_do_not_say_who_they_are_or_what_they_count(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "kind_names", lambda: {name: f"{__name__}:{kind}"})
    with refused("kind.broken", 'no action "draw"' if name == "silent" else 'has the name "silent"'):
        registry.find_kind(name)


def test_a_workload_is_registered_by_the_word_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "workload_names", lambda: {"cool": f"{__name__}:Anneal"})
    with refused("kind.broken", "workload: anneal"):
        workloads.find_workload("cool")


def test_codes_of_packages_have_an_area_of_their_own() -> None:
    assert ChipsimError("no field", code="my-package.no-field").code == "my-package.no-field"
    with pytest.raises(KeyError, match="add it to CODES"):
        ChipsimError("too small", code="chip.to-small")


@pytest.mark.system
def test_a_count_that_no_kind_declares_does_not_vanish() -> None:
    run = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 4}), lanes=2)
    activity = run.trace.activity
    more = replace(activity, rows=(*activity.rows, Row("link", "sing", 0, False, 3, None)))
    with refused("kind.broken", "link: sing was counted"):
        price_trace(replace(run.trace, activity=more), run.sheet, run.prices)


@pytest.mark.parametrize(
    "section",
    [
        Curve("means", "sweeps", "mean", (Series("mean", "mean_by_reed"),)),
        lambda: Table("means", (Column("a"), Column("b")), ((1.0,),)),
    ],
)
def test_sections_that_cannot_be_drawn_are_refused(
    section: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the result is stored, which no report could draw ever after."""
    ready = plan("tiny", "spin-glass")
    monkeypatch.setattr(Ising, "report", lambda *_: (section() if callable(section) else section,))
    with refused("kind.broken", "workload ising: "):
        _block(ready, Outcome({}))


def test_built_in_ones_are_found() -> None:
    assert netlist_of().latched.noise.kind.counted_by_engine == ("draw",)
    assert [workloads.find_workload(name).summary for name in workloads.BUILT_IN]
