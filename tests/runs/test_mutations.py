"""Whatever is done to a valid spec, chipsim plans it or says in words why not: thousands of mutations, no traceback."""

from __future__ import annotations

import copy
import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from chipsim.errors import ChipsimError
from chipsim.runs.plan import plan
from chipsim.spec.compose import read_spec
from chipsim.spec.presets import FOLDERS, find, preset_names

# What stands in the place of a value: traps of type, sign, size, unit and syntax.
POOL: list[Any] = [
    None, True, False, 0, -1, 1, 2, 3,
    17, 10**9, 10**15, -(2**63), 0.5, -0.0, 1e-300, 1e300, "", " ", "no", "010", "1e-9",
    "100 ns", "-1 J", "1e400 s", "9 parsec/fortnight^2", "5 V/0", "x", "problem", "auto", "end", "pbit", "container",
    "cells", "cells[*]", "cells -> ", "-> x", "a.b.c", "[", "é" * 300, "../x", "/", "\0", [], [[]], [None], {},
    {"": {}}, {"kind": "host"}, [0, 0], [[0, 1], [0, 1]], [1, 2, 3, 4, 5], ["a"], {"start": 0, "end": 1, "steps": 1},
]  # fmt: skip
KEYS = [
    "",
    "kind",
    "name",
    "cells[*]",
    "cells[0..3]",
    "cells[0..999999999]",
    "fabric",
    "from",
    "extends",
    "include",
    "x.y",
]
WORDS = [
    "[",
    "{",
    "}",
    ": ",
    "- ",
    "\n",
    "\t",
    "&a ",
    "*a ",
    "!!x ",
    "'",
    "#",
    "---\n",
    "0",
    "-",
    "e9",
    " ns",
    "é",
    "\x07",
]
TARGETS = [(what, name) for what in FOLDERS for name in preset_names(what)]
WORKLOAD_OF = {"torus-2d": "gset", "any-graph": "gset"}


def blocks(value: Any) -> Iterator[Any]:
    """All lists and dicts of a spec, the outermost first."""
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from blocks(item)


def mutate(value: Any, draw: random.Random) -> None:
    """Change, drop, duplicate, rename or swap something somewhere. What is put in is a copy: shared, it could end up
    inside itself, or be changed in all mutants that follow.
    """
    found = [block for block in blocks(value) if block]
    if not found:
        return
    block = draw.choice(found)
    places = list(block) if isinstance(block, dict) else list(range(len(block)))
    place, other = draw.choice(places), draw.choice(places)
    action = draw.choice(["change", "change", "drop", "swap", "rename", "add", "retype"])
    if action == "change":
        block[place] = copy.deepcopy(draw.choice(POOL))
    elif action == "drop":
        del block[place]
    elif action == "swap":
        block[place], block[other] = block[other], block[place]
    elif action == "retype":
        block[place] = draw.choice([[block[place]], {"a": block[place]}, str(block[place]), len(str(block[place]))])
    elif isinstance(block, list):
        block.append(copy.deepcopy(block[place]))
    else:
        key = draw.choice([*KEYS, place[:-1], place + "s", *(k for b in found if isinstance(b, dict) for k in b)])
        block[key] = copy.deepcopy(block[place]) if action == "add" else block.pop(place)


def edited(text: str, draw: random.Random) -> str:
    """Some characters cut out, put in, or moved."""
    begin = draw.randrange(len(text) + 1)
    end = min(len(text), begin + draw.choice([0, 1, 2, 5, 40]))
    piece = draw.choice([*WORDS, "", text[begin:end] * 2])
    return text[:begin] + piece + text[end:]


def mutant(what: str, name: str, draw: random.Random) -> str:
    """The text of a mutated preset."""
    if draw.random() < 0.35:
        text = find(what, name).read_text()
        for _ in range(draw.choice([1, 1, 2, 4])):
            text = edited(text, draw)
        return text
    value = copy.deepcopy(read_spec(what, name).value)
    for _ in range(draw.choice([1, 1, 2, 3])):
        mutate(value, draw)
    # JSON is YAML; escapes that are not in our YAML stay as they are, which is one more mutation.
    return json.dumps(value, ensure_ascii=False, indent=1)


def plans_or_complains(what: str, name: str, draw: random.Random, folder: Path) -> bool:
    """Plan with a mutant; whether it was still a valid spec."""
    path = folder / "mutant.yaml"
    path.write_text(mutant(what, name, draw), encoding="utf-8")
    chip = {"chip": str(path)}.get(what, "tiny")
    workload = {"workload": str(path)}.get(what, WORKLOAD_OF.get(name, "clamped"))
    prices = {"price table": str(path)}.get(what)
    if what == "workload" and name == "gset":
        chip = "torus-2d"
    try:
        plan(chip, workload, None, prices)
    except ChipsimError as error:
        complaint = error
    else:
        return True
    assert complaint.exit_code == 2
    assert str(complaint).strip()
    return False


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    """4 GiB more address space than now: a size that slips through fails here instead of filling the machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * 2**30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def mutations(number: int) -> Any:
    """So many examples, the same each time."""
    quiet = settings(
        max_examples=number,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    drawn = given(st.sampled_from(TARGETS), st.integers(0, 2**62))
    return lambda test: seed(20261124)(quiet(drawn(test)))


@pytest.mark.usefixtures("bounded_memory")
def test_some_mutations(tmp_path_factory: pytest.TempPathFactory) -> None:
    run_mutations(300, tmp_path_factory.mktemp("some"))


@pytest.mark.slow
@pytest.mark.usefixtures("bounded_memory")
def test_ten_thousand_mutations(tmp_path_factory: pytest.TempPathFactory) -> None:
    run_mutations(10_000, tmp_path_factory.mktemp("many"))


def run_mutations(number: int, folder: Path) -> None:
    """Mutate so often, and see that the mutants were neither all refused nor all accepted."""
    outcomes = {True: 0, False: 0}

    @mutations(number)
    def check(target: tuple[str, str], number: int) -> None:
        outcomes[plans_or_complains(*target, random.Random(number), folder)] += 1

    check()
    assert sum(outcomes.values()) >= 0.98 * number
    assert outcomes[True] > 0.03 * number
    assert outcomes[False] > 0.3 * number
    print(f"{outcomes[True]:,} mutants planned, {outcomes[False]:,} refused in words")


@pytest.mark.parametrize("size", ["[100000, 100000]", "[10000000, 10000000]", "[3000, 3000, 3000]", "[4, 9999999999]"])
def test_a_huge_size_is_refused_before_anything_is_allocated(size: str, bounded_memory: None) -> None:
    with pytest.raises(ChipsimError) as caught:
        plan("tiny", "clamped", {"fabric.size": json.loads(size)})
    assert caught.value.code in ("spec.too-large", "spec.out-of-range")
