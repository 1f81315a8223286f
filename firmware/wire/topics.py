"""MQTT topics of the field: ``nq/1/{node}/{kind}``.

Kinds: ``up`` frames, ``evt`` events and ``ask`` for parts of an update go from the node, ``ack``,
``cmd`` and ``part`` to it.
"""

from firmware import const

PREFIX = const("nq/1/")
KINDS = ("up", "evt", "ask", "ack", "cmd", "part")

_LETTERS = const("abcdefghijklmnopqrstuvwxyz0123456789")


class TopicError(ValueError):
    """A topic or node id outside the grammar; the message names it."""


def check_node_id(node):
    """Return `node` if it is ``[a-z0-9][a-z0-9-]{1,30}``, else raise TopicError."""
    good = isinstance(node, str) and 2 <= len(node) <= 31 and node[0] in _LETTERS
    if not good or any(c not in _LETTERS and c != "-" for c in node):
        raise TopicError(
            "node id %r: must be 2 to 31 of a-z, 0-9 and '-', not starting with '-'" % (node,)
        )
    return node


def topic(node, kind):
    """Return the topic of `kind`, one of `KINDS`, for `node`."""
    if kind not in KINDS:
        raise TopicError("topic kind %r: must be one of %s" % (kind, ", ".join(KINDS)))
    return PREFIX + check_node_id(node) + "/" + kind
