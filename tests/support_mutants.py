"""Mutations of files that chipsim reads: results, weights and tables, as HDF5 and as JSON inside; all by a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

# What stands in the place of a value: traps of type, sign, size and syntax, of markup, terminals, figures and tables.
POOL: list[Any] = [
    None, True, False, 0, -1, 1, 2, 10**9, -(2**63), 2**70, 10**400, 0.5, -0.5, 1e-300, 1e300, 1.7e308,
    float("nan"), float("inf"), "", " ", "x", "1", "-", "[/]", "[bold]", "$", "$x^{$", "\\frac", "=1+1", "%", "J",
    "\x1b[2J", "\x00", "\ud800", "../x", "/etc/passwd", "a" * 5000, "\u202e", [], [[]], [None], {}, {"": {}}, ["a"],
    [1, 2], {"x": 1}, [0.0], "unpriced", "system", "fabric", "chip", "facts", "table", "curve", "images",
]  # fmt: skip
MAX_VALUES = 10**7
NUMBERS = [0, 1, -1, 2**62, -(2**62), 127]


def mutated(source: Path, target: Path, seed: int) -> str:
    """Write a mutation of an HDF5 file; what was done, in words."""
    chance = random.Random(seed)
    content = source.read_bytes()
    if chance.random() < 0.15:
        target.write_bytes(_other_bytes(content, chance))
        return "bytes"
    target.write_bytes(content)
    done = []
    with h5py.File(target, "r+") as file:
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            change = chance.choices([one for one, _ in CHANGES], [weight for _, weight in CHANGES])[0]
            try:
                done.append(change(file, chance))
            except (LookupError, ValueError, TypeError, OSError, OverflowError, RuntimeError) as error:
                done.append(f"{change.__name__} not possible: {error}")
    return "; ".join(done)


def _other_bytes(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    if chance.random() < 0.3:
        return bytes(changed[: chance.randrange(len(changed))])
    for _ in range(chance.choice((1, 3, 30, 300))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _datasets(file: Any, fits: Callable[[Any], bool]) -> list[str]:
    names: list[str] = []

    def visit(name: str, held: Any) -> None:
        if isinstance(held, h5py.Dataset) and fits(held):
            names.append(name)

    file.visititems(visit)
    return sorted(names)


def _is_text(held: Any) -> bool:
    return h5py.check_string_dtype(held.dtype) is not None


def change_json(file: Any, chance: random.Random) -> str:
    """A value inside a JSON text."""
    name = chance.choice(_datasets(file, lambda held: _is_text(held) and held.shape == ()))
    value, where = changed_json(json.loads(file[name].asstr()[()]), chance)
    del file[name]
    text = json.dumps(value).encode("utf-8", "surrogatepass")
    file.create_dataset(name, data=text, dtype=h5py.string_dtype("utf-8", _length_of_texts(chance, len(text))))
    return f"{name}: {where}"


def changed_json(value: Any, chance: random.Random) -> tuple[Any, str]:
    """A plain value with one change, and where."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places:
        return chance.choice(POOL), "all"
    # By depth first, as most values stand deep in long lists.
    depth = chance.choice(sorted({len(path) for _, _, path in places}))
    holder, key, path = chance.choice([place for place in places if len(place[2]) == depth])
    act = chance.random()
    if act < 0.15:
        del holder[key]
        return value, f"{path} deleted"
    if act < 0.25 and isinstance(holder, dict):
        holder[chance.choice(["x", "", "1", "energy_j", str(key) + "x"])] = holder.pop(key)
        return value, f"{path} renamed"
    if act < 0.35 and isinstance(holder, list):
        holder.insert(0, holder[key])
        return value, f"{path} doubled"
    if act < 0.5 and isinstance(holder[key], int | float):
        holder[key] = -holder[key] if chance.random() < 0.3 else holder[key] * 10.0 ** chance.choice((-200, -9, 9, 200))
        return value, f"{path} scaled"
    holder[key] = chance.choice(POOL)
    return value, f"{path} = {str(holder[key])[:20]!r}"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield value, key, (*path, key)
        yield from _places(inner, (*path, key))


