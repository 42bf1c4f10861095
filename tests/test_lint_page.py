"""docs/lint.md lists the rules of the code, each of which a test trips, and quotes their bounds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import chipsim
from chipsim.ledger.lint import BEST_STEP_J, BY_PRICES, DENSEST_W_PER_M2, MOST_OF_ONE, WRITTEN_DIGITS
from chipsim.ledger.lint_consistency import MOST_STALE, SHORTEST_OF_SIDE
from chipsim.ledger.lint_parameters import THERMAL_VOLTAGES
from chipsim.workloads.ising.distortion import MAX_BETA_ERROR, MAX_LOST
from chipsim.workloads.ising.lint import MAX_BETA_OFF

PACKAGE, TESTS = Path(chipsim.__file__).parent, Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "lint.md").read_text()
LISTED = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.M)


def rules_of(source: str) -> list[str]:
    """The first argument of every `Finding(...)`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]
    return [ast.literal_eval(call.args[0]) for call in made]


def in_code() -> dict[str, set[str]]:
    """Rules by the module that finds them."""
    found = {str(path.relative_to(PACKAGE)): set(rules_of(path.read_text())) for path in PACKAGE.rglob("*.py")}
    return {name: rules for name, rules in found.items() if rules}


def test_every_rule_is_listed_once_and_every_listed_one_exists() -> None:
    assert sorted(LISTED) == sorted(set(LISTED))
    assert set(LISTED) == set().union(*in_code().values())


def test_a_rule_that_is_not_listed_is_noticed() -> None:
    assert rules_of('def f():\n    yield Finding("new-rule", "chip", 1, 2, "")\n') == ["new-rule"]
    assert "new-rule" not in LISTED


def test_each_rule_stands_in_the_section_of_its_module() -> None:
    for section in PAGE.split("\n## ")[1:]:
        (module,) = re.findall(r"\(`([\w/]+\.py)`\)", section)
        assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == in_code()[module]


def test_what_depends_on_prices_is_made_again_when_a_run_is_repriced() -> None:
    assert set(BY_PRICES) == in_code()["ledger/lint.py"]


@pytest.mark.parametrize("rule", LISTED)
def test_each_rule_is_tripped_by_a_test(rule: str) -> None:
    texts = (path.read_text() for room in ("ledger", "workloads") for path in (TESTS / room).glob("test_*.py"))
    assert any(re.search(rf'"{rule}[" ]', text) for text in texts)


@pytest.mark.parametrize(
    "said",
    [
        f"> {MOST_STALE:g} of the noise of a latch",
        f"swing < {THERMAL_VOLTAGES:g} kT/q",
        f"may be {WRITTEN_DIGITS:.1%} off".replace("%", " %"),
        f"costs < {BEST_STEP_J * 1e15:g} fJ a step",
        f"> {DENSEST_W_PER_M2 * 1e-4:g} W/cm^2",
        f"accounts for > {MOST_OF_ONE:.0%} of a repetition".replace("%", " %"),
        f"the last beta is > {MAX_BETA_OFF:.0%} off".replace("%", " %"),
        f"or beta {MAX_BETA_ERROR:.0%} off".replace("%", " %"),
    ],
)
def test_bounds(said: str) -> None:
    assert said in PAGE
    assert SHORTEST_OF_SIDE == MAX_LOST == 0.5  # "half its shorter side", "more than half lost"
