"""The topic grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import topics, topics_read

NODES = st.from_regex(r"[a-z0-9][a-z0-9-]{1,30}", fullmatch=True)


@given(NODES, st.sampled_from(topics.KINDS))
def test_a_topic_survives_the_way(node: str, kind: str) -> None:
    assert topics_read.parse_topic(topics.topic(node, kind)) == (node, kind)


@pytest.mark.parametrize(
    "node", ["", "a", "-a", "a" * 32, "A1", "a/b", "a+", "a#", "é1", "a b", None]
)
def test_a_wrong_node_id_is_refused(node: str | None) -> None:
    with pytest.raises(topics.TopicError, match="node id"):
        topics.topic(node, "up")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(topics.TopicError, match="topic kind 'down': must be one of up, evt, ask"):
        topics.topic("qf-001", "down")


@pytest.mark.parametrize(
    "text",
    ["", "nq/1/qf-001", "nq/2/qf-001/up", "nq/1/qf-001/up/x", "nq/1/qf-001/down", "nq/1/Q/up"],
)
def test_a_foreign_topic_is_refused(text: str) -> None:
    with pytest.raises(topics.TopicError):
        topics_read.parse_topic(text)
