"""Which messages are authentic: the seal, the node and the key's epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from collector.ingest.known_nodes import KnownNodes, Node
from collector.store.frames import OTHERS, UNKNOWN_NODE, Refusal
from firmware.wire import seal, topics


@dataclass(frozen=True)
class Message:
    """A message as the broker delivered it."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Arrived:
    """A message whose seal was proven."""

    message: Message
    node: Node
    epoch: int
    body: bytes


def prove(
    known: KnownNodes, messages: Sequence[Message], now: datetime
) -> tuple[list[Arrived], list[Refusal]]:
    """Divide messages into authentic ones and refused ones, these counted by node and reason.

    Reasons: ``bad_topic``, ``not_sealed``, ``unknown_node``, ``unknown_epoch``,
    ``revoked``, ``retired_epoch``, ``wrong_seal``.
    """
    arrived: list[Arrived] = []
    refused: dict[tuple[str, str], Refusal] = {}
    day = now.astimezone(UTC).date()
    for message in messages:
        found = _prove_one(known, message)
        if isinstance(found, Arrived):
            arrived.append(found)
            continue
        name, reason = found
        before = refused.get((name, reason))
        count = before.count if before else 0
        refused[name, reason] = Refusal(name, reason, day, count + 1, now, message.payload)
    return arrived, list(refused.values())


def _prove_one(known: KnownNodes, message: Message) -> Arrived | tuple[str, str]:
    """Return the message as proven, or the node's name and the reason of its refusal."""
    try:
        name, _ = topics.parse_topic(message.topic)
    except topics.TopicError:
        return OTHERS, "bad_topic"
    node = known.nodes.get(name)
    if node is None or not node.keys:
        return name, UNKNOWN_NODE
    try:
        epoch = seal.peek_epoch(message.payload)
    except seal.SealError:
        return name, "not_sealed"
    key = node.keys.get(epoch)
    if key is None:
        return name, "unknown_epoch"
    if key.revoked:
        return name, "revoked"
    if key.retired is not None:
        return name, "retired_epoch"
    try:
        _, body = seal.open_(key.key, message.topic, message.payload)
    except seal.SealError:
        return name, "wrong_seal"
    return Arrived(message, node, epoch, body)
