"""The reader of topics, which a node does not need: it compares with its own."""

from firmware.wire.topics import KINDS, PREFIX, TopicError, check_node_id


def parse_topic(text):
    """Return (node, kind) of a topic; TopicError if it is not one of ours."""
    parts = text.split("/")
    if len(parts) != 4 or not text.startswith(PREFIX) or parts[3] not in KINDS:
        raise TopicError("topic %r: must be nq/1/{node}/%s" % (text, "|".join(KINDS)))
    return check_node_id(parts[2]), parts[3]
