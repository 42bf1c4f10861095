"""A result of a stranger: nothing outside the file is read, nothing is believed that the file does not hold."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support_cli import call
from support_results import put_text

from chipsim.errors import RunError
from chipsim.results.layout import put_strings, strings
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

EARLIER = Path(__file__).parent / "data/run-4-tiny.h5.gz"
SETTINGS = {"schedule.sweeps": 30, "schedule.read_every": 10, "schedule.record_every": 5}


@pytest.fixture(scope="module")
def done() -> Run:
    return simulate(plan("tiny", "clamped", SETTINGS), lanes=70, seed=6)


@pytest.fixture
def stored(done: Run, tmp_path: Path) -> Path:
    done.save(tmp_path / "run.h5")
    return tmp_path / "run.h5"


def refusal(path: Path, change: Callable[[Any], None]) -> str:
    """What `load` says of the file after a change to it."""
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(RunError) as caught:
        load(path)
    assert caught.value.code == "result.damaged"
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value)


def replaced(name: str, **how: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        file.create_dataset(name, **how)

    return change


def test_external_storage_is_not_read(stored: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 16 * 8)
    change = replaced("trace/cell_toggles", shape=(16,), dtype="i8", external=[(str(secret), 0, 128)])
    assert "cell_toggles is stored outside this file" in refusal(stored, change)


def test_a_virtual_data_set_is_not_read(stored: Path, tmp_path: Path) -> None:
    def change(file: Any) -> None:
        layout = h5py.VirtualLayout(shape=(16,), dtype="i8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "data", shape=(16,))
        del file["trace/cell_toggles"]
        file.create_virtual_dataset("trace/cell_toggles", layout)

    assert "cell_toggles is stored outside this file" in refusal(stored, change)


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/summary"), h5py.SoftLink("/pricing")])
def test_links_are_not_followed(stored: Path, link: Any) -> None:
    def change(file: Any) -> None:
        file["arrays/x"] = link

    assert "'x' is a link to another place" in refusal(stored, change)


def test_a_group_that_contains_itself_is_no_hang(stored: Path) -> None:
    def change(file: Any) -> None:
        file["arrays/x"] = file["arrays"]

    assert "levels of groups" in refusal(stored, change)


@pytest.mark.parametrize(
    "how",
    [
        {"shape": (2**33,), "dtype": "i8", "chunks": (2**16,), "compression": "gzip"},  # 64 GiB, nothing stored
        {"shape": (2**16, 2**17), "dtype": "f8"},
        {"data": np.zeros(1), "maxshape": (None,), "chunks": (2**28,), "compression": "gzip"},  # one huge chunk
    ],
)
def test_claimed_sizes_are_not_believed(stored: Path, how: Any) -> None:
    assert "claims" in refusal(stored, replaced("trace/cell_toggles", **how))


def test_one_long_text_cannot_stand_in_many_places(stored: Path) -> None:
    """A thousand references to a text of a megabyte are a gigabyte."""

    def change(file: Any) -> None:
        del file["trace/phase_name"]
        held = file.create_dataset("trace/phase_name", (1000,), dtype=h5py.string_dtype())
        held[0] = "x" * 2**20
        space = h5py.h5s.create_simple((1,))
        raw = np.zeros((1000, 16), np.uint8)
        content = Path(file.filename)
        file.flush()
        offset = held.id.get_offset()
        file.close()
        data = bytearray(content.read_bytes())
        assert offset is not None
        assert space is not None
        raw[:] = np.frombuffer(data[offset : offset + 16], np.uint8)
        data[offset : offset + raw.size] = raw.tobytes()
        content.write_bytes(data)

    assert "claim more bytes than the file has" in refusal(stored, change)


def place_of_text(path: Path, name: str) -> int:
    """Where the file holds the length of a text: of a data set, or of an attribute of the file or of its trace."""
    with h5py.File(path) as file:
        if name in file:
            return int(file[name].id.get_offset())
        value = str(file.attrs[name] if name in file.attrs else file["trace"].attrs[name])
    content = path.read_bytes()
    begin = content.index(name.encode() + b"\0")
    # A length, 8 bytes of an address, 4 of a number.
    return content.index(len(value).to_bytes(4, "little"), begin + len(name) + 24)


@pytest.mark.parametrize("name", ["summary", "trace/row_action", "activity_id", "schema", "elapsed_fs"])
def test_claimed_lengths_of_texts_are_not_believed(name: str, tmp_path: Path) -> None:
    """In a file with texts of any length, the library takes as much memory as a reference claims before it looks."""
    stored = tmp_path / "earlier.h5"
    stored.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    place = place_of_text(stored, name)
    with stored.open("r+b") as file:
        file.seek(place)
        assert 0 < int.from_bytes(file.read(4), "little") < 10**5
        file.seek(place)
        file.write((3 * 10**9).to_bytes(4, "little"))
    assert "claim more bytes than the file has" in refusal(stored, lambda _: None)


def rewritten(source: Path, target: Path) -> Path:
    """The file as a newer HDF5 writes it, with other headers and other indices of groups."""
    with h5py.File(source) as old, h5py.File(target, "w", libver="latest") as new:
        new.attrs.update(old.attrs)
        for name in old:
            old.copy(name, new)
    assert target.read_bytes()[8] > source.read_bytes()[8], "the superblock has a newer version"
    return target


def test_a_file_that_another_tool_wrote_again_is_the_same_result(stored: Path, done: Run, tmp_path: Path) -> None:
    again = load(rewritten(stored, tmp_path / "again.h5"))
    assert again.summary == done.summary
    assert np.array_equal(again.trace.activity.lane_toggles, done.trace.activity.lane_toggles)


def test_an_earlier_file_that_another_tool_wrote_again_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "earlier.h5").write_bytes(gzip.decompress(EARLIER.read_bytes()))
    load(tmp_path / "earlier.h5")
    again = rewritten(tmp_path / "earlier.h5", tmp_path / "again.h5")
    assert "write texts of a fixed length" in refusal(again, lambda _: None)


def test_many_short_texts_in_a_packed_list_are_not_unpacked(stored: Path) -> None:
    """Each would become an object of some fifty bytes: 16 million of 2 bytes take 16 kB in the file."""
    many = {"shape": (2**23,), "chunks": (2**20,), "compression": "gzip", "fillvalue": b"ab"}

    def change(file: Any) -> None:
        del file["trace/phase_name"]
        held = file.create_dataset("trace/phase_name", dtype=h5py.string_dtype("utf-8", 2), **many)
        held[:] = np.full(2**23, b"ab", held.dtype)

    assert "8,388,608 texts" in refusal(stored, change)


@pytest.mark.parametrize("texts", [[], [""], ["a", "ä" * 2000], ["\u4f60"] * 3000, ["x" * 20_000] * 1000])
def test_texts_come_back_whatever_their_lengths(texts: list[str]) -> None:
    with h5py.File(io.BytesIO(), "w") as file:
        put_strings(file, "texts", texts)
        assert strings(file, "texts") == texts
        assert file["texts"].id.get_storage_size() <= max(2**24, sum(len(text.encode()) for text in texts))


def test_headers_that_cannot_be_followed_are_refused(stored: Path) -> None:
    """Any byte of the headers may be another one: an answer or a refusal, soon."""
    content, chance = stored.read_bytes(), np.random.default_rng(3)
    with h5py.File(stored) as file:
        begins = [h5py.h5o.get_info(file[name].id).addr for name in ("/", "trace", "ledger/energy_j")]
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(chance.integers(1, 4)):
            changed[chance.choice(begins) + chance.integers(0, 400)] = chance.integers(256)
        stored.write_bytes(changed)
        begin = time.process_time()
        with suppress(RunError):
            load(stored)
        assert time.process_time() - begin < 5


def test_other_types_are_refused(stored: Path) -> None:
    def change(file: Any) -> None:
        file["arrays"].create_dataset("x", data=file.ref, dtype=h5py.ref_dtype)

    assert "neither numbers nor texts" in refusal(stored, change)


def test_unknown_filters_are_refused(stored: Path) -> None:
    data = np.arange(100)
    assert "unknown filter" in refusal(stored, replaced("trace/row_phase", data=data, scaleoffset=0))


def changed_json(name: str, *path: str | int, value: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        held = json.loads(file[name].asstr()[()])
        inside = held
        for part in path[:-1]:
            inside = inside[part]
        inside[path[-1]] = value
        put_text(file, name, json.dumps(held))

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed_json("summary", "energy_j", value=float("nan")), "not finite"),
        (changed_json("summary", "energy_j", value=-1.0), "energy_j is -1"),
        (changed_json("summary", "energy_j", value="much"), "valid number"),
        (changed_json("summary", "lanes", value=71), "lanes of summary and trace differ"),
        (changed_json("summary", "chip", value="\x1b[2J"), "control characters"),
        (changed_json("summary", "fabric_shape", value=[0, 4]), "fabric_shape"),
        (changed_json("summary", "ledger", 0, "component", value="ghost"), "a row of the ledger"),
        (changed_json("summary", "energy_per_job_j", value={"x": 1.0}), "jobs"),
        (changed_json("pricing", "components", 0, "instances", value=-1), "negative"),
        (
            changed_json("pricing", "prices", "rows", "rng.on", value=["x", {"power": "5 nW"}]),
            "is not a number with a unit",
        ),
        (replaced("trace/row_phase", data=np.full(197, 99)), "unknown phase"),
        (replaced("trace/lane_toggles", data=np.zeros((3, 69), np.int64)), r"shape (3, 69), expected (3, 70)"),
        (replaced("trace/cell_toggles", data=np.zeros(16)), "not a data set of int64"),
        (replaced("records/energies", data=np.full((6, 70), np.inf)), "not finite"),
        (lambda file: file["trace"].attrs.__setitem__("lanes", 2**40), "lanes, expected 1 to 1000000"),
        (lambda file: file["trace"].attrs.__setitem__("elapsed_fs", "-5"), "negative or too large"),
        (lambda file: put_text(file, "summary", "[" * 100_000), "nested too deep"),
    ],
)
def test_what_does_not_fit_is_named(stored: Path, change: Callable[[Any], None], told: str) -> None:
    assert told in refusal(stored, change)


def test_a_command_says_it_in_a_line(stored: Path) -> None:
    with h5py.File(stored, "r+") as file:
        changed_json("summary", "energy_j", value=-1.0)(file)
    for command in (("report", stored), ("reprice", stored), ("explain", stored), ("diff", stored, stored)):
        result = call(*command)
        assert (result.exit_code, result.stderr.count("\n"), result.stdout) == (2, 1, "")


def test_an_unreadable_file_is_not_called_damaged(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chipsim.files.os.open", refuse)
    with pytest.raises(RunError, match="Permission denied") as caught:
        load(stored)
    assert caught.value.code == "file.unreadable"