def change_texts(file: Any, chance: random.Random) -> str:
    """An element of a list of texts, or its length."""
    name = chance.choice(_datasets(file, lambda held: _is_text(held) and held.ndim == 1 and len(held) > 0))
    texts = file[name].asstr()[:].tolist()
    act = chance.random()
    if act < 0.3:
        texts = texts[: chance.randrange(len(texts))] if chance.random() < 0.5 else [*texts, texts[0]]
    else:
        texts[chance.randrange(len(texts))] = chance.choice(
            ["", "-1", "1e9", "9" * 300, "x", texts[0], "[/]", "\x1b[2J", "$x^{$", "0", str(2**200)]
        )
    del file[name]
    longest = max((len(text.encode()) for text in texts), default=0)
    dtype = h5py.string_dtype("utf-8", _length_of_texts(chance, longest))
    file.create_dataset(name, data=np.array([text.encode() for text in texts], dtype))
    return name


def _length_of_texts(chance: random.Random, longest: int) -> int | None:
    """Mostly what chipsim writes; also of any length, as in earlier files, or cut."""
    return chance.choices((max(1, longest), None, max(1, longest // 2)), (8, 1, 1))[0]


def change_numbers(file: Any, chance: random.Random) -> str:
    """Values, type or shape of an array."""
    # An earlier change may have left the claim of an array that no memory holds.
    name = chance.choice(_datasets(file, lambda held: not _is_text(held) and held.size < MAX_VALUES))
    values = file[name][()]
    del file[name]
    act = chance.random()
    if act < 0.4 and values.size:
        flat = values.reshape(-1)
        extreme = [np.nan, np.inf, -1.0, 1e300, 0.0, 2.0] if flat.dtype.kind == "f" else NUMBERS
        with np.errstate(over="ignore", invalid="ignore"):
            places = slice(None) if chance.random() < 0.3 else chance.randrange(flat.size)
            flat[places] = np.array(chance.choice(extreme)).astype(flat.dtype)
    elif act < 0.6:
        with np.errstate(over="ignore", invalid="ignore"):
            values = values.astype(chance.choice(["f4", "f8", "i4", "u1", "i8", "f2"]))
    elif act < 0.9:
        values = np.resize(values, tuple(chance.choice((0, 1, 2, 3, n + 1, max(0, n - 1), n)) for n in values.shape))
    else:
        values = values[None] if chance.random() < 0.5 else values.reshape(-1)
    file.create_dataset(name, data=values)
    return f"{name} {values.dtype} {values.shape}"


def change_attribute(file: Any, chance: random.Random) -> str:
    """An attribute of the file or of the trace."""
    holder = chance.choice([file, file.get("trace", file)])
    name = chance.choice(sorted(holder.attrs))
    del holder.attrs[name]
    if chance.random() < 0.8:
        value = chance.choice([0, -1, 2**62, 1e300, np.nan, np.inf, "", "x", "-1", "9" * 300, "\x1b[2J", [1, 2], 3])
        holder.attrs[name] = value
    return f"attribute {name}"


def remove(file: Any, chance: random.Random) -> str:
    """A data set or a group."""
    names = [*_datasets(file, lambda _: True), *file]
    name = chance.choice(names)
    del file[name]
    return f"without {name}"


def lead_elsewhere(file: Any, chance: random.Random) -> str:
    """A link, external storage, a virtual data set, or a claim of much that is not stored."""
    name = chance.choice(_datasets(file, lambda _: True))
    del file[name]
    act = chance.randrange(7)
    if act == 0:
        file[name] = h5py.SoftLink(chance.choice(["/summary", "/nowhere", "/" + name, "/"]))
    elif act == 1:
        file[name] = h5py.ExternalLink("/etc/passwd", "/summary")
    elif act == 2:
        file.create_dataset(name, shape=(100,), dtype="u1", external=[("/etc/passwd", 0, 100)])
    elif act == 3:
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource("/tmp/other.h5", "data", shape=(4,))
        file.create_virtual_dataset(name, layout)
    elif act == 4:
        file.create_dataset(name, shape=(2**33,), dtype="i8", chunks=(2**16,), compression="gzip")
    elif act == 5:
        file[name] = file["trace"] if "trace" in file else file["/"]
    else:
        file.create_dataset(name, shape=(2**16, 2**16), dtype="f8")
    return f"{name} leads elsewhere ({act})"


# Each with its weight.
CHANGES: list[tuple[Callable[[Any, random.Random], str], int]] = [
    (change_json, 10), (change_texts, 3), (change_numbers, 4), (change_attribute, 2), (remove, 1), (lead_elsewhere, 2),
]  # fmt: skip
