"""Spoiled messages of every form through the collector: none makes it fail, each is counted."""

from __future__ import annotations

import random
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.ingest.authenticity import Message, Refusals
from collector.ingest.external import taking
from collector.ingest.external.taking import Arriving
from firmware.wire import cbor, codec, topics
from tests.collector.conftest import NOW, Bench
from tests.collector.ingest.external.conftest import NAME, World
from tests.models.exchange.telemetry.test_fuzz import DECODERS
from tests.paths import WHOLE

MESSAGES = 20_000 if WHOLE else 400
NEWS = 1500 if WHOLE else 60
FORMS = {"senml+json": "senml", "senml+cbor": "senml", "thingsboard": "thingsboard"}


def spoiled(good: bytes, chance: random.Random) -> bytes:
    """Change some bytes."""
    bad = bytearray(good)
    for _ in range(chance.randint(1, 2)):
        place = chance.randrange(len(bad) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            del bad[place : place + chance.randint(1, 8)]
        elif kind == 1:
            bad[place:place] = chance.randbytes(chance.randint(1, 4))
        elif place < len(bad):  # most often by what leaves text text
            bad[place] = chance.choice([*b"0123456789abcxyz", chance.randrange(256)])
    return bytes(bad)


def test_spoiled_messages_are_each_kept_or_counted(world: World) -> None:
    chance = random.Random(20161128)
    world.enrol("lora-1", [("t", "soil_temperature", "Cel")])
    with world.conn, world.conn.cursor() as cur:
        cur.execute(
            "INSERT INTO external_network (id, kind, made, made_by) "
            "VALUES ('net', 'chirpstack', now(), 'Li'); UPDATE external_device "
            "SET network = 'net', eui = '0101010101010101' WHERE id = 'lora-1'"
        )
    arriving = []
    for _ in range(MESSAGES):
        form = chance.choice(list(DECODERS))
        data = spoiled(DECODERS[form][1], chance)
        device = NAME if form in FORMS else "lora-1"
        arriving.append(Arriving(device, "test", FORMS.get(form, form), data))
    refused = Refusals(NOW)
    with world.conn:
        taken = taking.take_arriving(world.conn, arriving, NOW, refused, sure=True)
    whole = {"not_readable", "wrong_shape", "must_understand", "version_unknown", "bad_name"}
    whole |= {"not_decoded", "other_event", "too_deep", "too_many", "too_large"}
    counted = sum(one.count for one in refused.found.values() if one.reason in whole)
    assert taken.new + taken.repeated + counted >= MESSAGES
    assert taken.new > MESSAGES // 20
    assert counted > MESSAGES // 5


def test_spoiled_bodies_of_nodes_are_each_kept_or_counted(world: World, bench: Bench) -> None:
    chance = random.Random(7)
    messages = []
    for _ in range(MESSAGES):
        good = bench.body()
        bench.seq += 1
        body = spoiled(good, chance)
        kind = chance.randrange(4)
        if kind == 0:  # the seal is spoiled
            message = bench.sealed(good)
            message = Message(message.topic, spoiled(message.payload, chance))
        elif kind == 1:
            message = Message(topics.topic(bench.key.node, "evt"), bench.sealed(body).payload)
        else:  # the seal is right, what it holds is not
            message = bench.sealed(body)
        messages.append(message)
    outcome = world.take(*messages)
    came = outcome.new_frames + outcome.dead + outcome.refused.total()
    ((kept,),) = world.rows("SELECT count(*) FROM frame")
    assert kept == outcome.new_frames
    assert came > MESSAGES // 2
    assert outcome.refused["wrong_seal"] + outcome.refused["not_sealed"] > MESSAGES // 10
    assert outcome.dead > MESSAGES // 20


def odd(chance: random.Random, depth: int = 0) -> object:
    """A value that the wire can hold."""
    plain = [None, True, 0, 1, -1, 1 << 32, (1 << 64) - 1, b"ab", "kept", "a\0b", "x" * 300]
    kind = chance.randrange(5)
    if kind < 2 or depth > 2:
        return chance.choice([*plain, cbor.Simple(3)])
    if kind < 4:
        return [odd(chance, depth + 1) for _ in range(chance.choice([2, 3, 5]))]
    return {chance.choice([0, "a\0"]): odd(chance, depth + 1)}


def test_odd_news_of_a_node_makes_nothing_fail(world: World, bench: Bench) -> None:
    chance = random.Random(1)
    for _ in range(NEWS):
        detail = odd(chance)
        for kind in codec.EVENT_KINDS:
            world.take(bench.event(kind, detail))


@settings(max_examples=3000 if WHOLE else 150)
@given(data=st.binary(max_size=120))
def test_any_bytes_as_a_body_of_a_node(data: bytes) -> None:
    for decode in (codec.decode, codec.decode_event, codec.identity):
        with suppress(cbor.DecodeError):
            decode(data)
