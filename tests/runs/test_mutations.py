"""Whatever is done to a valid spec, chipsim checks and runs it or says in a few lines why not: thousands of mutations.

No traceback, no more than 5 s of work, and no more than 1 GiB of memory. A failure names the seed of its mutant.
"""

from __future__ import annotations

import copy
import json
import random
import re
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support_cli import call

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
# Chip, workload, and the key that determines how long it runs.
RUNS = [
    ("tiny", "spin-glass", "schedule.sweeps"),
    ("tiny", "clamped", "schedule.sweeps"),
    ("spu-8", "inverse", "schedule.samples"),
    ("ou-256", "linear-solve", "schedule.samples"),
    ("dtca-70-telegraph", "spin-glass", "schedule.sweeps"),
    ("torus-3d", "spin-glass", "schedule.sweeps"),
    ("torus-replicas", "temper", "schedule.sweeps"),
    ("pegasus-28nm", "spin-glass", "schedule.sweeps"),
    ("pdit-16", "four-states", "schedule.samples"),
    ("gaussian-16", "one-gaussian", "schedule.samples"),
    ("quartic-layer", "layer-stack", "task.tokens"),
    ("langevin-small", "shape-prototypes", "training.cycles"),
]
# What no preset has: fields that are late, shared random numbers; added to chips with such a component.
ADDED: list[tuple[str, str, str | int]] = [
    ("couplers", "delay_per_length", "1 ns/um"),
    ("couplers", "node_rc", "30 ns"),
    ("clock", "pulse", "100 ns"),
    ("rng[*]", "cells_each", 4),
]
# CPU time of a command that compiles nothing.
MAX_S = 5.0
# What a message for users never contains: words of the validation library, addresses, tracebacks.
INTERNAL = r"(?i)pydantic|input should|should have at|valid (string|integer|list)|0x[0-9a-f]{6}|traceback"


def blocks(value: Any) -> Iterator[Any]:
    """All lists and dicts of a spec, the outermost first."""
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from blocks(item)


def mutate(value: Any, draw: random.Random) -> None:
    """Change, scale, drop, duplicate, rename or swap something somewhere.

    What is put in is a copy: shared, it could end up inside itself, or be changed in all mutants that follow.
    """
    found = [block for block in blocks(value) if block]
    if not found:
        return
    block = draw.choice(found)
    places = list(block) if isinstance(block, dict) else list(range(len(block)))
    place, other = draw.choice(places), draw.choice(places)
    action = draw.choice(["change", "change", "scale", "scale", "drop", "swap", "rename", "add", "retype"])
    if action == "scale":
        block[place] = scaled(block[place], draw)
    elif action == "change":
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


def scaled(value: Any, draw: random.Random) -> Any:
    """A number, with its unit where it has one, times a power of ten; other values as they are."""
    factor = 10.0 ** draw.choice([-300, -30, -12, -6, -3, -1, 1, 3, 6, 12, 30, 300])
    if isinstance(value, int) and not isinstance(value, bool):
        # Sizes stay usual, or become absurd: valid chips of some million cells take their time, and some GiB.
        return value * 10 if factor < 1 and value < 100 else value * 10**12
    if isinstance(value, float):
        return value * factor
    number, _, unit = str(value).partition(" ")
    try:
        return f"{float(number) * factor!r} {unit}".strip() if isinstance(value, str) else value
    except ValueError:
        return value


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
    component, key, setting = draw.choice(ADDED)
    if what == "chip" and component in value["components"] and draw.random() < 0.3:
        value["components"][component][key] = setting
    for _ in range(draw.choice([1, 1, 2, 3])):
        mutate(value, draw)
    # JSON is YAML; escapes that are not in our YAML stay as they are, which is one more mutation.
    return json.dumps(value, ensure_ascii=False, indent=1)


def outcome(*arguments: object) -> bool:
    """Whether a command succeeds; where it does not, it says why in a few lines, and in any case soon."""
    for attempt in range(2):
        begin = time.process_time()
        result = call(*arguments)
        spent = time.process_time() - begin
        if spent < MAX_S:
            break
        # Only the first run may have compiled kernels.
        assert attempt == 0, f"{spent:.1f} s"
    assert result.exit_code in (0, 2), result.output
    assert (result.exit_code == 2) == bool(result.stderr.strip())
    assert len(result.stderr) < 5000
    assert not re.search(INTERNAL, result.stderr), result.stderr
    assert "\x1b" not in result.output
    return bool(result.exit_code == 0)


