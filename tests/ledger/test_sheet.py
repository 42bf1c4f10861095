"""Price equations of kinds: a fault in one is an error that names it, never "no equation"."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support_cli import call
from support_kinds import with_equation

from chipsim.components.digital.clock import Clock
from chipsim.spec.chip import Technology


def logarithm(kind: Any, technology: Technology, magnitude: float) -> float:
    return 1e-15 * math.log(technology.vdd - 1)


@pytest.mark.parametrize("command", [("check", "tiny"), ("check", "tiny", "spin-glass"), ("run", "tiny", "spin-glass")])
@pytest.mark.parametrize("changes", [(), ("--set", "prices.clock.tick.energy=1 fJ")], ids=["by equation", "by figure"])
def test_a_fault_in_an_equation_is_an_error(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], changes: tuple[str, ...]
) -> None:
    monkeypatch.setattr(Clock, "actions", with_equation(Clock, "tick", logarithm))
    done = call(*command, *changes)
    assert done.exit_code == 2
    assert "clock: the price equation of clock.tick fails: ValueError: " in done.output
    assert "tiny.yaml:" in done.output


def test_an_action_without_equation_cannot_be_priced_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "actions", with_equation(Clock, "tick", None))
    done = call("check", "tiny")
    assert done.exit_code == 2
    assert "clock defines no price equation for tick; give an energy" in done.output
