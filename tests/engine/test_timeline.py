"""The timeline: no resource serves two at once, nothing could have started a tick earlier, order is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support_timelines import Fixed

from chipsim.engine.timeline import Hold, Timeline

_HOLDS = st.lists(
    st.builds(Hold, st.sampled_from("abcd"), st.integers(0, 30), st.integers(0, 50)),
    min_size=1,
    max_size=4,
    unique_by=lambda hold: hold.resource,
)
# Holds, which of the operations before it comes after, and how long it lasts at least.
_REQUESTS = st.lists(st.tuples(_HOLDS, st.sets(st.integers(0, 11)), st.integers(0, 100)), min_size=1, max_size=12)


@given(_REQUESTS)
def test_every_booking_is_legal_and_as_early_as_can_be(requests: list[tuple[list[Hold], set[int], int]]) -> None:
    timeline = Timeline()
    last: dict[str, int] = {}
    busy: dict[str, int] = {}
    for holds, before, length in requests:
        after = [timeline.operations[index] for index in before if index < len(timeline.operations)]
        ready = max((operation.end_fs for operation in after), default=0)
        expected = max(ready, *(last.get(hold.resource, 0) - hold.offset_fs for hold in holds))
        assert timeline.is_legal(holds, expected, ready)
        assert not timeline.is_legal(holds, expected - 1, ready)
        operation = timeline.book("op", Fixed(tuple(holds), length), after)
        assert operation.start_fs == expected
        assert operation.end_fs == max([expected + length, *(expected + h.offset_fs + h.duration_fs for h in holds)])
        for hold in holds:
            begin = operation.start_fs + hold.offset_fs
            assert begin >= last.get(hold.resource, 0)
            last[hold.resource] = begin + hold.duration_fs
            busy[hold.resource] = busy.get(hold.resource, 0) + hold.duration_fs
    assert timeline.busy_fs == busy
    assert timeline.elapsed_fs == max(op.end_fs for op in timeline.operations)
    assert all(time <= timeline.elapsed_fs for time in busy.values())


def test_a_later_request_never_overtakes_an_earlier_one() -> None:
    timeline = Timeline()
    long = timeline.book("long", Fixed((Hold("host", 0, 100),)))
    timeline.book("first", Fixed((Hold("link", 0, 10),)), [long])
    second = timeline.book("second", Fixed((Hold("link", 0, 10),)))
    assert second.start_fs == 110


def test_an_empty_timeline_has_no_length() -> None:
    assert Timeline().elapsed_fs == 0


def test_times_beyond_64_bits() -> None:
    timeline = Timeline()
    timeline.book("long", Fixed((Hold("a", 0, 2**70),)))
    assert timeline.book("next", Fixed((Hold("a", 0, 1),))).end_fs == 2**70 + 1
