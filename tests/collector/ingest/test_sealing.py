"""The server's quick seals and acknowledgements against those that the wire is defined by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest import sealing
from collector.ingest.acknowledging import ACK_FRAMES, acknowledgements
from collector.ingest.known_nodes import KnownNodes, Node
from collector.store.network.frames import BootId, FrameId
from collector.store.network.registry import KeyRow
from firmware.wire import codec, seal, topics

KEY = bytes(range(32))
TOPIC = topics.topic("n-00001", "up")
EPOCHS = st.integers(0, 2**32 - 1)
BODIES = st.one_of(
    st.binary(max_size=70), st.sampled_from([n * b"x" for n in (0, 23, 24, 255, 256, 65535, 65536)])
)


def parsed(message: bytes) -> tuple[int, bytes, bytes] | str:
    """What the quick reader makes of a message, in the words of the other."""
    try:
        epoch, body, start, tag = sealing.parse(message)
    except seal.SealError as error:
        return str(error)
    assert sealing.tag_of(KEY, TOPIC, body) == seal.tag_of(KEY, TOPIC, body[start:])
    return epoch, body[start:], tag


def by_the_book(message: bytes) -> tuple[int, bytes, bytes] | str:
    try:
        return seal.parse(message)
    except seal.SealError as error:
        return str(error)


@given(EPOCHS, BODIES)
def test_a_seal_has_one_form(epoch: int, body: bytes) -> None:
    message = seal.seal(KEY, epoch, TOPIC, body)
    assert sealing.sealed(KEY, epoch, TOPIC, body) == message
    assert parsed(message) == by_the_book(message) == (epoch, body, message[-8:])


@given(EPOCHS, BODIES, st.data())
def test_what_is_not_sealed_is_refused_with_the_same_words(
    epoch: int, body: bytes, data: st.DataObject
) -> None:
    message = bytearray(seal.seal(KEY, epoch, TOPIC, body))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, min(len(message) - 1, 20)))
        how = data.draw(st.sampled_from(["change", "cut", "add"]))
        if how == "change":
            message[place] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del message[place : place + data.draw(st.integers(1, 9))]
        else:
            message[place:place] = data.draw(st.binary(min_size=1, max_size=9))
        if not message:
            break
    assert parsed(bytes(message)) == by_the_book(bytes(message))


@pytest.mark.parametrize("kid", ["4100", "420001", "4300ffff"])
def test_an_epoch_has_one_form(kid: str) -> None:
    message = seal.seal(KEY, 1, TOPIC, b"abc").replace(
        b"\xa1\x04\x41\x01", b"\xa1\x04" + bytes.fromhex(kid)
    )
    assert parsed(message) == by_the_book(message)


SEQS = st.sets(st.integers(0, 2**32 - 1), max_size=ACK_FRAMES + 30)


@given(st.integers(1, 2**32 - 1), SEQS, st.none() | st.integers(0, 2**32 - 1), st.none() | EPOCHS)
def test_an_acknowledgement_is_what_the_codec_makes(
    boot: int, seqs: set[int], mark: int | None, now: int | None
) -> None:
    node = Node("n-00001", keys={3: KeyRow("n-00001", 3, KEY, None, None, revoked=False)})
    known = KnownNodes(1, {node.id: node}, {}, {})
    ids = [FrameId(node.id, 3, boot, seq) for seq in seqs]
    marks = {} if mark is None else {BootId(node.id, 3, boot): mark}
    topic = topics.topic(node.id, "ack")
    found = list(acknowledgements(known, ids, marks, now))
    pairs = [(boot, seq) for seq in sorted(seqs)]
    there = pairs or marks
    parts = [pairs[n : n + ACK_FRAMES] for n in range(0, max(1, len(pairs)), ACK_FRAMES)]
    watermark = None if mark is None else (boot, mark)
    expected = [codec.encode_ack(now, part, watermark) for part in parts] if there else []
    assert [topic] * len(expected) == [each for each, _ in found]
    assert [seal.open_(KEY, topic, message)[1] for _, message in found] == expected
