"""Which messages are authentic: the seal, the node and the key's epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hmac import compare_digest

from collector.ingest import sealing
from collector.ingest.known_nodes import KnownNodes, Node
from collector.store.network.frames import OTHERS, UNKNOWN_NODE, FrameId, Refusal
from firmware.wire import seal, topics, topics_read
from firmware.wire.codec import Frame

_parse_topic = lru_cache(1 << 16)(topics_read.parse_topic)

#: First parts of the topics of other makers' devices: the standards that they speak.
EXTERNAL = ("senml", "thingsboard")


def is_external(topic: str) -> bool:
    """Tell whether a topic is one of other makers' devices."""
    return topic.partition("/")[0] in EXTERNAL


@dataclass(frozen=True)
class Message:
    """A message as the broker delivered it; `came` is by which connection, and its number there.

    `retained`: it came because we subscribed, not because it was sent just then (MQTT 3.1.1,
    3.3.1.3; MQTT 5 the same, unless retain as published is asked for, which we do not).
    """

    topic: str
    payload: bytes
    came: tuple[int, int] | None = field(default=None, compare=False)
    retained: bool = field(default=False, compare=False)


@dataclass
class Arrived:
    """A message whose seal was proven; `read` is what its body says, once somebody read it."""

    message: Message
    node: Node
    epoch: int
    body: bytes
    read: tuple[Frame | None, FrameId | None, str] | None = field(default=None, compare=False)

    @property
    def retired(self) -> datetime | None:
        """When a later key took over from the one that sealed this; None: it is the current one."""
        return self.node.keys[self.epoch].retired


@dataclass
class Refusals:
    """Messages that are not taken in, counted by node and reason."""

    now: datetime
    found: dict[tuple[str, str], Refusal] = field(default_factory=dict)

    def add(self, node: str, reason: str, payload: bytes) -> None:
        """Count one message."""
        before = self.found.get((node, reason))
        count = before.count if before else 0
        day = self.now.astimezone(UTC).date()
        self.found[node, reason] = Refusal(node, reason, day, count + 1, self.now, payload)


@dataclass(frozen=True)
class Proven:
    """Messages, which of them are authentic by what is known, and why the others are not.

    `refused` holds node, reason and bytes; `known` is None where nothing was proven yet. What came
    on topics of other makers' devices is `external`: the broker's rules alone say who sent it.
    """

    messages: Sequence[Message]
    known: KnownNodes | None = None
    arrived: list[Arrived] = field(default_factory=list)
    refused: list[tuple[str, str, bytes]] = field(default_factory=list)
    external: list[Message] = field(default_factory=list)


def prove(known: KnownNodes, messages: Sequence[Message]) -> Proven:
    """Tell authentic messages from others.

    A frame under a key that a later one took over from may wait on its node's flash since before
    that, and is authentic; whether it was measured before, `Arrived.retired` lets its reader judge.

    Reasons: ``bad_topic``, ``not_sealed``, ``unknown_node``, ``unknown_epoch``,
    ``revoked``, ``retired_epoch``, ``wrong_seal``.
    """
    proven = Proven(messages, known)
    for message in messages:
        if is_external(message.topic):
            proven.external.append(message)
            continue
        found = _prove_one(known, message)
        if isinstance(found, Arrived):
            proven.arrived.append(found)
        else:
            proven.refused.append((*found, message.payload))
    return proven


def _prove_one(known: KnownNodes, message: Message) -> Arrived | tuple[str, str]:
    """Return the message as proven, or the node's name and the reason of its refusal."""
    try:
        name, kind = _parse_topic(message.topic)
    except topics.TopicError:
        return OTHERS, "bad_topic"
    node = known.nodes.get(name)
    if node is None or not node.keys:
        return name, UNKNOWN_NODE
    try:
        epoch, body, start, tag = sealing.parse(message.payload)
    except seal.SealError:
        return name, "not_sealed"
    key = node.keys.get(epoch)
    if key is None:
        return name, "unknown_epoch"
    if key.revoked:
        return name, "revoked"
    if key.retired is not None and kind != "up":  # all but frames is sealed when it is sent
        return name, "retired_epoch"
    if not compare_digest(tag, sealing.tag_of(key.key, message.topic, body)):
        return name, "wrong_seal"
    return Arrived(message, node, epoch, body[start:])