def checked(what: str, name: str, draw: random.Random, folder: Path) -> bool:
    """Check a mutant with a chip or a workload that fits; whether it was still a valid spec."""
    path = folder / "mutant.yaml"
    path.write_text(mutant(what, name, draw), encoding="utf-8")
    chip = {"chip": str(path)}.get(what, "torus-2d" if name == "gset" else "tiny")
    workload = {"workload": str(path)}.get(what, WORKLOAD_OF.get(name, "clamped"))
    return outcome("check", chip, workload, *(["--prices", path] if what == "price table" else []))


def ran(chip: str, workload: str, size: str, draw: random.Random, folder: Path) -> bool:
    """Run a mutant of a chip, a workload or a price table, with 4 sweeps or samples; whether it could be run."""
    path, words = folder / "mutant.yaml", []
    what = draw.choice(["chip", "chip", "workload", "price table"])
    name = {"chip": chip, "workload": workload}.get(what, draw.choice(preset_names("price table")))
    path.write_text(mutant(what, name, draw), encoding="utf-8")
    words = [path if what == "chip" else chip, path if what == "workload" else workload]
    words += ["--prices", path] if what == "price table" else []
    limits = ["--set", f"{size}=4", "--lanes", draw.choice([1, 64, 65]), "--threads", 1, "--max-memory", "1 GiB"]
    return outcome("run", *words, *limits, "-o", folder / "run.h5", "--force")


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    """4 GiB more address space than now: a size that slips through fails here instead of filling the machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * 2**30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


# The seeds of `make test`, and of `make test-slow` in tests that end soon enough to be repeated alone.
SOME_CHECKS, SOME_RUNS = range(300), range(25)
MANY_CHECKS, MANY_RUNS = range(10_000, 30_000, 500), range(10_000, 12_000, 50)


@pytest.mark.usefixtures("bounded_memory")
def test_some_mutants_are_checked_or_refused(tmp_path: Path) -> None:
    try_mutants(TARGETS, checked, SOME_CHECKS, tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("first", MANY_CHECKS)
def test_twenty_thousand_mutants_are_checked_or_refused(first: int, tmp_path: Path) -> None:
    try_mutants(TARGETS, checked, range(first, first + MANY_CHECKS.step), tmp_path)


@pytest.mark.system
@pytest.mark.usefixtures("bounded_memory")
def test_some_mutants_run_or_are_refused(tmp_path: Path) -> None:
    try_mutants(RUNS[:2], ran, SOME_RUNS, tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("first", MANY_RUNS)
def test_two_thousand_mutants_run_or_are_refused(first: int, tmp_path: Path) -> None:
    try_mutants(RUNS, ran, range(first, first + MANY_RUNS.step), tmp_path)


def try_mutants(targets: list[Any], attempt: Callable[..., bool], seeds: range, folder: Path) -> None:
    """Make the mutants of these seeds; they are neither all refused nor all accepted, and need little memory."""
    outcomes = {True: 0, False: 0}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in seeds:
        draw = random.Random(seed)
        target = draw.choice(targets)
        try:
            outcomes[attempt(*target, draw, folder)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, a mutant of {' and '.join(target[:2])}") from error
    assert outcomes[True] > 0.03 * len(seeds)
    assert outcomes[False] > 0.3 * len(seeds)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20  # KiB
    print(f"{outcomes[True]:,} mutants accepted, {outcomes[False]:,} refused in words")


@pytest.mark.parametrize("size", ["[100000, 100000]", "[10000000, 10000000]", "[3000, 3000, 3000]", "[4, 9999999999]"])
def test_a_huge_size_is_refused_before_anything_is_allocated(size: str, bounded_memory: None) -> None:
    with pytest.raises(ChipsimError) as caught:
        plan("tiny", "clamped", {"fabric.size": json.loads(size)})
    assert caught.value.code in ("spec.too-large", "spec.out-of-range")
