"""Frames, acks and events: round trips, an independent decoder, refusals."""

from __future__ import annotations

import contextlib
import hashlib
import tracemalloc
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import cbor, codec, format1, format2

RAW = st.integers(-(2**31), 2**31 - 1)
SAMPLE = RAW | st.builds(codec.Missing, st.integers(0, 15))


@st.composite
def frames(draw: st.DrawFn) -> codec.Frame:
    samples = draw(st.integers(1, 12))
    channels = draw(
        st.lists(
            st.lists(SAMPLE, min_size=samples, max_size=samples).map(tuple),
            min_size=1,
            max_size=32,
        )
    )
    return codec.Frame(
        draw(st.binary(min_size=4, max_size=4)),
        draw(st.integers(1, 2**32 - 1)),
        draw(st.integers(0, 2**32 - 1)),
        draw(st.none() | st.integers(0, 2**40 - 1)),
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(1, 86400)),
        tuple(channels),
    )


def plain(item: Any) -> Any:
    """What cbor2 gives, in our types."""
    if isinstance(item, cbor2.CBORSimpleValue):
        return cbor.Simple(item.value)
    return [plain(part) for part in item] if isinstance(item, list | tuple) else item


FORMATS = pytest.mark.parametrize("form", [format1, format2], ids=["1", "2"])
FORMAT_OF = {0x88: format1} | {0x20 + flags: format2 for flags in range(8)}


@FORMATS
@given(frames())
def test_a_frame_survives_the_way(form: Any, frame: codec.Frame) -> None:
    body = form.encode(frame)
    assert codec.decode(body) == frame
    assert codec.identity(body) == (frame.boot, frame.seq)
    assert FORMAT_OF[body[0]] is form


def test_a_node_writes_format_2() -> None:
    assert codec.encode(FRAME) == format2.encode(FRAME)


@given(frames())
def test_cbor2_reads_the_same_body(frame: codec.Frame) -> None:
    body = format1.encode(frame)
    other = plain(cbor2.loads(body))
    assert other == cbor.decode(body)
    assert other[1:7] == list(frame[:6])
    for deltas, samples in zip(other[7], frame.channels, strict=True):
        last = 0
        for delta, sample in zip(deltas, samples, strict=True):
            if isinstance(sample, codec.Missing):
                assert delta == cbor.Simple(sample.reason)
            else:
                last += delta
                assert last == sample


@given(frames())
def test_cbor2_writes_the_same_body(frame: codec.Frame) -> None:
    body = format1.encode(frame)
    assert cbor2.dumps(cbor2.loads(body), canonical=True) == body


@FORMATS
@given(frames(), st.data())
def test_no_body_can_be_cut_or_lengthened(
    form: Any, frame: codec.Frame, data: st.DataObject
) -> None:
    body = form.encode(frame)
    with pytest.raises(codec.DecodeError):
        codec.decode(body[: data.draw(st.integers(0, len(body) - 1))])
    with pytest.raises(codec.DecodeError, match="after the end"):
        codec.decode(body + b"\x00")


def refused_or_in_one_form(data: bytes) -> None:
    """What is accepted is what its format's encoder writes; nothing but DecodeError is raised."""
    with contextlib.suppress(codec.DecodeError):
        frame = codec.decode(data)
        assert FORMAT_OF[data[0]].encode(frame) == data
    identity = codec.identity(data)
    assert identity is None or identity[0] >= 1


@given(st.binary(max_size=80))
def test_bytes_that_are_accepted_have_one_form(data: bytes) -> None:
    refused_or_in_one_form(data)
    refused_or_in_one_form(b"\x23abcd" + data)


@FORMATS
@given(frames(), st.data())
def test_a_changed_body_is_refused_or_in_one_form(
    form: Any, frame: codec.Frame, data: st.DataObject
) -> None:
    body = bytearray(form.encode(frame))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    refused_or_in_one_form(bytes(body))


def test_a_short_body_fills_no_memory() -> None:
    """The most samples that a body of a few bytes can speak of: as many as a frame may hold."""
    frame = codec.Frame(b"abcd", 1, 0, None, 0, 600, ((0,) * 256,) * 32)
    body = codec.encode(frame)
    assert len(body) == 46
    tracemalloc.start()
    assert codec.decode(body) == frame
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


def test_all_widths_of_changes() -> None:
    """Every width from 0 to 32 bit, above and below zero, and round the ends."""
    for width in range(33):
        high = (1 << width - 1) - 1 if width else 0
        for samples in ((0, high), (0, -high), (-(2**31), -(2**31) + high), (2**31 - 1, -(2**31))):
            frame = codec.Frame(b"abcd", 1, 0, None, 0, 600, (samples,))
            assert codec.decode(codec.encode(frame)) == frame


def test_a_refusal_says_why_and_where() -> None:
    with pytest.raises(codec.DecodeError) as caught:
        codec.decode(b"\x82\x01\x18\x17")
    assert (caught.value.reason, caught.value.offset) == ("number not in its shortest form", 2)
    assert str(caught.value) == "number not in its shortest form at byte 2"


@given(st.integers(0, 2**40 - 1), st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9))))
def test_an_ack_survives_the_way(now: int, pairs: list[tuple[int, int]]) -> None:
    body = codec.encode_ack(now, pairs, pairs[0] if pairs else None)
    assert codec.decode_ack(body) == (now, tuple(pairs), pairs[0] if pairs else None)
    assert cbor2.dumps(cbor2.loads(body), canonical=True) == body


DETAIL = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda item: st.lists(item, max_size=3) | st.dictionaries(st.text(), item, max_size=3),
    max_leaves=5,
)


@given(st.integers(1, 2**32 - 1), st.sampled_from(codec.EVENT_KINDS), DETAIL)
def test_an_event_survives_the_way(boot: int, kind: str, detail: Any) -> None:
    body = codec.encode_event(codec.Event(boot, kind, detail))
    assert codec.decode_event(body) == (boot, kind, detail)
    assert cbor2.loads(body) == {1: boot, 2: kind, 3: detail}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({1: 1, 2: "boot"}, "must be a map with keys 1, 2 and 3"),
        ([1], "must be a map with keys 1, 2 and 3"),
        ({1: 1, 2: "boot", "3": 0}, "must be a map with keys 1, 2 and 3"),
        ({1: 0, 2: "boot", 3: 0}, "boot 0 must be"),
        ({1: 1, 2: "party", 3: 0}, "kind 'party' must be one of boot, lost, fault"),
    ],
)
def test_a_wrong_event_is_refused(event: Any, reason: str) -> None:
    with pytest.raises(codec.DecodeError, match=reason):
        codec.decode_event(cbor.encode(event))


@FORMATS
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"layout": b"abc"}, "layout must be 4 bytes"),
        ({"boot": 0}, "boot 0 must be from 1"),
        ({"seq": 2**32}, "seq 4294967296 must be from 0"),
        ({"offset": -1}, "offset -1 must be null"),
        ({"t0": -1}, "t0 -1 must be seconds"),
        ({"step": 0}, "step 0 must be from 1 to 86400 s"),
        ({"channels": ()}, "must have 1 to 32 channels"),
        ({"channels": ((),)}, "channel at place 0 must have 1 to 256 samples"),
        ({"channels": ((1,), (1, 2))}, "channel at place 1 has 2 samples, the first has 1"),
        ({"channels": ((2**31,),)}, "channel at place 0: "),
        ({"channels": ((-(2**31) - 1,),)}, "channel at place 0: "),
    ],
)
def test_a_wrong_frame_is_not_written(form: Any, changes: dict[str, Any], reason: str) -> None:
    frame = codec.Frame(b"abcd", 1, 0, None, 0, 600, ((1,),))
    with pytest.raises(ValueError, match=f"^frame: {reason}"):
        form.encode(frame._replace(**changes))


@pytest.mark.parametrize("sample", [1.5, True, None, codec.Missing(16), codec.Missing(None)])
def test_what_is_no_sample_is_not_written(sample: Any) -> None:
    frame = codec.Frame(b"abcd", 1, 0, None, 0, 600, ((sample,),))
    with pytest.raises(ValueError, match="^frame: channel at place 0: "):
        format2.encode(frame)


def test_a_wrong_ack_is_not_written() -> None:
    with pytest.raises(ValueError, match="ack: frames"):
        codec.encode_ack(0, [(0, 0)])


def test_a_wrong_event_is_not_written() -> None:
    with pytest.raises(ValueError, match="event: kind"):
        codec.encode_event(codec.Event(1, "party", None))


@pytest.mark.parametrize("value", [1.5, {1, 2}, 2**64, cbor.Simple(16)])
def test_what_has_no_form_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError):
        cbor.encode(value)


CHANNELS = [(0, 1, 100), (1, 2, 100), (5, 15, 1000)]


def test_a_layout_is_known_by_its_hash() -> None:
    expected = hashlib.sha256(cbor2.dumps([list(c) for c in CHANNELS])).digest()[:4]
    assert codec.layout_id(CHANNELS) == expected
    assert codec.make_layout(CHANNELS) == codec.Layout(expected, tuple(CHANNELS))


@pytest.mark.parametrize("channels", [[], [(1, 1, 1), (0, 2, 1)], [(1, 1, 1), (1, 2, 1)]])
def test_a_wrong_layout_is_refused(channels: list[tuple[int, int, int]]) -> None:
    with pytest.raises(codec.LayoutError, match="must be 1 to 32 different, ascending"):
        codec.make_layout(channels)


LAYOUT = codec.make_layout(CHANNELS)
FRAME = codec.Frame(
    LAYOUT.id, 1, 0, 1000, 600, 60, ((2150, codec.Missing(2)), (5000, 5001), (3700, 3701))
)


def test_readings_carry_number_time_and_value_or_reason() -> None:
    assert codec.readings(FRAME, LAYOUT) == [
        (0, 1600, 21.5, None),
        (0, 1660, None, 2),
        (1, 1600, 50.0, None),
        (1, 1660, 50.01, None),
        (5, 1600, 3.7, None),
        (5, 1660, 3.701, None),
    ]


def test_a_frame_on_uptime_waits_for_its_boot() -> None:
    waiting = FRAME._replace(offset=None)
    with pytest.raises(codec.TimeUnknown, match="frame 1/0 is on uptime alone"):
        codec.readings(waiting, LAYOUT)
    assert codec.readings(waiting, LAYOUT, 1000) == codec.readings(FRAME, LAYOUT)


def test_a_frame_is_not_read_under_another_layout() -> None:
    other = codec.make_layout([(0, 1, 100)])
    with pytest.raises(codec.LayoutError, match="frame 1/0 was taken under layout"):
        codec.readings(FRAME, other)
